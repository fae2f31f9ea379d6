/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that reads well inside of C: with single quotes for double ones. */
#pragma once

#include "base/auto.h"

/* The value of `text`, a new reference; fails the cmocka test when it is no JSON. */
json_t *quoted_json(const char *text);
