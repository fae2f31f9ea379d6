// SPDX-License-Identifier: Apache-2.0
#include "echo/log_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

struct escape_case {
    const char *claim;
    const char *text;
    const char *escaped;
};

static const struct escape_case escape_cases[] = {
    { "printable ASCII is logged as it is", "hello, ~world", "hello, ~world" },
    { "accents and emoji are logged as they are", "caf\xc3\xa9 \xf0\x9f\x9a\x80",
      "caf\xc3\xa9 \xf0\x9f\x9a\x80" },
    { "a terminal sequence is made harmless", "\x1b[31mred", "\\x1b[31mred" },
    { "a tab and a bell are escaped", "\t\a", "\\x09\\x07" },
    { "delete is escaped", "\x7f", "\\x7f" },
    { "a backslash is doubled, so that escapes cannot be forged", "\\x1b", "\\\\x1b" },
    { "bytes that are not UTF-8 are escaped", "a\xff\xc3(b", "a\\xff\\xc3(b" },
    { "a cut character is escaped", "\xe2\x82", "\\xe2\\x82" },
    { "a C1 control (CSI in one character) is escaped",
      "\xc2\x9b"
      "1m",
      "\\xc2\\x9b"
      "1m" },
    { "text cannot be reordered",
      "\xe2\x80\xae"
      "abc",
      "\\xe2\\x80\\xae"
      "abc" },
    { "a line separator is escaped", "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },
    { "an isolate is escaped", "\xe2\x81\xa6", "\\xe2\\x81\\xa6" },
};

static void check_escape(void **state)
{
    const struct escape_case *c = *state;
    AUTO(buffer) struct buffer log = { 0 };
    AUTO(mem) void *exact = mem_dup(c->text, strlen(c->text));

    log_line_escape(&log, exact, strlen(c->text));
    assert_string_equal(buffer_text(&log), c->escaped);
}

static void the_lines_are_those_of_the_article(void **state)
{
    AUTO(buffer) struct buffer log = { 0 };

    (void)state;
    log_line_event(&log, "connected", "190.104.119.195", NULL);
    log_line_says(&log, "190.104.119.195", "one two three", 13);
    log_line_event(&log, "disconnected", "190.104.119.195", NULL);
    assert_string_equal(buffer_text(&log), "[connected] /190.104.119.195\n"
                                           "/190.104.119.195 says one two three\n"
                                           "[disconnected] /190.104.119.195\n");
}

static void of_a_long_line_the_log_tells_the_beginning_and_the_length(void **state)
{
    AUTO(buffer) struct buffer log = { 0 };
    AUTO(mem) char *text = mem_alloc(1000000);

    (void)state;
    memset(text, 'x', 1000000);
    log_line_says(&log, "::1", text, 1000000);
    assert_true(log.length < 1100);
    assert_true(str_ends(buffer_text(&log), "xxx... [1000000 bytes]\n"));
}

#define ROWS ARRAY_SIZE(escape_cases)

int main(void)
{
    struct CMUnitTest tests[ROWS + 2];

    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){
            .name = escape_cases[i].claim,
            .test_func = check_escape,
            .initial_state = (void *)(uintptr_t)&escape_cases[i],
        };
    tests[ROWS] = (struct CMUnitTest)cmocka_unit_test(the_lines_are_those_of_the_article);
    tests[ROWS + 1] = (struct CMUnitTest)cmocka_unit_test(
        of_a_long_line_the_log_tells_the_beginning_and_the_length);
    return cmocka_run_group_tests_name("echo log lines", tests, NULL, NULL);
}
