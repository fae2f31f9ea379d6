/* SPDX-License-Identifier: Apache-2.0 */
/* The single sources of the chain in credentials.c. Each leaves ret_credentials->access_key NULL
 * and returns 0 when it has nothing to say; what is half configured is an error. */
#pragma once

#include "aws/credentials.h"

/* Of a profile's mapping. */
MUST_USE int credentials_from_keys(const json_t *profile, const char *source,
                                   struct aws_credentials *ret_credentials,
                                   struct chaos_error *err);
MUST_USE int credentials_from_process(const struct aws_credentials_context *context,
                                      const char *command, struct aws_credentials *ret_credentials,
                                      struct chaos_error *err);
MUST_USE int credentials_from_web_identity(const struct aws_credentials_context *context,
                                           const json_t *profile,
                                           struct aws_credentials *ret_credentials,
                                           struct chaos_error *err);
MUST_USE int credentials_from_sso(const struct aws_credentials_context *context,
                                  const json_t *profile, struct aws_credentials *ret_credentials,
                                  struct chaos_error *err);
MUST_USE int credentials_from_container(const struct aws_credentials_context *context,
                                        struct aws_credentials *ret_credentials,
                                        struct chaos_error *err);
MUST_USE int credentials_from_metadata(const struct aws_credentials_context *context,
                                       struct aws_credentials *ret_credentials,
                                       struct chaos_error *err);
/* {"AccessKeyId", "SecretAccessKey", "SessionToken" or "Token", "Expiration", "AccountId"}. */
MUST_USE int credentials_from_document(const json_t *document, const char *source,
                                       struct aws_credentials *ret_credentials,
                                       struct chaos_error *err);
