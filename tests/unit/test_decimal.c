// SPDX-License-Identifier: Apache-2.0
#include "value/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "value/json.h"

enum outcome {
    INSIDE,
    OUTSIDE,
    NO_NUMBER,
    REFUSED
};

struct range_case {
    const char *claim;
    const char *value; /* all three as JSON */
    const char *lower;
    const char *upper;
    enum outcome outcome;
};

static const struct range_case range_cases[] = {
    { "a range includes its lower bound", "1", "1", "5", INSIDE },
    { "a range includes its upper bound", "5", "1", "5", INSIDE },
    { "a range rejects a value above it", "5.1", "1", "5", OUTSIDE },
    { "a range rejects a value below it", "-1", "0", "5", OUTSIDE },
    { "an inverted range holds nothing", "3", "5", "1", OUTSIDE },
    { "0.1 is a little more than a tenth", "0.1", "\"0.1\"", "1", INSIDE },
    { "a tenth is a little less than 0.1", "\"0.1\"", "0.1", "1", OUTSIDE },
    { "the double 0.1 is exactly this", "0.1",
      "\"0.1000000000000000055511151231257827021181583404541015625\"",
      "\"0.1000000000000000055511151231257827021181583404541015625\"", INSIDE },
    { "2^53 + 1 is not 2^53", "9007199254740993", "0", "9007199254740992.0", OUTSIDE },
    { "the least double is above zero", "5e-324", "0", "5e-324", INSIDE },
    { "half of the least double is below it", "\"2.4e-324\"", "5e-324", "1", OUTSIDE },
    { "integers beyond 64 bits are exact", "18446744073709551617", "18446744073709551617",
      "18446744073709551617", INSIDE },
    { "true counts as 1", "true", "1", "1", INSIDE },
    { "minus zero is zero", "-0.0", "0", "0", INSIDE },
    { "negative numbers are ordered", "-2", "-3", "-1", INSIDE },
    { "negative numbers are ordered by size", "-30", "-3", "-1", OUTSIDE },
    { "text is a number when it reads as one", "\" 2_000 \"", "2000", "2000", INSIDE },
    { "digits of other scripts count", "\"\\u0661\\u0662\"", "12", "12", INSIDE },
    { "an exponent needs no giant number", "\"1e999999999999999999\"", "1", "Infinity", INSIDE },
    { "infinity is above all exponents", "Infinity", "0", "\"1e999999999999999999\"", OUTSIDE },
    { "minus infinity is below all", "\"-inf\"", "-1e308", "0", OUTSIDE },
    { "trailing zeros do not matter", "\"1.500\"", "1.5", "1.5", INSIDE },
    { "an exponent beyond Python's is no number", "\"1e1000000000000000000\"", "0", "1",
      NO_NUMBER },
    { "a word is no number", "\"fast\"", "0", "1", NO_NUMBER },
    { "an empty text is no number", "\"\"", "0", "1", NO_NUMBER },
    { "blanks inside are no number", "\"1 2\"", "0", "99", NO_NUMBER },
    { "a NUL ends no number", "\"1\\u0000\"", "0", "99", NO_NUMBER },
    { "hexadecimal is no number", "\"0x10\"", "0", "99", NO_NUMBER },
    { "null is refused", "null", "0", "1", REFUSED },
    { "a list is refused", "[1]", "0", "1", REFUSED },
    { "a mapping is refused", "{}", "0", "1", REFUSED },
    { "NaN is refused", "NaN", "0", "1", REFUSED },
    { "NaN as text is refused", "\"nan\"", "0", "1", REFUSED },
    { "a bound that is no number is refused", "1", "\"x\"", "1", REFUSED },
    { "the upper bound does not matter below the lower one", "1", "2", "null", OUTSIDE },
    { "the upper bound matters within the lower one", "1", "0", "null", REFUSED },
};

static json_t *read_json(const char *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    if (json_parse(text, strlen(text), &value, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    return value;
}

static enum outcome outcome_of(const json_t *value, const json_t *lower, const json_t *upper,
                               struct chaos_error *err)
{
    bool inside;
    bool number;

    if (decimal_in_range(value, lower, upper, &inside, &number, err) < 0)
        return REFUSED;
    if (!number)
        return NO_NUMBER;
    return inside ? INSIDE : OUTSIDE;
}

static void check_range(void **state)
{
    const struct range_case *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *value = read_json(c->value);
    AUTO(json) json_t *lower = read_json(c->lower);
    AUTO(json) json_t *upper = read_json(c->upper);

    assert_int_equal(outcome_of(value, lower, upper, &err), c->outcome);
}

static void a_refusal_is_told_in_the_words_of_python(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *zero = json_integer(0);

    (void)state;
    assert_int_equal(outcome_of(json_null(), zero, zero, &err), REFUSED);
    assert_int_equal(err.code, CHAOS_E_INVALID);
    assert_string_equal(chaos_error_text(&err),
                        "conversion from NoneType to Decimal is not supported");
}

static void a_million_digits_are_compared(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *value = NULL;
    AUTO(json) json_t *less = NULL;
    char *digits = mem_alloc(1000001);

    (void)state;
    memset(digits, '7', 1000000);
    digits[1000000] = '\0';
    value = json_string(digits);
    digits[999999] = '6';
    less = json_string(digits);
    free(digits);
    assert_int_equal(outcome_of(value, less, value, &err), INSIDE);
    assert_int_equal(outcome_of(value, less, less, &err), OUTSIDE);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(range_cases) + 2];

    for (size_t i = 0; i < ARRAY_SIZE(range_cases); i++)
        tests[i] = (struct CMUnitTest){ .name = range_cases[i].claim,
                                        .test_func = check_range,
                                        .initial_state = (void *)(uintptr_t)&range_cases[i] };
    tests[ARRAY_SIZE(range_cases)] =
        (struct CMUnitTest)cmocka_unit_test(a_refusal_is_told_in_the_words_of_python);
    tests[ARRAY_SIZE(range_cases) + 1] =
        (struct CMUnitTest)cmocka_unit_test(a_million_digits_are_compared);
    return cmocka_run_group_tests_name("decimal range", tests, NULL, NULL);
}
