// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_ecs_recreate.h"

#include <string.h>

#include "base/json_walk.h"
#include "base/str.h"
#include "ext/aws_forward.h"
#include "ext/aws_inverse.h"
#include "ext/aws_lists.h"

#define ECS "ecs"

static bool is_empty(const json_t *value)
{
    return !value || (json_is_object(value) && !json_object_size(value)) ||
           (json_is_array(value) && !json_array_size(value));
}

/* Copy those of the `members` in which `from` has something. */
static void take(json_t *params, const json_t *from, const char *const *members)
{
    for (; *members; members++)
        if (!is_empty(json_object_get(from, *members)))
            json_object_set(params, *members, json_object_get(from, *members));
}

static bool is_active(const json_t *item)
{
    return str_equal(json_text_of(item, "status"), "ACTIVE");
}

int aws_ecs_recreate_cluster(const struct chaos_call *call, json_t **ret_activity,
                             struct chaos_error *err)
{
    static const char *const members[] = { "clusterName",
                                           "settings",
                                           "configuration",
                                           "capacityProviders",
                                           "defaultCapacityProviderStrategy",
                                           "serviceConnectDefaults",
                                           "tags",
                                           NULL };
    AUTO(json) json_t *answer = NULL;
    const json_t *cluster;
    json_t *params;

    if (aws_call(call, ECS, "DescribeClusters",
                 json_pack("{s:[O], s:[s, s, s]}", "clusters", argument(call, "cluster"), "include",
                           "SETTINGS", "CONFIGURATIONS", "TAGS"),
                 &answer, err) < 0)
        return -(int)err->code;
    cluster = json_array_get(json_object_get(answer, "clusters"), 0);
    if (!is_active(cluster))
        return 0;
    params = json_object();
    take(params, cluster, members);
    *ret_activity = aws_inverse_one(ECS, "CreateCluster", params);
    return 0;
}

/* The number of tasks; daemons have as many as there are instances. */
static void take_count(json_t *params, const json_t *service)
{
    static const char *const members[] = { "desiredCount", NULL };

    if (!str_equal(json_text_of(service, "schedulingStrategy"), "DAEMON"))
        take(params, service, members);
}

/* What DescribeServices and CreateService have in common. */
static const char *const of_service[] = { "serviceName",
                                          "taskDefinition",
                                          "launchType",
                                          "platformVersion",
                                          "loadBalancers",
                                          "serviceRegistries",
                                          "placementConstraints",
                                          "placementStrategy",
                                          "deploymentConfiguration",
                                          "networkConfiguration",
                                          "schedulingStrategy",
                                          "capacityProviderStrategy",
                                          "deploymentController",
                                          "enableExecuteCommand",
                                          "enableECSManagedTags",
                                          "propagateTags",
                                          "tags",
                                          "availabilityZoneRebalancing",
                                          NULL };

/* What CreateService makes of what DescribeServices tells; what it does not take with the rest is
 * left out. */
static json_t *creation_of(const struct chaos_call *call, const json_t *service)
{
    static const char *const deployed[] = { "serviceConnectConfiguration", "volumeConfigurations",
                                            NULL };
    static const char *const balanced[] = { "healthCheckGracePeriodSeconds", NULL };
    const char *role = json_text_of(service, "roleArn");
    json_t *params = aws_params(call, AWS_PAIRS("cluster", "cluster"));

    take(params, service, of_service);
    take(params, aws_list_find(json_object_get(service, "deployments"), "status", "PRIMARY"),
         deployed);
    if (json_array_size(json_object_get(service, "loadBalancers")))
        take(params, service, balanced);
    if (role && !strstr(role, "/aws-service-role/"))
        json_object_set_new(params, "role", json_string(role));
    take_count(params, service);
    return params;
}

/* What delete_service() changes first. */
static json_t *scale_of(const json_t *of, const json_t *service)
{
    static const char *const members[] = { "deploymentConfiguration", NULL };
    json_t *params = json_copy(json_walkable(of));

    take(params, service, members);
    take_count(params, service);
    return params;
}

int aws_ecs_recreate_service(const struct chaos_call *call, json_t *service, json_t **ret_activity,
                             struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *of = aws_params(call, AWS_PAIRS("cluster", "cluster"));
    json_t *asked = json_pack("{s:[O], s:[s]}", "services", service, "include", "TAGS");
    const json_t *former;

    json_object_update(asked, of);
    json_object_set(of, "service", service);
    if (aws_call(call, ECS, "DescribeServices", asked, &answer, err) < 0)
        return -(int)err->code;
    former = json_array_get(json_object_get(answer, "services"), 0);
    if (!is_active(former))
        return 0;
    /* One that is there still is not created, but may have been scaled down already. */
    *ret_activity =
        aws_inverse(json_pack("[o, o]", aws_undo(ECS, "CreateService", creation_of(call, former)),
                              aws_undo(ECS, "UpdateService", scale_of(of, former))));
    return 0;
}
