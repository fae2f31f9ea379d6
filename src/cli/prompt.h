/* SPDX-License-Identifier: Apache-2.0 */
/* Questions on stdout, answers from stdin, in the reference's manner, so that scripted answers
 * work: an answer that does not fit is explained and asked for again. All return 0, or -1 when
 * the input has ended. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

/* A text that is not empty; *ret_answer is owned. */
MUST_USE int prompt_text(const char *question, char **ret_answer);
/* Yes or no; just a return is no. */
MUST_USE int prompt_confirm(const char *question, bool *ret_yes);
/* A whole number from 0 to `most`. */
MUST_USE int prompt_index(const char *question, size_t most, size_t *ret_index);

struct prompt_value {
    const char *question;
    const char *type;            /* the reference's portable type name; NULL: anything */
    const json_t *default_value; /* NULL: an answer is required */
};

/* The value of an argument; a list, a mapping or anything else that is no plain value is given as
 * JSON. *ret_value is a new reference. */
MUST_USE int prompt_value(const struct prompt_value *wanted, json_t **ret_value);
