// SPDX-License-Identifier: Apache-2.0
#include "engine/provider.h"

#include <stdarg.h>

#include "base/mem.h"
#include "base/str.h"
#include "engine/guest.h"

void call_result_clear(struct call_result *result)
{
    free(result->effect);
    json_decref(result->output);
    json_decref(result->exception);
    free(result->message);
    *result = (struct call_result){ 0 };
}

void call_set(struct call_result *result, enum call_status status, const char *format, ...)
{
    va_list args;

    free(result->message);
    result->status = status;
    va_start(args, format);
    result->message = mem_vprintf(format, args);
    va_end(args);
}

void guest_reply_clear(struct guest_reply *reply)
{
    json_decref(reply->changes);
    free(reply->message);
    *reply = (struct guest_reply){ 0 };
}

const struct provider *provider_find(const struct provider *providers, size_t count,
                                     const char *type)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(providers[i].type, type))
            return &providers[i];
    return NULL;
}
