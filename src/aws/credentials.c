/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials.h"

#include <string.h>

#include "aws/credentials_source.h"
#include "aws/timestamp.h"
#include "base/log.h"
#include "base/mem.h"

/* Profiles that name each other as their source. */
#define SOURCE_PROFILES_MAX 8

static void forget(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void aws_credentials_clear(struct aws_credentials *credentials)
{
    free(credentials->access_key);
    forget(credentials->secret_key);
    forget(credentials->session_token);
    free(credentials->account_id);
    *credentials = (struct aws_credentials){ 0 };
}

struct sigv4_key aws_credentials_key(const struct aws_credentials *credentials)
{
    return (struct sigv4_key){ credentials->access_key, credentials->secret_key,
                               credentials->session_token };
}

static int half(const char *source, const char *missing, struct chaos_error *err)
{
    return chaos_error_set(err, CHAOS_E_INVALID, "Partial credentials found in %s, missing: %s",
                           source, missing);
}

static int from_environment(struct aws_credentials *ret_credentials, struct chaos_error *err)
{
    const char *key = getenv("AWS_ACCESS_KEY_ID");
    const char *secret = getenv("AWS_SECRET_ACCESS_KEY");
    const char *token = getenv("AWS_SESSION_TOKEN");
    const char *account = getenv("AWS_ACCOUNT_ID");
    const char *expires = getenv("AWS_CREDENTIAL_EXPIRATION");

    if (!key || !*key)
        return 0;
    if (!secret || !*secret)
        return half("env", "AWS_SECRET_ACCESS_KEY", err);
    if (!token)
        token = getenv("AWS_SECURITY_TOKEN");
    if (expires && !aws_timestamp_parse(expires, &ret_credentials->expires_us))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "AWS_CREDENTIAL_EXPIRATION is not a point in time");
    ret_credentials->access_key = mem_strdup(key);
    ret_credentials->secret_key = mem_strdup(secret);
    ret_credentials->session_token = token && *token ? mem_strdup(token) : NULL;
    ret_credentials->account_id = mem_strdup(account);
    ret_credentials->source = "environment";
    return 0;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text && *text ? text : NULL;
}

int credentials_from_keys(const json_t *profile, const char *source,
                          struct aws_credentials *ret_credentials, struct chaos_error *err)
{
    const char *key = text_of(profile, "aws_access_key_id");
    const char *secret = text_of(profile, "aws_secret_access_key");
    const char *token = text_of(profile, "aws_session_token");

    if (!key)
        return 0;
    if (!secret)
        return half(source, "aws_secret_access_key", err);
    if (!token)
        token = text_of(profile, "aws_security_token");
    ret_credentials->access_key = mem_strdup(key);
    ret_credentials->secret_key = mem_strdup(secret);
    ret_credentials->session_token = mem_strdup(token);
    ret_credentials->account_id = mem_strdup(text_of(profile, "aws_account_id"));
    ret_credentials->source = source;
    return 0;
}

int credentials_from_document(const json_t *document, const char *source,
                              struct aws_credentials *ret_credentials, struct chaos_error *err)
{
    const char *key = text_of(document, "AccessKeyId");
    const char *secret = text_of(document, "SecretAccessKey");
    const char *token = text_of(document, "SessionToken");
    const char *expires = text_of(document, "Expiration");
    const json_t *seconds = json_object_get(document, "expiration"); /* sso: milliseconds */

    if (!key)
        key = text_of(document, "accessKeyId");
    if (!secret)
        secret = text_of(document, "secretAccessKey");
    if (!token)
        token = text_of(document, "sessionToken");
    if (!token)
        token = text_of(document, "Token");
    if (!key || !secret)
        return half(source, key ? "SecretAccessKey" : "AccessKeyId", err);
    if (expires && !aws_timestamp_parse(expires, &ret_credentials->expires_us))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the credentials from %s expire at no point in time", source);
    if (json_is_integer(seconds))
        ret_credentials->expires_us = json_integer_value(seconds) * 1000;
    ret_credentials->access_key = mem_strdup(key);
    ret_credentials->secret_key = mem_strdup(secret);
    ret_credentials->session_token = mem_strdup(token);
    ret_credentials->account_id = mem_strdup(text_of(document, "AccountId"));
    ret_credentials->source = source;
    return 0;
}

