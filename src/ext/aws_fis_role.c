// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_fis.h"

#include <ctype.h>
#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "ext/arguments.h"
#include "ext/aws_call.h"
#include "ext/aws_explain.h"
#include "value/json.h"

#define IAM            "iam"
#define ROLE_SECONDS   10800
#define MANAGED_PREFIX "arn:aws:iam::aws:"

/* What a kind of target needs: a managed policy, one of our own, or both. */
struct grant {
    const char *argument;
    const char *managed;   /* ARN, or NULL */
    const char *name;      /* of our own, or NULL */
    const char *statement; /* JSON of its statements; {region} and {account} in resources */
};

#define MANAGED(what) MANAGED_PREFIX "policy/service-role/AWSFaultInjectionSimulator" what "Access"

static const struct grant grants[] = {
    { "target_ebs_volumes", NULL, "FIS-Console-EBSPauseVolumeIO",
      "[{\"Effect\": \"Allow\", \"Action\": [\"ec2:DescribeVolumes\"], \"Resource\": \"*\"},"
      " {\"Effect\": \"Allow\", \"Action\": [\"ec2:PauseVolumeIO\"],"
      " \"Resource\": \"arn:aws:ec2:{region}:{account}:volume/*\"}]" },
    { "target_ec2_instances", MANAGED("EC2"), "FIS-Console-ICE",
      "[{\"Sid\": \"AllowInjectAPI\", \"Effect\": \"Allow\", \"Action\": [\"ec2:InjectApiError\"],"
      " \"Resource\": [\"*\"], \"Condition\": {\"ForAnyValue:StringEquals\": {\"ec2:FisActionId\":"
      " [\"aws:ec2:api-insufficient-instance-capacity-error\","
      " \"aws:ec2:asg-insufficient-instance-capacity-error\"]}}},"
      " {\"Sid\": \"DescribeAsg\", \"Effect\": \"Allow\","
      " \"Action\": [\"autoscaling:DescribeAutoScalingGroups\"], \"Resource\": [\"*\"]}]" },
    { "target_easticache_cluster", NULL, "FIS-Console-ElastiCache",
      "[{\"Sid\": \"AllowElastiCacheActions\", \"Effect\": \"Allow\","
      " \"Action\": [\"elasticache:DescribeReplicationGroups\","
      " \"elasticache:InterruptClusterAzPower\"],"
      " \"Resource\": [\"arn:aws:elasticache:{region}:{account}:replicationgroup:*\"]},"
      " {\"Sid\": \"TargetResolutionByTags\", \"Effect\": \"Allow\","
      " \"Action\": [\"tag:GetResources\"], \"Resource\": \"*\"}]" },
    { "target_subnet", MANAGED("Network"), NULL, NULL },
    { "target_rds_cluster", MANAGED("RDS"), NULL, NULL },
};

char *aws_fis_suffix(void)
{
    return mem_printf("%ld", (long)getpid());
}

static char *role_name(const char *suffix)
{
    return mem_printf("ChaosToolkit-FIS-%s", suffix);
}

/* "us-east-1" of "us-east-1a". */
static char *region_of(const char *zone)
{
    size_t length = strlen(zone);

    while (length && isalpha((unsigned char)zone[length - 1]))
        length--;
    return mem_strndup(zone, length);
}

/* A policy document as text, {region} and {account} filled in. */
static char *write_policy(const struct chaos_call *call, const char *statement, const char *account)
{
    AUTO(str) char *region = region_of(argument_text(call, "az"));
    AUTO(buffer) struct buffer text = { 0 };

    buffer_add_text(&text, "{\"Version\": \"2012-10-17\", \"Statement\": ");
    while (*statement) {
        if (str_starts(statement, "{region}")) {
            buffer_add_text(&text, region);
            statement += strlen("{region}");
        } else if (str_starts(statement, "{account}")) {
            buffer_add_text(&text, account);
            statement += strlen("{account}");
        } else {
            buffer_add_char(&text, *statement++);
        }
    }
    buffer_add_char(&text, '}');
    return buffer_take(&text);
}

static int attach(const struct chaos_call *call, const char *role, const char *arn,
                  struct chaos_error *err)
{
    AUTO(json) json_t *ignored = NULL;

    return aws_call(call, IAM, "AttachRolePolicy",
                    json_pack("{s:s, s:s}", "RoleName", role, "PolicyArn", arn), &ignored, err);
}

struct role {
    const char *name;
    const char *suffix;
    const char *account;
    const json_t *tags;
};

