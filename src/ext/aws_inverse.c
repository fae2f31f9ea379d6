// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_inverse.h"

#include <assert.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "ext/aws_look.h"

/* `arguments` is taken. */
static json_t *action(const char *name, const char *module, const char *function, json_t *arguments)
{
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:o}}", "type", "action", "name", name,
                     "provider", "type", "native", "module", module, "func", function, "arguments",
                     arguments);
}

json_t *aws_inverse(const char *service, const char *operation, json_t *params)
{
    AUTO(str) char *name = mem_printf("undo: %s %s", service, operation);

    assert(aws_look_find(service, operation)); /* each tells how to see that it is undone */
    if (!json_array_size(params)) {
        json_decref(params);
        return NULL;
    }
    return action(name, "chaos.aws.actions", "put_back",
                  json_pack("{s:s, s:s, s:o}", "service", service, "operation", operation,
                            "parameters", params));
}

json_t *aws_inverse_one(const char *service, const char *operation, json_t *params)
{
    return aws_inverse(service, operation, json_pack("[o]", params));
}

json_t *aws_undo(const char *service, const char *operation, json_t *params,
                 const char *const *done)
{
    json_t *request = json_pack("{s:s, s:s, s:o}", "service", service, "operation", operation,
                                "parameters", params);
    json_t *codes = json_array();

    for (; done && *done; done++)
        json_array_append_new(codes, json_string(*done));
    json_object_set_new(request, "done", codes);
    return request;
}

json_t *aws_undo_while(json_t *request, const char *path, const char *state)
{
    json_object_set_new(request, "while", json_pack("{s:s, s:s}", "path", path, "is", state));
    return request;
}

json_t *aws_inverse_requests(json_t *requests)
{
    AUTO(buffer) struct buffer name = { 0 };
    json_t *request;
    size_t i;

    if (!json_array_size(requests)) {
        json_decref(requests);
        return NULL;
    }
    buffer_printf(&name, "undo: %s", json_text_of(json_array_get(requests, 0), "service"));
    json_array_foreach (requests, i, request)
        buffer_printf(&name, "%s %s", i ? "," : "", json_text_of(request, "operation"));
    return action(buffer_text(&name), AWS_INVERSES, "requests",
                  json_pack("{s:o}", "requests", requests));
}

json_t *aws_inverse_by(const char *function, json_t *arguments)
{
    AUTO(str) char *name = mem_printf("undo: %s", function);

    return action(name, AWS_INVERSES, function, arguments);
}
