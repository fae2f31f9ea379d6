// SPDX-License-Identifier: Apache-2.0
#include "net/http_coding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

/* Written by Python's gzip and zlib. */
#define GZIP                                                                                       \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x2b\x2e\x2c\x4d\x4d\xad\x4a\x4d\x01\x00"             \
    "\xde\x26\x14\x00\x08\x00\x00\x00"
#define DEFLATE_GZIP                                                                               \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x98\xa3\xad\xa7\xe3\xeb\xbb\xd6\xcb"             \
    "\x97\x91\x81\x7f\x1e\x73\x3a\x00\xf4\xb5\x9a\xbb\x10\x00\x00\x00"
#define DEFLATE     "\x78\x9c\x2b\x2e\x2c\x4d\x4d\xad\x4a\x4d\x01\x00\x0f\x9e\x03\x67"
#define RAW_DEFLATE "\x2b\x2e\x2c\x4d\x4d\xad\x4a\x4d\x01\x00"
#define X_4096_TIMES                                                                               \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x01\x0d\x00\x00\x00\xc2\xa0\xda"             \
    "\x8f\x6f\x0f\x07\x14\x00\x00\x00\xf0\x6e\xc1\x77\x10\x3e\x00\x10\x00\x00"

struct coding_case {
    const char *claim;
    const char *coding; /* NULL: no Content-Encoding */
    const char *body;
    size_t length;
    const char *plain; /* NULL: refused */
};

#define BODY(text) text, sizeof(text) - 1

static const struct coding_case coding_cases[] = {
    { "no coding is nothing to undo", NULL, BODY("plain"), "plain" },
    { "gzip is undone", "gzip", BODY(GZIP), "squeezed" },
    { "its old name as well, in any case", " X-GZip", BODY(GZIP), "squeezed" },
    { "all members are taken", "gzip", BODY(GZIP GZIP), "squeezedsqueezed" },
    { "what follows the end is left", "gzip", BODY(GZIP "\0\0rest"), "squeezed" },
    { "deflate is undone", "deflate", BODY(DEFLATE), "squeezed" },
    { "deflate without a frame, too", "deflate", BODY(RAW_DEFLATE), "squeezed" },
    { "the last coding is undone first", "deflate,\tgzip", BODY(DEFLATE_GZIP), "squeezed" },
    { "identity is no coding", "identity, gzip,", BODY(GZIP), "squeezed" },
    { "with one that nobody knows all stays", "gzip, rot13", BODY("plain"), "plain" },
    { "nothing stays nothing", "gzip", BODY(""), "" },
    { "text is no gzip", "gzip", BODY("plain"), NULL },
    { "half a body is refused", "gzip", GZIP, sizeof(GZIP) - 12, NULL },
    { "the check sum is looked at", "gzip",
      BODY("\x1f\x8b\x08\0\0\0\0\0\x02\xff\x03\0\1\0\0\0\0\0\0\0"), NULL },
    { "too many codings are none of ours", "gzip,gzip,gzip,gzip,gzip,gzip,gzip,gzip,gzip",
      BODY("plain"), "plain" },
};

static int undo(struct http_response *response, const struct coding_case *c, size_t limit,
                struct chaos_error *err)
{
    static struct http_header header = { .name = "content-encoding" };

    header.value = c->coding;
    response->headers = &header;
    response->n_headers = c->coding ? 1 : 0;
    buffer_add(&response->body, c->body, c->length);
    return http_coding_undo(response, limit, err);
}

static void check_coding(void **state)
{
    const struct coding_case *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct http_response response = { 0 };

    if (c->plain) {
        assert_int_equal(undo(&response, c, 100, &err), 0);
        assert_string_equal(buffer_text(&response.body), c->plain);
    } else {
        assert_int_equal(undo(&response, c, 100, &err), -CHAOS_E_REMOTE);
        assert_non_null(strstr(chaos_error_text(&err), "Content-Encoding"));
    }
    buffer_clear(&response.body);
}

static void a_small_body_cannot_become_a_huge_one(void **state)
{
    const struct coding_case c = { NULL, "gzip", BODY(X_4096_TIMES), NULL };

    (void)state;
    for (size_t limit = 4095; limit <= 4096; limit++) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        struct http_response response = { 0 };

        assert_int_equal(undo(&response, &c, limit, &err), limit < 4096 ? -CHAOS_E_LIMIT : 0);
        buffer_clear(&response.body);
    }
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(coding_cases) + 1] = {
        cmocka_unit_test(a_small_body_cannot_become_a_huge_one),
    };

    for (size_t i = 0; i < ARRAY_SIZE(coding_cases); i++)
        tests[1 + i] = (struct CMUnitTest){ .name = coding_cases[i].claim,
                                            .test_func = check_coding,
                                            .initial_state = (void *)(uintptr_t)&coding_cases[i] };
    return cmocka_run_group_tests_name("content codings", tests, NULL, NULL);
}
