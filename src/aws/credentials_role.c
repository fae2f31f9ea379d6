/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials that a service hands out for others: roles (sts) and single sign-on (sso). */
#include <string.h>
#include <unistd.h>

#include "aws/credentials_source.h"
#include "aws/timestamp.h"
#include "aws/transport.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "value/json.h"

#define TOKEN_LIMIT        ((size_t)1024 * 1024)
#define CONNECT_TIMEOUT_MS 60000
#define READ_TIMEOUT_MS    60000

struct service_call {
    const char *service;
    const char *operation;
    const struct aws_credentials *credentials; /* NULL: unsigned */
    const json_t *params;
};

/* *ret_value is a new reference. */
static int call_service(const struct aws_credentials_context *context,
                        const struct service_call *wanted, json_t **ret_value,
                        struct chaos_error *err)
{
    AUTO(aws_answer) struct aws_answer answer = { 0 };
    struct aws_service service;
    struct aws_operation operation;
    struct aws_call call = {
        .operation = &operation,
        .params = wanted->params,
        .credentials = wanted->credentials,
        .http = context->http,
        .cancel = context->cancel,
        .time_us = clock_wall() / CLOCK_NS_PER_US,
        .connect_timeout_ms = CONNECT_TIMEOUT_MS,
        .read_timeout_ms = READ_TIMEOUT_MS,
        .deadline = CLOCK_NEVER,
        .ca_path = aws_setting(context->settings, "AWS_CA_BUNDLE", "ca_bundle"),
    };
    const json_t *error;
    int r = aws_service_find(context->models, wanted->service, &service, err);

    if (r == 0)
        r = aws_operation_find(&service, wanted->operation, &operation, err);
    if (r < 0)
        return r;
    call.endpoint.region = context->region;
    call.endpoint.url = aws_settings_endpoint(context->settings, service.id);
    r = aws_call_send(&call, &answer, err);
    if (r < 0)
        return r;
    error = json_object_get(answer.value, "Error");
    if (error)
        return chaos_error_set(err, CHAOS_E_REMOTE,
                               "An error occurred (%s) when calling the %s operation: %s",
                               json_string_value(json_object_get(error, "Code")), wanted->operation,
                               json_string_value(json_object_get(error, "Message")));
    *ret_value = STEAL(answer.value);
    return 0;
}

static char *made_up_session_name(void)
{
    return mem_printf("fracas-%lld", (long long)(clock_wall() / CLOCK_NS_PER_S));
}

int aws_credentials_assume_role(const struct aws_credentials_context *context,
                                const struct aws_credentials *source, const struct aws_role *role,
                                struct aws_credentials *ret_credentials, struct chaos_error *err)
{
    AUTO(str) char *made_up = made_up_session_name();
    AUTO(json)
    json_t *params = json_pack("{s:s, s:s}", "RoleArn", role->arn, "RoleSessionName",
                               role->session_name ? role->session_name : made_up);
    AUTO(json) json_t *value = NULL;
    int r;

    if (role->external_id)
        json_object_set_new(params, "ExternalId", json_string(role->external_id));
    if (role->duration_s)
        json_object_set_new(params, "DurationSeconds", json_integer(role->duration_s));
    r = call_service(context, &(struct service_call){ "sts", "AssumeRole", source, params }, &value,
                     err);
    if (r < 0)
        return r;
    return credentials_from_document(json_object_get(value, "Credentials"), "assume-role",
                                     ret_credentials, err);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text && *text ? text : NULL;
}

/* As aws_setting(), of a profile that need not be the one in use. */
static const char *variable_or(const char *variable, const json_t *profile, const char *key)
{
    const char *value = getenv(variable);

    return value && *value ? value : text_of(profile, key);
}

int credentials_from_web_identity(const struct aws_credentials_context *context,
                                  const json_t *profile, struct aws_credentials *ret_credentials,
                                  struct chaos_error *err)
{
    const char *path =
        variable_or("AWS_WEB_IDENTITY_TOKEN_FILE", profile, "web_identity_token_file");
    const char *arn = variable_or("AWS_ROLE_ARN", profile, "role_arn");
    const char *name = variable_or("AWS_ROLE_SESSION_NAME", profile, "role_session_name");
    AUTO(str) char *made_up = made_up_session_name();
    AUTO(buffer) struct buffer token = { 0 };
    AUTO(json) json_t *params = NULL;
    AUTO(json) json_t *value = NULL;
    int r;

