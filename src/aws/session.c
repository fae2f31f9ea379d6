/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/session.h"

#include <string.h>
#include <sys/random.h>

#include "aws/credentials.h"
#include "aws/customize.h"
#include "aws/retry.h"
#include "aws/timestamp.h"
#include "aws/transport.h"
#include "aws/validate.h"
#include "base/clock.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/str.h"

#define TIMEOUT_DEFAULT_MS 60000
#define DOWNLOAD_MODE      0666
/* Temporary credentials are fetched anew this long before they end. */
#define REFRESH_BEFORE_US (INT64_C(300) * 1000000)
/* A clock that is further off than this is why a signature was refused. */
#define SKEW_US (INT64_C(240) * 1000000)

struct aws_session {
    struct aws_session_options options;
    struct aws_settings settings;
    struct aws_credentials credentials;
    struct http_client *http;
    struct retry_quota quota;
    char *region;
    int max_attempts;
    int64_t clock_offset_us;
    uint64_t random;
};

static int64_t now_us(const struct aws_session *session)
{
    return clock_wall() / CLOCK_NS_PER_US + session->clock_offset_us;
}

/* xorshift64*: even enough for jitter, and repeatable from a seed. */
static uint64_t next_random(struct aws_session *session)
{
    session->random ^= session->random >> 12;
    session->random ^= session->random << 25;
    session->random ^= session->random >> 27;
    return session->random * UINT64_C(0x2545F4914F6CDD1D);
}

static int read_max_attempts(struct aws_session *session, struct chaos_error *err)
{
    const char *text = aws_setting(&session->settings, "AWS_MAX_ATTEMPTS", "max_attempts");
    char *end;
    long number;

    session->max_attempts =
        session->options.max_attempts > 0 ? session->options.max_attempts : RETRY_ATTEMPTS_DEFAULT;
    if (session->options.max_attempts > 0 || !text)
        return 0;
    number = strtol(text, &end, 10);
    if (*end || number < 1 || number > 1000)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "AWS_MAX_ATTEMPTS (or max_attempts) is '%s', not a number from 1 to "
                               "1000",
                               text);
    session->max_attempts = (int)number;
    return 0;
}

int aws_session_new(const struct aws_session_options *options, struct aws_session **ret_session,
                    struct chaos_error *err)
{
    AUTO(aws_session) struct aws_session *session = mem_zero(1, sizeof(*session));
    const char *region;
    int r;

    session->options = *options;
    session->quota.available = RETRY_QUOTA_MAX;
    session->random = options->seed;
    if (!session->random && getrandom(&session->random, sizeof(session->random), 0) < 0)
        session->random = (uint64_t)clock_now();
    session->random |= 1; /* the generator stands still at 0 */
    if (!options->access_key != !options->secret_key)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "an AWS access key and its secret belong together; %s is missing",
                               options->access_key ? "the secret" : "the key");
    r = aws_settings_load(options->profile, &session->settings, err);
    if (r == 0)
        r = read_max_attempts(session, err);
    if (r < 0)
        return r;
    session->http = http_client_new();
    region = options->region ? options->region : aws_settings_region(&session->settings);
    session->region = mem_strdup(region);
    *ret_session = STEAL(session);
    return 0;
}

void aws_session_free(struct aws_session *session)
{
    if (!session)
        return;
    aws_settings_clear(&session->settings);
    aws_credentials_clear(&session->credentials);
    http_client_free(session->http);
    free(session->region);
    free(session);
}

const char *aws_session_region(const struct aws_session *session)
{
    return session->region;
}

int aws_session_operation(const struct aws_session *session, const char *service,
                          const char *operation, struct aws_operation *ret_operation,
                          struct chaos_error *err)
{
    struct aws_service found;
    int r = aws_service_find(session->options.models, service, &found, err);

    return r < 0 ? r : aws_operation_find(&found, operation, ret_operation, err);
}

int aws_session_pause(struct aws_session *session, int64_t pause_ns, struct chaos_error *err)
{
    if (wait_until(clock_now() + pause_ns, session->options.cancel) == WAIT_CANCELLED)
        return chaos_error_set(err, CHAOS_E_CANCELLED, "interrupted while waiting for AWS");
    return 0;
}

const char *aws_error_code(const json_t *value)
{
    const char *code = json_string_value(json_object_get(json_object_get(value, "Error"), "Code"));

    return code ? code : "";
}

