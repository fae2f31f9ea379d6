/* SPDX-License-Identifier: Apache-2.0 */
/* What a machine sees: its file systems and its network, made by its first process. */
#pragma once

#include "lab/plan.h"

#define MACHINE_PATH                                                                               \
    "/run/fracas/bin:/run/fracas/sbin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"          \
    "/sbin:/bin"

/* Make them and change into them. */
MUST_USE int machine_make_root(const struct plan *plan, struct chaos_error *err);
/* Give LINK_DEVICE its address and routes. */
MUST_USE int machine_make_network(const struct plan *plan, struct chaos_error *err);
