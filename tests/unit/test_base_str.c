// SPDX-License-Identifier: Apache-2.0
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

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

static void text_that_does_not_fit_is_appended_whole(void **state)
{
    AUTO(buffer) struct buffer buffer = { 0 };
    AUTO(str) char *row = mem_alloc(301);

    (void)state;
    memset(row, 'x', 300);
    row[300] = '\0';
    for (size_t i = 0; i < 40; i++) /* whatever room is left */
        buffer_printf(&buffer, "%.*s|", (int)i * 7, row);
    assert_int_equal(buffer.length, 40 + 7 * 40 * 39 / 2);
    assert_int_equal(strlen(buffer.data), buffer.length);
}

static void integers_to_the_ends_of_their_range_are_written(void **state)
{
    AUTO(buffer) struct buffer buffer = { 0 };

    (void)state;
    buffer_add_integer(&buffer, 0);
    buffer_add_char(&buffer, ' ');
    buffer_add_integer(&buffer, INT64_MAX);
    buffer_add_char(&buffer, ' ');
    buffer_add_integer(&buffer, INT64_MIN);
    assert_string_equal(buffer.data, "0 9223372036854775807 -9223372036854775808");
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(utf8_cases) + 4];

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
    tests[ARRAY_SIZE(utf8_cases) + 2] =
        (struct CMUnitTest)cmocka_unit_test(text_that_does_not_fit_is_appended_whole);
    tests[ARRAY_SIZE(utf8_cases) + 3] =
        (struct CMUnitTest)cmocka_unit_test(integers_to_the_ends_of_their_range_are_written);
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
