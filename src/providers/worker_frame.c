// SPDX-License-Identifier: Apache-2.0
#include "providers/worker_frame.h"

#include <string.h>

#include "base/mem.h"
#include "value/extended.h"
#include "value/json.h"

/* What marks a member name as the kind of a value; an object that has such a name of its own gets
 * one more. */
#define MARK '\001'

static const struct {
    enum extended_kind kind;
    const char *name;
    const char *alphabet; /* of its text */
} marked[] = {
    { EXTENDED_BYTES, "\001bytes", "0123456789abcdef" },
    { EXTENDED_DATE, "\001date", "0123456789-" },
    { EXTENDED_DATETIME, "\001datetime", "0123456789-+:.T" },
};

/* The name of the member of an object with only one, if it is marked. */
static const char *marked_member(json_t *value, json_t **ret_member)
{
    void *iter;

    if (!json_is_object(value) || json_object_size(value) != 1)
        return NULL;
    iter = json_object_iter(value);
    *ret_member = json_object_iter_value(iter);
    return json_object_iter_key(iter)[0] == MARK ? json_object_iter_key(iter) : NULL;
}

static json_t *escape(json_t *value);

/* json_copy() cuts names at a NUL, which Python may have in them. */
static json_t *copy_object(json_t *value)
{
    json_t *copy = json_object();
    const char *key;
    size_t length;
    json_t *member;

    json_object_keylen_foreach(value, key, length, member)
        json_object_setn_nocheck(copy, key, length, member);
    return copy;
}

static json_t *escape_object(json_t *value)
{
    json_t *copy = NULL;
    json_t *member = NULL;
    size_t length;
    const char *key = marked_member(value, &member);

    if (key) {
        AUTO(buffer) struct buffer name = { 0 };

        buffer_add_char(&name, MARK);
        buffer_add(&name, key, json_object_iter_key_len(json_object_iter(value)));
        copy = json_object();
        json_object_setn_new_nocheck(copy, name.data, name.length, escape(member));
        return copy;
    }
    json_object_keylen_foreach(value, key, length, member)
    {
        json_t *escaped = escape(member);

        if (escaped != member && !copy)
            copy = copy_object(value);
        if (copy)
            json_object_setn_nocheck(copy, key, length, escaped);
        json_decref(escaped);
    }
    return copy ? copy : json_incref(value);
}

static json_t *escape_array(json_t *value)
{
    json_t *copy = NULL;
    json_t *item;
    size_t i;

    json_array_foreach (value, i, item) {
        json_t *escaped = escape(item);

        if (escaped != item && !copy)
            copy = json_copy(value);
        if (copy)
            json_array_set(copy, i, escaped);
        json_decref(escaped);
    }
    return copy ? copy : json_incref(value);
}

/* A new reference to the value, or to a copy with everything in it that JSON lacks marked. */
static json_t *escape(json_t *value)
{
    enum extended_kind kind;

    if (json_is_object(value))
        return escape_object(value);
    if (json_is_array(value))
        return escape_array(value);
    kind = extended_kind(value);
    for (size_t i = 0; i < ARRAY_SIZE(marked); i++) {
        if (marked[i].kind == kind) {
            json_t *object = json_object();

            json_object_set_new_nocheck(object, marked[i].name, json_string(extended_text(value)));
            return object;
        }
    }
    return json_incref(value);
}

int worker_frame_write(struct buffer *out, json_t *message, struct chaos_error *err)
{
    AUTO(json) json_t *escaped = escape(message);
    size_t start = out->length;
    size_t length;
    unsigned char *header;

    buffer_add(out, "\0\0\0\0", WORKER_FRAME_HEADER);
    json_write(out, escaped, JSON_STYLE_COMPACT);
    length = out->length - start - WORKER_FRAME_HEADER;
    if (length > WORKER_FRAME_MAX) {
        out->length = start;
        out->data[start] = '\0';
        return chaos_error_set(err, CHAOS_E_LIMIT,
                               "%zu bytes are more than the Python worker takes at once (%zu MiB)",
                               length, WORKER_FRAME_MAX >> 20);
    }
    header = (unsigned char *)out->data + start;
    for (int i = 0; i < WORKER_FRAME_HEADER; i++)
        header[i] = (unsigned char)(length >> (8 * (WORKER_FRAME_HEADER - 1 - i)));
    return 0;
}

/* The extended value that a marked text stands for, or NULL when it is none. */
static json_t *unmark(const char *name, const json_t *text)
{
    for (size_t i = 0; i < ARRAY_SIZE(marked); i++) {
        const char *digits = json_string_value(text);

        if (strcmp(marked[i].name, name) != 0 || !digits ||
            strlen(digits) != json_string_length(text) ||
            strspn(digits, marked[i].alphabet) != json_string_length(text))
            continue;
        if (marked[i].kind == EXTENDED_BYTES && json_string_length(text) % 2)
            return NULL;
        return extended_new(marked[i].kind, digits);
    }
    return NULL;
}

static void revive(json_t *container);

/* What stands in the place of a member: a new reference. */
static json_t *revived(json_t *value)
{
    json_t *member = NULL;
    const char *key = marked_member(value, &member);
    json_t *other = NULL;

    if (key && key[1] == MARK) {
        other = json_object();
        json_object_setn_new_nocheck(
            other, key + 1, json_object_iter_key_len(json_object_iter(value)) - 1, revived(member));
        return other;
    }
    if (key)
        other = unmark(key, member);
    if (other)
        return other;
    revive(value);
    return json_incref(value);
}

