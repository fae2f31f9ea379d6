// SPDX-License-Identifier: Apache-2.0
#include "lib/aws_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "lib/aws_names.h"
#include "value/json.h"

#define WORDS_MAX 4

static int open_toys(void **state)
{
    const char *folder = getenv("FRACAS_BUILD_DIR");
    AUTO(str) char *path = mem_printf("%s/tests/support/aws-toy.bin", folder ? folder : ".");
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_models *models;

    if (aws_models_open(path, &models, &err) < 0) {
        print_error("%s\n", chaos_error_text(&err));
        return -1;
    }
    *state = models;
    return 0;
}

static int close_toys(void **state)
{
    aws_models_free(*state);
    return 0;
}

static struct aws_operation find(const struct aws_models *models, const char *name)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_operation operation = { 0 };
    struct aws_service service;

    assert_int_equal(aws_service_find(models, "toy-ec2", &service, &err), 0);
    assert_int_equal(aws_name_operation(&service, name, &operation, &err), 0);
    return operation;
}

static const struct {
    const char *parameter;
    const char *words[WORDS_MAX];
    const char *result; /* JSON, or an error in angle brackets */
} cases[] = {
    { "name", { "x" }, "\"x\"" },
    { "name", { "" }, "\"\"" },
    { "name", { "{\"a\": 1}" }, "\"{\\\"a\\\": 1}\"" },
    { "name", { "a", "b" }, "<takes one value (string), 2 given>" },
    { "name", { NULL }, "<takes one value (string), 0 given>" },
    { "name", { "\xff" }, "<the text is not UTF-8>" },
    { "count", { "-7" }, "-7" },
    { "count", { "7x" }, "<'7x' is not an integer>" },
    { "count", { "" }, "<'' is not an integer>" },
    { "big", { "9007199254740993" }, "9007199254740993" },
    { "ratio", { "0.5" }, "0.5" },
    { "switch", { NULL }, "true" },
    { "switch", { "true" }, "true" },
    { "switch", { "false" }, "false" },
    { "switch", { "yes" }, "<'yes' is neither true nor false>" },
    { "when", { "2026-11-22" }, "\"2026-11-22\"" },
    { "bytes", { "AAE=" }, "\"AAE=\"" },
    { "texts", { "a", "b" }, "[\"a\", \"b\"]" },
    { "texts", { "a,b" }, "[\"a,b\"]" },
    { "texts", { NULL }, "[]" },
    { "texts", { "[\"a\", \"b\"]" }, "[\"a\", \"b\"]" },
    { "texts", { "[1", "2]" }, "[\"[1\", \"2]\"]" },
    { "counts", { "a=1,b=2" }, "{\"a\": 1, \"b\": 2}" },
    { "counts", { "{\"a\": 1}" }, "{\"a\": 1}" },
    { "counts", { "a=1,b=x" }, "<b: 'x' is not an integer>" },
    { "counts", { "a" }, "<'a' is neither key=value nor JSON>" },
    { "tree", { "Name=a=b" }, "{\"Name\": \"a=b\"}" },
    { "tree", { " {\"Name\": \"a\"}" }, "{\"Name\": \"a\"}" },
    { "tree",
      { "Name=a,Children={\"Name\": \"b\"}" },
      "{\"Name\": \"a\", \"Children\": [{\"Name\": \"b\"}]}" },
    { "tree",
      { "Nmae=a" },
      "<'Nmae=a' is neither JSON nor Name=value with one of the names Name, "
      "Children>" },
    { "tree", { "Name=a,b" }, "<Name: takes one value (string), 2 given>" },
    { "tree", { "" }, "<'' is neither JSON nor Name=value with one of the names Name, Children>" },
    { "choice", { "Left=x,Right=3" }, "{\"Left\": \"x\", \"Right\": 3}" },
};

static void words_become_what_the_model_wants(void **state)
{
    struct aws_operation echo = find(*state, "echo");

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        AUTO(json) json_t *value = NULL;
        AUTO(str) char *text = NULL;
        struct aws_member member;
        size_t count = 0;

        while (cases[i].words[count])
            count++;
        assert_int_equal(aws_name_parameter(&echo, cases[i].parameter, &member, &err), 0);
        if (aws_words_parse(&member, cases[i].words, count, &value, &err) == 0)
            text = json_text(value, JSON_STYLE_LINE);
        else
            text = mem_printf("<%s>", chaos_error_text(&err));
        if (!str_equal(text, cases[i].result))
            fail_msg("%s %s: %s, not %s", cases[i].parameter,
                     cases[i].words[0] ? cases[i].words[0] : "", text, cases[i].result);
    }
}

