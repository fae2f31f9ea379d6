// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_explain.h"

#include <string.h>

#include "base/mem.h"
#include "value/pytext.h"

#define REFUSAL        "An error occurred ("
#define WHEN           ") when calling the "
#define NAME_MAX_BYTES 64

bool aws_refused(const struct chaos_error *err)
{
    return err->code == CHAOS_E_REMOTE && str_starts(chaos_error_text(err), REFUSAL);
}

/* Where the code stands in the text of a refusal; its length, or 0. */
static size_t find_code(const struct chaos_error *err, const char **ret_code)
{
    const char *code = chaos_error_text(err) + strlen(REFUSAL);
    const char *end;

    if (!aws_refused(err))
        return 0;
    end = strstr(code, WHEN);
    *ret_code = code;
    return end ? (size_t)(end - code) : 0;
}

bool aws_refused_with(const struct chaos_error *err, const char *code)
{
    const char *found = NULL;
    size_t length = find_code(err, &found);

    return length && length == strlen(code) && memcmp(found, code, length) == 0;
}

const char *aws_refusal_message(const struct chaos_error *err)
{
    const char *rest = NULL;
    size_t length = find_code(err, &rest);
    const char *end;

    if (!length)
        return chaos_error_text(err);
    rest = strstr(rest + length, " operation");
    if (!rest)
        return chaos_error_text(err);
    rest += strlen(" operation");
    /* " (reached max retries: 4)" may come between, and has the same separator in it. */
    end = str_starts(rest, " (") ? strstr(rest, "): ") : NULL;
    if (end)
        return end + strlen("): ");
    end = strstr(rest, ": ");
    return end ? end + strlen(": ") : rest;
}

static void fill_place(struct buffer *out, const char *name, const struct chaos_call *call,
                       const struct chaos_error *err)
{
    const char *code = NULL;
    size_t length;

    if (err && str_equal(name, "message")) {
        buffer_add_text(out, aws_refusal_message(err));
    } else if (err && str_equal(name, "error")) {
        buffer_add_text(out, chaos_error_text(err));
    } else if (err && str_equal(name, "code")) {
        length = find_code(err, &code);
        buffer_add(out, code, length);
    } else {
        pytext_str(out, json_object_get(call->arguments, name));
    }
}

void aws_fill(struct buffer *out, const char *template, const struct chaos_call *call,
              const struct chaos_error *err)
{
    char name[NAME_MAX_BYTES];

    while (*template) {
        size_t length = strcspn(template, "{");
        const char *end;

        buffer_add(out, template, length);
        template += length;
        end = *template ? strchr(template, '}') : NULL;
        if (!end)
            return;
        snprintf(name, sizeof(name), "%.*s", (int)(end - template - 1), template + 1);
        fill_place(out, name, call, err);
        template = end + 1;
    }
}

int aws_fail(const struct chaos_call *call, const char *template, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };

    aws_fill(&text, template, call, NULL);
    return chaos_error_set(err, CHAOS_E_INVALID, "%s", buffer_text(&text));
}

int aws_explain_failure(const struct chaos_call *call, const char *template,
                        struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    enum chaos_errc code = err->code;

    if (code == CHAOS_E_CANCELLED)
        return -(int)code;
    aws_fill(&text, template, call, err);
    chaos_error_clear(err);
    return chaos_error_set(err, code, "%s", buffer_text(&text));
}

int aws_explain_refusal(const struct chaos_call *call, const char *template,
                        struct chaos_error *err)
{
    return aws_refused(err) ? aws_explain_failure(call, template, err) : -(int)err->code;
}

void aws_announce(const struct chaos_call *call, const char *template)
{
    AUTO(buffer) struct buffer text = { 0 };

    aws_fill(&text, template, call, NULL);
    chaos_log_info(call->context, "%s", buffer_text(&text));
}
