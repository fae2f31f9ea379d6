// SPDX-License-Identifier: Apache-2.0
#include "echo/line.h"

#include <string.h>

/* Where the next "\n" and "\r" are, at or after the place last asked for; NULL when there is none.
 * Remembered, so that no input makes the search quadratic. */
struct line_ends {
    const char *end;
    const char *newline;
    const char *carriage;
};

static const char *find(const char *at, const char *end, char c)
{
    return memchr(at, c, (size_t)(end - at));
}

static struct line_ends line_ends_init(const char *data, size_t length)
{
    const char *end = data + length;

    return (struct line_ends){
        .end = end,
        .newline = find(data, end, '\n'),
        .carriage = find(data, end, '\r'),
    };
}

/* The first end of a line at or after `at`, NULL when there is none. */
static const char *next_end(struct line_ends *ends, const char *at)
{
    if (ends->newline && ends->newline < at)
        ends->newline = find(at, ends->end, '\n');
    if (ends->carriage && ends->carriage < at)
        ends->carriage = find(at, ends->end, '\r');
    if (!ends->newline || !ends->carriage)
        return ends->newline ? ends->newline : ends->carriage;
    return ends->newline < ends->carriage ? ends->newline : ends->carriage;
}

/* Blank is what Java's String.trim() takes away: everything up to the space. */
static bool is_bye(const char *text, size_t length)
{
    while (length && (unsigned char)text[0] <= ' ') {
        text++;
        length--;
    }
    while (length && (unsigned char)text[length - 1] <= ' ')
        length--;
    return length == 3 && memcmp(text, "bye", 3) == 0;
}

static enum echo_verdict answer(const struct echo_sink *sink, const char *text, size_t length)
{
    if (sink->said)
        sink->said(sink->context, text, length);
    buffer_add(sink->answers, text, length);
    buffer_add_char(sink->answers, '\n');
    return is_bye(text, length) ? ECHO_BYE : ECHO_MORE;
}

static enum echo_verdict answer_partial(struct echo_line *line, const struct echo_sink *sink)
{
    enum echo_verdict verdict = answer(sink, buffer_text(&line->partial), line->partial.length);

    buffer_clear(&line->partial);
    return verdict;
}

static enum echo_verdict end_line(struct echo_line *line, const struct echo_sink *sink,
                                  const char *text, size_t length)
{
    if (!line->partial.length)
        return answer(sink, text, length);
    buffer_add(&line->partial, text, length);
    return answer_partial(line, sink);
}

enum echo_verdict echo_line_feed(struct echo_line *line, const struct echo_sink *sink,
                                 const char *data, size_t length)
{
    struct line_ends ends = line_ends_init(data, length);
    const char *at = data;

    while (at < ends.end) {
        const char *end;
        size_t size;

        if (line->skip_newline && *at == '\n')
            at++;
        line->skip_newline = false;
        if (at == ends.end)
            break;

        end = next_end(&ends, at);
        size = (size_t)((end ? end : ends.end) - at);
        if (size > sink->max_line - line->partial.length)
            return ECHO_TOO_LONG;
        if (!end) {
            buffer_add(&line->partial, at, size);
            break;
        }
        if (end_line(line, sink, at, size) == ECHO_BYE)
            return ECHO_BYE;
        line->skip_newline = *end == '\r';
        at = end + 1;
    }
    return ECHO_MORE;
}

enum echo_verdict echo_line_finish(struct echo_line *line, const struct echo_sink *sink)
{
    return line->partial.length ? answer_partial(line, sink) : ECHO_MORE;
}

void echo_line_clear(struct echo_line *line)
{
    buffer_clear(&line->partial);
}