static int from_named_source(const struct aws_credentials_context *context, const char *name,
                             struct aws_credentials *ret_credentials, struct chaos_error *err)
{
    if (strcmp(name, "Environment") == 0)
        return from_environment(ret_credentials, err);
    if (strcmp(name, "EcsContainer") == 0)
        return credentials_from_container(context, ret_credentials, err);
    if (strcmp(name, "Ec2InstanceMetadata") == 0)
        return credentials_from_metadata(context, ret_credentials, err);
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "credential_source '%s' is none of Environment, EcsContainer, "
                           "Ec2InstanceMetadata",
                           name);
}

static int from_profile(const struct aws_credentials_context *context, const char *name, int depth,
                        struct aws_credentials *ret_credentials, struct chaos_error *err);

/* What to assume the role of a profile with. */
static int role_source(const struct aws_credentials_context *context, const char *name,
                       const json_t *profile, int depth, struct aws_credentials *ret_credentials,
                       struct chaos_error *err)
{
    const char *other = text_of(profile, "source_profile");
    const char *source = text_of(profile, "credential_source");

    if (!other == !source)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the profile '%s' has a role_arn and needs one of source_profile "
                               "and credential_source",
                               name);
    if (source)
        return from_named_source(context, source, ret_credentials, err);
    if (strcmp(other, name) == 0) /* compat: its own static keys are meant */
        return credentials_from_keys(profile, "profile", ret_credentials, err);
    return from_profile(context, other, depth + 1, ret_credentials, err);
}

static int from_role(const struct aws_credentials_context *context, const char *name,
                     const json_t *profile, int depth, struct aws_credentials *ret_credentials,
                     struct chaos_error *err)
{
    AUTO(aws_credentials) struct aws_credentials source = { 0 };
    const char *duration = text_of(profile, "duration_seconds");
    struct aws_role role = {
        .arn = text_of(profile, "role_arn"),
        .session_name = text_of(profile, "role_session_name"),
        .external_id = text_of(profile, "external_id"),
        .duration_s = duration ? strtoll(duration, NULL, 10) : 0,
    };
    int r;

    if (text_of(profile, "mfa_serial"))
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                               "the profile '%s' asks for a code of an MFA device, which cannot be "
                               "typed in here: use temporary credentials",
                               name);
    r = role_source(context, name, profile, depth, &source, err);
    if (r < 0)
        return r;
    if (!source.access_key)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                               "the profile '%s' has no credentials to assume its role with", name);
    return aws_credentials_assume_role(context, &source, &role, ret_credentials, err);
}

/* The sources of one profile in botocore's order. */
static int from_profile(const struct aws_credentials_context *context, const char *name, int depth,
                        struct aws_credentials *ret_credentials, struct chaos_error *err)
{
    AUTO(json) json_t *profile = aws_settings_profile(context->settings, name);
    const char *process = text_of(profile, "credential_process");
    int r = 0;

    if (depth > SOURCE_PROFILES_MAX)
        return chaos_error_set(err, CHAOS_E_INVALID, "profiles name each other as source_profile");
    if (!profile && depth > 0)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "the AWS profile '%s' is in no config file",
                               name);
    if (text_of(profile, "role_arn") && !text_of(profile, "web_identity_token_file"))
        return from_role(context, name, profile, depth, ret_credentials, err);
    r = credentials_from_web_identity(context, profile, ret_credentials, err);
    if (r == 0 && !ret_credentials->access_key)
        r = credentials_from_sso(context, profile, ret_credentials, err);
    if (r == 0 && !ret_credentials->access_key)
        r = credentials_from_keys(json_object_get(context->settings->credentials, name),
                                  "credentials file", ret_credentials, err);
    if (r == 0 && !ret_credentials->access_key && process)
        r = credentials_from_process(context, process, ret_credentials, err);
    if (r == 0 && !ret_credentials->access_key)
        r = credentials_from_keys(profile, "config file", ret_credentials, err);
    return r;
}

int aws_credentials_find(const struct aws_credentials_context *context,
                         struct aws_credentials *ret_credentials, struct chaos_error *err)
{
    AUTO(aws_credentials) struct aws_credentials found = { 0 };
    int r = 0;

    if (!context->settings->is_profile_given)
        r = from_environment(&found, err);
    if (r == 0 && !found.access_key)
        r = from_profile(context, context->settings->profile_name, 0, &found, err);
    if (r == 0 && !found.access_key)
        r = credentials_from_container(context, &found, err);
    if (r == 0 && !found.access_key)
        r = credentials_from_metadata(context, &found, err);
    if (r < 0)
        return r;
    if (!found.access_key)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "Unable to locate credentials");
    log_debug("AWS credentials come from: %s", found.source);
    *ret_credentials = found;
    found = (struct aws_credentials){ 0 };
    return 0;
}
