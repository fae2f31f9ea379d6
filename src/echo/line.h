/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol of the echo server, apart from sockets: bytes in, answers out. A line ends with
 * "\n", "\r\n" or "\r" (as Java's BufferedReader.readLine has it), or where the input ends. It is
 * answered with its bytes and "\n"; the line that reads `bye` between blanks is the last one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Start with `{ 0 }`, end with echo_line_clear(). Holds memory only while a line is unfinished. */
struct echo_line {
    struct buffer partial; /* the line so far, at most max_line bytes */
    bool skip_newline;     /* the last line ended with "\r": a "\n" now belongs to it */
};

enum echo_verdict {
    ECHO_MORE,     /* all was taken: go on reading */
    ECHO_BYE,      /* `bye` was answered; what followed it is dropped */
    ECHO_TOO_LONG, /* a line beyond max_line; the lines before it were answered */
};

/* Called for every line once, without its end. `text` is borrowed and may hold any byte. */
typedef void (*echo_said_fn)(void *context, const char *text, size_t length);

struct echo_sink {
    struct buffer *answers; /* appended to */
    echo_said_fn said;      /* NULL: nobody listens */
    void *context;
    size_t max_line; /* bytes, the line's end not counted */
};

/* Take `length` bytes of input. After anything but ECHO_MORE the line must not be fed again. */
enum echo_verdict echo_line_feed(struct echo_line *line, const struct echo_sink *sink,
                                 const char *data, size_t length);
/* The input ended: answers a last line that has no end. Never ECHO_TOO_LONG. */
enum echo_verdict echo_line_finish(struct echo_line *line, const struct echo_sink *sink);
void echo_line_clear(struct echo_line *line);

AUTO_CLEAR(echo_line, struct echo_line)