static int find_credentials(struct aws_session *session, struct aws_credentials *ret_credentials,
                            struct chaos_error *err)
{
    struct aws_credentials_context context = {
        .models = session->options.models,
        .settings = &session->settings,
        .http = session->http,
        .cancel = session->options.cancel,
        .region = session->region,
    };
    struct aws_role role = {
        .arn = session->options.role_arn,
        .session_name = session->options.role_session_name,
    };
    AUTO(aws_credentials) struct aws_credentials source = { 0 };
    int r = 0;

    if (session->options.access_key) {
        source.access_key = mem_strdup(session->options.access_key);
        source.secret_key = mem_strdup(session->options.secret_key);
        source.session_token = mem_strdup(session->options.session_token);
        source.source = "secrets";
    } else {
        r = aws_credentials_find(&context, &source, err);
    }
    if (r == 0 && role.arn)
        return aws_credentials_assume_role(&context, &source, &role, ret_credentials, err);
    if (r == 0) {
        *ret_credentials = source;
        source = (struct aws_credentials){ 0 };
    }
    return r;
}

/* Those in hand, fetched anew shortly before they end. */
static int ensure_credentials(struct aws_session *session, struct chaos_error *err)
{
    struct aws_credentials *held = &session->credentials;
    bool ends = held->expires_us && held->expires_us - now_us(session) < REFRESH_BEFORE_US;
    AUTO(aws_credentials) struct aws_credentials found = { 0 };
    int r;

    if (held->access_key && !ends)
        return 0;
    proc_leave_no_core();
    r = find_credentials(session, &found, err);
    if (r < 0)
        return r;
    aws_credentials_clear(held);
    *held = found;
    found = (struct aws_credentials){ 0 };
    return 0;
}

