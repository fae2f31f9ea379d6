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

/* Null stands for a variable that is not there; those that are not named do not matter. */
static bool has_variables(const json_t *variables, const json_t *wanted)
{
    const char *name;
    json_t *value;

    json_object_foreach (json_walkable(wanted), name, value) {
        const json_t *held = json_object_get(variables, name);

        if (json_is_null(value) ? held != NULL : !json_equal(held, value))
            return false;
    }
    return true;
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
    aws_see_given(sight, name, answer, request, AWS_PAIRS("Timeout", "MemorySize"));
    if (json_object_get(request, "Layers"))
        aws_see_value(sight, name, "Layers", layers, json_object_get(request, "Layers"));
    if (!has_variables(variables, wanted)) /* not the values, which may be secrets */
        aws_sight_add(sight, AWS_OTHERWISE, "the environment of %s is another one", name);
}

/* The variables that there are, with those of the request as they were: its other ones may be
 * secrets, and are not written down. */
static int complete_environment(const struct chaos_call *call, const json_t *request,
                                json_t **ret_params, struct chaos_error *err)
{
    const json_t *former = json_object_get(json_object_get(request, "Environment"), "Variables");
    AUTO(json) json_t *answer = NULL;
    json_t *variables;
    const char *name;
    json_t *value;

    *ret_params = json_copy(json_walkable(request));
    if (!former)
        return 0;
    if (aws_call(call, "lambda", "GetFunctionConfiguration",
                 json_pack("{s:O}", "FunctionName", json_object_get(request, "FunctionName")),
                 &answer, err) < 0)
        return -(int)err->code;
    variables = json_object_get(json_object_get(answer, "Environment"), "Variables");
    variables = variables ? json_copy(variables) : json_object();
    json_object_foreach (json_walkable(former), name, value) {
        if (json_is_null(value))
            json_object_del(variables, name);
        else
            json_object_set(variables, name, value);
    }
    json_object_set_new(*ret_params, "Environment", json_pack("{s:o}", "Variables", variables));
    return 0;
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

    aws_see_given(sight, id, aws_list_find(json_object_get(answer, "InstanceFleets"), "Id", id),
                  wanted, AWS_PAIRS("TargetSpotCapacity", "TargetOnDemandCapacity"));
}

static void groups_are_set(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    json_t *wanted;
    size_t i;

    json_array_foreach (json_object_get(request, "InstanceGroups"), i, wanted) {
        const char *id = json_text_of(wanted, "InstanceGroupId");
        const json_t *found = aws_list_find(json_object_get(answer, "InstanceGroups"), "Id", id);

        if (json_object_get(wanted, "InstanceCount"))
            aws_see_value(sight, id, "InstanceCount",
                          json_object_get(found, "RequestedInstanceCount"),
                          json_object_get(wanted, "InstanceCount"));
        aws_see_given(sight, id, found, wanted, AWS_PAIRS("ShrinkPolicy"));
    }
}

#define FUNCTION    AWS_PAIRS("FunctionName", "FunctionName")
#define CONCURRENCY .describe = "GetFunctionConcurrency", .pairs = FUNCTION
#define CLUSTER     AWS_PAIRS("ClusterId", "ClusterId")

const struct aws_look aws_looks_lambda_emr[] = {
    AWS_LOOK("lambda", "PutFunctionConcurrency", CONCURRENCY, .judge = function_has_concurrency),
    AWS_LOOK("lambda", "DeleteFunctionConcurrency", CONCURRENCY, .judge = function_has_concurrency),
    AWS_LOOK("lambda", "UpdateEventSourceMapping", .describe = "GetEventSourceMapping",
             .pairs = AWS_PAIRS("UUID", "UUID"), .judge = mapping_is_set),
    AWS_LOOK("lambda", "UpdateFunctionConfiguration", .describe = "GetFunctionConfiguration",
             .pairs = FUNCTION, .judge = function_is_configured, .complete = complete_environment),
    AWS_LOOK("emr", "ModifyCluster", .describe = "DescribeCluster", .pairs = CLUSTER,
             .judge = cluster_is_set),
    AWS_LOOK("emr", "ModifyInstanceFleet", .describe = "ListInstanceFleets", .pairs = CLUSTER,
             .judge = fleet_has_capacity),
    AWS_LOOK("emr", "ModifyInstanceGroups", .describe = "ListInstanceGroups", .pairs = CLUSTER,
             .judge = groups_are_set),
    { 0 },
};
