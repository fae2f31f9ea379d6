// SPDX-License-Identifier: Apache-2.0
// How rules, policies, zones, documents, buckets, services and databases look once they are put
// back.
#include "base/json_walk.h"
#include "ext/aws_forward.h"
#include "ext/aws_lists.h"
#include "ext/aws_look.h"

/* The service says minutes; a rollback has ten by default. */
#define DATABASE_S 540

/* An event bus may manage a rule: ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS is enabled, too. */
static void see_rule(const json_t *answer, const json_t *request, const char *wanted,
                     struct aws_sight *sight)
{
    const char *state = json_text_of(answer, "State");

    if (!state || !str_starts(state, wanted))
        aws_see_status(sight, json_text_of(request, "Name"), state, wanted, AWS_PAIRS(NULL));
}

static void rule_is_enabled(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    see_rule(answer, request, "ENABLED", sight);
}

static void rule_is_disabled(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    see_rule(answer, request, "DISABLED", sight);
}

static void rule_has_targets(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    json_t *target;
    size_t i;

    json_array_foreach (json_object_get(request, "Targets"), i, target) {
        const char *id = json_text_of(target, "Id");

        aws_see_value(sight, json_text_of(request, "Rule"), id,
                      aws_list_find(json_object_get(answer, "Targets"), "Id", id), target);
    }
}

static void rule_lacks_targets(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    json_t *id;
    size_t i;

    json_array_foreach (json_object_get(request, "Ids"), i, id)
        aws_see_there(
            sight, json_string_value(id),
            aws_list_find(json_object_get(answer, "Targets"), "Id", json_string_value(id)) != NULL,
            false);
}

static void see_policy(const json_t *answer, const json_t *request, bool is_wanted,
                       struct aws_sight *sight)
{
    const char *arn = json_text_of(request, "PolicyArn");
    const json_t *found =
        aws_list_find(json_object_get(answer, "AttachedPolicies"), "PolicyArn", arn);

    aws_see_there(sight, arn, found != NULL, is_wanted);
}

static void policy_is_attached(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    see_policy(answer, request, true, sight);
}

static void policy_is_detached(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    see_policy(answer, request, false, sight);
}

static void see_network(const json_t *answer, const json_t *request, bool is_wanted,
                        struct aws_sight *sight)
{
    const char *id = json_text_of(json_object_get(request, "VPC"), "VPCId");

    aws_see_there(sight, id, aws_list_find(json_object_get(answer, "VPCs"), "VPCId", id) != NULL,
                  is_wanted);
}

static void zone_has_network(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    see_network(answer, request, true, sight);
}

static void zone_lacks_network(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    see_network(answer, request, false, sight);
}

/* Its description would be an error where there is none. */
static json_t *documents_named(const json_t *request)
{
    return json_pack("{s:[{s:s, s:[O]}]}", "Filters", "Key", "Name", "Values",
                     json_object_get(request, "Name"));
}

static void document_is_gone(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    const char *name = json_text_of(request, "Name");

    aws_see_there(
        sight, name,
        aws_list_find(json_object_get(answer, "DocumentIdentifiers"), "Name", name) != NULL, false);
}

/* A bucket whose versioning was never on says nothing. */
static void bucket_has_versioning(const json_t *answer, const json_t *request,
                                  struct aws_sight *sight)
{
    const char *status = json_text_of(answer, "Status");
    const json_t *wanted = json_object_get(request, "VersioningConfiguration");

    aws_see_status(sight, json_text_of(request, "Bucket"), status ? status : "Suspended",
                   json_text_of(wanted, "Status"), AWS_PAIRS(NULL));
}

static void service_is_set(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    const json_t *service = json_array_get(json_object_get(answer, "services"), 0);
    const char *name = json_text_of(request, "service");
    const char *member;
    json_t *wanted;

    aws_see_there(sight, name, service != NULL, true);
    json_object_foreach (json_walkable(request), member, wanted)
        if (!str_equal(member, "cluster") && !str_equal(member, "service"))
            aws_see_value(sight, name, member, json_object_get(service, member), wanted);
}

static void resource_has_tags(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    json_t *tag;
    size_t i;

    json_array_foreach (json_object_get(request, "tags"), i, tag) {
        const char *key = json_text_of(tag, "key");

        aws_see_value(sight, json_text_of(request, "resourceArn"), key,
                      aws_list_find(json_object_get(answer, "tags"), "key", key), tag);
    }
}

