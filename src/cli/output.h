/* SPDX-License-Identifier: Apache-2.0 */
/* The choices of --output. */
#pragma once

#include <stddef.h>

enum {
    OUTPUT_TEXT,
    OUTPUT_AGENT
};

static const char *const output_names[] = { "text", "agent", NULL };
