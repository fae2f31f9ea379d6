// SPDX-License-Identifier: Apache-2.0
#include "net/http_message.h"

#include <string.h>
#include <strings.h>

#include "base/fd.h"

/* Room made at once for a body of a known length; a longer one grows as it comes. */
#define RESERVE_MAX ((size_t)8 * 1024 * 1024)
/* A chunk's size with its extensions, and a line of the trailer. */
#define LINE_MAX_SIZE ((size_t)16 * 1024)

void http_message_clear(struct http_message *message)
{
    buffer_clear(&message->line);
}

static int not_http(const char *what, struct chaos_error *err)
{
    return chaos_error_set(err, CHAOS_E_REMOTE, "the answer is not HTTP: %s", what);
}

static bool goes_to_sink(const struct http_message *message)
{
    return http_goes_to_sink(message->sink_fd, message->response->status);
}

static int check_limit(const struct http_message *message, size_t more, struct chaos_error *err)
{
    if (goes_to_sink(message))
        return 0;
    if (more > message->body_limit - message->response->body.length)
        return chaos_error_set(err, CHAOS_E_LIMIT, "the answer is larger than %zu bytes",
                               message->body_limit);
    return 0;
}

/* RFC 9110, section 8.6: digits; several that differ are an attack. */
static int read_length(struct http_message *message, bool *ret_known, struct chaos_error *err)
{
    const struct http_response *response = message->response;

    *ret_known = false;
    for (size_t i = 0; i < response->n_headers; i++) {
        const char *text = response->headers[i].value;
        size_t length = 0;

        if (strcasecmp(response->headers[i].name, "Content-Length") != 0)
            continue;
        if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 18)
            return not_http("its Content-Length is no number", err);
        for (; *text; text++)
            length = length * 10 + (size_t)(*text - '0');
        if (*ret_known && length != message->left)
            return not_http("two lengths", err);
        message->left = length;
        *ret_known = true;
    }
    return 0;
}

static bool has_token(const struct http_response *response, const char *name, const char *token)
{
    const char *value = http_header_find(response, name);

    return value && strcasestr(value, token);
}

/* RFC 9112, section 6.3 */
static int start_body(struct http_message *message, struct chaos_error *err)
{
    struct http_response *response = message->response;
    const char *coding = http_header_find(response, "Transfer-Encoding");
    bool known;
    int r = read_length(message, &known, err);

    if (r < 0)
        return r;
    if (has_token(response, "Connection", "close"))
        message->is_last = true;
    if (message->is_head || response->status == 204 || response->status == 304) {
        message->state = HTTP_MESSAGE_WHOLE;
    } else if (coding) {
        message->state = HTTP_MESSAGE_CHUNK_SIZE;
        if (strcasecmp(coding, "chunked") != 0)
            return not_http("its Transfer-Encoding is not 'chunked'", err);
    } else if (known) {
        message->state = message->left ? HTTP_MESSAGE_SIZED : HTTP_MESSAGE_WHOLE;
        r = check_limit(message, message->left, err);
        if (r == 0 && !goes_to_sink(message))
            buffer_reserve(&response->body,
                           message->left < RESERVE_MAX ? message->left : RESERVE_MAX);
    } else {
        message->state = HTTP_MESSAGE_UNSIZED;
        message->is_last = true;
    }
    return r;
}

static int take_head_line(struct http_message *message, struct chaos_error *err)
{
    const char *line = message->line.data;
    int r;

    if (!message->response->status && !str_starts(line, "HTTP/1."))
        return not_http("it does not start with 'HTTP/1.'", err);
    if (str_starts(line, "HTTP/1.0"))
        message->is_last = true;
    if (!str_starts(line, "HTTP/") && !strchr(line, ':') && !strchr(" \t\r\n", *line))
        return not_http("a field has no ':'", err);
    r = http_head_add(&message->head, message->response, line, message->line.length, err);
    if (r == 0 && str_starts(line, "HTTP/") &&
        (message->response->status < 100 || message->response->status > 999))
        return not_http("it has no status", err);
    return r == 0 && message->head.complete ? start_body(message, err) : r;
}

