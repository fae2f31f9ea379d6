/* SPDX-License-Identifier: Apache-2.0 */
/* AWS credentials and where they come from. Nothing here logs or reports a secret: messages name
 * sources, variables and keys of files only. */
#pragma once

#include "aws/settings.h"
#include "aws/sigv4.h"
#include "base/cancel.h"
#include "net/http_client.h"

struct aws_credentials {
    char *access_key; /* NULL: none, requests go unsigned */
    char *secret_key;
    char *session_token; /* NULL: none */
    char *account_id;    /* NULL: not known */
    int64_t expires_us;  /* since the epoch; 0: never */
    const char *source;  /* for the log: "environment", "profile", "assume-role", ... */
};

/* Overwrites the secrets. */
void aws_credentials_clear(struct aws_credentials *credentials);
AUTO_CLEAR(aws_credentials, struct aws_credentials)
/* For signing; borrowed. */
struct sigv4_key aws_credentials_key(const struct aws_credentials *credentials);

/* What finding them needs beside the settings. */
struct aws_credentials_context {
    const struct aws_models *models; /* for sts and sso */
    const struct aws_settings *settings;
    struct http_client *http;
    const struct cancel *cancel;
    const char *region; /* of the session; NULL: none */
};

/* The first source that has some, in botocore's order: environment, assume-role of the profile, web
 * identity, SSO, credentials file, credential_process, config file, container, instance metadata.
 * -CHAOS_E_NOT_FOUND when none has: "Unable to locate credentials". */
MUST_USE int aws_credentials_find(const struct aws_credentials_context *context,
                                  struct aws_credentials *ret_credentials, struct chaos_error *err);

struct aws_role {
    const char *arn;
    const char *session_name; /* NULL: one is made up */
    const char *external_id;  /* NULL: none */
    int64_t duration_s;       /* 0: the service's default */
};

/* sts:AssumeRole with `source`. */
MUST_USE int aws_credentials_assume_role(const struct aws_credentials_context *context,
                                         const struct aws_credentials *source,
                                         const struct aws_role *role,
                                         struct aws_credentials *ret_credentials,
                                         struct chaos_error *err);
