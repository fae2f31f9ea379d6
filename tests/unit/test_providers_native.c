// SPDX-License-Identifier: Apache-2.0
#include "providers/native.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "value/json.h"

static const char *const colours[] = { "red", "green", NULL };
static const struct chaos_param params[] = {
    { .name = "any", .type = CHAOS_ANY, .doc = "any" },
    { .name = "text",
      .type = CHAOS_STRING,
      .default_json = "\"red\"",
      .doc = "text",
      .choices = colours },
    { .name = "count",
      .type = CHAOS_INTEGER,
      .required = true,
      .doc = "a count",
      .min = 1,
      .max = 9 },
    { .name = "size",
      .type = CHAOS_NUMBER,
      .default_json = "1.5",
      .doc = "size",
      .min = 0.5,
      .max = HUGE_VAL },
    { .name = "flag", .type = CHAOS_BOOLEAN, .default_json = "false", .doc = "flag" },
    { .name = "list", .type = CHAOS_LIST, .default_json = "[]", .doc = "list" },
    { .name = "mapping", .type = CHAOS_MAPPING, .doc = "mapping" },
};

/* Gives back what it was called with. */
static int mirror(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    (void)err;
    *ret_output = json_pack("{s:O, s:O, s:O}", "arguments", call->arguments, "secrets",
                            call->secrets, "configuration", call->configuration);
    return 0;
}

static int fail_silently(const struct chaos_call *call, json_t **ret_output,
                         struct chaos_error *err)
{
    (void)call;
    (void)ret_output;
    (void)err;
    return -1;
}

static int wait_for_ever(const struct chaos_call *call, json_t **ret_output,
                         struct chaos_error *err)
{
    (void)ret_output;
    return chaos_wait(call->context, -1, 0, -1, err);
}

static int mirror_back(const struct chaos_call *call, json_t **ret_activity,
                       struct chaos_error *err)
{
    (void)call;
    (void)err;
    *ret_activity = json_pack("{s:{s:s, s:{s:i, s:s}}}", "provider", "func", "mirror", "arguments",
                              "count", 1, "any", "was ${n} and $$");
    return 0;
}

static const struct chaos_function mirror_row = {
    .name = "mirror",
    .summary = "mirror",
    .run = mirror,
    .inverse = mirror_back,
    .params = params,
    .n_params = ARRAY_SIZE(params),
};

struct argument_case {
    const char *claim;
    const char *arguments; /* JSON */
    const char *error;     /* part of the line; NULL: none */
};

static const struct argument_case argument_cases[] = {
    { "required arguments are enough", "{\"count\": 1}", NULL },
    { "a missing required argument is named", "{}",
      "activity 'a': argument 'count' of 'mirror' is missing: a count" },
    { "a range includes its bounds", "{\"count\": 9, \"size\": 0.5}", NULL },
    { "a value below the range is refused", "{\"count\": 0}", "between 1 and 9, not 0" },
    { "a value above the range is refused", "{\"count\": 10}", "between 1 and 9, not 10" },
    { "an open range has a lower bound only", "{\"count\": 1, \"size\": 0.4}",
      "at least 0.5, not 0.4" },
    { "a number may be whole", "{\"count\": 1, \"size\": 2}", NULL },
    { "an integer has no fraction", "{\"count\": 1.0}",
      "must be an integer, not a number with a fraction" },
    { "a boolean is no integer", "{\"count\": true}", "must be an integer, not a boolean" },
    { "a text is no integer, and its value is not shown", "{\"count\": \"s3cret\"}",
      "must be an integer, not a string (a value from the environment gets its type from" },
    { "an integer beyond 64 bits is said to be one", "{\"count\": 123456789012345678901}",
      "not an integer beyond 64 bits" },
    { "a text with choices is one of them", "{\"count\": 1, \"text\": \"blue\"}",
      "must be one of 'red', 'green', not 'blue'" },
    { "null stands for a default of null", "{\"count\": 1, \"mapping\": null}", NULL },
    { "null does not stand for another default", "{\"count\": 1, \"list\": null}",
      "must be a list, not null" },
    { "a pattern is checked later", "{\"count\": \"${count}\", \"flag\": \"$flag\"}", NULL },
    { "an unknown name gets a suggestion", "{\"count\": 1, \"falg\": true}",
      "argument 'falg' of 'mirror' is not known: did you mean 'flag'?" },
    { "an unknown name far from all lists them", "{\"count\": 1, \"zzzzzz\": 1}",
      "the function takes any, text, count, size, flag, list, mapping" },
    { "arguments are a mapping", "[1]", "provider.arguments must be a mapping" },
};

static json_t *parse(const char *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    assert_int_equal(json_parse(text, strlen(text), &value, &err), 0);
    return value;
}

static json_t *activity_of(const char *arguments)
{
    return json_pack("{s:s, s:{s:o, s:[s, s, s]}}", "name", "a", "provider", "arguments",
                     parse(arguments), "secrets", "one", "two", "absent");
}

static void check_argument(void **state)
{
    const struct argument_case *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *activity = activity_of(c->arguments);
    int r = native_check(&mirror_row, activity, &err);

    if (!c->error) {
        if (r < 0)
            fail_msg("%s", chaos_error_text(&err));
        return;
    }
    assert_true(r < 0);
    if (!strstr(chaos_error_text(&err), c->error))
        fail_msg("'%s' does not say '%s'", chaos_error_text(&err), c->error);
    assert_null(strstr(chaos_error_text(&err), "s3cret"));
}

