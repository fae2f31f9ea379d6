// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.elbv2.actions.
#include "base/json_walk.h"
#include "base/str.h"
#include "ext/arguments.h"
#include "ext/aws_balancers.h"
#include "ext/aws_call.h"
#include "ext/aws_explain.h"
#include "ext/aws_inverse.h"
#include "ext/aws_lists.h"
#include "ext/aws_pick.h"
#include "ext/aws_row.h"
#include "value/pytext.h"

#define ELB "elbv2"

/* {"Id", "Port"} of the described target, as requests want it. */
static json_t *target_of(const json_t *description)
{
    const json_t *target = json_object_get(description, "Target");

    return json_pack("{s:O, s:O*}", "Id", json_object_get(target, "Id"), "Port",
                     json_object_get(target, "Port"));
}

/* The request for one target of the group, drawn at random. */
static int draw_target(const struct chaos_call *call, json_t **ret_params, struct chaos_error *err)
{
    AUTO(json) json_t *names = json_pack("[O]", argument(call, "tg_name"));
    AUTO(json) json_t *arns = NULL;
    AUTO(json) json_t *targets = NULL;
    AUTO(json) json_t *by_text = json_object();
    AUTO(json) json_t *texts = json_array();
    const json_t *arn;
    json_t *description;
    size_t i;

    if (aws_target_groups(call, names, &arns, err) < 0)
        return -(int)err->code;
    arn = json_object_get(arns, argument_text(call, "tg_name"));
    if (!arn)
        return aws_fail(call, "Unable to locate the target group {tg_name}", err);
    if (aws_target_health(call, arn, &targets, err) < 0)
        return -(int)err->code;
    json_array_foreach (targets, i, description) {
        json_t *target = target_of(description);
        AUTO(str) char *text = pytext_of(target);

        json_object_set_new(by_text, text, target);
        json_array_append_new(texts, json_string(text));
    }
    if (!json_array_size(texts))
        return aws_fail(call, "The target group {tg_name} has no targets", err);
    *ret_params = json_pack("{s:O, s:[O]}", "TargetGroupArn", arn, "Targets",
                            json_object_get(by_text, aws_pick_one(call, texts)));
    return 0;
}

static int deregister_target(const struct chaos_call *call, json_t **ret_output,
                             struct chaos_error *err)
{
    json_t *params = NULL;
    AUTO(str) char *text = NULL;

    if (draw_target(call, &params, err) < 0)
        return -(int)err->code;
    text = pytext_of(json_object_get(params, "Targets"));
    chaos_log_info(call->context, "Deregistering %s of the target group %s", text,
                   argument_text(call, "tg_name"));
    if (aws_call(call, ELB, "DeregisterTargets", params, ret_output, err) < 0)
        return aws_explain_refusal(call, "Exception detaching {tg_name}: {message}", err);
    return 0;
}

static int undo_deregister_target(const struct chaos_call *call, json_t **ret_activity,
                                  struct chaos_error *err)
{
    json_t *params = NULL;

    if (draw_target(call, &params, err) < 0)
        return -(int)err->code;
    *ret_activity = aws_inverse_one(ELB, "RegisterTargets", params);
    return 0;
}

/* Those of `wanted` that no member `key` of `found` is, as an error that begins with `absent`. */
static int check_missing(const json_t *wanted, const json_t *found, const char *key,
                         const char *absent, struct chaos_error *err)
{
    AUTO(json) json_t *missing = json_array();
    AUTO(str) char *text = NULL;
    json_t *one;
    json_t *item;
    size_t i;
    size_t k;

    json_array_foreach (wanted, i, one) {
        json_array_foreach (found, k, item)
            if (json_equal(json_object_get(item, key), one))
                break;
        if (k == json_array_size(found))
            json_array_append(missing, one);
    }
    text = pytext_of(missing);
    if (json_array_size(missing))
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "%s%s", absent, text);
    return 0;
}

