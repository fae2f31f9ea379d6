// SPDX-License-Identifier: Apache-2.0
/* The Python client with the real worker. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "providers/python.h"
#include "value/extended.h"
#include "value/json.h"

/* One client for all tests that do not break it. */
static struct python *shared;
static struct provider provider;
static struct guest guest;
static char folder[] = "/tmp/fracas-python-XXXXXX";

static json_t *json_of(const char *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    if (json_parse(text, strlen(text), &value, &err) < 0)
        fail_msg("%s: %s", text, chaos_error_text(&err));
    return value;
}

static json_t *activity_of(const char *function, const char *arguments)
{
    json_t *activity =
        json_pack("{s:s, s:s, s:{s:s, s:s, s:s}}", "type", "action", "name", "the work", "provider",
                  "type", "python", "module", "yard", "func", function);

    json_object_set_new(json_object_get(activity, "provider"), "arguments",
                        json_of(arguments ? arguments : "{}"));
    return activity;
}

struct run {
    struct python *python;
    const char *function;
    const char *arguments;
    enum call_place place;
    struct cancel *cancel;
};

static void run(const struct run *run, struct call_result *result)
{
    AUTO(json) json_t *activity = activity_of(run->function, run->arguments);
    AUTO(json) json_t *configuration = json_of("{\"left\":5}");
    AUTO(json) json_t *secrets = json_of("{}");
    struct provider_call call = {
        .activity = activity,
        .configuration = configuration,
        .secrets = secrets,
        .cancel = run->cancel,
        .place = run->place,
    };
    struct provider own;

    python_provider(run->python ? run->python : shared, &own);
    own.call(own.self, &call, result);
}

struct call_case {
    const char *claim;
    const char *function;
    const char *arguments;
    enum call_status status;
    const char *expected; /* the output as JSON, or the message */
};

static const struct call_case calls[] = {
    { "a function gets its arguments by name", "add", "{\"left\":1,\"scale\":2}", CALL_SUCCEEDED,
      "22" },
    { "a pattern takes the value of the configuration", "add", "{\"left\":\"${left}\"}",
      CALL_SUCCEEDED, "15" },
    { "configuration is injected by name", "both", NULL, CALL_SUCCEEDED,
      "[{\"left\":5,\"changed\":true},null]" },
    { "big integers and infinities cross as numbers", "types",
      "{\"a\":12345678901234567890123,\"b\":Infinity,\"c\":1.5}", CALL_SUCCEEDED,
      "{\"a\":[\"int\",\"12345678901234567890123\"],\"b\":[\"float\",\"inf\"],"
      "\"c\":[\"float\",\"1.5\"]}" },
    { "sets are sorted, objects shown", "odd", NULL, CALL_SUCCEEDED, NULL },
    { "a circular value ends", "circular", NULL, CALL_SUCCEEDED, "[1,\"[1, [...]]\"]" },
    { "deep nesting ends", "deep", "{\"levels\":5000}", CALL_SUCCEEDED, NULL },
    { "a value that looks marked is not", "marked", NULL, CALL_SUCCEEDED,
      "{\"\\u0001bytes\":\"not bytes\"}" },
    { "a megabyte comes back", "large", "{\"size\":1000000}", CALL_SUCCEEDED, NULL },
    { "a wrapped function is called", "wrapped", "{\"a\":1}", CALL_SUCCEEDED, "3" },
    { "a foreground call is in the main thread", "thread_name", NULL, CALL_SUCCEEDED, "true" },
    { "asyncio works in the main thread", "runs_loop", NULL, CALL_SUCCEEDED, "\"done\"" },
    { "user code sees nothing of the worker", "environment", NULL, CALL_SUCCEEDED,
      "[\"chaos\",true,false]" },
    { "an exception fails the activity", "crash", NULL, CALL_FAILED, "KeyError: 'pier'" },
    { "ActivityFailed fails the activity", "fail", NULL, CALL_FAILED,
      "chaoslib.exceptions.ActivityFailed: timber is wet" },
    { "missing arguments fail the activity", "add", NULL, CALL_FAILED,
      "TypeError: add() missing 1 required positional argument: 'left'" },
    { "InterruptExecution interrupts", "interrupt", NULL, CALL_INTERRUPTED, "stop the saw" },
    { "sys.exit exits", "leave", "{\"code\":30}", CALL_EXITED, "SystemExit: 30" },
    { "KeyboardInterrupt is its own kind", "ctrl_c", NULL, CALL_KEYBOARD, "KeyboardInterrupt" },
    { "a missing function crashes", "vanish", NULL, CALL_CRASHED,
      "AttributeError: module 'yard' has no attribute 'vanish'" },
    { "an exception that is none crashes", "cancelled", NULL, CALL_CRASHED,
      "asyncio.exceptions.CancelledError" },
    { "a result over the limit fails", "large", "{\"size\":70000000}", CALL_FAILED,
      "the result is larger than the limit of 64 MiB" },
};

