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

#define EXCHANGES_MAX 14

struct put_back_case {
    const char *claim;
    const char *requests;
    double wait_s;
    struct exchange exchanges[EXCHANGES_MAX];
    const char *effect; /* with '!': it fails with this */
};

#define I1       "{'InstanceIds': ['i-1']}"
#define START_I1 "{'service': 'ec2', 'operation': 'StartInstances', 'parameters': " I1 "}"
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

#define SDB "{'Device': '/dev/sdb', 'InstanceId': 'i-1', 'VolumeId': 'vol-1'}"
#define VOLUME(state)                                                                                    \
    {                                                                                                    \
        "ec2", "DescribeVolumes", "{'VolumeIds': ['vol-1']}",                                            \
            "{'Volumes': [{'Attachments': [{'InstanceId': 'i-1', 'Device': '/dev/sdb', 'State': '" state \
            "'}]}]}"                                                                                     \
    }
#define TAG        "{'Resources': ['vol-1'], 'Tags': [{'Key': 'a', 'Value': 'b'}]}"
#define DELETE_TAG "{'service': 'ec2', 'operation': 'DeleteTags', 'parameters': " TAG "}"
#define TAGS(tags)                                                                                 \
    {                                                                                              \
        "ec2", "DescribeTags", "{'Filters': [{'Name': 'resource-id', 'Values': ['vol-1']}]}",      \
            "{'Tags': [" tags "]}"                                                                 \
    }
#define NO_RULE(operation)                                                                         \
    {                                                                                              \
        "events", operation, "{'Name': 'r'}", "!ResourceNotFoundException: there is none"          \
    }
#define PARAMETER                                                                                  \
    "{'service': 'ssm', 'operation': 'PutParameter', 'parameters': {'Name': 'n', 'Type':"          \
    " 'String', 'Version': 3}}"
#define VALUE(name, value)                                                                         \
    {                                                                                              \
        "ssm", "GetParameter", "{'Name': '" name "', 'WithDecryption': true}",                     \
            "{'Parameter': {'Value': '" value "'}}"                                                \
    }
#define METADATA                                                                                   \
    {                                                                                              \
        "ssm", "DescribeParameters",                                                               \
            "{'ParameterFilters': [{'Key': 'Name', 'Option': 'Equals', 'Values': ['n']}]}",        \
            "{'Parameters': [{'Name': 'n', 'Type': 'String', 'Tier': 'Advanced', 'Version': 4}]}"  \
    }
#define PARAMETER_IS(value) VALUE("n:3", "old"), METADATA, VALUE("n", value)
#define PUT_OLD                                                                                    \
    VALUE("n:3", "old"), METADATA,                                                                 \
    {                                                                                              \
        "ssm", "PutParameter",                                                                     \
            "{'Name': 'n', 'Type': 'String', 'Tier': 'Advanced', 'Value': 'old', 'Overwrite':"     \
            " true}",                                                                              \
            "{'Version': 5}"                                                                       \
    }
#define OBJECT                                                                                     \
    "{'service': 's3', 'operation': 'DeleteObject', 'parameters': {'Bucket': 'b', 'Key': 'k',"     \
    " 'HiddenVersionId': 'v'}}"
#define MARK "{'Key': 'k', 'VersionId': 'm', 'IsLatest': true}"
#define VERSIONS(marks, newest)                                                                    \
    {                                                                                              \
        "s3", "ListObjectVersions", "{'Bucket': 'b', 'Prefix': 'k'}",                              \
            "{'DeleteMarkers': [" marks "], 'Versions': [{'Key': 'k', 'VersionId': " newest "}]}"  \
    }
#define FUNCTION                                                                                   \
    "{'FunctionName': 'f', 'Layers': [], 'Environment': {'Variables': {'A': '1', 'B': null}}}"
#define CONFIGURATION(variables)                                                                   \
    {                                                                                              \
        "lambda", "GetFunctionConfiguration", "{'FunctionName': 'f'}",                             \
            "{'Layers': [], 'Environment': {'Variables': {" variables "}}}"                        \
    }

