/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/retry.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define COST_ERROR   5
#define COST_TIMEOUT 10
#define COST_NONE    1
#define DELAY_MAX_S  20.0

static const char *const throttling_codes[] = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
    NULL,
};

static const char *const transient_codes[] = { "RequestTimeout", "RequestTimeoutException",
                                               "PriorRequestNotComplete", NULL };

static const char *const skew_codes[] = {
    "AuthFailure",
    "InvalidSignatureException",
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    NULL,
};

static const char *code_of(const json_t *value)
{
    const char *code = json_string_value(json_object_get(json_object_get(value, "Error"), "Code"));

    return code ? code : "";
}

enum retry_reason retry_of_answer(const struct aws_operation *operation, int status,
                                  const json_t *value)
{
    const char *code = code_of(value);
    struct aws_shape shape;

    if (status < 300)
        return RETRY_NO;
    if (status == 500 || status == 502 || status == 503 || status == 504)
        return RETRY_ERROR;
    if (str_in(code, throttling_codes) || str_in(code, transient_codes))
        return RETRY_ERROR;
    if (strcmp(code, "IDPCommunicationError") == 0 && strcmp(operation->service.name, "sts") == 0)
        return RETRY_ERROR;
    if (aws_service_error(&operation->service, code, &shape) && shape.flags & AWS_RETRYABLE)
        return RETRY_ERROR;
    return RETRY_NO;
}

bool retry_is_clock_skew(const json_t *value)
{
    return str_in(code_of(value), skew_codes);
}

bool retry_take(struct retry_quota *quota, enum retry_reason reason, int *ret_cost)
{
    int cost = reason == RETRY_TIMEOUT ? COST_TIMEOUT : COST_ERROR;

    if (quota->available < cost)
        return false;
    quota->available -= cost;
    *ret_cost = cost;
    return true;
}

void retry_give(struct retry_quota *quota, int cost)
{
    quota->available += cost ? cost : COST_NONE;
    if (quota->available > RETRY_QUOTA_MAX)
        quota->available = RETRY_QUOTA_MAX;
}

int64_t retry_delay(int attempt, double random)
{
    double longest = 1;

    for (int i = 1; i < attempt && longest < DELAY_MAX_S; i++)
        longest *= 2;
    if (longest > DELAY_MAX_S)
        longest = DELAY_MAX_S;
    return (int64_t)(random * longest * (double)CLOCK_NS_PER_S);
}
