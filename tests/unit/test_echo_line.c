// SPDX-License-Identifier: Apache-2.0
#include "echo/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

#define MAX_LINE 16

struct line_case {
    const char *claim;
    const char *input;
    size_t input_length;
    const char *answers;
    size_t answers_length;
    enum echo_verdict verdict; /* ECHO_MORE: the input ended */
};

#define TEXT(text) (text), sizeof(text) - 1

static const struct line_case line_cases[] = {
    { "a line is answered with itself", TEXT("hello\n"), TEXT("hello\n"), ECHO_MORE },
    { "an empty line is answered with an empty line", TEXT("\n\n"), TEXT("\n\n"), ECHO_MORE },
    { "no input has no answer", TEXT(""), TEXT(""), ECHO_MORE },
    { "a carriage return and a newline end one line", TEXT("a\r\nb\r\n"), TEXT("a\nb\n"),
      ECHO_MORE },
    { "a lone carriage return ends a line", TEXT("a\rb\r\rc"), TEXT("a\nb\n\nc\n"), ECHO_MORE },
    { "a newline before a carriage return ends its own line", TEXT("a\n\rb\n"), TEXT("a\n\nb\n"),
      ECHO_MORE },
    { "a last line without an end is answered", TEXT("a\nlast"), TEXT("a\nlast\n"), ECHO_MORE },
    { "bye is answered and ends the talk", TEXT("bye\n"), TEXT("bye\n"), ECHO_BYE },
    { "bye without a newline ends the talk with the input", TEXT("hi\nbye"), TEXT("hi\nbye\n"),
      ECHO_BYE },
    { "bye between blanks and control characters is bye", TEXT(" \t\x01 bye\x0b \r\n"),
      TEXT(" \t\x01 bye\x0b \n"), ECHO_BYE },
    { "what follows bye is not answered", TEXT("bye\nmore\n"), TEXT("bye\n"), ECHO_BYE },
    { "bye within a longer line is a line", TEXT("bye bye\ngoodbye\nBye\n"),
      TEXT("bye bye\ngoodbye\nBye\n"), ECHO_MORE },
    { "bye after a no-break space is a line",
      TEXT("\xc2\xa0"
           "bye\n"),
      TEXT("\xc2\xa0"
           "bye\n"),
      ECHO_MORE },
    { "binary bytes come back as they are", TEXT("\0\xff\xfe\x80\n"), TEXT("\0\xff\xfe\x80\n"),
      ECHO_MORE },
    { "a line of just the limit is answered", TEXT("0123456789abcdef\n"),
      TEXT("0123456789abcdef\n"), ECHO_MORE },
    { "a line beyond the limit is refused, those before it answered",
      TEXT("ok\n0123456789abcdefg\n"), TEXT("ok\n"), ECHO_TOO_LONG },
    { "a line beyond the limit is refused before its end", TEXT("0123456789abcdefg"), TEXT(""),
      ECHO_TOO_LONG },
};

/* Feed the case in pieces of `step` bytes, each in memory of its own. */
static void check_in_steps(const struct line_case *c, size_t step)
{
    AUTO(echo_line) struct echo_line line = { 0 };
    AUTO(buffer) struct buffer answers = { 0 };
    struct echo_sink sink = { .answers = &answers, .max_line = MAX_LINE };
    enum echo_verdict verdict = ECHO_MORE;

    for (size_t at = 0; at < c->input_length && verdict == ECHO_MORE; at += step) {
        size_t size = c->input_length - at < step ? c->input_length - at : step;
        AUTO(mem) void *piece = mem_dup(c->input + at, size);

        verdict = echo_line_feed(&line, &sink, piece, size);
    }
    if (verdict == ECHO_MORE)
        verdict = echo_line_finish(&line, &sink);
    assert_int_equal(verdict, c->verdict);
    assert_int_equal(answers.length, c->answers_length);
    assert_memory_equal(buffer_text(&answers), c->answers, c->answers_length);
}

static void check_line(void **state)
{
    const struct line_case *c = *state;

    for (size_t step = 1; step <= c->input_length + 1; step++)
        check_in_steps(c, step);
}

static void count_lines(void *context, const char *text, size_t length)
{
    struct buffer *said = context;

    buffer_add(said, text, length);
    buffer_add_char(said, '|');
}

static void each_line_is_said_once_and_whole(void **state)
{
    AUTO(echo_line) struct echo_line line = { 0 };
    AUTO(buffer) struct buffer answers = { 0 };
    AUTO(buffer) struct buffer said = { 0 };
    struct echo_sink sink = { &answers, count_lines, &said, MAX_LINE };

    (void)state;
    echo_line_feed(&line, &sink, "on", 2);
    echo_line_feed(&line, &sink, "e\ntwo\nthr", 9);
    echo_line_finish(&line, &sink);
    assert_string_equal(buffer_text(&said), "one|two|thr|");
}

static void nothing_is_held_between_lines(void **state)
{
    AUTO(echo_line) struct echo_line line = { 0 };
    AUTO(buffer) struct buffer answers = { 0 };
    struct echo_sink sink = { .answers = &answers, .max_line = MAX_LINE };

    (void)state;
    echo_line_feed(&line, &sink, "on", 2);
    assert_true(line.partial.capacity > 0);
    echo_line_feed(&line, &sink, "e\n", 2);
    assert_int_equal(line.partial.capacity, 0);
}

#define ROWS ARRAY_SIZE(line_cases)

int main(void)
{
    struct CMUnitTest tests[ROWS + 2];

    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){
            .name = line_cases[i].claim,
            .test_func = check_line,
            .initial_state = (void *)(uintptr_t)&line_cases[i],
        };
    tests[ROWS] = (struct CMUnitTest)cmocka_unit_test(each_line_is_said_once_and_whole);
    tests[ROWS + 1] = (struct CMUnitTest)cmocka_unit_test(nothing_is_held_between_lines);
    return cmocka_run_group_tests_name("echo line", tests, NULL, NULL);
}
