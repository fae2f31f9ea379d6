// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.cloudwatch.actions: rules of EventBridge, and metrics.
#include "base/json_walk.h"
#include "base/str.h"
#include "ext/aws_forward.h"
#include "ext/aws_inverse.h"
#include "ext/aws_lists.h"
#include "ext/aws_row.h"
#include "value/pytext.h"

#define EVENTS  "events"
#define NO_RULE "ResourceNotFoundException"

AWS_FORWARD(put_rule, .service = EVENTS, .operation = "PutRule",
            .params = AWS_PAIRS("Name", "rule_name", "ScheduleExpression", "?schedule_expression",
                                "EventPattern", "?event_pattern", "State", "?state", "Description",
                                "?description", "RoleArn", "?role_arn"),
            .log = "Putting the rule {rule_name}")
AWS_FORWARD(put_rule_targets, .service = EVENTS, .operation = "PutTargets",
            .params = AWS_PAIRS("Rule", "rule_name", "Targets", "targets"),
            .log = "Putting targets of the rule {rule_name}")
AWS_FORWARD(disable_rule, .service = EVENTS, .operation = "DisableRule",
            .params = AWS_PAIRS("Name", "rule_name"), .log = "Disabling the rule {rule_name}")
AWS_FORWARD(enable_rule, .service = EVENTS, .operation = "EnableRule",
            .params = AWS_PAIRS("Name", "rule_name"), .log = "Enabling the rule {rule_name}")

static int list_targets(const struct chaos_call *call, json_t **ret_targets,
                        struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (aws_pages(call, EVENTS, "ListTargetsByRule",
                  aws_params(call, AWS_PAIRS("Rule", "rule_name")), &answer, err) < 0)
        return -(int)err->code;
    *ret_targets = json_incref(json_object_get(answer, "Targets"));
    if (!*ret_targets)
        *ret_targets = json_array();
    return 0;
}

/* The ids of the argument, or of all targets there are. */
static int choose_ids(const struct chaos_call *call, json_t **ret_ids, struct chaos_error *err)
{
    AUTO(json) json_t *targets = NULL;

    if (argument(call, "target_ids")) {
        *ret_ids = json_incref(argument(call, "target_ids"));
        return 0;
    }
    if (list_targets(call, &targets, err) < 0)
        return -(int)err->code;
    *ret_ids = aws_list_of(targets, "Id");
    return 0;
}

static int remove_rule_targets(const struct chaos_call *call, json_t **ret_output,
                               struct chaos_error *err)
{
    AUTO(json) json_t *ids = NULL;
    AUTO(str) char *text = NULL;

    if (choose_ids(call, &ids, err) < 0)
        return -(int)err->code;
    text = pytext_of(ids);
    chaos_log_info(call->context, "Removing the targets %s of the rule %s", text,
                   argument_text(call, "rule_name"));
    return aws_call(call, EVENTS, "RemoveTargets",
                    json_pack("{s:O, s:O}", "Rule", argument(call, "rule_name"), "Ids", ids),
                    ret_output, err);
}

/* A rule without targets needs none removed. */
static int remove_all_targets(const struct chaos_call *call, struct chaos_error *err)
{
    AUTO(json) json_t *targets = NULL;
    AUTO(json) json_t *ids = NULL;
    AUTO(json) json_t *ignored = NULL;

    if (list_targets(call, &targets, err) < 0)
        return -(int)err->code;
    ids = aws_list_of(targets, "Id");
    if (!json_array_size(ids))
        return 0;
    return aws_call(call, EVENTS, "RemoveTargets",
                    json_pack("{s:O, s:O}", "Rule", argument(call, "rule_name"), "Ids", ids),
                    &ignored, err);
}

static int delete_rule(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    aws_announce(call, "Deleting the rule {rule_name}");
    if (argument_flag(call, "force") && remove_all_targets(call, err) < 0)
        return -(int)err->code;
    return aws_call(call, EVENTS, "DeleteRule", aws_params(call, AWS_PAIRS("Name", "rule_name")),
                    ret_output, err);
}

static int put_metric_data(const struct chaos_call *call, json_t **ret_output,
                           struct chaos_error *err)
{
    AUTO(json) json_t *ignored = NULL;

    (void)ret_output;
    if (aws_call(call, "cloudwatch", "PutMetricData",
                 aws_params(call, AWS_PAIRS("Namespace", "namespace", "MetricData", "metric_data")),
                 &ignored, err) < 0)
        return aws_explain_refusal(call, "{message}", err);
    return 0;
}

