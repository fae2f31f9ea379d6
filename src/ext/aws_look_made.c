// SPDX-License-Identifier: Apache-2.0
// How it looks once what was made is gone again, and what was deleted or replaced is there again.
#include "base/json_walk.h"
#include "ext/aws_forward.h"
#include "ext/aws_lists.h"
#include "ext/aws_look.h"
#include "ext/aws_parameter.h"

/* A cluster of EKS takes ten minutes to be made, and as many to go; its inverse has half an hour.
 */
#define KUBERNETES_S 1740

/* `name` is to be gone; `status` NULL: it is. */
static void see_gone(struct aws_sight *sight, const char *name, const char *status,
                     const char *const *on_its_way)
{
    if (status)
        aws_sight_add(sight, str_in(status, on_its_way) ? AWS_ON_ITS_WAY : AWS_OTHERWISE,
                      "%s is there, '%s'", name, status);
}

static void policy_is_gone(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    aws_see_there(sight, json_text_of(request, "PolicyArn"), answer != NULL, false);
}

static void rule_is_gone(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    aws_see_there(sight, json_text_of(request, "Name"), answer != NULL, false);
}

static void parameter_is_gone(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    const char *name = json_text_of(request, "Name");

    aws_see_there(sight, name,
                  aws_list_find(json_object_get(answer, "Parameters"), "Name", name) != NULL,
                  false);
}

static void document_is_gone(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    const char *status = json_text_of(json_object_get(answer, "Document"), "Status");

    see_gone(sight, json_text_of(request, "Name"), answer && !status ? "Active" : status,
             AWS_PAIRS("Creating", "Updating", "Deleting"));
}

static void kubernetes_is_gone(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    see_gone(sight, json_text_of(request, "name"),
             json_text_of(json_object_get(answer, "cluster"), "status"),
             AWS_PAIRS("CREATING", "UPDATING", "PENDING", "DELETING"));
}

static json_t *cluster_in_full(const json_t *request)
{
    return json_pack("{s:[O], s:[s, s, s]}", "clusters", json_object_get(request, "clusterName"),
                     "include", "SETTINGS", "CONFIGURATIONS", "TAGS");
}

static void cluster_is_made(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    const json_t *cluster = json_array_get(json_object_get(answer, "clusters"), 0);
    const char *name = json_text_of(request, "clusterName");

    aws_see_status(sight, name, json_text_of(cluster, "status"), "ACTIVE",
                   AWS_PAIRS("PROVISIONING", "DEPROVISIONING"));
    aws_see_given(
        sight, name, cluster, request,
        AWS_PAIRS("settings", "capacityProviders", "defaultCapacityProviderStrategy", "tags"));
}

static json_t *service_in_full(const json_t *request)
{
    return json_pack("{s:O*, s:[O], s:[s]}", "cluster", json_object_get(request, "cluster"),
                     "services", json_object_get(request, "serviceName"), "include", "TAGS");
}

/* The number of its tasks is UpdateService's to put back. */
static void service_is_made(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    const json_t *service = json_array_get(json_object_get(answer, "services"), 0);
    const char *name = json_text_of(request, "serviceName");

    aws_see_status(sight, name, json_text_of(service, "status"), "ACTIVE", AWS_PAIRS("DRAINING"));
    aws_see_given(sight, name, service, request, AWS_PAIRS("taskDefinition", "tags"));
}

/* PutRule replaces all of these: one that is left out goes. */
static void see_definition(const json_t *rule, const json_t *request, struct aws_sight *sight)
{
    const char *name = json_text_of(request, "Name");

    aws_see_there(sight, name, rule != NULL, true);
    for (const char *const *member =
             AWS_PAIRS("ScheduleExpression", "EventPattern", "State", "Description", "RoleArn");
         *member; member++)
        aws_see_value(sight, name, *member, json_object_get(rule, *member),
                      json_object_get(request, *member));
}

static int look_at_rule(const struct chaos_call *call, const json_t *request,
                        struct aws_sight *sight, struct chaos_error *err)
{
    AUTO(json) json_t *rule = NULL;
    AUTO(json) json_t *tags = NULL;

    if (aws_call(call, "events", "DescribeRule",
                 json_pack("{s:O}", "Name", json_object_get(request, "Name")), &rule, err) < 0) {
        if (!aws_refused_with(err, "ResourceNotFoundException"))
            return -(int)err->code;
        chaos_error_clear(err);
    }
    see_definition(rule, request, sight);
    if (!rule || !json_object_get(request, "Tags"))
        return 0;
    if (aws_call(call, "events", "ListTagsForResource",
                 json_pack("{s:O}", "ResourceARN", json_object_get(rule, "Arn")), &tags, err) < 0)
        return -(int)err->code;
    aws_see_given(sight, json_text_of(request, "Name"), tags, request, AWS_PAIRS("Tags"));
    return 0;
}

