// SPDX-License-Identifier: Apache-2.0
#include "engine/tolerance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "value/extended.h"
#include "value/json.h"

enum verdict {
    MET,
    UNMET,
    REFUSED
};

struct tolerance_case {
    const char *claim;
    const char *tolerance;
    const char *value;
    enum verdict verdict;
};

static const char configuration_text[] =
    "{\"name\": \"a\", \"code\": 200, \"start\": \"^b\", \"list\": [1, 2]}";

static const struct tolerance_case check_cases[] = {
    { "true is met by true", "true", "true", MET },
    { "true is met by 1, as in Python", "true", "1", MET },
    { "true is not met by text", "true", "\"true\"", UNMET },
    { "text is met by the same text", "\"up\"", "\"up\"", MET },
    { "text is not met by a number", "\"5\"", "5", UNMET },
    { "an integer is met by an equal real", "2", "2.0", MET },
    { "an integer is met by the status of a mapping", "200", "{\"status\": 200}", MET },
    { "an integer is not met by a mapping without status", "200", "{\"code\": 200}", UNMET },
    { "a real number is met by nothing", "2.5", "2.5", UNMET },
    { "two values are a range that includes its bounds", "[1, 5]", "5", MET },
    { "two values are a range that ends there", "[1, 5]", "5.1", UNMET },
    { "two texts are a range of text", "[\"a\", \"c\"]", "\"b\"", MET },
    { "two values are no range for a status", "[200, 299]", "{\"status\": 201}", UNMET },
    { "a status may be one of two", "[200, 299]", "{\"status\": 299}", MET },
    { "three values are a choice", "[1, 5, 9]", "5", MET },
    { "three values are no range", "[1, 5, 9]", "4", UNMET },
    { "one value is a choice", "[\"a\"]", "\"a\"", MET },
    { "an empty list is met by nothing", "[]", "1", UNMET },
    { "a range of numbers does not hold text", "[1, 9]", "\"5\"", REFUSED },
    { "a range does not hold null", "[1, 9]", "null", REFUSED },
    { "a type that is unknown is met by nothing", "{\"type\": \"wish\"}", "1", UNMET },
    { "a pattern is searched, not matched", "{\"type\": \"regex\", \"pattern\": \"b\"}", "\"abc\"",
      MET },
    { "a pattern may not be found", "{\"type\": \"regex\", \"pattern\": \"^b\"}", "\"abc\"",
      UNMET },
    { "a pattern is substituted", "{\"type\": \"regex\", \"pattern\": \"${start}\"}", "\"bc\"",
      MET },
    { "a pattern is not searched in a number", "{\"type\": \"regex\", \"pattern\": \"5\"}", "5",
      REFUSED },
    { "a pattern must be text after substitution",
      "{\"type\": \"regex\", \"pattern\": \"${code}\"}", "\"200\"", REFUSED },
    { "a target names the text", "{\"type\": \"regex\", \"pattern\": \"b\", \"target\": \"out\"}",
      "{\"out\": \"b\"}", MET },
    { "a target that is not there leaves the value itself",
      "{\"type\": \"regex\", \"pattern\": \"b\", \"target\": \"out\"}", "{\"b\": 1}", REFUSED },
    { "a target in something that is no mapping is refused",
      "{\"type\": \"regex\", \"pattern\": \"b\", \"target\": \"out\"}", "\"b\"", REFUSED },
    { "an empty target is none", "{\"type\": \"regex\", \"pattern\": \"b\", \"target\": \"\"}",
      "\"b\"", MET },
    { "a path is met when it finds anything", "{\"type\": \"jsonpath\", \"path\": \"$.a\"}",
      "{\"a\": null}", MET },
    { "a path is not met when it finds nothing", "{\"type\": \"jsonpath\", \"path\": \"$.a\"}",
      "{}", UNMET },
    { "a path looks into JSON text", "{\"type\": \"jsonpath\", \"path\": \"$.a\"}",
      "\"{\\\"a\\\": 1}\"", MET },
    { "text that is not JSON stays text",
      "{\"type\": \"jsonpath\", \"path\": \"$\", \"expect\": \"{a\"}", "\"{a\"", MET },
    { "a path is substituted", "{\"type\": \"jsonpath\", \"path\": \"$.${name}\"}", "{\"a\": 1}",
      MET },
    { "a count must be right", "{\"type\": \"jsonpath\", \"path\": \"$[*]\", \"count\": 2}",
      "[1, 2, 3]", UNMET },
    { "a count of none may be asked for",
      "{\"type\": \"jsonpath\", \"path\": \"$.a\", \"count\": 0}", "{}", MET },
    { "expect overrules the count",
      "{\"type\": \"jsonpath\", \"path\": \"$.a\", \"count\": 7, \"expect\": 1}", "{\"a\": 1}",
      MET },
    { "expect of one value is a list of one",
      "{\"type\": \"jsonpath\", \"path\": \"$[*]\", \"expect\": 1}", "[1, 1]", UNMET },
    { "expect of null is asked for",
      "{\"type\": \"jsonpath\", \"path\": \"$.a\", \"expect\": null}", "{\"a\": null}", MET },
    { "expect is substituted with its type",
      "{\"type\": \"jsonpath\", \"path\": \"$[*]\", \"expect\": \"${list}\"}", "[1, 2]", MET },
    { "a path must be one", "{\"type\": \"jsonpath\", \"path\": \"a\"}", "{}", REFUSED },
    { "a range includes its bounds", "{\"type\": \"range\", \"range\": [1, 5]}", "5", MET },
    { "a range reads numbers in text", "{\"type\": \"range\", \"range\": [1, 5]}", "\" 4.5 \"",
      MET },
    { "a range is not met by a word", "{\"type\": \"range\", \"range\": [1, 5]}", "\"fast\"",
      UNMET },
    { "a range does not hold null", "{\"type\": \"range\", \"range\": [1, 5]}", "null", REFUSED },
    { "a range has a target", "{\"type\": \"range\", \"range\": [1, 5], \"target\": \"ms\"}",
      "{\"ms\": 3}", MET },
    { "a range without bounds is refused", "{\"type\": \"range\"}", "3", REFUSED },
};

