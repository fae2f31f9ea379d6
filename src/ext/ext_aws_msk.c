// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.msk.probes and chaosaws.msk.actions.
#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "ext/aws_forward.h"
#include "ext/aws_row.h"

#define KAFKA "kafka"

static int explained(const struct chaos_call *call, int r, struct chaos_error *err)
{
    if (r < 0 && aws_refused_with(err, "NotFoundException"))
        return aws_explain_refusal(call, "The specified cluster was not found", err);
    return r;
}

static int request(const struct chaos_call *call, const char *operation, json_t **ret_output,
                   struct chaos_error *err)
{
    static const char *const pairs[] = { "ClusterArn", "cluster_arn", "BrokerIds", "broker_ids",
                                         NULL };

    return explained(
        call, aws_call(call, KAFKA, operation, aws_params(call, pairs), ret_output, err), err);
}

static int describe_msk_cluster(const struct chaos_call *call, json_t **ret_output,
                                struct chaos_error *err)
{
    return request(call, "DescribeCluster", ret_output, err);
}

static int get_bootstrap_servers(const struct chaos_call *call, json_t **ret_output,
                                 struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(str) char *servers = NULL;
    char *rest;
    char *server;

    if (request(call, "GetBootstrapBrokers", &answer, err) < 0)
        return -(int)err->code;
    servers = mem_strdup(json_text_of(answer, "BootstrapBrokerString"));
    if (!servers)
        return aws_fail(call, "the cluster has no plaintext bootstrap servers", err);
    *ret_output = json_array();
    rest = servers;
    while ((server = strsep(&rest, ",")))
        json_array_append_new(*ret_output, json_string(server));
    return 0;
}

static int reboot_msk_broker(const struct chaos_call *call, json_t **ret_output,
                             struct chaos_error *err)
{
    aws_announce(call, "Rebooting the brokers {broker_ids} of {cluster_arn}");
    return request(call, "RebootBroker", ret_output, err);
}

static int delete_cluster(const struct chaos_call *call, json_t **ret_output,
                          struct chaos_error *err)
{
    aws_announce(call, "Deleting the cluster {cluster_arn}");
    return request(call, "DeleteCluster", ret_output, err);
}

#define CLUSTER REQUIRED("cluster_arn", CHAOS_STRING, "ARN of the cluster")

static const struct chaos_param cluster_params[] = { CLUSTER };
static const struct chaos_param reboot_params[] = {
    CLUSTER,
    REQUIRED("broker_ids", CHAOS_LIST, "ids of the brokers"),
};

static const struct chaos_function probes[] = {
    PROBE(describe_msk_cluster, cluster_params, .summary = "a cluster", AWS_RESPONSE),
    PROBE(get_bootstrap_servers, cluster_params, .summary = "the bootstrap servers of a cluster",
          .result = CHAOS_LIST, .result_doc = "host and port of each"),
};
static const struct chaos_function actions[] = {
    ACTION(delete_cluster, cluster_params, .summary = "delete a cluster", AWS_RESPONSE),
    ACTION(reboot_msk_broker, reboot_params, .summary = "reboot brokers of a cluster",
           AWS_RESPONSE),
};

AWS_EXTENSION_OF(ext_aws_msk_probes, "chaosaws.msk.probes", "MSK clusters, looked at", probes);
AWS_EXTENSION_OF(ext_aws_msk_actions, "chaosaws.msk.actions", "MSK clusters, acted on", actions);
