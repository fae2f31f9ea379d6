// SPDX-License-Identifier: Apache-2.0
/* The plan of a machine, and what the kernel lists of connections: bytes with lengths in them. */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "lab/conntrack_match.h"
#include "lab/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_entry(const uint8_t *data, size_t size)
{
    struct nlmsghdr *message = mem_zero(1, NLMSG_HDRLEN + size);
    struct conntrack_entry entry;

    if (size > 0)
        memcpy((char *)message + NLMSG_HDRLEN, data, size);
    message->nlmsg_len = (uint32_t)(NLMSG_HDRLEN + size);
    if (conntrack_entry_read(message, &entry))
        conntrack_entry_matches(&entry, &(struct conntrack_wish){ .is_elastic = true });
    free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer again = { 0 };
    AUTO(plan) struct plan plan = { 0 };

    read_entry(data, size);
    if (plan_decode((const char *)data, size, &plan, &err) == 0)
        plan_encode(&plan, &again);
    return 0;
}
