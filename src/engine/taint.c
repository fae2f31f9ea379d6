// SPDX-License-Identifier: Apache-2.0
#include "engine/taint.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"

/* Shorter values are words of their own everywhere: they are hidden where they are a whole text. */
#define WITHIN_MIN 4

struct form {
    char *text;
    size_t length;
};

/* One secret, in the forms in which it travels. */
struct secret {
    char *name;
    struct form forms[3];
};

struct taint {
    struct secret *secrets;
    size_t count;
};

void taint_free(struct taint *taint)
{
    for (size_t i = 0; i < taint->count; i++) {
        free(taint->secrets[i].name);
        for (size_t k = 0; k < ARRAY_SIZE(taint->secrets[i].forms); k++)
            free(taint->secrets[i].forms[k].text);
    }
    free(taint->secrets);
    free(taint);
}

/* Without padding, which the text around it may not have either. */
static char *to_base64(const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    AUTO(buffer) struct buffer out = { 0 };
    unsigned bits = 0;
    int count = 0;

    for (const char *at = text; *at; at++) {
        bits = bits << 8 | (unsigned char)*at;
        for (count += 8; count >= 6; count -= 6)
            buffer_add_char(&out, digits[bits >> (count - 6) & 63]);
    }
    /* the last digit depends on what follows, unless the value ends there */
    return buffer_take(&out);
}

static char *to_url(const char *text)
{
    AUTO(buffer) struct buffer out = { 0 };

    for (const char *at = text; *at; at++)
        if (isalnum((unsigned char)*at) || strchr("-._~", *at))
            buffer_add_char(&out, *at);
        else
            buffer_printf(&out, "%%%02X", (unsigned)(unsigned char)*at);
    return buffer_take(&out);
}

static void add(struct taint *taint, const char *name, const char *value)
{
    char *const forms[] = { mem_strdup(value), to_base64(value), to_url(value) };
    struct secret *secret;

    taint->secrets = mem_resize(taint->secrets, (taint->count + 1) * sizeof(*taint->secrets));
    secret = &taint->secrets[taint->count++];
    secret->name = mem_strdup(name);
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
        secret->forms[i] = (struct form){ forms[i], strlen(forms[i]) };
}

static void collect(struct taint *taint, const char *name, const json_t *declared,
                    const json_t *resolved)
{
    const char *key;
    json_t *value;

    if (json_is_string(resolved) && json_is_object(declared) && json_string_length(resolved) > 0)
        add(taint, name, json_string_value(resolved));
    json_object_foreach (json_walkable(resolved), key, value) {
        const json_t *source = json_object_get(declared, key);

        /* a source may give a mapping: then all of it is secret */
        collect(taint, key, json_object_get(declared, "type") ? declared : source, value);
    }
}

struct taint *taint_new(const json_t *declared, const json_t *resolved)
{
    struct taint *taint = mem_zero(1, sizeof(*taint));

    collect(taint, "", declared, resolved);
    if (taint->count)
        return taint;
    taint_free(taint);
    return NULL;
}

/* The secret whose form begins at `at`; *ret_length of it. */
static const struct secret *find_at(const struct taint *taint, const char *at, size_t left,
                                    bool is_whole, size_t *ret_length)
{
    const struct secret *found = NULL;

    *ret_length = 0;
    for (size_t i = 0; i < taint->count; i++)
        for (size_t k = 0; k < ARRAY_SIZE(taint->secrets[i].forms); k++) {
            const struct form *form = &taint->secrets[i].forms[k];
            bool fits = is_whole ? form->length == left : form->length >= WITHIN_MIN;

            if (fits && form->length <= left && form->length > *ret_length &&
                memcmp(at, form->text, form->length) == 0) {
                found = &taint->secrets[i];
                *ret_length = form->length;
            }
        }
    return found;
}

static json_t *mask_text(const struct taint *taint, json_t *value, enum taint_style style)
{
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    AUTO(buffer) struct buffer out = { 0 };
    bool is_changed = false;

    for (size_t i = 0; i < length;) {
        size_t taken;
        const struct secret *secret = find_at(taint, text + i, length - i, i == 0, &taken);

        if (!secret && i == 0)
            secret = find_at(taint, text, length, false, &taken);
        if (secret) {
            buffer_printf(&out, style == TAINT_PATTERN ? "${%s}" : "***(secret %s)", secret->name);
            is_changed = true;
            i += taken;
        } else {
            buffer_add_char(&out, text[i++]);
        }
    }
    return is_changed ? json_stringn(buffer_text(&out), out.length) : json_incref(value);
}

json_t *taint_mask(const struct taint *taint, json_t *value, enum taint_style style)
{
    json_t *copy = NULL;
    const char *key;
    json_t *member;
    size_t i;

    if (!taint || !value)
        return json_incref(value);
    if (json_is_string(value))
        return mask_text(taint, value, style);
    json_array_foreach (value, i, member) {
        AUTO(json) json_t *masked = taint_mask(taint, member, style);

        if (masked != member && !copy)
            copy = json_copy(value);
        if (masked != member)
            json_array_set(copy, i, masked);
    }
    json_object_foreach (value, key, member) {
        AUTO(json) json_t *masked = taint_mask(taint, member, style);

        if (masked != member && !copy)
            copy = json_copy(value);
        if (masked != member)
            json_object_set(copy, key, masked);
    }
    return copy ? copy : json_incref(value);
}
