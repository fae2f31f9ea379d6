// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.elasticache.probes and chaosaws.elasticache.actions.
#include "base/json_walk.h"
#include "ext/aws_forward.h"
#include "ext/aws_lists.h"
#include "ext/aws_row.h"
#include "value/pytext.h"

#define ELASTICACHE "elasticache"

static int describe_cache_cluster(const struct chaos_call *call, json_t **ret_output,
                                  struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (aws_call(call, ELASTICACHE, "DescribeCacheClusters",
                 json_pack("{s:O, s:b}", "CacheClusterId", argument(call, "cluster_id"),
                           "ShowCacheNodeInfo", argument_flag(call, "show_node_info")),
                 &answer, err) < 0)
        return aws_explain_refusal(call, "describe_cache_cluster failed: ({code}) {message}", err);
    if (!json_array_size(json_object_get(answer, "CacheClusters")))
        return aws_fail(call,
                        "describe_cache_cluster failed: unable to find cache cluster with id: "
                        "{cluster_id}",
                        err);
    *ret_output = STEAL(answer);
    return 0;
}

/* A member of the cluster, or `otherwise` (taken). */
static int read_cluster(const struct chaos_call *call, const char *member, json_t *otherwise,
                        json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *fallback = otherwise;
    AUTO(json) json_t *answer = NULL;
    json_t *value;

    if (describe_cache_cluster(call, &answer, err) < 0)
        return -(int)err->code;
    value = json_object_get(json_array_get(json_object_get(answer, "CacheClusters"), 0), member);
    *ret_output = json_incref(value ? value : fallback);
    return 0;
}

static int get_cache_node_count(const struct chaos_call *call, json_t **ret_output,
                                struct chaos_error *err)
{
    return read_cluster(call, "NumCacheNodes", json_integer(0), ret_output, err);
}

static int get_cache_node_status(const struct chaos_call *call, json_t **ret_output,
                                 struct chaos_error *err)
{
    return read_cluster(call, "CacheClusterStatus", json_string(""), ret_output, err);
}

static int count_cache_clusters_from_replication_group(const struct chaos_call *call,
                                                       json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    const json_t *group;

    if (aws_call(call, ELASTICACHE, "DescribeReplicationGroups",
                 aws_params(call, AWS_PAIRS("ReplicationGroupId", "replication_group_id")), &answer,
                 err) < 0)
        return -(int)err->code;
    group = json_array_get(json_object_get(answer, "ReplicationGroups"), 0);
    if (!group)
        return aws_fail(call, "Error retrieving ReplicationGroups for {replication_group_id}", err);
    *ret_output =
        json_integer((json_int_t)json_array_size(json_object_get(group, "MemberClusters")));
    return 0;
}

/* Clusters and replication groups, which the actions name one by one. */
struct kind {
    const char *argument;
    const char *describe;
    const char *id;
    const char *list;
};

static const struct kind clusters = {
    .argument = "cluster_ids",
    .describe = "DescribeCacheClusters",
    .id = "CacheClusterId",
    .list = "CacheClusters",
};
static const struct kind groups = {
    .argument = "group_ids",
    .describe = "DescribeReplicationGroups",
    .id = "ReplicationGroupId",
    .list = "ReplicationGroups",
};

static int describe_all(const struct chaos_call *call, const struct kind *kind, json_t **ret_found,
                        struct chaos_error *err)
{
    AUTO(json) json_t *found = json_array();
    json_t *id;
    size_t i;

    json_array_foreach (argument(call, kind->argument), i, id) {
        json_t *params = json_pack("{s:O}", kind->id, id);
        AUTO(json) json_t *answer = NULL;

        if (kind == &clusters)
            json_object_set_new(params, "ShowCacheNodeInfo", json_true());
        if (aws_call(call, ELASTICACHE, kind->describe, params, &answer, err) < 0)
            return -(int)err->code;
        if (!json_array_size(json_object_get(answer, kind->list)))
            return chaos_error_set(err, CHAOS_E_NOT_FOUND, "%s %s not found.",
                                   kind == &clusters ? "Cache cluster" : "Replication group",
                                   json_string_value(id));
        json_array_extend(found, json_object_get(answer, kind->list));
    }
    *ret_found = STEAL(found);
    return 0;
}

