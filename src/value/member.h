/* SPDX-License-Identifier: Apache-2.0 */
/* The members of an object as an array: jansson iterates over mutable objects only, and neither
 * sorted nor safely while they change. */
#pragma once

#include "base/auto.h"

/* Borrowed from the object. */
struct member {
    const char *key;
    size_t key_length;
    json_t *value;
};

enum member_order {
    MEMBER_ORDER_OWN,
    MEMBER_ORDER_SORTED, /* by code points, as Python sorts text */
};

/* An array to free(), NULL when there are none. */
struct member *member_list(const json_t *object, enum member_order order, size_t *ret_count);
