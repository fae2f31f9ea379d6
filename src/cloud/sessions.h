/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that the cloud issues: of STS, and of the roles of instances. */
#pragma once

#include "cloud/state.h"

/* Whether the options' delays have known names and sound values. */
MUST_USE int cloud_delays_check(const struct cloud *cloud, struct chaos_error *err);
/* Issue a key for `seconds`: {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}, a
 * new reference. */
json_t *session_issue(struct cloud *cloud, const char *arn, const char *user_id, int64_t seconds);
/* The same for a session named `name` of a role ("deploy", "path/deploy"); *ret_user, when wanted,
 * is {"AssumedRoleId", "Arn"}. */
json_t *session_issue_role(struct cloud *cloud, const char *role, const char *name, int64_t seconds,
                           json_t **ret_user);
/* "AROA" and 17 letters that are always the same ones for a role; owned. */
char *session_role_id(const char *role);
