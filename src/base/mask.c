// SPDX-License-Identifier: Apache-2.0
#include "base/mask.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "base/mask_form.h"
#include "base/mem.h"

/* Shorter values are found only where they are a whole text. */
#define WITHIN_MIN 4
/* Shorter lines of a value of several lines are no secret by themselves: "{", "user: me". */
#define LINE_MIN 12

/* Of bytes. */
#define PAIRS 65536

struct form {
    char *text;
    char *name; /* of the value that it is a form of */
    size_t length;
    size_t value_length;
    bool is_value;   /* it is the value as it is */
    bool may_be_url; /* it, or parts of it, may be encoded as in a URL */
};

/* All forms at some time: never changed once others can see it. */
struct table {
    struct table *before; /* the one that this replaced: somebody may still be looking at it */
    struct form *forms;   /* those of the one before are borrowed from it, and come first */
    size_t count;
    uint64_t pairs[PAIRS / 64]; /* a bit for each pair of bytes: some form begins with it */
};

struct mask {
    pthread_mutex_t lock; /* of those who add */
    _Atomic(struct table *) table;
};

struct mask *mask_new(void)
{
    struct mask *mask = mem_zero(1, sizeof(*mask));

    pthread_mutex_init(&mask->lock, NULL);
    return mask;
}

void mask_free(struct mask *mask)
{
    struct table *table = atomic_load(&mask->table);

    while (table) {
        struct table *before = table->before;

        for (size_t i = before ? before->count : 0; i < table->count; i++) {
            free(table->forms[i].text);
            free(table->forms[i].name);
        }
        free(table->forms);
        free(table);
        table = before;
    }
    pthread_mutex_destroy(&mask->lock);
    free(mask);
}

bool mask_is_empty(const struct mask *mask)
{
    return !mask || !atomic_load_explicit(&mask->table, memory_order_acquire);
}

static void expect_pair(struct table *table, unsigned pair)
{
    table->pairs[pair / 64] |= UINT64_C(1) << pair % 64;
}

static unsigned pair_at(const char *text)
{
    return (unsigned)(unsigned char)text[0] << 8 | (unsigned char)text[1];
}

/* A value may begin with itself, with '%', or with '+' for a blank. */
static void expect_url(struct table *table, const char *value)
{
    const unsigned char firsts[] = { (unsigned char)*value, '%', '+' };

    for (size_t i = 0; i < ARRAY_SIZE(firsts); i++)
        for (unsigned second = 0; second < 256; second++)
            if (mask_may_match_url(value, firsts[i], (unsigned char)second))
                expect_pair(table, (unsigned)firsts[i] << 8 | second);
}

/* What is being added, and where to. */
struct adding {
    struct table *table;
    const char *name;
    size_t value_length;
    bool is_value;
    bool may_be_url;
};

static void add_form(void *self, const char *text, size_t length)
{
    const struct adding *adding = self;
    struct table *table = adding->table;
    struct form *form;

    if (!length) /* a value that is no UTF-8 has no such form */
        return;
    for (size_t i = 0; i < table->count; i++)
        if (table->forms[i].length == length && memcmp(table->forms[i].text, text, length) == 0)
            return;
    table->forms = mem_resize(table->forms, (table->count + 1) * sizeof(*table->forms));
    form = &table->forms[table->count++];
    *form =
        (struct form){ mem_strndup(text, length), mem_strdup(adding->name), length,
                       adding->value_length,      adding->is_value,         adding->may_be_url };
    expect_pair(table, pair_at(form->text));
    if (form->may_be_url)
        expect_url(table, form->text);
}

/* People quote lines, and exceptions are told line by line. */
static void add_lines(struct adding *adding, const char *value)
{
    adding->may_be_url = true;
    while (*value) {
        size_t length = strcspn(value, "\r\n");

        adding->value_length = length;
        if (length >= LINE_MIN)
            add_form(adding, value, length);
        value += length;
        value += strspn(value, "\r\n");
    }
}

