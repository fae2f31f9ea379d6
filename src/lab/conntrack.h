/* SPDX-License-Identifier: Apache-2.0 */
/* Forgetting connections that the kernel tracks, by ctnetlink. */
#pragma once

#include <netinet/in.h>
#include <stddef.h>

#include "base/auto.h"

/* A netlink socket for the functions below, in the network namespace of the caller. */
MUST_USE int conntrack_open(int *ret_fd, struct chaos_error *err);

/* Forget every connection that one of `addresses` has a part in, on either side, before or after
 * its translation. `ret_count` (NULL: who cares) is how many there were. */
MUST_USE int conntrack_forget(int fd, const struct in_addr *addresses, size_t count,
                              size_t *ret_count, struct chaos_error *err);
