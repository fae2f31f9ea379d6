// SPDX-License-Identifier: Apache-2.0
#include "base/seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_number_is_itself(void **state)
{
    (void)state;
    assert_int_equal(seed_parse("1234"), 1234);
    assert_int_equal(seed_parse("9007199254740991"), UINT64_C(9007199254740991));
}

static void what_does_not_fit_is_cut_to_what_json_keeps(void **state)
{
    (void)state;
    assert_int_equal(seed_parse("9007199254740993"), 1);
    assert_true(seed_parse("18446744073709551615") <= UINT64_C(9007199254740991));
    assert_true(seed_parse("a text of any length") <= UINT64_C(9007199254740991));
}

static void no_text_is_the_seed_that_means_none(void **state)
{
    static const char *const texts[] = { "0", "", "x", "-1", "1x", " " };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_true(seed_parse(texts[i]) > 0);
}

static void texts_that_are_near_give_seeds_that_are_not(void **state)
{
    (void)state;
    assert_int_equal(seed_parse("blue"), seed_parse("blue"));
    assert_true((seed_parse("blue1") ^ seed_parse("blue2")) > UINT32_MAX);
}

static void the_environment_names_the_default(void **state)
{
    (void)state;
    setenv("CHAOS_SEED", "77", 1);
    assert_int_equal(seed_default(), 77);
    setenv("CHAOS_SEED", "78", 1);
    assert_int_equal(seed_default(), 77); /* once a process */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_itself),
        cmocka_unit_test(what_does_not_fit_is_cut_to_what_json_keeps),
        cmocka_unit_test(no_text_is_the_seed_that_means_none),
        cmocka_unit_test(texts_that_are_near_give_seeds_that_are_not),
        cmocka_unit_test(the_environment_names_the_default),
    };

    return cmocka_run_group_tests_name("seeds", tests, NULL, NULL);
}