static json_t *parameters_named(const json_t *request)
{
    return aws_parameter_filter(json_text_of(request, "Name"));
}

/* The first of `versions` (newest first) that is of the key. */
static const json_t *newest_of(const json_t *request, const json_t *versions)
{
    return aws_list_find(versions, "Key", json_text_of(request, "Key"));
}

/* The mark that hides this very version; NULL: none. What came meanwhile, and was deleted again, is
 * somebody else's. */
static const json_t *mark_over(const json_t *answer, const json_t *request)
{
    const json_t *mark = newest_of(request, json_object_get(answer, "DeleteMarkers"));
    const json_t *version = newest_of(request, json_object_get(answer, "Versions"));

    if (!json_is_true(json_object_get(mark, "IsLatest")) ||
        !str_equal(json_text_of(version, "VersionId"), json_text_of(request, "HiddenVersionId")))
        return NULL;
    return mark;
}

static void object_is_shown(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    const char *key = json_text_of(request, "Key");

    if (mark_over(answer, request))
        aws_sight_add(sight, AWS_OTHERWISE, "%s is hidden by a delete marker", key);
    aws_see_there(sight, key, newest_of(request, json_object_get(answer, "Versions")) != NULL,
                  true);
}

static json_t *versions_of_object(const json_t *request)
{
    return json_pack("{s:O, s:O}", "Bucket", json_object_get(request, "Bucket"), "Prefix",
                     json_object_get(request, "Key"));
}

static int name_mark(const struct chaos_call *call, const json_t *request, json_t **ret_params,
                     struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    const json_t *mark;

    if (!json_text_of(request, "HiddenVersionId"))
        return chaos_error_set(err, CHAOS_E_INVALID, "must have a \"HiddenVersionId\"");
    if (aws_pages(call, "s3", "ListObjectVersions", versions_of_object(request), &answer, err) < 0)
        return -(int)err->code;
    mark = mark_over(answer, request);
    if (mark)
        *ret_params = json_pack("{s:O, s:O, s:O}", "Bucket", json_object_get(request, "Bucket"),
                                "Key", json_object_get(request, "Key"), "VersionId",
                                json_object_get(mark, "VersionId"));
    return 0;
}

const struct aws_look aws_looks_made[] = {
    AWS_LOOK("iam", "DeletePolicy", .describe = "GetPolicy",
             .pairs = AWS_PAIRS("PolicyArn", "PolicyArn"), .absent = "NoSuchEntity",
             .judge = policy_is_gone),
    AWS_LOOK("ssm", "DeleteDocument", .describe = "DescribeDocument",
             .pairs = AWS_PAIRS("Name", "Name"), .absent = "InvalidDocument",
             .judge = document_is_gone),
    AWS_LOOK("ssm", "DeleteParameter", .describe = "DescribeParameters", .params = parameters_named,
             .judge = parameter_is_gone),
    AWS_LOOK("ssm", "PutParameter", .describe = "GetParameter", .look = aws_parameter_look,
             .complete = aws_parameter_complete, .makes_new = true),
    AWS_LOOK("eks", "DeleteCluster", .describe = "DescribeCluster",
             .pairs = AWS_PAIRS("name", "name"), .absent = "ResourceNotFoundException",
             .judge = kubernetes_is_gone, .patience_s = KUBERNETES_S),
    AWS_LOOK("ecs", "CreateCluster", .describe = "DescribeClusters", .params = cluster_in_full,
             .judge = cluster_is_made),
    AWS_LOOK("ecs", "CreateService", .describe = "DescribeServices", .params = service_in_full,
             .judge = service_is_made, .makes_new = true, .patience_s = 180),
    AWS_LOOK("events", "DeleteRule", .describe = "DescribeRule", .pairs = AWS_PAIRS("Name", "Name"),
             .absent = "ResourceNotFoundException", .judge = rule_is_gone),
    AWS_LOOK("events", "PutRule", .describe = "DescribeRule", .look = look_at_rule),
    AWS_LOOK("s3", "DeleteObject", .describe = "ListObjectVersions", .params = versions_of_object,
             .judge = object_is_shown, .complete = name_mark),
    { 0 },
};