static void a_file_stands_for_its_content(void **state)
{
    struct aws_operation echo = find(*state, "echo");
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *text = NULL;
    AUTO(json) json_t *bytes = NULL;
    char path[] = "/tmp/fracas-aws-words-XXXXXX";
    int fd = mkstemp(path);
    AUTO(str) char *as_text = mem_printf("file://%s", path);
    AUTO(str) char *as_bytes = mem_printf("fileb://%s", path);
    struct aws_member member;

    assert_int_equal(write(fd, "hi\n", 3), 3);
    close(fd);
    assert_int_equal(aws_name_parameter(&echo, "Name", &member, &err), 0);
    assert_int_equal(aws_words_parse(&member, (const char *[]){ as_text }, 1, &text, &err), 0);
    assert_string_equal(json_string_value(text), "hi\n");
    assert_int_equal(aws_name_parameter(&echo, "Bytes", &member, &err), 0);
    assert_int_equal(aws_words_parse(&member, (const char *[]){ as_bytes }, 1, &bytes, &err), 0);
    assert_string_equal(json_string_value(bytes), "aGkK");
    unlink(path);
}

static void a_body_that_is_streamed_is_the_path_of_a_file(void **state)
{
    static const struct {
        const char *word;
        const char *result;
    } bodies[] = {
        { "/dev/null", "{\"file\": \"/dev/null\"}" },
        { "file:///dev/null", "{\"file\": \"/dev/null\"}" },
        { "fileb:///dev/null", "{\"file\": \"/dev/null\"}" },
        { "-", "{\"file\": \"/dev/stdin\"}" },
    };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_operation store;
    struct aws_service service;
    struct aws_member member;
    json_t *ignored = NULL;

    assert_int_equal(aws_service_find(*state, "toy-rest-xml", &service, &err), 0);
    assert_int_equal(aws_name_operation(&service, "store", &store, &err), 0);
    assert_int_equal(aws_name_parameter(&store, "body", &member, &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
        AUTO(json) json_t *value = NULL;
        AUTO(str) char *text = NULL;

        assert_int_equal(aws_words_parse(&member, &bodies[i].word, 1, &value, &err), 0);
        text = json_text(value, JSON_STYLE_LINE);
        assert_string_equal(text, bodies[i].result);
    }
    assert_true(aws_words_parse(&member, (const char *[]){ "/no/such" }, 1, &ignored, &err) < 0);
    assert_non_null(strstr(chaos_error_text(&err), "cannot open '/no/such'"));
}

static const struct {
    const char *name;
    const char *dashed;
} names[] = {
    { "DescribeInstances", "describe-instances" },
    { "DescribeDBInstances", "describe-db-instances" },
    { "ListMFADevices", "list-mfa-devices" },
    { "ListHITs", "list-hits" },
    { "SSEKMSKeyId", "ssekms-key-id" },
    { "EC2InstanceId", "ec2-instance-id" },
    { "ListObjectsV2", "list-objects-v2" },
    { "MD5OfBody", "md5-of-body" },
    { "instanceId", "instance-id" },
    { "snake_case", "snake-case" },
    { "A", "a" },
    { "", "" },
};

static void names_get_dashes_where_the_aws_cli_puts_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        AUTO(str) char *dashed = aws_name_dashed(names[i].name);

        assert_string_equal(dashed, names[i].dashed);
        assert_true(aws_name_matches(dashed, names[i].name));
    }
}

static void every_spelling_of_a_name_is_understood(void **state)
{
    assert_string_equal(find(*state, "list-toys").name, "ListToys");
    assert_string_equal(find(*state, "list_toys").name, "ListToys");
    assert_string_equal(find(*state, "ListToys").name, "ListToys");
    assert_false(aws_name_matches("list-toy", "ListToys"));
    assert_false(aws_name_matches("list-toyss", "ListToys"));
}

static void a_name_that_is_not_there_is_answered_with_the_closest(void **state)
{
    AUTO(chaos_error) struct chaos_error operation_err = { 0 };
    AUTO(chaos_error) struct chaos_error waiter_err = { 0 };
    struct aws_operation operation = find(*state, "list-toys");
    const char *waiter;

    assert_int_equal(
        aws_name_operation(&operation.service, "list-tois", &operation, &operation_err),
        -CHAOS_E_NOT_FOUND);
    assert_string_equal(chaos_error_text(&operation_err),
                        "AWS service 'toy-ec2' has no operation 'list-tois'; did you mean "
                        "'list-toys'?");
    assert_int_equal(aws_name_waiter(&operation.service, "nothing", &waiter, &waiter_err),
                     -CHAOS_E_NOT_FOUND);
    assert_string_equal(chaos_error_text(&waiter_err),
                        "AWS service 'toy-ec2' has no waiter 'nothing'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_become_what_the_model_wants),
        cmocka_unit_test(a_file_stands_for_its_content),
        cmocka_unit_test(a_body_that_is_streamed_is_the_path_of_a_file),
        cmocka_unit_test(names_get_dashes_where_the_aws_cli_puts_them),
        cmocka_unit_test(every_spelling_of_a_name_is_understood),
        cmocka_unit_test(a_name_that_is_not_there_is_answered_with_the_closest),
    };

    return cmocka_run_group_tests(tests, open_toys, close_toys);
}
