// SPDX-License-Identifier: Apache-2.0
#include "value/jsonpath.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/json.h"

#define TABLE_MAX ((size_t)1024 * 1024)

static json_t *read_json(const char *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    if (json_parse(text, strlen(text), &value, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    return value;
}

/* The values as JSON text, or NULL with `err` set. */
static char *ask(const char *path_text, const json_t *document, struct chaos_error *err)
{
    AUTO(jsonpath) struct jsonpath *path = NULL;
    AUTO(json) json_t *values = NULL;

    if (jsonpath_parse(path_text, &path, err) < 0)
        return NULL;
    if (jsonpath_match(path, document, &values, err) < 0)
        return NULL;
    return json_text(values, JSON_STYLE_LINE);
}

static const char store[] =
    "{\"store\": {\"book\": [{\"title\": \"A\", \"price\": 8.95}, {\"title\": \"B\", \"price\": 12},"
    " {\"title\": \"C\", \"isbn\": 1, \"price\": 8.99}], \"bike\": {\"price\": 19.95}}}";

struct match_case {
    const char *claim;
    const char *path;
    const char *document;
    const char *values;
};

static const struct match_case match_cases[] = {
    { "a path of '$' is the document", "$", "[1]", "[[1]]" },
    { "names lead into mappings", "$.store.bike.price", store, "[19.95]" },
    { "an unknown name finds nothing", "$.store.car", store, "[]" },
    { "a filter judges the value it stands on", "$.store.book[*][?(@.price < 10)].title", store,
      "[\"A\", \"C\"]" },
    { "a filter without a comparison asks for presence", "$..[?(@.isbn)].title", store, "[\"C\"]" },
    { "descent goes depth first", "$..price", store, "[8.95, 12, 8.99, 19.95]" },
    { "or binds closer than and", "$[?(@.a = 1 or @.b = 1 and @.c = 1)]", "{\"a\": 1, \"c\": 2}",
      "[]" },
    { "not not is nothing", "$[?(not not @.a)]", "{\"a\": null}", "[{\"a\": null}]" },
    { "only numbers have an order", "$[*][?(@ < 2)]", "[1, \"1\", true, null, 1.5]",
      "[1, true, 1.5]" },
    { "true equals 1", "$[*][?(@ = 1)]", "[1, true, 1.0, \"1\"]", "[1, true, 1.0]" },
    { "a path on the right side serves the first left value alone", "$[?(@.a[*] = @.b[*])]",
      "{\"a\": [1, 2], \"b\": [2, 3]}", "[]" },
    { "a path on the right side serves the first left value", "$[?(@.a[*] = @.b[*])].b",
      "{\"a\": [3, 2], \"b\": [2, 3]}", "[[2, 3]]" },
    { "subscripts come in the order they are asked for", "$[2, 0, \"x\", -1]", "[1, 2, 3]",
      "[3, 1, 3]" },
    { "a path as subscript gives the index", "$.list[$.at]", "{\"list\": [5, 6], \"at\": 1}",
      "[6]" },
    { "a path as subscript starts at the value", "$[@[0]]", "[1, 7]", "[7]" },
    { "true as a subscript is 1", "$[@[0]]", "[true, 7]", "[7]" },
    { "a slice has a step", "$[::2]", "[0, 1, 2, 3, 4]", "[0, 2, 4]" },
    { "a negative end counts from the end", "$[1:-1]", "[0, 1, 2, 3]", "[1, 2]" },
    { "a negative step runs to the end, which it never meets", "$[::-1]", "[0, 1, 2]", "[]" },
    { "a slice beyond 64 bits ends with the list", "$[1:99999999999999999999]", "[0, 1, 2]",
      "[1, 2]" },
    { "a huge start with a negative step is skipped to quickly", "$[4000000000000000000:0:-1]",
      "[0, 1, 2]", "[2, 1]" },
    { "length() counts characters, not bytes", "$.length()", "\"h\xc3\xa9\"", "[2]" },
    { "length() of a mapping finds nothing", "$.length()", "{}", "[]" },
    { "a function with arguments it does not know finds nothing", "$.keys(1)", "{}", "[]" },
    { "keys() of a list are its indices", "$.keys()", "[7, 8]", "[[0, 1]]" },
    { "entries() pairs keys and values", "$[entries()]", "{\"a\": 1}", "[[[\"a\", 1]]]" },
    { "charAt() counts from the end too", "$[charAt(-1)]", "\"ab\xc3\xa9\"", "[\"\xc3\xa9\"]" },
    { "charAt() behind the end finds nothing", "$[charAt(3)]", "\"abc\"", "[]" },
    { "substring() clamps", "$.substring(1, 99)", "\"abc\"", "[\"bc\"]" },
    { "substring() of an inverted range is empty", "$.substring(2, 1)", "\"abc\"", "[\"\"]" },
    { "escapes in keys stay as they are written", "$[\"a\\\"b\"]", "{\"a\\\\\\\"b\": 1}", "[1]" },
    { "blanks between tokens mean nothing", "$ . a [ 0 ]", "{\"a\": [1]}", "[1]" },
    { "integers beyond 64 bits compare exactly", "$[*][?(@ > 18446744073709551616)]",
      "[18446744073709551617, 18446744073709551616, 1e30]", "[18446744073709551617, 1e+30]" },
};

static void check_match(void **state)
{
    const struct match_case *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *document = read_json(c->document);
    AUTO(str) char *values = ask(c->path, document, &err);

    assert_string_equal(chaos_error_text(&err), "");
    assert_string_equal(values, c->values);
}

struct refusal_case {
    const char *claim;
    const char *path;
    const char *error;
};

static const struct refusal_case refusal_cases[] = {
    { "an empty path is refused", "", "offset 0: expected '$', found the end" },
    { "a path does not start with a name", "a", "offset 0: expected '$', found 'a'" },
    { "a path does not end with a dot", "$.", "offset 2: expected a name or '*', found the end" },
    { "a keyword is no name", "$.true", "offset 2: expected a name or '*', found 'true'" },
    { "a name in brackets needs quotes", "$[a]", "offset 2: in brackets a name has quotes: \"a\"" },
    { "single quotes are refused", "$['a']", "offset 2: ''' has no meaning outside of a string" },
    { "an index is an integer", "$[1.5]", "offset 2: expected an integer, found '1.5'" },
    { "== is refused", "$[?(@.a == 1)]", "offset 9: expected '$', '@' or a JSON value, found '='" },
    { "brackets are closed", "$[0", "offset 3: expected ',' or ']', found the end" },
    { "an unknown function is refused", "$.size()",
      "offset 2: 'size' is none of the functions charAt, entries, keys, length, substring and "
      "values" },
    { "offsets count characters", "$[\"\xc3\xa9\"]x",
      "offset 6: expected '.', '..', '[' or the end, found 'x'" },
    { "an unfinished string is refused", "$[\"a", "offset 2: a string without closing '\"'" },
    { "a slice does not stand still", "$[::0]", "the step of a slice must not be zero" },
};

static void check_refusal(void **state)
{
    const struct refusal_case *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *document = json_array();
    AUTO(str) char *values = ask(c->path, document, &err);

    assert_null(values);
    assert_int_equal(err.code, CHAOS_E_INVALID);
    assert_string_equal(chaos_error_text(&err), c->error);
}

/* `count` times `text` after `start`. */
static char *repeated(const char *start, const char *text, size_t count)
{
    AUTO(buffer) struct buffer out = { 0 };

    buffer_add_text(&out, start);
    while (count--)
        buffer_add_text(&out, text);
    return buffer_take(&out);
}

static void nesting_without_end_is_a_limit_and_not_a_crash(void **state)
{
    static const char *const openings[] = { "[?(", "[@", "[?(not (", "[?([", "[?({\"a\":", "[$[" };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(openings); i++) {
        AUTO(str) char *text = repeated("$", openings[i], 100000);
        AUTO(chaos_error) struct chaos_error err = { 0 };
        struct jsonpath *path;

        assert_true(jsonpath_parse(text, &path, &err) < 0);
    }
}

/* `depth` lists, one within the other. */
static json_t *nested_lists(size_t depth)
{
    json_t *document = json_array();

    while (depth--) {
        json_t *outer = json_array();

        json_array_append_new(outer, document);
        document = outer;
    }
    return document;
}

static void a_path_that_explodes_is_a_limit(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *document = nested_lists(60);
    AUTO(str) char *path = repeated("$", "[*, *, *, *]", 30);
    AUTO(str) char *values = NULL;

    (void)state;
    values = ask(path, document, &err);
    assert_null(values);
    assert_int_equal(err.code, CHAOS_E_LIMIT);
}

static void a_document_of_the_greatest_depth_is_descended(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *document = nested_lists(JSON_DEPTH_MAX);
    AUTO(jsonpath) struct jsonpath *path = NULL;
    AUTO(json) json_t *values = NULL;

    (void)state;
    assert_int_equal(jsonpath_parse("$..[?(@..*)]", &path, &err), 0);
    assert_int_equal(jsonpath_match(path, document, &values, &err), 0);
    assert_int_equal(json_array_size(values), JSON_DEPTH_MAX);
}

static void a_document_that_is_deeper_is_a_limit_and_not_a_crash(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *document = nested_lists(3000);
    AUTO(str) char *values = ask("$..x", document, &err);

    (void)state;
    assert_null(values);
    assert_int_equal(err.code, CHAOS_E_LIMIT);
}

static void the_document_outlives_what_was_found_in_it(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *document = read_json("{\"a\": [1]}");
    AUTO(jsonpath) struct jsonpath *path = NULL;
    AUTO(json) json_t *values = NULL;

    (void)state;
    assert_int_equal(jsonpath_parse("$.a", &path, &err), 0);
    assert_int_equal(jsonpath_match(path, document, &values, &err), 0);
    assert_ptr_equal(json_array_get(values, 0), json_object_get(document, "a"));
}

static void check_recorded(void **state)
{
    const json_t *row = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str)
    char *values = ask(json_string_value(json_array_get(row, 0)), json_array_get(row, 1), &err);
    AUTO(str) char *expected = json_text(json_array_get(row, 2), JSON_STYLE_LINE);

    if (json_is_null(json_array_get(row, 2)))
        assert_null(values);
    else
        assert_string_equal(values ? values : chaos_error_text(&err), expected);
}

