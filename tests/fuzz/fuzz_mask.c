// SPDX-License-Identifier: Apache-2.0
/* Any values hidden in any text: up to the first NUL are the values, one a line. Where nothing is
 * found to hide there is nothing, and what was hidden can be hidden again. */
#include <stdint.h>
#include <string.h>

#include "base/mask.h"
#include "base/mem.h"

/* The forms of a value are many. */
#define VALUES_MAX 8
#define VALUE_MAX  64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether a value stands in the text as it is. */
static bool stands_in(const char *values, const char *text, size_t length)
{
    for (int i = 0; *values && i < VALUES_MAX; i++) {
        size_t value = strcspn(values, "\n");

        if (value >= MASK_SHOWN_MIN && value <= VALUE_MAX &&
            memmem(text, length, values, value) != NULL)
            return true;
        values += value + (values[value] == '\n');
    }
    return false;
}

static void add(struct mask *mask, const char *values)
{
    for (int i = 0; *values && i < VALUES_MAX; i++) {
        size_t length = strcspn(values, "\n");
        AUTO(str) char *value = mem_strndup(values, length);

        if (length <= VALUE_MAX)
            mask_add(mask, "x", value);
        values += length + (values[length] == '\n');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(str) char *all = mem_strndup(size ? (const char *)data : "", size);
    AUTO(mask) struct mask *mask = mask_new();
    size_t start = strlen(all) < size ? strlen(all) + 1 : size;
    const char *text = all + start;
    enum mask_style styles[] = { MASK_SHOWN, MASK_HIDDEN, MASK_PATTERN };

    /* mem_strndup() ends at a NUL: the text comes from the data */
    if (start < size)
        text = (const char *)data + start;
    add(mask, all);
    for (size_t i = 0; i < ARRAY_SIZE(styles); i++) {
        AUTO(buffer) struct buffer out = { 0 };
        AUTO(buffer) struct buffer again = { 0 };

        if (mask_text(mask, text, size - start, styles[i], &out))
            mask_text(mask, out.data, out.length, styles[i], &again);
        else if (out.length || stands_in(all, text, size - start))
            abort();
    }
    return 0;
}