/* The load balancers that the argument names, all of them active. */
static int find_balancers(const struct chaos_call *call, json_t **ret_balancers,
                          struct chaos_error *err)
{
    json_t *names = argument(call, "load_balancer_names");
    AUTO(json) json_t *answer = NULL;
    json_t *found;
    json_t *one;
    size_t i;

    if (aws_pages(call, ELB, "DescribeLoadBalancers", json_pack("{s:O}", "Names", names), &answer,
                  err) < 0)
        return aws_explain_refusal(call, "{message}", err);
    found = json_object_get(answer, "LoadBalancers");
    json_array_foreach (found, i, one) {
        const char *state = json_text_of(json_object_get(one, "State"), "Code");

        if (!str_equal(state, "active"))
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "Invalid state for load balancer %s: %s is not active",
                                   json_text_of(one, "LoadBalancerName"), state);
    }
    if (check_missing(names, found, "LoadBalancerName",
                      "Unable to locate load balancer(s): ", err) < 0)
        return -(int)err->code;
    *ret_balancers = json_incref(found);
    return 0;
}

/* What set_security_groups and set_subnets differ in. */
struct setting {
    const char *argument;
    const char *describe; /* of EC2: operation, its parameter, its list, the id in an item */
    const char *param;
    const char *list;
    const char *id;
    const char *absent;
    const char *network; /* what to say of a network load balancer */
    const char *operation;
    const char *member;
};

static const struct setting security_groups = {
    .argument = "security_group_ids",
    .describe = "DescribeSecurityGroups",
    .param = "GroupIds",
    .list = "SecurityGroups",
    .id = "GroupId",
    .absent = "Invalid security group id(s): ",
    .network = "Cannot change security groups of network load balancers.",
    .operation = "SetSecurityGroups",
    .member = "SecurityGroups",
};
static const struct setting subnets = {
    .argument = "subnet_ids",
    .describe = "DescribeSubnets",
    .param = "SubnetIds",
    .list = "Subnets",
    .id = "SubnetId",
    .absent = "Invalid subnet id(s): ",
    .network = "Cannot change subnets of network load balancers.",
    .operation = "SetSubnets",
    .member = "Subnets",
};

/* The ids in the order in which EC2 lists them, after a look that all are there. */
static int check_ids(const struct chaos_call *call, const struct setting *what, json_t **ret_ids,
                     struct chaos_error *err)
{
    json_t *wanted = argument(call, what->argument);
    AUTO(json) json_t *answer = NULL;

    if (aws_pages(call, "ec2", what->describe, json_pack("{s:O}", what->param, wanted), &answer,
                  err) < 0)
        return aws_explain_refusal(call, "{message}", err);
    if (check_missing(wanted, json_object_get(answer, what->list), what->id, what->absent, err) < 0)
        return -(int)err->code;
    *ret_ids = aws_list_of(json_object_get(answer, what->list), what->id);
    return 0;
}

static int find_application_balancers(const struct chaos_call *call, const struct setting *what,
                                      json_t **ret_balancers, struct chaos_error *err)
{
    AUTO(json) json_t *found = NULL;
    json_t *one;
    size_t i;

    if (find_balancers(call, &found, err) < 0)
        return -(int)err->code;
    json_array_foreach (found, i, one)
        if (str_equal(json_text_of(one, "Type"), "network"))
            return aws_fail(call, what->network, err);
    *ret_balancers = json_array();
    json_array_foreach (found, i, one)
        if (str_equal(json_text_of(one, "Type"), "application"))
            json_array_append(*ret_balancers, one);
    return 0;
}

static int set(const struct chaos_call *call, const struct setting *what, json_t **ret_output,
               struct chaos_error *err)
{
    AUTO(json) json_t *ids = NULL;
    AUTO(json) json_t *balancers = NULL;
    AUTO(json) json_t *results = json_array();
    AUTO(str) char *text = NULL;
    json_t *one;
    size_t i;

