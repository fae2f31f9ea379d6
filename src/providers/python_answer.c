// SPDX-License-Identifier: Apache-2.0
/* Questions of user code that the engine answers, each in a thread of its own: an answer may take
 * as long as an activity. */
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "providers/python_worker.h"

struct question {
    struct python *python;
    struct worker *worker;
    struct worker_message message;
};

typedef void (*answer_function)(const struct python *python, const json_t *body,
                                struct call_result *result);

static void run_activity(const struct python *python, const json_t *body,
                         struct call_result *result)
{
    const struct python_callbacks *callbacks = python_callbacks(python);
    struct provider_call call = {
        .activity = json_object_get(body, "activity"),
        .configuration = json_object_get(body, "configuration"),
        .secrets = json_object_get(body, "secrets"),
        .cancel = python_closing(python),
        .place = CALL_BACKGROUND,
    };

    if (!callbacks->run_activity)
        call_set(result, CALL_CRASHED, "activities cannot be run from Python here");
    else
        callbacks->run_activity(callbacks->self, &call, result);
}

/* A problem is the output, not a failure. */
static void tell_problem(int r, const struct chaos_error *err, struct call_result *result)
{
    result->output = r < 0 ? json_string(chaos_error_text(err)) : json_null();
}

static void check_activity(const struct python *python, const json_t *body,
                           struct call_result *result)
{
    const struct python_callbacks *callbacks = python_callbacks(python);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    int r = 0;

    if (callbacks->check_activity)
        r = callbacks->check_activity(callbacks->self, json_object_get(body, "activity"), &err);
    tell_problem(r, &err, result);
}

static void check_tolerance(const struct python *python, const json_t *body,
                            struct call_result *result)
{
    const struct python_callbacks *callbacks = python_callbacks(python);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    int r = 0;

    if (callbacks->check_tolerance)
        r = callbacks->check_tolerance(callbacks->self, json_object_get(body, "tolerance"), &err);
    tell_problem(r, &err, result);
}

static void within_tolerance(const struct python *python, const json_t *body,
                             struct call_result *result)
{
    const struct python_callbacks *callbacks = python_callbacks(python);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    bool met = false;
    int r;

    if (!callbacks->within_tolerance) {
        call_set(result, CALL_CRASHED, "tolerances cannot be judged from Python here");
        return;
    }
    r = callbacks->within_tolerance(
        callbacks->self, json_object_get(body, "tolerance"), json_object_get(body, "value"),
        json_object_get(body, "configuration"), json_object_get(body, "secrets"), &met, &err);
    if (r < 0)
        call_set(result, CALL_CRASHED, "%s", chaos_error_text(&err));
    else
        result->output = json_boolean(met);
}

static void document(const struct python *python, const json_t *body, struct call_result *result)
{
    const struct python_callbacks *callbacks = python_callbacks(python);
    const char *name = json_string_value(json_object_get(body, "name"));

    if (callbacks->document && name)
        result->output = callbacks->document(callbacks->self, name);
}

static const struct {
    const char *op;
    answer_function answer;
} answers[] = {
    { "check_activity", check_activity },
    { "check_tolerance", check_tolerance },
    { "document", document },
    { "run_activity", run_activity },
    { "within_tolerance", within_tolerance },
};

static void send_answer(struct worker *worker, json_int_t id, const struct call_result *result)
{
    AUTO(json) json_t *answer = worker_answer(id, result);
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (worker_send(worker, answer, &err) < 0)
        log_error("an answer to Python code: %s", chaos_error_text(&err));
}

static void *answer_question(void *argument)
{
    struct question *question = argument;
    struct python *python = question->python;
    AUTO(call_result) struct call_result result = { 0 };
    answer_function function = NULL;

    python_answer_begin(python);
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
        if (str_equal(answers[i].op, question->message.text))
            function = answers[i].answer;
    if (function)
        function(python, question->message.body, &result);
    else
        call_set(&result, CALL_CRASHED, "the engine does not know how to '%s'",
                 question->message.text);
    send_answer(question->worker, question->message.id, &result);
    worker_message_clear(&question->message);
    worker_unref(question->worker);
    free(question);
    python_answer_end(python);
    return NULL;
}

void python_answer(struct python *python, struct worker *worker, struct worker_message *message)
{
    struct question *question = mem_zero(1, sizeof(*question));
    AUTO(call_result) struct call_result result = { 0 };

    *question = (struct question){ python, worker, *message };
    if (python_answer_spawn(python, worker, answer_question, question)) {
        *message = (struct worker_message){ 0 };
        return;
    }
    free(question);
    call_set(&result, CALL_CRASHED, "the engine has no thread left to answer");
    send_answer(worker, message->id, &result);
}
