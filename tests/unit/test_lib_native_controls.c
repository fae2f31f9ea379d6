// SPDX-License-Identifier: Apache-2.0
#include "lib/native_controls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "lib/extensions.h"
#include "tests/support/quoted.h"

#define UPLOAD "chaosaws.s3.controls.upload"
#define AFTER  "after_experiment_control"

#define CONTROL(id) extern const struct chaos_extension id;
#include "lib/controls.list"
#undef CONTROL

/* What the guest behind was asked for. */
struct behind {
    const char *imported;
    const char *hooked;
};

static int import_behind(void *self, const char *module, json_t **ret_hooks, char **ret_reason,
                         const struct cancel *cancel, struct chaos_error *err)
{
    (void)cancel;
    (void)err;
    ((struct behind *)self)->imported = module;
    *ret_hooks = json_null();
    *ret_reason = mem_strdup("no such module");
    return 0;
}

static void hook_behind(void *self, const struct guest_hook *hook, struct guest_reply *reply)
{
    ((struct behind *)self)->hooked = hook->module;
    *reply = (struct guest_reply){ .status = CALL_SUCCEEDED, .handlers = 3 };
}

struct front {
    struct behind behind;
    struct guest python;
    struct native_controls controls;
    struct guest guest;
};

static void front_init(struct front *front)
{
    *front = (struct front){ .python = { .import = import_behind, .hook = hook_behind } };
    front->python.self = &front->behind;
    front->controls = (struct native_controls){ &front->python, NULL };
    front->guest = native_controls_guest(&front->controls);
}

static void other_modules_are_the_guests(void **state)
{
    AUTO(guest_reply) struct guest_reply reply = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *hooks = NULL;
    AUTO(str) char *reason = NULL;
    struct front front;

    (void)state;
    front_init(&front);
    assert_int_equal(
        front.guest.import(front.guest.self, "mine.control", &hooks, &reason, NULL, &err), 0);
    assert_string_equal(front.behind.imported, "mine.control");
    assert_true(json_is_null(hooks));
    assert_string_equal(reason, "no such module");
    front.guest.hook(front.guest.self,
                     &(struct guest_hook){ .module = "mine.control", .function = AFTER }, &reply);
    assert_string_equal(front.behind.hooked, "mine.control");
    assert_int_equal(reply.handlers, 3);
    assert_false(front.guest.is_stateless(front.guest.self, "mine.control"));
}

static void a_native_module_does_not_reach_the_guest(void **state)
{
    AUTO(guest_reply) struct guest_reply reply = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *hooks = NULL;
    AUTO(str) char *reason = NULL;
    AUTO(json)
    json_t *expected = quoted_json("{'" AFTER "': ['configuration', 'secrets', 'bucket_name', "
                                   "'dirpath', 'context', 'state', 'as_yaml', "
                                   "'suffix_with_timestamp']}");
    struct front front;

    (void)state;
    front_init(&front);
    assert_int_equal(front.guest.import(front.guest.self, UPLOAD, &hooks, &reason, NULL, &err), 0);
    assert_true(json_equal(hooks, expected));
    front.guest.hook(front.guest.self,
                     &(struct guest_hook){ .module = UPLOAD, .function = "configure_control" },
                     &reply);
    assert_int_equal(reply.status, CALL_SUCCEEDED);
    assert_true(front.guest.is_stateless(front.guest.self, UPLOAD));
    assert_null(front.behind.imported);
    assert_null(front.behind.hooked);
}

struct argument_case {
    const char *claim;
    const char *arguments;
    const char *message;
};

static const struct argument_case argument_cases[] = {
    { "a missing argument is an error of the hook", "{'bucket_name': 'b'}",
      "argument 'dirpath' of '" AFTER "' is missing: folder in the bucket" },
    { "an unknown argument is an error of the hook",
      "{'bucket_name': 'b', 'dirpath': 'd', 'as_yml': true}",
      "argument 'as_yml' of '" AFTER "' is not known: did you mean 'as_yaml'?" },
    { "an argument of the wrong type is an error of the hook", "{'bucket_name': 'b', 'dirpath': 5}",
      "argument 'dirpath' of '" AFTER "' must be a string, not an integer" },
    { "context and state do not come from the arguments",
      "{'bucket_name': 'b', 'dirpath': 'd', 'state': {}}",
      "argument 'state' of '" AFTER "' is missing: the journal, from the run" },
};

static void check_arguments(void **state)
{
    const struct argument_case *c = *state;
    AUTO(guest_reply) struct guest_reply reply = { 0 };
    AUTO(json) json_t *arguments = quoted_json(c->arguments);
    AUTO(json) json_t *experiment = quoted_json("{'title': 't'}");
    struct guest_document documents[] = { { "experiment", experiment, 1 } };
    struct guest_place context = { .document = "experiment", .pointer = "" };
    struct guest_hook hook = { .module = UPLOAD,
                               .function = AFTER,
                               .arguments = arguments,
                               .documents = documents,
                               .n_documents = 1,
                               .context = &context };
    struct front front;

    front_init(&front);
    front.guest.hook(front.guest.self, &hook, &reply);
    assert_int_equal(reply.status, CALL_FAILED);
    assert_string_equal(reply.message, c->message);
    assert_null(reply.changes);
}

static void the_rows_of_controls_keep_the_rules(void **state)
{
    static const struct chaos_extension *const rows[] = {
#define CONTROL(id) &(id),
#include "lib/controls.list"
#undef CONTROL
    };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_int_equal(extension_check(rows[i], &err), 0);
        if (i)
            assert_true(strcmp(rows[i - 1]->module, rows[i]->module) < 0);
    }
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(argument_cases) + 3] = {
        cmocka_unit_test(other_modules_are_the_guests),
        cmocka_unit_test(a_native_module_does_not_reach_the_guest),
        cmocka_unit_test(the_rows_of_controls_keep_the_rules),
    };

    for (size_t i = 0; i < ARRAY_SIZE(argument_cases); i++)
        tests[i + 3] = (struct CMUnitTest){
            .name = argument_cases[i].claim,
            .test_func = check_arguments,
            .initial_state = (void *)(uintptr_t)&argument_cases[i],
        };
    return cmocka_run_group_tests_name("native controls", tests, NULL, NULL);
}
