// SPDX-License-Identifier: Apache-2.0
#include "net/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/digest.h"

struct hash_case {
    const char *claim;
    const char *text;
    size_t times;
    const char *digest;
};

/* The examples of FIPS 180-4, and lengths around the padding. */
static const struct hash_case hash_cases[] = {
    { "of nothing", "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "of abc", "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "of 56 bytes", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { "of a million times a", "a", 1000000,
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
    { "of 55 bytes", "a", 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318" },
    { "of 64 bytes", "a", 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb" },
};

static void check_hash(void **state)
{
    const struct hash_case *c = *state;
    size_t length = strlen(c->text) * c->times;
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    unsigned char hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];

    for (size_t i = 0; i < c->times; i++)
        buffer_add_text(&text, c->text);
    sha256_compute(buffer_text(&text), length, hash);
    digest_hex(hash, sizeof(hash), hex);
    assert_string_equal(hex, c->digest);
    assert_int_equal(digest_compute(DIGEST_SHA256, buffer_text(&text), length, hash, &err), 0);
    digest_hex(hash, sizeof(hash), hex);
    assert_string_equal(hex, c->digest);
}

static void pieces_of_any_size_give_the_same(void **state)
{
    unsigned char data[300], whole[SHA256_SIZE], hash[SHA256_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (unsigned char)(i * 31);
    sha256_compute(data, sizeof(data), whole);
    for (size_t step = 1; step < 130; step++) {
        struct sha256 sha;

        sha256_init(&sha);
        for (size_t at = 0; at < sizeof(data); at += step)
            sha256_add(&sha, data + at, at + step < sizeof(data) ? step : sizeof(data) - at);
        sha256_end(&sha, hash);
        assert_memory_equal(hash, whole, sizeof(hash));
    }
}

static void what_is_large_is_hashed_by_libcrypto_alike(void **state)
{
    size_t size = (size_t)3 * 1024 * 1024 + 7;
    AUTO(mem) unsigned char *data = mem_zero(size, 1);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    unsigned char ours[SHA256_SIZE], theirs[SHA256_SIZE];

    (void)state;
    for (size_t i = 0; i < size; i++)
        data[i] = (unsigned char)(i * i >> 3);
    sha256_compute(data, size, ours);
    assert_int_equal(digest_compute(DIGEST_SHA256, data, size, theirs, &err), 0);
    assert_memory_equal(ours, theirs, sizeof(ours));
}

struct hmac_case {
    const char *claim;
    unsigned char key;
    size_t key_length;
    const char *data;
    const char *digest;
};

/* RFC 4231, cases 1, 6 and 7 */
static const struct hmac_case hmac_cases[] = {
    { "with a short key", 0x0b, 20, "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "with a key longer than a block", 0xaa, 131,
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    { "with a long key over long data", 0xaa, 131,
      "This is a test using a larger than block-size key and a larger than block-size data. The "
      "key needs to be hashed before being used by the HMAC algorithm.",
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
};

static void check_hmac(void **state)
{
    const struct hmac_case *c = *state;
    unsigned char key[131];
    unsigned char hash[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1];

    memset(key, c->key, sizeof(key));
    sha256_hmac(key, c->key_length, c->data, strlen(c->data), hash);
    digest_hex(hash, sizeof(hash), hex);
    assert_string_equal(hex, c->digest);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(hash_cases) + ARRAY_SIZE(hmac_cases) + 2] = {
        cmocka_unit_test(pieces_of_any_size_give_the_same),
        cmocka_unit_test(what_is_large_is_hashed_by_libcrypto_alike),
    };
    size_t count = 2;

    for (size_t i = 0; i < ARRAY_SIZE(hash_cases); i++)
        tests[count++] = (struct CMUnitTest){
            .name = hash_cases[i].claim,
            .test_func = check_hash,
            .initial_state = (void *)(uintptr_t)&hash_cases[i],
        };
    for (size_t i = 0; i < ARRAY_SIZE(hmac_cases); i++)
        tests[count++] = (struct CMUnitTest){
            .name = hmac_cases[i].claim,
            .test_func = check_hmac,
            .initial_state = (void *)(uintptr_t)&hmac_cases[i],
        };
    return cmocka_run_group_tests_name("SHA-256", tests, NULL, NULL);
}
