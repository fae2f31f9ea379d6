// SPDX-License-Identifier: Apache-2.0
#include "lab/space_ids.h"

#include <inttypes.h>
#include <stdlib.h>

/* Where distributions begin to hand out subordinate ids, and how many one machine wants. */
#define USUAL_FIRST 100000
#define USUAL_COUNT 65536
#define MAKERS_MAX  1000000

uint64_t space_ids_identity(const char *text, struct buffer *ret_map)
{
    uint64_t contiguous = 0;

    while (*text) {
        char *end;
        uint64_t inside = strtoull(text, &end, 10);
        uint64_t count;

        strtoull(end, &end, 10);
        count = strtoull(end, &end, 10);
        if (count == 0)
            break;
        buffer_printf(ret_map, "%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", inside, inside, count);
        if (inside == contiguous)
            contiguous += count;
        text = *end == '\n' ? end + 1 : end;
    }
    return contiguous;
}

struct space_ids space_ids_machine(uint64_t count)
{
    if (count >= USUAL_FIRST + USUAL_COUNT)
        return (struct space_ids){ USUAL_FIRST, USUAL_COUNT };
    if (count < 2)
        return (struct space_ids){ 0, 1 };
    return (struct space_ids){ (uint32_t)(count / 2), (uint32_t)(count - count / 2) };
}

struct space_ids space_ids_makers(uint64_t count)
{
    uint64_t first = USUAL_FIRST + USUAL_COUNT;

    if (count <= first)
        return (struct space_ids){ 0, 0 };
    return (struct space_ids){
        (uint32_t)first, (uint32_t)(count - first < MAKERS_MAX ? count - first : MAKERS_MAX)
    };
}