/* Turn everything marked within an object or an array into extended values. */
static void revive(json_t *container)
{
    json_t *member;
    size_t i;

    for (void *iter = json_object_iter(container); iter;
         iter = json_object_iter_next(container, iter)) {
        json_t *other = revived(json_object_iter_value(iter));

        json_object_iter_set_new(container, iter, other);
    }
    json_array_foreach (container, i, member)
        json_array_set_new(container, i, revived(member));
}

void worker_message_clear(struct worker_message *message)
{
    json_decref(message->body);
    *message = (struct worker_message){ 0 };
}

static bool is_log(const json_t *record)
{
    return json_array_size(record) == 4 && json_is_integer(json_array_get(record, 0)) &&
           json_is_string(json_array_get(record, 1)) &&
           json_is_integer(json_array_get(record, 2)) && json_is_string(json_array_get(record, 3));
}

/* Tell the kind of a message from its members. */
static int classify(struct worker_message *message, struct chaos_error *err)
{
    const json_t *body = message->body;
    const json_t *id = json_object_get(body, "id");
    const json_t *ask = json_object_get(body, "ask");
    const json_t *name = json_object_get(body, "signal");
    const char *op = json_string_value(json_object_get(body, "op"));

    if (json_is_integer(id)) {
        message->kind = WORKER_REPLY;
        message->id = json_integer_value(id);
    } else if (is_log(json_object_get(body, "log"))) {
        message->kind = WORKER_LOG;
    } else if (json_is_string(name)) {
        message->kind = WORKER_SIGNAL;
        message->text = json_string_value(name);
    } else if (json_is_object(json_object_get(body, "surroundings"))) {
        message->kind = WORKER_MOVED;
    } else if (json_is_integer(ask) && op) {
        message->kind = WORKER_ASK;
        message->id = json_integer_value(ask);
        message->text = op;
    } else if (json_is_integer(json_object_get(body, "hello"))) {
        message->kind = WORKER_HELLO;
        message->id = json_integer_value(json_object_get(body, "hello"));
    } else {
        return chaos_error_set(err, CHAOS_E_REMOTE, "the Python worker sent an unknown message");
    }
    return 0;
}

int worker_frame_read(const struct buffer *in, size_t *offset, struct worker_message *ret_message,
                      bool *ret_found, struct chaos_error *err)
{
    AUTO(worker_message) struct worker_message message = { 0 };
    size_t left = in->length - *offset;
    const unsigned char *at = (const unsigned char *)buffer_text(in) + *offset;
    size_t length = 0;
    int r;

    *ret_found = false;
    if (left < WORKER_FRAME_HEADER)
        return 0;
    for (int i = 0; i < WORKER_FRAME_HEADER; i++)
        length = length << 8 | at[i];
    if (length > WORKER_FRAME_MAX)
        return chaos_error_set(err, CHAOS_E_LIMIT,
                               "the Python worker announced a message of %zu bytes", length);
    if (left - WORKER_FRAME_HEADER < length)
        return 0;
    r = json_parse((const char *)at + WORKER_FRAME_HEADER, length, &message.body, err);
    if (r < 0)
        return chaos_error_prefix(err, "a message of the Python worker");
    revive(message.body);
    r = classify(&message, err);
    if (r < 0)
        return r;
    *offset += WORKER_FRAME_HEADER + length;
    *ret_message = message;
    message = (struct worker_message){ 0 };
    *ret_found = true;
    return 0;
}

static const struct {
    const char *name;
    enum call_status status;
} statuses[] = {
    { "succeeded", CALL_SUCCEEDED },     { "failed", CALL_FAILED }, { "crashed", CALL_CRASHED },
    { "interrupted", CALL_INTERRUPTED }, { "exited", CALL_EXITED }, { "keyboard", CALL_KEYBOARD },
    { "cancelled", CALL_CANCELLED },
};

static bool is_lines(const json_t *value)
{
    const json_t *line;
    size_t i;

    json_array_foreach (value, i, line)
        if (!json_is_string(line))
            return false;
    return json_array_size(value) > 0;
}

void worker_reply_result(const json_t *reply, struct call_result *result, bool *ret_stopped)
{
    const char *name = json_string_value(json_object_get(reply, "status"));
    const char *message = json_string_value(json_object_get(reply, "message"));
    json_t *exception = json_object_get(reply, "exception");
    const json_t *code = json_object_get(reply, "code");

    *ret_stopped = json_is_true(json_object_get(reply, "stopped"));
    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
        if (!str_equal(name, statuses[i].name))
            continue;
        if (statuses[i].status == CALL_SUCCEEDED) {
            result->status = CALL_SUCCEEDED;
            result->output = json_incref(json_object_get(reply, "output"));
            return;
        }
        call_set(result, statuses[i].status, "%s", message ? message : "");
        result->exception = is_lines(exception) ? json_incref(exception) : NULL;
        result->has_exit_code = json_is_integer(code);
        result->exit_code = (long)json_integer_value(code);
        return;
    }
    call_set(result, CALL_CRASHED, "the Python worker replied without a status");
}

json_t *worker_answer(json_int_t id, const struct call_result *result)
{
    json_t *answer = json_pack("{s:I}", "answer", id);

    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
        if (statuses[i].status == result->status)
            json_object_set_new(answer, "status", json_string(statuses[i].name));
    if (result->message)
        json_object_set_new(answer, "message", json_string(result->message));
    if (result->output)
        json_object_set(answer, "output", result->output);
    if (result->has_exit_code)
        json_object_set_new(answer, "code", json_integer(result->exit_code));
    return answer;
}
