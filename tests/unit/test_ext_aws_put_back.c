// SPDX-License-Identifier: Apache-2.0
// What requests that put something back make of what AWS answers.
#include "ext/aws_put_back.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/support/aws_script.h"
#include "tests/support/quoted.h"

#define EXCHANGES_MAX 8

struct put_back_case {
    const char *claim;
    const char *parameters;
    double wait_s;
    struct exchange exchanges[EXCHANGES_MAX];
    const char *effect; /* with '!': it fails with this */
};

#define I1 "{'InstanceIds': ['i-1']}"
#define LOOK(state)                                                                                \
    {                                                                                              \
        "ec2", "DescribeInstances", I1,                                                            \
            "{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'State': {'Name': '" state     \
            "'}}]}]}"                                                                              \
    }
#define UNSEEN                                                                                     \
    {                                                                                              \
        "ec2", "DescribeInstances", I1, "!Unauthorized: not you"                                   \
    }
#define START                                                                                      \
    {                                                                                              \
        "ec2", "StartInstances", I1, "{}"                                                          \
    }
#define REFUSED                                                                                    \
    {                                                                                              \
        "ec2", "StartInstances", I1, "!IncorrectInstanceState: not now"                            \
    }
#define REFUSAL                                                                                    \
    "An error occurred (IncorrectInstanceState) when calling the StartInstances "                  \
    "operation: not now"
#define UNSEEN_WHY                                                                                 \
    "An error occurred (Unauthorized) when calling the DescribeInstances "                         \
    "operation: not you"

static const struct put_back_case put_back_cases[] = {
    { "what was otherwise, and is as it should be, is restored",
      "[" I1 "]",
      0,
      { LOOK("stopped"), START, LOOK("running") },
      "restored" },
    { "what is as it should be is asked for all the same, and was already so",
      "[" I1 "]",
      0,
      { LOOK("running"), START, LOOK("running") },
      "was already so" },
    { "a refusal of what is so already is no failure",
      "[" I1 "]",
      0,
      { LOOK("running"), REFUSED, LOOK("running") },
      "was already so" },
    { "what is refused while it is on its way is asked for again",
      "[" I1 "]",
      30,
      { LOOK("stopping"), REFUSED, LOOK("stopping"), START, LOOK("running") },
      "restored" },
    { "a refusal that leaves it otherwise is a failure",
      "[" I1 "]",
      0,
      { LOOK("stopped"), REFUSED, LOOK("stopped") },
      "!" REFUSAL },
    { "what was accepted and is not so in time is a failure",
      "[" I1 "]",
      0,
      { LOOK("stopped"), START, LOOK("stopped") },
      "!i-1 is 'stopped', not 'running'" },
    { "what is gone is a failure",
      "[" I1 "]",
      0,
      { LOOK("terminated"), REFUSED, LOOK("terminated") },
      "!" REFUSAL },
    { "what is on its way when the time is over is not verified",
      "[" I1 "]",
      0,
      { LOOK("stopped"), START, LOOK("pending") },
      "not verified: i-1 is 'pending', not 'running'" },
    { "what nobody may look at is not verified",
      "[" I1 "]",
      0,
      { UNSEEN, START, UNSEEN },
      "not verified: " UNSEEN_WHY },
    { "what was refused and nobody may look at is a failure",
      "[" I1 "]",
      0,
      { UNSEEN, REFUSED, UNSEEN },
      "!" REFUSAL },
    { "what could only be seen afterwards is not called restored",
      "[" I1 "]",
      0,
      { UNSEEN, START, LOOK("running") },
      "not verified: it is as it should be, and how it was before could not be seen" },
    { "one refusal keeps none of the others from being asked for",
      "[" I1 ", " I1 "]",
      0,
      { LOOK("stopped"), REFUSED, LOOK("stopped"), START, LOOK("stopped"), LOOK("running") },
      "!request 1 of 2: " REFUSAL },
    { "one that was otherwise is enough to say restored",
      "[" I1 ", " I1 "]",
      0,
      { LOOK("running"), START, LOOK("stopped"), START, LOOK("running"), LOOK("running") },
      "restored" },
    { "nothing to put back was already so", "[]", 0, { { 0 } }, "was already so" },
};

static void check_put_back(void **state)
{
    const struct put_back_case *row = *state;
    struct chaos_context context = { .activity = "a" };
    AUTO(json) json_t *parameters = quoted_json(row->parameters);
    AUTO(json)
    json_t *arguments =
        json_pack("{s:s, s:s, s:O, s:f}", "service", "ec2", "operation", "StartInstances",
                  "parameters", parameters, "wait_s", row->wait_s);
    AUTO(json) json_t *output = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct chaos_call call = { .arguments = arguments, .context = &context };
    AUTO(str) char *effect = NULL;

    script = row->exchanges;
    if (aws_put_back(&call, &output, &err) < 0)
        effect = mem_printf("!%s", chaos_error_text(&err));
    else
        effect = STEAL(context.effect);
    assert_string_equal(effect, row->effect);
    assert_null(context.effect); /* who fails tells no effect */
    assert_true(!script->service);
}

int main(void)
{
    static struct CMUnitTest rows[ARRAY_SIZE(put_back_cases)];

    for (size_t i = 0; i < ARRAY_SIZE(put_back_cases); i++)
        rows[i] = (struct CMUnitTest){ .name = put_back_cases[i].claim,
                                       .test_func = check_put_back,
                                       .initial_state = (void *)(uintptr_t)&put_back_cases[i] };
    return cmocka_run_group_tests_name("what is put back", rows, NULL, NULL);
}