static void check_call(void **state)
{
    const struct call_case *one = *state;
    AUTO(call_result) struct call_result result = { 0 };

    run(&(struct run){ .function = one->function, .arguments = one->arguments }, &result);
    if (result.status != one->status)
        fail_msg("status %d: %s", result.status, result.message ? result.message : "");
    if (one->status != CALL_SUCCEEDED)
        assert_string_equal(result.message, one->expected);
    else if (one->expected) {
        AUTO(json) json_t *expected = json_of(one->expected);
        AUTO(str) char *got = json_text(result.output, JSON_STYLE_COMPACT);

        if (!json_equal(result.output, expected))
            fail_msg("%s", got);
    }
}

static void rich_values_come_back_with_their_types(void **state)
{
    AUTO(call_result) struct call_result result = { 0 };

    (void)state;
    run(&(struct run){ .function = "rich" }, &result);
    assert_int_equal(result.status, CALL_SUCCEEDED);
    assert_int_equal(extended_kind(json_object_get(result.output, "date")), EXTENDED_DATE);
    assert_int_equal(extended_kind(json_object_get(result.output, "time")), EXTENDED_DATETIME);
    assert_int_equal(extended_kind(json_object_get(result.output, "bytes")), EXTENDED_BYTES);
    assert_int_equal(extended_kind(json_object_get(result.output, "big")), EXTENDED_INTEGER);
    assert_string_equal(json_string_value(json_object_get(result.output, "money")), "12.340");
    assert_int_equal(json_integer_value(json_object_get(result.output, "enum")), 3);
}

static void extended_values_arrive_with_their_types(void **state)
{
    AUTO(json) json_t *activity = activity_of("types", NULL);
    json_t *arguments = json_object_get(json_object_get(activity, "provider"), "arguments");
    AUTO(json) json_t *none = json_object();
    AUTO(json)
    json_t *expected =
        json_of("{\"raw\":[\"bytes\",\"b'\\\\x00a'\"],\"day\":[\"date\",\"2020-02-29\"],"
                "\"at\":[\"datetime\",\"2020-02-29 12:00:00.500000+00:00\"]}");
    struct provider_call call = { .activity = activity, .configuration = none, .secrets = none };
    AUTO(call_result) struct call_result result = { 0 };

    (void)state;
    json_object_set_new(arguments, "raw", extended_bytes("\0a", 2));
    json_object_set_new(arguments, "day", extended_new(EXTENDED_DATE, "2020-02-29"));
    json_object_set_new(arguments, "at",
                        extended_new(EXTENDED_DATETIME, "2020-02-29T12:00:00.5+00:00"));
    provider.call(provider.self, &call, &result);
    assert_int_equal(result.status, CALL_SUCCEEDED);
    assert_true(json_equal(result.output, expected));
}

static void secrets_are_merged_from_the_listed_groups(void **state)
{
    AUTO(json) json_t *activity = activity_of("both", NULL);
    AUTO(json) json_t *none = json_object();
    AUTO(json) json_t *secrets = json_of("{\"g\":{\"a\":1},\"h\":{\"b\":2},\"i\":{\"c\":3}}");
    AUTO(json) json_t *expected = json_of("{\"a\":1,\"b\":2}");
    struct provider_call call = { .activity = activity, .configuration = none, .secrets = secrets };
    AUTO(call_result) struct call_result result = { 0 };

    (void)state;
    json_object_set_new(json_object_get(activity, "provider"), "secrets",
                        json_of("[\"g\",\"h\",\"unknown\"]"));
    provider.call(provider.self, &call, &result);
    assert_int_equal(result.status, CALL_SUCCEEDED);
    assert_true(json_equal(json_array_get(result.output, 1), expected));
}

static void the_exception_is_told_as_in_the_reference(void **state)
{
    AUTO(call_result) struct call_result result = { 0 };
    const char *first;
    const char *last;

    (void)state;
    run(&(struct run){ .function = "crash" }, &result);
    first = json_string_value(json_array_get(result.exception, 1));
    last =
        json_string_value(json_array_get(result.exception, json_array_size(result.exception) - 1));
    assert_non_null(strstr(first, "yard.py"));
    assert_string_equal(last, "chaoslib.exceptions.ActivityFailed: KeyError: 'pier'\n");
}

static void modules_keep_their_state_between_calls(void **state)
{
    AUTO(call_result) struct call_result first = { 0 };
    AUTO(call_result) struct call_result second = { 0 };

    (void)state;
    run(&(struct run){ .function = "keep", .arguments = "{\"value\":1}" }, &first);
    run(&(struct run){ .function = "keep", .arguments = "{\"value\":1}" }, &second);
    assert_int_equal(json_integer_value(second.output), json_integer_value(first.output) + 1);
}

