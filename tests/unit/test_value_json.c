// SPDX-License-Identifier: Apache-2.0
#include "value/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "value/extended.h"

struct json_case {
    const char *claim;
    const char *text;
    const char *expected; /* canonical text, or the error's message after '!' */
};

static const struct json_case cases[] = {
    { "words are values", "[true, false, null]", "[true, false, null]" },
    { "blanks around a value do not count", " \t\r\n1 \n", "1" },
    { "a byte order mark is skipped", "\xef\xbb\xbf{}", "{}" },
    { "the smallest integer of 64 bits stays one", "-9223372036854775808", "-9223372036854775808" },
    { "an integer beyond 64 bits keeps its digits", "[9223372036854775808, -9223372036854775809]",
      "[9223372036854775808, -9223372036854775809]" },
    { "minus nought is an integer", "-0", "0" },
    { "minus nought with a point keeps its sign", "-0.0", "-0.0" },
    { "a number that overflows is infinite", "[1e400, -1e400]", "[Infinity, -Infinity]" },
    { "Python's words for reals are read", "[NaN, Infinity, -Infinity]",
      "[NaN, Infinity, -Infinity]" },
    { "an exponent makes a real", "[1e3, 1E-2, 2e+1]", "[1000.0, 0.01, 20.0]" },
    { "the last of equal names wins in the place of the first", "{\"b\": 1, \"a\": 2, \"b\": 3}",
      "{\"a\": 2, \"b\": 3}" },
    { "escapes are read", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
      "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u00e9\"" },
    { "a pair of surrogates is one character", "\"\\ud83d\\ude80\"", "\"\\ud83d\\ude80\"" },
    { "a lone surrogate is replaced", "\"\\ud83d \\ude80 \\ud83d\\u0041\"",
      "\"\\ufffd \\ufffd \\ufffdA\"" },
    { "NUL is a character like others", "{\"a\\u0000b\": \"\\u0000\"}",
      "{\"a\\u0000b\": \"\\u0000\"}" },
    { "a name may be the start of another", "{\"a\\u0000\": 1, \"a\": 2}",
      "{\"a\": 2, \"a\\u0000\": 1}" },
    { "an empty text is not a value", "",
      "!line 1, column 1: expected a value, found the end of the text" },
    { "a comma before the end of an object is refused", "{\n \"a\": 1,\n}",
      "!line 3, column 1: expected a name in double quotes after ',', found '}'" },
    { "a missing comma is seen where it should be", "{\"a\": 1 \"b\": 2}",
      "!line 1, column 9: expected ',' or '}' after a member, found '\"'" },
    { "a missing colon is named", "{\"a\" 1}",
      "!line 1, column 6: expected ':' after a name, found '1'" },
    { "a name without quotes is refused", "{a: 1}",
      "!line 1, column 2: expected a name in double quotes or '}', found 'a'" },
    { "an open array is named", "[1, 2",
      "!line 1, column 6: expected ',' or ']' after an item, found the end of the text" },
    { "an open text is shown where it starts", "[\"abc",
      "!line 1, column 2: this text has no closing '\"'" },
    { "a column counts characters", "[\"\xc3\xa9\", x]",
      "!line 1, column 7: expected a value, found 'x'" },
    { "a line break in a text is refused", "\"a\nb\"",
      "!line 1, column 3: a control character in a text must be written as an escape" },
    { "an unknown escape is refused", "\"\\x\"",
      "!line 1, column 3: expected one of \"\\/bfnrtu after '\\', found 'x'" },
    { "a cut escape is refused", "\"\\u12\"",
      "!line 1, column 2: expected four hexadecimal digits after '\\u'" },
    { "a leading nought is refused", "012",
      "!line 1, column 2: expected nothing after the value, found '1'" },
    { "a point without digits is refused", "[1.]",
      "!line 1, column 3: expected ',' or ']' after an item, found '.'" },
    { "a lone minus is refused", "-",
      "!line 1, column 2: expected a digit after '-', found the end of the text" },
    { "a second value is refused", "{} []",
      "!line 1, column 4: expected nothing after the value, found '['" },
    { "bytes that are not UTF-8 are refused", "[\"\xff\"]",
      "!line 1, column 3: this is not UTF-8 text" },
    { "a comment is refused", "{} // no",
      "!line 1, column 4: expected nothing after the value, found '/'" },
};

static void check(void **state)
{
    const struct json_case *c = *state;
    AUTO(json) json_t *value = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *text = NULL;

    if (c->expected[0] == '!') {
        assert_int_equal(json_parse(c->text, strlen(c->text), &value, &err), -CHAOS_E_INVALID);
        assert_string_equal(chaos_error_text(&err), c->expected + 1);
        assert_null(value);
        return;
    }
    assert_int_equal(json_parse(c->text, strlen(c->text), &value, &err), 0);
    text = json_text(value, JSON_STYLE_CANONICAL);
    assert_string_equal(text, c->expected);
}

