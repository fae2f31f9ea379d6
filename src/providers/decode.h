/* SPDX-License-Identifier: Apache-2.0 */
/* Output of a program as text. */
#pragma once

#include <stddef.h>

#include "base/auto.h"

/* A json_t string of the bytes: UTF-8 where they are that; UTF-16 after its byte order mark; else
 * Windows-1252 when they look like text. NULL when they do not (control characters that no text
 * has): such output has no honest form as text. Nothing is guessed by statistics, so the same
 * output always gives the same text. */
json_t *decode_output(const char *data, size_t length);
