/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/endpoint.h"

#include <string.h>

#include "aws/ruleset.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"

/* Regions in which STS was one global service before it had regions. */
static const char *const sts_global_regions[] = {
    "ap-northeast-1", "ap-south-1",   "ap-southeast-1", "ap-southeast-2", "aws-global",
    "ca-central-1",   "eu-central-1", "eu-north-1",     "eu-west-1",      "eu-west-2",
    "eu-west-3",      "sa-east-1",    "us-east-1",      "us-east-2",      "us-west-1",
    "us-west-2",      NULL,
};

void aws_endpoint_clear(struct aws_endpoint *endpoint)
{
    free(endpoint->url);
    free(endpoint->signing_region);
    free(endpoint->signing_name);
    json_decref(endpoint->headers);
    *endpoint = (struct aws_endpoint){ 0 };
}

static bool is_s3(const struct aws_service *service)
{
    return strcmp(service->endpoint_prefix, "s3") == 0 ||
           strcmp(service->endpoint_prefix, "s3-control") == 0;
}

static bool wants_path_style(const struct aws_operation *operation, const json_t *params,
                             const struct aws_endpoint_options *options)
{
    const char *bucket = json_string_value(json_object_get(params, "Bucket"));

    if (strcmp(operation->name, "GetBucketLocation") == 0)
        return true; /* else the answer depends on the region that is asked for */
    if (bucket && str_starts(bucket, "arn:"))
        return false;
    if (options->flags & AWS_ENDPOINT_S3_ACCELERATE)
        return false;
    if (options->url)
        return !(options->flags & AWS_ENDPOINT_S3_VIRTUAL_STYLE);
    return options->flags & AWS_ENDPOINT_S3_PATH_STYLE;
}

/* What a built-in parameter of the rules is made of. */
struct situation {
    const struct aws_operation *operation;
    const json_t *params;
    const struct aws_endpoint_options *options;
};

static bool has_flag(const struct situation *in, unsigned flag)
{
    return in->options->flags & flag;
}

static bool uses_fips(const struct situation *in)
{
    return !in->options->url && has_flag(in, AWS_ENDPOINT_FIPS);
}

static bool uses_dualstack(const struct situation *in)
{
    return !in->options->url && has_flag(in, AWS_ENDPOINT_DUALSTACK);
}

static bool uses_global_sts(const struct situation *in)
{
    return has_flag(in, AWS_ENDPOINT_STS_GLOBAL) && in->options->region &&
           str_in(in->options->region, sts_global_regions);
}

static bool uses_global_s3(const struct situation *in)
{
    return !has_flag(in, AWS_ENDPOINT_S3_REGIONAL) && str_equal(in->options->region, "us-east-1");
}

static bool accelerates(const struct situation *in)
{
    return has_flag(in, AWS_ENDPOINT_S3_ACCELERATE);
}

static bool forces_path_style(const struct situation *in)
{
    return wants_path_style(in->operation, in->params, in->options);
}

static bool follows_arn(const struct situation *in)
{
    return !has_flag(in, AWS_ENDPOINT_S3_OWN_REGION_ONLY);
}

static bool never(const struct situation *in)
{
    (void)in;
    return false;
}

static bool avoids_multi_region(const struct situation *in)
{
    return has_flag(in, AWS_ENDPOINT_S3_NO_MULTI_REGION);
}

/* The value of a parameter that every service may ask for; NULL for none. */
static json_t *built_in(const char *name, const struct situation *in)
{
    static const struct {
        const char *name;
        bool (*decide)(const struct situation *in);
    } switches[] = {
        { "AWS::UseFIPS", uses_fips },
        { "AWS::UseDualStack", uses_dualstack },
        { "AWS::STS::UseGlobalEndpoint", uses_global_sts },
        { "AWS::S3::UseGlobalEndpoint", uses_global_s3 },
        { "AWS::S3::Accelerate", accelerates },
        { "AWS::S3::ForcePathStyle", forces_path_style },
        { "AWS::S3::UseArnRegion", follows_arn },
        { "AWS::S3Control::UseArnRegion", never },
        { "AWS::S3::DisableMultiRegionAccessPoints", avoids_multi_region },
    };
    const struct {
        const char *name;
        const char *text;
    } texts[] = {
        { "AWS::Region", in->options->region },
        { "SDK::Endpoint", in->options->url },
        { "AWS::Auth::AccountId", in->options->account_id },
        { "AWS::Auth::AccountIdEndpointMode", "preferred" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
        if (strcmp(switches[i].name, name) == 0)
            return json_boolean(switches[i].decide(in));
    }
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        if (strcmp(texts[i].name, name) == 0 && texts[i].text)
            return json_string(texts[i].text);
    }
    return NULL;
}

/* A parameter of the rules that the model ties to the operation or to one of its members. */
static json_t *from_context(const char *name, const struct aws_operation *operation,
                            const json_t *params)
{
    struct aws_node fixed = aws_node_get(
        aws_node_get(aws_node_get(operation->traits, "staticContextParams"), name), "value");
    const struct aws_shape *shape = &operation->input.shape;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    if (aws_node_type(fixed) != AWS_NODE_NULL)
        return aws_node_to_json(fixed, &value, &err) < 0 ? NULL : value;
    for (size_t i = 0; i < aws_shape_member_count(shape); i++) {
        struct aws_member member = aws_shape_member(shape, i);
        const char *context = aws_node_get_text(aws_member_trait(&member, "contextParam"), "name");

        if (str_equal(context, name))
            return json_incref(json_object_get(params, member.name));
    }
    return NULL;
}