/* `operation` when the rule is in `state` now: then the action changes something. */
static int undo_state(const struct chaos_call *call, const char *state, const char *operation,
                      json_t **ret_activity, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    json_t *params = aws_params(call, AWS_PAIRS("Name", "rule_name"));

    if (aws_call(call, EVENTS, "DescribeRule", json_incref(params), &answer, err) < 0) {
        json_decref(params);
        return -(int)err->code;
    }
    if (str_starts(json_text_of(answer, "State"), state))
        *ret_activity = aws_inverse_one(EVENTS, operation, params);
    else
        json_decref(params);
    return 0;
}

static int undo_disable_rule(const struct chaos_call *call, json_t **ret_activity,
                             struct chaos_error *err)
{
    return undo_state(call, "ENABLED", "EnableRule", ret_activity, err);
}

static int undo_enable_rule(const struct chaos_call *call, json_t **ret_activity,
                            struct chaos_error *err)
{
    return undo_state(call, "DISABLED", "DisableRule", ret_activity, err);
}

static int undo_remove_rule_targets(const struct chaos_call *call, json_t **ret_activity,
                                    struct chaos_error *err)
{
    AUTO(json) json_t *targets = NULL;
    AUTO(json) json_t *removed = json_array();
    const json_t *ids = argument(call, "target_ids");
    json_t *target;
    size_t i;

    if (list_targets(call, &targets, err) < 0)
        return -(int)err->code;
    json_array_foreach (targets, i, target)
        if (!ids || aws_list_holds(ids, json_object_get(target, "Id")))
            json_array_append(removed, target);
    if (json_array_size(removed))
        *ret_activity = aws_inverse_one(
            EVENTS, "PutTargets",
            json_pack("{s:O, s:O}", "Rule", argument(call, "rule_name"), "Targets", removed));
    return 0;
}

/* Add the request that puts `targets` (borrowed), if there are any. */
static void add_targets(const struct chaos_call *call, json_t *targets, json_t *requests)
{
    if (json_array_size(targets))
        json_array_append_new(requests,
                              aws_undo(EVENTS, "PutTargets",
                                       json_pack("{s:O, s:O}", "Rule", argument(call, "rule_name"),
                                                 "Targets", targets)));
}

/* Remove those that were not there before, and give back those that are replaced. */
static int undo_put_rule_targets(const struct chaos_call *call, json_t **ret_activity,
                                 struct chaos_error *err)
{
    AUTO(json) json_t *targets = NULL;
    AUTO(json) json_t *added = json_array();
    AUTO(json) json_t *former = json_array();
    AUTO(json) json_t *requests = json_array();
    json_t *target;
    size_t i;

    if (list_targets(call, &targets, err) < 0)
        return -(int)err->code;
    json_array_foreach (argument(call, "targets"), i, target) {
        const json_t *held = aws_list_find(targets, "Id", json_text_of(target, "Id"));

        if (!held)
            json_array_append(added, json_object_get(target, "Id"));
        else if (!json_equal(held, target))
            json_array_append(former, json_walkable(held));
    }
    if (json_array_size(added))
        json_array_append_new(
            requests,
            aws_undo(EVENTS, "RemoveTargets",
                     json_pack("{s:O, s:O}", "Rule", argument(call, "rule_name"), "Ids", added)));
    add_targets(call, former, requests);
    *ret_activity = aws_inverse(STEAL(requests));
    return 0;
}

/* The rule as PutRule makes it; *ret_rule stays NULL when there is none. *ret_arn is its ARN. */
static int read_rule(const struct chaos_call *call, json_t **ret_rule, json_t **ret_arn,
                     struct chaos_error *err)
{
    static const char *const members[] = { "Name",  "ScheduleExpression", "EventPattern",
                                           "State", "Description",        "RoleArn",
                                           NULL };
    AUTO(json) json_t *answer = NULL;

    if (aws_call(call, EVENTS, "DescribeRule", aws_params(call, AWS_PAIRS("Name", "rule_name")),
                 &answer, err) < 0) {
        if (!aws_refused_with(err, NO_RULE))
            return -(int)err->code;
        chaos_error_clear(err);
        return 0;
    }
    *ret_rule = json_object();
    for (const char *const *member = members; *member; member++)
        if (json_object_get(answer, *member))
            json_object_set(*ret_rule, *member, json_object_get(answer, *member));
    *ret_arn = json_incref(json_object_get(answer, "Arn"));
    return 0;
}

/* PutRule replaces all of a rule but its tags and targets. */
static int undo_put_rule(const struct chaos_call *call, json_t **ret_activity,
                         struct chaos_error *err)
{
    AUTO(json) json_t *rule = NULL;
    AUTO(json) json_t *arn = NULL;

