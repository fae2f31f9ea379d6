// SPDX-License-Identifier: Apache-2.0
// How rules, policies, zones, buckets, services and databases look once they are put back.
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

/* Whether `list` has the items that `wanted` is a list of, each known by its member `key`. */
static void see_items(struct aws_sight *sight, const char *name, const json_t *list,
                      const char *key, const json_t *wanted)
{
    json_t *item;
    size_t i;

    json_array_foreach (wanted, i, item) {
        const char *id = json_text_of(item, key);

        aws_see_value(sight, name, id, aws_list_find(list, key, id), item);
    }
}

/* Whether `list` has none of the items whose member `key` is one of `ids`. */
static void see_none(struct aws_sight *sight, const json_t *list, const char *key,
                     const json_t *ids)
{
    json_t *id;
    size_t i;

    json_array_foreach (ids, i, id)
        aws_see_there(sight, json_string_value(id),
                      aws_list_find(list, key, json_string_value(id)) != NULL, false);
}

static void rule_has_targets(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    see_items(sight, json_text_of(request, "Rule"), json_object_get(answer, "Targets"), "Id",
              json_object_get(request, "Targets"));
}

static void rule_lacks_targets(const json_t *answer, const json_t *request, struct aws_sight *sight)
{
    see_none(sight, json_object_get(answer, "Targets"), "Id", json_object_get(request, "Ids"));
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
    see_items(sight, json_text_of(request, "resourceArn"), json_object_get(answer, "tags"), "key",
              json_object_get(request, "tags"));
}

static void resource_lacks_tags(const json_t *answer, const json_t *request,
                                struct aws_sight *sight)
{
    see_none(sight, json_object_get(answer, "tags"), "key", json_object_get(request, "tagKeys"));
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

#define RULE .describe = "DescribeRule", .pairs = AWS_PAIRS("Name", "Name")
#define TARGETS                                                                                    \
    .describe = "ListTargetsByRule", .pairs = AWS_PAIRS("Rule", "Rule"),                           \
    .absent = "ResourceNotFoundException"
#define POLICIES                                                                                   \
    .describe = "ListAttachedRolePolicies", .pairs = AWS_PAIRS("RoleName", "RoleName"),            \
    .absent = "NoSuchEntity"
#define ZONE                                                                                       \
    .describe = "GetHostedZone", .pairs = AWS_PAIRS("Id", "HostedZoneId"),                         \
    .absent = "NoSuchHostedZone"
#define TAGS .describe = "ListTagsForResource", .pairs = AWS_PAIRS("resourceArn", "resourceArn")

const struct aws_look aws_looks_services[] = {
    AWS_LOOK("events", "EnableRule", RULE, .judge = rule_is_enabled),
    AWS_LOOK("events", "DisableRule", RULE, .judge = rule_is_disabled),
    AWS_LOOK("events", "PutTargets", TARGETS, .judge = rule_has_targets),
    AWS_LOOK("events", "RemoveTargets", TARGETS, .judge = rule_lacks_targets),
    AWS_LOOK("iam", "AttachRolePolicy", POLICIES, .judge = policy_is_attached),
    AWS_LOOK("iam", "DetachRolePolicy", POLICIES, .judge = policy_is_detached),
    AWS_LOOK("route53", "AssociateVPCWithHostedZone", ZONE, .judge = zone_has_network),
    AWS_LOOK("route53", "DisassociateVPCFromHostedZone", ZONE, .judge = zone_lacks_network),
    AWS_LOOK("s3", "PutBucketVersioning", .describe = "GetBucketVersioning",
             .pairs = AWS_PAIRS("Bucket", "Bucket"), .judge = bucket_has_versioning),
    AWS_LOOK("ecs", "UpdateService", .describe = "DescribeServices",
             .pairs = AWS_PAIRS("cluster", "cluster", "services[]", "service"),
             .judge = service_is_set),
    AWS_LOOK("ecs", "TagResource", TAGS, .judge = resource_has_tags),
    AWS_LOOK("ecs", "UntagResource", TAGS, .judge = resource_lacks_tags),
    AWS_LOOK("ecs", "UpdateContainerInstancesState", .describe = "DescribeContainerInstances",
             .pairs = AWS_PAIRS("cluster", "cluster", "containerInstances", "containerInstances"),
             .judge = containers_have_status),
    AWS_LOOK("rds", "StartDBInstance", .describe = "DescribeDBInstances",
             .pairs = AWS_PAIRS("DBInstanceIdentifier", "DBInstanceIdentifier"),
             .judge = database_runs, .patience_s = DATABASE_S),
    AWS_LOOK("rds", "StartDBCluster", .describe = "DescribeDBClusters",
             .pairs = AWS_PAIRS("DBClusterIdentifier", "DBClusterIdentifier"),
             .judge = database_cluster_runs, .patience_s = DATABASE_S),
    { 0 },
};
