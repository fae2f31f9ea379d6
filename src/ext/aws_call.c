// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_call.h"

#include <ctype.h>
#include <string.h>

#include "aws/paginate.h"
#include "base/mem.h"
#include "base/str.h"
#include "ext/aws_models.h"
#include "ext/aws_session_pool.h"

typedef int (*send_request)(struct aws_session *session, const struct aws_operation *operation,
                            const json_t *params, json_t **ret_value, struct chaos_error *err);

/* `params` is taken. */
static int request(const struct chaos_call *call, const char *service, const char *operation_name,
                   json_t *params, send_request send, json_t **ret_result, struct chaos_error *err)
{
    AUTO(json) json_t *taken = params;
    AUTO(json) json_t *value = NULL;
    AUTO(aws_lease) struct aws_lease *lease = NULL;
    struct aws_operation operation;

    if (aws_lease_take(call, &lease, err) < 0 ||
        aws_session_operation(aws_lease_session(lease), service, operation_name, &operation, err) <
            0 ||
        send(aws_lease_session(lease), &operation, taken, &value, err) < 0)
        return -(int)err->code;
    *ret_result = STEAL(value);
    return 0;
}

int aws_call(const struct chaos_call *call, const char *service, const char *operation,
             json_t *params, json_t **ret_result, struct chaos_error *err)
{
    return request(call, service, operation, params, aws_session_call, ret_result, err);
}

int aws_pages(const struct chaos_call *call, const char *service, const char *operation,
              json_t *params, json_t **ret_result, struct chaos_error *err)
{
    return request(call, service, operation, params, aws_call_all_pages, ret_result, err);
}

/* "instance_stopped" as "InstanceStopped". */
static char *model_name(const char *name)
{
    AUTO(buffer) struct buffer out = { 0 };
    bool starts = true;

    for (; *name; name++) {
        if (*name != '_')
            buffer_add_char(&out, (char)(starts ? toupper((unsigned char)*name) : *name));
        starts = *name == '_';
    }
    return buffer_take(&out);
}

int aws_call_wait(const struct chaos_call *call, const char *service, const char *waiter,
                  json_t *params, struct chaos_error *err)
{
    AUTO(json) json_t *taken = params;
    AUTO(str) char *name = model_name(waiter);
    AUTO(aws_lease) struct aws_lease *lease = NULL;
    const struct aws_models *models = NULL;
    struct aws_waiter_options options = { 0 };
    struct aws_service found;

    if (aws_lease_take(call, &lease, err) < 0 || aws_models_shared(&models, err) < 0 ||
        aws_service_find(models, service, &found, err) < 0)
        return -(int)err->code;
    return aws_wait(aws_lease_session(lease), &found, name, taken, &options, err);
}
