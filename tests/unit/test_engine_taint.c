// SPDX-License-Identifier: Apache-2.0
#include "engine/taint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/support/quoted.h"
#include "value/json.h"

struct mask_case {
    const char *claim;
    const char *value;
    const char *masked;
};

/* The secrets: s.token from the environment, s.pin (short) too, s.plain written in the experiment.
 */
static const struct mask_case cases[] = {
    { "a value is hidden", "'hunter2hunter'", "'***(secret token)'" },
    { "a value within text is hidden, as often as it is there", "'a hunter2hunter, hunter2hunter!'",
      "'a ***(secret token), ***(secret token)!'" },
    { "a value in a structure is hidden", "{'a': [1, 'hunter2hunter', {'b': 'x'}]}",
      "{'a': [1, '***(secret token)', {'b': 'x'}]}" },
    { "base64 hides nothing", "'Basic aHVudGVyMmh1bnRlcg=='", "'Basic ***(secret token)g=='" },
    { "URL encoding hides nothing", "'https://x/?q=p%2Fw%20d%21'",
      "'https://x/?q=***(secret odd)'" },
    { "a short value is hidden where it is all there is", "'123'", "'***(secret pin)'" },
    { "a short value within text is a word like others", "'1234'", "'1234'" },
    { "what the experiment has is no secret", "'in the open'", "'in the open'" },
    { "other text stays", "'hunter2'", "'hunter2'" },
};

static struct taint *make(void)
{
    AUTO(json)
    json_t *declared = quoted_json("{'s': {'token': {'type': 'env', 'key': 'T'}, 'pin': {'type': "
                                   "'env', 'key': 'P'}, 'plain': 'in the open'}, 'v': {'all': "
                                   "{'type': 'vault', 'path': 'x'}}}");
    AUTO(json)
    json_t *resolved = quoted_json("{'s': {'token': 'hunter2hunter', 'pin': '123', 'plain': "
                                   "'in the open'}, 'v': {'all': {'odd': 'p/w d!'}}}");

    return taint_new(declared, resolved);
}

static void check_mask(void **state)
{
    const struct mask_case *one = *state;
    AUTO(taint) struct taint *taint = make();
    AUTO(json) json_t *value = quoted_json(one->value);
    AUTO(json) json_t *wanted = quoted_json(one->masked);
    AUTO(json) json_t *masked = taint_mask(taint, value, TAINT_HIDDEN);
    AUTO(str) char *text = json_text(masked, JSON_STYLE_LINE);

    if (!json_equal(masked, wanted))
        fail_msg("%s", text);
    if (json_equal(value, wanted))
        assert_ptr_equal(masked, value); /* nothing is copied for nothing */
}

static void a_pattern_becomes_the_value_again(void **state)
{
    AUTO(taint) struct taint *taint = make();
    AUTO(json) json_t *value = quoted_json("'Bearer hunter2hunter'");
    AUTO(json) json_t *masked = taint_mask(taint, value, TAINT_PATTERN);

    (void)state;
    assert_string_equal(json_string_value(masked), "Bearer ${token}");
}

static void without_secrets_there_is_no_taint(void **state)
{
    AUTO(json) json_t *secrets = quoted_json("{'s': {'plain': 'in the open'}}");

    (void)state;
    assert_null(taint_new(secrets, secrets));
    assert_null(taint_new(NULL, NULL));
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(cases) + 2];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        tests[i] = (struct CMUnitTest){ .name = cases[i].claim,
                                        .test_func = check_mask,
                                        .initial_state = (void *)(uintptr_t)&cases[i] };
    tests[ARRAY_SIZE(cases)] =
        (struct CMUnitTest)cmocka_unit_test(a_pattern_becomes_the_value_again);
    tests[ARRAY_SIZE(cases) + 1] =
        (struct CMUnitTest)cmocka_unit_test(without_secrets_there_is_no_taint);
    return cmocka_run_group_tests_name("secrets in what is written down", tests, NULL, NULL);
}
