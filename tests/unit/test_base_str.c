// SPDX-License-Identifier: Apache-2.0
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct utf8_case {
    const char *claim;
    const char *text;
    bool valid;
};

static const struct utf8_case utf8_cases[] = {
    { "plain ASCII is UTF-8", "abc", true },
    { "an accent in two bytes is UTF-8", "caf\xc3\xa9", true },
    { "four bytes beyond the basic plane are UTF-8", "\xf0\x9f\x9a\x80", true },
    { "an overlong slash is not UTF-8", "\xc0\xaf", false },
    { "a surrogate is not UTF-8", "\xed\xa0\x80", false },
    { "a cut sequence is not UTF-8", "\xe2\x82", false },
    { "a lone continuation is not UTF-8", "\x80", false },
    { "what lies beyond U+10FFFF is not UTF-8", "\xf4\x90\x80\x80", false },
};

static void check_utf8(void **state)
{
    const struct utf8_case *c = *state;

    assert_int_equal(str_is_utf8(c->text, strlen(c->text)), c->valid);
}

static void a_name_with_two_letters_swapped_is_suggested(void **state)
{
    static const char *const names[] = { "validate", "run", "discover", NULL };

    (void)state;
    assert_string_equal(str_suggest("vaildate", names), "validate");
    assert_null(str_suggest("frobnicate", names));
}

static void a_buffer_gives_its_text_away_and_is_empty_after(void **state)
{
    AUTO(buffer) struct buffer buffer = { 0 };
    AUTO(str) char *text = NULL;

    (void)state;
    buffer_printf(&buffer, "%d-%s", 5, "x");
    text = buffer_take(&buffer);
    assert_string_equal(text, "5-x");
    assert_string_equal(buffer_text(&buffer), "");
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(utf8_cases) + 2];

    for (size_t i = 0; i < ARRAY_SIZE(utf8_cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = utf8_cases[i].claim,
            .test_func = check_utf8,
            .initial_state = (void *)(uintptr_t)&utf8_cases[i],
        };
    tests[ARRAY_SIZE(utf8_cases)] =
        (struct CMUnitTest)cmocka_unit_test(a_name_with_two_letters_swapped_is_suggested);
    tests[ARRAY_SIZE(utf8_cases) + 1] =
        (struct CMUnitTest)cmocka_unit_test(a_buffer_gives_its_text_away_and_is_empty_after);
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
