// SPDX-License-Identifier: Apache-2.0
#include "engine/taint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/support/quoted.h"
#include "value/extended.h"
#include "value/json.h"

struct mask_case {
    const char *claim;
    const char *value;
    const char *masked; /* where people read */
    const char *hidden; /* in the write-ahead log; NULL: the same */
};

/* The secrets: s.token from the environment, s.pin (short) too, s.plain written in the experiment,
 * s.quoted with what texts escape, s.count all digits, v.odd and v.key from a mapping in Vault. */
static const struct mask_case cases[] = {
    { "a value is hidden", "'hunter2hunter'", "'***(secret token)'", NULL },
    { "a value within text is hidden, as often as it is there", "'a hunter2hunter, hunter2hunter!'",
      "'a ***(secret token), ***(secret token)!'", NULL },
    { "a value in a structure is hidden", "{'a': [1, 'hunter2hunter', {'b': 'x'}]}",
      "{'a': [1, '***(secret token)', {'b': 'x'}]}", NULL },
    { "base64 hides nothing", "'Basic aHVudGVyMmh1bnRlcg=='", "'Basic ***(secret token)g=='",
      NULL },
    { "base64 hides nothing in the midst of a text, one byte off", "'Omh1bnRlcjJodW50ZXIh'",
      "'Om***(secret token)Ih'", NULL },
    { "base64 hides nothing in the midst of a text, two bytes off", "'dTpodW50ZXIyaHVudGVyIQ=='",
      "'dTp***(secret token)IQ=='", NULL },
    { "URL encoding hides nothing", "'https://x/?q=p%2Fw%20d%21~'",
      "'https://x/?q=***(secret odd)'", NULL },
    { "URL encoding hides nothing in lower case", "'p%2fw%20d%21~'", "'***(secret odd)'", NULL },
    { "URL encoding hides nothing where a slash stays", "'p/w%20d%21~'", "'***(secret odd)'",
      NULL },
    { "the encoding of forms hides nothing", "'q=p%2Fw+d%21%7E'", "'q=***(secret odd)'", NULL },
    { "JSON within text hides nothing", "'{\\\"a\\\": \\\"x\\\\\\\"y\\\\\\\\z\\\\u00e9!\\\"}'",
      "'{\\\"a\\\": \\\"***(secret quoted)\\\"}'", NULL },
    { "what Python shows of a value hides nothing", "'[x\\\"y\\\\\\\\z\u00e9!]'",
      "'[***(secret quoted)]'", NULL },
    { "hexadecimal hides nothing", "'0x68756E7465723268756e746572 68756e7465723268756e746572'",
      "'0x68756E7465723268756e746572 ***(secret token)'", NULL },
    { "a line of a value of several lines is hidden", "'at MIIEowIBAAKCAQEA:'",
      "'at ***(secret key):'", NULL },
    { "a number is hidden in an output", "{'output': [{'n': 12345678}]}",
      "{'output': [{'n': '***(secret count)'}]}", NULL },
    { "a number is ours elsewhere", "{'duration': 12345678}", "{'duration': 12345678}", NULL },
    { "a key is hidden in an output", "{'output': {'hunter2hunter': 1}}",
      "{'output': {'***(secret token)': 1}}", NULL },
    { "a key stays elsewhere", "{'hunter2hunter': 1}", "{'hunter2hunter': 1}", NULL },
    { "a short value is hidden in the log of the run where it is all there is", "'123'", "'123'",
      "'***(secret pin)'" },
    { "a short value within text is a word like others", "'1234'", "'1234'", NULL },
    { "five bytes are hidden in the log of the run only", "'a gate5'", "'a gate5'",
      "'a ***(secret five)'" },
    { "six bytes are hidden", "'a gate66'", "'a ***(secret six)'", NULL },
    { "a word of every journal stays", "{'status': 'succeeded'}", "{'status': 'succeeded'}", NULL },
    { "what the experiment has is no secret", "'in the open'", "'in the open'", NULL },
    { "what a control put there is one", "'from a control'", "'***(secret late)'", NULL },
    { "other text stays", "'hunter2'", "'hunter2'", NULL },
};

