// SPDX-License-Identifier: Apache-2.0
#include "tests/support/aws_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ext/aws_call.h"
#include "tests/support/quoted.h"
#include "value/json.h"

const struct exchange *script;

void assert_json(const json_t *got, const char *wanted)
{
    AUTO(json) json_t *value = quoted_json(wanted);
    AUTO(str) char *got_text = got ? json_text(got, JSON_STYLE_CANONICAL) : mem_strdup("null");
    AUTO(str) char *wanted_text = json_text(value, JSON_STYLE_CANONICAL);

    assert_string_equal(got_text, wanted_text);
}

static int play(const char *service, const char *operation, json_t *params, json_t **ret_result,
                struct chaos_error *err)
{
    AUTO(json) json_t *taken = params ? params : json_object();
    const struct exchange *next = script++;

    assert_non_null(next->service);
    assert_string_equal(service, next->service);
    assert_string_equal(operation, next->operation);
    assert_json(taken, next->params);
    if (next->answer[0] == '!')
        return chaos_error_set(err, CHAOS_E_REMOTE,
                               "An error occurred (%.*s) when calling the %s operation: %s",
                               (int)strcspn(next->answer, ":") - 1, next->answer + 1, operation,
                               strchr(next->answer, ':') + 2);
    *ret_result = quoted_json(next->answer);
    return 0;
}

int aws_call(const struct chaos_call *call, const char *service, const char *operation,
             json_t *params, json_t **ret_result, struct chaos_error *err)
{
    (void)call;
    return play(service, operation, params, ret_result, err);
}

int aws_pages(const struct chaos_call *call, const char *service, const char *operation,
              json_t *params, json_t **ret_result, struct chaos_error *err)
{
    return aws_call(call, service, operation, params, ret_result, err);
}

int aws_call_download(const struct chaos_call *call, const char *service, const char *operation,
                      json_t *params, const char *path, json_t **ret_result,
                      struct chaos_error *err)
{
    fail_msg("nothing here asks for a body: %s", path);
    return aws_call(call, service, operation, params, ret_result, err);
}

int aws_call_wait(const struct chaos_call *call, const char *service, const char *waiter,
                  json_t *params, struct chaos_error *err)
{
    AUTO(json) json_t *ignored = NULL;

    (void)call;
    return play(service, waiter, params, &ignored, err);
}