static void call(const struct chaos_function *function, const char *arguments,
                 const struct cancel *cancel, struct call_result *result)
{
    AUTO(json) json_t *activity = activity_of(arguments);
    AUTO(json) json_t *configuration = parse("{\"n\": 7, \"l\": [1]}");
    AUTO(json)
    json_t *secrets =
        parse("{\"one\": {\"k\": 1, \"a\": 1}, \"two\": {\"k\": 2}, \"three\": {\"z\": 1}}");
    struct provider_call one = {
        .activity = activity, .configuration = configuration, .secrets = secrets, .cancel = cancel
    };

    native_call(function, &one, result);
}

static void a_call_gets_substituted_arguments_and_defaults(void **state)
{
    AUTO(call_result) struct call_result result = { 0 };
    AUTO(str) char *text = NULL;

    (void)state;
    call(&mirror_row, "{\"count\": \"${n}\", \"list\": \"${l}\"}", NULL, &result);
    assert_int_equal(result.status, CALL_SUCCEEDED);
    text = json_text(json_object_get(result.output, "arguments"), JSON_STYLE_LINE);
    assert_string_equal(text, "{\"count\": 7, \"list\": [1], \"any\": null, \"text\": \"red\", "
                              "\"size\": 1.5, \"flag\": false, \"mapping\": null}");
}

static void a_call_gets_the_groups_of_secrets_that_it_lists_merged(void **state)
{
    AUTO(call_result) struct call_result result = { 0 };
    AUTO(str) char *text = NULL;

    (void)state;
    call(&mirror_row, "{\"count\": 1}", NULL, &result);
    text = json_text(json_object_get(result.output, "secrets"), JSON_STYLE_LINE);
    assert_string_equal(text, "{\"k\": 2, \"a\": 1}");
}

static void a_pattern_without_a_value_fails_the_call(void **state)
{
    AUTO(call_result) struct call_result result = { 0 };

    (void)state;
    call(&mirror_row, "{\"count\": \"${unknown}\"}", NULL, &result);
    assert_int_equal(result.status, CALL_FAILED);
    assert_string_equal(result.message, "argument 'count' of 'mirror' must be an integer, and "
                                        "nothing replaces '${unknown}'");
}

static void an_inverse_has_the_secrets_of_its_action_and_means_what_it_says(void **state)
{
    AUTO(json)
    json_t *activity = json_pack("{s:s, s:{s:[s], s:{s:i}}}", "name", "a", "provider", "secrets",
                                 "bank", "arguments", "count", 1);
    AUTO(json) json_t *configuration = json_pack("{s:i}", "n", 3);
    AUTO(json) json_t *secrets = json_pack("{s:{s:s}}", "bank", "key", "k");
    struct provider_call acting = { .activity = activity,
                                    .configuration = configuration,
                                    .secrets = secrets };
    AUTO(json) json_t *inverse = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(call_result) struct call_result result = { 0 };

    (void)state;
    assert_int_equal(native_inverse(&mirror_row, &acting, &inverse, &err), 0);
    acting.activity = inverse;
    native_call(&mirror_row, &acting, &result);
    assert_int_equal(result.status, CALL_SUCCEEDED);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(result.output, "arguments"), "any")),
        "was ${n} and $$");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(result.output, "secrets"), "key")), "k");
}

static void a_function_that_fails_without_a_word_is_a_failed_activity(void **state)
{
    static const struct chaos_function row = { .name = "mute", .run = fail_silently };
    AUTO(call_result) struct call_result result = { 0 };

    (void)state;
    call(&row, "{}", NULL, &result);
    assert_int_equal(result.status, CALL_FAILED);
    assert_string_equal(result.message, "'mute' failed without saying why (-1)");
}

static void a_function_that_waits_is_cancelled(void **state)
{
    static const struct chaos_function row = { .name = "wait", .run = wait_for_ever };
    AUTO(call_result) struct call_result result = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct cancel cancel;

    (void)state;
    assert_int_equal(cancel_init(&cancel, &err), 0);
    cancel_raise(&cancel, 1);
    call(&row, "{}", &cancel, &result);
    cancel_clear(&cancel);
    assert_int_equal(result.status, CALL_CANCELLED);
}

static void a_row_that_is_unavailable_says_why_before_and_when_it_is_called(void **state)
{
    static const struct chaos_function row = { .name = "off",
                                               .run = mirror,
                                               .unavailable = "needs a moon" };
    AUTO(call_result) struct call_result result = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *activity = activity_of("{}");

    (void)state;
    assert_int_equal(native_check(&row, activity, &err), -CHAOS_E_UNSUPPORTED);
    call(&row, "{}", NULL, &result);
    assert_string_equal(result.message, "'off' cannot run here: needs a moon");
}

static const struct CMUnitTest other_tests[] = {
    cmocka_unit_test(a_call_gets_substituted_arguments_and_defaults),
    cmocka_unit_test(a_call_gets_the_groups_of_secrets_that_it_lists_merged),
    cmocka_unit_test(a_pattern_without_a_value_fails_the_call),
    cmocka_unit_test(an_inverse_has_the_secrets_of_its_action_and_means_what_it_says),
    cmocka_unit_test(a_function_that_fails_without_a_word_is_a_failed_activity),
    cmocka_unit_test(a_function_that_waits_is_cancelled),
    cmocka_unit_test(a_row_that_is_unavailable_says_why_before_and_when_it_is_called),
};

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(argument_cases) + ARRAY_SIZE(other_tests)];

    for (size_t i = 0; i < ARRAY_SIZE(argument_cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = argument_cases[i].claim,
            .test_func = check_argument,
            .initial_state = (void *)(uintptr_t)&argument_cases[i],
        };
    memcpy(tests + ARRAY_SIZE(argument_cases), other_tests, sizeof(other_tests));
    return cmocka_run_group_tests_name("native provider", tests, NULL, NULL);
}
