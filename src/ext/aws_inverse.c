// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_inverse.h"

#include "base/mem.h"

json_t *aws_inverse(const char *service, const char *operation, json_t *params)
{
    AUTO(str) char *name = mem_printf("undo: %s %s", service, operation);

    if (!json_array_size(params)) {
        json_decref(params);
        return NULL;
    }
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:{s:s, s:s, s:o}}}", "type", "action", "name",
                     name, "provider", "type", "native", "module", "chaos.aws.actions", "func",
                     "call", "arguments", "service", service, "operation", operation, "parameters",
                     params);
}

json_t *aws_inverse_one(const char *service, const char *operation, json_t *params)
{
    return aws_inverse(service, operation, json_pack("[o]", params));
}
