/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "aws/jmespath.h"
#include "aws/paginate.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/pytext.h"

enum verdict {
    VERDICT_NONE,
    VERDICT_RETRY,
    VERDICT_SUCCESS,
    VERDICT_FAILURE,
};

static bool all_or_any(const char *matcher, const json_t *found, const json_t *expected)
{
    bool wants_all = strcmp(matcher, "pathAll") == 0;
    size_t index;
    json_t *item;

    if (json_array_size(found) == 0)
        return false;
    json_array_foreach (found, index, item) {
        if (value_equal(item, expected) != wants_all)
            return !wants_all;
    }
    return wants_all;
}

static int path_matches(const char *matcher, struct aws_node acceptor, const json_t *value,
                        const json_t *expected, bool *ret_matches, struct chaos_error *err)
{
    const char *argument = aws_node_get_text(acceptor, "argument");
    AUTO(jmespath) struct jmespath *path = NULL;
    AUTO(json) json_t *found = NULL;
    int r;

    if (json_object_get(value, "Error"))
        return 0;
    r = jmespath_parse(argument ? argument : "", &path, err);
    if (r == 0)
        r = jmespath_search(path, value, &found, err);
    if (r < 0)
        return r;
    *ret_matches = strcmp(matcher, "path") == 0 ? value_equal(found, expected)
                                                : all_or_any(matcher, found, expected);
    return 0;
}

static int acceptor_matches(struct aws_node acceptor, const json_t *value, bool *ret_matches,
                            struct chaos_error *err)
{
    const char *matcher = aws_node_get_text(acceptor, "matcher");
    AUTO(json) json_t *expected = NULL;
    int r = aws_node_to_json(aws_node_get(acceptor, "expected"), &expected, err);

    *ret_matches = false;
    if (r < 0)
        return r;
    if (!matcher)
        return chaos_error_set(err, CHAOS_E_LIMIT, "the AWS model file is damaged");
    if (strcmp(matcher, "status") == 0) {
        *ret_matches = json_equal(
            json_object_get(json_object_get(value, "ResponseMetadata"), "HTTPStatusCode"),
            expected);
        return 0;
    }
    if (strcmp(matcher, "error") == 0) {
        const char *code = aws_error_code(value);

        *ret_matches = json_is_true(expected)    ? *code != '\0'
                       : json_is_false(expected) ? *code == '\0'
                                                 : str_equal(json_string_value(expected), code);
        return 0;
    }
    return path_matches(matcher, acceptor, value, expected, ret_matches, err);
}

/* In botocore's words. */
static char *explain(struct aws_node acceptor)
{
    const char *matcher = aws_node_get_text(acceptor, "matcher");
    const char *argument = aws_node_get_text(acceptor, "argument");
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *expected = NULL;
    AUTO(str) char *text = NULL;

    if (aws_node_to_json(aws_node_get(acceptor, "expected"), &expected, &err) < 0)
        expected = json_null();
    text = pytext_of(expected);
    if (str_equal(matcher, "path"))
        return mem_printf("For expression \"%s\" we matched expected path: \"%s\"", argument, text);
    if (str_equal(matcher, "pathAll"))
        return mem_printf("For expression \"%s\" all members matched expected path: \"%s\"",
                          argument, text);
    if (str_equal(matcher, "pathAny"))
        return mem_printf("For expression \"%s\" we matched expected path: \"%s\" at least once",
                          argument, text);
    if (str_equal(matcher, "status"))
        return mem_printf("Matched expected HTTP status code: %s", text);
    return mem_printf("Matched expected service error code: %s", text);
}

/* The verdict of the first acceptor that matches, which is left in *matched. */
static int judge(struct aws_node acceptors, const json_t *value, struct aws_node *matched,
                 enum verdict *ret_verdict, struct chaos_error *err)
{
    *ret_verdict = VERDICT_NONE;
    for (size_t i = 0; i < aws_node_count(acceptors); i++) {
        struct aws_node acceptor = aws_node_at(acceptors, i);
        const char *state = aws_node_get_text(acceptor, "state");
        bool matches;
        int r = acceptor_matches(acceptor, value, &matches, err);

        if (r < 0)
            return r;
        if (!matches)
            continue;
        *matched = acceptor;
        *ret_verdict = str_equal(state, "success")   ? VERDICT_SUCCESS
                       : str_equal(state, "failure") ? VERDICT_FAILURE
                                                     : VERDICT_RETRY;
        return 0;
    }
    return 0;
}

