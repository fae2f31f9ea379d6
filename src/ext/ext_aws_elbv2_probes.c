// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.elbv2.probes.
#include "base/json_walk.h"
#include "base/str.h"
#include "ext/arguments.h"
#include "ext/aws_balancers.h"
#include "ext/aws_call.h"
#include "ext/aws_explain.h"
#include "ext/aws_row.h"

/* Group name -> {state: targets in it}. */
static int count_states(const struct chaos_call *call, json_t **ret_counts, struct chaos_error *err)
{
    AUTO(json) json_t *arns = NULL;
    AUTO(json) json_t *counts = json_object();
    const char *name;
    json_t *arn;

    if (!argument_given(call, "tg_names"))
        return aws_fail(call, "Non-empty list of target groups is required", err);
    if (aws_target_groups(call, argument(call, "tg_names"), &arns, err) < 0)
        return -(int)err->code;
    json_object_foreach (arns, name, arn) {
        AUTO(json) json_t *targets = NULL;
        json_t *states = json_object();
        json_t *target;
        size_t i;

        json_object_set_new(counts, name, states);
        if (aws_target_health(call, arn, &targets, err) < 0)
            return -(int)err->code;
        json_array_foreach (targets, i, target) {
            const char *state = json_text_of(json_object_get(target, "TargetHealth"), "State");
            json_int_t count = json_integer_value(json_object_get(states, state ? state : ""));

            json_object_set_new(states, state ? state : "", json_integer(count + 1));
        }
    }
    *ret_counts = STEAL(counts);
    return 0;
}

static int targets_health_count(const struct chaos_call *call, json_t **ret_output,
                                struct chaos_error *err)
{
    return count_states(call, ret_output, err);
}

static int all_targets_healthy(const struct chaos_call *call, json_t **ret_output,
                               struct chaos_error *err)
{
    AUTO(json) json_t *counts = NULL;
    bool healthy = true;
    const char *name;
    const char *state;
    json_t *states;
    json_t *count;

    if (count_states(call, &counts, err) < 0)
        return -(int)err->code;
    json_object_foreach (counts, name, states)
        json_object_foreach (states, state, count)
            healthy = healthy && str_equal(state, "healthy");
    *ret_output = json_boolean(healthy);
    return 0;
}

static int is_access_log_enabled(const struct chaos_call *call, json_t **ret_output,
                                 struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (!argument_given(call, "load_balancer_arn"))
        return aws_fail(call, "Load Balancer ARN is required", err);
    if (aws_call(call, "elbv2", "DescribeLoadBalancerAttributes",
                 json_pack("{s:O}", "LoadBalancerArn", argument(call, "load_balancer_arn")),
                 &answer, err) < 0)
        return -(int)err->code;
    *ret_output = json_boolean(aws_logs_access(answer));
    return 0;
}

static const struct chaos_param group_params[] = {
    REQUIRED("tg_names", CHAOS_LIST, "names of the target groups"),
};
static const struct chaos_param balancer_params[] = {
    REQUIRED("load_balancer_arn", CHAOS_STRING, "ARN of the load balancer"),
};

static const struct chaos_function functions[] = {
    PROBE(all_targets_healthy, group_params,
          .summary = "whether all targets of the groups are healthy", .result = CHAOS_BOOLEAN,
          .result_doc = "whether each is"),
    PROBE(is_access_log_enabled, balancer_params,
          .summary = "whether a load balancer logs accesses", .result = CHAOS_BOOLEAN,
          .result_doc = "whether it does"),
    PROBE(targets_health_count, group_params, .summary = "how many targets are in which state",
          .result = CHAOS_MAPPING, .result_doc = "of each group the states and their targets"),
};

AWS_EXTENSION(ext_aws_elbv2_probes, "chaosaws.elbv2.probes", "load balancers, looked at");
