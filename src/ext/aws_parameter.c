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

json_t *aws_parameter_filter(const char *name)
{
    return json_pack("{s:[{s:s, s:s, s:[s]}]}", "ParameterFilters", "Key", "Name", "Option",
                     "Equals", "Values", name);
}

int aws_parameter_describe(const struct chaos_call *call, const char *name,
                           struct aws_parameter *ret_parameter, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    const json_t *metadata;

    if (aws_pages(call, "ssm", "DescribeParameters", aws_parameter_filter(name), &answer, err) < 0)
        return -(int)err->code;
    metadata = aws_list_find(json_object_get(answer, "Parameters"), "Name", name);
    if (!metadata)
        return 0;
    ret_parameter->params = put_params(metadata);
    ret_parameter->tier = json_incref(json_object_get(metadata, "Tier"));
    ret_parameter->version = json_integer_value(json_object_get(metadata, "Version"));
    return 0;
}

/* The value, decrypted, at a version (NULL: now). */
static int read_value(const struct chaos_call *call, const char *name, const json_t *version,
                      json_t **ret_value, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(buffer) struct buffer named = { 0 };

    buffer_add_text(&named, name);
    if (version) {
        buffer_add_char(&named, ':');
        buffer_add_integer(&named, json_integer_value(version));
    }
    if (aws_call(call, "ssm", "GetParameter",
                 json_pack("{s:s, s:b}", "Name", buffer_text(&named), "WithDecryption", 1), &answer,
                 err) < 0)
        return -(int)err->code;
    *ret_value = json_incref(json_object_get(json_object_get(answer, "Parameter"), "Value"));
    if (!*ret_value)
        return chaos_error_set(err, CHAOS_E_REMOTE, "the parameter has no value");
    return 0;
}

static int read_former(const struct chaos_call *call, const json_t *request, json_t **ret_value,
                       struct aws_parameter *ret_now, struct chaos_error *err)
{
    const char *name = json_text_of(request, "Name");
    const json_t *version = json_object_get(request, "Version");

    if (!name || !json_is_integer(version))
        return chaos_error_set(err, CHAOS_E_INVALID, "must have a \"Name\" and a \"Version\"");
    if (read_value(call, name, version, ret_value, err) < 0)
        return -(int)err->code;
    return aws_parameter_describe(call, name, ret_now, err);
}

/* What it has beside what it had, as a description, PutParameter cannot take away. */
int aws_parameter_look(const struct chaos_call *call, const json_t *request,
                       struct aws_sight *sight, struct chaos_error *err)
{
    static const char *const members[] = { "Type",     "KeyId",    "Description", "AllowedPattern",
                                           "DataType", "Policies", NULL };
    AUTO(aws_parameter) struct aws_parameter now = { 0 };
    AUTO(json) json_t *former = NULL;
    AUTO(json) json_t *value = NULL;
    const char *name = json_text_of(request, "Name");

    if (read_former(call, request, &former, &now, err) < 0 ||
        read_value(call, name, NULL, &value, err) < 0)
        return -(int)err->code;
    if (!json_equal(value, former)) /* which may be secrets */
        aws_sight_add(sight, AWS_OTHERWISE, "the value of %s is another one", name);
    aws_see_given(sight, name, now.params, request, members);
    return 0;
}

int aws_parameter_complete(const struct chaos_call *call, const json_t *request,
                           json_t **ret_params, struct chaos_error *err)
{
    AUTO(aws_parameter) struct aws_parameter now = { 0 };
    AUTO(json) json_t *former = NULL;

    if (read_former(call, request, &former, &now, err) < 0)
        return -(int)err->code;
    *ret_params = json_copy(json_walkable(request));
    json_object_del(*ret_params, "Version");
    json_object_set(*ret_params, "Value", former);
    json_object_set_new(*ret_params, "Overwrite", json_true());
    if (now.tier) /* which cannot be lowered */
        json_object_set(*ret_params, "Tier", now.tier);
    return 0;
}
