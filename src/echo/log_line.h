/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the log, as the article's server prints them. What a client sent is escaped, so
 * that it can neither forge a line nor drive the terminal that shows the log. */
#pragma once

#include "base/str.h"

/* Of one line, so many bytes are logged; of a longer one the log says how long it was. */
#define LOG_LINE_TEXT_MAX 1000

/* "[event] /address" and, unless it is NULL, ": reason". */
void log_line_event(struct buffer *log, const char *event, const char *address, const char *reason);
/* "/address says text". */
void log_line_says(struct buffer *log, const char *address, const char *text, size_t length);
/* Printable text as it is; a backslash doubled; control characters, what reorders text (the
 * bidirectional controls of Unicode) and bytes that are not UTF-8 as \xHH. */
void log_line_escape(struct buffer *log, const char *text, size_t length);
