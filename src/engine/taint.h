/* SPDX-License-Identifier: Apache-2.0 */
/* Values of secrets, and how they are kept out of what is written down. */
#pragma once

#include "base/auto.h"

struct taint;

/* The values in `resolved` that do not stand in the experiment itself (`declared`): those from the
 * environment, Vault and variable files. NULL when there are none. */
struct taint *taint_new(const json_t *declared, const json_t *resolved);
void taint_free(struct taint *taint);
AUTO_FREE(taint, struct taint)

enum taint_style {
    TAINT_HIDDEN,  /* "***(secret NAME)" */
    TAINT_PATTERN, /* "${NAME}": becomes the value again when it is substituted */
};

/* A copy of `value` in whose texts no secret is left: neither as it is, nor in base64 or URL
 * encoding. Keys stay. A new reference, `value` itself where there is nothing to hide; `taint` may
 * be NULL. */
json_t *taint_mask(const struct taint *taint, json_t *value, enum taint_style style);
