// SPDX-License-Identifier: Apache-2.0
#include "value/substitute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "value/json.h"

static const char configuration_text[] =
    "{\"n\": 3, \"_u\": \"u\", \"N\": \"upper\", \"a-b\": \"dash\", \"none\": null, "
    "\"list\": [1, {\"a\": \"${n}\"}], \"empty\": \"\"}";
static const char secrets_text[] =
    "{\"one\": {\"key\": \"s3cr3t\", \"n\": \"hidden\"}, \"two\": {\"key\": \"later\", \"r\": "
    "1e16}}";

struct substitute_case {
    const char *claim;
    const char *data;
    const char *expected;
};

static const struct substitute_case cases[] = {
    { "a braced pattern alone keeps the type", "\"${n}\"", "3" },
    { "a named pattern alone becomes text", "\"$n\"", "\"3\"" },
    { "null is a value", "\"${none}\"", "null" },
    { "null within text is None", "\"a ${none}\"", "\"a None\"" },
    { "a list keeps its type and is not searched again", "\"${list}\"", "[1, {\"a\": \"${n}\"}]" },
    { "a list within text is shown as Python shows it", "\"$list\"", "\"[1, {'a': '${n}'}]\"" },
    { "a real within text is shown as Python shows it", "\"=${r}\"", "\"=1e+16\"" },
    { "configuration wins over secrets", "\"${n}\"", "3" },
    { "the first group of secrets wins", "\"${key}\"", "\"s3cr3t\"" },
    { "unknown names stay", "\"a ${ghost} $ghost ${n}\"", "\"a ${ghost} $ghost 3\"" },
    { "an unknown pattern alone stays", "\"${ghost}\"", "\"${ghost}\"" },
    { "two dollars are one", "\"$$ $$n $${n}\"", "\"$ $n ${n}\"" },
    { "two dollars alone are one", "\"$$\"", "\"$\"" },
    { "a stray dollar stays", "\"$5 and 5$\"", "\"$5 and 5$\"" },
    { "an open brace stays", "\"${n\"", "\"${n\"" },
    { "blanks within braces are no name", "\"${ n }\"", "\"${ n }\"" },
    { "a dash is no part of a name", "\"${a-b} $n-b\"", "\"${a-b} 3-b\"" },
    { "names may start with an underscore", "\"${_u}$_u\"", "\"uu\"" },
    { "upper case is another name", "\"${N}\"", "\"upper\"" },
    { "a name ends where it must", "\"$nx ${n}x\"", "\"$nx 3x\"" },
    { "adjacent patterns are text", "\"${n}${n}\"", "\"33\"" },
    { "keys are left alone", "{\"${n}\": [\"${n}\", {\"a\": \"$n\"}]}",
      "{\"${n}\": [3, {\"a\": \"3\"}]}" },
    { "other values stay", "[1, null, true, 1.5, {}, []]", "[1, null, true, 1.5, {}, []]" },
    { "NUL in text stays", "\"\\u0000$n\\u0000\"", "\"\\u00003\\u0000\"" },
};

static json_t *parse(const char *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    if (json_parse(text, strlen(text), &value, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    return value;
}

static void check(void **state)
{
    const struct substitute_case *c = *state;
    AUTO(json) json_t *data = parse(c->data);
    AUTO(json) json_t *configuration = parse(configuration_text);
    AUTO(json) json_t *secrets = parse(secrets_text);
    AUTO(json) json_t *result = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *text = NULL;

    assert_int_equal(substitute(data, configuration, secrets, &result, &err), 0);
    text = json_text(result, JSON_STYLE_LINE);
    assert_string_equal(text, c->expected);
}

static void without_values_everything_but_two_dollars_stays(void **state)
{
    AUTO(json) json_t *data = parse("[\"${n}\", \"$$\"]");
    AUTO(json) json_t *result = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *text = NULL;

    (void)state;
    assert_int_equal(substitute(data, NULL, json_null(), &result, &err), 0);
    text = json_text(result, JSON_STYLE_LINE);
    assert_string_equal(text, "[\"${n}\", \"$\"]");
}

static void a_group_of_secrets_must_be_a_mapping(void **state)
{
    AUTO(json) json_t *data = parse("\"${n}\"");
    AUTO(json) json_t *secrets = parse("{\"one\": [1]}");
    AUTO(json) json_t *result = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    assert_int_equal(substitute(data, NULL, secrets, &result, &err), -CHAOS_E_INVALID);
    assert_string_equal(chaos_error_text(&err),
                        "secrets: 'one' must be a mapping of names to values, not list");
    assert_null(result);
}

static void a_change_of_the_result_does_not_reach_the_configuration(void **state)
{
    AUTO(json) json_t *data = parse("\"${list}\"");
    AUTO(json) json_t *configuration = parse(configuration_text);
    AUTO(json) json_t *result = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    assert_int_equal(substitute(data, configuration, NULL, &result, &err), 0);
    json_array_clear(result);
    assert_int_equal(json_array_size(json_object_get(configuration, "list")), 2);
}

static void what_is_escaped_is_substituted_to_itself(void **state)
{
    AUTO(json) json_t *configuration = parse(configuration_text);
    AUTO(json)
    json_t *data =
        parse("{\"a\": \"${n}\", \"b\": [\"$n $$ $\", 3, null, {\"c\": \"$$n\"}], \"$n\": \"\"}");
    AUTO(json) json_t *escaped = substitute_escape(data);
    AUTO(json) json_t *value = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    assert_false(json_equal(escaped, data));
    assert_int_equal(substitute(escaped, configuration, NULL, &value, &err), 0);
    assert_true(json_equal(value, data));
}

int main(void)
{
    static const struct CMUnitTest more[] = {
        cmocka_unit_test(without_values_everything_but_two_dollars_stays),
        cmocka_unit_test(a_group_of_secrets_must_be_a_mapping),
        cmocka_unit_test(a_change_of_the_result_does_not_reach_the_configuration),
        cmocka_unit_test(what_is_escaped_is_substituted_to_itself),
    };
    struct CMUnitTest tests[ARRAY_SIZE(cases) + ARRAY_SIZE(more)];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = cases[i].claim,
            .test_func = check,
            .initial_state = (void *)(uintptr_t)&cases[i],
        };
    memcpy(&tests[ARRAY_SIZE(cases)], more, sizeof(more));
    return cmocka_run_group_tests_name("substitution", tests, NULL, NULL);
}