static const struct put_back_case put_back_cases[] = {
    { "what was otherwise, and is as it should be, is restored",
      "[" START_I1 "]",
      0,
      { LOOK("stopped"), START, LOOK("running") },
      "restored" },
    { "what is as it should be is asked for all the same, and was already so",
      "[" START_I1 "]",
      0,
      { LOOK("running"), START, LOOK("running") },
      "was already so" },
    { "a refusal of what is so already is no failure",
      "[" START_I1 "]",
      0,
      { LOOK("running"), REFUSED, LOOK("running") },
      "was already so" },
    { "what is refused while it is on its way is asked for again",
      "[" START_I1 "]",
      30,
      { LOOK("stopping"), REFUSED, LOOK("stopping"), START, LOOK("running") },
      "restored" },
    { "what came to rest since it was refused is asked for again",
      "[" START_I1 "]",
      30,
      { LOOK("stopping"), REFUSED, LOOK("stopped"), START, LOOK("running") },
      "restored" },
    { "a refusal that leaves it otherwise is a failure",
      "[" START_I1 "]",
      0,
      { LOOK("stopped"), REFUSED, LOOK("stopped") },
      "!" REFUSAL },
    { "what was accepted and is not so in time is a failure",
      "[" START_I1 "]",
      0,
      { LOOK("stopped"), START, LOOK("stopped") },
      "!i-1 is 'stopped', not 'running'" },
    { "what is gone is a failure",
      "[" START_I1 "]",
      0,
      { LOOK("terminated"), REFUSED, LOOK("terminated") },
      "!" REFUSAL },
    { "what is on its way when the time is over is not verified",
      "[" START_I1 "]",
      0,
      { LOOK("stopped"), START, LOOK("pending") },
      "not verified: i-1 is 'pending', not 'running'" },
    { "what nobody may look at is not verified",
      "[" START_I1 "]",
      0,
      { UNSEEN, START, UNSEEN },
      "not verified: " UNSEEN_WHY },
    { "what was refused and nobody may look at is a failure",
      "[" START_I1 "]",
      0,
      { UNSEEN, REFUSED, UNSEEN },
      "!" REFUSAL },
    { "what could only be seen afterwards is not called restored",
      "[" START_I1 "]",
      0,
      { UNSEEN, START, LOOK("running") },
      "not verified: it is as it should be, and how it was before could not be seen" },
    { "one refusal keeps none of the others from being asked for",
      "[" START_I1 ", " START_I1 "]",
      0,
      { LOOK("stopped"), REFUSED, LOOK("stopped"), LOOK("stopped"), START, LOOK("running") },
      "!request 1 of 2: " REFUSAL },
    { "one that was otherwise is enough to say restored",
      "[" START_I1 ", " START_I1 "]",
      0,
      { LOOK("running"), START, LOOK("stopped"), START, LOOK("running"), LOOK("running") },
      "restored" },
    { "what is refused is waited for before the next is asked for",
      "[{'service': 'ec2', 'operation': 'AttachVolume', 'parameters': " SDB "}, " DELETE_TAG "]",
      30,
      { VOLUME("detaching"),
        { "ec2", "AttachVolume", SDB, "!VolumeInUse: not now" },
        VOLUME("detaching"),
        { "ec2", "AttachVolume", SDB, "{}" },
        VOLUME("attached"),
        TAGS("{'ResourceId': 'vol-1', 'Key': 'a', 'Value': 'b'}"),
        { "ec2", "DeleteTags", TAG, "{}" },
        TAGS("") },
      "restored" },
    { "what is gone already need not be deleted",
      "[{'service': 'events', 'operation': 'DeleteRule', 'parameters': {'Name': 'r'}}]",
      0,
      { NO_RULE("DescribeRule"), NO_RULE("DeleteRule"), NO_RULE("DescribeRule") },
      "was already so" },
    { "a parameter gets the value of its version",
      "[" PARAMETER "]",
      0,
      { PARAMETER_IS("new"), PUT_OLD, PARAMETER_IS("old") },
      "restored" },
    { "a parameter that has its value gets no new version",
      "[" PARAMETER "]",
      0,
      { PARAMETER_IS("old"), PARAMETER_IS("old") },
      "was already so" },
    { "no value of a parameter is told",
      "[" PARAMETER "]",
      0,
      { PARAMETER_IS("new"), PUT_OLD, PARAMETER_IS("new") },
      "!the value of n is another one" },
    { "only the mark over the version goes",
      "[" OBJECT "]",
      0,
      { VERSIONS(MARK, "'v'"),
        VERSIONS(MARK, "'v'"),
        { "s3", "DeleteObject", "{'Bucket': 'b', 'Key': 'k', 'VersionId': 'm'}", "{}" },
        VERSIONS("", "'v'") },
      "restored" },
    { "an object that was overwritten meanwhile is left alone",
      "[" OBJECT "]",
      0,
      { VERSIONS(MARK, "'later'"), VERSIONS(MARK, "'later'"), VERSIONS(MARK, "'later'") },
      "was already so" },
    { "a function keeps variables that came meanwhile",
      "[{'service': 'lambda', 'operation': 'UpdateFunctionConfiguration', 'parameters': " FUNCTION
      "}]",
      0,
      { CONFIGURATION("'A': '2', 'B': '3', 'LATER': 'x'"),
        CONFIGURATION("'A': '2', 'B': '3', 'LATER': 'x'"),
        { "lambda", "UpdateFunctionConfiguration",
          "{'FunctionName': 'f', 'Layers': [], 'Environment': {'Variables': {'A': '1', 'LATER':"
          " 'x'}}}",
          "{}" },
        CONFIGURATION("'A': '1', 'LATER': 'x'") },
      "restored" },
    { "nobody puts back what nobody can look at",
      "[{'service': 'ec2', 'operation': 'RunInstances', 'parameters': {}}]",
      0,
      { { 0 } },
      "!requests[0]: nothing tells how to look at what RunInstances of ec2 puts back" },
    { "what only seemed to be so was not already so",
      "[" START_I1 "]",
      30,
      { LOOK("running"), START, LOOK("pending"), LOOK("running") },
      "restored" },
    { "what makes something new is asked for once it no longer seems to be so",
      "[" PARAMETER "]",
      30,
      { PARAMETER_IS("old"), PARAMETER_IS("new"), PUT_OLD, PARAMETER_IS("old") },
      "restored" },
    { "nothing to put back was already so", "[]", 0, { { 0 } }, "was already so" },
};

