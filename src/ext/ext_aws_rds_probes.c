// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.rds.probes.
#include "base/json_walk.h"
#include "ext/aws_forward.h"
#include "ext/aws_lists.h"
#include "ext/aws_row.h"

/* What instances and clusters differ in. */
struct kind {
    const char *argument; /* with the id */
    const char *operation;
    const char *param;
    const char *list;
    const char *status;
    const char *plural;
    const char *not_given;
    const char *no_id;      /* what to say when the id is not there */
    const char *no_filters; /* and when the filters match nothing */
};

static const struct kind instances = {
    .argument = "?instance_id",
    .operation = "DescribeDBInstances",
    .param = "DBInstanceIdentifier",
    .list = "DBInstances",
    .status = "DBInstanceStatus",
    .plural = "instances",
    .not_given = "instance_id or filters are required",
    .no_id = "no instance found matching {instance_id}",
    .no_filters = "no instance(s) found matching {filters}",
};
static const struct kind clusters = {
    .argument = "?cluster_id",
    .operation = "DescribeDBClusters",
    .param = "DBClusterIdentifier",
    .list = "DBClusters",
    .status = "Status",
    .plural = "clusters",
    .not_given = "cluster_id or filters are required",
    .no_id = "no cluster found matching {cluster_id}",
    .no_filters = "no cluster(s) found matching {filters}",
};

/* At least one. */
static int describe(const struct chaos_call *call, const struct kind *kind, json_t **ret_items,
                    struct chaos_error *err)
{
    const char *const pairs[] = { kind->param, kind->argument, "Filters", "?filters", NULL };
    AUTO(json) json_t *answer = NULL;
    json_t *items;

    if (aws_pages(call, "rds", kind->operation, aws_params(call, pairs), &answer, err) < 0)
        return -(int)err->code;
    items = json_object_get(answer, kind->list);
    chaos_log_info(call->context, "found %zu %s", json_array_size(items), kind->plural);
    if (!json_array_size(items))
        return aws_fail(
            call, argument_given(call, kind->argument + 1) ? kind->no_id : kind->no_filters, err);
    *ret_items = json_incref(items);
    return 0;
}

/* The one status that all have, or the list of those there are. */
static int read_status(const struct chaos_call *call, const struct kind *kind, json_t **ret_output,
                       struct chaos_error *err)
{
    AUTO(json) json_t *items = NULL;
    AUTO(json) json_t *states = json_array();
    json_t *item;
    size_t i;

    if (argument_given(call, kind->argument + 1) == argument_given(call, "filters"))
        return aws_fail(call, kind->not_given, err);
    if (describe(call, kind, &items, err) < 0)
        return -(int)err->code;
    json_array_foreach (items, i, item) {
        json_t *status = json_object_get(item, kind->status);

        if (status && !aws_list_holds(states, status))
            json_array_append(states, status);
    }
    *ret_output = json_incref(json_array_size(states) == 1 ? json_array_get(states, 0) : states);
    return 0;
}

static int instance_status(const struct chaos_call *call, json_t **ret_output,
                           struct chaos_error *err)
{
    return read_status(call, &instances, ret_output, err);
}

static int cluster_status(const struct chaos_call *call, json_t **ret_output,
                          struct chaos_error *err)
{
    return read_status(call, &clusters, ret_output, err);
}

static int cluster_membership_count(const struct chaos_call *call, json_t **ret_output,
                                    struct chaos_error *err)
{
    AUTO(json) json_t *items = NULL;
    const json_t *members;

    if (describe(call, &clusters, &items, err) < 0)
        return -(int)err->code;
    members = json_object_get(json_array_get(items, 0), "DBClusterMembers");
    *ret_output = json_integer((json_int_t)json_array_size(members));
    return 0;
}

#define FILTERS OPTIONAL("filters", CHAOS_LIST, "filters: a list of {\"Name\", \"Values\"}")

static const struct chaos_param instance_params[] = {
    OPTIONAL("instance_id", CHAOS_STRING, "identifier of the instance"),
    FILTERS,
};
static const struct chaos_param cluster_params[] = {
    OPTIONAL("cluster_id", CHAOS_STRING, "identifier of the cluster"),
    FILTERS,
};
static const struct chaos_param member_params[] = {
    REQUIRED("cluster_id", CHAOS_STRING, "identifier of the cluster"),
};

#define STATUS .result_doc = "the status that all have, or the list of those there are"

static const struct chaos_function functions[] = {
    PROBE(cluster_membership_count, member_params, .summary = "how many members a cluster has",
          .result = CHAOS_INTEGER, .result_doc = "members"),
    PROBE(cluster_status, cluster_params, .summary = "the status of clusters", STATUS),
    PROBE(instance_status, instance_params, .summary = "the status of database instances", STATUS),
};

AWS_EXTENSION(ext_aws_rds_probes, "chaosaws.rds.probes", "RDS databases, looked at");
