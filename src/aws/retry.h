/* SPDX-License-Identifier: Apache-2.0 */
/* Which calls are tried again, when, and how often: botocore's "standard" mode. */
#pragma once

#include "aws/model.h"

#define RETRY_ATTEMPTS_DEFAULT 3
#define RETRY_QUOTA_MAX        500

/* Tokens that retries of one client share, so that a service in trouble is not stormed. */
struct retry_quota {
    int available;
};

enum retry_reason {
    RETRY_NO,
    RETRY_ERROR,   /* the service answered with a passing error, or throttles */
    RETRY_TIMEOUT, /* there was no answer in time */
};

/* Whether an answer asks for another try. `value` is what aws_response_decode() gave. */
enum retry_reason retry_of_answer(const struct aws_operation *operation, int status,
                                  const json_t *value);
/* The clock of the caller is wrong by the look of the error; the answer's Date says by how much. */
bool retry_is_clock_skew(const json_t *value);
/* Take the tokens for one more try; false when there are not enough. *ret_cost is what was taken,
 * to be given back when it succeeds. */
bool retry_take(struct retry_quota *quota, enum retry_reason reason, int *ret_cost);
/* A call succeeded: give back what its last try cost, or a little when there was none. */
void retry_give(struct retry_quota *quota, int cost);
/* Nanoseconds to wait before try number `attempt` + 1 (from 1): a random part of 1, 2, 4, ... at
 * most 20 seconds. `random` is between 0 and 1. */
int64_t retry_delay(int attempt, double random);
