// SPDX-License-Identifier: Apache-2.0
#include "value/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "value/json.h"
#include "value/pytext.h"

/* What PyYAML 6 makes of it, as Python shows it; or our error's message after '!'. */
struct yaml_case {
    const char *claim;
    const char *text;
    const char *expected;
};

static const struct yaml_case reads[] = {
    { "an empty text is null", "", "None" },
    { "a comment alone is null", "# nothing\n", "None" },
    { "a byte order mark is no part of the document",
      "\xef\xbb\xbf"
      "a: 1\n",
      "{'a': 1}" },
    { "yes and no are booleans", "[yes, No, ON, off, TRUE]", "[True, False, True, False, True]" },
    { "y and n and odd cases are text", "[y, N, yEs, oN]", "['y', 'N', 'yEs', 'oN']" },
    { "a leading nought makes an octal", "[010, 0o10, 08, 0_7]", "[8, '0o10', '08', 7]" },
    { "hexadecimal and binary take underscores", "[0x_1F, 0b1_01, -0x10]", "[31, 5, -16]" },
    { "colons count in sixties", "[1:30, 190:20:30, 190:20:30.15, 0:30]",
      "[90, 685230, 685230.15, '0:30']" },
    { "an exponent needs a point and a sign", "[1e3, 1.5e3, 1.5e+3, 1.e-1]",
      "['1e3', '1.5e3', 1500.0, 0.1]" },
    { "a fraction may lack its nought unless it has a sign", "[.5, -.5, 5.]", "[0.5, '-.5', 5.0]" },
    { "infinity and NaN have their words", "[.inf, -.Inf, .NaN, .iNF]",
      "[inf, -inf, nan, '.iNF']" },
    { "an integer may have any size", "[9223372036854775808, 0xffffffffffffffffff]",
      "[9223372036854775808, 4722366482869645213695]" },
    { "quoted scalars are text", "['1', \"yes\", '~']", "['1', 'yes', '~']" },
    { "block texts are text", "a: |\n  1\nb: >-\n  2\n", "{'a': '1\\n', 'b': '2'}" },
    { "a date is a date", "2021-03-04", "datetime.date(2021, 3, 4)" },
    { "a zone of Z is UTC", "2021-03-04T05:06:07Z",
      "datetime.datetime(2021, 3, 4, 5, 6, 7, tzinfo=datetime.timezone.utc)" },
    { "a moment may have no zone and a fraction", "2021-3-4 05:06:07.25",
      "datetime.datetime(2021, 3, 4, 5, 6, 7, 250000)" },
    { "a zone west of UTC is kept", "2021-03-04 5:06:07 -1:30",
      "datetime.datetime(2021, 3, 4, 5, 6, 7, "
      "tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=81000)))" },
    { "a day that no month has is refused", "a: 2021-02-30",
      "!line 1, column 4: '2021-02-30' is not a date and time that exists (quote it when it is "
      "meant as text)" },
    { "keys become text as JSON writes them", "{1: a, true: b, ~: c, 2.50: d, 2021-03-04: e}",
      "{'1': 'a', 'true': 'b', 'null': 'c', '2.5': 'd', '2021-03-04': 'e'}" },
    { "an alias is the value of its anchor", "a: &x [1]\nb: *x\n", "{'a': [1], 'b': [1]}" },
    { "merged members come first and own ones win", "{b: 1, <<: {b: 2, a: 3}}",
      "{'b': 1, 'a': 3}" },
    { "of merged mappings the first wins", "<<: [{a: 1}, {a: 2, b: 3}]", "{'a': 1, 'b': 3}" },
    { "merging what is no mapping is refused", "<<: 1",
      "!line 1, column 5: '<<' merges a mapping or a list of mappings, not a scalar" },
    { "a plain << as a value is refused", "[<<]",
      "!line 1, column 2: '<<' merges mappings: it must be a key (or be quoted)" },
    { "a plain = as a key is text", "{=: 1}", "{'=': 1}" },
    { "tags force a type", "[!!str 1, !!float 3, !!int '0x1f', !!null x, !!bool 'ON']",
      "['1', 3.0, 31, None, True]" },
    { "binary data is bytes", "!!binary aMOp", "b'h\\xc3\\xa9'" },
    { "binary data that is cut is refused", "!!binary aM",
      "!line 1, column 1: base64 data ends within a group of four" },
    { "pairs are lists of two", "!!omap [a: 1, 2: b]", "[['a', 1], [2, 'b']]" },
    { "a set is the list of its items", "!!set {a, b}", "['a', 'b']" },
    { "the tag of something else is refused", "a: !thing 1",
      "!line 1, column 4: the tag '!thing' is not known" },
    { "a tag that does not fit is refused", "!!int [1]",
      "!line 1, column 1: the tag 'tag:yaml.org,2002:int' does not go with a sequence" },
    { "a forced type is checked", "- !!int abc",
      "!line 1, column 3: 'abc' is not an integer (of 4300 digits at most)" },
    { "an alias needs an anchor", "[*x]", "!line 1, column 2: alias '*x' has no anchor before it" },
    { "an anchor may not hold itself", "&x [*x]",
      "!line 1, column 5: alias '*x' stands within what it names" },
    { "an anchor is set once", "[&x 1, &x 2]",
      "!line 1, column 8: anchor '&x' is there for the second time" },
    { "a container cannot be a key", "{[1]: 2}", "!line 1, column 2: a sequence cannot be a key" },
    { "a second document is refused", "a\n---\nb\n",
      "!line 2, column 1: expected a single document, found another one" },
    { "a tab for indentation is refused with its place", "a:\n\tb: 1\n",
      "!line 2, column 1: found character that cannot start any token, while scanning for the next "
      "token" },
    { "a mapping with an odd indentation is refused", "a: 1\n  b: 2\n",
      "!line 2, column 4: mapping values are not allowed in this context" },
    { "an open list is refused with where it started", "a: [1,\nb: 2\n",
      "!line 3, column 1: did not find expected ',' or ']', while parsing a flow sequence that "
      "starts in line 1" },
    { "bytes that are not UTF-8 are refused", "a: \xff",
      "!line 1, column 4: invalid leading UTF-8 octet (#xFF)" },
    { "control characters are refused", "a: \x01",
      "!line 1, column 4: control characters are not allowed (#x01)" },
};

