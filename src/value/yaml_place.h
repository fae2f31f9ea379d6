/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a YAML text a value stands: for messages about its content. */
#pragma once

#include <stddef.h>

/* The line, from 1 on, of what `pointer` (RFC 6901: "/templates/echo/type") means in `text`: of the
 * key of a mapping, of the item of a sequence. As far as it leads, if it leads nowhere; 0 for text
 * that is not YAML. */
size_t yaml_line_of(const char *text, size_t length, const char *pointer);
