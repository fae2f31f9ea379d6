// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_pick.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/mem.h"
#include "base/seed.h"

struct ticket {
    uint64_t number;
    const char *text;
};

/* The seed of the call, which is told: in the log here, in the journal by who called. */
static uint64_t draw_seed(const struct chaos_call *call)
{
    struct chaos_context *context = call->context;
    uint64_t seed = context->seed ? context->seed : seed_default();

    if (!context->drew)
        chaos_log_info(context,
                       "Random targets are drawn with the seed %" PRIu64
                       " (chaos run --seed %" PRIu64 " repeats the draw)",
                       seed, seed);
    context->drew = seed;
    return seed_mix(seed ^ seed_hash(0, context->activity));
}

static int by_number(const void *left, const void *right)
{
    const struct ticket *a = left;
    const struct ticket *b = right;

    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return strcmp(a->text, b->text);
}

static int by_text(const void *left, const void *right)
{
    return strcmp(((const struct ticket *)left)->text, ((const struct ticket *)right)->text);
}

/* All candidates in the order in which they are drawn; `count` are wanted. All of them are no draw.
 */
static struct ticket *draw(const struct chaos_call *call, const json_t *candidates, size_t count)
{
    size_t total = json_array_size(candidates);
    struct ticket *tickets = mem_zero(total + 1, sizeof(*tickets));
    uint64_t seed = count < total ? draw_seed(call) : 0;
    size_t i;
    json_t *candidate;

    json_array_foreach (candidates, i, candidate) {
        tickets[i].text = json_string_value(candidate);
        tickets[i].number = seed_mix(seed_hash(seed, tickets[i].text));
    }
    qsort(tickets, total, sizeof(*tickets), by_number);
    return tickets;
}

size_t aws_pick_share(size_t total, double percentage)
{
    double count = nearbyint((double)total * percentage / 100);

    return count < 1 ? 0 : (size_t)count;
}

json_t *aws_pick(const struct chaos_call *call, const json_t *candidates, size_t count)
{
    AUTO(mem) struct ticket *tickets = draw(call, candidates, count);
    json_t *picked = json_array();

    if (count > json_array_size(candidates))
        count = json_array_size(candidates);
    qsort(tickets, count, sizeof(*tickets), by_text);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(picked, json_string(tickets[i].text));
    return picked;
}

const char *aws_pick_one(const struct chaos_call *call, const json_t *candidates)
{
    AUTO(mem)
    struct ticket *tickets = json_array_size(candidates) ? draw(call, candidates, 1) : NULL;

    return tickets ? tickets[0].text : NULL;
}
