/* SPDX-License-Identifier: Apache-2.0 */
/* Seeds of what is chosen at random, so that the same one chooses the same again. They have 53
 * bits, which every reader of JSON keeps; 0 is none. */
#pragma once

#include <stdint.h>

/* A decimal number as it is (its low 53 bits), any other text hashed. */
uint64_t seed_parse(const char *text);
/* The seed of this process: $CHAOS_SEED, else one of the kernel's. */
uint64_t seed_default(void);

/* 64 bits that depend on all bits of the number, and the hash of a text on top of another. */
uint64_t seed_mix(uint64_t number);
uint64_t seed_hash(uint64_t hash, const char *text);
