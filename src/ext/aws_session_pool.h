/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions with AWS, kept between the calls of a process with their connections and credentials.
 * Calls that name another profile, role, region, endpoint or key get a session of their own. */
#pragma once

#include "aws/session.h"
#include "chaos/extension.h"

struct aws_lease;

/* A session for this call, nobody else's until it is given back. */
MUST_USE int aws_lease_take(const struct chaos_call *call, struct aws_lease **ret_lease,
                            struct chaos_error *err);
struct aws_session *aws_lease_session(const struct aws_lease *lease);
/* Give it back. */
void aws_lease_free(struct aws_lease *lease);
AUTO_FREE(aws_lease, struct aws_lease)