void mask_add(struct mask *mask, const char *name, const char *value)
{
    struct table *before;
    struct table *table;
    struct adding adding;

    if (!*value)
        return;
    table = mem_zero(1, sizeof(*table));
    pthread_mutex_lock(&mask->lock);
    before = atomic_load(&mask->table);
    if (before) {
        *table = *before;
        table->forms = mem_dup(before->forms, before->count * sizeof(*before->forms));
        table->before = before;
    }
    adding = (struct adding){ table, name, strlen(value), true, true };
    add_form(&adding, value, adding.value_length);
    adding.is_value = adding.may_be_url = false;
    mask_each_form(value, add_form, &adding);
    if (strpbrk(value, "\r\n"))
        add_lines(&adding, value);
    if (before && table->count == before->count) {
        free(table->forms);
        free(table);
    } else {
        atomic_store_explicit(&mask->table, table, memory_order_release);
    }
    pthread_mutex_unlock(&mask->lock);
}

static bool is_long_enough(const struct form *form, enum mask_style style)
{
    size_t least = style == MASK_SHOWN ? MASK_SHOWN_MIN : WITHIN_MIN;

    return form->length >= least && form->value_length >= least;
}

static size_t match(const struct form *form, const char *at, size_t left)
{
    if (form->length <= left && memcmp(at, form->text, form->length) == 0)
        return form->length;
    return form->may_be_url ? mask_match_url(form->text, form->length, at, left) : 0;
}

/* The form that takes most bytes at `at`, or NULL. */
static const struct form *find_at(const struct table *table, const char *at, size_t left,
                                  enum mask_style style, size_t *ret_taken)
{
    const struct form *found = NULL;
    unsigned pair;

    *ret_taken = 0;
    if (left < WITHIN_MIN)
        return NULL;
    pair = pair_at(at);
    if (!(table->pairs[pair / 64] >> pair % 64 & 1))
        return NULL;
    for (size_t i = 0; i < table->count; i++) {
        const struct form *form = &table->forms[i];
        size_t taken = is_long_enough(form, style) ? match(form, at, left) : 0;

        if (taken > *ret_taken) {
            found = form;
            *ret_taken = taken;
        }
    }
    return found;
}

static const struct form *find_whole(const struct table *table, const char *text, size_t length,
                                     enum mask_style style)
{
    for (size_t i = 0; style != MASK_SHOWN && i < table->count; i++) {
        const struct form *form = &table->forms[i];

        if (form->is_value && form->length == length && memcmp(text, form->text, length) == 0)
            return form;
    }
    return NULL;
}

/* `taken` bytes were the form: as it is, or in a URL. */
static void replace(struct buffer *out, const struct form *form, size_t taken,
                    enum mask_style style)
{
    bool is_as_it_is = form->is_value && taken == form->length;

    buffer_printf(out, style == MASK_PATTERN && is_as_it_is ? "${%s}" : "***(secret %s)",
                  form->name);
}

bool mask_text(const struct mask *mask, const char *text, size_t length, enum mask_style style,
               struct buffer *out)
{
    const struct table *table =
        mask ? atomic_load_explicit(&mask->table, memory_order_acquire) : NULL;
    const struct form *form = table ? find_whole(table, text, length, style) : NULL;
    size_t kept = 0; /* before this all is in `out` */

    if (form) {
        replace(out, form, length, style);
        return true;
    }
    for (size_t i = 0; table && i < length;) {
        size_t taken;

        form = find_at(table, text + i, length - i, style, &taken);
        if (!form) {
            i++;
            continue;
        }
        buffer_add(out, text + kept, i - kept);
        replace(out, form, taken, style);
        i += taken;
        kept = i;
    }
    if (!kept)
        return false;
    buffer_add(out, text + kept, length - kept);
    return true;
}