static void resource_lacks_tags(const json_t *answer, const json_t *request,
                                struct aws_sight *sight)
{
    json_t *key;
    size_t i;

    json_array_foreach (json_object_get(request, "tagKeys"), i, key)
        aws_see_there(
            sight, json_string_value(key),
            aws_list_find(json_object_get(answer, "tags"), "key", json_string_value(key)) != NULL,
            false);
}

static void containers_have_status(const json_t *answer, const json_t *request,
                                   struct aws_sight *sight)
{
    json_t *arn;
    size_t i;

    json_array_foreach (json_object_get(request, "containerInstances"), i, arn) {
        const json_t *found = aws_list_find(json_object_get(answer, "containerInstances"),
                                            "containerInstanceArn", json_string_value(arn));

        aws_see_status(sight, json_string_value(arn), json_text_of(found, "status"),
                       json_text_of(request, "status"), AWS_PAIRS(NULL));
    }
}

static const char *const database_on_its_way[] = {
    "starting",  "stopping",    "rebooting", "modifying",    "backing-up",
    "upgrading", "maintenance", "renaming",  "failing-over", NULL,
};

static void database_runs(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    const json_t *found = json_array_get(json_object_get(answer, "DBInstances"), 0);

    aws_see_status(sight, json_text_of(request, "DBInstanceIdentifier"),
                   json_text_of(found, "DBInstanceStatus"), "available", database_on_its_way);
}

static void database_cluster_runs(const json_t *answer, const json_t *request,
                                  struct aws_sight *sight)
{
    const json_t *found = json_array_get(json_object_get(answer, "DBClusters"), 0);

    aws_see_status(sight, json_text_of(request, "DBClusterIdentifier"),
                   json_text_of(found, "Status"), "available", database_on_its_way);
}

#define RULE     "DescribeRule", AWS_PAIRS("Name", "Name")
#define TARGETS  "ListTargetsByRule", AWS_PAIRS("Rule", "Rule")
#define POLICIES "ListAttachedRolePolicies", AWS_PAIRS("RoleName", "RoleName")
#define ZONE     "GetHostedZone", AWS_PAIRS("Id", "HostedZoneId")
#define TAGS     "ListTagsForResource", AWS_PAIRS("resourceArn", "resourceArn")

const struct aws_look aws_looks_services[] = {
    { "events", "EnableRule", RULE, NULL, rule_is_enabled, 0 },
    { "events", "DisableRule", RULE, NULL, rule_is_disabled, 0 },
    { "events", "PutTargets", TARGETS, NULL, rule_has_targets, 0 },
    { "events", "RemoveTargets", TARGETS, NULL, rule_lacks_targets, 0 },
    { "iam", "AttachRolePolicy", POLICIES, NULL, policy_is_attached, 0 },
    { "iam", "DetachRolePolicy", POLICIES, NULL, policy_is_detached, 0 },
    { "route53", "AssociateVPCWithHostedZone", ZONE, NULL, zone_has_network, 0 },
    { "route53", "DisassociateVPCFromHostedZone", ZONE, NULL, zone_lacks_network, 0 },
    { "ssm", "DeleteDocument", "ListDocuments", NULL, documents_named, document_is_gone, 0 },
    { "s3", "PutBucketVersioning", "GetBucketVersioning", AWS_PAIRS("Bucket", "Bucket"), NULL,
      bucket_has_versioning, 0 },
    { "ecs", "UpdateService", "DescribeServices",
      AWS_PAIRS("cluster", "cluster", "services[]", "service"), NULL, service_is_set, 0 },
    { "ecs", "TagResource", TAGS, NULL, resource_has_tags, 0 },
    { "ecs", "UntagResource", TAGS, NULL, resource_lacks_tags, 0 },
    { "ecs", "UpdateContainerInstancesState", "DescribeContainerInstances",
      AWS_PAIRS("cluster", "cluster", "containerInstances", "containerInstances"), NULL,
      containers_have_status, 0 },
    { "rds", "StartDBInstance", "DescribeDBInstances",
      AWS_PAIRS("DBInstanceIdentifier", "DBInstanceIdentifier"), NULL, database_runs, DATABASE_S },
    { "rds", "StartDBCluster", "DescribeDBClusters",
      AWS_PAIRS("DBClusterIdentifier", "DBClusterIdentifier"), NULL, database_cluster_runs,
      DATABASE_S },
    { 0 },
};