static int fail_exhausted(const char *waiter, struct aws_node matched, struct chaos_error *err)
{
    AUTO(str) char *why = NULL;

    if (!matched.models)
        return chaos_error_set(err, CHAOS_E_TIMEOUT, "Waiter %s failed: Max attempts exceeded",
                               waiter);
    why = explain(matched);
    return chaos_error_set(err, CHAOS_E_TIMEOUT,
                           "Waiter %s failed: Max attempts exceeded. Previously accepted state: %s",
                           waiter, why);
}

/* What is waited for. */
struct wait {
    const char *name;
    struct aws_operation operation;
    struct aws_node config;
    struct aws_node matched; /* the last acceptor that did; models NULL: none yet */
};

/* One call and what it means; *ret_done when the wait is over. */
static int poll_once(struct aws_session *session, struct wait *wait, const json_t *params,
                     bool *ret_done, struct chaos_error *err)
{
    AUTO(chaos_error) struct chaos_error why = { 0 };
    AUTO(json) json_t *value = NULL;
    AUTO(str) char *explanation = NULL;
    enum verdict verdict;
    int r = aws_session_call(session, &wait->operation, params, &value, &why);

    if (r < 0 && !value)
        return chaos_error_set(err, why.code, "%s", why.message);
    r = judge(aws_node_get(wait->config, "acceptors"), value, &wait->matched, &verdict, err);
    if (r < 0)
        return r;
    *ret_done = verdict == VERDICT_SUCCESS;
    if (verdict == VERDICT_NONE && json_object_get(value, "Error")) {
        const json_t *error = json_object_get(value, "Error");

        return chaos_error_set(err, CHAOS_E_REMOTE, "Waiter %s failed: An error occurred (%s): %s",
                               wait->name, aws_error_code(value),
                               json_string_value(json_object_get(error, "Message")));
    }
    if (verdict != VERDICT_FAILURE)
        return 0;
    explanation = explain(wait->matched);
    return chaos_error_set(err, CHAOS_E_REMOTE,
                           "Waiter %s failed: Waiter encountered a terminal failure state: %s",
                           wait->name, explanation);
}

static int find_waiter(const struct aws_service *service, struct wait *wait,
                       struct chaos_error *err)
{
    const char *operation;
    size_t count = aws_node_count(service->waiters);
    AUTO(mem) const char **names = mem_zero(count + 1, sizeof(*names));
    const char *near;

    wait->config = aws_node_get(service->waiters, wait->name);
    operation = aws_node_get_text(wait->config, "operation");
    if (operation)
        return aws_operation_find(service, operation, &wait->operation, err);
    for (size_t i = 0; i < count; i++)
        names[i] = aws_node_key_at(service->waiters, i);
    near = str_suggest(wait->name, names);
    if (near)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                               "AWS service '%s': no waiter '%s'; did you mean '%s'?",
                               service->name, wait->name, near);
    return chaos_error_set(err, CHAOS_E_NOT_FOUND, "AWS service '%s': no waiter '%s'",
                           service->name, wait->name);
}

int aws_wait(struct aws_session *session, const struct aws_service *service, const char *waiter,
             const json_t *params, const struct aws_waiter_options *options,
             struct chaos_error *err)
{
    struct wait wait = { .name = waiter };
    int64_t delay_s, attempts;
    int r = find_waiter(service, &wait, err);

    if (r < 0)
        return r;
    delay_s = options && options->delay_s ? options->delay_s
                                          : aws_node_integer(aws_node_get(wait.config, "delay"));
    attempts = options && options->max_attempts
                   ? options->max_attempts
                   : aws_node_integer(aws_node_get(wait.config, "maxAttempts"));
    for (int64_t i = 1;; i++) {
        bool done = false;

        r = poll_once(session, &wait, params, &done, err);
        if (r < 0 || done)
            return r;
        if (i >= attempts)
            return fail_exhausted(waiter, wait.matched, err);
        r = aws_session_pause(session, delay_s * CLOCK_NS_PER_S, err);
        if (r < 0)
            return r;
    }
}