static void check_read(void **state)
{
    const struct yaml_case *c = *state;
    AUTO(json) json_t *value = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer shown = { 0 };

    if (c->expected[0] == '!') {
        assert_int_equal(yaml_parse(c->text, strlen(c->text), &value, &err), -CHAOS_E_INVALID);
        assert_string_equal(chaos_error_text(&err), c->expected + 1);
        assert_null(value);
        return;
    }
    if (yaml_parse(c->text, strlen(c->text), &value, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    pytext_repr(&shown, value);
    assert_string_equal(buffer_text(&shown), c->expected);
}

/* JSON, and what PyYAML 6 dumps it to (indent=2). */
static const struct yaml_case writes[] = {
    { "a plain root ends with a mark", "\"text\"", "text\n...\n" },
    { "a quoted root needs no mark", "\"1\"", "'1'\n" },
    { "a list in a mapping is not indented", "{\"a\": [1, {\"b\": 2, \"c\": 3}]}",
      "a:\n- 1\n- b: 2\n  c: 3\n" },
    { "a list in a list is indented", "[[1, 2], []]", "- - 1\n  - 2\n- []\n" },
    { "empty containers stay on the line", "{\"a\": {}, \"b\": []}", "a: {}\nb: []\n" },
    { "scalars have their words", "[null, true, 1.0, 1e16, Infinity, NaN]",
      "- null\n- true\n- 1.0\n- 1.0e+16\n- .inf\n- .nan\n" },
    { "text that reads as something else is quoted",
      "[\"1\", \"yes\", \"\", \"~\", \"=\", \"<<\", \"2021-03-04\", \"1:30\"]",
      "- '1'\n- 'yes'\n- ''\n- '~'\n- '='\n- '<<'\n- '2021-03-04'\n- '1:30'\n" },
    { "indicators are quoted", "[\"- a\", \"a: b\", \"a #b\", \"it's\", \"#\", \"a:b\"]",
      "- '- a'\n- 'a: b'\n- 'a #b'\n- it's\n- '#'\n- a:b\n" },
    { "line feeds are doubled in single quotes", "[\"a\\nb\\n\"]", "- 'a\n\n  b\n\n  '\n" },
    { "what is not ASCII is escaped", "[\"h\\u00e9\\ud83d\\ude80\\t\\u0000\"]",
      "- \"h\\xE9\\U0001F680\\t\\0\"\n" },
    { "a name of several lines needs a question mark", "{\"a\\nb\": 1}", "? 'a\n\n  b'\n: 1\n" },
    { "a long plain text is folded after 80 characters",
      "{\"k\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
      "b c\"}",
      "k: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
      "  b c\n" },
};

static void check_write(void **state)
{
    const struct yaml_case *c = *state;
    AUTO(json) json_t *value = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer out = { 0 };

    assert_int_equal(json_parse(c->text, strlen(c->text), &value, &err), 0);
    yaml_write(&out, value, &(struct yaml_style){ .indent = 2 });
    assert_string_equal(buffer_text(&out), c->expected);
}

static void members_are_sorted_on_demand(void **state)
{
    AUTO(json) json_t *value = json_pack("{s:i,s:[i]}", "b", 1, "a", 2);
    AUTO(buffer) struct buffer out = { 0 };

    (void)state;
    yaml_write(&out, value, &(struct yaml_style){ .indent = 4, .sort_keys = true });
    assert_string_equal(buffer_text(&out), "a:\n- 2\nb: 1\n");
}

/* Each anchor holds nine of the one before: 9^10 values, were they written out. */
static void aliases_that_expand_without_end_are_refused(void **state)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(json) json_t *value = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    buffer_add_text(&text, "a0: &a0 lol\n");
    for (int i = 1; i <= 10; i++) {
        buffer_printf(&text, "a%d: &a%d [", i, i);
        for (int n = 0; n < 9; n++)
            buffer_printf(&text, "*a%d,", i - 1);
        buffer_add_text(&text, "]\n");
    }
    assert_int_equal(yaml_parse(text.data, text.length, &value, &err), -CHAOS_E_LIMIT);
    assert_int_equal(err.code, CHAOS_E_LIMIT);
}

static void aliases_cannot_nest_deeper_than_the_limit(void **state)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(json) json_t *value = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    buffer_add_text(&text, "- &a0 [x]\n");
    for (int i = 1; i <= JSON_DEPTH_MAX; i++)
        buffer_printf(&text, "- &a%d [*a%d]\n", i, i - 1);
    assert_int_equal(yaml_parse(text.data, text.length, &value, &err), -CHAOS_E_LIMIT);
}

