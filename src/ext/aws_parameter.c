// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_parameter.h"

#include "base/json_walk.h"
#include "base/str.h"
#include "ext/aws_call.h"
#include "ext/aws_lists.h"

void aws_parameter_clear(struct aws_parameter *parameter)
{
    json_decref(parameter->params);
    json_decref(parameter->tier);
}

/* A list of policies as the one text that PutParameter takes. */
static json_t *policies_text(const json_t *policies)
{
    AUTO(buffer) struct buffer text = { 0 };
    json_t *policy;
    size_t i;

    json_array_foreach (policies, i, policy)
        buffer_printf(&text, "%s%s", i ? ", " : "[", json_text_of(policy, "PolicyText"));
    buffer_add_char(&text, ']');
    return json_string(buffer_text(&text));
}

static json_t *put_params(const json_t *metadata)
{
    static const char *const members[] = { "Name",           "Type",     "KeyId", "Description",
                                           "AllowedPattern", "DataType", NULL };
    const json_t *policies = json_object_get(metadata, "Policies");
    json_t *params = json_object();

    for (const char *const *member = members; *member; member++)
        if (json_object_get(metadata, *member))
            json_object_set(params, *member, json_object_get(metadata, *member));
    if (json_array_size(policies))
        json_object_set_new(params, "Policies", policies_text(policies));
    return params;
}

int aws_parameter_describe(const struct chaos_call *call, const char *name,
                           struct aws_parameter *ret_parameter, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    const json_t *metadata;

    if (aws_pages(call, "ssm", "DescribeParameters",
                  json_pack("{s:[{s:s, s:s, s:[s]}]}", "ParameterFilters", "Key", "Name", "Option",
                            "Equals", "Values", name),
                  &answer, err) < 0)
        return -(int)err->code;
    metadata = aws_list_find(json_object_get(answer, "Parameters"), "Name", name);
    if (!metadata)
        return 0;
    ret_parameter->params = put_params(metadata);
    ret_parameter->tier = json_incref(json_object_get(metadata, "Tier"));
    ret_parameter->version = json_integer_value(json_object_get(metadata, "Version"));
    return 0;
}
