// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_pick.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#include "base/context.h"
#include "base/mem.h"

#define SEED_VARIABLE "CHAOS_SEED"
/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

struct ticket {
    uint64_t number;
    const char *text;
};

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
    return hash * FNV_PRIME;
}

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014): FNV alone leaves near texts near. */
static uint64_t mix(uint64_t number)
{
    number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
    return number ^ (number >> 31);
}

static uint64_t read_seed(const char *text)
{
    char *end = NULL;
    uint64_t seed = strtoull(text, &end, 10);

    return *text && !*end ? seed : mix(hash_text(FNV_BASIS, text));
}

/* One seed a process: that is what the journal of a run can name. */
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;
static uint64_t process_seed;

static void choose_seed(void)
{
    const char *given = getenv(SEED_VARIABLE);
    struct chaos_context process = { 0 };

    if (given && *given)
        process_seed = read_seed(given);
    else if (getrandom(&process_seed, sizeof(process_seed), 0) != sizeof(process_seed))
        process_seed = (uint64_t)time(NULL);
    chaos_log_info(&process,
                   "Random targets are drawn with the seed %" PRIu64 " (" SEED_VARIABLE
                   " repeats the draw)",
                   process_seed);
}

uint64_t aws_seed(const struct chaos_call *call)
{
    pthread_once(&seed_once, choose_seed);
    return mix(process_seed ^ hash_text(FNV_BASIS, call->context ? call->context->activity : ""));
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

/* All candidates in the order in which they are drawn. */
static struct ticket *draw(const struct chaos_call *call, const json_t *candidates)
{
    size_t total = json_array_size(candidates);
    struct ticket *tickets = mem_zero(total + 1, sizeof(*tickets));
    uint64_t seed = aws_seed(call);
    size_t i;
    json_t *candidate;

    json_array_foreach (candidates, i, candidate) {
        tickets[i].text = json_string_value(candidate);
        tickets[i].number = mix(hash_text(seed ^ FNV_BASIS, tickets[i].text));
    }
    qsort(tickets, total, sizeof(*tickets), by_number);
    return tickets;
}

json_t *aws_pick(const struct chaos_call *call, const json_t *candidates, size_t count)
{
    AUTO(mem) struct ticket *tickets = draw(call, candidates);
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
    AUTO(mem) struct ticket *tickets = json_array_size(candidates) ? draw(call, candidates) : NULL;

    return tickets ? tickets[0].text : NULL;
}
