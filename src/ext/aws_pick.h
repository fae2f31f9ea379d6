/* SPDX-License-Identifier: Apache-2.0 */
/* Targets drawn at random, so that the same seed draws the same ones again.
 *
 * Every candidate gets a number from the seed, the activity's name and its own text; the lowest
 * are drawn. So the order in which AWS lists does not matter, the inverse of an action draws what
 * the action will, and a candidate that came or went changes the draw only where it must. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* The percentage of `total`, rounded as Python's round() does. */
size_t aws_pick_share(size_t total, double percentage);
/* `count` (at most all) of `candidates`, an array of texts, as a new sorted array. */
json_t *aws_pick(const struct chaos_call *call, const json_t *candidates, size_t count);
/* One of them, borrowed from `candidates`; NULL when there is none. */
const char *aws_pick_one(const struct chaos_call *call, const json_t *candidates);
