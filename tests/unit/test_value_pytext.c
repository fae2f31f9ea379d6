// SPDX-License-Identifier: Apache-2.0
#include "value/pytext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "value/json.h"
#include "value/yaml.h"

static json_t *parse(const char *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    if (yaml_parse(text, strlen(text), &value, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    return value;
}

/* YAML, and Python's repr() and str() of it. */
struct text_case {
    const char *claim;
    const char *yaml;
    const char *repr;
    const char *str;
};

static const struct text_case texts[] = {
    { "text stands alone, and in quotes within", "it", "'it'", "it" },
    { "an apostrophe makes double quotes", "it's", "\"it's\"", "it's" },
    { "both quotes make an escape", "'it''s \"it\"'", "'it\\'s \"it\"'", "it's \"it\"" },
    { "controls are escaped", "\"\\t\\n\\r\\0\\x7f\\\\\"", "'\\t\\n\\r\\x00\\x7f\\\\'", "\t\n\r" },
    { "printable characters stay", "\"\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x9a\x80\"",
      "'\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x9a\x80'", "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x9a\x80" },
    { "characters that do not print are escaped", "\"\\xa0\\u200b\\U000e0001\"",
      "'\\xa0\\u200b\\U000e0001'", "\xc2\xa0\xe2\x80\x8b\xf3\xa0\x80\x81" },
    { "words are Python's", "[true, false, null]", "[True, False, None]", "[True, False, None]" },
    { "reals are Python's", "[1.0, 1.0e+16, .inf, -.inf, .nan]", "[1.0, 1e+16, inf, -inf, nan]",
      "[1.0, 1e+16, inf, -inf, nan]" },
    { "mappings show their members", "{a: {b: [1, 'x']}, c: {}}", "{'a': {'b': [1, 'x']}, 'c': {}}",
      "{'a': {'b': [1, 'x']}, 'c': {}}" },
    { "bytes have their letter", "!!binary aMOpJw==", "b\"h\\xc3\\xa9'\"", "b\"h\\xc3\\xa9'\"" },
    { "a date is shown as such", "2026-11-22", "datetime.date(2026, 11, 22)", "2026-11-22" },
    { "a moment has a blank in its text", "2026-11-22T12:00:00.5+01:00",
      "datetime.datetime(2026, 11, 22, 12, 0, 0, 500000, "
      "tzinfo=datetime.timezone(datetime.timedelta(seconds=3600)))",
      "2026-11-22 12:00:00.500000+01:00" },
    { "seconds that are nought are not shown", "2026-11-22 12:30:00",
      "datetime.datetime(2026, 11, 22, 12, 30)", "2026-11-22 12:30:00" },
};

static void check_text(void **state)
{
    const struct text_case *c = *state;
    AUTO(json) json_t *value = parse(c->yaml);
    AUTO(buffer) struct buffer shown = { 0 };
    AUTO(str) char *text = pytext_of(value);

    pytext_repr(&shown, value);
    assert_string_equal(buffer_text(&shown), c->repr);
    assert_string_equal(text, c->str);
}

#define NO_ORDER (-9)

struct pair_case {
    const char *claim;
    const char *left;
    const char *right;
    bool equal;
    int order; /* NO_ORDER: refused, with the message */
    const char *message;
};

static const struct pair_case pairs[] = {
    { "an integer equals the real of its value", "1", "1.0", true, 0, NULL },
    { "true counts as one", "true", "1", true, 0, NULL },
    { "an integer is compared exactly", "9007199254740993", "9007199254740992.0", false, 1, NULL },
    { "a large integer is compared exactly", "18446744073709551616", "18446744073709551616.0", true,
      0, NULL },
    { "a large integer exceeds a small one", "18446744073709551616", "-5", false, 1, NULL },
    { "negative integers are ordered by value", "-18446744073709551616", "-18446744073709551617",
      false, 1, NULL },
    { "infinity exceeds every integer", "99999999999999999999999", ".inf", false, -1, NULL },
    { "a fraction decides", "-2", "-2.5", false, 1, NULL },
    { "NaN is unlike itself", ".nan", ".nan", false, 2, NULL },
    { "text is ordered by its characters", "'\xc3\xa9'", "z", false, 1, NULL },
    { "a text is less than one it starts", "ab", "abc", false, -1, NULL },
    { "lists are ordered by the first difference", "[1, 2, 9]", "[1, 3]", false, -1, NULL },
    { "a list is less than one it starts", "[1.0]", "[1, 'x']", false, -1, NULL },
    { "lists are equal item by item", "[1, [true]]", "[1.0, [1]]", true, 0, NULL },
    { "bytes are ordered", "!!binary YQ==", "!!binary Yg==", false, -1, NULL },
    { "dates are ordered", "2021-03-04", "2021-03-05", false, -1, NULL },
    { "moments are compared as instants", "2021-03-04T05:00:00Z", "2021-03-04T06:00:00+01:00", true,
      0, NULL },
    { "mappings are equal in any order", "{a: 1, b: 2}", "{b: 2.0, a: true}", true, NO_ORDER,
      "'<=' not supported between instances of 'dict' and 'dict'" },
    { "a text and a number have no order", "1", "'1'", false, NO_ORDER,
      "'<=' not supported between instances of 'int' and 'str'" },
    { "null and a real have no order", "~", "1.5", false, NO_ORDER,
      "'<=' not supported between instances of 'NoneType' and 'float'" },
    { "items without an order refuse their lists", "[1, a]", "[1, ~]", false, NO_ORDER,
      "'<=' not supported between instances of 'str' and 'NoneType'" },
    { "a moment and a number have no order", "2021-03-04 05:06:07", "true", false, NO_ORDER,
      "'<=' not supported between instances of 'datetime.datetime' and 'bool'" },
    { "a moment without a zone has no order to one with it", "2021-03-04 05:06:07",
      "2021-03-04 05:06:07Z", false, NO_ORDER,
      "can't compare offset-naive and offset-aware datetimes" },
    { "a date and a moment have no order", "2021-03-04", "2021-03-04 00:00:00", false, NO_ORDER,
      "can't compare datetime.datetime to datetime.date" },
};

static void check_pair(void **state)
{
    const struct pair_case *c = *state;
    AUTO(json) json_t *left = parse(c->left);
    AUTO(json) json_t *right = parse(c->right);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    int order = NO_ORDER;
    int code = value_compare(left, right, &order, &err);

    assert_int_equal(value_equal(left, right), c->equal);
    assert_int_equal(value_equal(right, left), c->equal);
    assert_int_equal(order, c->order);
    assert_int_equal(code, c->order == NO_ORDER ? -CHAOS_E_INVALID : 0);
    assert_string_equal(chaos_error_text(&err), c->message ? c->message : "");
}

static void what_is_empty_or_nought_is_false(void **state)
{
    static const char *const empty[] = { "~",  "false", "0",  "0.0",        "-0.0",
                                         "''", "[]",    "{}", "!!binary ''" };
    static const char *const full[] = {
        "true",          "1",         "0.1", "' '", "[0]", "{a: 0}", ".nan", "18446744073709551616",
        "!!binary AA==", "2021-03-04"
    };

    (void)state;
    assert_false(value_is_true(NULL));
    for (size_t i = 0; i < ARRAY_SIZE(empty); i++) {
        AUTO(json) json_t *value = parse(empty[i]);

        assert_false(value_is_true(value));
    }
    for (size_t i = 0; i < ARRAY_SIZE(full); i++) {
        AUTO(json) json_t *value = parse(full[i]);

        assert_true(value_is_true(value));
    }
}

static void types_have_the_names_of_python(void **state)
{
    static const char *const names[][2] = {
        { "a", "str" },
        { "1", "int" },
        { "18446744073709551616", "int" },
        { "1.5", "float" },
        { ".nan", "float" },
        { "yes", "bool" },
        { "~", "NoneType" },
        { "[]", "list" },
        { "{}", "dict" },
        { "!!binary ''", "bytes" },
        { "2021-03-04", "date" },
        { "2021-03-04 05:06:07", "datetime" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        AUTO(json) json_t *value = parse(names[i][0]);

        assert_string_equal(value_type_name(value), names[i][1]);
    }
}

int main(void)
{
    static const struct CMUnitTest more[] = {
        cmocka_unit_test(what_is_empty_or_nought_is_false),
        cmocka_unit_test(types_have_the_names_of_python),
    };
    struct CMUnitTest tests[ARRAY_SIZE(texts) + ARRAY_SIZE(pairs) + ARRAY_SIZE(more)];
    struct CMUnitTest *next = tests;

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        *next++ = (struct CMUnitTest){
            .name = texts[i].claim,
            .test_func = check_text,
            .initial_state = (void *)(uintptr_t)&texts[i],
        };
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        *next++ = (struct CMUnitTest){
            .name = pairs[i].claim,
            .test_func = check_pair,
            .initial_state = (void *)(uintptr_t)&pairs[i],
        };
    memcpy(next, more, sizeof(more));
    return cmocka_run_group_tests_name("values as Python shows them", tests, NULL, NULL);
}
