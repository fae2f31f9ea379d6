// SPDX-License-Identifier: Apache-2.0
/* The provider "python": checks and calls of activities. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "providers/python_worker.h"
#include "value/substitute.h"

#define NAME_MARK "\001" /* where a problem names the activity */

static const char *name_of(const json_t *activity)
{
    const char *name = json_string_value(json_object_get(activity, "name"));

    return name ? name : "";
}

static int check_text(const json_t *activity, const char *key, const char *what,
                      struct chaos_error *err)
{
    const json_t *provider = json_object_get(activity, "provider");
    const char *text = json_string_value(json_object_get(provider, key));

    if (text && *text)
        return 0;
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "activity '%s': its Python provider must name a %s in '%s'",
                           name_of(activity), what, key);
}

static int check(void *self UNUSED, const json_t *activity, struct chaos_error *err)
{
    const json_t *provider = json_object_get(activity, "provider");
    const json_t *arguments = json_object_get(provider, "arguments");
    const json_t *secrets = json_object_get(provider, "secrets");
    int r = check_text(activity, "module", "Python module", err);

    if (r == 0)
        r = check_text(activity, "func", "function", err);
    if (r < 0)
        return r;
    if (arguments && !json_is_object(arguments))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "activity '%s': 'arguments' of its Python provider must be a "
                               "mapping of names to values",
                               name_of(activity));
    if (secrets && !json_is_array(secrets) && !json_is_object(secrets))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "activity '%s': 'secrets' of its Python provider must be a list of "
                               "names of groups",
                               name_of(activity));
    return 0;
}

/* What is asked for many activities at once: each signature only once. */
struct questions {
    json_t *asked;    /* [[module, function, [names of the arguments]], ...] */
    json_t *known;    /* text of a signature -> its place in `asked` */
    json_t *problems; /* of each activity: null, or the line that tells */
    size_t *places;   /* of each activity in `asked`; NOT_ASKED */
};

#define NOT_ASKED SIZE_MAX

static void questions_clear(struct questions *questions)
{
    json_decref(questions->asked);
    json_decref(questions->known);
    json_decref(questions->problems);
    free(questions->places);
}
AUTO_CLEAR(questions, struct questions)

/* A text that no other signature has: each part with its length before it. */
static void write_part(struct buffer *text, const char *part)
{
    char length[24];

    snprintf(length, sizeof(length), "%zu:", strlen(part));
    buffer_add_text(text, length);
    buffer_add_text(text, part);
}

static json_t *signature_of(const json_t *provider)
{
    json_t *names = json_array();
    json_t *arguments = json_object_get(provider, "arguments");
    const char *name;
    json_t *value;

    json_object_foreach (arguments, name, value)
        json_array_append_new(names, json_string(name));
    return json_pack("[O, O, o]", json_object_get(provider, "module"),
                     json_object_get(provider, "func"), names);
}

/* The place of the activity's signature among those asked. */
static size_t ask(struct questions *questions, const json_t *activity, struct buffer *text)
{
    const json_t *provider = json_object_get(activity, "provider");
    json_t *arguments = json_object_get(provider, "arguments");
    const json_t *known;
    const char *name;
    json_t *value;
    size_t place;

    buffer_reset(text);
    write_part(text, json_string_value(json_object_get(provider, "module")));
    write_part(text, json_string_value(json_object_get(provider, "func")));
    json_object_foreach (arguments, name, value)
        write_part(text, name);
    known = json_object_get(questions->known, text->data);
    if (known)
        return (size_t)json_integer_value(known);
    place = json_array_size(questions->asked);
    json_object_set_new_nocheck(questions->known, text->data, json_integer((json_int_t)place));
    json_array_append_new(questions->asked, signature_of(provider));
    return place;
}

/* Look at each as check() does; ask for those that pass. */
static void questions_init(struct questions *questions, const json_t *activities)
{
    AUTO(buffer) struct buffer text = { 0 };
    const json_t *activity;
    size_t i;

    *questions = (struct questions){
        .asked = json_array(),
        .known = json_object(),
        .problems = json_array(),
        .places = mem_zero(json_array_size(activities), sizeof(size_t)),
    };
    json_array_foreach (activities, i, activity) {
        AUTO(chaos_error) struct chaos_error err = { 0 };

        questions->places[i] = NOT_ASKED;
        if (check(NULL, activity, &err) < 0) {
            json_array_append_new(questions->problems, json_string(chaos_error_text(&err)));
        } else {
            json_array_append_new(questions->problems, json_null());
            questions->places[i] = ask(questions, activity, &text);
        }
    }
}

