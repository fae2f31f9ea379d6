/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 with the standard alphabet and padding (RFC 4648 section 4). */
#pragma once

#include <stdbool.h>

#include "base/str.h"

void base64_encode(struct buffer *out, const void *data, size_t length);
/* Append the bytes of `text`; blanks and line ends are skipped. false when it is not base64. */
bool base64_decode(struct buffer *out, const char *text);
