// SPDX-License-Identifier: Apache-2.0
// What the comparison with the reference cannot see: draws, inverses, times, tags, error texts. The
// fake stands where requests leave: it is linked in place of ext/aws_call.c.
#include "ext/aws_call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "base/mem.h"
#include "base/str.h"
#include "ext/aws_explain.h"
#include "ext/aws_pick.h"
#include "ext/aws_tags.h"
#include "ext/aws_time.h"
#include "tests/support/quoted.h"
#include "value/json.h"

#define EXCHANGES_MAX 6

/* One request that must come next, and its answer. Quotes are single; "!Code: text" refuses. */
struct exchange {
    const char *service;
    const char *operation;
    const char *params;
    const char *answer;
};

static const struct exchange *script;

static void assert_json(const json_t *got, const char *wanted)
{
    AUTO(json) json_t *value = quoted_json(wanted);
    AUTO(str) char *got_text = got ? json_text(got, JSON_STYLE_CANONICAL) : mem_strdup("null");
    AUTO(str) char *wanted_text = json_text(value, JSON_STYLE_CANONICAL);

    assert_string_equal(got_text, wanted_text);
}

static int play(const char *service, const char *operation, json_t *params, json_t **ret_result,
                struct chaos_error *err)
{
    AUTO(json) json_t *taken = params ? params : json_object();
    const struct exchange *next = script++;

    assert_non_null(next->service);
    assert_string_equal(service, next->service);
    assert_string_equal(operation, next->operation);
    assert_json(taken, next->params);
    if (next->answer[0] == '!')
        return chaos_error_set(err, CHAOS_E_REMOTE,
                               "An error occurred (%.*s) when calling the %s operation: %s",
                               (int)strcspn(next->answer, ":") - 1, next->answer + 1, operation,
                               strchr(next->answer, ':') + 2);
    *ret_result = quoted_json(next->answer);
    return 0;
}

int aws_call(const struct chaos_call *call, const char *service, const char *operation,
             json_t *params, json_t **ret_result, struct chaos_error *err)
{
    (void)call;
    return play(service, operation, params, ret_result, err);
}

int aws_pages(const struct chaos_call *call, const char *service, const char *operation,
              json_t *params, json_t **ret_result, struct chaos_error *err)
{
    return aws_call(call, service, operation, params, ret_result, err);
}

int aws_call_download(const struct chaos_call *call, const char *service, const char *operation,
                      json_t *params, const char *path, json_t **ret_result,
                      struct chaos_error *err)
{
    fail_msg("nothing here asks for a body: %s", path);
    return aws_call(call, service, operation, params, ret_result, err);
}

int aws_call_wait(const struct chaos_call *call, const char *service, const char *waiter,
                  json_t *params, struct chaos_error *err)
{
    AUTO(json) json_t *ignored = NULL;

    (void)call;
    return play(service, waiter, params, &ignored, err);
}

extern const struct chaos_extension ext_aws_asg_actions, ext_aws_call_actions, ext_aws_ec2_actions,
    ext_aws_ecs_actions, ext_aws_elbv2_actions, ext_aws_iam_actions, ext_aws_lambda_actions,
    ext_aws_cloudwatch_actions;

struct inverse_case {
    const char *claim;
    const struct chaos_extension *extension;
    const char *function;
    const char *arguments;
    struct exchange exchanges[EXCHANGES_MAX];
    const char *service; /* of the inverse; NULL: there is none */
    const char *operation;
    const char *params;
};

#define ONE_OF_TWO                                                                                 \
    "{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'State': {'Name': 'running'}},"        \
    " {'InstanceId': 'i-2', 'State': {'Name': 'stopped'}}]}]}"
#define WEB         "{'AutoScalingGroupName': 'web', 'SuspendedProcesses': [{'ProcessName': 'Launch'}]"
#define GROUP(more) "{'AutoScalingGroups': [" WEB more "}]}"
#define NAMED       "{'AutoScalingGroupNames': ['web']}"

