// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/clock.h"
#include "base/context.h"
#include "base/str.h"
#include "ext/ext_net.h"
#include "net/socket.h"

/* How much of an answer is looked at: no line that a probe compares is longer. */
#define ANSWER_MAX 1048576
#define READ_BYTES 4096
/* How much of a wrong answer the log shows. */
#define SHOWN_MAX 80

int net_tcp_connect(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    int64_t deadline = clock_deadline(argument_number(call, "timeout"));
    AUTO(json) json_t *peer = NULL;
    AUTO(fd) int fd = -1;
    int r = connect_to_arguments(call, deadline, &fd, &peer, err);

    if (r < 0)
        return explain_failure(call, fd, err);
    *ret_output = json_pack("{s:b}", "connected", 1);
    json_object_update(*ret_output, peer);
    return 0;
}

static void make_line(struct buffer *out, const char *text)
{
    buffer_add_text(out, text);
    if (!str_ends(text, "\n"))
        buffer_add_char(out, '\n');
}

/* How many lines `text` is: an echo server answers each of them. */
static size_t count_lines(const char *text)
{
    size_t lines = 0;

    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

/* Receive `lines` lines, or what comes before the other side closes. */
static int receive_lines(int fd, size_t lines, int64_t deadline, const struct cancel *cancel,
                         struct buffer *answer, struct chaos_error *err)
{
    while (lines) {
        char *end = buffer_reserve(answer, READ_BYTES);
        ssize_t length = socket_receive(fd, end, READ_BYTES, deadline, cancel, err);

        if (length < 0)
            return (int)length;
        if (!length)
            return 0;
        if (answer->length + (size_t)length > ANSWER_MAX)
            return chaos_error_set(err, CHAOS_E_LIMIT, "the answer is longer than %d bytes",
                                   ANSWER_MAX);
        for (ssize_t i = 0; i < length && lines; i++)
            lines -= end[i] == '\n';
        answer->length += (size_t)length;
        answer->data[answer->length] = '\0';
    }
    return 0;
}

static bool is_expected(const struct chaos_call *call, const struct buffer *answer,
                        const char *expected)
{
    AUTO(str) char *got = str_trim(buffer_text(answer));
    AUTO(str) char *wanted = str_trim(expected);
    AUTO(json) json_t *shown = NULL;

    if (strlen(buffer_text(answer)) == answer->length && strcmp(got, wanted) == 0)
        return true;
    if (!answer->length) {
        chaos_log_warning(call->context, "expected '%.*s', and the server closed the connection",
                          SHOWN_MAX, wanted);
        return false;
    }
    shown = outside_text(got, strlen(got));
    chaos_log_warning(call->context, "expected '%.*s', got '%.*s'", SHOWN_MAX, wanted, SHOWN_MAX,
                      json_string_value(shown));
    return false;
}

/* Who says bye is not interested in whether it is heard. */
static void say_bye(int fd, const char *bye, int64_t deadline, const struct cancel *cancel)
{
    AUTO(chaos_error) struct chaos_error ignored = { 0 };
    AUTO(buffer) struct buffer line = { 0 };

    if (!bye || !*bye)
        return;
    make_line(&line, bye);
    (void)!socket_send(fd, buffer_text(&line), line.length, deadline, cancel, &ignored);
}

int net_tcp_echo(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    int64_t deadline = clock_deadline(argument_number(call, "timeout"));
    const struct cancel *cancel = call->context->cancel;
    const char *message = argument_text(call, "message");
    const char *expected = argument_text(call, "expect");
    AUTO(buffer) struct buffer line = { 0 };
    AUTO(buffer) struct buffer answer = { 0 };
    AUTO(fd) int fd = -1;
    int r;

    make_line(&line, message);
    r = connect_to_arguments(call, deadline, &fd, NULL, err);
    if (r == 0)
        r = socket_send(fd, buffer_text(&line), line.length, deadline, cancel, err);
    if (r == 0)
        r = receive_lines(fd, expected ? 1 : count_lines(buffer_text(&line)), deadline, cancel,
                          &answer, err);
    if (r < 0)
        return explain_failure(call, fd, err);
    say_bye(fd, argument_text(call, "bye"), deadline, cancel);
    *ret_output = json_boolean(is_expected(call, &answer, expected ? expected : message));
    return 0;
}
