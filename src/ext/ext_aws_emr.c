// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.emr.probes and chaosaws.emr.actions.
#include <math.h>

#include "base/json_walk.h"
#include "base/str.h"
#include "ext/aws_forward.h"
#include "ext/aws_inverse.h"
#include "ext/aws_row.h"

#define EMR     "emr"
#define CLUSTER "ClusterId", "cluster_id"

/* What instance fleets and groups differ in. */
struct kind {
    const char *argument;
    const char *operation;
    const char *list;
};

static const struct kind fleets = { "fleet_id", "ListInstanceFleets", "InstanceFleets" };
static const struct kind groups = { "group_id", "ListInstanceGroups", "InstanceGroups" };

/* {"InstanceFleets": the one with the argument's id, or null} */
static int find(const struct chaos_call *call, const struct kind *kind, json_t **ret_output,
                struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    json_t *found = NULL;
    json_t *item;
    size_t i;

    if (aws_pages(call, EMR, kind->operation, aws_params(call, AWS_PAIRS(CLUSTER)), &answer, err) <
        0)
        return aws_explain_refusal(call, "{message}", err);
    json_array_foreach (json_object_get(answer, kind->list), i, item)
        if (!found && str_equal(json_text_of(item, "Id"), argument_text(call, kind->argument)))
            found = item;
    *ret_output = json_pack("{s:o}", kind->list, found ? json_incref(found) : json_null());
    return 0;
}

AWS_FORWARD(describe_cluster, .service = EMR, .operation = "DescribeCluster",
            .params = AWS_PAIRS(CLUSTER), .refused = "{message}")

static int describe_instance_fleet(const struct chaos_call *call, json_t **ret_output,
                                   struct chaos_error *err)
{
    return find(call, &fleets, ret_output, err);
}

static int describe_instance_group(const struct chaos_call *call, json_t **ret_output,
                                   struct chaos_error *err)
{
    return find(call, &groups, ret_output, err);
}

/* `params` is taken. */
static int list_instances(const struct chaos_call *call, json_t *params, json_t **ret_output,
                          struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    json_t *instances;

    if (aws_pages(call, EMR, "ListInstances", params, &answer, err) < 0)
        return aws_explain_refusal(call, "{message}", err);
    instances = json_object_get(answer, "Instances");
    *ret_output =
        json_pack("{s:o}", "Instances", instances ? json_incref(instances) : json_array());
    return 0;
}

static int list_cluster_fleet_instances(const struct chaos_call *call, json_t **ret_output,
                                        struct chaos_error *err)
{
    static const char *const pairs[] = {
        CLUSTER,       "InstanceFleetId", "?fleet_id",        "InstanceFleetType",
        "?fleet_type", "InstanceStates",  "?instance_states", NULL
    };

    return list_instances(call, aws_params(call, pairs), ret_output, err);
}

static int list_cluster_group_instances(const struct chaos_call *call, json_t **ret_output,
                                        struct chaos_error *err)
{
    static const char *const pairs[] = { CLUSTER,          "InstanceGroupId",  "?group_id",
                                         "InstanceStates", "?instance_states", NULL };
    json_t *params = aws_params(call, pairs);

    /* The API wants a list of types. */
    if (argument_given(call, "group_type"))
        json_object_set_new(params, "InstanceGroupTypes",
                            json_pack("[O]", argument(call, "group_type")));
    return list_instances(call, params, ret_output, err);
}

AWS_FORWARD(modify_cluster, .service = EMR, .operation = "ModifyCluster",
            .params = AWS_PAIRS(CLUSTER, "StepConcurrencyLevel", "concurrency"),
            .log = "Setting the step concurrency of {cluster_id} to {concurrency}",
            .refused = "{message}")

static int undo_modify_cluster(const struct chaos_call *call, json_t **ret_activity,
                               struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    json_t *former;
    json_t *params;

    if (describe_cluster(call, &answer, err) < 0)
        return -(int)err->code;
    former = json_object_get(json_object_get(answer, "Cluster"), "StepConcurrencyLevel");
    if (!former)
        return 0;
    params = aws_params(call, AWS_PAIRS(CLUSTER));
    json_object_set(params, "StepConcurrencyLevel", former);
    *ret_activity = aws_inverse_one(EMR, "ModifyCluster", params);
    return 0;
}

/* `fleet` is taken. */
static json_t *fleet_params(const struct chaos_call *call, json_t *fleet)
{
    json_t *params = aws_params(call, AWS_PAIRS(CLUSTER));

    json_object_set_new(params, "InstanceFleet", fleet);
    return params;
}

static int modify_instance_fleet(const struct chaos_call *call, json_t **ret_output,
                                 struct chaos_error *err)
{
    static const char *const pairs[] = { "InstanceFleetId",
                                         "fleet_id",
                                         "TargetSpotCapacity",
                                         "?spot_capacity",
                                         "TargetOnDemandCapacity",
                                         "?on_demand_capacity",
                                         NULL };
    AUTO(json) json_t *ignored = NULL;