static struct mask *make(void)
{
    struct mask *mask = mask_new();
    AUTO(json)
    json_t *declared = quoted_json(
        "{'s': {'token': {'type': 'env', 'key': 'T'}, 'pin': {'type': 'env', 'key': 'P'}, 'five': "
        "{'type': 'env'}, 'six': {'type': 'env'}, 'quoted': {'type': 'env'}, 'count': {'type': "
        "'env'}, 'word': {'type': 'env'}, 'plain': 'in the open', 'list': ['in the open']}, 'v': "
        "{'all': {'type': 'vault', 'path': 'x'}}}");
    AUTO(json)
    json_t *resolved = quoted_json(
        "{'s': {'token': 'hunter2hunter', 'pin': '123', 'five': 'gate5', 'six': 'gate66', "
        "'quoted': 'x\\\"y\\\\z\u00e9!', 'count': 12345678, 'word': 'succeeded', 'plain': 'in the "
        "open', 'list': ['in the open']}, 'v': {'all': {'odd': 'p/w d!~', 'key': "
        "'-----BEGIN-----\\nMIIEowIBAAKCAQEA\\nend\\n'}}, 'late': 'from a control'}");

    taint_learn(mask, declared, resolved);
    return mask;
}

static void check(const struct mask *mask, const struct mask_case *one, enum mask_style style,
                  const char *expected)
{
    AUTO(json) json_t *value = quoted_json(one->value);
    AUTO(json) json_t *wanted = quoted_json(expected);
    AUTO(json) json_t *masked = taint_mask(mask, value, style);
    AUTO(str) char *text = json_text(masked, JSON_STYLE_LINE);

    if (!json_equal(masked, wanted))
        fail_msg("%s", text);
    if (json_equal(value, wanted))
        assert_ptr_equal(masked, value); /* nothing is copied for nothing */
}

static void check_mask(void **state)
{
    const struct mask_case *one = *state;
    AUTO(mask) struct mask *mask = make();

    check(mask, one, MASK_SHOWN, one->masked);
    check(mask, one, MASK_HIDDEN, one->hidden ? one->hidden : one->masked);
}

static void bytes_are_searched_too(void **state)
{
    AUTO(mask) struct mask *mask = make();
    AUTO(json) json_t *value = extended_bytes("\x01hunter2hunter\xff", 15);
    AUTO(json) json_t *wanted = extended_bytes("\x01***(secret token)\xff", 19);
    AUTO(json) json_t *masked = taint_mask(mask, value, MASK_SHOWN);

    (void)state;
    assert_true(json_equal(masked, wanted));
}

static void a_pattern_becomes_the_value_again(void **state)
{
    AUTO(mask) struct mask *mask = make();
    AUTO(json) json_t *value = quoted_json("['Bearer hunter2hunter', 'aHVudGVyMmh1bnRlcg==']");
    AUTO(json) json_t *masked = taint_mask(mask, value, MASK_PATTERN);
    AUTO(json) json_t *wanted = quoted_json("['Bearer ${token}', '***(secret token)g==']");

    (void)state;
    assert_true(json_equal(masked, wanted));
}

static void without_secrets_there_is_nothing_to_hide(void **state)
{
    AUTO(json) json_t *secrets = quoted_json("{'s': {'plain': 'in the open'}}");
    AUTO(mask) struct mask *mask = mask_new();
    AUTO(buffer) struct buffer out = { 0 };

    (void)state;
    taint_learn(mask, secrets, secrets);
    taint_learn(mask, NULL, NULL);
    mask_add(mask, "empty", "");
    assert_true(mask_is_empty(mask));
    assert_true(mask_is_empty(NULL));
    assert_false(mask_text(mask, "in the open", 11, MASK_HIDDEN, &out));
    assert_int_equal(out.length, 0);
}

static void the_longest_value_wins(void **state)
{
    AUTO(mask) struct mask *mask = mask_new();
    AUTO(buffer) struct buffer out = { 0 };

    (void)state;
    mask_add(mask, "short", "abcdef");
    mask_add(mask, "long", "abcdefgh");
    mask_add(mask, "again", "abcdef");
    assert_true(mask_text(mask, "abcdefghabcdefg", 15, MASK_SHOWN, &out));
    assert_string_equal(buffer_text(&out), "***(secret long)***(secret short)g");
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(bytes_are_searched_too),
        cmocka_unit_test(a_pattern_becomes_the_value_again),
        cmocka_unit_test(without_secrets_there_is_nothing_to_hide),
        cmocka_unit_test(the_longest_value_wins),
    };
    struct CMUnitTest tests[ARRAY_SIZE(cases) + ARRAY_SIZE(others)];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        tests[i] = (struct CMUnitTest){ .name = cases[i].claim,
                                        .test_func = check_mask,
                                        .initial_state = (void *)(uintptr_t)&cases[i] };
    memcpy(tests + ARRAY_SIZE(cases), others, sizeof(others));
    return cmocka_run_group_tests_name("secrets in what is written down", tests, NULL, NULL);
}
