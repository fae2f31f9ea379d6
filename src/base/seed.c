// SPDX-License-Identifier: Apache-2.0
#include "base/seed.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"

#define VARIABLE "CHAOS_SEED"
#define BITS     53
/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

uint64_t seed_hash(uint64_t hash, const char *text)
{
    hash ^= FNV_BASIS;
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
    return hash * FNV_PRIME;
}

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014): FNV alone leaves near texts near. */
uint64_t seed_mix(uint64_t number)
{
    number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
    return number ^ (number >> 31);
}

static uint64_t fit(uint64_t number)
{
    number &= (UINT64_C(1) << BITS) - 1;
    return number ? number : 1;
}

uint64_t seed_parse(const char *text)
{
    char *end = NULL;
    uint64_t number = strtoull(text, &end, 10);

    return fit(*text && !*end ? number : seed_mix(seed_hash(0, text)));
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint64_t process_seed;

static void choose(void)
{
    const char *given = getenv(VARIABLE);

    if (given && *given)
        process_seed = seed_parse(given);
    else if (getrandom(&process_seed, sizeof(process_seed), 0) == sizeof(process_seed))
        process_seed = fit(process_seed);
    else
        process_seed = fit((uint64_t)clock_now());
}

uint64_t seed_default(void)
{
    pthread_once(&once, choose);
    return process_seed;
}
