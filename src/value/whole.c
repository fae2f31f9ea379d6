// SPDX-License-Identifier: Apache-2.0
#include "value/whole.h"

#include <string.h>

#include "base/str.h"
#include "value/extended.h"

#define LIMB_BASE UINT64_C(1000000000)

bool whole_push(struct whole *number, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;

    for (size_t i = 0; i < number->count; i++) {
        carry += (uint64_t)number->limbs[i] * factor;
        number->limbs[i] = (uint32_t)(carry % LIMB_BASE);
        carry /= LIMB_BASE;
    }
    for (; carry; carry /= LIMB_BASE) {
        if (number->count == ARRAY_SIZE(number->limbs))
            return false;
        number->limbs[number->count++] = (uint32_t)(carry % LIMB_BASE);
    }
    return true;
}

json_t *whole_value(const struct whole *number, bool negative)
{
    AUTO(buffer) struct buffer text = { 0 };
    json_int_t small = 0;
    bool fits = true;

    if (negative)
        buffer_add_char(&text, '-');
    for (size_t i = number->count; i-- > 0;) {
        json_int_t limb = (json_int_t)number->limbs[i];

        buffer_printf(&text, i + 1 == number->count ? "%u" : "%09u", number->limbs[i]);
        fits = fits && !__builtin_mul_overflow(small, (json_int_t)LIMB_BASE, &small) &&
               !(negative ? __builtin_sub_overflow(small, limb, &small)
                          : __builtin_add_overflow(small, limb, &small));
    }
    if (fits)
        return json_integer(small);
    if (text.length - negative > WHOLE_DIGITS_MAX)
        return NULL;
    return extended_new(EXTENDED_INTEGER, text.data);
}
