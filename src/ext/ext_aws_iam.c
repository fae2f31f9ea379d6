// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.iam.probes and chaosaws.iam.actions.
#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "ext/aws_forward.h"
#include "ext/aws_inverse.h"
#include "ext/aws_row.h"
#include "value/json.h"

#define IAM        "iam"
#define NO_POLICY  "NoSuchEntity"
#define ATTACHMENT AWS_PAIRS("PolicyArn", "arn", "RoleName", "role_name")

AWS_FORWARD(get_policy, .service = IAM, .operation = "GetPolicy",
            .params = AWS_PAIRS("PolicyArn", "arn"))
AWS_FORWARD(attach_role_policy, .service = IAM, .operation = "AttachRolePolicy",
            .params = ATTACHMENT, .log = "Attaching the policy {arn} to the role {role_name}",
            .failed = "failed attaching role '{role_name}' to policy '{arn}': {error}")
AWS_FORWARD(detach_role_policy, .service = IAM, .operation = "DetachRolePolicy",
            .params = ATTACHMENT, .log = "Detaching the policy {arn} from the role {role_name}",
            .failed = "failed detaching role '{role_name}' from policy '{arn}': {error}")

static int create_policy(const struct chaos_call *call, json_t **ret_output,
                         struct chaos_error *err)
{
    json_t *params = aws_params(call, AWS_PAIRS("PolicyName", "name", "Path", "path"));
    AUTO(str) char *document = json_text(argument(call, "policy"), JSON_STYLE_LINE);
    const char *description = argument_text(call, "description");

    json_object_set_new(params, "PolicyDocument", json_string(document));
    json_object_set_new(params, "Description", json_string(description ? description : ""));
    aws_announce(call, "Creating the policy {name}");
    if (aws_call(call, IAM, "CreatePolicy", params, ret_output, err) < 0)
        return aws_explain_failure(call, "failed creating a policy: {error}", err);
    return 0;
}

/* `operation` when the role's having the policy is as `attached` says: then something changes. */
static int undo(const struct chaos_call *call, bool attached, const char *operation,
                json_t **ret_activity, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    bool found = false;
    json_t *policy;
    size_t i;

    if (aws_pages(call, IAM, "ListAttachedRolePolicies",
                  aws_params(call, AWS_PAIRS("RoleName", "role_name")), &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "AttachedPolicies"), i, policy)
        found = found || str_equal(json_text_of(policy, "PolicyArn"), argument_text(call, "arn"));
    if (found == attached)
        *ret_activity = aws_inverse_one(IAM, operation, aws_params(call, ATTACHMENT));
    return 0;
}

static int undo_attach(const struct chaos_call *call, json_t **ret_activity,
                       struct chaos_error *err)
{
    return undo(call, false, "DetachRolePolicy", ret_activity, err);
}

static int undo_detach(const struct chaos_call *call, json_t **ret_activity,
                       struct chaos_error *err)
{
    return undo(call, true, "AttachRolePolicy", ret_activity, err);
}

/* The account and the partition ("aws", "aws-cn") are those of whoever calls. */
static int new_policy_arn(const struct chaos_call *call, char **ret_arn, struct chaos_error *err)
{
    AUTO(json) json_t *caller = NULL;
    const char *arn;
    const char *partition_end;

    if (aws_call(call, "sts", "GetCallerIdentity", NULL, &caller, err) < 0)
        return -(int)err->code;
    arn = json_text_of(caller, "Arn");
    partition_end = arn && str_starts(arn, "arn:") ? strchr(arn + strlen("arn:"), ':') : NULL;
    if (!partition_end || !json_text_of(caller, "Account"))
        return chaos_error_set(err, CHAOS_E_REMOTE, "sts does not say whose the credentials are");
    *ret_arn = mem_printf("%.*s:iam::%s:policy%s%s", (int)(partition_end - arn), arn,
                          json_text_of(caller, "Account"), argument_text(call, "path"),
                          argument_text(call, "name"));
    return 0;
}

/* One that is there already is not ours: IAM refuses to create it. */
static int undo_create_policy(const struct chaos_call *call, json_t **ret_activity,
                              struct chaos_error *err)
{
    AUTO(str) char *arn = NULL;
    AUTO(json) json_t *ignored = NULL;

    if (new_policy_arn(call, &arn, err) < 0)
        return -(int)err->code;
    if (aws_call(call, IAM, "GetPolicy", json_pack("{s:s}", "PolicyArn", arn), &ignored, err) == 0)
        return 0;
    if (!aws_refused_with(err, NO_POLICY))
        return -(int)err->code;
    chaos_error_clear(err);
    *ret_activity = aws_inverse_one(IAM, "DeletePolicy", json_pack("{s:s}", "PolicyArn", arn));
    return 0;
}

#define POLICY REQUIRED("arn", CHAOS_STRING, "ARN of the policy")

static const struct chaos_param policy_params[] = { POLICY };
static const struct chaos_param attach_params[] = {
    POLICY,
    REQUIRED("role_name", CHAOS_STRING, "name of the role"),
};
static const struct chaos_param create_params[] = {
    REQUIRED("name", CHAOS_STRING, "name of the policy"),
    REQUIRED("policy", CHAOS_MAPPING, "the policy document"),
    DEFAULT("path", CHAOS_STRING, "\"/\"", "path of the policy"),
    DEFAULT("description", CHAOS_STRING, "\"\"", "what it is for"),
};

static const struct chaos_function probes[] = {
    PROBE(get_policy, policy_params, .summary = "a policy", AWS_RESPONSE),
};
static const struct chaos_function actions[] = {
    ACTION(attach_role_policy, attach_params, .summary = "attach a policy to a role", AWS_RESPONSE,
           .inverse = undo_attach),
    ACTION(create_policy, create_params, .summary = "create a policy", AWS_RESPONSE,
           .inverse = undo_create_policy),
    ACTION(detach_role_policy, attach_params, .summary = "detach a policy from a role",
           AWS_RESPONSE, .inverse = undo_detach),
};

AWS_EXTENSION_OF(ext_aws_iam_probes, "chaosaws.iam.probes", "IAM policies, looked at", probes);
AWS_EXTENSION_OF(ext_aws_iam_actions, "chaosaws.iam.actions", "IAM policies, acted on", actions);
