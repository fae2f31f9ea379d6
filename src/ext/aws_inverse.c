// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_inverse.h"

#include <assert.h>

#include "base/json_walk.h"
#include "base/str.h"
#include "ext/aws_look.h"

json_t *aws_undo(const char *service, const char *operation, json_t *params)
{
    assert(aws_look_find(service, operation)); /* each tells how to see that it is undone */
    return json_pack("{s:s, s:s, s:o}", "service", service, "operation", operation, "parameters",
                     params);
}

/* "undo: ec2 AttachVolume, DeleteTags", an operation once in a row. */
static void name_inverse(struct buffer *name, const json_t *requests)
{
    const char *last = NULL;
    json_t *request;
    size_t i;

    buffer_printf(name, "undo: %s", json_text_of(json_array_get(requests, 0), "service"));
    json_array_foreach (requests, i, request) {
        const char *operation = json_text_of(request, "operation");

        if (!str_equal(operation, last))
            buffer_printf(name, "%s %s", i ? "," : "", operation);
        last = operation;
    }
}

json_t *aws_inverse(json_t *requests)
{
    AUTO(json) json_t *taken = requests;
    AUTO(buffer) struct buffer name = { 0 };

    if (!json_array_size(requests))
        return NULL;
    name_inverse(&name, requests);
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:{s:O}}}", "type", "action", "name",
                     buffer_text(&name), "provider", "type", "native", "module",
                     "chaos.aws.actions", "func", "put_back", "arguments", "requests", requests);
}

json_t *aws_inverse_one(const char *service, const char *operation, json_t *params)
{
    return aws_inverse(json_pack("[o]", aws_undo(service, operation, params)));
}

json_t *aws_inverse_each(const char *service, const char *operation, json_t *params)
{
    AUTO(json) json_t *taken = params;
    json_t *requests = json_array();
    json_t *one;
    size_t i;

    json_array_foreach (params, i, one)
        json_array_append_new(requests, aws_undo(service, operation, json_incref(one)));
    return aws_inverse(requests);
}
