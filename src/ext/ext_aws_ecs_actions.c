// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.ecs.actions.
#include <math.h>
#include <string.h>

#include "base/json_walk.h"
#include "base/str.h"
#include "ext/arguments.h"
#include "ext/aws_call.h"
#include "ext/aws_ecs_recreate.h"
#include "ext/aws_explain.h"
#include "ext/aws_forward.h"
#include "ext/aws_inverse.h"
#include "ext/aws_lists.h"
#include "ext/aws_pick.h"
#include "ext/aws_row.h"
#include "value/regex.h"

#define ECS           "ecs"
#define TASKS_AT_ONCE 100

/* Ask for one thing by name; nothing found is an error with the text of `missing`. */
static int check_there(const struct chaos_call *call, const char *operation, json_t *params,
                       const char *list, const char *missing, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (aws_call(call, ECS, operation, params, &answer, err) < 0)
        return -(int)err->code;
    if (!json_array_size(json_object_get(answer, list)))
        return aws_fail(call, missing, err);
    return 0;
}

static int check_cluster(const struct chaos_call *call, struct chaos_error *err)
{
    return check_there(call, "DescribeClusters",
                       json_pack("{s:[O]}", "clusters", argument(call, "cluster")), "clusters",
                       "unable to locate cluster: {cluster}", err);
}

static json_t *service_params_of(const struct chaos_call *call)
{
    return json_pack("{s:O, s:[O]}", "cluster", argument(call, "cluster"), "services",
                     argument(call, "service"));
}

static int check_service(const struct chaos_call *call, struct chaos_error *err)
{
    if (check_cluster(call, err) < 0)
        return -(int)err->code;
    if (!argument_given(call, "service"))
        return 0;
    return check_there(call, "DescribeServices", service_params_of(call), "services",
                       "unable to locate service: {service} on cluster: {cluster}", err);
}

/* `status`: NULL, or the desired status of the tasks. */
static int list_tasks(const struct chaos_call *call, const char *status, json_t **ret_arns,
                      struct chaos_error *err)
{
    json_t *params = aws_params(call, AWS_PAIRS("cluster", "cluster", "serviceName", "?service"));
    AUTO(json) json_t *answer = NULL;

    json_object_set_new(params, "maxResults", json_integer(TASKS_AT_ONCE));
    if (status)
        json_object_set_new(params, "desiredStatus", json_string(status));
    if (aws_pages(call, ECS, "ListTasks", params, &answer, err) < 0)
        return -(int)err->code;
    *ret_arns = json_incref(json_object_get(answer, "taskArns"));
    if (!*ret_arns)
        *ret_arns = json_array();
    return 0;
}

static int stop(const struct chaos_call *call, const char *task, json_t **ret_answer,
                struct chaos_error *err)
{
    json_t *params = aws_params(call, AWS_PAIRS("cluster", "cluster", "reason", "reason"));

    json_object_set_new(params, "task", json_string(task));
    chaos_log_info(call->context, "Stopping task %s", task);
    return aws_call(call, ECS, "StopTask", params, ret_answer, err);
}

static int draw_tasks(const struct chaos_call *call, json_t **ret_tasks, struct chaos_error *err)
{
    json_int_t wanted = argument_integer(call, "task_count");
    AUTO(json) json_t *arns = NULL;
    size_t running;

    if (list_tasks(call, "RUNNING", &arns, err) < 0)
        return -(int)err->code;
    running = json_array_size(arns);
    if (argument_given(call, "task_percent"))
        wanted = (json_int_t)((double)running * argument_number(call, "task_percent") / 100);
    if ((json_int_t)running < wanted)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "Not enough running tasks in %s to satisfy stop count %lld (%zu)",
                               argument_text(call, "cluster"), (long long)wanted, running);
    *ret_tasks = aws_pick(call, arns, (size_t)wanted);
    return 0;
}

static int stop_random_tasks(const struct chaos_call *call, json_t **ret_output,
                             struct chaos_error *err)
{
    AUTO(json) json_t *tasks = NULL;
    AUTO(json) json_t *results = json_array();
    json_t *task;
    size_t i;