    if (!argument_given(call, "on_demand_capacity") && !argument_given(call, "spot_capacity"))
        return aws_fail(
            call, "Must provide at least one of [\"on_demand_capacity\", \"spot_capacity\"]", err);
    aws_announce(call, "Changing the capacity of the fleet {fleet_id} of {cluster_id}");
    if (aws_call(call, EMR, "ModifyInstanceFleet", fleet_params(call, aws_params(call, pairs)),
                 &ignored, err) < 0)
        return aws_explain_refusal(call, "{message}", err);
    return find(call, &fleets, ret_output, err);
}

static int undo_modify_instance_fleet(const struct chaos_call *call, json_t **ret_activity,
                                      struct chaos_error *err)
{
    static const char *const members[] = { "TargetSpotCapacity", "TargetOnDemandCapacity", NULL };
    AUTO(json) json_t *answer = NULL;
    const json_t *former;
    json_t *fleet;

    if (find(call, &fleets, &answer, err) < 0)
        return -(int)err->code;
    former = json_object_get(answer, "InstanceFleets");
    fleet = aws_params(call, AWS_PAIRS("InstanceFleetId", "fleet_id"));
    for (const char *const *member = members; *member; member++)
        if (json_object_get(former, *member))
            json_object_set(fleet, *member, json_object_get(former, *member));
    *ret_activity = aws_inverse_one(EMR, "ModifyInstanceFleet", fleet_params(call, fleet));
    return 0;
}

/* `group` is taken. */
static json_t *group_params_of(const struct chaos_call *call, json_t *group)
{
    json_t *params = aws_params(call, AWS_PAIRS(CLUSTER));

    json_object_set_new(params, "InstanceGroups", json_pack("[o]", group));
    return params;
}

static int modify_group(const struct chaos_call *call, json_t *group, json_t **ret_output,
                        struct chaos_error *err)
{
    AUTO(json) json_t *ignored = NULL;

    aws_announce(call, "Changing the instance group {group_id} of {cluster_id}");
    if (aws_call(call, EMR, "ModifyInstanceGroups", group_params_of(call, group), &ignored, err) <
        0)
        return aws_explain_refusal(call, "{message}", err);
    return find(call, &groups, ret_output, err);
}

static int modify_instance_groups_instance_count(const struct chaos_call *call, json_t **ret_output,
                                                 struct chaos_error *err)
{
    static const char *const pairs[] = { "InstanceGroupId", "group_id", "InstanceCount",
                                         "instance_count", NULL };

    return modify_group(call, aws_params(call, pairs), ret_output, err);
}

/* Give a group back what `shown` of its description says now, as `member` of the request. */
static int undo_group(const struct chaos_call *call, const char *shown, const char *member,
                      json_t **ret_activity, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    json_t *former;
    json_t *group;

    if (find(call, &groups, &answer, err) < 0)
        return -(int)err->code;
    former = json_object_get(json_object_get(answer, "InstanceGroups"), shown);
    if (!former)
        return 0;
    group = aws_params(call, AWS_PAIRS("InstanceGroupId", "group_id"));
    json_object_set(group, member, former);
    *ret_activity = aws_inverse_one(EMR, "ModifyInstanceGroups", group_params_of(call, group));
    return 0;
}

static int undo_instance_count(const struct chaos_call *call, json_t **ret_activity,
                               struct chaos_error *err)
{
    return undo_group(call, "RequestedInstanceCount", "InstanceCount", ret_activity, err);
}

/* Where there was no policy, none can be taken away again. */
static int undo_shrink_policy(const struct chaos_call *call, json_t **ret_activity,
                              struct chaos_error *err)
{
    return undo_group(call, "ShrinkPolicy", "ShrinkPolicy", ret_activity, err);
}

static int modify_instance_groups_shrink_policy(const struct chaos_call *call, json_t **ret_output,
                                                struct chaos_error *err)
{
    static const char *const resize_pairs[] = { "InstancesToTerminate",
                                                "?terminate_instances",
                                                "InstancesToProtect",
                                                "?protect_instances",
                                                "InstanceTerminationTimeout",
                                                "?termination_timeout",
                                                NULL };
    json_t *group;
    json_t *policy;
    json_t *resize;

    if (!argument_given(call, "decommission_timeout") &&
        !argument_given(call, "terminate_instances") && !argument_given(call, "protect_instances"))
        return aws_fail(call,
                        "Must provide at least one of [\"decommission_timeout\", "
                        "\"terminate_instances\",\"protect_instances\"]",
                        err);
    if (argument_given(call, "termination_timeout") && !argument_given(call, "terminate_instances"))
        return aws_fail(call,
                        "Must provide \"terminate_instances\" when specifying "
                        "\"termination_timeout\"",
                        err);
    group = aws_params(call, AWS_PAIRS("InstanceGroupId", "group_id"));
    policy = aws_params(call, AWS_PAIRS("DecommissionTimeout", "?decommission_timeout"));
    resize = aws_params(call, resize_pairs);
    if (json_object_size(resize))
        json_object_set(policy, "InstanceResizePolicy", resize);
    json_decref(resize);
    json_object_set_new(group, "ShrinkPolicy", policy);
    return modify_group(call, group, ret_output, err);
}

