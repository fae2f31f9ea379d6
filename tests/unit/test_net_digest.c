// SPDX-License-Identifier: Apache-2.0
#include "net/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MANY ((uint64_t)1 << 30)

struct stream_case {
    const char *claim;
    enum digest_kind kind;
    uint64_t expected;
    const char *digest; /* of "abc": RFC 1321, A.5; FIPS 180-4 */
    size_t size;
};

static const struct stream_case cases[] = {
    { "SHA-256 of what is short is computed here", DIGEST_SHA256, 3,
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", DIGEST_SHA256_SIZE },
    { "SHA-256 of what is long is libcrypto's", DIGEST_SHA256, MANY,
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", DIGEST_SHA256_SIZE },
    { "MD5 is libcrypto's", DIGEST_MD5, 3, "900150983cd24fb0d6963f7d28e17f72", DIGEST_MD5_SIZE },
};

static void check_stream(void **state)
{
    const struct stream_case *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(digest_stream) struct digest_stream *stream = NULL;
    unsigned char digest[DIGEST_SIZE_MAX];
    char text[2 * DIGEST_SIZE_MAX + 1];

    assert_int_equal(digest_stream_new(c->kind, c->expected, &stream, &err), 0);
    assert_int_equal(digest_stream_add(stream, "a", 1, &err), 0);
    assert_int_equal(digest_stream_add(stream, "", 0, &err), 0);
    assert_int_equal(digest_stream_add(stream, "bc", 2, &err), 0);
    assert_int_equal(digest_stream_end(stream, digest, &err), 0);
    digest_hex(digest, c->size, text);
    assert_string_equal(text, c->digest);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(cases)];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        tests[i] = (struct CMUnitTest){ .name = cases[i].claim,
                                        .test_func = check_stream,
                                        .initial_state = (void *)(uintptr_t)&cases[i] };
    return cmocka_run_group_tests_name("digests of pieces", tests, NULL, NULL);
}
