// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_call.h"

#include <ctype.h>
#include <string.h>

#include "aws/paginate.h"
#include "base/mem.h"
#include "base/str.h"
#include "ext/aws_models.h"
#include "ext/aws_session_pool.h"

/* A request that is to be made. */
struct request {
    const char *service;
    const char *operation;
    json_t *params; /* taken by send() */
    int (*send)(struct aws_session *session, const struct aws_operation *operation,
                const json_t *params, json_t **ret_value, struct chaos_error *err);
    const char *path; /* instead of it: the body of the answer goes there */
};

static int send(const struct chaos_call *call, const struct request *request, json_t **ret_result,
                struct chaos_error *err)
{
    AUTO(json) json_t *taken = request->params;
    AUTO(json) json_t *value = NULL;
    AUTO(aws_lease) struct aws_lease *lease = NULL;
    struct aws_operation operation;
    struct aws_session *session;
    int r = aws_lease_take(call, &lease, err);

    if (r < 0)
        return r;
    session = aws_lease_session(lease);
    r = aws_session_operation(session, request->service, request->operation, &operation, err);
    if (r == 0 && request->path)
        r = aws_session_download(session, &operation, taken, request->path, &value, err);
    else if (r == 0)
        r = request->send(session, &operation, taken, &value, err);
    if (r == 0)
        *ret_result = STEAL(value);
    return r;
}

int aws_call(const struct chaos_call *call, const char *service, const char *operation,
             json_t *params, json_t **ret_result, struct chaos_error *err)
{
    const struct request request = { service, operation, params, aws_session_call, NULL };

    return send(call, &request, ret_result, err);
}

int aws_pages(const struct chaos_call *call, const char *service, const char *operation,
              json_t *params, json_t **ret_result, struct chaos_error *err)
{
    const struct request request = { service, operation, params, aws_call_all_pages, NULL };

    return send(call, &request, ret_result, err);
}

int aws_call_download(const struct chaos_call *call, const char *service, const char *operation,
                      json_t *params, const char *path, json_t **ret_result,
                      struct chaos_error *err)
{
    const struct request request = { service, operation, params, NULL, path };

    return send(call, &request, ret_result, err);
}

int aws_call_region(const struct chaos_call *call, char **ret_region, struct chaos_error *err)
{
    AUTO(aws_lease) struct aws_lease *lease = NULL;
    int r = aws_lease_take(call, &lease, err);

    if (r == 0)
        *ret_region = mem_strdup(aws_session_region(aws_lease_session(lease)));
    return r;
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