#define CLUSTER_ID REQUIRED("cluster_id", CHAOS_STRING, "id of the cluster")
#define FLEET_ID   REQUIRED("fleet_id", CHAOS_STRING, "id of the instance fleet")
#define GROUP_ID   REQUIRED("group_id", CHAOS_STRING, "id of the instance group")
#define STATES                                                                                     \
    OPTIONAL("instance_states", CHAOS_LIST, "states: \"RUNNING\", \"BOOTSTRAPPING\", …; null: all")
#define CAPACITY(of, what)                                                                         \
    {                                                                                              \
        .name = (of), .type = CHAOS_INTEGER, .doc = (what), .min = 0, .max = HUGE_VAL              \
    }

static const struct chaos_param cluster_params[] = { CLUSTER_ID };
static const struct chaos_param fleet_params_[] = { CLUSTER_ID, FLEET_ID };
static const struct chaos_param group_params[] = { CLUSTER_ID, GROUP_ID };
static const struct chaos_param list_fleet_params[] = {
    CLUSTER_ID,
    FLEET_ID,
    OPTIONAL("fleet_type", CHAOS_STRING, "\"MASTER\", \"CORE\" or \"TASK\""),
    STATES,
};
static const struct chaos_param list_group_params[] = {
    CLUSTER_ID,
    GROUP_ID,
    OPTIONAL("group_type", CHAOS_STRING, "\"MASTER\", \"CORE\" or \"TASK\""),
    STATES,
};
static const struct chaos_param concurrency_params[] = {
    CLUSTER_ID,
    REQUIRED("concurrency", CHAOS_INTEGER, "steps at the same time"),
};
static const struct chaos_param capacity_params[] = {
    CLUSTER_ID,
    FLEET_ID,
    CAPACITY("on_demand_capacity", "units of on-demand instances"),
    CAPACITY("spot_capacity", "units of spot instances"),
};
static const struct chaos_param count_params[] = {
    CLUSTER_ID,
    GROUP_ID,
    REQUIRED("instance_count", CHAOS_INTEGER, "instances in the group"),
};
static const struct chaos_param shrink_params[] = {
    CLUSTER_ID,
    GROUP_ID,
    CAPACITY("decommission_timeout", "seconds until a node is gone"),
    OPTIONAL("terminate_instances", CHAOS_LIST, "ids of instances to terminate"),
    OPTIONAL("protect_instances", CHAOS_LIST, "ids of instances to keep"),
    CAPACITY("termination_timeout", "seconds that override decommission_timeout"),
};

#define FLEET     .result = CHAOS_MAPPING, .result_doc = "`InstanceFleets`: the fleet, or null"
#define GROUP     .result = CHAOS_MAPPING, .result_doc = "`InstanceGroups`: the group, or null"
#define INSTANCES .result = CHAOS_MAPPING, .result_doc = "`Instances`: a list"

static const struct chaos_function probes[] = {
    PROBE(describe_cluster, cluster_params, .summary = "a cluster", AWS_RESPONSE),
    PROBE(describe_instance_fleet, fleet_params_, .summary = "an instance fleet", FLEET),
    PROBE(describe_instance_group, group_params, .summary = "an instance group", GROUP),
    PROBE(list_cluster_fleet_instances, list_fleet_params, .summary = "the instances of a fleet",
          INSTANCES),
    PROBE(list_cluster_group_instances, list_group_params, .summary = "the instances of a group",
          INSTANCES),
};
static const struct chaos_function actions[] = {
    ACTION(modify_cluster, concurrency_params, .summary = "change how many steps run at once",
           AWS_RESPONSE, .inverse = undo_modify_cluster),
    ACTION(modify_instance_fleet, capacity_params, .summary = "change the capacity of a fleet",
           FLEET, .inverse = undo_modify_instance_fleet),
    ACTION(modify_instance_groups_instance_count, count_params,
           .summary = "change how many instances a group has", GROUP,
           .inverse = undo_instance_count),
    ACTION(modify_instance_groups_shrink_policy, shrink_params,
           .summary = "change how a group shrinks", GROUP, .inverse = undo_shrink_policy),
};

AWS_EXTENSION_OF(ext_aws_emr_probes, "chaosaws.emr.probes", "EMR clusters, looked at", probes);
AWS_EXTENSION_OF(ext_aws_emr_actions, "chaosaws.emr.actions", "EMR clusters, acted on", actions);
