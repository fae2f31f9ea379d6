// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.eks.probes and chaosaws.eks.actions.
#include "ext/aws_forward.h"
#include "ext/aws_inverse.h"
#include "ext/aws_row.h"

#define EKS "eks"

static int describe_cluster(const struct chaos_call *call, json_t **ret_output,
                            struct chaos_error *err)
{
    if (aws_call(call, EKS, "DescribeCluster", aws_params(call, AWS_PAIRS("name", "name")),
                 ret_output, err) == 0)
        return 0;
    if (!aws_refused_with(err, "ResourceNotFoundException"))
        return -(int)err->code;
    chaos_error_clear(err);
    return 0;
}

static int list_clusters(const struct chaos_call *call, json_t **ret_output,
                         struct chaos_error *err)
{
    return aws_pages(call, EKS, "ListClusters", NULL, ret_output, err);
}

AWS_FORWARD(create_cluster, .service = EKS, .operation = "CreateCluster",
            .params = AWS_PAIRS("name", "name", "version", "version", "roleArn", "role_arn",
                                "resourcesVpcConfig", "vpc_config"),
            .log = "Creating the cluster {name}")
AWS_FORWARD(delete_cluster, .service = EKS, .operation = "DeleteCluster",
            .params = AWS_PAIRS("name", "name"), .needs = "name",
            .missing = "To delete a cluster, give its name", .log = "Deleting the cluster {name}")

/* Most of EKS's clusters are there after ten minutes. */
#define CREATION_MAX_S 1800

static int undo_create_cluster(const struct chaos_call *call, json_t **ret_activity,
                               struct chaos_error *err)
{
    AUTO(json) json_t *cluster = NULL;

    if (describe_cluster(call, &cluster, err) < 0)
        return -(int)err->code;
    if (cluster)
        return 0;
    *ret_activity =
        aws_inverse_one(EKS, "DeleteCluster", aws_params(call, AWS_PAIRS("name", "name")));
    json_object_set_new(*ret_activity, "timeout", json_integer(CREATION_MAX_S));
    return 0;
}

static const struct chaos_param name_params[] = {
    REQUIRED("name", CHAOS_STRING, "name of the cluster"),
};
static const struct chaos_param create_params[] = {
    REQUIRED("name", CHAOS_STRING, "name of the cluster"),
    REQUIRED("role_arn", CHAOS_STRING, "role with which it makes its requests"),
    REQUIRED("vpc_config", CHAOS_MAPPING, "subnetIds, securityGroupIds, …"),
    OPTIONAL("version", CHAOS_STRING, "version of Kubernetes"),
};
static const struct chaos_param delete_params[] = {
    OPTIONAL("name", CHAOS_STRING, "name of the cluster"),
};

static const struct chaos_function probes[] = {
    PROBE(describe_cluster, name_params, .summary = "a cluster", .result = CHAOS_MAPPING,
          .result_doc = "the answer, as boto3 gives it; null when there is no such cluster"),
    { .name = "list_clusters",
      .kind = CHAOS_PROBE,
      .summary = "the clusters of the account",
      AWS_RESPONSE,
      .run = list_clusters },
};
static const struct chaos_function actions[] = {
    ACTION(create_cluster, create_params, .summary = "create a cluster", AWS_RESPONSE,
           .inverse = undo_create_cluster),
    ACTION(delete_cluster, delete_params, .summary = "delete a cluster", AWS_RESPONSE),
};

AWS_EXTENSION_OF(ext_aws_eks_probes, "chaosaws.eks.probes", "EKS clusters, looked at", probes);
AWS_EXTENSION_OF(ext_aws_eks_actions, "chaosaws.eks.actions", "EKS clusters, acted on", actions);