static json_t *collect(const struct aws_operation *operation, const json_t *params,
                       const struct aws_endpoint_options *options)
{
    struct aws_node specs = aws_node_get(operation->service.ruleset, "parameters");
    struct situation in = { operation, params, options };
    json_t *collected = json_object();

    for (size_t i = 0; i < aws_node_count(specs); i++) {
        const char *name = aws_node_key_at(specs, i);
        const char *known = aws_node_get_text(aws_node_at(specs, i), "builtIn");
        json_t *value = from_context(name, operation, params);

        if (!value && known)
            value = built_in(known, &in);
        if (value)
            json_object_set_new(collected, name, value);
    }
    return collected;
}

/* The first way to sign that is spoken here; NULL when the endpoint names none at all. */
static int choose_scheme(const json_t *endpoint, const json_t **ret_scheme, struct chaos_error *err)
{
    const json_t *schemes = json_object_get(json_object_get(endpoint, "properties"), "authSchemes");
    size_t index;
    json_t *scheme;

    *ret_scheme = NULL;
    if (json_array_size(schemes) == 0)
        return 0;
    json_array_foreach (schemes, index, scheme) {
        const char *name = json_string_value(json_object_get(scheme, "name"));

        if (str_equal(name, "sigv4") || str_equal(name, "none")) {
            *ret_scheme = scheme;
            return 0;
        }
    }
    return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                           "this endpoint is signed for in a way that is not supported (%s)",
                           json_string_value(json_object_get(json_array_get(schemes, 0), "name")));
}

/* The first region of the service when there is none: "aws-global" for services with one endpoint
 * for the world; NULL when it needs a region. */
static const char *global_region(const struct aws_service *service)
{
    struct aws_node partitions =
        aws_node_get(aws_node_get(aws_models_root(service->models), "endpoints"), "partitions");
    struct aws_node services = aws_node_get(aws_node_at(partitions, 0), "services");
    struct aws_node entry = aws_node_get(services, service->endpoint_prefix);

    return aws_node_get_text(entry, "partitionEndpoint");
}

/* The region to sign for by botocore's older endpoint data, which still counts where the rules are
 * silent: services with one endpoint for the world, and pseudo regions such as aws-global. */
static const char *older_signing_region(const struct aws_service *service, const char *region)
{
    struct aws_node partitions =
        aws_node_get(aws_node_get(aws_models_root(service->models), "endpoints"), "partitions");

    for (size_t i = 0; i < aws_node_count(partitions); i++) {
        struct aws_node partition = aws_node_at(partitions, i);
        struct aws_node entry =
            aws_node_get(aws_node_get(partition, "services"), service->endpoint_prefix);
        struct aws_node regionalized = aws_node_get(entry, "isRegionalized");
        struct aws_node endpoint = aws_node_get(aws_node_get(entry, "endpoints"), region);
        bool is_here = aws_node_type(aws_node_get(aws_node_get(partition, "regions"), region)) !=
                       AWS_NODE_NULL;
        const char *world = aws_node_get_text(entry, "partitionEndpoint");
        const char *signing;

        if (aws_node_type(endpoint) == AWS_NODE_NULL && is_here && world &&
            aws_node_type(regionalized) == AWS_NODE_BOOLEAN && !aws_node_is_true(regionalized))
            endpoint = aws_node_get(aws_node_get(entry, "endpoints"), world);
        signing = aws_node_get_text(aws_node_get(endpoint, "credentialScope"), "region");
        if (!signing && is_here)
            signing = aws_node_get_text(
                aws_node_get(aws_node_get(entry, "defaults"), "credentialScope"), "region");
        if (signing)
            return signing;
    }
    return region;
}

int aws_endpoint_resolve(const struct aws_operation *operation, const json_t *params,
                         const struct aws_endpoint_options *options,
                         struct aws_endpoint *ret_endpoint, struct chaos_error *err)
{
    const struct aws_service *service = &operation->service;
    struct aws_endpoint_options used = *options;
    AUTO(json) json_t *collected = NULL;
    AUTO(json) json_t *endpoint = NULL;
    const json_t *scheme;
    const char *region, *name;
    int r;

    if (!used.region)
        used.region = global_region(service);
    if (!used.region)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "AWS service '%s' needs a region: set AWS_REGION", service->name);
    collected = collect(operation, params, &used);
    r = ruleset_evaluate(service->ruleset,
                         aws_node_get(aws_models_root(service->models), "partitions"), collected,
                         &endpoint, err);
    if (r == 0)
        r = choose_scheme(endpoint, &scheme, err);
    if (r < 0)
        return chaos_error_prefix(err, "AWS service '%s': endpoint", service->name);
    region = json_string_value(json_object_get(scheme, "signingRegion"));
    if (!region)
        region = used.url ? used.region : older_signing_region(service, used.region);
    name = json_string_value(json_object_get(scheme, "signingName"));
    *ret_endpoint = (struct aws_endpoint){
        .url = mem_strdup(json_string_value(json_object_get(endpoint, "url"))),
        .signing_region = mem_strdup(region),
        .signing_name = mem_strdup(name ? name : service->signing_name),
        .is_path_signed_as_is =
            is_s3(service) || json_is_true(json_object_get(scheme, "disableDoubleEncoding")),
        .headers = json_incref(json_object_get(endpoint, "headers")),
    };
    return 0;
}
