// SPDX-License-Identifier: Apache-2.0
#include "net/http_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/http_client.h"
#include "net/http_head.h"

struct decode_case {
    const char *claim;
    const char *content_type;
    const char *data;
    size_t length; /* 0: strlen() */
    const char *text;
};

/* Where the charset is given, the text is what Python's bytes.decode(charset, "replace") gives. */
static const struct decode_case decode_cases[] = {
    { "text without a charset is ISO-8859-1", "text/plain", "\xe9\x80", 0, "\xc3\xa9\xc2\x80" },
    { "the media type counts, not its parameters", "image/x; name=text", "\xc3\xa9", 0,
      "\xc3\xa9" },
    { "JSON is UTF-8", "application/json", "\xff", 0, "\xef\xbf\xbd" },
    { "a charset may be quoted", "text/html; charset=\"utf-8\"", "\xc3\xa9", 0, "\xc3\xa9" },
    { "a charset is found in any case", "text/html; Charset = UTF-8", "\xc3\xa9", 0, "\xc3\xa9" },
    { "Japanese is read", "text/plain; charset=Shift_JIS", "\x83\x65", 0, "\xe3\x83\x86" },
    { "Windows text is read", "text/plain; charset=windows-1252", "\x80", 0, "\xe2\x82\xac" },
    { "UTF-16 is read", "text/plain; charset=utf-16le", "h\0i\0", 4, "hi" },
    { "a charset nobody knows is read as UTF-8", "text/plain; charset=vogon", "\xc3\xa9\xe9", 0,
      "\xc3\xa9\xef\xbf\xbd" },
    { "a charset of any length is survived",
      "text/plain; charset=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "x", 0, "x" },
    { "a cut sequence is one replacement", "x/y; charset=utf-8", "\xf0\x9f\x9a", 0,
      "\xef\xbf\xbd" },
    { "a surrogate is three replacements", "x/y; charset=utf-8", "\xed\xa0\x80", 0,
      "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    { "an overlong form is a replacement a byte", "x/y; charset=utf-8", "\xc0\xaf", 0,
      "\xef\xbf\xbd\xef\xbf\xbd" },
    { "without a type, UTF-8 is known", NULL, "caf\xc3\xa9", 0, "caf\xc3\xa9" },
    { "without a type, other text is windows-1252", NULL, "caf\xe9 \x80", 0,
      "caf\xc3\xa9 \xe2\x82\xac" },
    { "a byte order mark says UTF-16", NULL, "\xff\xfeh\0i\0", 6, "hi" },
};

static void check_decode(void **state)
{
    const struct decode_case *c = *state;
    AUTO(buffer) struct buffer out = { 0 };

    http_text_decode(&out, c->content_type, c->data, c->length ? c->length : strlen(c->data));
    assert_string_equal(buffer_text(&out), c->text);
}

struct url_case {
    const char *claim;
    const char *url;
    const char *quoted;
};

static const struct url_case url_cases[] = {
    { "leading blanks are dropped", "  http://h/x", "http://h/x" },
    { "blanks and accents are escaped", "http://h/a b?q=caf\xc3\xa9",
      "http://h/a%20b?q=caf%C3%A9" },
    { "escapes stay", "http://h/a%20b%2f?q=%41#f", "http://h/a%20b%2f?q=%41#f" },
    { "a percent sign that escapes nothing is escaped", "http://h/100%?a=%zz",
      "http://h/100%25?a=%25zz" },
    { "brackets of an address stay", "http://[::1]:80/x", "http://[::1]:80/x" },
    { "what divides and quotes is escaped", "http://h/a|b\"<c>\\", "http://h/a%7Cb%22%3Cc%3E%5C" },
};

static void check_url(void **state)
{
    const struct url_case *c = *state;
    AUTO(str) char *quoted = http_url_quote(c->url);

    assert_string_equal(quoted, c->quoted);
}

static void a_password_is_masked(void **state)
{
    AUTO(str) char *masked = http_url_masked("https://ana:p:i@lot@h:80/x@y:z");
    AUTO(str) char *plain = http_url_masked("https://h:80/x:y@z");

    (void)state;
    assert_string_equal(masked, "https://ana:***@h:80/x@y:z");
    assert_string_equal(plain, "https://h:80/x:y@z");
}

static void quoting_is_that_of_forms(void **state)
{
    AUTO(buffer) struct buffer out = { 0 };

    (void)state;
    http_quote_plus(&out, "a b+c&d=\xc3\xbc~*/_.-");
    assert_string_equal(buffer_text(&out), "a+b%2Bc%26d%3D%C3%BC~%2A%2F_.-");
}

static int add(struct http_head *head, struct http_response *response, const char *line)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    return http_head_add(head, response, line, strlen(line), &err);
}

static void a_folded_value_is_one(void **state)
{
    AUTO(http_response) struct http_response response = { 0 };
    struct http_head head = { 0 };

    (void)state;
    assert_int_equal(add(&head, &response, "HTTP/1.1 200\r\n"), 0);
    assert_int_equal(add(&head, &response, "X-Fold: a\r\n"), 0);
    assert_int_equal(add(&head, &response, "  b \r\n"), 0);
    assert_string_equal(http_header_find(&response, "x-fold"), "a b");
    assert_string_equal(response.reason, "");
    assert_false(head.complete);
    assert_int_equal(add(&head, &response, "\r\n"), 0);
    assert_true(head.complete);
}

static void a_head_without_end_is_refused(void **state)
{
    AUTO(http_response) struct http_response response = { 0 };
    struct http_head head = { 0 };
    int r = add(&head, &response, "HTTP/1.1 200 OK");
    int fields = 0;

    (void)state;
    for (; r == 0 && fields <= HTTP_FIELDS_MAX; fields++)
        r = add(&head, &response, "X-More: 1");
    assert_int_equal(r, -CHAOS_E_LIMIT);
    assert_int_equal(fields, HTTP_FIELDS_MAX + 1);
}

int main(void)
{
    static const struct CMUnitTest singles[] = {
        cmocka_unit_test(a_password_is_masked),
        cmocka_unit_test(quoting_is_that_of_forms),
        cmocka_unit_test(a_folded_value_is_one),
        cmocka_unit_test(a_head_without_end_is_refused),
    };
    struct CMUnitTest tests[ARRAY_SIZE(singles) + ARRAY_SIZE(decode_cases) + ARRAY_SIZE(url_cases)];
    size_t n = ARRAY_SIZE(singles);

    memcpy(tests, singles, sizeof(singles));
    for (size_t i = 0; i < ARRAY_SIZE(decode_cases); i++)
        tests[n++] = (struct CMUnitTest){ .name = decode_cases[i].claim,
                                          .test_func = check_decode,
                                          .initial_state = (void *)(uintptr_t)&decode_cases[i] };
    for (size_t i = 0; i < ARRAY_SIZE(url_cases); i++)
        tests[n++] = (struct CMUnitTest){ .name = url_cases[i].claim,
                                          .test_func = check_url,
                                          .initial_state = (void *)(uintptr_t)&url_cases[i] };
    return cmocka_run_group_tests_name("http text", tests, NULL, NULL);
}