    if (check_ids(call, what, &ids, err) < 0 ||
        find_application_balancers(call, what, &balancers, err) < 0)
        return -(int)err->code;
    text = pytext_of(ids);
    json_array_foreach (balancers, i, one) {
        json_t *arn = json_object_get(one, "LoadBalancerArn");
        json_t *answer = NULL;

        chaos_log_info(call->context, "%s of the load balancer %s: %s", what->operation,
                       json_text_of(one, "LoadBalancerName"), text);
        if (aws_call(call, ELB, what->operation,
                     json_pack("{s:O, s:O}", "LoadBalancerArn", arn, what->member, ids), &answer,
                     err) < 0)
            return -(int)err->code;
        json_object_set(answer, "LoadBalancerArn", arn);
        json_array_append_new(results, answer);
    }
    *ret_output = STEAL(results);
    return 0;
}

static int set_security_groups(const struct chaos_call *call, json_t **ret_output,
                               struct chaos_error *err)
{
    return set(call, &security_groups, ret_output, err);
}

static int set_subnets(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    return set(call, &subnets, ret_output, err);
}

static json_t *subnets_of(const json_t *balancer)
{
    return aws_list_of(json_object_get(balancer, "AvailabilityZones"), "SubnetId");
}

static json_t *groups_of(const json_t *balancer)
{
    return json_copy(json_object_get(balancer, "SecurityGroups"));
}

static int unset(const struct chaos_call *call, const struct setting *what,
                 json_t *(*former)(const json_t *balancer), json_t **ret_activity,
                 struct chaos_error *err)
{
    AUTO(json) json_t *balancers = NULL;
    AUTO(json) json_t *requests = json_array();
    json_t *one;
    size_t i;

    if (find_application_balancers(call, what, &balancers, err) < 0)
        return -(int)err->code;
    json_array_foreach (balancers, i, one)
        json_array_append_new(requests, json_pack("{s:O, s:o*}", "LoadBalancerArn",
                                                  json_object_get(one, "LoadBalancerArn"),
                                                  what->member, former(one)));
    *ret_activity = aws_inverse_each(ELB, what->operation, STEAL(requests));
    return 0;
}

static int undo_set_security_groups(const struct chaos_call *call, json_t **ret_activity,
                                    struct chaos_error *err)
{
    return unset(call, &security_groups, groups_of, ret_activity, err);
}

static int undo_set_subnets(const struct chaos_call *call, json_t **ret_activity,
                            struct chaos_error *err)
{
    return unset(call, &subnets, subnets_of, ret_activity, err);
}

/* Application load balancers go first, as in the reference. */
static int delete_of_type(const struct chaos_call *call, const json_t *balancers, const char *type,
                          struct chaos_error *err)
{
    json_t *one;
    size_t i;

    json_array_foreach (balancers, i, one) {
        AUTO(json) json_t *ignored = NULL;

        if (!str_equal(json_text_of(one, "Type"), type))
            continue;
        chaos_log_info(call->context, "Deleting load balancer %s",
                       json_text_of(one, "LoadBalancerName"));
        if (aws_call(call, ELB, "DeleteLoadBalancer",
                     json_pack("{s:O}", "LoadBalancerArn", json_object_get(one, "LoadBalancerArn")),
                     &ignored, err) < 0)
            return -(int)err->code;
    }
    return 0;
}

static int delete_load_balancer(const struct chaos_call *call, json_t **ret_output,
                                struct chaos_error *err)
{
    AUTO(json) json_t *balancers = NULL;

    (void)ret_output;
    if (find_balancers(call, &balancers, err) < 0 ||
        delete_of_type(call, balancers, "application", err) < 0)
        return -(int)err->code;
    return delete_of_type(call, balancers, "network", err);
}

static json_t *attribute(const char *key, const char *value)
{
    return json_pack("{s:s, s:s}", "Key", key, "Value", value);
}

static int enable_access_log(const struct chaos_call *call, json_t **ret_output,
                             struct chaos_error *err)
{
    bool enable = argument_flag(call, "enable");
    AUTO(json)
    json_t *attributes =
        json_pack("[o]", attribute("access_logs.s3.enabled", enable ? "true" : "false"));
    AUTO(json) json_t *answer = NULL;

