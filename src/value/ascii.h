/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text in ASCII only, as Python's json.dumps writes it unless told otherwise. */
#pragma once

#include "base/str.h"
#include "value/json.h"

/* As json_text(), with everything beyond ASCII (and DEL) as \uXXXX escapes. Owned. */
char *json_text_ascii(const json_t *value, enum json_style style);
/* Append the JSON text `json` (well-formed UTF-8) with those escapes. */
void json_escape_ascii(struct buffer *out, const char *json);
