// SPDX-License-Identifier: Apache-2.0
/* What of an event is written down: nothing twice, and no secret. */
#include "base/json_walk.h"
#include "base/str.h"
#include "engine/taint.h"
#include "engine/wal.h"
#include "value/json.h"

/* Members of an activity's event that are told. */
static const char *const told[] = { "id", "section", "run", "message", "lost", "unplayed" };

/* A run of the hypothesis is told by the state that it becomes part of, the activity by its run,
 * and by the run's start. */
static json_t *activity_line(const struct event *event)
{
    bool is_probe = str_equal(json_text_of(event->data, "section"), "hypothesis");
    json_t *line = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
        json_t *value = json_object_get(event->data, told[i]);
        bool is_run = str_equal(told[i], "run");

        if (!value || (is_probe && is_run))
            continue;
        if (!is_run || event->type == EVENT_ACTIVITY_STARTED) {
            json_object_set(line, told[i], value);
        } else {
            json_t *rest = json_copy(value);

            json_object_del(rest, "activity");
            json_object_set_new(line, told[i], rest);
        }
    }
    return line;
}

static void write_key(struct buffer *out, const char *key)
{
    if (out->data[out->length - 1] != '{')
        buffer_add_char(out, ',');
    json_write_text(out, key, JSON_STYLE_COMPACT);
    buffer_add_char(out, ':');
}

static void write_member(struct buffer *out, const char *key, const json_t *value)
{
    write_key(out, key);
    json_write(out, value, JSON_STYLE_COMPACT);
}

/* The same line as text: most lines are of activities, and most runs have no secrets. */
static void write_activity(struct buffer *out, const struct event *event)
{
    bool is_probe = str_equal(json_text_of(event->data, "section"), "hypothesis");
    const char *key;
    json_t *member;

    buffer_add_char(out, '{');
    for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
        json_t *value = json_object_get(event->data, told[i]);
        bool is_run = str_equal(told[i], "run");

        if (!value || (is_probe && is_run))
            continue;
        if (!is_run || event->type == EVENT_ACTIVITY_STARTED || !json_is_object(value)) {
            write_member(out, told[i], value);
            continue;
        }
        write_key(out, told[i]);
        buffer_add_char(out, '{');
        json_object_foreach (value, key, member)
            if (!str_equal(key, "activity"))
                write_member(out, key, member);
        buffer_add_char(out, '}');
    }
    buffer_add_char(out, '}');
}

/* The experiment is logged as it is written, but for its title, into which values were put. */
static json_t *start_line(const struct event *event, const struct mask *mask)
{
    json_t *line = json_copy(json_walkable(event->data));
    json_t *experiment = json_copy(json_object_get(line, "experiment"));
    AUTO(json) json_t *title = taint_mask(mask, json_object_get(line, "title"), MASK_PATTERN);

    if (title && json_is_object(experiment)) {
        json_object_set(line, "title", title);
        json_object_set(experiment, "title", title);
    }
    if (experiment)
        json_object_set_new(line, "experiment", experiment);
    return line;
}

/* Without the values that hold a secret: a recovery resolves those again. */
static json_t *configuration_line(const struct event *event, const char *key,
                                  const struct mask *mask)
{
    json_t *line = json_copy(json_walkable(event->data));
    json_t *values = json_copy(json_object_get(line, key));
    const char *name;
    json_t *value;
    void *next;

    json_object_foreach_safe(values, next, name, value)
    {
        AUTO(json) json_t *masked = taint_mask(mask, value, MASK_HIDDEN);

        if (masked != value)
            json_object_del(values, name);
    }
    if (values)
        json_object_set_new(line, key, values);
    return line;
}

static json_t *amended_line(const struct event *event, const struct mask *mask)
{
    if (str_equal(json_text_of(event->data, "document"), "configuration"))
        return configuration_line(event, "value", mask);
    return taint_mask(mask, json_walkable(event->data), MASK_PATTERN);
}

static json_t *line_of(const struct event *event, const struct mask *mask)
{
    AUTO(json) json_t *line = NULL;

    switch ((int)event->type) {
    case EVENT_RUN_STARTED:
        return start_line(event, mask);
    case EVENT_RUN_CONFIGURED:
        return configuration_line(event, "configuration", mask);
    case EVENT_DOCUMENT_AMENDED:
        return amended_line(event, mask);
    case EVENT_INVERSE_DECIDED:
        return taint_mask(mask, json_walkable(event->data), MASK_PATTERN);
    case EVENT_METHOD_COMPLETED: /* its runs were told one by one */
        return json_object();
    case EVENT_ACTIVITY_STARTED:
    case EVENT_ACTIVITY_COMPLETED:
        line = activity_line(event);
        return taint_mask(mask, line, MASK_HIDDEN);
    default:
        return taint_mask(mask, json_walkable(event->data), MASK_HIDDEN);
    }
}

void wal_notice(struct wal *wal, const struct event *event, const struct mask *mask)
{
    AUTO(json) json_t *line = NULL;

    if (mask_is_empty(mask) &&
        (event->type == EVENT_ACTIVITY_STARTED || event->type == EVENT_ACTIVITY_COMPLETED)) {
        write_activity(wal_begin(wal, event_name(event->type), event->wall), event);
        wal_end(wal);
        return;
    }
    line = line_of(event, mask);
    wal_append(wal, event_name(event->type), event->wall, line);
}
