// SPDX-License-Identifier: Apache-2.0
#include "tests/support/paper_ec2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"

int paper_setup(void **state)
{
    return paper_cloud_open(state,
                            "{'pending': 0, 'stopping': 0, 'shutting-down': 0, 'volume': 0}");
}

const json_t *paper_do(struct paper_cloud *paper, const char *operation, const char *format, ...)
{
    AUTO(str) char *params = NULL;
    va_list args;

    va_start(args, format);
    params = mem_vprintf(format, args);
    va_end(args);
    json_decref(paper->result);
    paper->result = NULL;
    paper->result = paper_call(paper, "ec2", operation, params);
    return paper->result;
}

void paper_refuses(struct paper_cloud *paper, const char *code, const char *operation,
                   const char *format, ...)
{
    AUTO(str) char *params = NULL;
    va_list args;

    va_start(args, format);
    params = mem_vprintf(format, args);
    va_end(args);
    assert_string_equal(paper_refused(paper, "ec2", operation, params), code);
    assert_true(*paper->fault.message);
}

const json_t *paper_at(const json_t *value, const char *path)
{
    const char *rest = path;

    while (*rest) {
        size_t length = strcspn(rest, ".");
        AUTO(str) char *part = mem_strndup(rest, length);

        value = json_is_array(value) ? json_array_get(value, strtoul(part, NULL, 10))
                                     : json_object_get(value, part);
        rest += length + (rest[length] == '.');
    }
    if (!value)
        fail_msg("there is nothing at %s", path);
    return value;
}

const char *paper_text(const json_t *value, const char *path)
{
    const char *text = json_string_value(paper_at(value, path));

    assert_non_null(text);
    return text;
}

size_t paper_count(const json_t *value, const char *path)
{
    return json_array_size(paper_at(value, path));
}

size_t paper_asked(const struct paper_cloud *paper, const char *beginning)
{
    const char *line = buffer_text(&paper->log);
    size_t count = 0;

    while (*line) {
        count += str_starts(line, beginning);
        line += strcspn(line, "\n") + 1;
    }
    return count;
}

/* Timers count from the real clock, which has gone on since. */
void paper_settle(struct paper_cloud *paper)
{
    do {
        int64_t now = clock_now();

        paper->now = paper->now > now ? paper->now : now;
    } while (cloud_tick(paper->cloud, paper->now) <= clock_now());
}

char *paper_launch(struct paper_cloud *paper, const char *more)
{
    char *id = mem_strdup(
        paper_text(paper_do(paper, "RunInstances",
                            "{%s'ImageId': '" PAPER_IMAGE "', 'MinCount': 1, 'MaxCount': 1}", more),
                   "Instances.0.InstanceId"));

    paper_settle(paper);
    return id;
}
