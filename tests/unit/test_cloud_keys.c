// SPDX-License-Identifier: Apache-2.0
// Key pairs. The fingerprints are those that ssh-keygen and openssl show for the same keys.
#include "tests/support/paper_ec2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/base64.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "cloud/ssh_key.h"

#define RSA_TEXT                                                                                      \
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCy05+NVo6me6NhbiGMtrhfP97DO+SkIfy7GR2SdXj8432tmmVvsxMcfJ"  \
    "/GxIygsWSZB3qNzq55kKN0QdaSpXRjQs6gW8Krxgk8IeWGIJnR2H7ecI4bfwQYjLe2nhaGTP/pf17gNr8fjpk+OgNf8H9F"  \
    "WL801ssVmn8vclRQzn9xC0p+qwvCMB3oE6Svc2LDizPO6gJAPgpwlnxcRG8VahhkcNCElM2xIodzz6ifBa8UmtTkfSKkmC"  \
    "AWsk5ALplT9ZqSnMhK0wWwxhIcaiPGKgitr5Ps+kZ/3Ebt8nNdY8/KCz0TOdj8NO2KEuarPL2arFBAeXysBjwGEiM/RatuK" \
    "rm3"
#define ED25519_TEXT                                                                               \
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDGfOKb+1VF669pxMqPDLsW9WRhHRzEC2tQ8JbLevDfV"

static char *base64_of(const char *text)
{
    struct buffer out = { 0 };

    base64_encode(&out, text, strlen(text));
    return buffer_take(&out);
}

static const json_t *import(struct paper_cloud *paper, const char *name, const char *text)
{
    AUTO(str) char *material = base64_of(text);

    return paper_do(paper, "ImportKeyPair", "{'KeyName': '%s', 'PublicKeyMaterial': '%s'}", name,
                    material);
}

static void an_imported_rsa_key_shows_the_md5_of_its_public_key(void **state)
{
    assert_string_equal(paper_text(import(*state, "r", RSA_TEXT " me@home\n"), "KeyFingerprint"),
                        "89:2a:bd:43:99:2e:7f:69:dc:04:75:de:64:63:9a:ab");
}

static void an_imported_ed25519_key_shows_what_ssh_keygen_shows(void **state)
{
    assert_string_equal(paper_text(import(*state, "e", ED25519_TEXT), "KeyFingerprint"),
                        "3KgwYWsr1gTMnFJCuO+njq1RcMY0tPlI90gNWtmAB0M=");
}

static void the_public_key_is_shown_when_it_is_asked_for(void **state)
{
    struct paper_cloud *paper = *state;
    const json_t *shown;

    import(paper, "e", ED25519_TEXT " me@home");
    shown = paper_do(paper, "DescribeKeyPairs", "{'KeyNames': ['e'], 'IncludePublicKey': true}");
    assert_string_equal(paper_text(shown, "KeyPairs.0.PublicKey"), ED25519_TEXT);
    assert_string_equal(paper_text(shown, "KeyPairs.0.KeyType"), "ed25519");
    shown = paper_do(paper, "DescribeKeyPairs", "{'KeyNames': ['e']}");
    assert_null(json_object_get(paper_at(shown, "KeyPairs.0"), "PublicKey"));
}

/* The text between the first line and the last one, decoded. */
static void unwrap(const char *armoured, const char *label, struct buffer *out)
{
    AUTO(str) char *first = mem_printf("-----BEGIN %s-----\n", label);
    const char *begin = strstr(armoured, first);
    const char *end = strstr(armoured, "\n-----END ");
    AUTO(str) char *base64 = NULL;

    assert_ptr_equal(begin, armoured);
    assert_non_null(end);
    base64 = mem_strndup(begin + strlen(first), (size_t)(end - begin) - strlen(first));
    assert_true(base64_decode(out, base64));
}

static void a_created_key_comes_with_its_private_half(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(buffer) struct buffer secret = { 0 };
    AUTO(buffer) struct buffer der = { 0 };
    AUTO(ssh_key) struct ssh_key key = { 0 };
    const char *text;

    unwrap(paper_text(paper_do(paper, "CreateKeyPair", "{'KeyName': 'e', 'KeyType': 'ed25519'}"),
                      "KeyMaterial"),
           "OPENSSH PRIVATE KEY", &secret);
    text = paper_text(paper_do(paper, "DescribeKeyPairs", "{'IncludePublicKey': true}"),
                      "KeyPairs.0.PublicKey");
    assert_true(ssh_key_parse(text, strlen(text), &key));
    /* "openssh-key-v1", no cipher, one key: then the public one. */
    assert_memory_equal(secret.data + 43, key.blob.data, key.blob.length);
    unwrap(paper_text(paper_do(paper, "CreateKeyPair", "{'KeyName': 'r'}"), "KeyMaterial"),
           "RSA PRIVATE KEY", &der);
    assert_in_range(der.length, 1150, 1250); /* 2048 bits */
}