/* The nodes of the argument, all of which the cluster must have; or all it has. */
static int choose_nodes(const struct chaos_call *call, const json_t *cluster, json_t **ret_ids,
                        struct chaos_error *err)
{
    AUTO(json) json_t *actual = aws_list_of(json_object_get(cluster, "CacheNodes"), "CacheNodeId");
    AUTO(json) json_t *missing = json_array();
    AUTO(str) char *text = NULL;
    json_t *id;
    size_t i;

    if (!argument_given(call, "node_ids")) {
        *ret_ids = STEAL(actual);
        return 0;
    }
    json_array_foreach (argument(call, "node_ids"), i, id)
        if (!aws_list_holds(actual, id))
            json_array_append(missing, id);
    text = pytext_of(missing);
    if (json_array_size(missing))
        return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                               "Cache Cluster %s has no node(s) matching: %s",
                               json_text_of(cluster, "CacheClusterId"), text);
    *ret_ids = json_incref(argument(call, "node_ids"));
    return 0;
}

static int reboot_cache_clusters(const struct chaos_call *call, json_t **ret_output,
                                 struct chaos_error *err)
{
    AUTO(json) json_t *found = NULL;
    AUTO(json) json_t *results = json_array();
    json_t *cluster;
    size_t i;

    if (describe_all(call, &clusters, &found, err) < 0)
        return -(int)err->code;
    json_array_foreach (found, i, cluster) {
        AUTO(json) json_t *answer = NULL;
        AUTO(json) json_t *ids = NULL;
        AUTO(str) char *text = NULL;

        if (choose_nodes(call, cluster, &ids, err) < 0)
            return -(int)err->code;
        text = pytext_of(ids);
        chaos_log_info(call->context, "Rebooting the nodes %s of the cache cluster %s", text,
                       json_text_of(cluster, "CacheClusterId"));
        if (aws_call(call, ELASTICACHE, "RebootCacheCluster",
                     json_pack("{s:O, s:O}", "CacheClusterId",
                               json_object_get(cluster, "CacheClusterId"), "CacheNodeIdsToReboot",
                               ids),
                     &answer, err) < 0)
            return -(int)err->code;
        json_array_append(results, json_object_get(answer, "CacheCluster"));
    }
    *ret_output = STEAL(results);
    return 0;
}

/* `operation` on each; the answer's `member` goes into the output. */
static int delete_all(const struct chaos_call *call, const struct kind *kind, const char *operation,
                      const char *member, json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *found = NULL;
    AUTO(json) json_t *results = json_array();
    json_t *item;
    size_t i;

    if (describe_all(call, kind, &found, err) < 0)
        return -(int)err->code;
    json_array_foreach (found, i, item) {
        json_t *params =
            aws_params(call, AWS_PAIRS("FinalSnapshotIdentifier", "?final_snapshot_id",
                                       "RetainPrimaryCluster", "retain_primary_cluster"));
        AUTO(json) json_t *answer = NULL;

        json_object_set(params, kind->id, json_object_get(item, kind->id));
        chaos_log_info(call->context, "%s %s", operation, json_text_of(item, kind->id));
        if (aws_call(call, ELASTICACHE, operation, params, &answer, err) < 0)
            return -(int)err->code;
        json_array_append(results, json_object_get(answer, member));
    }
    *ret_output = STEAL(results);
    return 0;
}

static int delete_cache_clusters(const struct chaos_call *call, json_t **ret_output,
                                 struct chaos_error *err)
{
    return delete_all(call, &clusters, "DeleteCacheCluster", "CacheCluster", ret_output, err);
}

static int delete_replication_groups(const struct chaos_call *call, json_t **ret_output,
                                     struct chaos_error *err)
{
    return delete_all(call, &groups, "DeleteReplicationGroup", "ReplicationGroup", ret_output, err);
}

