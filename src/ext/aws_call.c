// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_call.h"

static int unwired(const char *service, const char *operation, json_t *params,
                   struct chaos_error *err)
{
    json_decref(params);
    return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                           "%s %s: this chaos was built without its AWS client", service,
                           operation);
}

int aws_call(const struct chaos_call *call, const char *service, const char *operation,
             json_t *params, json_t **ret_result, struct chaos_error *err)
{
    (void)call;
    (void)ret_result;
    return unwired(service, operation, params, err);
}

int aws_pages(const struct chaos_call *call, const char *service, const char *operation,
              json_t *params, json_t **ret_result, struct chaos_error *err)
{
    return aws_call(call, service, operation, params, ret_result, err);
}

int aws_wait(const struct chaos_call *call, const char *service, const char *waiter, json_t *params,
             struct chaos_error *err)
{
    (void)call;
    return unwired(service, waiter, params, err);
}
