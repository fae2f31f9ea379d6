/* SPDX-License-Identifier: Apache-2.0 */
/* Values of the scalar types of a model, as text on the wire and as json_t: timestamps are ISO 8601
 * text, blobs base64 text, NaN and the infinities extended values. */
#pragma once

#include "aws/model.h"
#include "aws/timestamp.h"

/* Append the text of `value`, raw. Timestamps are written as the model says, else in `otherwise`.
 * -CHAOS_E_INVALID when the value is not of the member's type. */
MUST_USE int scalar_to_text(const struct aws_member *member, const json_t *value,
                            enum aws_time_format otherwise, struct buffer *out,
                            struct chaos_error *err);
/* The value of a text. *ret_value is a new reference. */
MUST_USE int scalar_from_text(const struct aws_member *member, const char *text, json_t **ret_value,
                              struct chaos_error *err);
/* A timestamp given as text or as seconds since the epoch. */
MUST_USE int scalar_time(const json_t *value, int64_t *ret_us, struct chaos_error *err);
/* A timestamp as results show it: a new reference. */
json_t *scalar_time_json(int64_t us);
/* "NaN", "Infinity" or "-Infinity" as an extended value; NULL for other text. */
json_t *scalar_special_real(const char *text);
/* "string", "integer", ... for messages. */
const char *scalar_json_type(const json_t *value);
/* Set "expected a <type>, found a <type>". */
int scalar_mismatch(const struct aws_member *member, const json_t *value, struct chaos_error *err);
