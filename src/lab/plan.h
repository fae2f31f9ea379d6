/* SPDX-License-Identifier: Apache-2.0 */
/* What the first process of a machine has to know, as bytes that the lab hands to it. */
#pragma once

#include <netinet/in.h>
#include <stdint.h>

#include "base/str.h"
#include "lab/boot.h"
#include "lab/cidr.h"

struct plan_numbers {
    struct cidr address;
    struct in_addr gateway;
    uint64_t processes;
    uint64_t disk_bytes;
    uint64_t run_bytes;
    uint64_t open_files;
    uint32_t has_disk; /* 1: descriptor PLAN_DISK_FD is it */
};

/* The descriptors that it begins with, beside 0, 1 and 2. */
#define PLAN_FD       3
#define PLAN_READY_FD 4 /* takes one byte when the machine is set up */
#define PLAN_DISK_FD  5

#define PLAN_LIST_MAX 512

/* Borrowed from the bytes, but for the lists. */
struct plan {
    struct plan_numbers numbers;
    const char *id;
    const char *hostname;
    const char *work; /* the tmpfs of the lab, with "root" and "shares" */
    struct cidr *routes;
    size_t route_count;
    const char **shares; /* their targets, in the order of their numbers */
    size_t share_count;
    const char **environment; /* NULL-terminated */
    size_t environment_count;
    struct boot_step *steps;
    size_t step_count;
};

void plan_encode(const struct plan *plan, struct buffer *out);
/* -CHAOS_E_INVALID for bytes that plan_encode() did not write. */
MUST_USE int plan_decode(const char *bytes, size_t size, struct plan *ret_plan,
                         struct chaos_error *err);
/* Frees the lists of a decoded plan. */
void plan_clear(struct plan *plan);
AUTO_CLEAR(plan, struct plan)
