/* SPDX-License-Identifier: Apache-2.0 */
/* Calls to AWS as boto3's clients make them: settings, credentials, endpoints, validation,
 * signing, retries. For one thread at a time; connections are kept between calls. */
#pragma once

#include "aws/message.h"
#include "aws/model.h"
#include "base/cancel.h"

struct aws_session;

/* Borrowed until aws_session_free(). Whatever is NULL or 0 comes from the environment and the
 * config files. */
struct aws_session_options {
    const struct aws_models *models; /* not NULL */
    const struct cancel *cancel;     /* ends every wait */
    const char *profile;
    const char *region;
    const char *endpoint_url; /* for every service */
    const char *access_key;   /* with secret_key: these are used and nothing else */
    const char *secret_key;
    const char *session_token;
    const char *role_arn; /* assumed with what was found */
    const char *role_session_name;
    int max_attempts;
    int64_t connect_timeout_ms; /* 0: 60 s */
    int64_t read_timeout_ms;    /* 0: 60 s */
    uint64_t seed;              /* of the jitter between retries; 0: random */
};

MUST_USE int aws_session_new(const struct aws_session_options *options,
                             struct aws_session **ret_session, struct chaos_error *err);
void aws_session_free(struct aws_session *session);
AUTO_FREE(aws_session, struct aws_session)

/* The region calls go to, NULL when none is configured. */
const char *aws_session_region(const struct aws_session *session);
MUST_USE int aws_session_operation(const struct aws_session *session, const char *service,
                                   const char *operation, struct aws_operation *ret_operation,
                                   struct chaos_error *err);

/* What boto3 would return, with ResponseMetadata. `params` is an object or NULL. Parameters that do
 * not fit the model are -CHAOS_E_INVALID ("Parameter validation failed: ..."). When the service
 * answers with an error it is -CHAOS_E_REMOTE, in botocore's words ("An error occurred (Code) when
 * calling the Operation operation: message"), and *ret_value is its answer ({"Error": {"Code":
 * ...}, ...}); after every other failure *ret_value is NULL.
 *
 * A parameter that is the whole body, as bytes, may be {"file": PATH}: see aws/upload.h. */
MUST_USE int aws_session_call(struct aws_session *session, const struct aws_operation *operation,
                              const json_t *params, json_t **ret_value, struct chaos_error *err);
/* The same; `sink` may be NULL. Once it has got an item, an answer that cannot be read is final. */
MUST_USE int aws_session_call_into(struct aws_session *session,
                                   const struct aws_operation *operation, const json_t *params,
                                   struct aws_item_sink *sink, json_t **ret_value,
                                   struct chaos_error *err);
/* The same for an operation whose answer has a body of bytes: that goes to the file at `path`, of
 * any size, and is no member of *ret_value. The file gets its name when it is whole, see
 * base/draft.h. Other operations are -CHAOS_E_INVALID. */
MUST_USE int aws_session_download(struct aws_session *session,
                                  const struct aws_operation *operation, const json_t *params,
                                  const char *path, json_t **ret_value, struct chaos_error *err);
/* An address that makes the call for `expires_s` seconds; owned. */
MUST_USE int aws_session_presign(struct aws_session *session, const struct aws_operation *operation,
                                 const json_t *params, int64_t expires_s, char **ret_url,
                                 struct chaos_error *err);
/* The code of an error in an answer, "" for none. */
const char *aws_error_code(const json_t *value);
/* Pause until the time has passed; -CHAOS_E_CANCELLED when the session is interrupted. */
MUST_USE int aws_session_pause(struct aws_session *session, int64_t pause_ns,
                               struct chaos_error *err);