    if (argument_given(call, "task_count") == argument_given(call, "task_percent"))
        return aws_fail(call, "Must specify one of \"task_count\", \"task_percent\"", err);
    if (check_service(call, err) < 0 || draw_tasks(call, &tasks, err) < 0)
        return -(int)err->code;
    json_array_foreach (tasks, i, task) {
        AUTO(json) json_t *answer = NULL;
        const json_t *stopped;

        if (stop(call, json_string_value(task), &answer, err) < 0)
            return -(int)err->code;
        stopped = json_object_get(answer, "task");
        json_array_append_new(
            results, json_pack("{s:O*, s:O*}", "Task_Id", json_object_get(stopped, "taskArn"),
                               "Desired_Status", json_object_get(stopped, "desiredStatus")));
    }
    *ret_output = STEAL(results);
    return 0;
}

/* What comes after the last '/' of an ARN. */
static const char *short_name(const char *arn)
{
    const char *slash = strrchr(arn, '/');

    return slash ? slash + 1 : arn;
}

static int stop_task(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *arns = NULL;

    if (argument_given(call, "task_id"))
        return stop(call, argument_text(call, "task_id"), ret_output, err);
    if (!argument_given(call, "service"))
        return aws_fail(call, "To stop a task, give its task_id, or a service to draw one from",
                        err);
    if (list_tasks(call, NULL, &arns, err) < 0)
        return -(int)err->code;
    if (!json_array_size(arns))
        return aws_fail(call, "No ECS tasks found for service: {service}", err);
    return stop(call, short_name(aws_pick_one(call, arns)), ret_output, err);
}

/* The ARNs in which the argument service_pattern is found. */
static int filter_services(const struct chaos_call *call, const json_t *arns, json_t **ret_kept,
                           struct chaos_error *err)
{
    AUTO(regex) struct regex *pattern = NULL;
    AUTO(json) json_t *kept = json_array();
    json_t *arn;
    size_t i;

    if (regex_compile(argument_text(call, "service_pattern"), &pattern, err) < 0)
        return chaos_error_prefix(err, "service_pattern");
    json_array_foreach (arns, i, arn) {
        bool found = false;

        if (regex_search(pattern, json_string_value(arn), json_string_length(arn), &found, err) < 0)
            return chaos_error_prefix(err, "service_pattern");
        if (found)
            json_array_append(kept, arn);
    }
    *ret_kept = STEAL(kept);
    return 0;
}

static int draw_service(const struct chaos_call *call, json_t **ret_service,
                        struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *kept = NULL;

    if (aws_pages(call, ECS, "ListServices", aws_params(call, AWS_PAIRS("cluster", "cluster")),
                  &answer, err) < 0)
        return -(int)err->code;
    kept = json_incref(json_object_get(answer, "serviceArns"));
    if (!json_array_size(kept))
        return aws_fail(call, "No ECS services found in cluster: {cluster}", err);
    if (argument_given(call, "service_pattern")) {
        json_t *all = STEAL(kept);
        int r = filter_services(call, all, &kept, err);

        json_decref(all);
        if (r < 0)
            return r;
        if (!json_array_size(kept))
            return aws_fail(call, "No ECS services matching pattern: {service_pattern}", err);
    }
    *ret_service = json_string(short_name(aws_pick_one(call, kept)));
    return 0;
}

static int choose_service(const struct chaos_call *call, json_t **ret_service,
                          struct chaos_error *err)
{
    if (!argument_given(call, "service"))
        return draw_service(call, ret_service, err);
    *ret_service = json_incref(argument(call, "service"));
    return 0;
}

static int undo_delete_service(const struct chaos_call *call, json_t **ret_activity,
                               struct chaos_error *err)
{
    AUTO(json) json_t *service = NULL;

    if (choose_service(call, &service, err) < 0)
        return -(int)err->code;
    return aws_ecs_recreate_service(call, service, ret_activity, err);
}

