// SPDX-License-Identifier: Apache-2.0
#include "lib/events_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/taint.h"
#include "value/json.h"

/* Outputs whose JSON is larger are left to the journal. */
#define OUTPUT_MAX 4096

struct events_file {
    int fd;
    char *path;
    const struct mask *mask;
};

int events_file_open(const char *path, const struct mask *mask, struct events_file **ret_file,
                     struct chaos_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    struct events_file *file;

    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot write the events file '%s'", path);
    file = mem_zero(1, sizeof(*file));
    file->fd = fd;
    file->path = mem_strdup(path);
    file->mask = mask;
    *ret_file = file;
    return 0;
}

void events_file_free(struct events_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    free(file->path);
    free(file);
}

void events_add_output(json_t *to, const json_t *output)
{
    AUTO(str) char *text = json_text(output ? output : json_null(), JSON_STYLE_LINE);
    size_t size = strlen(text);

    if (size > OUTPUT_MAX) {
        json_object_set_new(to, "output_truncated", json_true());
        json_object_set_new(to, "output_size", json_integer((json_int_t)size));
        return;
    }
    json_object_set_new(to, "output", output ? json_incref(json_walkable(output)) : json_null());
}

static json_t *describe_probe(const json_t *entry)
{
    json_t *probe = json_pack("{s:O?, s:O?, s:O?}", "name",
                              json_object_get(json_object_get(entry, "activity"), "name"), "status",
                              json_object_get(entry, "status"), "tolerance_met",
                              json_object_get(entry, "tolerance_met"));

    events_add_output(probe, json_object_get(entry, "output"));
    return probe;
}

static void add_state(json_t *line, const json_t *state)
{
    json_t *probes = json_array();
    size_t i;
    json_t *entry;

    json_array_foreach (json_object_get(state, "probes"), i, entry)
        json_array_append_new(probes, describe_probe(entry));
    json_object_set_new(line, "met", json_incref(json_object_get(state, "steady_state_met")));
    json_object_set_new(line, "probes", probes);
}

static void copy(json_t *line, const json_t *data, const char *key)
{
    json_t *value = json_object_get(data, key);

    if (value)
        json_object_set(line, key, value);
}

static json_t *or_null(json_t *value)
{
    return value ? json_incref(value) : json_null();
}

/* The whole exception as one text. */
static json_t *exception_text(const json_t *lines)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(str) char *trimmed = NULL;
    size_t i;
    json_t *line;

    json_array_foreach (lines, i, line)
        buffer_add_text(&text, json_is_string(line) ? json_string_value(line) : "");
    trimmed = str_trim(buffer_text(&text));
    return json_string(trimmed);
}

static void add_activity(json_t *line, const struct event *event)
{
    const json_t *activity = json_object_get(event->data, "activity");
    const json_t *run = json_object_get(event->data, "run");
    const json_t *exception = json_object_get(run, "exception");

    json_object_set_new(line, "name", or_null(json_object_get(activity, "name")));
    json_object_set_new(line, "activity_type", or_null(json_object_get(activity, "type")));
    if (event->type == EVENT_ACTIVITY_STARTED) {
        json_object_set_new(line, "background",
                            json_boolean(json_is_true(json_object_get(activity, "background"))));
        return;
    }
    json_object_set_new(line, "status", or_null(json_object_get(run, "status")));
    json_object_set_new(line, "duration", or_null(json_object_get(run, "duration")));
    events_add_output(line, json_object_get(run, "output"));
    if (json_array_size(exception))
        json_object_set_new(line, "error", exception_text(exception));
}

/* Which events are told, and with what. False for those that are not. */
static bool fill(json_t *line, const struct event *event)
{
    switch (event->type) {
    case EVENT_RUN_STARTED:
        copy(line, event->data, "title");
        return true;
    case EVENT_RUN_FINISHED:
        copy(line, event->data, "status");
        copy(line, event->data, "deviated");
        return true;
    case EVENT_HYPOTHESIS_STARTED:
        copy(line, event->data, "phase");
        copy(line, event->data, "frequency");
        return true;
    case EVENT_HYPOTHESIS_COMPLETED:
        copy(line, event->data, "phase");
        copy(line, event->data, "iteration");
        add_state(line, json_object_get(event->data, "state"));
        return true;
    case EVENT_ACTIVITY_STARTED:
    case EVENT_ACTIVITY_COMPLETED:
        add_activity(line, event);
        return true;
    case EVENT_RUN_INTERRUPTED:
    case EVENT_RUN_SIGNAL_EXIT:
    case EVENT_METHOD_STARTED:
    case EVENT_METHOD_COMPLETED:
    case EVENT_ROLLBACKS_STARTED:
    case EVENT_ROLLBACKS_COMPLETED:
        return true;
    case EVENT_RUN_CONFIGURED:
    case EVENT_HYPOTHESIS_CHECKING:
    case EVENT_HYPOTHESIS_MET:
    case EVENT_HYPOTHESIS_ENDED:
    case EVENT_ROLLBACK_STARTED:
    case EVENT_DOCUMENT_AMENDED:
    case EVENT_INVERSE_DECIDED:
    case EVENT_ROLLBACKS_LEFT:
    case EVENT_ROLLBACK_ENDED:
    case EVENT_PAUSE_STARTED:
    case EVENT_ACTIVITY_AMENDED:
    case EVENT_STATUS_CHANGED:
    case EVENT_RUN_ENDED:
    case EVENT_JOURNAL_AMENDED:
    case EVENT_TYPE_COUNT:
        return false;
    }
    return false;
}

static void notice(void *self, const struct event *event)
{
    struct events_file *file = self;
    char stamp[CLOCK_ISO_SIZE];
    AUTO(json)
    json_t *line = json_pack("{s:s, s:s}", "type", event_name(event->type), "timestamp",
                             clock_iso(event->wall, stamp));
    AUTO(json) json_t *shown = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer text = { 0 };

    if (file->fd < 0 || !fill(line, event))
        return;
    shown = taint_mask(file->mask, line, MASK_SHOWN);
    json_write(&text, shown, JSON_STYLE_LINE);
    buffer_add_char(&text, '\n');
    if (fd_write_all(file->fd, text.data, text.length, &err) == 0)
        return;
    log_warning("The events file '%s' is not written any more: %s", file->path,
                chaos_error_text(&err));
    close(file->fd);
    file->fd = -1;
}

struct listener events_file_listener(struct events_file *file)
{
    return (struct listener){ file, notice };
}
