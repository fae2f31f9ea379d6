// SPDX-License-Identifier: Apache-2.0
#include "providers/process.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/str.h"
#include "providers/decode.h"
#include "value/pytext.h"
#include "value/substitute.h"

#define OUTPUT_LIMIT ((size_t)256 * 1024 * 1024)
/* For how long a program that was found counts as there when the next activity is checked. */
#define FOUND_MS 100

/* The activities of a large experiment name few programs, and to look for one takes longer than the
 * rest of the check. */
struct process_provider {
    pthread_mutex_t lock;
    char *found; /* path of the activity that was checked last, when its program was there */
    int64_t found_until;
};

static const char *path_of(const json_t *activity)
{
    return json_text_of(json_object_get(activity, "provider"), "path");
}

static const char *name_of(const json_t *activity)
{
    const char *name = json_text_of(activity, "name");

    return name ? name : "";
}

/* Where the program is, or NULL. */
static char *find_program(const char *path)
{
    AUTO(str) char *expanded = proc_expand_home(path);

    return proc_which(expanded);
}

static bool was_found(struct process_provider *self, const char *path)
{
    bool found;

    pthread_mutex_lock(&self->lock);
    found = str_equal(self->found, path) && clock_now() < self->found_until;
    pthread_mutex_unlock(&self->lock);
    return found;
}

static bool is_there(struct process_provider *self, const char *path)
{
    AUTO(str) char *program = NULL;

    if (was_found(self, path))
        return true;
    program = find_program(path);
    if (!program)
        return false;
    pthread_mutex_lock(&self->lock);
    free(self->found);
    self->found = mem_strdup(path);
    self->found_until = clock_now() + FOUND_MS * CLOCK_NS_PER_MS;
    pthread_mutex_unlock(&self->lock);
    return true;
}

static int check(void *self, const json_t *activity, struct chaos_error *err)
{
    const char *path = path_of(activity);

    if (!path || !*path)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "a process activity must have a path, in activity '%s'",
                               name_of(activity));
    if (!is_there(self, path))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "path '%s' cannot be found or executed, in activity '%s'", path,
                               name_of(activity));
    return 0;
}

/* The arguments of a program, as an owned, NULL-terminated array. */
struct arguments {
    char **items;
    size_t count;
};

static void arguments_add(struct arguments *arguments, char *taken)
{
    arguments->items =
        mem_resize(arguments->items, (arguments->count + 2) * sizeof(*arguments->items));
    arguments->items[arguments->count++] = taken;
    arguments->items[arguments->count] = NULL;
}

static void arguments_clear(struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++)
        free(arguments->items[i]);
    free(arguments->items);
}

AUTO_CLEAR(arguments, struct arguments)

/* null and empty text are left out, everything else is shown as Python's str() does. */
static void add_value(struct arguments *arguments, const json_t *value)
{
    if (json_is_null(value) || (json_is_string(value) && !json_string_length(value)))
        return;
    arguments_add(arguments, pytext_of(value));
}

static void build(struct arguments *arguments, const char *program, const json_t *given)
{
    size_t i;
    json_t *value;
    const char *key;

    if (json_is_string(given)) {
        arguments_add(arguments, mem_strdup("/bin/sh"));
        arguments_add(arguments, mem_strdup("-c"));
        arguments_add(arguments, mem_printf("%s %s", program, json_string_value(given)));
        return;
    }
    arguments_add(arguments, mem_strdup(program));
    json_array_foreach (given, i, value)
        add_value(arguments, value);
    json_object_foreach (json_walkable(given), key, value) {
        if (*key)
            arguments_add(arguments, mem_strdup(key));
        add_value(arguments, value);
    }
}

static void log_command(const struct arguments *arguments)
{
    AUTO(buffer) struct buffer line = { 0 };

    if (!log_wants(LOG_DEBUG))
        return;
    for (size_t i = 0; i < arguments->count; i++)
        buffer_printf(&line, " %s", arguments->items[i]);
    log_debug("Running:%s", buffer_text(&line));
}

static void finish(const json_t *activity, const struct proc_result *done,
                   struct call_result *result)
{
    AUTO(json) json_t *out = decode_output(buffer_text(&done->out), done->out.length);
    AUTO(json) json_t *err = decode_output(buffer_text(&done->err), done->err.length);

