// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_forward.h"

json_t *aws_params(const struct chaos_call *call, const char *const *pairs)
{
    json_t *params = json_object();

    for (; pairs && *pairs; pairs += 2) {
        bool only_given = pairs[1][0] == '?';
        const char *name = pairs[1] + only_given;

        if (argument(call, name) && (!only_given || argument_given(call, name)))
            json_object_set(params, pairs[0], argument(call, name));
    }
    return params;
}

int aws_forward(const struct chaos_call *call, const struct aws_forward *how, json_t **ret_output,
                struct chaos_error *err)
{
    int r;

    if (how->needs && !argument_given(call, how->needs))
        return aws_fail(call, how->missing, err);
    if (how->log)
        aws_announce(call, how->log);
    r = aws_call(call, how->service, how->operation, aws_params(call, how->params), ret_output,
                 err);
    if (r < 0 && how->refused)
        return aws_explain_refusal(call, how->refused, err);
    if (r < 0 && how->failed)
        return aws_explain_failure(call, how->failed, err);
    return r;
}
