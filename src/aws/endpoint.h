/* SPDX-License-Identifier: Apache-2.0 */
/* Where a request goes and how it is signed there: the service's endpoint ruleset, fed with the
 * region, the settings and the parameters of the operation. Agrees with botocore. */
#pragma once

#include "aws/model.h"

enum aws_endpoint_flags {
    AWS_ENDPOINT_FIPS = 1,
    AWS_ENDPOINT_DUALSTACK = 2,
    AWS_ENDPOINT_STS_GLOBAL = 4, /* sts.amazonaws.com where that once was the default */
    AWS_ENDPOINT_S3_ACCELERATE = 8,
    AWS_ENDPOINT_S3_PATH_STYLE = 16,
    AWS_ENDPOINT_S3_VIRTUAL_STYLE = 32,   /* at a custom endpoint, too */
    AWS_ENDPOINT_S3_OWN_REGION_ONLY = 64, /* ignore the region of an ARN */
    AWS_ENDPOINT_S3_NO_MULTI_REGION = 128,
    AWS_ENDPOINT_S3_REGIONAL = 256, /* us-east-1 is a region like others */
};

struct aws_endpoint_options {
    const char *region;     /* NULL: only services with one global endpoint have one */
    const char *url;        /* a custom endpoint; NULL: the service's own */
    const char *account_id; /* NULL: not known */
    unsigned flags;         /* enum aws_endpoint_flags */
};

struct aws_endpoint {
    char *url; /* "https://ec2.us-east-1.amazonaws.com", perhaps with a path */
    char *signing_region;
    char *signing_name;
    bool is_path_signed_as_is;
    json_t *headers; /* {"name": ["value"]} to send along; NULL: none */
};

void aws_endpoint_clear(struct aws_endpoint *endpoint);
AUTO_CLEAR(aws_endpoint, struct aws_endpoint)

/* `params` is an object: S3 and some others have endpoints for buckets and accounts. Errors are in
 * the ruleset's words ("Invalid Configuration: FIPS and custom endpoint are not supported"), or say
 * that a region is needed. */
MUST_USE int aws_endpoint_resolve(const struct aws_operation *operation, const json_t *params,
                                  const struct aws_endpoint_options *options,
                                  struct aws_endpoint *ret_endpoint, struct chaos_error *err);
