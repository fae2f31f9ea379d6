// SPDX-License-Identifier: Apache-2.0
// STS: who calls, and keys that last for a while. A lab has no policies: any role of its account
// can be assumed, and what would only narrow a session is refused.
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "cloud/sessions.h"

static json_t *refuse_access(struct cloud_call *call, const char *message)
{
    cloud_refuse(call, "AccessDenied", "%s", message);
    call->fault->status = 403;
    return NULL;
}

static bool is_temporary(const struct cloud_call *call)
{
    return call->caller->access_key && str_starts(call->caller->access_key, "ASIA");
}

static bool is_assumed(const struct cloud_call *call)
{
    return strstr(call->caller->arn, ":assumed-role/") != NULL;
}

static json_t *get_caller_identity(struct cloud_call *call)
{
    return json_pack("{s:s, s:s, s:s}", "UserId", call->caller->user_id, "Account",
                     call->cloud->account, "Arn", call->caller->arn);
}

#define LEAST_SECONDS       900
#define ROLE_MOST_SECONDS   43200
#define CHAIN_MOST_SECONDS  3600
#define TOKEN_MOST_SECONDS  129600
#define ROLE_USUAL_SECONDS  3600
#define TOKEN_USUAL_SECONDS 43200

static bool duration_is_sound(struct cloud_call *call, int64_t seconds, int64_t most)
{
    if (seconds >= LEAST_SECONDS && seconds <= most)
        return true;
    cloud_refuse(call, "ValidationError",
                 "1 validation error detected: Value '%" PRId64 "' at 'durationSeconds' failed to "
                 "satisfy constraint: Member must have value %s than or equal to %" PRId64,
                 seconds, seconds < LEAST_SECONDS ? "greater" : "less",
                 seconds < LEAST_SECONDS ? LEAST_SECONDS : most);
    return false;
}

/* AWS: letters, digits and _+=,.@- , 2 to 64 of them. */
static bool name_is_sound(struct cloud_call *call, const char *member, const char *name)
{
    size_t length = 0;

    while (name[length] &&
           (isalnum((unsigned char)name[length]) || strchr("_+=,.@-", name[length])))
        length++;
    if (!name[length] && length >= 2 && length <= 64)
        return true;
    cloud_refuse(call, "ValidationError",
                 "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: "
                 "Member must be 2 to 64 characters of [\\w+=,.@-]",
                 name, member);
    return false;
}

/* The role's name with its path in "arn:aws:iam::ACCOUNT:role/PATH/NAME", borrowed; NULL with the
 * fault set. */
static const char *role_in(struct cloud_call *call, const char *arn)
{
    static const char start[] = "arn:aws:iam::";
    const char *account = arn + strlen(start);
    size_t length;

    if (!str_starts(arn, start) || (length = strspn(account, "0123456789")) != 12 ||
        !str_starts(account + length, ":role/") || str_ends(arn, "/")) {
        cloud_refuse(call, "ValidationError",
                     "%s is invalid: the ARN of a role is arn:aws:iam::ACCOUNT:role/NAME", arn);
        return NULL;
    }
    if (strncmp(account, call->cloud->account, length) != 0) {
        AUTO(str)
        char *text = mem_printf("User: %s is not authorized to perform: sts:AssumeRole on "
                                "resource: %s",
                                call->caller->arn, arn);

        refuse_access(call, text);
        return NULL;
    }
    return account + length + strlen(":role/");
}

/* What this cloud has not: policies that narrow a session, and second factors. */
static bool asks_too_much(struct cloud_call *call)
{
    if (cloud_text(call, "SerialNumber") || cloud_text(call, "TokenCode")) {
        refuse_access(call, "MultiFactorAuthentication failed: a lab has no MFA devices");
        return true;
    }
    if (cloud_text(call, "Policy") || json_array_size(cloud_param(call, "PolicyArns")) > 0) {
        cloud_refuse(call, "UnsupportedOperation",
                     "A lab has no policies, so a session cannot be narrowed by Policy or "
                     "PolicyArns");
        return true;
    }
    return false;
}

static json_t *assume_role(struct cloud_call *call)
{
    const char *name = cloud_text(call, "RoleSessionName");
    const char *identity = cloud_text(call, "SourceIdentity");
    int64_t seconds = cloud_number(call, "DurationSeconds", ROLE_USUAL_SECONDS);
    const char *role;
    json_t *user = NULL;
    json_t *credentials;
    json_t *result;

    if (!duration_is_sound(call, seconds, ROLE_MOST_SECONDS) ||
        !name_is_sound(call, "roleSessionName", name) ||
        (identity && !name_is_sound(call, "sourceIdentity", identity)))
        return NULL;
    role = role_in(call, cloud_text(call, "RoleArn"));
    if (!role || asks_too_much(call))
        return NULL;
    if (is_assumed(call) && seconds > CHAIN_MOST_SECONDS)
        return cloud_refuse(call, "ValidationError",
                            "The requested DurationSeconds exceeds the 1 hour session limit for "
                            "roles assumed by role chaining");
    credentials = session_issue_role(call->cloud, role, name, seconds, &user);
    result = json_pack("{s:o, s:o}", "Credentials", credentials, "AssumedRoleUser", user);
    if (identity)
        cloud_set_text(result, "SourceIdentity", identity);
    return result;
}

static json_t *get_session_token(struct cloud_call *call)
{
    int64_t seconds = cloud_number(call, "DurationSeconds", TOKEN_USUAL_SECONDS);

    if (!duration_is_sound(call, seconds, TOKEN_MOST_SECONDS) || asks_too_much(call))
        return NULL;
    if (is_temporary(call))
        return refuse_access(call, "Cannot call GetSessionToken with session credentials");
    return json_pack("{s:o}", "Credentials",
                     session_issue(call->cloud, call->caller->arn, call->caller->user_id, seconds));
}

static const struct cloud_action actions[] = {
    { "AssumeRole", assume_role },
    { "GetCallerIdentity", get_caller_identity },
    { "GetSessionToken", get_session_token },
};

const struct cloud_family cloud_family_sts = { "sts", actions, ARRAY_SIZE(actions) };
