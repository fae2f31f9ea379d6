/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the client that need no server: config files, retries, validation, JMESPath. */
#include "aws/ini.h"
#include "aws/jmespath.h"
#include "aws/retry.h"
#include "aws/validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"

static int open_toys(void **state)
{
    const char *folder = getenv("FRACAS_BUILD_DIR");
    AUTO(str) char *path = mem_printf("%s/tests/support/aws-toy.bin", folder ? folder : ".");
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_models *models;

    if (aws_models_open(path, &models, &err) < 0)
        return -1;
    *state = models;
    return 0;
}

static int close_toys(void **state)
{
    aws_models_free(*state);
    return 0;
}

static struct aws_operation echo_of(struct aws_models *models)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_service service;
    struct aws_operation operation;

    assert_int_equal(aws_service_find(models, "toy-json", &service, &err), 0);
    assert_int_equal(aws_operation_find(&service, "Echo", &operation, &err), 0);
    return operation;
}

static void a_config_file_becomes_sections(void **state)
{
    static const char text[] = "# comment\n[default]\nRegion = eu-west-1\n"
                               "[profile \"two words\"]\ns3 =\n  addressing_style = path\n"
                               "role_arn=arn:aws:iam::1:role/x\n";
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *sections = NULL;
    const json_t *profile;

    (void)state;
    assert_int_equal(ini_parse(text, strlen(text), &sections, &err), 0);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(sections, "default"), "region")),
        "eu-west-1");
    profile = json_object_get(sections, "profile two words");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(profile, "s3"), "addressing_style")),
        "path");
    assert_string_equal(json_string_value(json_object_get(profile, "role_arn")),
                        "arn:aws:iam::1:role/x");
}

static void a_broken_config_line_is_named_without_its_text(void **state)
{
    static const char text[] = "[default]\naws_secret_access_key canary\n";
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *sections;

    (void)state;
    assert_int_equal(ini_parse(text, strlen(text), &sections, &err), -CHAOS_E_INVALID);
    assert_string_equal(err.message, "line 2: expected 'key = value'");
}

struct validation_case {
    const char *params;
    const char *report; /* NULL: fits */
};

static void parameters_that_do_not_fit_are_reported_in_botocores_words(void **state)
{
    static const struct validation_case cases[] = {
        { "{\"Name\": \"x\"}", NULL },
        { "{}", "Missing required parameter in input: \"Name\"" },
        { "{\"Name\": 1}", "Invalid type for parameter Name, value: 1, type: <class 'int'>, valid "
                           "types: <class 'str'>" },
        { "{\"Name\": \"x\", \"Short\": \"\"}",
          "Invalid length for parameter Short, value: 0, valid min length: 1" },
        { "{\"Name\": \"x\", \"Count\": -1}",
          "Invalid value for parameter Count, value: -1, valid min value: 0" },
        { "{\"Name\": \"x\", \"Tree\": {\"Children\": [{\"Nam\": \"y\"}]}}",
          "Unknown parameter in Tree.Children[0]: \"Nam\", must be one of: Name, Children" },
        { "{\"Name\": \"x\", \"Bytes\": \"*\"}",
          "Invalid value for parameter Bytes: bytes are given in base64" },
        { "{\"Name\": \"x\", \"When\": \"soon\"}",
          "Invalid type for parameter When, value: soon, type: <class 'str'>, valid types: <class "
          "'datetime.datetime'>, timestamp-string" },
    };
    struct aws_operation operation = echo_of(*state);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(json) json_t *params = json_loads(cases[i].params, 0, NULL);
        AUTO(str) char *report = aws_validate(&operation, params);

        if (cases[i].report)
            assert_string_equal(report, cases[i].report);
        else
            assert_null(report);
    }
}

static void only_passing_errors_are_tried_again(void **state)
{
    static const struct {
        int status;
        const char *code;
        enum retry_reason reason;
    } cases[] = {
        { 200, "", RETRY_NO },
        { 400, "Throttling", RETRY_ERROR },
        { 400, "SlowDown", RETRY_ERROR },
        { 403, "AccessDenied", RETRY_NO },
        { 404, "ToyNotFound", RETRY_NO },
        { 500, "InternalFailure", RETRY_ERROR },
        { 501, "NotImplemented", RETRY_NO },
        { 503, "", RETRY_ERROR },
    };
    struct aws_operation operation = echo_of(*state);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(json) json_t *value = json_pack("{s:{s:s}}", "Error", "Code", cases[i].code);

        assert_int_equal(retry_of_answer(&operation, cases[i].status, value), cases[i].reason);
    }
}

static void the_quota_ends_retries_and_successes_refill_it(void **state)
{
    struct retry_quota quota = { 12 };
    int cost = 0;

    (void)state;
    assert_true(retry_take(&quota, RETRY_TIMEOUT, &cost));
    assert_int_equal(cost, 10);
    assert_false(retry_take(&quota, RETRY_ERROR, &cost));
    retry_give(&quota, cost);
    assert_true(retry_take(&quota, RETRY_ERROR, &cost));
    retry_give(&quota, 1000);
    assert_int_equal(quota.available, RETRY_QUOTA_MAX);
}

static void pauses_double_up_to_twenty_seconds(void **state)
{
    static const int seconds[] = { 1, 2, 4, 8, 16, 20, 20 };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(seconds); i++)
        assert_int_equal(retry_delay((int)i + 1, 1.0), seconds[i] * CLOCK_NS_PER_S);
    assert_int_equal(retry_delay(3, 0.0), 0);
}

static void a_broken_jmespath_names_its_offset(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        { "a.", "JMESPath 'a.', offset 2: expected a name" },
        { "a[", "JMESPath 'a[', offset 2: expected ']' or ':'" },
        { "a b", "JMESPath 'a b', offset 2: expected the end or an operator" },
        { "'x", "JMESPath ''x', offset 2: expected a closing quote" },
        { "(a", "JMESPath '(a', offset 2: expected ')'" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        struct jmespath *path;

        assert_int_equal(jmespath_parse(cases[i].text, &path, &err), -CHAOS_E_INVALID);
        assert_string_equal(err.message, cases[i].message);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_config_file_becomes_sections),
        cmocka_unit_test(a_broken_config_line_is_named_without_its_text),
        cmocka_unit_test(parameters_that_do_not_fit_are_reported_in_botocores_words),
        cmocka_unit_test(only_passing_errors_are_tried_again),
        cmocka_unit_test(the_quota_ends_retries_and_successes_refill_it),
        cmocka_unit_test(pauses_double_up_to_twenty_seconds),
        cmocka_unit_test(a_broken_jmespath_names_its_offset),
    };

    return cmocka_run_group_tests_name("aws client", tests, open_toys, close_toys);
}