static int give(const struct chaos_call *call, const struct role *role, const struct grant *grant,
                struct chaos_error *err)
{
    AUTO(str) char *name = mem_printf("%s-%s", grant->name, role->suffix);
    AUTO(str) char *document = NULL;
    AUTO(json) json_t *answer = NULL;

    if (grant->managed && attach(call, role->name, grant->managed, err) < 0)
        return -(int)err->code;
    if (!grant->name)
        return 0;
    document = write_policy(call, grant->statement, role->account);
    chaos_log_info(call->context, "Creating the policy %s", name);
    if (aws_call(call, IAM, "CreatePolicy",
                 json_pack("{s:s, s:s, s:O}", "PolicyName", name, "PolicyDocument", document,
                           "Tags", role->tags),
                 &answer, err) < 0)
        return -(int)err->code;
    return attach(call, role->name, json_text_of(json_object_get(answer, "Policy"), "Arn"), err);
}

static int create(const struct chaos_call *call, const struct role *role, json_t **ret_arn,
                  struct chaos_error *err)
{
    static const char trust[] =
        "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Principal\":"
        " {\"Service\": \"fis.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"}]}";
    AUTO(json) json_t *answer = NULL;

    chaos_log_info(call->context, "Creating the role %s", role->name);
    if (aws_call(call, IAM, "CreateRole",
                 json_pack("{s:s, s:s, s:s, s:s, s:i, s:O}", "Path", "/service-role/", "RoleName",
                           role->name, "AssumeRolePolicyDocument", trust, "Description",
                           "Chaos Toolkit generated role for AWS FIS experiments",
                           "MaxSessionDuration", ROLE_SECONDS, "Tags", role->tags),
                 &answer, err) < 0)
        return -(int)err->code;
    *ret_arn = json_incref(json_object_get(json_object_get(answer, "Role"), "Arn"));
    return 0;
}

int aws_fis_create_role(const struct chaos_call *call, const char *suffix, const json_t *tags,
                        json_t **ret_arn, struct chaos_error *err)
{
    AUTO(str) char *name = role_name(suffix);
    AUTO(json) json_t *identity = NULL;
    AUTO(json) json_t *arn = NULL;
    struct role role = { .name = name, .suffix = suffix, .tags = tags };

    if (aws_call(call, "sts", "GetCallerIdentity", NULL, &identity, err) < 0)
        return -(int)err->code;
    role.account = json_text_of(identity, "Account");
    if (!role.account)
        return chaos_error_set(err, CHAOS_E_REMOTE, "GetCallerIdentity names no account");
    if (create(call, &role, &arn, err) < 0)
        return -(int)err->code;
    for (size_t i = 0; i < ARRAY_SIZE(grants); i++)
        if (argument_flag(call, grants[i].argument) && give(call, &role, &grants[i], err) < 0)
            return -(int)err->code;
    *ret_arn = STEAL(arn);
    return 0;
}

/* A request about something that may be gone already. */
static int try_call(const struct chaos_call *call, const char *operation, json_t *params,
                    json_t **ret_answer, struct chaos_error *err)
{
    if (aws_call(call, IAM, operation, params, ret_answer, err) == 0)
        return 0;
    if (!aws_refused_with(err, "NoSuchEntity"))
        return -(int)err->code;
    chaos_error_clear(err);
    return 0;
}

static int remove_policy(const struct chaos_call *call, const char *role, const char *arn,
                         struct chaos_error *err)
{
    AUTO(json) json_t *detached = NULL;
    AUTO(json) json_t *deleted = NULL;

    if (try_call(call, "DetachRolePolicy",
                 json_pack("{s:s, s:s}", "RoleName", role, "PolicyArn", arn), &detached, err) < 0)
        return -(int)err->code;
    if (str_starts(arn, MANAGED_PREFIX))
        return 0;
    return try_call(call, "DeletePolicy", json_pack("{s:s}", "PolicyArn", arn), &deleted, err);
}

int aws_fis_delete_role(const struct chaos_call *call, const char *suffix, struct chaos_error *err)
{
    AUTO(str) char *name = role_name(suffix);
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *deleted = NULL;
    json_t *policy;
    size_t i;

    chaos_log_info(call->context, "Deleting role %s", name);
    if (try_call(call, "ListAttachedRolePolicies", json_pack("{s:s}", "RoleName", name), &answer,
                 err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "AttachedPolicies"), i, policy) {
        const char *arn = json_text_of(policy, "PolicyArn");

        if (arn && remove_policy(call, name, arn, err) < 0)
            return -(int)err->code;
    }
    return try_call(call, "DeleteRole", json_pack("{s:s}", "RoleName", name), &deleted, err);
}
