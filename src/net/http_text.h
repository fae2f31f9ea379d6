/* SPDX-License-Identifier: Apache-2.0 */
/* Text on its way into a URL and out of a body. */
#pragma once

#include "base/str.h"

/* `url` fit to be sent: leading white space dropped; after the authority, what RFC 3986 does not
 * allow (blanks, controls, quotes, bytes beyond ASCII, a '%' that escapes nothing) is
 * percent-encoded; what is encoded already stays. Owned. */
char *http_url_quote(const char *url);

/* `url` for people and logs: a password in it is replaced with "***". Owned. */
char *http_url_masked(const char *url);

/* Append a body as UTF-8 text. Its encoding is the charset of `content_type` (NULL: no such
 * header); without one ISO-8859-1 for "text" and UTF-8 for "application/json" (as Python's
 * requests takes them); else UTF-8 or UTF-16 by byte order mark, UTF-8 where it is valid or the
 * body is binary, and windows-1252. What is not text in that encoding becomes U+FFFD; a charset
 * that is not known is read as UTF-8. */
void http_text_decode(struct buffer *out, const char *content_type, const char *data,
                      size_t length);

/* Append ISO-8859-1 as UTF-8. */
void http_text_latin1(struct buffer *out, const char *data, size_t length);