/* RFC 9112, section 7.1: hexadecimal digits, perhaps ';' and extensions */
static int take_chunk_size(struct http_message *message, struct chaos_error *err)
{
    const char *line = message->line.data;
    size_t digits = strspn(line, "0123456789abcdefABCDEF");

    if (!digits || digits > 15 || !strchr("; \t\r\n", line[digits]))
        return not_http("the size of a chunk is no number", err);
    message->left = strtoull(line, NULL, 16);
    message->state = message->left ? HTTP_MESSAGE_CHUNK : HTTP_MESSAGE_TRAILER;
    return check_limit(message, message->left, err);
}

static bool is_empty_line(const struct buffer *line)
{
    return str_equal(line->data, "\n") || str_equal(line->data, "\r\n");
}

static int take_line(struct http_message *message, struct chaos_error *err)
{
    switch (message->state) {
    case HTTP_MESSAGE_HEAD:
        return take_head_line(message, err);
    case HTTP_MESSAGE_CHUNK_SIZE:
        return take_chunk_size(message, err);
    case HTTP_MESSAGE_CHUNK_END:
        message->state = HTTP_MESSAGE_CHUNK_SIZE;
        return is_empty_line(&message->line) ? 0 : not_http("a chunk is longer than it says", err);
    case HTTP_MESSAGE_TRAILER:
        if (is_empty_line(&message->line))
            message->state = HTTP_MESSAGE_WHOLE;
        return 0;
    case HTTP_MESSAGE_SIZED:
    case HTTP_MESSAGE_UNSIZED:
    case HTTP_MESSAGE_CHUNK:
    case HTTP_MESSAGE_WHOLE:
        break;
    }
    return 0;
}

/* How much of the data was used, or an error. */
static ssize_t add_line(struct http_message *message, const char *data, size_t length,
                        struct chaos_error *err)
{
    const char *newline = memchr(data, '\n', length);
    size_t used = newline ? (size_t)(newline + 1 - data) : length;
    size_t limit = message->state == HTTP_MESSAGE_HEAD ? HTTP_HEAD_MAX : LINE_MAX_SIZE;
    int r = 0;

    if (used > limit - message->line.length)
        return chaos_error_set(err, CHAOS_E_LIMIT, "a line of the answer is longer than %zu bytes",
                               limit);
    buffer_add(&message->line, data, used);
    if (newline) {
        r = take_line(message, err);
        buffer_reset(&message->line);
    }
    return r < 0 ? r : (ssize_t)used;
}

static ssize_t add_body(struct http_message *message, const char *data, size_t length,
                        struct chaos_error *err)
{
    bool is_sized = message->state != HTTP_MESSAGE_UNSIZED;
    int r;

    if (is_sized && length > message->left)
        length = message->left;
    r = check_limit(message, length, err);
    if (r == 0 && goes_to_sink(message))
        r = fd_write_all(message->sink_fd, data, length, err);
    else if (r == 0)
        buffer_add(&message->response->body, data, length);
    if (r < 0)
        return r;
    if (!is_sized)
        return (ssize_t)length;
    message->left -= length;
    if (!message->left)
        message->state =
            message->state == HTTP_MESSAGE_CHUNK ? HTTP_MESSAGE_CHUNK_END : HTTP_MESSAGE_WHOLE;
    return (ssize_t)length;
}

static bool is_in_body(const struct http_message *message)
{
    return message->state == HTTP_MESSAGE_SIZED || message->state == HTTP_MESSAGE_UNSIZED ||
           message->state == HTTP_MESSAGE_CHUNK;
}

int http_message_add(struct http_message *message, const char *data, size_t length,
                     struct chaos_error *err)
{
    while (length && message->state != HTTP_MESSAGE_WHOLE) {
        ssize_t used = is_in_body(message) ? add_body(message, data, length, err)
                                           : add_line(message, data, length, err);

        if (used < 0)
            return (int)used;
        data += used;
        length -= (size_t)used;
    }
    if (length)
        message->is_last = true;
    return 0;
}

bool http_message_end(struct http_message *message)
{
    if (message->state == HTTP_MESSAGE_UNSIZED)
        message->state = HTTP_MESSAGE_WHOLE;
    message->is_last = true;
    return message->state == HTTP_MESSAGE_WHOLE;
}