    if (read_rule(call, &rule, &arn, err) < 0)
        return -(int)err->code;
    *ret_activity = rule ? aws_inverse_one(EVENTS, "PutRule", STEAL(rule))
                         : aws_inverse_one(EVENTS, "DeleteRule",
                                           aws_params(call, AWS_PAIRS("Name", "rule_name")));
    return 0;
}

/* The tags go with the rule, and can only be given to one that is made. */
static int add_tags(const struct chaos_call *call, json_t *arn, json_t *rule,
                    struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    json_t *tags;

    if (aws_call(call, EVENTS, "ListTagsForResource", json_pack("{s:O}", "ResourceARN", arn),
                 &answer, err) < 0)
        return -(int)err->code;
    tags = json_object_get(answer, "Tags");
    if (json_array_size(tags))
        json_object_set(rule, "Tags", tags);
    return 0;
}

/* Without `force` a rule that has targets is not deleted. */
static int undo_delete_rule(const struct chaos_call *call, json_t **ret_activity,
                            struct chaos_error *err)
{
    AUTO(json) json_t *rule = NULL;
    AUTO(json) json_t *arn = NULL;
    AUTO(json) json_t *targets = NULL;
    AUTO(json) json_t *requests = json_array();

    if (read_rule(call, &rule, &arn, err) < 0)
        return -(int)err->code;
    if (!rule)
        return 0;
    if ((arn && add_tags(call, arn, rule, err) < 0) || list_targets(call, &targets, err) < 0)
        return -(int)err->code;
    if (json_array_size(targets) && !argument_flag(call, "force"))
        return 0;
    json_array_append_new(requests, aws_undo(EVENTS, "PutRule", STEAL(rule)));
    add_targets(call, targets, requests);
    *ret_activity = aws_inverse(STEAL(requests));
    return 0;
}

#define RULE REQUIRED("rule_name", CHAOS_STRING, "name of the rule")

static const struct chaos_param rule_params[] = { RULE };
static const struct chaos_param put_params[] = {
    RULE,
    OPTIONAL("schedule_expression", CHAOS_STRING, "\"rate(5 minutes)\" or \"cron(…)\""),
    OPTIONAL("event_pattern", CHAOS_STRING, "pattern of the events, as JSON text"),
    OPTIONAL("state", CHAOS_STRING, "\"ENABLED\" or \"DISABLED\""),
    OPTIONAL("description", CHAOS_STRING, "what it is for"),
    OPTIONAL("role_arn", CHAOS_STRING, "role with which it calls its targets"),
};
static const struct chaos_param targets_params[] = {
    RULE,
    REQUIRED("targets", CHAOS_LIST, "targets: a list of {\"Id\", \"Arn\", …}"),
};
static const struct chaos_param ids_params[] = {
    RULE,
    OPTIONAL("target_ids", CHAOS_LIST, "ids of the targets; null: all"),
};
static const struct chaos_param delete_params[] = {
    RULE,
    DEFAULT("force", CHAOS_BOOLEAN, "false", "remove its targets first"),
};
static const struct chaos_param metric_params[] = {
    REQUIRED("namespace", CHAOS_STRING, "namespace of the metrics"),
    REQUIRED("metric_data", CHAOS_LIST, "data points: a list of {\"MetricName\", \"Value\", …}"),
};

static const struct chaos_function functions[] = {
    ACTION(delete_rule, delete_params, .summary = "delete a rule", AWS_RESPONSE,
           .inverse = undo_delete_rule),
    ACTION(disable_rule, rule_params, .summary = "disable a rule", AWS_RESPONSE,
           .inverse = undo_disable_rule),
    ACTION(enable_rule, rule_params, .summary = "enable a rule", AWS_RESPONSE,
           .inverse = undo_enable_rule),
    ACTION(put_metric_data, metric_params, .summary = "publish data points of metrics",
           .result_doc = "null"),
    ACTION(put_rule, put_params, .summary = "create or change a rule", AWS_RESPONSE,
           .inverse = undo_put_rule),
    ACTION(put_rule_targets, targets_params, .summary = "add or replace targets of a rule",
           AWS_RESPONSE, .inverse = undo_put_rule_targets),
    ACTION(remove_rule_targets, ids_params, .summary = "remove targets of a rule", AWS_RESPONSE,
           .inverse = undo_remove_rule_targets),
};

AWS_EXTENSION(ext_aws_cloudwatch_actions, "chaosaws.cloudwatch.actions",
              "CloudWatch events and metrics, acted on");