static const struct inverse_case inverse_cases[] = {
    { "what stop_instances stops is started, not what was off",
      &ext_aws_ec2_actions,
      "stop_instances",
      "{'instance_ids': ['i-1', 'i-2']}",
      { { "ec2", "DescribeInstances", "{'InstanceIds': ['i-1', 'i-2']}", ONE_OF_TWO } },
      "ec2",
      "StartInstances",
      "[{'InstanceIds': ['i-1']}]" },
    { "stopping what is off has no inverse",
      &ext_aws_ec2_actions,
      "stop_instances",
      "{'instance_ids': ['i-2']}",
      { { "ec2", "DescribeInstances", "{'InstanceIds': ['i-2']}",
          "{'Reservations': [{'Instances': [{'InstanceId': 'i-2', 'State': {'Name': "
          "'stopped'}}]}]}" } },
      NULL,
      NULL,
      NULL },
    { "what start_instances starts is stopped, not what was on",
      &ext_aws_ec2_actions,
      "start_instances",
      "{'instance_ids': ['i-1', 'i-2']}",
      { { "ec2", "DescribeInstances", "{'InstanceIds': ['i-1', 'i-2']}", ONE_OF_TWO } },
      "ec2",
      "StopInstances",
      "[{'InstanceIds': ['i-2']}]" },
    { "a detached volume is attached where it was",
      &ext_aws_ec2_actions,
      "detach_random_volume",
      "{'instance_ids': ['i-1']}",
      { { "ec2", "DescribeInstances", "{'InstanceIds': ['i-1']}",
          "{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'RootDeviceName': '/dev/sda',"
          " 'BlockDeviceMappings': [{'DeviceName': '/dev/sda', 'Ebs': {'VolumeId': 'vol-0'}},"
          " {'DeviceName': '/dev/sdb', 'Ebs': {'VolumeId': 'vol-1'}}]}]}]}" } },
      "ec2",
      "AttachVolume",
      "[{'Device': '/dev/sdb', 'InstanceId': 'i-1', 'VolumeId': 'vol-1'}]" },
    { "tags that are removed are set again where they were",
      &ext_aws_ec2_actions,
      "remove_tags_from_instances",
      "{'tags': 'a=b'}",
      { { "ec2", "DescribeInstances", "{'Filters': [{'Name': 'tag:a', 'Values': ['b']}]}",
          ONE_OF_TWO } },
      "ec2",
      "CreateTags",
      "[{'Resources': ['i-1', 'i-2'], 'Tags': [{'Key': 'a', 'Value': 'b'}]}]" },
    { "only processes that were not suspended are resumed",
      &ext_aws_asg_actions,
      "suspend_processes",
      "{'asg_names': ['web'], 'process_names': ['Launch', 'Terminate']}",
      { { "autoscaling", "DescribeAutoScalingGroups", NAMED, GROUP("") } },
      "autoscaling",
      "ResumeProcesses",
      "[{'AutoScalingGroupName': 'web', 'ScalingProcesses': ['Terminate']}]" },
    { "only processes that were suspended are suspended again",
      &ext_aws_asg_actions,
      "resume_processes",
      "{'asg_names': ['web']}",
      { { "autoscaling", "DescribeAutoScalingGroups", NAMED, GROUP("") } },
      "autoscaling",
      "SuspendProcesses",
      "[{'AutoScalingGroupName': 'web', 'ScalingProcesses': ['Launch']}]" },
    { "a group goes back to its subnets",
      &ext_aws_asg_actions,
      "change_subnets",
      "{'asg_names': ['web'], 'subnets': ['b']}",
      { { "autoscaling", "DescribeAutoScalingGroups", NAMED,
          GROUP(", 'VPCZoneIdentifier': 'a,c'") } },
      "autoscaling",
      "UpdateAutoScalingGroup",
      "[{'AutoScalingGroupName': 'web', 'VPCZoneIdentifier': 'a,c'}]" },
    { "a service gets its tasks back",
      &ext_aws_ecs_actions,
      "update_desired_count",
      "{'cluster': 'c', 'service': 's', 'desired_count': 0}",
      { { "ecs", "DescribeServices", "{'cluster': 'c', 'services': ['s']}",
          "{'services': [{'desiredCount': 4}]}" } },
      "ecs",
      "UpdateService",
      "[{'cluster': 'c', 'service': 's', 'desiredCount': 4}]" },
    { "a target is registered again with its port",
      &ext_aws_elbv2_actions,
      "deregister_target",
      "{'tg_name': 'tg'}",
      { { "elbv2", "DescribeTargetGroups", "{'Names': ['tg']}",
          "{'TargetGroups': [{'TargetGroupName': 'tg', 'TargetGroupArn': 'arn:tg'}]}" },
        { "elbv2", "DescribeTargetHealth", "{'TargetGroupArn': 'arn:tg'}",
          "{'TargetHealthDescriptions': [{'Target': {'Id': 'i-1', 'Port': 80}}]}" } },
      "elbv2",
      "RegisterTargets",
      "[{'TargetGroupArn': 'arn:tg', 'Targets': [{'Id': 'i-1', 'Port': 80}]}]" },
    { "a function gets its layers and variables back",
      &ext_aws_lambda_actions,
      "add_layer",
      "{'function_name': 'f', 'layer': 'new'}",
      { { "lambda", "GetFunctionConfiguration", "{'FunctionName': 'f'}",
          "{'Layers': [{'Arn': 'old'}], 'Environment': {'Variables': {'A': 'b'}}}" } },
      "lambda",
      "UpdateFunctionConfiguration",
      "[{'FunctionName': 'f', 'Layers': ['old'], 'Environment': {'Variables': {'A': 'b'}}}]" },
    { "concurrency that was not reserved is given up again",
      &ext_aws_lambda_actions,
      "put_function_concurrency",
      "{'function_name': 'f', 'concurrent_executions': 0}",
      { { "lambda", "GetFunctionConcurrency", "{'FunctionName': 'f'}", "{}" } },
      "lambda",
      "DeleteFunctionConcurrency",
      "[{'FunctionName': 'f'}]" },
    { "a policy that was attached already stays attached",
      &ext_aws_iam_actions,
      "attach_role_policy",
      "{'arn': 'p', 'role_name': 'r'}",
      { { "iam", "ListAttachedRolePolicies", "{'RoleName': 'r'}",
          "{'AttachedPolicies': [{'PolicyArn': 'p'}]}" } },
      NULL,
      NULL,
      NULL },
    { "only the targets that are removed are put back",
      &ext_aws_cloudwatch_actions,
      "remove_rule_targets",
      "{'rule_name': 'r', 'target_ids': ['2']}",
      { { "events", "ListTargetsByRule", "{'Rule': 'r'}",
          "{'Targets': [{'Id': '1', 'Arn': 'a'}, {'Id': '2', 'Arn': 'b'}]}" } },
      "events",
      "PutTargets",
      "[{'Rule': 'r', 'Targets': [{'Id': '2', 'Arn': 'b'}]}]" },
};