static int delete_service(const struct chaos_call *call, json_t **ret_output,
                          struct chaos_error *err)
{
    AUTO(json) json_t *service = NULL;
    AUTO(json) json_t *params = aws_params(call, AWS_PAIRS("cluster", "cluster"));
    AUTO(json) json_t *ignored = NULL;
    json_t *drain;

    if (choose_service(call, &service, err) < 0)
        return -(int)err->code;
    chaos_log_info(call->context, "Deleting service %s", json_string_value(service));
    json_object_set(params, "service", service);
    drain = json_copy(params);
    json_object_set_new(drain, "desiredCount", json_integer(0));
    json_object_set_new(drain, "deploymentConfiguration",
                        json_pack("{s:i, s:i}", "maximumPercent", 100, "minimumHealthyPercent", 0));
    if (aws_call(call, ECS, "UpdateService", drain, &ignored, err) < 0)
        return -(int)err->code;
    return aws_call(call, ECS, "DeleteService", STEAL(params), ret_output, err);
}

AWS_FORWARD(delete_cluster, .service = ECS, .operation = "DeleteCluster",
            .params = AWS_PAIRS("cluster", "cluster"), .log = "Deleting cluster {cluster}")
AWS_FORWARD(deregister_container_instance, .service = ECS,
            .operation = "DeregisterContainerInstance",
            .params = AWS_PAIRS("cluster", "cluster", "containerInstance", "instance_id", "force",
                                "force"),
            .log = "Deregistering container instance {instance_id} from cluster {cluster}")

/* UpdateService with one member changed. */
static int update_service(const struct chaos_call *call, const char *member, json_t *value,
                          json_t **ret_output, struct chaos_error *err)
{
    json_t *params = aws_params(call, AWS_PAIRS("cluster", "cluster", "service", "service"));

    json_object_set_new(params, member, value);
    aws_announce(call, "Updating service {service} of cluster {cluster}");
    return aws_call(call, ECS, "UpdateService", params, ret_output, err);
}

/* The request that gives a service the `member` it has now. */
static int undo_update_service(const struct chaos_call *call, const char *member,
                               json_t **ret_activity, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    json_t *former;
    json_t *params;

    if (aws_call(call, ECS, "DescribeServices", service_params_of(call), &answer, err) < 0)
        return -(int)err->code;
    former = json_object_get(json_array_get(json_object_get(answer, "services"), 0), member);
    if (!former)
        return 0;
    params = aws_params(call, AWS_PAIRS("cluster", "cluster", "service", "service"));
    json_object_set(params, member, former);
    *ret_activity = aws_inverse_one(ECS, "UpdateService", params);
    return 0;
}

static int update_desired_count(const struct chaos_call *call, json_t **ret_output,
                                struct chaos_error *err)
{
    if (check_service(call, err) < 0)
        return -(int)err->code;
    return update_service(call, "desiredCount", json_incref(argument(call, "desired_count")),
                          ret_output, err);
}

static int undo_update_desired_count(const struct chaos_call *call, json_t **ret_activity,
                                     struct chaos_error *err)
{
    return undo_update_service(call, "desiredCount", ret_activity, err);
}

static int set_service_deployment_configuration(const struct chaos_call *call, json_t **ret_output,
                                                struct chaos_error *err)
{
    json_int_t maximum = argument_integer(call, "maximum_percent");
    json_int_t minimum = argument_integer(call, "minimum_healthy_percent");

    if (minimum > maximum)
        return aws_fail(call, "minimum_healthy_percent cannot be larger than maximum_percent", err);
    if (check_cluster(call, err) < 0 ||
        check_there(call, "DescribeServices", service_params_of(call), "services",
                    "unable to locate service: {service} on {cluster}", err) < 0)
        return -(int)err->code;
    return update_service(
        call, "deploymentConfiguration",
        json_pack("{s:I, s:I}", "maximumPercent", maximum, "minimumHealthyPercent", minimum),
        ret_output, err);
}

