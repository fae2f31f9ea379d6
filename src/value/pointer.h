/* SPDX-License-Identifier: Apache-2.0 */
/* JSON pointers (RFC 6901) into values. */
#pragma once

#include "base/auto.h"

/* What `pointer` ("", "/method/3") points to; borrowed, NULL when that is nowhere. */
json_t *pointer_find(json_t *value, const char *pointer);
