// SPDX-License-Identifier: Apache-2.0
#include "engine/taint.h"

#include <string.h>

#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/proc.h"
#include "value/extended.h"
#include "value/json.h"

/* What programs look for in journals, and the engine in its log. */
static const char *const vocabulary[] = {
    "succeeded",     "failed",  "completed", "aborted",      "interrupted", "deviated", "action",
    "probe",         "process", "http",      "python",       "native",      "before",   "during",
    "after",         "method",  "rollbacks", "hypothesis",   "experiment",  "default",  "always",
    "never",         "actions", "probes",    "activities",   "pause",       "signal",   "crash",
    "configuration", "secrets", "jsonpath",  "continuously", NULL,
};

static void learn_text(struct mask *mask, const char *name, const char *value)
{
    proc_leave_no_core();
    if (!str_in(value, vocabulary))
        mask_add(mask, name, value);
    else if (strlen(value) >= MASK_SHOWN_MIN)
        log_warning("The value of the secret '%s' is a word that every journal has: it is not "
                    "hidden",
                    name);
}

/* `source` is what the experiment has in the place of `value`, NULL: nothing. */
static void learn(struct mask *mask, const char *name, const json_t *source, const json_t *value)
{
    AUTO(str) char *digits = NULL;
    size_t i;
    json_t *item;

    if (json_equal(source, value))
        return;
    if (json_is_object(value)) {
        /* a source may give a mapping: then all of it is secret */
        taint_learn(mask, json_object_get(source, "type") ? NULL : source, value);
    } else if (json_is_string(value) && extended_kind(value) == EXTENDED_NONE) {
        learn_text(mask, name, json_string_value(value));
    } else if (json_is_number(value)) {
        digits = json_text(value, JSON_STYLE_COMPACT);
        learn_text(mask, name, digits);
    }
    json_array_foreach (value, i, item)
        learn(mask, name, NULL, item);
}

void taint_learn(struct mask *mask, const json_t *declared, const json_t *resolved)
{
    const char *key;
    json_t *value;

    json_object_foreach (json_walkable(resolved), key, value)
        learn(mask, key, json_object_get(declared, key), value);
}

static json_t *mask_string(const struct mask *mask, json_t *value, enum mask_style style)
{
    enum extended_kind kind = extended_kind(value);
    AUTO(buffer) struct buffer out = { 0 };
    AUTO(mem) unsigned char *bytes = NULL;
    size_t length;

    if (kind == EXTENDED_BYTES) {
        bytes = extended_data(value, &length);
        return mask_text(mask, (const char *)bytes, length, style, &out)
                   ? extended_bytes(out.data, out.length)
                   : json_incref(value);
    }
    if (kind == EXTENDED_NONE
            ? mask_text(mask, json_string_value(value), json_string_length(value), style, &out)
            : mask_text(mask, extended_text(value), strlen(extended_text(value)), style, &out))
        return json_stringn_nocheck(buffer_text(&out), out.length);
    return json_incref(value);
}

/* A secret may be all digits. Numbers elsewhere are ours: times, counts. */
static json_t *mask_number(const struct mask *mask, json_t *value, enum mask_style style)
{
    AUTO(buffer) struct buffer out = { 0 };
    AUTO(str) char *text = json_text(value, JSON_STYLE_COMPACT);

    return mask_text(mask, text, strlen(text), style, &out)
               ? json_stringn_nocheck(buffer_text(&out), out.length)
               : json_incref(value);
}

static json_t *mask_value(const struct mask *mask, json_t *value, enum mask_style style,
                          bool is_output);

static json_t *mask_array(const struct mask *mask, json_t *value, enum mask_style style,
                          bool is_output)
{
    json_t *copy = NULL;
    json_t *member;
    size_t i;

    json_array_foreach (value, i, member) {
        AUTO(json) json_t *masked = mask_value(mask, member, style, is_output);

        if (masked != member && !copy)
            copy = json_copy(value);
        if (masked != member)
            json_array_set(copy, i, masked);
    }
    return copy ? copy : json_incref(value);
}

static json_t *mask_keys(const struct mask *mask, json_t *value, enum mask_style style)
{
    AUTO(json) json_t *copy = json_object();
    bool is_changed = false;
    const char *key;
    json_t *member;

    json_object_foreach (value, key, member) {
        AUTO(buffer) struct buffer out = { 0 };

        if (mask_text(mask, key, strlen(key), style, &out)) {
            is_changed = true;
            json_object_set(copy, buffer_text(&out), member);
        } else {
            json_object_set(copy, key, member);
        }
    }
    return is_changed ? STEAL(copy) : json_incref(value);
}

static json_t *mask_object(const struct mask *mask, json_t *value, enum mask_style style,
                           bool is_output)
{
    json_t *copy = NULL;
    const char *key;
    json_t *member;

    json_object_foreach (value, key, member) {
        AUTO(json)
        json_t *masked = mask_value(mask, member, style, is_output || str_equal(key, "output"));

        if (masked != member && !copy)
            copy = json_copy(value);
        if (masked != member)
            json_object_set(copy, key, masked);
    }
    if (is_output) {
        AUTO(json) json_t *plain = copy ? copy : json_incref(value);

        return mask_keys(mask, plain, style);
    }
    return copy ? copy : json_incref(value);
}

static json_t *mask_value(const struct mask *mask, json_t *value, enum mask_style style,
                          bool is_output)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return mask_object(mask, value, style, is_output);
    case JSON_ARRAY:
        return mask_array(mask, value, style, is_output);
    case JSON_STRING:
        return mask_string(mask, value, style);
    case JSON_INTEGER:
    case JSON_REAL:
        return is_output ? mask_number(mask, value, style) : json_incref(value);
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        break;
    }
    return json_incref(value);
}

json_t *taint_mask(const struct mask *mask, json_t *value, enum mask_style style)
{
    if (mask_is_empty(mask) || !value)
        return json_incref(value);
    return mask_value(mask, value, style, json_is_number(value));
}