static void check_put_back(void **state)
{
    const struct put_back_case *row = *state;
    struct chaos_context context = { .activity = "a" };
    AUTO(json) json_t *requests = quoted_json(row->requests);
    AUTO(json)
    json_t *arguments = json_pack("{s:O, s:f}", "requests", requests, "wait_s", row->wait_s);
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

static void a_run_that_is_stopped_waits_for_nothing_on_its_way(void **state)
{
    static const struct exchange exchanges[] = {
        LOOK("stopping"), REFUSED, LOOK("stopping"), { 0 }
    };
    struct cancel cancel = { .fd = -1 };
    struct chaos_context context = { .activity = "a", .cancel = &cancel };
    AUTO(json) json_t *arguments = quoted_json("{'requests': [" START_I1 "]}");
    AUTO(json) json_t *output = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct chaos_call call = { .arguments = arguments, .context = &context };

    (void)state;
    assert_int_equal(cancel_init(&cancel, &err), 0);
    cancel_raise(&cancel, 1);
    script = exchanges;
    assert_int_equal(aws_put_back(&call, &output, &err), -CHAOS_E_CANCELLED);
    assert_null(script->service);
    cancel_clear(&cancel);
}

int main(void)
{
    const struct CMUnitTest singles[] = {
        cmocka_unit_test(a_run_that_is_stopped_waits_for_nothing_on_its_way),
    };
    int failed;
    static struct CMUnitTest rows[ARRAY_SIZE(put_back_cases)];

    for (size_t i = 0; i < ARRAY_SIZE(put_back_cases); i++)
        rows[i] = (struct CMUnitTest){ .name = put_back_cases[i].claim,
                                       .test_func = check_put_back,
                                       .initial_state = (void *)(uintptr_t)&put_back_cases[i] };
    failed = cmocka_run_group_tests_name("what is put back", rows, NULL, NULL);
    return failed + cmocka_run_group_tests_name("what is stopped", singles, NULL, NULL);
}