struct real_case {
    uint64_t bits;
    const char *text;
};

static const struct real_case reals[] = {
#include "reals_python.inc"
};

static void reals_are_written_as_python_writes_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(reals); i++) {
        AUTO(buffer) struct buffer out = { 0 };
        double number;

        memcpy(&number, &reals[i].bits, sizeof(number));
        json_write_real(&out, number);
        assert_string_equal(buffer_text(&out), reals[i].text);
    }
}

static void text_of_form(const char *json, enum json_style style, const char *expected)
{
    AUTO(json) json_t *value = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *text = NULL;

    assert_int_equal(json_parse(json, strlen(json), &value, &err), 0);
    text = json_text(value, style);
    assert_string_equal(text, expected);
}

static void indented_text_is_that_of_python(void **state)
{
    (void)state;
    text_of_form("{\"b\":[],\"a\":{},\"c\":[1,{\"d\":\"\xc3\xa9\\u007f\"}]}", JSON_STYLE_INDENT_2,
                 "{\n  \"b\": [],\n  \"a\": {},\n  \"c\": [\n    1,\n    {\n      \"d\": "
                 "\"\xc3\xa9\x7f\"\n    }\n  ]\n}");
    text_of_form("[1]", JSON_STYLE_INDENT_4, "[\n    1\n]");
}

static void text_on_one_line_has_blanks_unless_compact(void **state)
{
    (void)state;
    text_of_form("{\"a\":[1,{}],\"\xc3\xa9\":2}", JSON_STYLE_LINES,
                 "{\n\"a\": [\n1,\n{}\n],\n\"\\u00e9\": 2\n}");
    text_of_form("{\"a\":[1,2]}", JSON_STYLE_LINE, "{\"a\": [1, 2]}");
    text_of_form("{\"a\": [1, 2]}", JSON_STYLE_COMPACT, "{\"a\":[1,2]}");
}

static void bytes_and_dates_are_written_as_text(void **state)
{
    AUTO(json) json_t *value = json_array();
    AUTO(str) char *text = NULL;

    (void)state;
    json_array_append_new(value, extended_bytes("h\xc3\xa9\xff", 4));
    json_array_append_new(value, extended_new(EXTENDED_DATE, "2026-11-22"));
    text = json_text(value, JSON_STYLE_COMPACT);
    assert_string_equal(text, "[\"h\xc3\xa9\xef\xbf\xbd\",\"2026-11-22\"]");
}

static int parse_nested(int depth, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(json) json_t *value = NULL;

    for (int i = 0; i < depth; i++)
        buffer_add_char(&text, '[');
    for (int i = 0; i < depth; i++)
        buffer_add_char(&text, ']');
    return json_parse(text.data, text.length, &value, err);
}

static void nesting_deeper_than_the_limit_is_refused(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    assert_int_equal(parse_nested(JSON_DEPTH_MAX, &err), 0);
    assert_int_equal(parse_nested(JSON_DEPTH_MAX + 1, &err), -CHAOS_E_LIMIT);
    assert_int_equal(err.code, CHAOS_E_LIMIT);
}

static void an_integer_has_4300_digits_at_most(void **state)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(json) json_t *value = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    for (int i = 0; i < 4300; i++)
        buffer_add_char(&text, '9');
    assert_int_equal(json_parse(text.data, text.length, &value, &err), 0);
    assert_int_equal(extended_kind(value), EXTENDED_INTEGER);
    buffer_add_char(&text, '9');
    assert_int_equal(json_parse(text.data, text.length, &value, &err), -CHAOS_E_INVALID);
}

int main(void)
{
    static const struct CMUnitTest more[] = {
        cmocka_unit_test(reals_are_written_as_python_writes_them),
        cmocka_unit_test(indented_text_is_that_of_python),
        cmocka_unit_test(text_on_one_line_has_blanks_unless_compact),
        cmocka_unit_test(bytes_and_dates_are_written_as_text),
        cmocka_unit_test(nesting_deeper_than_the_limit_is_refused),
        cmocka_unit_test(an_integer_has_4300_digits_at_most),
    };
    struct CMUnitTest tests[ARRAY_SIZE(cases) + ARRAY_SIZE(more)];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = cases[i].claim,
            .test_func = check,
            .initial_state = (void *)(uintptr_t)&cases[i],
        };
    memcpy(&tests[ARRAY_SIZE(cases)], more, sizeof(more));
    return cmocka_run_group_tests_name("JSON", tests, NULL, NULL);
}
