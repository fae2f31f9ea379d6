// SPDX-License-Identifier: Apache-2.0
#include "value/ascii.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct escape_case {
    const char *claim;
    const char *json;
    const char *ascii;
};

static const struct escape_case cases[] = {
    { "ASCII stays as it is", "{\"a\": [1, \"x\\n~\"]}", "{\"a\": [1, \"x\\n~\"]}" },
    { "two bytes become one escape", "\"caf\xc3\xa9\"", "\"caf\\u00e9\"" },
    { "three bytes become one escape", "\"\xe2\x82\xac\"", "\"\\u20ac\"" },
    { "what lies beyond the basic plane becomes a surrogate pair", "\"\xf0\x9f\x9a\x80\"",
      "\"\\ud83d\\ude80\"" },
    { "DEL is escaped too", "\"\x7f\"", "\"\\u007f\"" },
    { "keys are escaped as well", "{\"\xc3\xa9\": 1}", "{\"\\u00e9\": 1}" },
};

static void check(void **state)
{
    const struct escape_case *c = *state;
    AUTO(buffer) struct buffer out = { 0 };

    json_escape_ascii(&out, c->json);
    assert_string_equal(buffer_text(&out), c->ascii);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(cases)];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        tests[i] = (struct CMUnitTest){ .name = cases[i].claim,
                                        .test_func = check,
                                        .initial_state = (void *)(uintptr_t)&cases[i] };
    return cmocka_run_group_tests_name("ASCII", tests, NULL, NULL);
}