static void an_alias_is_the_same_object_as_its_anchor(void **state)
{
    static const char text[] = "{a: &x {b: 1}, c: *x}";
    AUTO(json) json_t *value = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    assert_int_equal(yaml_parse(text, strlen(text), &value, &err), 0);
    assert_ptr_equal(json_object_get(value, "a"), json_object_get(value, "c"));
}

int main(void)
{
    static const struct CMUnitTest more[] = {
        cmocka_unit_test(members_are_sorted_on_demand),
        cmocka_unit_test(aliases_that_expand_without_end_are_refused),
        cmocka_unit_test(aliases_cannot_nest_deeper_than_the_limit),
        cmocka_unit_test(an_alias_is_the_same_object_as_its_anchor),
    };
    struct CMUnitTest tests[ARRAY_SIZE(reads) + ARRAY_SIZE(writes) + ARRAY_SIZE(more)];
    struct CMUnitTest *next = tests;

    for (size_t i = 0; i < ARRAY_SIZE(reads); i++)
        *next++ = (struct CMUnitTest){
            .name = reads[i].claim,
            .test_func = check_read,
            .initial_state = (void *)(uintptr_t)&reads[i],
        };
    for (size_t i = 0; i < ARRAY_SIZE(writes); i++)
        *next++ = (struct CMUnitTest){
            .name = writes[i].claim,
            .test_func = check_write,
            .initial_state = (void *)(uintptr_t)&writes[i],
        };
    memcpy(next, more, sizeof(more));
    return cmocka_run_group_tests_name("YAML", tests, NULL, NULL);
}
