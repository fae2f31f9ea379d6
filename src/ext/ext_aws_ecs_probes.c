// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.ecs.probes.
#include "ext/arguments.h"
#include "ext/aws_call.h"
#include "ext/aws_explain.h"
#include "ext/aws_row.h"

#define ECS "ecs"
/* The most tasks that one DescribeTasks takes. */
#define TASKS_MAX 100

static int describe(const struct chaos_call *call, const char *missing, json_t **ret_answer,
                    struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (aws_call(call, ECS, "DescribeServices",
                 json_pack("{s:O, s:[O]}", "cluster", argument(call, "cluster"), "services",
                           argument(call, "service")),
                 &answer, err) < 0)
        return -(int)err->code;
    if (!json_array_size(json_object_get(answer, "services")))
        return aws_fail(call, missing, err);
    *ret_answer = STEAL(answer);
    return 0;
}

static const json_t *first_service(const json_t *answer)
{
    return json_array_get(json_object_get(answer, "services"), 0);
}

#define NO_DATA "Error retrieving service data from AWS"

static int service_is_deploying(const struct chaos_call *call, json_t **ret_output,
                                struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (describe(call, NO_DATA, &answer, err) < 0)
        return -(int)err->code;
    *ret_output =
        json_boolean(json_array_size(json_object_get(first_service(answer), "deployments")) > 1);
    return 0;
}

static int are_all_desired_tasks_running(const struct chaos_call *call, json_t **ret_output,
                                         struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (describe(call, NO_DATA, &answer, err) < 0)
        return -(int)err->code;
    *ret_output =
        json_boolean(json_integer_value(json_object_get(first_service(answer), "desiredCount")) ==
                     json_integer_value(json_object_get(first_service(answer), "runningCount")));
    return 0;
}

static int describe_service(const struct chaos_call *call, json_t **ret_output,
                            struct chaos_error *err)
{
    return describe(call, "Unable to collect service {service} on cluster {cluster}", ret_output,
                    err);
}

static int describe_cluster(const struct chaos_call *call, json_t **ret_output,
                            struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (aws_call(call, ECS, "DescribeClusters",
                 json_pack("{s:[O]}", "clusters", argument(call, "cluster")), &answer, err) < 0)
        return -(int)err->code;
    if (!json_array_size(json_object_get(answer, "clusters")))
        return aws_fail(call, "Error retrieving information for cluster {cluster}", err);
    *ret_output = STEAL(answer);
    return 0;
}

static int describe_tasks(const struct chaos_call *call, json_t **ret_output,
                          struct chaos_error *err)
{
    json_t *cluster = argument(call, "cluster");
    AUTO(json) json_t *listed = NULL;
    AUTO(json) json_t *merged = NULL;
    const json_t *arns;

    if (aws_pages(call, ECS, "ListTasks", json_pack("{s:O}", "cluster", cluster), &listed, err) < 0)
        return -(int)err->code;
    arns = json_object_get(listed, "taskArns");
    if (!json_array_size(arns))
        return aws_fail(call, "Unable to find any tasks for cluster {cluster}", err);
    for (size_t first = 0; first < json_array_size(arns); first += TASKS_MAX) {
        AUTO(json) json_t *answer = NULL;
        json_t *some = json_array();

        for (size_t i = first; i < first + TASKS_MAX && i < json_array_size(arns); i++)
            json_array_append(some, json_array_get(arns, i));
        if (aws_call(call, ECS, "DescribeTasks",
                     json_pack("{s:O, s:o}", "cluster", cluster, "tasks", some), &answer, err) < 0)
            return -(int)err->code;
        if (!merged) {
            merged = STEAL(answer);
            continue;
        }
        json_array_extend(json_object_get(merged, "tasks"), json_object_get(answer, "tasks"));
        json_array_extend(json_object_get(merged, "failures"), json_object_get(answer, "failures"));
    }
    *ret_output = STEAL(merged);
    return 0;
}

#define CLUSTER REQUIRED("cluster", CHAOS_STRING, "name or ARN of the cluster")

static const struct chaos_param cluster_params[] = { CLUSTER };
static const struct chaos_param service_params[] = {
    CLUSTER,
    REQUIRED("service", CHAOS_STRING, "name or ARN of the service"),
};

static const struct chaos_function functions[] = {
    PROBE(are_all_desired_tasks_running, service_params,
          .summary = "whether a service runs as many tasks as it wants", .result = CHAOS_BOOLEAN,
          .result_doc = "whether it does"),
    PROBE(describe_cluster, cluster_params, .summary = "a cluster", AWS_RESPONSE),
    PROBE(describe_service, service_params, .summary = "a service", AWS_RESPONSE),
    PROBE(describe_tasks, cluster_params, .summary = "the tasks of a cluster", AWS_RESPONSE),
    PROBE(service_is_deploying, service_params, .summary = "whether a service is being deployed",
          .result = CHAOS_BOOLEAN, .result_doc = "whether it has more than one deployment"),
};

AWS_EXTENSION(ext_aws_ecs_probes, "chaosaws.ecs.probes", "ECS clusters, looked at");