static int undo_set_service_deployment_configuration(const struct chaos_call *call,
                                                     json_t **ret_activity, struct chaos_error *err)
{
    return undo_update_service(call, "deploymentConfiguration", ret_activity, err);
}

static int set_service_placement_strategy(const struct chaos_call *call, json_t **ret_output,
                                          struct chaos_error *err)
{
    static const char *const fielded[] = { "spread", "binpack", NULL };
    const char *type = argument_text(call, "placement_type");
    bool has_field = argument_given(call, "placement_field");

    if (str_in(type, fielded) && !has_field)
        return aws_fail(
            call, "\"placement_field\" is required when using \"spread\" or \"binpack\"", err);
    if (check_service(call, err) < 0)
        return -(int)err->code;
    has_field = has_field && !str_equal(type, "random");
    if (update_service(call, "placementStrategy",
                       json_pack("[{s:s, s:O*}]", "type", type, "field",
                                 has_field ? argument(call, "placement_field") : NULL),
                       ret_output, err) < 0)
        return aws_explain_refusal(call, "{message}", err);
    return 0;
}

static int undo_set_service_placement_strategy(const struct chaos_call *call, json_t **ret_activity,
                                               struct chaos_error *err)
{
    return undo_update_service(call, "placementStrategy", ret_activity, err);
}

/* The reference gives back nothing. */
static int without_output(int r, json_t **ret_output)
{
    if (r == 0) {
        json_decref(*ret_output);
        *ret_output = NULL;
    }
    return r;
}

AWS_FORWARD(forward_tag, .service = ECS, .operation = "TagResource",
            .params = AWS_PAIRS("resourceArn", "resource_arn", "tags", "tags"),
            .log = "Tagging {resource_arn}", .refused = "{message}")
AWS_FORWARD(forward_untag, .service = ECS, .operation = "UntagResource",
            .params = AWS_PAIRS("resourceArn", "resource_arn", "tagKeys", "tag_keys"),
            .log = "Removing tags from {resource_arn}", .refused = "{message}")

static int tag_resource(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    return without_output(forward_tag(call, ret_output, err), ret_output);
}

static int untag_resource(const struct chaos_call *call, json_t **ret_output,
                          struct chaos_error *err)
{
    return without_output(forward_untag(call, ret_output, err), ret_output);
}

static int list_tags(const struct chaos_call *call, json_t **ret_answer, struct chaos_error *err)
{
    return aws_call(call, ECS, "ListTagsForResource",
                    aws_params(call, AWS_PAIRS("resourceArn", "resource_arn")), ret_answer, err);
}

/* `operation` with the list `values` as its `member`, if there is anything in it. */
static void add_tagging(const struct chaos_call *call, const char *operation, const char *member,
                        json_t *values, json_t *requests)
{
    if (json_array_size(values))
        json_array_append_new(requests,
                              aws_undo(ECS, operation,
                                       json_pack("{s:O, s:O}", "resourceArn",
                                                 argument(call, "resource_arn"), member, values)));
}