struct background {
    pthread_t thread;
    struct run run;
    struct call_result result;
};

static void *in_background(void *argument)
{
    struct background *one = argument;

    run(&one->run, &one->result);
    return NULL;
}

static void background_calls_run_beside_each_other(void **state)
{
    enum {
        COUNT = 20
    };
    struct background all[COUNT] = { 0 };
    int64_t began = clock_now();

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        all[i].run = (struct run){ .function = "nap",
                                   .arguments = "{\"seconds\":0.3}",
                                   .place = CALL_BACKGROUND };
        pthread_create(&all[i].thread, NULL, in_background, &all[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        pthread_join(all[i].thread, NULL);
        assert_int_equal(all[i].result.status, CALL_SUCCEEDED);
        assert_string_equal(json_string_value(all[i].result.output), "rested");
        call_result_clear(&all[i].result);
    }
    assert_true(clock_now() - began < 3 * CLOCK_NS_PER_S);
}

struct raiser {
    struct cancel *cancel;
    const char *ready;
    int reason;
};

/* Raise the cancel as soon as the file is there. */
static void *raise_when_ready(void *argument)
{
    struct raiser *raiser = argument;

    while (access(raiser->ready, F_OK) != 0)
        wait_until(clock_now() + 5 * CLOCK_NS_PER_MS, NULL);
    cancel_raise(raiser->cancel, raiser->reason);
    return NULL;
}

struct stop_case {
    const char *claim;
    const char *function;
    enum call_place place;
    enum python_stop kind;
    enum call_status status;
};

static const struct stop_case stops[] = {
    { "Ctrl-C stops a blocking call in the foreground", "nap", CALL_FOREGROUND,
      PYTHON_STOP_KEYBOARD, CALL_CANCELLED },
    { "SIGTERM stops a blocking call in the foreground", "nap", CALL_FOREGROUND,
      PYTHON_STOP_INTERRUPT, CALL_CANCELLED },
    { "SIGUSR2 stops a blocking call in the foreground", "nap", CALL_FOREGROUND,
      PYTHON_STOP_EXIT_30, CALL_CANCELLED },
    { "a background call is stopped between its steps", "slices", CALL_BACKGROUND,
      PYTHON_STOP_KEYBOARD, CALL_CANCELLED },
    { "a background call of a run that left fails", "slices", CALL_BACKGROUND,
      PYTHON_STOP_EXPERIMENT_EXITED, CALL_FAILED },
    { "an abandoned call is not waited for", "nap", CALL_BACKGROUND, PYTHON_STOP_ABANDON,
      CALL_CANCELLED },
};

static void check_stop(void **state)
{
    const struct stop_case *one = *state;
    AUTO(str) char *ready = mem_printf("%s/ready", folder);
    AUTO(str) char *arguments = mem_printf("{\"seconds\":5,\"ready\":\"%s\"}", ready);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(call_result) struct call_result result = { 0 };
    struct cancel cancel;
    struct raiser raiser = { &cancel, ready, one->kind };
    pthread_t thread;
    int64_t began = clock_now();

    unlink(ready);
    assert_int_equal(cancel_init(&cancel, &err), 0);
    pthread_create(&thread, NULL, raise_when_ready, &raiser);
    run(&(struct run){ .function = one->function,
                       .arguments = arguments,
                       .place = one->place,
                       .cancel = &cancel },
        &result);
    pthread_join(thread, NULL);
    cancel_clear(&cancel);
    assert_int_equal(result.status, one->status);
    if (one->status == CALL_FAILED)
        assert_string_equal(result.message, "chaoslib.exceptions.ExperimentExitedException");
    assert_true(clock_now() - began < 3 * CLOCK_NS_PER_S);
}

static struct python *new_python(struct python_options options)
{
    return python_new(&options);
}

static void a_call_that_does_not_stop_costs_its_worker(void **state)
{
    AUTO(python) struct python *own = new_python((struct python_options){ .grace_ms = 100 });
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(call_result) struct call_result kept = { 0 };
    AUTO(call_result) struct call_result stuck = { 0 };
    AUTO(call_result) struct call_result anew = { 0 };
    AUTO(str) char *ready = mem_printf("%s/stubborn", folder);
    AUTO(str) char *arguments = mem_printf("{\"seconds\":30,\"ready\":\"%s\"}", ready);
    struct cancel cancel;
    struct raiser raiser = { &cancel, ready, PYTHON_STOP_INTERRUPT };
    pthread_t thread;

    (void)state;
    assert_int_equal(cancel_init(&cancel, &err), 0);
    run(&(struct run){ .python = own, .function = "keep", .arguments = "{\"value\":1}" }, &kept);
    pthread_create(&thread, NULL, raise_when_ready, &raiser);
    run(
        &(struct run){
            .python = own, .function = "stubborn", .arguments = arguments, .cancel = &cancel },
        &stuck);
    pthread_join(thread, NULL);
    cancel_clear(&cancel);
    assert_int_equal(stuck.status, CALL_CANCELLED);
    run(&(struct run){ .python = own, .function = "keep", .arguments = "{\"value\":1}" }, &anew);
    assert_int_equal(anew.status, CALL_SUCCEEDED);
    assert_int_equal(json_integer_value(anew.output), 1);
}

struct death_case {
    const char *claim;
    const char *how;
    const char *message;
};

static const struct death_case deaths[] = {
    { "a segmentation fault is the activity's failure", "SIGSEGV",
      "the Python worker died (killed by SIGSEGV) while it ran activity 'the work'" },
    { "os._exit is the activity's failure", "exit",
      "the Python worker died (exited with status 7) while it ran activity 'the work'" },
};

static void check_death(void **state)
{
    const struct death_case *one = *state;
    AUTO(python) struct python *own = new_python((struct python_options){ 0 });
    AUTO(str) char *arguments = mem_printf("{\"how\":\"%s\"}", one->how);
    AUTO(call_result) struct call_result dead = { 0 };
    AUTO(call_result) struct call_result next = { 0 };

    run(&(struct run){ .python = own, .function = "die", .arguments = arguments }, &dead);
    assert_int_equal(dead.status, CALL_FAILED);
    assert_string_equal(dead.message, one->message);
    run(&(struct run){ .python = own, .function = "add", .arguments = "{\"left\":1}" }, &next);
    assert_int_equal(next.status, CALL_SUCCEEDED);
}

struct start_case {
    const char *claim;
    const char *script; /* of a false interpreter; NULL: there is none */
    const char *expected;
};

static const struct start_case starts[] = {
    { "an interpreter that is missing is named", NULL, "No such file or directory" },
    { "what a broken interpreter says is told", "#!/bin/sh\necho no encodings >&2\nexit 3\n",
      "exited with status 3: no encodings" },
    { "an interpreter that speaks otherwise is refused",
      "#!/usr/bin/env python3\nimport os, sys\nos.write(int(sys.argv[2]), b'zzzzzz')\n"
      "import time\ntime.sleep(9)\n",
      "announced a message" },
};

static void check_start(void **state)
{
    const struct start_case *one = *state;
    AUTO(str) char *path = mem_printf("%s/interpreter", folder);
    AUTO(call_result) struct call_result result = { 0 };
    AUTO(python) struct python *own = NULL;

    unlink(path);
    if (one->script) {
        AUTO(fd) int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0700);

        assert_int_equal(write(fd, one->script, strlen(one->script)), strlen(one->script));
    }
    own = new_python((struct python_options){ .interpreter = path });
    run(&(struct run){ .python = own, .function = "add" }, &result);
    assert_int_equal(result.status, CALL_FAILED);
    if (!strstr(result.message, one->expected) || !strstr(result.message, path))
        fail_msg("%s", result.message);
}