static void a_launch_names_a_key_that_there_is(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *instance = NULL;

    import(paper, "e", ED25519_TEXT);
    instance = paper_launch(paper, "'KeyName': 'e', ");
    assert_string_equal(paper_text(cloud_instance(paper->cloud, instance), "Item.KeyName"), "e");
    paper_do(paper, "DeleteKeyPair", "{'KeyName': 'e'}");
    paper_refuses(paper, "InvalidKeyPair.NotFound", "RunInstances",
                  "{'ImageId': '" PAPER_IMAGE "', 'MinCount': 1, 'MaxCount': 1, 'KeyName': 'e'}");
}

static void deleting_a_key_that_there_is_not_leaves_the_others(void **state)
{
    struct paper_cloud *paper = *state;

    import(paper, "e", ED25519_TEXT);
    paper_do(paper, "DeleteKeyPair", "{'KeyName': 'none'}");
    assert_int_equal(paper_count(paper_do(paper, "DescribeKeyPairs", "{}"), "KeyPairs"), 1);
}

struct refusal {
    const char *claim;
    const char *code;
    const char *operation;
    const char *params;
};

static const struct refusal refusals[] = {
    { "a name is taken once", "InvalidKeyPair.Duplicate", "CreateKeyPair", "{'KeyName': 'e'}" },
    { "a name is not empty", "InvalidParameterValue", "CreateKeyPair", "{'KeyName': ''}" },
    { "a type is rsa or ed25519", "InvalidParameterValue", "CreateKeyPair",
      "{'KeyName': 'n', 'KeyType': 'dsa'}" },
    { "a format is pem", "UnsupportedOperation", "CreateKeyPair",
      "{'KeyName': 'n', 'KeyFormat': 'ppk'}" },
    { "an unknown key is not described", "InvalidKeyPair.NotFound", "DescribeKeyPairs",
      "{'KeyNames': ['n']}" },
    { "an unknown id is not described", "InvalidKeyPair.NotFound", "DescribeKeyPairs",
      "{'KeyPairIds': ['key-00000000000000000']}" },
    { "nothing cannot be deleted", "MissingParameter", "DeleteKeyPair", "{}" },
    { "material is base64", "InvalidKey.Format", "ImportKeyPair",
      "{'KeyName': 'n', 'PublicKeyMaterial': '*'}" },
};

static void check_refusal(void **state)
{
    const struct refusal *row = *state;
    struct paper_cloud *paper = NULL;

    assert_int_equal(paper_setup((void **)&paper), 0);
    import(paper, "e", ED25519_TEXT);
    paper_refuses(paper, row->code, row->operation, "%s", row->params);
    paper_cloud_close((void **)&paper);
}

struct no_key {
    const char *claim;
    const char *text;
};

static const struct no_key no_keys[] = {
    { "nothing is no key", "" },
    { "a name is no key", "ssh-rsa" },
    { "another kind is no key", "ssh-dss AAAAC3NzaC1lZDI1NTE5AAAAIDGfOKb+" },
    { "a key of another kind than it says is no key",
      "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIDGfOKb+1VF669pxMqPDLsW9WRhHRzEC2tQ8JbLevDfV" },
    { "a key that ends early is no key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDGfOKb+1VF6" },
    { "a length beyond the end is no key", "ssh-ed25519 AAAP/3NzaC1lZDI1NTE5" },
    { "what is not base64 is no key", "ssh-ed25519 *" },
};

static void check_no_key(void **state)
{
    const struct no_key *row = *state;
    AUTO(ssh_key) struct ssh_key key = { 0 };

    assert_false(ssh_key_parse(row->text, strlen(row->text), &key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAPER(an_imported_rsa_key_shows_the_md5_of_its_public_key),
        WITH_PAPER(an_imported_ed25519_key_shows_what_ssh_keygen_shows),
        WITH_PAPER(the_public_key_is_shown_when_it_is_asked_for),
        WITH_PAPER(a_created_key_comes_with_its_private_half),
        WITH_PAPER(a_launch_names_a_key_that_there_is),
        WITH_PAPER(deleting_a_key_that_there_is_not_leaves_the_others),
    };
    struct CMUnitTest rows[ARRAY_SIZE(refusals)];
    struct CMUnitTest parses[ARRAY_SIZE(no_keys)];

    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
        rows[i] = (struct CMUnitTest){ .name = refusals[i].claim,
                                       .test_func = check_refusal,
                                       .initial_state = (void *)(uintptr_t)&refusals[i] };
    for (size_t i = 0; i < ARRAY_SIZE(no_keys); i++)
        parses[i] = (struct CMUnitTest){ .name = no_keys[i].claim,
                                         .test_func = check_no_key,
                                         .initial_state = (void *)(uintptr_t)&no_keys[i] };
    return cmocka_run_group_tests_name("key pairs", tests, NULL, NULL) +
           cmocka_run_group_tests_name("refused key pairs", rows, NULL, NULL) +
           cmocka_run_group_tests_name("no keys", parses, NULL, NULL);
}