/* Untag what was not there before, and give back the values that were. */
static int undo_tag_resource(const struct chaos_call *call, json_t **ret_activity,
                             struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *added = json_array();
    AUTO(json) json_t *former = json_array();
    AUTO(json) json_t *requests = json_array();
    json_t *tag;
    size_t i;

    if (list_tags(call, &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (argument(call, "tags"), i, tag) {
        const json_t *held =
            aws_list_find(json_object_get(answer, "tags"), "key", json_text_of(tag, "key"));

        if (!held)
            json_array_append(added, json_object_get(tag, "key"));
        else if (!json_equal(held, tag))
            json_array_append(former, json_walkable(held));
    }
    add_tagging(call, "UntagResource", "tagKeys", added, requests);
    add_tagging(call, "TagResource", "tags", former, requests);
    *ret_activity = aws_inverse(STEAL(requests));
    return 0;
}

static int undo_untag_resource(const struct chaos_call *call, json_t **ret_activity,
                               struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *removed = json_array();
    json_t *key;
    size_t i;

    if (list_tags(call, &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (argument(call, "tag_keys"), i, key) {
        const json_t *tag =
            aws_list_find(json_object_get(answer, "tags"), "key", json_string_value(key));

        if (tag)
            json_array_append(removed, json_walkable(tag));
    }
    if (json_array_size(removed))
        *ret_activity = aws_inverse_one(ECS, "TagResource",
                                        json_pack("{s:O, s:O}", "resourceArn",
                                                  argument(call, "resource_arn"), "tags", removed));
    return 0;
}

static int update_container_instances_state(const struct chaos_call *call, json_t **ret_output,
                                            struct chaos_error *err)
{
    static const char *const params[] = {
        "cluster", "cluster", "containerInstances", "container_instances", "status", "status", NULL
    };

    if (check_cluster(call, err) < 0)
        return -(int)err->code;
    aws_announce(call, "Setting container instances {container_instances} to {status}");
    /* boto3's method and the API's operation differ by an s: UpdateContainerInstancesState. */
    if (aws_call(call, ECS, "UpdateContainerInstancesState", aws_params(call, params), ret_output,
                 err) < 0)
        return aws_explain_refusal(call, "{message}", err);
    return 0;
}

/* One request for each state that the instances are in now. */
static int undo_update_container_instances_state(const struct chaos_call *call,
                                                 json_t **ret_activity, struct chaos_error *err)
{
    static const char *const params[] = { "cluster", "cluster", "containerInstances",
                                          "container_instances", NULL };
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *by_status = json_object();
    AUTO(json) json_t *requests = json_array();
    const char *status;
    json_t *instance;
    json_t *arns;
    size_t i;

    if (aws_call(call, ECS, "DescribeContainerInstances", aws_params(call, params), &answer, err) <
        0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "containerInstances"), i, instance) {
        status = json_text_of(instance, "status");
        if (!status || str_equal(status, argument_text(call, "status")))
            continue;
        if (!json_object_get(by_status, status))
            json_object_set_new(by_status, status, json_array());
        json_array_append(json_object_get(by_status, status),
                          json_object_get(instance, "containerInstanceArn"));
    }
    json_object_foreach (by_status, status, arns)
        json_array_append_new(requests,
                              json_pack("{s:O, s:O, s:s}", "cluster", argument(call, "cluster"),
                                        "containerInstances", arns, "status", status));
    *ret_activity = aws_inverse_each(ECS, "UpdateContainerInstancesState", STEAL(requests));
    return 0;
}

#define CLUSTER      REQUIRED("cluster", CHAOS_STRING, "name or ARN of the cluster")
#define SOME_CLUSTER OPTIONAL("cluster", CHAOS_STRING, "name or ARN of the cluster; null: default")
#define SERVICE      REQUIRED("service", CHAOS_STRING, "name or ARN of the service")
#define RESOURCE     REQUIRED("resource_arn", CHAOS_STRING, "ARN of the resource")
#define REASON       DEFAULT("reason", CHAOS_STRING, "\"Chaos Testing\"", "what is noted as the reason")

static const struct chaos_param cluster_params[] = { CLUSTER };
static const struct chaos_param random_task_params[] = {
    CLUSTER,
    { .name = "task_count",
      .type = CHAOS_INTEGER,
      .doc = "tasks to stop",
      .min = 0,
      .max = HUGE_VAL },
    { .name = "task_percent",
      .type = CHAOS_NUMBER,
      .doc = "percent of the running tasks, rounded down",
      .min = 0,
      .max = 100 },
    OPTIONAL("service", CHAOS_STRING, "service the tasks belong to"),
    REASON,
};
static const struct chaos_param task_params[] = {
    SOME_CLUSTER,
    OPTIONAL("task_id", CHAOS_STRING, "id or ARN of the task"),
    OPTIONAL("service", CHAOS_STRING, "service to draw a task from, without task_id"),
    REASON,
};
static const struct chaos_param delete_service_params[] = {
    OPTIONAL("service", CHAOS_STRING, "name of the service; null: one drawn at random"),
    SOME_CLUSTER,
    OPTIONAL("service_pattern", CHAOS_STRING, "regular expression that its ARN must match"),
};
static const struct chaos_param tag_params[] = {
    REQUIRED("tags", CHAOS_LIST, "tags: a list of {\"key\", \"value\"}"),
    RESOURCE,
};
static const struct chaos_param untag_params[] = {
    REQUIRED("tag_keys", CHAOS_LIST, "keys of the tags"),
    RESOURCE,
};
static const struct chaos_param deregister_params[] = {
    CLUSTER,
    REQUIRED("instance_id", CHAOS_STRING, "id or ARN of the container instance"),
    DEFAULT("force", CHAOS_BOOLEAN, "false", "also when tasks run on it"),
};
static const struct chaos_param count_params[] = {
    CLUSTER,
    SERVICE,
    REQUIRED("desired_count", CHAOS_INTEGER, "tasks that the service shall run"),
};
static const struct chaos_param placement_params[] = {
    CLUSTER,
    SERVICE,
    REQUIRED("placement_type", CHAOS_STRING, "\"random\", \"spread\" or \"binpack\""),
    OPTIONAL("placement_field", CHAOS_STRING, "what to spread over or to pack by"),
};
static const struct chaos_param deployment_params[] = {
    CLUSTER,
    SERVICE,
    DEFAULT("maximum_percent", CHAOS_INTEGER, "200", "most tasks during a deployment, in percent"),
    DEFAULT("minimum_healthy_percent", CHAOS_INTEGER, "100",
            "fewest healthy tasks during a deployment, in percent"),
};
static const struct chaos_param state_params[] = {
    CLUSTER,
    REQUIRED("container_instances", CHAOS_LIST, "ids or ARNs of the container instances"),
    REQUIRED("status", CHAOS_STRING, "\"ACTIVE\" or \"DRAINING\""),
};

static const struct chaos_function functions[] = {
    ACTION(delete_cluster, cluster_params, .summary = "delete a cluster", AWS_RESPONSE,
           .inverse = aws_ecs_recreate_cluster),
    ACTION(delete_service, delete_service_params,
           .summary = "scale a service to nothing and delete it", AWS_RESPONSE,
           .inverse = undo_delete_service),
    ACTION(deregister_container_instance, deregister_params,
           .summary = "take a container instance out of its cluster", AWS_RESPONSE),
    ACTION(set_service_deployment_configuration, deployment_params,
           .summary = "change how a service is deployed", AWS_RESPONSE,
           .inverse = undo_set_service_deployment_configuration),
    ACTION(set_service_placement_strategy, placement_params,
           .summary = "change where a service places its tasks", AWS_RESPONSE,
           .inverse = undo_set_service_placement_strategy),
    ACTION(stop_random_tasks, random_task_params,
           .summary = "stop running tasks of a cluster, drawn at random", .result = CHAOS_LIST,
           .result_doc = "of each task `Task_Id` (its ARN) and `Desired_Status`"),
    ACTION(stop_task, task_params, .summary = "stop a task: the given one, or one drawn at random",
           AWS_RESPONSE),
    ACTION(tag_resource, tag_params, .summary = "tag a resource", .result_doc = "null",
           .inverse = undo_tag_resource),
    ACTION(untag_resource, untag_params, .summary = "remove tags from a resource",
           .result_doc = "null", .inverse = undo_untag_resource),
    ACTION(update_container_instances_state, state_params,
           .summary = "drain container instances, or make them active", AWS_RESPONSE,
           .inverse = undo_update_container_instances_state),
    ACTION(update_desired_count, count_params, .summary = "change how many tasks a service runs",
           AWS_RESPONSE, .inverse = undo_update_desired_count),
};

AWS_EXTENSION(ext_aws_ecs_actions, "chaosaws.ecs.actions", "ECS clusters, acted on");