    if (!path)
        return 0;
    if (!arn)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "a web identity token is configured, but no role_arn to use it for");
    r = file_read(path, &token, TOKEN_LIMIT, err);
    if (r < 0)
        return r;
    params = json_pack("{s:s, s:s, s:s}", "RoleArn", arn, "RoleSessionName", name ? name : made_up,
                       "WebIdentityToken", buffer_text(&token));
    if (!params)
        return chaos_error_set(err, CHAOS_E_INVALID, "the web identity token is not text");
    r = call_service(context,
                     &(struct service_call){ "sts", "AssumeRoleWithWebIdentity", NULL, params },
                     &value, err);
    if (r < 0)
        return r;
    return credentials_from_document(json_object_get(value, "Credentials"),
                                     "assume-role-with-web-identity", ret_credentials, err);
}

/* The file in which `aws sso login` keeps the token: named by the SHA-1 of the session's name or,
 * in older profiles, of the start address. */
static int read_sso_token(const char *key, json_t **ret_token, struct chaos_error *err)
{
    unsigned char hash[DIGEST_SHA1_SIZE];
    char name[2 * DIGEST_SHA1_SIZE + 1];
    const char *home = getenv("HOME");
    AUTO(str) char *path = NULL;
    AUTO(buffer) struct buffer text = { 0 };
    int64_t expires_us = 0;
    const char *expires;
    int r = digest_compute(DIGEST_SHA1, key, strlen(key), hash, err);

    if (r < 0)
        return r;
    digest_hex(hash, sizeof(hash), name);
    path = mem_printf("%s/.aws/sso/cache/%s.json", home ? home : "", name);
    if (access(path, R_OK) < 0)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                               "Error loading SSO Token: Token for %s does not exist", key);
    r = file_read(path, &text, TOKEN_LIMIT, err);
    if (r == 0)
        r = json_parse(buffer_text(&text), text.length, ret_token, err);
    if (r < 0)
        return chaos_error_prefix(err, "'%s'", path);
    expires = text_of(*ret_token, "expiresAt");
    if (!text_of(*ret_token, "accessToken") || !expires ||
        !aws_timestamp_parse(expires, &expires_us) || expires_us < clock_wall() / CLOCK_NS_PER_US) {
        json_decref(*ret_token);
        *ret_token = NULL;
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "The SSO session associated with this profile has expired or is "
                               "otherwise invalid: run aws sso login");
    }
    return 0;
}

int credentials_from_sso(const struct aws_credentials_context *context, const json_t *profile,
                         struct aws_credentials *ret_credentials, struct chaos_error *err)
{
    const char *session = text_of(profile, "sso_session");
    const json_t *section =
        session ? aws_settings_section(context->settings, "sso-session", session) : profile;
    const char *start = text_of(section, "sso_start_url");
    const char *region = text_of(section, "sso_region");
    const char *account = text_of(profile, "sso_account_id");
    const char *role = text_of(profile, "sso_role_name");
    struct aws_credentials_context there = *context;
    AUTO(json) json_t *token = NULL;
    AUTO(json) json_t *params = NULL;
    AUTO(json) json_t *value = NULL;
    int r;

    if (!account || !role)
        return 0;
    if (!start || !region)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the profile is configured for single sign-on, but lacks %s",
                               start ? "sso_region" : "sso_start_url");
    r = read_sso_token(session ? session : start, &token, err);
    if (r < 0)
        return r;
    params = json_pack("{s:s, s:s, s:s}", "roleName", role, "accountId", account, "accessToken",
                       text_of(token, "accessToken"));
    there.region = region;
    r = call_service(&there, &(struct service_call){ "sso", "GetRoleCredentials", NULL, params },
                     &value, err);
    if (r < 0)
        return r;
    return credentials_from_document(json_object_get(value, "roleCredentials"), "sso",
                                     ret_credentials, err);
}
