/* SPDX-License-Identifier: Apache-2.0 */
/* Where experiments come from: a file, or an HTTP resource. */
#pragma once

#include <stdbool.h>

#include "base/cancel.h"

struct source_options {
    const json_t *settings; /* auths by host and port; NULL: none */
    bool no_verify_tls;
    const struct cancel *cancel; /* NULL: none */
};

/* Read the experiment at `source`, JSON or YAML by the extension of a file (.json .yaml .yml) or
 * the content type of an answer. Whatever is in it is a value, also one that is no experiment.
 * A failure is one line that names the source, and line and column of what cannot be parsed. */
MUST_USE int source_load(const char *source, const struct source_options *options,
                         json_t **ret_value, struct chaos_error *err);
