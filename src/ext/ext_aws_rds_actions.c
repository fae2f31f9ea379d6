// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.rds.actions.
#include "base/json_walk.h"
#include "ext/aws_forward.h"
#include "ext/aws_inverse.h"
#include "ext/aws_row.h"

#define RDS         "rds"
#define INSTANCE_ID "DBInstanceIdentifier", "db_instance_identifier"
#define CLUSTER_ID  "DBClusterIdentifier", "db_cluster_identifier"

AWS_FORWARD(failover_db_cluster, .service = RDS, .operation = "FailoverDBCluster",
            .params = AWS_PAIRS(CLUSTER_ID, "TargetDBInstanceIdentifier",
                                "target_db_instance_identifier"),
            .needs = "db_cluster_identifier",
            .missing = "you must specify the db cluster identifier",
            .log = "Failing the cluster {db_cluster_identifier} over",
            .failed = "failed issuing a failover for DB cluster '{db_cluster_identifier}': "
                      "'{error}'")
AWS_FORWARD(reboot_db_instance, .service = RDS, .operation = "RebootDBInstance",
            .params = AWS_PAIRS(INSTANCE_ID, "ForceFailover", "force_failover"),
            .needs = "db_instance_identifier",
            .missing = "you must specify the db instance identifier",
            .log = "Rebooting the database {db_instance_identifier}",
            .failed = "failed issuing a reboot of db instance '{db_instance_identifier}': "
                      "'{error}'")
AWS_FORWARD(stop_db_instance, .service = RDS, .operation = "StopDBInstance",
            .params = AWS_PAIRS(INSTANCE_ID, "DBSnapshotIdentifier", "?db_snapshot_identifier"),
            .log = "Stopping the database {db_instance_identifier}",
            .refused = "Failed to stop RDS DB instance {db_instance_identifier}: {message}")
AWS_FORWARD(stop_db_cluster, .service = RDS, .operation = "StopDBCluster",
            .params = AWS_PAIRS(CLUSTER_ID), .log = "Stopping the cluster {db_cluster_identifier}",
            .refused = "Failed to stop RDS DB Cluster {db_cluster_identifier}: {message}")
AWS_FORWARD(forward_delete_instance, .service = RDS, .operation = "DeleteDBInstance",
            .params = AWS_PAIRS(INSTANCE_ID, "DeleteAutomatedBackups", "delete_automated_backups",
                                "SkipFinalSnapshot", "skip_final_snapshot",
                                "FinalDBSnapshotIdentifier", "?db_snapshot_identifier"),
            .log = "Deleting the database {db_instance_identifier}",
            .refused = "Failed to delete RDS DB instance {db_instance_identifier}: {message}")
AWS_FORWARD(forward_delete_cluster, .service = RDS, .operation = "DeleteDBCluster",
            .params = AWS_PAIRS(CLUSTER_ID, "SkipFinalSnapshot", "skip_final_snapshot",
                                "FinalDBSnapshotIdentifier", "?db_snapshot_identifier"),
            .log = "Deleting the cluster {db_cluster_identifier}",
            .refused = "Failed to delete RDS DB cluster {db_cluster_identifier}: {message}")

/* A final snapshot needs a name; without one its name, if any, is not sent. */
static int delete_with_snapshot(const struct chaos_call *call, chaos_function_run forward,
                                json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *arguments = json_copy(json_walkable(call->arguments));
    struct chaos_call changed = *call;

    if (argument_flag(call, "skip_final_snapshot"))
        json_object_set_new(arguments, "db_snapshot_identifier", json_null());
    else if (!argument_given(call, "db_snapshot_identifier"))
        return aws_fail(
            call, "You must provide a snapshot identifier if taking a final DB snapshot", err);
    changed.arguments = arguments;
    return forward(&changed, ret_output, err);
}

static int delete_db_instance(const struct chaos_call *call, json_t **ret_output,
                              struct chaos_error *err)
{
    return delete_with_snapshot(call, forward_delete_instance, ret_output, err);
}

static int delete_db_cluster(const struct chaos_call *call, json_t **ret_output,
                             struct chaos_error *err)
{
    return delete_with_snapshot(call, forward_delete_cluster, ret_output, err);
}

