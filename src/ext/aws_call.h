/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to AWS, on behalf of a native function: what every chaosaws row is made of.
 *
 * Region, profile, role and credentials come from the experiment's configuration (aws_region,
 * aws_profile_name, aws_assume_role_arn, aws_assume_role_session_name, aws_endpoint) and secrets
 * (aws_access_key_id, aws_secret_access_key, aws_session_token), then from the environment and the
 * shared files as botocore reads them. Connections and credentials are kept for calls that name
 * the same. All waits end when the run is being stopped. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* One request. `service` and the shapes are boto3's, `operation` is the API's ("ec2",
 * "DescribeInstances"). `params` is an object and is taken, also on failure; NULL: {}.
 * *ret_result is what boto3 returns, with ResponseMetadata. An answer that is an error is
 * -CHAOS_E_REMOTE, and its text is boto3's: see aws_explain.h. */
MUST_USE int aws_call(const struct chaos_call *call, const char *service, const char *operation,
                      json_t *params, json_t **ret_result, struct chaos_error *err);
/* The same with all pages merged into one result, by the model's paginator. */
MUST_USE int aws_pages(const struct chaos_call *call, const char *service, const char *operation,
                       json_t *params, json_t **ret_result, struct chaos_error *err);
/* aws_call() with the body of the answer in the file at `path`: see aws_session_download(). */
MUST_USE int aws_call_download(const struct chaos_call *call, const char *service,
                               const char *operation, json_t *params, const char *path,
                               json_t **ret_result, struct chaos_error *err);
/* The region that requests go to; owned. */
MUST_USE int aws_call_region(const struct chaos_call *call, char **ret_region,
                             struct chaos_error *err);
/* Wait as the model's waiter ("InstanceStopped", or "instance_stopped" as boto3 has it) says. */
MUST_USE int aws_call_wait(const struct chaos_call *call, const char *service, const char *waiter,
                           json_t *params, struct chaos_error *err);