static int test_failover(const struct chaos_call *call, json_t **ret_output,
                         struct chaos_error *err)
{
    static const char *const pairs[] = { "ReplicationGroupId", "replication_group_id",
                                         "NodeGroupId", "node_group_id", NULL };

    if (!argument_given(call, "replication_group_id") || !argument_given(call, "node_group_id"))
        return aws_fail(call, "you must specify the replication group id and node group id", err);
    aws_announce(call, "Failing over the node group {node_group_id} of {replication_group_id}");
    if (aws_call(call, ELASTICACHE, "TestFailover", aws_params(call, pairs), ret_output, err) < 0)
        return aws_explain_failure(
            call,
            "failed invoking the test failover API for replication group "
            "'{replication_group_id}' and node group '{node_group_id}': '{error}'",
            err);
    return 0;
}

#define CLUSTER  REQUIRED("cluster_id", CHAOS_STRING, "id of the cache cluster")
#define CLUSTERS REQUIRED("cluster_ids", CHAOS_LIST, "ids of the cache clusters")
#define GROUP    REQUIRED("replication_group_id", CHAOS_STRING, "id of the replication group")
#define SNAPSHOT OPTIONAL("final_snapshot_id", CHAOS_STRING, "name of a snapshot to take before")

static const struct chaos_param describe_params[] = {
    CLUSTER,
    DEFAULT("show_node_info", CHAOS_BOOLEAN, "false", "with its nodes"),
};
static const struct chaos_param cluster_params[] = { CLUSTER };
static const struct chaos_param group_params[] = { GROUP };
static const struct chaos_param reboot_params[] = {
    CLUSTERS,
    OPTIONAL("node_ids", CHAOS_LIST, "nodes to reboot in each; null: all"),
};
static const struct chaos_param delete_cluster_params[] = { CLUSTERS, SNAPSHOT };
static const struct chaos_param delete_group_params[] = {
    REQUIRED("group_ids", CHAOS_LIST, "ids of the replication groups"),
    SNAPSHOT,
    DEFAULT("retain_primary_cluster", CHAOS_BOOLEAN, "true", "keep the primary cluster"),
};
static const struct chaos_param failover_params[] = {
    GROUP,
    REQUIRED("node_group_id", CHAOS_STRING, "id of the node group"),
};

static const struct chaos_function probes[] = {
    PROBE(count_cache_clusters_from_replication_group, group_params,
          .summary = "how many clusters a replication group has", .result = CHAOS_INTEGER,
          .result_doc = "member clusters"),
    PROBE(describe_cache_cluster, describe_params, .summary = "a cache cluster", AWS_RESPONSE),
    PROBE(get_cache_node_count, cluster_params, .summary = "how many nodes a cluster has",
          .result = CHAOS_INTEGER, .result_doc = "nodes"),
    PROBE(get_cache_node_status, cluster_params, .summary = "the status of a cluster",
          .result = CHAOS_STRING, .result_doc = "\"available\", …"),
};

#define DESCRIPTIONS .result = CHAOS_LIST, .result_doc = "a description of each"

static const struct chaos_function actions[] = {
    ACTION(delete_cache_clusters, delete_cluster_params, .summary = "delete cache clusters",
           DESCRIPTIONS),
    ACTION(delete_replication_groups, delete_group_params, .summary = "delete replication groups",
           DESCRIPTIONS),
    ACTION(reboot_cache_clusters, reboot_params, .summary = "reboot nodes of cache clusters",
           DESCRIPTIONS),
    ACTION(test_failover, failover_params, .summary = "fail a node group over", AWS_RESPONSE),
};

AWS_EXTENSION_OF(ext_aws_elasticache_probes, "chaosaws.elasticache.probes",
                 "ElastiCache, looked at", probes);
AWS_EXTENSION_OF(ext_aws_elasticache_actions, "chaosaws.elasticache.actions",
                 "ElastiCache, acted on", actions);
