/* SPDX-License-Identifier: Apache-2.0 */
/* Content codings (RFC 9110, section 8.4.1) of an answer that libcurl did not make: gzip and
 * deflate, by zlib, which is opened when the first such answer comes. */
#pragma once

#include "net/http_client.h"

/* Replace the body with what its Content-Encoding stands for, of at most `limit` bytes. An answer
 * with a coding that is none of ours is left as it is. -CHAOS_E_REMOTE for a body that is not so
 * coded, -CHAOS_E_LIMIT above the limit, -CHAOS_E_UNSUPPORTED without zlib. */
MUST_USE int http_coding_undo(struct http_response *response, size_t limit,
                              struct chaos_error *err);