static const struct chaos_function *find(const struct chaos_extension *extension, const char *name)
{
    for (size_t i = 0; i < extension->n_functions; i++)
        if (str_equal(extension->functions[i].name, name))
            return &extension->functions[i];
    fail_msg("no function %s", name);
    return NULL;
}

static void check_inverse(void **state)
{
    const struct inverse_case *row = *state;
    struct chaos_context context = { .activity = "a" };
    AUTO(json) json_t *arguments = quoted_json(row->arguments);
    AUTO(json) json_t *activity = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct chaos_call call = { .arguments = arguments, .context = &context };
    const json_t *got;

    script = row->exchanges;
    if (find(row->extension, row->function)->inverse(&call, &activity, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    assert_null(script->service);
    if (!row->service) {
        assert_null(activity);
        return;
    }
    got = json_object_get(json_object_get(activity, "provider"), "arguments");
    assert_string_equal(json_string_value(json_object_get(got, "service")), row->service);
    assert_string_equal(json_string_value(json_object_get(got, "operation")), row->operation);
    assert_json(json_object_get(got, "parameters"), row->params);
}

static void the_inverse_names_what_the_action_draws(void **state)
{
    static const struct exchange exchanges[] = {
        { "ec2", "DescribeInstances",
          "{'Filters': [{'Name': 'availability-zone', 'Values': ['a']}]}",
          "{'Reservations': [{'Instances': [{'InstanceId': 'i-1', 'State': {'Name': 'running'}},"
          " {'InstanceId': 'i-2', 'State': {'Name': 'running'}}, {'InstanceId': 'i-3', 'State':"
          " {'Name': 'running'}}]}]}" },
        { 0 },
    };
    struct chaos_context context = { .activity = "a" };
    AUTO(json) json_t *arguments = quoted_json("{'az': 'a', 'force': false}");
    struct chaos_call call = { .arguments = arguments, .context = &context };
    AUTO(json) json_t *candidates = quoted_json("['i-3', 'i-1', 'i-2']");
    AUTO(json) json_t *activity = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const json_t *params;
    const json_t *ids;

    (void)state;
    script = exchanges;
    assert_int_equal(find(&ext_aws_ec2_actions, "stop_instance")->inverse(&call, &activity, &err),
                     0);
    params = json_object_get(json_object_get(json_object_get(activity, "provider"), "arguments"),
                             "parameters");
    ids = json_object_get(json_array_get(params, 0), "InstanceIds");
    assert_int_equal(json_array_size(ids), 1);
    assert_string_equal(json_string_value(json_array_get(ids, 0)), aws_pick_one(&call, candidates));
}

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
    if (find(&ext_aws_call_actions, "call")->run(&call, &output, &err) < 0)
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
    static struct CMUnitTest rows[ARRAY_SIZE(inverse_cases) + ARRAY_SIZE(time_cases)];
    const struct CMUnitTest singles[] = {
        cmocka_unit_test(the_inverse_names_what_the_action_draws),
        cmocka_unit_test(a_draw_stays_when_others_leave),
        cmocka_unit_test(draws_are_about_even),
        cmocka_unit_test(a_list_of_parameters_is_as_many_requests),
        cmocka_unit_test(a_refusal_is_taken_apart),
        cmocka_unit_test(tags_of_a_text_are_split_at_the_first_equals),
    };
    size_t count = 0;
    int failed;

    setenv("CHAOS_SEED", "1234", 1);
    for (size_t i = 0; i < ARRAY_SIZE(inverse_cases); i++)
        rows[count++] =
            (struct CMUnitTest){ .name = inverse_cases[i].claim,
                                 .test_func = check_inverse,
                                 .initial_state = (void *)(uintptr_t)&inverse_cases[i] };
    for (size_t i = 0; i < ARRAY_SIZE(time_cases); i++)
        rows[count++] = (struct CMUnitTest){ .name = time_cases[i].claim,
                                             .test_func = check_time,
                                             .initial_state = (void *)(uintptr_t)&time_cases[i] };
    failed = cmocka_run_group_tests_name("AWS functions, one by one", rows, NULL, NULL);
    return failed + cmocka_run_group_tests_name("AWS functions", singles, NULL, NULL);
}