static int delete_db_cluster_endpoint(const struct chaos_call *call, json_t **ret_output,
                                      struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    json_t *endpoint;

    if (aws_call(call, RDS, "DescribeDBClusters", aws_params(call, AWS_PAIRS(CLUSTER_ID)), &answer,
                 err) < 0)
        return aws_explain_refusal(
            call, "unable to identify cluster {db_cluster_identifier}: {message}", err);
    endpoint =
        json_object_get(json_array_get(json_object_get(answer, "DBClusters"), 0), "Endpoint");
    if (!json_is_string(endpoint))
        return aws_fail(call, "the cluster {db_cluster_identifier} has no endpoint", err);
    chaos_log_info(call->context, "Deleting the cluster endpoint %s", json_string_value(endpoint));
    if (aws_call(call, RDS, "DeleteDBClusterEndpoint",
                 json_pack("{s:O}", "DBClusterEndpointIdentifier", endpoint), ret_output, err) < 0)
        return aws_explain_refusal(
            call, "unable to delete endpoint for cluster {db_cluster_identifier}: {message}", err);
    return 0;
}

/* How a kind of database is described and started. */
struct database {
    const char *describe;
    const char *list;
    const char *status;
    const char *start;
};

static const struct database instance_kind = { "DescribeDBInstances", "DBInstances",
                                               "DBInstanceStatus", "StartDBInstance" };
static const struct database cluster_kind = { "DescribeDBClusters", "DBClusters", "Status",
                                              "StartDBCluster" };

/* `params` is taken. One that is off already is left so: it is not stopped either. */
static int undo_stop(const struct chaos_call *call, const struct database *kind, json_t *params,
                     json_t **ret_activity, struct chaos_error *err)
{
    static const char *const off[] = { "stopping", "stopped", NULL };
    AUTO(json) json_t *taken = params;
    AUTO(json) json_t *answer = NULL;
    const char *status;

    if (aws_call(call, RDS, kind->describe, json_incref(taken), &answer, err) < 0)
        return -(int)err->code;
    status = json_text_of(json_array_get(json_object_get(answer, kind->list), 0), kind->status);
    if (status && !str_in(status, off))
        *ret_activity = aws_inverse_one(RDS, kind->start, STEAL(taken));
    return 0;
}

static int undo_stop_db_instance(const struct chaos_call *call, json_t **ret_activity,
                                 struct chaos_error *err)
{
    return undo_stop(call, &instance_kind, aws_params(call, AWS_PAIRS(INSTANCE_ID)), ret_activity,
                     err);
}

static int undo_stop_db_cluster(const struct chaos_call *call, json_t **ret_activity,
                                struct chaos_error *err)
{
    return undo_stop(call, &cluster_kind, aws_params(call, AWS_PAIRS(CLUSTER_ID)), ret_activity,
                     err);
}

#define INSTANCE REQUIRED("db_instance_identifier", CHAOS_STRING, "identifier of the instance")
#define CLUSTER  REQUIRED("db_cluster_identifier", CHAOS_STRING, "identifier of the cluster")
#define SNAPSHOT OPTIONAL("db_snapshot_identifier", CHAOS_STRING, "name of a snapshot to take")
#define SKIP                                                                                       \
    DEFAULT("skip_final_snapshot", CHAOS_BOOLEAN, "true", "take no snapshot before the end")

static const struct chaos_param cluster_params[] = { CLUSTER };
static const struct chaos_param failover_params[] = {
    CLUSTER,
    OPTIONAL("target_db_instance_identifier", CHAOS_STRING, "instance to promote"),
};
static const struct chaos_param reboot_params[] = {
    INSTANCE,
    DEFAULT("force_failover", CHAOS_BOOLEAN, "false", "reboot through a failover"),
};
static const struct chaos_param stop_params[] = { INSTANCE, SNAPSHOT };
static const struct chaos_param delete_instance_params[] = {
    INSTANCE,
    SKIP,
    SNAPSHOT,
    DEFAULT("delete_automated_backups", CHAOS_BOOLEAN, "true", "delete its backups too"),
};
static const struct chaos_param delete_cluster_params[] = { CLUSTER, SKIP, SNAPSHOT };

static const struct chaos_function functions[] = {
    ACTION(delete_db_cluster, delete_cluster_params, .summary = "delete a cluster", AWS_RESPONSE),
    ACTION(delete_db_cluster_endpoint, cluster_params,
           .summary = "delete the endpoint of a cluster", AWS_RESPONSE),
    ACTION(delete_db_instance, delete_instance_params, .summary = "delete a database instance",
           AWS_RESPONSE),
    ACTION(failover_db_cluster, failover_params, .summary = "fail a cluster over", AWS_RESPONSE),
    ACTION(reboot_db_instance, reboot_params, .summary = "reboot a database instance",
           AWS_RESPONSE),
    ACTION(stop_db_cluster, cluster_params, .summary = "stop a cluster", AWS_RESPONSE,
           .inverse = undo_stop_db_cluster),
    ACTION(stop_db_instance, stop_params, .summary = "stop a database instance", AWS_RESPONSE,
           .inverse = undo_stop_db_instance),
};

AWS_EXTENSION(ext_aws_rds_actions, "chaosaws.rds.actions", "RDS databases, acted on");
