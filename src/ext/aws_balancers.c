// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_balancers.h"

#include <strings.h>

#include "base/json_walk.h"
#include "base/str.h"
#include "ext/aws_call.h"

int aws_target_groups(const struct chaos_call *call, json_t *names, json_t **ret_arns,
                      struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    json_t *group;
    size_t i;

    if (aws_pages(call, "elbv2", "DescribeTargetGroups", json_pack("{s:O}", "Names", names),
                  &answer, err) < 0)
        return -(int)err->code;
    *ret_arns = json_object();
    json_array_foreach (json_object_get(answer, "TargetGroups"), i, group)
        json_object_set(*ret_arns, json_text_of(group, "TargetGroupName"),
                        json_object_get(group, "TargetGroupArn"));
    return 0;
}

int aws_target_health(const struct chaos_call *call, const json_t *arn, json_t **ret_descriptions,
                      struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (aws_call(call, "elbv2", "DescribeTargetHealth", json_pack("{s:O}", "TargetGroupArn", arn),
                 &answer, err) < 0)
        return -(int)err->code;
    *ret_descriptions = json_incref(json_object_get(answer, "TargetHealthDescriptions"));
    if (!*ret_descriptions)
        *ret_descriptions = json_array();
    return 0;
}

bool aws_logs_access(const json_t *answer)
{
    json_t *attribute;
    size_t i;

    json_array_foreach (json_object_get(answer, "Attributes"), i, attribute) {
        const char *value = json_text_of(attribute, "Value");

        if (str_equal(json_text_of(attribute, "Key"), "access_logs.s3.enabled"))
            return value && strcasecmp(value, "true") == 0;
    }
    return false;
}