/* The problem with the activity's name put in. */
static json_t *name_problem(const char *problem, const json_t *activity)
{
    AUTO(buffer) struct buffer text = { 0 };
    const char *mark;

    while ((mark = strstr(problem, NAME_MARK))) {
        buffer_add(&text, problem, (size_t)(mark - problem));
        buffer_add_text(&text, name_of(activity));
        problem = mark + strlen(NAME_MARK);
    }
    buffer_add_text(&text, problem);
    return json_string(buffer_text(&text));
}

static void take_problems(struct questions *questions, const json_t *activities,
                          const json_t *found)
{
    for (size_t i = 0; i < json_array_size(questions->problems); i++) {
        const char *problem = NULL;

        if (questions->places[i] != NOT_ASKED)
            problem = json_string_value(json_array_get(found, questions->places[i]));
        if (problem)
            json_array_set_new(questions->problems, i,
                               name_problem(problem, json_array_get(activities, i)));
    }
}

static int check_all(void *self, const json_t *activities, const struct cancel *cancel,
                     json_t **ret_problems, struct chaos_error *err)
{
    AUTO(json) json_t *message = python_request_new("validate", CALL_FOREGROUND);
    AUTO(questions) struct questions questions = { 0 };
    AUTO(python_reply) struct python_reply reply = { 0 };
    struct python_request request = {
        .message = message,
        .place = CALL_FOREGROUND,
        .cancel = cancel,
        .what = "the validation of",
        .name = "Python activities",
    };
    int r;

    questions_init(&questions, activities);
    if (json_array_size(questions.asked)) {
        json_object_set(message, "activities", questions.asked);
        python_exchange(self, &request, &reply);
        r = python_reply_error(&reply, err);
        if (r < 0)
            return r;
        take_problems(&questions, activities, json_object_get(reply.body, "output"));
    }
    *ret_problems = STEAL(questions.problems);
    return 0;
}

/* The provider as the function gets it: substituted only when there is something to put in. */
static int resolve_provider(const struct provider_call *call, json_t **ret_provider,
                            struct chaos_error *err)
{
    json_t *provider = json_object_get(call->activity, "provider");
    const json_t *arguments = json_object_get(provider, "arguments");
    AUTO(json) json_t *resolved = NULL;
    int r;

    if (!arguments ||
        (!json_object_size(call->configuration) && !json_object_size(call->secrets))) {
        *ret_provider = json_incref(provider);
        return 0;
    }
    r = substitute(arguments, call->configuration, call->secrets, &resolved, err);
    if (r < 0)
        return r;
    *ret_provider = json_copy(provider);
    json_object_set(*ret_provider, "arguments", resolved);
    return 0;
}

static json_t *call_message(const struct provider_call *call, json_t *provider)
{
    json_t *message = python_request_new("call", call->place);

    json_object_set_new(message, "name", json_string(name_of(call->activity)));
    json_object_set(message, "provider", provider);
    if (json_object_size(call->configuration))
        json_object_set_new(message, "configuration", json_pack("O", call->configuration));
    if (json_object_size(call->secrets) && json_object_get(provider, "secrets"))
        json_object_set_new(message, "secrets", json_pack("O", call->secrets));
    return message;
}

/* A call that was stopped is cancelled, unless the engine wants the exception itself. */
static void settle_stopped(const struct provider_call *call, struct call_result *result)
{
    if (cancel_reason(call->cancel) == PYTHON_STOP_EXPERIMENT_EXITED &&
        result->status == CALL_FAILED)
        return;
    call_result_clear(result);
    call_set(result, CALL_CANCELLED, "it was stopped");
}

static void call_activity(void *self, const struct provider_call *call, struct call_result *result)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *provider = NULL;
    AUTO(json) json_t *message = NULL;
    AUTO(python_reply) struct python_reply reply = { 0 };
    struct python_request request = {
        .place = call->place,
        .cancel = call->cancel,
        .what = "activity",
        .name = name_of(call->activity),
    };
    bool stopped = false;

    if (resolve_provider(call, &provider, &err) < 0) {
        call_set(result, CALL_CRASHED, "%s", chaos_error_text(&err));
        return;
    }
    message = call_message(call, provider);
    request.message = message;
    python_exchange(self, &request, &reply);
    if (!reply.body) {
        call_set(result, reply.status, "%s", reply.message);
        return;
    }
    worker_reply_result(reply.body, result, &stopped);
    if (stopped)
        settle_stopped(call, result);
}

void python_provider(struct python *python, struct provider *ret_provider)
{
    *ret_provider = (struct provider){
        .type = "python",
        .self = python,
        .check = check,
        .check_all = check_all,
        .call = call_activity,
    };
}
