// SPDX-License-Identifier: Apache-2.0
// How functions and EMR clusters look once they are put back.
#include "base/json_walk.h"
#include "ext/aws_forward.h"
#include "ext/aws_lists.h"
#include "ext/aws_look.h"

static void see_member(const json_t *object, const json_t *request, const char *name,
                       const char *member, struct aws_sight *sight)
{
    aws_see_value(sight, name, member, json_object_get(object, member),
                  json_object_get(request, member));
}

static void function_has_concurrency(const json_t *answer, const json_t *request,
                                     struct aws_sight *sight)
{
    see_member(answer, request, json_text_of(request, "FunctionName"),
               "ReservedConcurrentExecutions", sight);
}

static void mapping_is_set(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    static const char *const on_its_way[] = { "Creating", "Enabling", "Disabling", "Updating",
                                              NULL };
    bool enabled = json_is_true(json_object_get(request, "Enabled"));

    aws_see_status(sight, json_text_of(request, "UUID"), json_text_of(answer, "State"),
                   enabled ? "Enabled" : "Disabled", on_its_way);
}

/* Members that a request leaves out are left as they are. */
static void see_given(const json_t *answer, const json_t *request, const char *name,
                      const char *const *members, struct aws_sight *sight)
{
    for (; *members; members++)
        if (json_object_get(request, *members))
            see_member(answer, request, name, *members, sight);
}

static void function_is_configured(const json_t *answer, const json_t *request,
                                   struct aws_sight *sight)
{
    const char *name = json_text_of(request, "FunctionName");
    AUTO(json) json_t *layers = aws_list_of(json_object_get(answer, "Layers"), "Arn");
    json_t *variables = json_object_get(json_object_get(answer, "Environment"), "Variables");
    const json_t *wanted = json_object_get(json_object_get(request, "Environment"), "Variables");

    if (str_equal(json_text_of(answer, "LastUpdateStatus"), "InProgress"))
        aws_sight_add(sight, AWS_ON_ITS_WAY, "%s is being updated", name);
    see_given(answer, request, name, AWS_PAIRS("Timeout", "MemorySize"), sight);
    if (json_object_get(request, "Layers"))
        aws_see_value(sight, name, "Layers", layers, json_object_get(request, "Layers"));
    /* not the values, which may be secrets; and a variable too many is a difference */
    if (wanted && !json_equal(variables, json_walkable(wanted)) &&
        json_object_size(variables) + json_object_size(wanted) > 0)
        aws_sight_add(sight, AWS_OTHERWISE, "the environment of %s is another one", name);
}

static void cluster_is_set(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    see_member(json_object_get(answer, "Cluster"), request, json_text_of(request, "ClusterId"),
               "StepConcurrencyLevel", sight);
}

static void fleet_has_capacity(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    const json_t *wanted = json_object_get(request, "InstanceFleet");
    const char *id = json_text_of(wanted, "InstanceFleetId");

    see_given(aws_list_find(json_object_get(answer, "InstanceFleets"), "Id", id), wanted, id,
              AWS_PAIRS("TargetSpotCapacity", "TargetOnDemandCapacity"), sight);
}

static void groups_have_count(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    json_t *wanted;
    size_t i;

    json_array_foreach (json_object_get(request, "InstanceGroups"), i, wanted) {
        const char *id = json_text_of(wanted, "InstanceGroupId");
        const json_t *found = aws_list_find(json_object_get(answer, "InstanceGroups"), "Id", id);

        aws_see_value(sight, id, "InstanceCount", json_object_get(found, "RequestedInstanceCount"),
                      json_object_get(wanted, "InstanceCount"));
    }
}

#define FUNCTION    AWS_PAIRS("FunctionName", "FunctionName")
#define CONCURRENCY "GetFunctionConcurrency", FUNCTION
#define CLUSTER     AWS_PAIRS("ClusterId", "ClusterId")

const struct aws_look aws_looks_lambda_emr[] = {
    { "lambda", "PutFunctionConcurrency", CONCURRENCY, NULL, function_has_concurrency, 0 },
    { "lambda", "DeleteFunctionConcurrency", CONCURRENCY, NULL, function_has_concurrency, 0 },
    { "lambda", "UpdateEventSourceMapping", "GetEventSourceMapping", AWS_PAIRS("UUID", "UUID"),
      NULL, mapping_is_set, 0 },
    { "lambda", "UpdateFunctionConfiguration", "GetFunctionConfiguration", FUNCTION, NULL,
      function_is_configured, 0 },
    { "emr", "ModifyCluster", "DescribeCluster", CLUSTER, NULL, cluster_is_set, 0 },
    { "emr", "ModifyInstanceFleet", "ListInstanceFleets", CLUSTER, NULL, fleet_has_capacity, 0 },
    { "emr", "ModifyInstanceGroups", "ListInstanceGroups", CLUSTER, NULL, groups_have_count, 0 },
    { 0 },
};
