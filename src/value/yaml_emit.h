/* SPDX-License-Identifier: Apache-2.0 */
/* The pen of the YAML writer: where it is on the line, and scalars in the three styles. It breaks
 * lines and places blanks exactly where PyYAML's emitter does. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct emitter {
    struct buffer *out;
    int step;        /* blanks a level */
    int indent;      /* of the current level; EMITTER_NO_INDENT outside of any */
    size_t column;   /* characters on this line */
    bool blank;      /* a blank or a line break was written last */
    bool indention;  /* nothing but indentation and its indicators is on this line */
    bool open_ended; /* a plain root: the document needs its end marked */
};

#define EMITTER_NO_INDENT (-1)

enum indicator_flags {
    INDICATOR_APART = 1,     /* needs a blank before it */
    INDICATOR_BLANK = 2,     /* stands for a blank after it */
    INDICATOR_INDENTION = 4, /* counts as indentation */
};

enum scalar_place {
    SCALAR_VALUE,
    SCALAR_KEY,
    SCALAR_ROOT
};

void emit_indicator(struct emitter *e, const char *text, unsigned flags);
void emit_indent(struct emitter *e);
void emit_line_break(struct emitter *e);
/* One level deeper; returns the indent to go back to. */
int emit_deeper(struct emitter *e);

/* A text, in the first style of plain, single and double quoted that keeps it what it is. */
void emit_text(struct emitter *e, const char *text, size_t length, enum scalar_place place);
/* ASCII text that needs no quotes, such as a number. */
void emit_plain(struct emitter *e, const char *text, size_t length, enum scalar_place place);
/* Whether the text may stand before a ':' without a '?'. */
bool emit_is_simple_key(const char *text, size_t length);