    if (!argument_given(call, "load_balancer_arn"))
        return aws_fail(call, "Load Balancer ARN is required", err);
    if (enable && !argument_given(call, "bucket_name"))
        return aws_fail(call, "bucket_name required to enable ELB", err);
    if (enable)
        json_array_append_new(
            attributes, attribute("access_logs.s3.bucket", argument_text(call, "bucket_name")));
    aws_announce(call, enable ? "Turning the access log of {load_balancer_arn} on"
                              : "Turning the access log of {load_balancer_arn} off");
    if (aws_call(call, ELB, "ModifyLoadBalancerAttributes",
                 json_pack("{s:O, s:O}", "LoadBalancerArn", argument(call, "load_balancer_arn"),
                           "Attributes", attributes),
                 &answer, err) < 0)
        return -(int)err->code;
    *ret_output = json_boolean(aws_logs_access(answer));
    return 0;
}

/* The former values of the attributes that matter, as far as there are any. */
static int undo_enable_access_log(const struct chaos_call *call, json_t **ret_activity,
                                  struct chaos_error *err)
{
    static const char *const keys[] = { "access_logs.s3.enabled", "access_logs.s3.bucket", NULL };
    json_t *arn = argument(call, "load_balancer_arn");
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *former = json_array();
    json_t *one;
    size_t i;

    if (aws_call(call, ELB, "DescribeLoadBalancerAttributes",
                 json_pack("{s:O}", "LoadBalancerArn", arn), &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "Attributes"), i, one)
        if (str_in(json_text_of(one, "Key"), keys) && value_is_true(json_object_get(one, "Value")))
            json_array_append(former, one);
    if (!aws_list_find(former, "Key", keys[0]))
        json_array_append_new(former, json_pack("{s:s, s:s}", "Key", keys[0], "Value", "false"));
    *ret_activity =
        aws_inverse_one(ELB, "ModifyLoadBalancerAttributes",
                        json_pack("{s:O, s:O}", "LoadBalancerArn", arn, "Attributes", former));
    return 0;
}

#define BALANCERS REQUIRED("load_balancer_names", CHAOS_LIST, "names of the load balancers")

static const struct chaos_param target_params[] = {
    REQUIRED("tg_name", CHAOS_STRING, "name of the target group"),
};
static const struct chaos_param group_params[] = {
    BALANCERS,
    REQUIRED("security_group_ids", CHAOS_LIST, "ids of the security groups"),
};
static const struct chaos_param subnet_params[] = {
    BALANCERS,
    REQUIRED("subnet_ids", CHAOS_LIST, "ids of the subnets"),
};
static const struct chaos_param balancer_params[] = { BALANCERS };
static const struct chaos_param log_params[] = {
    REQUIRED("load_balancer_arn", CHAOS_STRING, "ARN of the load balancer"),
    DEFAULT("enable", CHAOS_BOOLEAN, "false", "on or off"),
    OPTIONAL("bucket_name", CHAOS_STRING, "S3 bucket for the log, needed to turn it on"),
};

#define ANSWERS .result = CHAOS_LIST, .result_doc = "the answers, one for each load balancer"

static const struct chaos_function functions[] = {
    ACTION(delete_load_balancer, balancer_params, .summary = "delete load balancers",
           .result_doc = "null"),
    ACTION(deregister_target, target_params,
           .summary = "take a target drawn at random out of its group", AWS_RESPONSE,
           .inverse = undo_deregister_target),
    ACTION(enable_access_log, log_params,
           .summary = "turn the access log of a load balancer on or off", .result = CHAOS_BOOLEAN,
           .result_doc = "whether it is on now", .inverse = undo_enable_access_log),
    ACTION(set_security_groups, group_params,
           .summary = "give application load balancers other security groups", ANSWERS,
           .inverse = undo_set_security_groups),
    ACTION(set_subnets, subnet_params, .summary = "give application load balancers other subnets",
           ANSWERS, .inverse = undo_set_subnets),
};

AWS_EXTENSION(ext_aws_elbv2_actions, "chaosaws.elbv2.actions", "load balancers, acted on");