static unsigned endpoint_flags(const struct aws_session *session)
{
    const struct aws_settings *settings = &session->settings;
    const char *sts = aws_setting(settings, "AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints");
    const char *style = aws_setting_nested(settings, "s3", "addressing_style");
    const char *east = aws_setting(settings, "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", NULL);
    unsigned flags = 0;

    if (aws_setting_is_true(settings, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"))
        flags |= AWS_ENDPOINT_FIPS;
    if (aws_setting_is_true(settings, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"))
        flags |= AWS_ENDPOINT_DUALSTACK;
    if (str_equal(sts, "legacy"))
        flags |= AWS_ENDPOINT_STS_GLOBAL;
    if (str_equal(style, "path"))
        flags |= AWS_ENDPOINT_S3_PATH_STYLE;
    if (str_equal(style, "virtual"))
        flags |= AWS_ENDPOINT_S3_VIRTUAL_STYLE;
    if (str_equal(east, "regional"))
        flags |= AWS_ENDPOINT_S3_REGIONAL;
    return flags;
}

static bool is_anonymous(const struct aws_operation *operation)
{
    return str_equal(aws_node_get_text(operation->traits, "authtype"), "none");
}

static struct aws_call make_call(const struct aws_session *session,
                                 const struct aws_operation *operation, const json_t *params)
{
    const struct aws_session_options *options = &session->options;

    return (struct aws_call){
        .operation = operation,
        .params = params,
        .credentials = &session->credentials,
        .endpoint = {
            .region = session->region,
            .url = options->endpoint_url
                       ? options->endpoint_url
                       : aws_settings_endpoint(&session->settings, operation->service.id),
            .account_id = session->credentials.account_id,
            .flags = endpoint_flags(session),
        },
        .http = session->http,
        .cancel = options->cancel,
        .time_us = now_us(session),
        .connect_timeout_ms = options->connect_timeout_ms ? options->connect_timeout_ms
                                                          : TIMEOUT_DEFAULT_MS,
        .read_timeout_ms =
            options->read_timeout_ms ? options->read_timeout_ms : TIMEOUT_DEFAULT_MS,
        .deadline = CLOCK_NEVER,
        .ca_path = aws_setting(&session->settings, "AWS_CA_BUNDLE", "ca_bundle"),
    };
}

static char *random_uuid(struct aws_session *session)
{
    uint64_t a = next_random(session), b = next_random(session);

    return mem_printf("%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
                      (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
                      (unsigned)(b >> 48 & 0x3fff) | 0x8000u,
                      (unsigned long long)(b & 0xffffffffffff));
}

/* The parameters, with a token for operations that must not happen twice when they are sent twice;
 * checked. A new reference, and the file that is the body. */
static int ready_params(struct aws_session *session, const struct aws_operation *operation,
                        const json_t *params, struct aws_upload *upload, json_t **ret_params,
                        struct chaos_error *err)
{
    AUTO(json) json_t *ready = params ? json_copy(json_walkable(params)) : json_object();
    const struct aws_shape *shape = &operation->input.shape;
    AUTO(str) char *report = NULL;
    int r;

    for (size_t i = 0; json_is_object(ready) && i < aws_shape_member_count(shape); i++) {
        struct aws_member member = aws_shape_member(shape, i);

        if (member.flags & AWS_IDEMPOTENCY_TOKEN && !json_object_get(ready, member.name)) {
            AUTO(str) char *uuid = random_uuid(session);

            json_object_set_new(ready, member.name, json_string(uuid));
        }
    }
    if (strcmp(operation->service.name, "glacier") == 0 && !json_object_get(ready, "accountId"))
        json_object_set_new(ready, "accountId", json_string("-")); /* the caller's own */
    r = aws_upload_take(operation, ready, session->options.cancel, upload, err);
    if (r < 0)
        return r;
    report = aws_validate(operation, ready);
    for (char *p = report; p && (p = strchr(p, '\n'));)
        *p = ';';
    if (report)
        return chaos_error_set(err, CHAOS_E_INVALID, "Parameter validation failed: %s", report);
    if (upload->fd >= 0) /* compat: and so it has no type of its own */
        json_object_set_new(ready, aws_shape_payload(&operation->input.shape).name, json_null());
    r = customize_params(operation, ready, err);
    if (r < 0)
        return r;
    *ret_params = STEAL(ready);
    return 0;
}

static enum retry_reason retry_of_failure(enum http_failure failure)
{
    switch (failure) {
    case HTTP_FAILED_CONNECT:
    case HTTP_FAILED_DROPPED:
        return RETRY_ERROR;
    case HTTP_FAILED_TIMEOUT:
        return RETRY_TIMEOUT;
    case HTTP_FAILED_NOT:
    case HTTP_FAILED_URL:
    case HTTP_FAILED_TLS:
    case HTTP_FAILED_CANCELLED:
    case HTTP_FAILED_LIMIT:
    case HTTP_FAILED_OTHER:
        break;
    }
    return RETRY_NO;
}

/* Set the clock by the answer when the signature was refused because ours is wrong. */
static bool adopt_clock(struct aws_session *session, const struct aws_answer *answer)
{
    const char *date = aws_header_find(&answer->response.headers, "Date");
    int64_t theirs_us, offset_us;

    if (!date || !retry_is_clock_skew(answer->value) || !aws_timestamp_parse(date, &theirs_us))
        return false;
    offset_us = theirs_us - clock_wall() / CLOCK_NS_PER_US;
    if (offset_us - session->clock_offset_us < SKEW_US &&
        session->clock_offset_us - offset_us < SKEW_US)
        return false;
    session->clock_offset_us = offset_us;
    return true;
}

static enum retry_reason judge(struct aws_session *session, const struct aws_call *call,
                               const struct aws_answer *answer, int r,
                               const struct chaos_error *err)
{
    if (r < 0 && answer->failure != HTTP_FAILED_CONNECT && call->download &&
        call->download->is_direct)
        return RETRY_NO; /* what was written cannot be taken back */
    if (r < 0 && answer->failure != HTTP_FAILED_NOT)
        return retry_of_failure(answer->failure);
    if (r < 0 && call->sink && call->sink->count)
        return RETRY_NO; /* items cannot be taken back */
    if (r < 0)           /* an answer that cannot be read: perhaps cut short */
        return answer->response.status && err->code == CHAOS_E_INVALID ? RETRY_ERROR : RETRY_NO;
    if (adopt_clock(session, answer))
        return RETRY_ERROR;
    return retry_of_answer(call->operation, answer->response.status, answer->value);
}

static int fail_remote(const struct aws_operation *operation, const struct aws_answer *answer,
                       int attempts, struct chaos_error *err)
{
    const json_t *error = json_object_get(answer->value, "Error");
    const char *message = json_string_value(json_object_get(error, "Message"));
    AUTO(str)
    char *retries =
        attempts > 1 ? mem_printf(" (reached max retries: %d)", attempts - 1) : mem_strdup("");

    return chaos_error_set(
        err, CHAOS_E_REMOTE, "An error occurred (%s) when calling the %s operation%s: %s",
        aws_error_code(answer->value), operation->name, retries, message ? message : "Unknown");
}

/* One try after the other, until one is final; it is left in `answer`. */
static int send_until_done(struct aws_session *session, struct aws_call *call,
                           struct aws_answer *answer, int *ret_attempt, struct chaos_error *err)
{
    int cost = 0;

    for (int attempt = 1;; attempt++) {
        AUTO(chaos_error) struct chaos_error why = { 0 };
        enum retry_reason reason;
        int64_t pause_ns;
        int r;

        aws_answer_clear(answer);
        call->time_us = now_us(session);
        r = aws_call_send(call, answer, &why);
        reason = judge(session, call, answer, r, &why);
        *ret_attempt = attempt;
        if (r == 0 && reason == RETRY_NO)
            retry_give(&session->quota, cost);
        if (reason == RETRY_NO || attempt >= session->max_attempts ||
            !retry_take(&session->quota, reason, &cost))
            return r < 0 ? chaos_error_set(err, why.code, "%s", why.message) : 0;
        pause_ns = retry_delay(attempt, (double)(next_random(session) >> 11) * 0x1p-53);
        log_debug("%s.%s: try %d: %s; the next one in %.1f s", call->operation->service.name,
                  call->operation->name, attempt,
                  r < 0 ? why.message : aws_error_code(answer->value),
                  (double)pause_ns / (double)CLOCK_NS_PER_S);
        r = aws_session_pause(session, pause_ns, err);
        if (r < 0)
            return r;
    }
}

int aws_session_call(struct aws_session *session, const struct aws_operation *operation,
                     const json_t *params, json_t **ret_value, struct chaos_error *err)
{
    return aws_session_call_into(session, operation, params, NULL, ret_value, err);
}

/* Where the parts of an answer go that are not kept in memory; NULL: nowhere else. */
struct outlets {
    struct aws_item_sink *items;
    struct draft *body;
};

static int make_call_into(struct aws_session *session, const struct aws_operation *operation,
                          const json_t *params, const struct outlets *outlets, json_t **ret_value,
                          struct chaos_error *err)
{
    AUTO(aws_answer) struct aws_answer answer = { 0 };
    AUTO(aws_upload) struct aws_upload upload = { .fd = -1 };
    AUTO(json) json_t *ready = NULL;
    struct aws_call call;
    int attempt = 0;
    int r;

    *ret_value = NULL;
    r = ready_params(session, operation, params, &upload, &ready, err);
    if (r == 0 && !is_anonymous(operation))
        r = ensure_credentials(session, err);
    if (r < 0)
        return r;
    call = make_call(session, operation, ready);
    call.sink = outlets->items;
    call.download = outlets->body;
    call.upload = upload.fd >= 0 ? &upload : NULL;
    r = send_until_done(session, &call, &answer, &attempt, err);
    if (r < 0)
        return r;
    json_object_set_new(json_object_get(answer.value, "ResponseMetadata"), "RetryAttempts",
                        json_integer(attempt - 1));
    customize_result(operation, params, answer.value);
    if (aws_response_is_error(&answer.response))
        r = fail_remote(operation, &answer, attempt, err);
    *ret_value = STEAL(answer.value);
    return r;
}

int aws_session_call_into(struct aws_session *session, const struct aws_operation *operation,
                          const json_t *params, struct aws_item_sink *sink, json_t **ret_value,
                          struct chaos_error *err)
{
    const struct outlets outlets = { .items = sink };

    return make_call_into(session, operation, params, &outlets, ret_value, err);
}

int aws_session_download(struct aws_session *session, const struct aws_operation *operation,
                         const json_t *params, const char *path, json_t **ret_value,
                         struct chaos_error *err)
{
    AUTO(draft) struct draft draft = { .fd = -1 };
    const struct outlets outlets = { .body = &draft };
    int r;

    *ret_value = NULL;
    if (!aws_has_raw_body(&operation->output))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "Parameter validation failed: the answer of %s has no body of its "
                               "own that could go to '%s'",
                               operation->name, path);
    r = draft_open(path, DOWNLOAD_MODE, &draft, err);
    if (r == 0)
        r = make_call_into(session, operation, params, &outlets, ret_value, err);
    if (r < 0)
        return r;
    r = draft_keep(&draft, err);
    if (r < 0)
        json_decref(STEAL(*ret_value));
    return r;
}

int aws_session_presign(struct aws_session *session, const struct aws_operation *operation,
                        const json_t *params, int64_t expires_s, char **ret_url,
                        struct chaos_error *err)
{
    AUTO(aws_upload) struct aws_upload upload = { .fd = -1 };
    AUTO(json) json_t *ready = NULL;
    struct aws_call call;
    int r = ready_params(session, operation, params, &upload, &ready, err);

    if (r == 0)
        r = ensure_credentials(session, err);
    if (r < 0)
        return r;
    call = make_call(session, operation, ready);
    call.upload = upload.fd >= 0 ? &upload : NULL;
    return aws_call_presign(&call, expires_s, ret_url, err);
}