struct told {
    struct cancel *cancel;
    char name[8];
};

static void note_signal(void *self, const char *name)
{
    struct told *told = self;

    snprintf(told->name, sizeof(told->name), "%s", name);
    cancel_raise(told->cancel, PYTHON_STOP_EXIT_20);
}

static void check_own_signal(void **state)
{
    const char *name = *state;
    struct cancel cancel;
    struct told told = { .cancel = &cancel };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(call_result) struct call_result result = { 0 };
    AUTO(str) char *arguments = mem_printf("{\"name\":\"SIG%s\"}", name);
    AUTO(python) struct python *own = NULL;

    assert_int_equal(cancel_init(&cancel, &err), 0);
    own = new_python(
        (struct python_options){ .callbacks = { .self = &told, .signal = note_signal } });
    run(
        &(struct run){
            .python = own, .function = "signal_self", .arguments = arguments, .cancel = &cancel },
        &result);
    assert_int_equal(result.status, CALL_CANCELLED);
    assert_string_equal(told.name, name);
    python_free(STEAL(own));
    cancel_clear(&cancel);
}

static void checks_name_what_is_wrong(void **state)
{
    static const struct {
        const char *activity;
        const char *problem;
    } rows[] = {
        { "{\"name\":\"a\",\"provider\":{\"type\":\"python\"}}",
          "activity 'a': its Python provider must name a Python module in 'module'" },
        { "{\"name\":\"a\",\"provider\":{\"module\":\"yard\",\"func\":\"add\"}}",
          "argument 'left' of Python function 'add' is missing in activity 'a'" },
        { "{\"name\":\"a\",\"provider\":{\"module\":\"yard\",\"func\":\"add\","
          "\"arguments\":{\"left\":1,\"speed\":2}}}",
          "argument 'speed' is unknown to Python function 'add' of activity 'a'" },
        { "{\"name\":\"a\",\"provider\":{\"module\":\"yard\",\"func\":\"add\","
          "\"arguments\":{\"left\":1}}}",
          NULL },
        { "{\"name\":\"a\",\"provider\":{\"module\":\"yard\",\"func\":\"both\"}}", NULL },
        { "{\"name\":\"a\",\"provider\":{\"module\":\"yard\",\"func\":\"positional\","
          "\"arguments\":{\"only\":1,\"other\":2}}}",
          "argument 'only' of Python function 'positional' is missing in activity 'a'" },
        { "{\"name\":\"a\",\"provider\":{\"module\":\"yard\",\"func\":\"wrapped\"}}",
          "in Python module 'yard', 'wrapped' is of type _lru_cache_wrapper; activity 'a' needs a "
          "function" },
        { "{\"name\":\"a\",\"provider\":{\"module\":\"yard\",\"func\":\"Anchor\"}}",
          "in Python module 'yard', 'Anchor' is of type type; activity 'a' needs a function" },
        { "{\"name\":\"a\",\"provider\":{\"module\":\"yard\",\"func\":\"shuot\"}}",
          "Python module 'yard' has no function 'shuot', called by activity 'a' (did you mean "
          "'shout'?)" },
        { "{\"name\":\"a\",\"provider\":{\"module\":\"no_yard\",\"func\":\"x\"}}",
          "there is no Python module 'no_yard', named by activity 'a'" },
        { "{\"name\":\"a\",\"provider\":{\"module\":\"broken_import\",\"func\":\"x\"}}",
          "Python module 'broken_import' of activity 'a' cannot be imported: RuntimeError: the "
          "crane fell" },
        { "{\"name\":\"a\",\"provider\":{\"module\":\"os\",\"func\":\"getcwd\"}}", NULL },
    };
    AUTO(json) json_t *activities = json_array();
    AUTO(json) json_t *problems = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        json_array_append_new(activities, json_of(rows[i].activity));
    assert_int_equal(provider.check_all(provider.self, activities, NULL, &problems, &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *got = json_string_value(json_array_get(problems, i));

        if (!str_equal(got, rows[i].problem))
            fail_msg("row %zu: %s", i, got ? got : "no problem");
    }
}

/* Controls. */

static void a_control_module_tells_its_hooks(void **state)
{
    AUTO(json) json_t *hooks = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const json_t *names;

    (void)state;
    assert_int_equal(guest.import(guest.self, "keeper", &hooks, NULL, NULL, &err), 0);
    names = json_object_get(hooks, "before_activity_control");
    assert_string_equal(json_string_value(json_array_get(names, 0)), "context");
    assert_string_equal(json_string_value(json_array_get(names, 1)), "experiment");
    assert_string_equal(json_string_value(json_array_get(names, json_array_size(names) - 1)), "**");
    assert_null(json_object_get(hooks, "before_method_control"));
}

static void a_control_module_that_is_missing_has_a_reason(void **state)
{
    AUTO(json) json_t *hooks = NULL;
    AUTO(str) char *reason = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    assert_int_equal(guest.import(guest.self, "no_keeper", &hooks, &reason, NULL, &err), 0);
    assert_true(json_is_null(hooks));
    assert_string_equal(reason, "ModuleNotFoundError: No module named 'no_keeper'");
}

#define EXPERIMENT "{\"title\":\"T\",\"method\":[{\"name\":\"a\"},{\"name\":\"b\"}]}"

struct hook_run {
    const char *function;
    const char *arguments;
    const char *experiment; /* NULL: as the guest has it */
    const char *state;
};

static void run_hook(const struct hook_run *one, struct guest_reply *reply)
{
    AUTO(json) json_t *arguments = json_of(one->arguments ? one->arguments : "{}");
    AUTO(json) json_t *experiment = one->experiment ? json_of(one->experiment) : NULL;
    AUTO(json) json_t *alone = one->state ? json_of(one->state) : NULL;
    struct guest_document documents[] = { { "experiment", experiment, 0 } };
    struct guest_place context = { .document = "experiment", .pointer = "/method/0" };
    struct guest_place place = { .value = alone };
    struct guest_hook hook = {
        .module = "keeper",
        .function = one->function,
        .arguments = arguments,
        .documents = documents,
        .n_documents = 1,
        .context = &context,
        .state = alone ? &place : NULL,
    };

    guest.hook(guest.self, &hook, reply);
}

static void check_change(const struct guest_reply *reply, const char *name, const char *expected)
{
    const json_t *value = json_object_get(reply->changes, name);
    AUTO(json) json_t *wanted = expected ? json_of(expected) : NULL;
    AUTO(str) char *got = value ? json_text(value, JSON_STYLE_COMPACT) : NULL;

    if (expected ? !value || !json_equal(value, wanted) : value != NULL)
        fail_msg("%s: %s", name, got ? got : "unchanged");
}

static void controls_see_and_change_living_documents(void **state)
{
    AUTO(guest_reply) struct guest_reply configured = { 0 };
    AUTO(guest_reply) struct guest_reply same = { 0 };
    AUTO(guest_reply) struct guest_reply context = { 0 };
    AUTO(guest_reply) struct guest_reply inserted = { 0 };
    AUTO(guest_reply) struct guest_reply patched = { 0 };
    AUTO(guest_reply) struct guest_reply amended = { 0 };

    (void)state;
    run_hook(&(struct hook_run){ "configure_control", "{\"x\":1}", EXPERIMENT, NULL }, &configured);
    assert_int_equal(configured.status, CALL_SUCCEEDED);
    assert_int_equal(configured.handlers, 1);
    check_change(&configured, "experiment", "[[[\"configured\"],[\"x\"]]]");

    run_hook(&(struct hook_run){ "before_activity_control", NULL, NULL, NULL }, &same);
    assert_int_equal(same.status, CALL_SUCCEEDED);
    check_change(&same, "experiment", NULL);
    check_change(&same, "context", NULL);

    run_hook(
        &(struct hook_run){ "before_activity_control", "{\"change\":\"context\"}", NULL, NULL },
        &context);
    check_change(&context, "context", NULL); /* within the experiment */
    check_change(&context, "experiment", "[[[\"method\",0,\"dry\"],true]]");

    run_hook(&(struct hook_run){ "before_activity_control", "{\"change\":\"insert\"}", NULL, NULL },
             &inserted);
    assert_int_equal(json_array_size(json_array_get(
                         json_array_get(json_object_get(inserted.changes, "experiment"), 0), 1)),
                     3);

    /* what the engine changes keeps the identity of the rest: the module asserts it */
    run_hook(&(struct hook_run){ "before_activity_control", NULL,
                                 "{\"title\":\"U\",\"method\":[{\"name\":\"a\",\"dry\":true},"
                                 "{\"name\":\"c\"}]}",
                                 NULL },
             &patched);
    assert_int_equal(patched.status, CALL_SUCCEEDED);

    run_hook(&(struct hook_run){ "after_activity_control", NULL, NULL, "{\"output\":\"loud\"}" },
             &amended);
    check_change(&amended, "state", "[[[\"output\"],\"quiet\"]]");
}

static void what_a_hook_raises_is_told_with_what_it_changed(void **state)
{
    AUTO(guest_reply) struct guest_reply interrupted = { 0 };
    AUTO(guest_reply) struct guest_reply failed = { 0 };
    AUTO(guest_reply) struct guest_reply absent = { 0 };

    (void)state;
    run_hook(
        &(struct hook_run){ "before_activity_control", "{\"change\":\"interrupt\"}", NULL, NULL },
        &interrupted);
    assert_int_equal(interrupted.status, CALL_INTERRUPTED);
    assert_string_equal(interrupted.message, "stop here");
    assert_non_null(json_object_get(interrupted.changes, "experiment"));
    run_hook(&(struct hook_run){ "before_activity_control", "{\"change\":\"fail\"}", NULL, NULL },
             &failed);
    assert_int_equal(failed.status, CALL_FAILED);
    assert_string_equal(failed.message, "RuntimeError: broken");
    run_hook(&(struct hook_run){ "before_method_control", NULL, NULL, NULL }, &absent);
    assert_int_equal(absent.status, CALL_SUCCEEDED);
}

static void handlers_get_events_by_position(void **state)
{
    AUTO(json)
    json_t *arguments = json_of("{\"journal\":{\"$document\":\"journal\"},"
                                "\"experiment\":{\"$document\":\"experiment\"}}");
    AUTO(json) json_t *journal = json_of("{\"status\":null}");
    AUTO(json) json_t *experiment = json_of(EXPERIMENT);
    struct guest_document documents[] = { { "journal", journal, 0 },
                                          { "experiment", experiment, 0 } };
    AUTO(guest_reply) struct guest_reply started = { 0 };
    AUTO(guest_reply) struct guest_reply finished = { 0 };

    (void)state;
    guest.event(guest.self, "started", arguments, documents, 2, CALL_FOREGROUND, &started);
    assert_int_equal(started.status, CALL_SUCCEEDED);
    check_change(&started, "journal", "[[[\"heard\"],\"T\"]]");
    guest.event(guest.self, "finish", arguments, documents, 1, CALL_FOREGROUND, &finished);
    assert_int_equal(finished.status, CALL_SUCCEEDED); /* it raised: noted, no more */
}

static void a_control_may_change_itself_when_validated(void **state)
{
    AUTO(json) json_t *control = json_of("{\"name\":\"c\",\"provider\":{}}");
    AUTO(json) json_t *refused = json_of("{\"provider\":{\"arguments\":{\"refuse\":1}}}");
    struct guest_hook hook = { .module = "keeper",
                               .function = "validate_control",
                               .control = control };
    AUTO(guest_reply) struct guest_reply reply = { 0 };
    AUTO(guest_reply) struct guest_reply other = { 0 };

    (void)state;
    guest.hook(guest.self, &hook, &reply);
    check_change(&reply, "control", "[[[\"validated\"],true]]");
    hook.control = refused;
    guest.hook(guest.self, &hook, &other);
    assert_int_equal(other.status, CALL_FAILED);
    assert_string_equal(other.message, "ValueError: refused");
}

static void a_document_that_was_never_sent_is_asked_for(void **state)
{
    struct guest_document documents[] = { { "unsent", NULL, 0 } };
    struct guest_hook hook = {
        .module = "keeper", .function = "cleanup_control", .documents = documents, .n_documents = 1
    };
    AUTO(guest_reply) struct guest_reply reply = { 0 };

    (void)state;
    guest.hook(guest.self, &hook, &reply);
    assert_true(reply.forgotten);
}

static void die(void)
{
    AUTO(call_result) struct call_result result = { 0 };

    run(&(struct run){ .function = "die", .arguments = "{\"how\":\"SIGKILL\"}" }, &result);
    assert_int_equal(result.status, CALL_FAILED);
}

static void a_fresh_worker_gets_the_documents_it_lacks(void **state)
{
    AUTO(guest_reply) struct guest_reply configured = { 0 };
    AUTO(guest_reply) struct guest_reply changed = { 0 };
    AUTO(guest_reply) struct guest_reply anew = { 0 };

    (void)state;
    run_hook(&(struct hook_run){ "configure_control", NULL, EXPERIMENT, NULL }, &configured);
    die();
    run_hook(&(struct hook_run){ "configure_control", "{\"y\":1}", NULL, NULL }, &changed);
    assert_int_equal(changed.status, CALL_SUCCEEDED);
    die();
    run_hook(&(struct hook_run){ "configure_control", "{\"z\":1}", NULL, NULL }, &anew);
    check_change(&anew, "experiment", "[[[\"configured\",0],\"z\"]]"); /* it was "y" */
}

/* Questions of user code. */

static json_t *give_document(void *self UNUSED, const char *name)
{
    if (str_equal(name, "experiment"))
        return json_of("{\"method\":[{\"name\":\"first\"}]}");
    return NULL;
}

static void run_process(void *self UNUSED, const struct provider_call *call,
                        struct call_result *result)
{
    if (str_equal(json_string_value(json_object_get(call->activity, "type")), "action"))
        call_set(result, CALL_FAILED, "no such process");
    else
        result->output = json_pack("{s:O}", "configured", call->configuration);
}

static int judge(void *self UNUSED, const json_t *tolerance, const json_t *value,
                 const json_t *configuration UNUSED, const json_t *secrets UNUSED, bool *ret_met,
                 struct chaos_error *err UNUSED)
{
    *ret_met = json_array_size(tolerance) == 2 && json_integer_value(value) == 3;
    return 0;
}

static int refuse(void *self UNUSED, const json_t *value UNUSED, struct chaos_error *err)
{
    return chaos_error_set(err, CHAOS_E_INVALID, "not like this");
}

static void user_code_reaches_the_engine_through_the_library(void **state)
{
    AUTO(json) json_t *settings = json_of("{\"runtime\":{\"x\":1}}");
    AUTO(python)
    struct python *own =
        new_python((struct python_options){ .settings = settings,
                                            .callbacks = { .document = give_document,
                                                           .run_activity = run_process,
                                                           .check_activity = refuse,
                                                           .check_tolerance = refuse,
                                                           .within_tolerance = judge } });
    AUTO(json)
    json_t *expected =
        json_of("{\"process\":{\"configured\":{\"a\":1}},\"python\":15,\"within\":true,"
                "\"probe\":true,\"settings\":{\"runtime\":{\"x\":1}},\"lookup\":{\"name\":"
                "\"first\"},\"nothing\":null,\"text\":\"1 2 $\",\"bytes\":\"\u00c4\",\"hash\":24}");
    AUTO(json) json_t *problems = json_of("[\"not like this\",\"not like this\"]");
    static const char *const functions[] = { "asks_engine", "ask", "invalid", "failing" };
    AUTO(json) json_t *none = json_object();
    struct provider asked;

    (void)state;
    python_provider(own, &asked);
    for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
        AUTO(json)
        json_t *activity = json_pack("{s:s, s:{s:s, s:s}}", "name", "ask", "provider", "module",
                                     "asker", "func", functions[i]);
        struct provider_call call = { .activity = activity,
                                      .configuration = none,
                                      .secrets = none,
                                      .place = i == 2 ? CALL_BACKGROUND : CALL_FOREGROUND };
        AUTO(call_result) struct call_result result = { 0 };
        AUTO(str) char *got = NULL;

        asked.call(asked.self, &call, &result);
        got = result.output ? json_text(result.output, JSON_STYLE_COMPACT)
                            : mem_strdup(result.message);
        if (i == 0 && !json_is_true(result.output))
            break; /* the interpreter has the reference's chaoslib, which does not ask */
        if (i == 1 && !json_equal(result.output, expected))
            fail_msg("%s", got);
        if (i == 2 && !json_equal(result.output, problems))
            fail_msg("%s", got);
        if (i == 3)
            assert_string_equal(got, "\"failed: no such process\"");
    }
}