/* What jsonpath2 0.4 answered (tests/support/match_compare.py record). */
static json_t *recorded_cases(void)
{
    const char *source = getenv("FRACAS_SOURCE_DIR");
    AUTO(str) char *path = mem_printf("%s/tests/unit/jsonpath_cases.json", source ? source : ".");
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer text = { 0 };

    if (file_read(path, &text, TABLE_MAX, &err) < 0) {
        fprintf(stderr, "%s\n", chaos_error_text(&err));
        exit(1);
    }
    return read_json(buffer_text(&text));
}

int main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(nesting_without_end_is_a_limit_and_not_a_crash),
        cmocka_unit_test(a_path_that_explodes_is_a_limit),
        cmocka_unit_test(a_document_of_the_greatest_depth_is_descended),
        cmocka_unit_test(a_document_that_is_deeper_is_a_limit_and_not_a_crash),
        cmocka_unit_test(the_document_outlives_what_was_found_in_it),
    };
    AUTO(json) json_t *recorded = recorded_cases();
    size_t total = json_array_size(recorded) + ARRAY_SIZE(match_cases) + ARRAY_SIZE(refusal_cases) +
                   ARRAY_SIZE(plain);
    AUTO(mem) struct CMUnitTest *tests = mem_zero(total, sizeof(*tests));
    struct CMUnitTest *next = tests;

    for (size_t i = 0; i < ARRAY_SIZE(match_cases); i++)
        *next++ = (struct CMUnitTest){ .name = match_cases[i].claim,
                                       .test_func = check_match,
                                       .initial_state = (void *)(uintptr_t)&match_cases[i] };
    for (size_t i = 0; i < ARRAY_SIZE(refusal_cases); i++)
        *next++ = (struct CMUnitTest){ .name = refusal_cases[i].claim,
                                       .test_func = check_refusal,
                                       .initial_state = (void *)(uintptr_t)&refusal_cases[i] };
    for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
        *next++ = plain[i];
    for (size_t i = 0; i < json_array_size(recorded); i++) {
        json_t *row = json_array_get(recorded, i);

        *next++ = (struct CMUnitTest){ .name = json_string_value(json_array_get(row, 0)),
                                       .test_func = check_recorded,
                                       .initial_state = row };
    }
    return _cmocka_run_group_tests("JSON path", tests, total, NULL, NULL);
}
