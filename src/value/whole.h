/* SPDX-License-Identifier: Apache-2.0 */
/* Whole numbers of any size that a document may hold, built digit by digit in any base. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/auto.h"

/* Python refuses to convert longer ones (sys.int_info.default_max_str_digits). */
#define WHOLE_DIGITS_MAX  4300
#define WHOLE_LIMB_DIGITS 9

/* Start with `{ 0 }`, which is 0. */
struct whole {
    uint32_t limbs[WHOLE_DIGITS_MAX / WHOLE_LIMB_DIGITS + 2]; /* base 10^9, least first */
    size_t count;
};

/* number = number * factor + addend; false when it gets too long. */
MUST_USE bool whole_push(struct whole *number, uint32_t factor, uint32_t addend);
/* An integer, extended when it exceeds 64 bits; NULL when it has more than WHOLE_DIGITS_MAX. */
json_t *whole_value(const struct whole *number, bool negative);