static void the_installed_extensions_are_listed(void **state)
{
    AUTO(json) json_t *extensions = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    assert_int_equal(python_extensions(shared, NULL, &extensions, &err), 0);
    assert_true(json_is_array(extensions));
}

static void discovery_of_a_missing_package_names_it(void **state)
{
    AUTO(json) json_t *found = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct python_discovery discovery = { .package = "no-such-package" };

    (void)state;
    assert_true(python_discover(shared, &discovery, &found, &err) < 0);
    assert_string_equal(chaos_error_text(&err), "Package no-such-package not found");
}

static int set_up(void **state)
{
    AUTO(str)
    char *modules = mem_printf("%s/tests/support/python_modules", getenv("FRACAS_SOURCE_DIR"));
    AUTO(str) char *ours = mem_printf("%s/python", getenv("FRACAS_SOURCE_DIR"));

    (void)state;
    setenv("PYTHONPATH", modules, 1);
    setenv("FRACAS_PYTHON_DIR", ours, 1);
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    if (!mkdtemp(folder))
        return -1;
    shared = new_python((struct python_options){ 0 });
    python_provider(shared, &provider);
    python_guest(shared, &guest);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = { "ready", "stubborn", "interpreter" };

    (void)state;
    python_free(shared);
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        AUTO(str) char *path = mem_printf("%s/%s", folder, files[i]);

        unlink(path);
    }
    return rmdir(folder);
}

