// SPDX-License-Identifier: Apache-2.0
#include "net/http_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

#define LIMIT 100

struct message_case {
    const char *claim;
    const char *text;
    const char *body; /* NULL: refused, with `error` in the text */
    const char *error;
    bool is_head;
    bool ends; /* the connection ends behind the text */
    bool is_last;
};

#define OK "HTTP/1.1 200 OK\r\n"

static const struct message_case cases[] = {
    { "a sized body is read", OK "Content-Length: 5\r\n\r\nhello", "hello", NULL, 0, 0, 0 },
    { "a body may be empty", OK "Content-Length: 0\r\n\r\n", "", NULL, 0, 0, 0 },
    { "line ends may be bare", "HTTP/1.1 200\nContent-Length: 1\n\nx", "x", NULL, 0, 0, 0 },
    { "a body may go on to the end", OK "\r\nhello", "hello", NULL, 0, true, true },
    { "chunks are joined",
      OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n"
         "0\r\nX-End: 1\r\n\r\n",
      "abc0123456789", NULL, 0, 0, 0 },
    { "chunks win over a length",
      OK "Content-Length: 5\r\nTransfer-Encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n", "a", NULL, 0,
      0, 0 },
    { "a HEAD has no body", OK "Content-Length: 5\r\n\r\n", "", NULL, true, 0, 0 },
    { "a 204 has no body", "HTTP/1.1 204 No\r\n\r\n", "", NULL, 0, 0, 0 },
    { "an interim answer is passed over",
      "HTTP/1.1 100 Go\r\nContent-Length: 9\r\n\r\n" OK "Content-Length: 1\r\n\r\nx", "x", NULL, 0,
      0, 0 },
    { "HTTP/1.0 ends the connection", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", NULL, 0,
      0, true },
    { "Connection: close ends it", OK "Connection: Close\r\nContent-Length: 1\r\n\r\nx", "x", NULL,
      0, 0, true },
    { "bytes behind the end make it the last", OK "Content-Length: 1\r\n\r\nxHTTP/1.1 200", "x",
      NULL, 0, 0, true },
    { "equal lengths are one", OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", "x", NULL, 0,
      0, 0 },
    { "a greeting is refused", "SSH-2.0-x\r\n", NULL, "not HTTP", 0, 0, 0 },
    { "HTTP/2 is refused", "HTTP/2 200\r\n", NULL, "not HTTP", 0, 0, 0 },
    { "a status that is none is refused", "HTTP/1.1 abc\r\n", NULL, "no status", 0, 0, 0 },
    { "a field without colon is refused", OK "torn\r\n", NULL, "no ':'", 0, 0, 0 },
    { "a length with a sign is refused", OK "Content-Length: +5\r\n\r\n", NULL, "no number", 0, 0,
      0 },
    { "two lengths are refused", OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", NULL,
      "two lengths", 0, 0, 0 },
    { "another coding is refused", OK "Transfer-Encoding: gzip, chunked\r\n\r\n", NULL, "chunked",
      0, 0, 0 },
    { "a chunk without size is refused", OK "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", NULL,
      "chunk", 0, 0, 0 },
    { "a chunk too long is refused", OK "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", NULL,
      "chunk", 0, 0, 0 },
    { "a body above the limit is refused", OK "Content-Length: 101\r\n\r\n", NULL, "100 bytes", 0,
      0, 0 },
    { "a chunk above the limit is refused", OK "Transfer-Encoding: chunked\r\n\r\n65\r\n", NULL,
      "100 bytes", 0, 0, 0 },
    { "a huge chunk is refused", OK "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n", NULL,
      "100 bytes", 0, 0, 0 },
    { "a sized body cut short is not whole", OK "Content-Length: 5\r\n\r\nhell", NULL, NULL, 0,
      true, 0 },
    { "chunks cut short are not whole", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", NULL,
      NULL, 0, true, 0 },
    { "a head cut short is not whole", OK "Content-Le", NULL, NULL, 0, true, 0 },
};

/* The whole text in pieces of `step` bytes. */
static void check_in_pieces(const struct message_case *c, size_t step)
{
    AUTO(http_response) struct http_response response = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(http_message)
    struct http_message message = { .response = &response,
                                    .is_head = c->is_head,
                                    .body_limit = LIMIT };
    size_t length = strlen(c->text);
    int r = 0;

    for (size_t at = 0; r == 0 && at < length; at += step)
        r = http_message_add(&message, c->text + at, at + step < length ? step : length - at, &err);
    if (c->error) {
        assert_true(r < 0);
        assert_non_null(strstr(chaos_error_text(&err), c->error));
        return;
    }
    assert_int_equal(r, 0);
    if (c->ends)
        assert_int_equal(http_message_end(&message), c->body != NULL);
    if (!c->body)
        return;
    assert_int_equal(message.state, HTTP_MESSAGE_WHOLE);
    assert_string_equal(buffer_text(&response.body), c->body);
    assert_int_equal(message.is_last, c->is_last);
}

static void check_message(void **state)
{
    const struct message_case *c = *state;

    for (size_t step = 1; step <= strlen(c->text); step++)
        check_in_pieces(c, step);
}

static void a_line_without_end_is_refused(void **state)
{
    AUTO(http_response) struct http_response response = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(http_message)
    struct http_message message = { .response = &response, .body_limit = LIMIT };
    AUTO(buffer) struct buffer line = { 0 };
    int r = 0;

    (void)state;
    buffer_reserve(&line, 100000);
    memset(line.data, 'a', 100000);
    assert_int_equal(http_message_add(&message, OK "X: ", strlen(OK "X: "), &err), 0);
    for (int i = 0; i < 20 && r == 0; i++)
        r = http_message_add(&message, line.data, 100000, &err);
    assert_int_equal(r, -CHAOS_E_LIMIT);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(cases) + 1];
    size_t count = 0;

    for (; count < ARRAY_SIZE(cases); count++)
        tests[count] = (struct CMUnitTest){
            .name = cases[count].claim,
            .test_func = check_message,
            .initial_state = (void *)(uintptr_t)&cases[count],
        };
    tests[count] = (struct CMUnitTest)cmocka_unit_test(a_line_without_end_is_refused);
    return cmocka_run_group_tests_name("messages of HTTP", tests, NULL, NULL);
}
