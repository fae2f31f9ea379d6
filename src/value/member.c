// SPDX-License-Identifier: Apache-2.0
#include "value/member.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

static int compare(const void *left, const void *right)
{
    const struct member *a = left;
    const struct member *b = right;
    size_t shared = a->key_length < b->key_length ? a->key_length : b->key_length;
    int order = memcmp(a->key, b->key, shared);

    return order ? order : (a->key_length > b->key_length) - (a->key_length < b->key_length);
}

struct member *member_list(const json_t *object, enum member_order order, size_t *ret_count)
{
    size_t count = json_object_size(object);
    json_t *mutable = (json_t *)(uintptr_t)object; /* iterating does not change it */
    struct member *members;
    size_t i = 0;

    *ret_count = count;
    if (!count)
        return NULL;
    members = mem_zero(count, sizeof(*members));
    for (void *at = json_object_iter(mutable); at; at = json_object_iter_next(mutable, at), i++) {
        members[i].key = json_object_iter_key(at);
        members[i].key_length = json_object_iter_key_len(at);
        members[i].value = json_object_iter_value(at);
    }
    if (order == MEMBER_ORDER_SORTED)
        qsort(members, count, sizeof(*members), compare);
    return members;
}
