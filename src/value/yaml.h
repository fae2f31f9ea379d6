/* SPDX-License-Identifier: Apache-2.0 */
/* YAML 1.1 to values as PyYAML's safe loader resolves it, and back as its dumper writes it. */
#pragma once

#include <stddef.h>

#include "base/str.h"

/* Parse one document; an empty one is null, a second one an error. Plain scalars resolve as
 * PyYAML's SafeLoader does: yes/no/on/off, 0o-less octals, binary, underscores, sexagesimal
 * integers and floats, .inf, .nan, dates and date-times, merge keys; !!binary, !!set, !!omap,
 * !!pairs, !!str and so on. Keys that are not text become it as Python's json writes them (true,
 * null, 1, 2.5). Aliases are shared references; what they would expand to is limited
 * (CHAOS_E_LIMIT), recursive ones are an error. Errors name line and column. */
MUST_USE int yaml_parse(const char *text, size_t length, json_t **ret_value,
                        struct chaos_error *err);

struct yaml_style {
    int indent;     /* 2 or 4 */
    bool sort_keys; /* yaml.dump's default */
};

/* Append `value` in block style, as yaml.dump(default_flow_style=False) writes it. */
void yaml_write(struct buffer *out, const json_t *value, const struct yaml_style *style);
