// SPDX-License-Identifier: Apache-2.0
// What the comparison with the reference cannot see: draws, times, tags, error texts.
#include "ext/aws_pick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "base/mem.h"
#include "base/str.h"
#include "ext/aws_explain.h"
#include "ext/aws_tags.h"
#include "ext/aws_time.h"
#include "tests/support/aws_script.h"
#include "tests/support/quoted.h"
#include "value/json.h"

extern const struct chaos_extension ext_aws_call_actions;

static void a_draw_stays_when_others_leave(void **state)
{
    struct chaos_context context = { .activity = "draw" };
    struct chaos_call call = { .context = &context };
    AUTO(json) json_t *all = quoted_json("['a', 'b', 'c', 'd', 'e', 'f']");
    AUTO(json) json_t *picked = aws_pick(&call, all, 2);
    AUTO(json) json_t *again = NULL;

    (void)state;
    assert_int_equal(json_array_size(picked), 2);
    assert_true(strcmp(json_string_value(json_array_get(picked, 0)),
                       json_string_value(json_array_get(picked, 1))) < 0);
    for (size_t i = json_array_size(all); i-- > 0;)
        if (!json_equal(json_array_get(all, i), json_array_get(picked, 0)) &&
            !json_equal(json_array_get(all, i), json_array_get(picked, 1)) &&
            json_array_size(all) > 3)
            json_array_remove(all, i);
    again = aws_pick(&call, all, 2);
    assert_true(json_equal(again, picked));
}

static void draws_are_about_even(void **state)
{
    AUTO(json) json_t *all = quoted_json("['a', 'b', 'c', 'd']");
    int counts[4] = { 0 };

    (void)state;
    for (int i = 0; i < 4000; i++) {
        AUTO(str) char *name = mem_printf("activity %d", i);
        struct chaos_context context = { .activity = name };
        struct chaos_call call = { .context = &context };

        counts[aws_pick_one(&call, all)[0] - 'a']++;
    }
    for (size_t i = 0; i < 4; i++)
        assert_in_range((uintmax_t)counts[i], 880, 1120);
}

static void a_list_of_parameters_is_as_many_requests(void **state)
{
    static const struct exchange exchanges[] = {
        { "ec2", "StartInstances", "{'InstanceIds': ['i-1']}", "{'n': 1}" },
        { "ec2", "StartInstances", "{'InstanceIds': ['i-2']}", "{'n': 2}" },
        { "ec2", "instance_running", "{}", "{}" },
        { 0 },
    };
    struct chaos_context context = { .activity = "a" };
    AUTO(json)
    json_t *arguments =
        quoted_json("{'service': 'ec2', 'operation': 'StartInstances', 'parameters':"
                    " [{'InstanceIds': ['i-1']}, {'InstanceIds': ['i-2']}],"
                    " 'waiter': 'instance_running', 'jsonpath': '$[*].n'}");
    struct chaos_call call = { .arguments = arguments, .context = &context };
    AUTO(json) json_t *output = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    script = exchanges;
    if (ext_aws_call_actions.functions[0].run(&call, &output, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    assert_json(output, "[1, 2]");
}

static void a_refusal_is_taken_apart(void **state)
{
    struct chaos_error err = { 0 };

    (void)state;
    chaos_error_set(&err, CHAOS_E_REMOTE,
                    "An error occurred (Gone.Away) when calling the Look operation (reached max "
                    "retries: 4): it is: gone");
    assert_true(aws_refused_with(&err, "Gone.Away"));
    assert_false(aws_refused_with(&err, "Gone"));
    assert_string_equal(aws_refusal_message(&err), "it is: gone");
    chaos_error_clear(&err);
    chaos_error_set(&err, CHAOS_E_IO, "no route");
    assert_false(aws_refused(&err));
    assert_string_equal(aws_refusal_message(&err), "no route");
    chaos_error_clear(&err);
}

struct time_case {
    const char *claim;
    const char *when;
    int64_t seconds; /* against a base of 10,000,000; -1: an error */
};

static const struct time_case time_cases[] = {
    { "minutes go back", "'3 minutes'", 10000000 - 180 },
    { "one of a unit may be singular", "'1 hour'", 10000000 - 3600 },
    { "quantities may have a fraction", "'1.5 days'", 10000000 - 129600 },
    { "a month has 30 days", "'2 months'", 10000000 - 5184000 },
    { "a number is seconds since the epoch", "12", 12 },
    { "an unknown unit is an error", "'3 fortnights'", -1 },
    { "a unit without a number is an error", "'minutes'", -1 },
    { "an empty text is an error", "''", -1 },
    { "null is an error", "null", -1 },
    { "more than a calendar holds is an error", "'1e300 years'", -1 },
};

static void check_time(void **state)
{
    const struct time_case *row = *state;
    AUTO(json) json_t *when = quoted_json(row->when);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    int64_t wall = 0;
    int r = aws_time_read(when, INT64_C(10000000) * CLOCK_NS_PER_S, &wall, &err);

    assert_int_equal(r < 0, row->seconds < 0);
    if (r == 0)
        assert_int_equal(wall, row->seconds * CLOCK_NS_PER_S);
}

static void tags_of_a_text_are_split_at_the_first_equals(void **state)
{
    AUTO(json) json_t *text = json_string("a=b=c,d=");
    AUTO(json) json_t *broken = json_string("a=b,c");
    AUTO(json) json_t *tags = NULL;
    AUTO(json) json_t *none = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)state;
    assert_int_equal(aws_tags_read(text, &tags, &err), 0);
    assert_json(tags, "{'a': 'b=c', 'd': ''}");
    assert_true(aws_tags_read(broken, &none, &err) < 0);
    assert_non_null(strstr(chaos_error_text(&err), "'c' has no '='"));
}

int main(void)
{
    static struct CMUnitTest rows[ARRAY_SIZE(time_cases)];
    const struct CMUnitTest singles[] = {
        cmocka_unit_test(a_draw_stays_when_others_leave),
        cmocka_unit_test(draws_are_about_even),
        cmocka_unit_test(a_list_of_parameters_is_as_many_requests),
        cmocka_unit_test(a_refusal_is_taken_apart),
        cmocka_unit_test(tags_of_a_text_are_split_at_the_first_equals),
    };
    size_t count = 0;
    int failed;

    setenv("CHAOS_SEED", "1234", 1);
    for (size_t i = 0; i < ARRAY_SIZE(time_cases); i++)
        rows[count++] = (struct CMUnitTest){ .name = time_cases[i].claim,
                                             .test_func = check_time,
                                             .initial_state = (void *)(uintptr_t)&time_cases[i] };
    failed = cmocka_run_group_tests_name("AWS functions, one by one", rows, NULL, NULL);
    return failed + cmocka_run_group_tests_name("AWS functions", singles, NULL, NULL);
}