#define FROM_TABLE(table, function)                                                                \
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)                                                 \
        tests[count++] = (struct CMUnitTest)                                                       \
        {                                                                                          \
            .name = (table)[i].claim, .test_func = (function),                                     \
            .initial_state = (void *)(uintptr_t) & (table)[i]                                      \
        }

int main(void)
{
    static const struct CMUnitTest single[] = {
        cmocka_unit_test(rich_values_come_back_with_their_types),
        cmocka_unit_test(extended_values_arrive_with_their_types),
        cmocka_unit_test(secrets_are_merged_from_the_listed_groups),
        cmocka_unit_test(the_exception_is_told_as_in_the_reference),
        cmocka_unit_test(modules_keep_their_state_between_calls),
        cmocka_unit_test(background_calls_run_beside_each_other),
        cmocka_unit_test(a_call_that_does_not_stop_costs_its_worker),
        cmocka_unit_test_prestate(check_own_signal, (void *)(uintptr_t) "USR1"),
        cmocka_unit_test_prestate(check_own_signal, (void *)(uintptr_t) "TERM"),
        cmocka_unit_test(checks_name_what_is_wrong),
        cmocka_unit_test(a_control_module_tells_its_hooks),
        cmocka_unit_test(a_control_module_that_is_missing_has_a_reason),
        cmocka_unit_test(controls_see_and_change_living_documents),
        cmocka_unit_test(what_a_hook_raises_is_told_with_what_it_changed),
        cmocka_unit_test(handlers_get_events_by_position),
        cmocka_unit_test(a_control_may_change_itself_when_validated),
        cmocka_unit_test(a_document_that_was_never_sent_is_asked_for),
        cmocka_unit_test(a_fresh_worker_gets_the_documents_it_lacks),
        cmocka_unit_test(user_code_reaches_the_engine_through_the_library),
        cmocka_unit_test(the_installed_extensions_are_listed),
        cmocka_unit_test(discovery_of_a_missing_package_names_it),
    };
    struct CMUnitTest tests[ARRAY_SIZE(single) + ARRAY_SIZE(calls) + ARRAY_SIZE(stops) +
                            ARRAY_SIZE(deaths) + ARRAY_SIZE(starts)];
    size_t count = 0;

    FROM_TABLE(calls, check_call);
    FROM_TABLE(stops, check_stop);
    FROM_TABLE(deaths, check_death);
    FROM_TABLE(starts, check_start);
    for (size_t i = 0; i < ARRAY_SIZE(single); i++)
        tests[count++] = single[i];
    return cmocka_run_group_tests_name("the Python worker", tests, set_up, tear_down);
}