    /* in a hypothesis a status may be just what is wanted */
    if (done->status > 0 && !json_object_get(activity, "tolerance"))
        log_warning("The process of activity '%s' ended with status %d, which may be an error",
                    name_of(activity), done->status);
    if (!out || !err) {
        call_set(result, CALL_FAILED, "Failed to decode bytes using encoding 'utf-8'");
        return;
    }
    result->output =
        json_pack("{s:i, s:O, s:O}", "status", done->status, "stdout", out, "stderr", err);
}

static void fail(const json_t *activity, const struct chaos_error *err, struct call_result *result)
{
    switch (err->code) {
    case CHAOS_E_TIMEOUT:
        call_set(result, CALL_FAILED, "process activity took too long to complete");
        return;
    case CHAOS_E_CANCELLED:
        call_set(result, CALL_CANCELLED, "the process was stopped");
        return;
    case CHAOS_E_LIMIT:
        call_set(result, CALL_FAILED, "%s", chaos_error_text(err));
        return;
    default:
        call_set(result, CALL_CRASHED, "activity '%s': %s", name_of(activity),
                 chaos_error_text(err));
        return;
    }
}

/* The arguments of the activity with their patterns replaced. */
static int load_arguments(const struct provider_call *call, json_t **ret_given,
                          struct chaos_error *err)
{
    const json_t *provider = json_object_get(call->activity, "provider");
    json_t *given = json_object_get(provider, "arguments");

    if (!value_is_true(given) ||
        (!value_is_true(call->configuration) && !value_is_true(call->secrets))) {
        *ret_given = given ? json_incref(given) : json_array();
        return 0;
    }
    return substitute(given, call->configuration, call->secrets, ret_given, err);
}

static int64_t deadline_of(const struct provider_call *call, bool *ret_valid)
{
    const json_t *timeout = json_object_get(json_object_get(call->activity, "provider"), "timeout");

    *ret_valid = !timeout || json_is_null(timeout) || json_is_number(timeout);
    return json_is_number(timeout) ? clock_deadline(json_number_value(timeout)) : CLOCK_NEVER;
}

static void call_process(void *self, const struct provider_call *call, struct call_result *result)
{
    AUTO(arguments) struct arguments arguments = { 0 };
    AUTO(proc_result) struct proc_result done = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *given = NULL;
    const char *path = path_of(call->activity);
    AUTO(str) char *program = path ? find_program(path) : NULL;
    bool valid;
    int64_t deadline = deadline_of(call, &valid);

    (void)self;
    if (!program) {
        call_set(result, CALL_CRASHED, "path '%s' cannot be found or executed, in activity '%s'",
                 path ? path : "", name_of(call->activity));
        return;
    }
    if (!valid) {
        call_set(result, CALL_CRASHED, "the timeout of activity '%s' must be a number of seconds",
                 name_of(call->activity));
        return;
    }
    if (load_arguments(call, &given, &err) < 0) {
        call_set(result, CALL_CRASHED, "%s", chaos_error_text(&err));
        return;
    }
    if (value_is_true(given) && (json_is_number(given) || json_is_true(given))) {
        call_set(result, CALL_CRASHED,
                 "the arguments of activity '%s' must be a list, text or a mapping, not %s",
                 name_of(call->activity), value_type_name(given));
        return;
    }
    build(&arguments, program, given);
    log_command(&arguments);
    if (proc_run(arguments.items[0], arguments.items,
                 &(struct proc_bounds){ deadline, OUTPUT_LIMIT, call->cancel, call->mark }, &done,
                 &err) < 0)
        fail(call->activity, &err, result);
    else
        finish(call->activity, &done, result);
}

void process_provider_init(struct provider *ret_provider)
{
    struct process_provider *self = mem_zero(1, sizeof(*self));

    pthread_mutex_init(&self->lock, NULL);
    *ret_provider =
        (struct provider){ .type = "process", .self = self, .check = check, .call = call_process };
}

void process_provider_clear(struct provider *provider)
{
    struct process_provider *self = provider->self;

    if (!self)
        return;
    pthread_mutex_destroy(&self->lock);
    free(self->found);
    free(self);
    *provider = (struct provider){ 0 };
}
