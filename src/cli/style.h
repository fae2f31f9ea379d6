/* SPDX-License-Identifier: Apache-2.0 */
/* Colours on the standard output, where there is a terminal that has them. */
#pragma once

enum style {
    STYLE_PLAIN,
    STYLE_HEADING,  /* of a table */
    STYLE_TEXT,     /* explanations */
    STYLE_QUESTION, /* wants an answer */
    STYLE_CHOICE,   /* wants yes or no */
    STYLE_VALUE,    /* wants the value of an argument */
    STYLE_COUNT
};

/* The escape sequence that begins the style, "" without colours. STYLE_PLAIN ends all others. */
const char *style_on(enum style style);
