/* SPDX-License-Identifier: Apache-2.0 */
/* Forgetting connections that the kernel tracks, by ctnetlink. Looking for them takes the kernel
 * about 10 ms however few there are, so a thread does it: what is asked for meanwhile is looked for
 * together, next. */
#pragma once

#include <netinet/in.h>

#include "base/auto.h"

struct conntrack;

/* For the network namespace of the caller. */
MUST_USE int conntrack_new(struct conntrack **ret_conntrack, struct chaos_error *err);
/* Waits for what is under way. */
void conntrack_free(struct conntrack *conntrack);
AUTO_FREE(conntrack, struct conntrack)

/* Forget every connection that `address` has a part in, on either side, translated or not. */
void conntrack_forget(struct conntrack *conntrack, struct in_addr address);
/* Forget the connections that were translated from or to `elastic`, but for those of `owner`, which
 * it belongs to now (INADDR_ANY: to nobody): they may have begun since then. */
void conntrack_settle(struct conntrack *conntrack, struct in_addr elastic, struct in_addr owner);
/* Return when all that was asked for before has been done. */
void conntrack_wait(struct conntrack *conntrack);