static const struct tolerance_case validate_cases[] = {
    { "an integer is well formed", "1", NULL, MET },
    { "an integer beyond 64 bits is well formed", "100000000000000000000", NULL, MET },
    { "a list is well formed", "[]", NULL, MET },
    { "a real number is not", "1.5", NULL, REFUSED },
    { "null is not", "null", NULL, REFUSED },
    { "a probe is for others to check", "{\"type\": \"probe\"}", NULL, MET },
    { "a mapping needs a type", "{}", NULL, REFUSED },
    { "a type must be known", "{\"type\": \"wish\"}", NULL, REFUSED },
    { "a regex needs a pattern", "{\"type\": \"regex\"}", NULL, REFUSED },
    { "a pattern is text", "{\"type\": \"regex\", \"pattern\": 5}", NULL, REFUSED },
    { "a pattern compiles", "{\"type\": \"regex\", \"pattern\": \"(\"}", NULL, REFUSED },
    { "a good pattern is well formed", "{\"type\": \"regex\", \"pattern\": \"(a)\"}", NULL, MET },
    { "a jsonpath needs a path", "{\"type\": \"jsonpath\"}", NULL, REFUSED },
    { "a path is not empty", "{\"type\": \"jsonpath\", \"path\": \" \"}", NULL, REFUSED },
    { "a path parses", "{\"type\": \"jsonpath\", \"path\": \"$[\"}", NULL, REFUSED },
    { "a path with a pattern does not parse", "{\"type\": \"jsonpath\", \"path\": \"$.${name}\"}",
      NULL, REFUSED },
    { "a good path is well formed", "{\"type\": \"jsonpath\", \"path\": \" $.a \"}", NULL, MET },
    { "a range is given", "{\"type\": \"range\"}", NULL, REFUSED },
    { "a range is a list", "{\"type\": \"range\", \"range\": {}}", NULL, REFUSED },
    { "a range has two values", "{\"type\": \"range\", \"range\": [1, 2, 3]}", NULL, REFUSED },
    { "a range has a number below", "{\"type\": \"range\", \"range\": [\"1\", 2]}", NULL, REFUSED },
    { "a range has a number above", "{\"type\": \"range\", \"range\": [1, null]}", NULL, REFUSED },
    { "a good range is well formed", "{\"type\": \"range\", \"range\": [true, 2.5]}", NULL, MET },
};

static json_t *read_json(const char *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    if (json_parse(text, strlen(text), &value, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    return value;
}

static void check_verdict(void **state)
{
    const struct tolerance_case *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *configuration = read_json(configuration_text);
    AUTO(json) json_t *tolerance = read_json(c->tolerance);
    AUTO(json) json_t *value = read_json(c->value);
    bool met;
    int r = tolerance_check(tolerance, value, configuration, NULL, &met, &err);

    if (c->verdict == REFUSED) {
        assert_int_equal(r, -CHAOS_E_INVALID);
        return;
    }
    assert_string_equal(chaos_error_text(&err), "");
    assert_int_equal(met ? MET : UNMET, c->verdict);
}

static void check_form(void **state)
{
    const struct tolerance_case *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *tolerance = read_json(c->tolerance);

    assert_int_equal(tolerance_validate(tolerance, &err), c->verdict == MET ? 0 : -CHAOS_E_INVALID);
}

static void a_probe_is_left_to_the_caller(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *tolerance = read_json("{\"type\": \"probe\", \"target\": \"x\"}");
    bool met;

    (void)state;
    assert_int_equal(tolerance_check(tolerance, json_null(), NULL, NULL, &met, &err),
                     -CHAOS_E_UNSUPPORTED);
}

static void a_path_looks_into_bytes(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *tolerance = read_json("{\"type\": \"jsonpath\", \"path\": \"$.a\"}");
    AUTO(json) json_t *value = extended_bytes("{\"a\": 1}", 8);
    bool met = false;

    (void)state;
    assert_int_equal(tolerance_check(tolerance, value, NULL, NULL, &met, &err), 0);
    assert_true(met);
}

int main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(a_probe_is_left_to_the_caller),
        cmocka_unit_test(a_path_looks_into_bytes),
    };
    struct CMUnitTest
        tests[ARRAY_SIZE(check_cases) + ARRAY_SIZE(validate_cases) + ARRAY_SIZE(plain)];
    struct CMUnitTest *next = tests;

    for (size_t i = 0; i < ARRAY_SIZE(check_cases); i++)
        *next++ = (struct CMUnitTest){ .name = check_cases[i].claim,
                                       .test_func = check_verdict,
                                       .initial_state = (void *)(uintptr_t)&check_cases[i] };
    for (size_t i = 0; i < ARRAY_SIZE(validate_cases); i++)
        *next++ = (struct CMUnitTest){ .name = validate_cases[i].claim,
                                       .test_func = check_form,
                                       .initial_state = (void *)(uintptr_t)&validate_cases[i] };
    memcpy(next, plain, sizeof(plain));
    return cmocka_run_group_tests_name("tolerance", tests, NULL, NULL);
}
