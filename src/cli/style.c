// SPDX-License-Identifier: Apache-2.0
#include "cli/style.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"

/* ECMA-48 section 8.3.117 */
static const char *const sequences[] = {
    [STYLE_PLAIN] = "\033[0m",     [STYLE_HEADING] = "\033[94m", [STYLE_TEXT] = "\033[34m",
    [STYLE_QUESTION] = "\033[32m", [STYLE_CHOICE] = "\033[2m",   [STYLE_VALUE] = "\033[33m",
};
_Static_assert(ARRAY_SIZE(sequences) == STYLE_COUNT, "every style has a sequence");

const char *style_on(enum style style)
{
    const char *term = getenv("TERM");
    /* https://no-color.org: any value switches colours off. */
    bool has_colours =
        isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term && strcmp(term, "dumb") != 0;

    return has_colours ? sequences[style] : "";
}
