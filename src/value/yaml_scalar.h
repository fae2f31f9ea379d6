/* SPDX-License-Identifier: Apache-2.0 */
/* Scalars of YAML 1.1: what a plain one means, and its value. The rules are the regular expressions
 * and constructors of PyYAML 6's SafeLoader. */
#pragma once

#include <stddef.h>

#include "base/auto.h"

enum yaml_tag {
    TAG_NULL,
    TAG_BOOL,
    TAG_INT,
    TAG_FLOAT,
    TAG_BINARY,
    TAG_TIMESTAMP,
    TAG_STR,
    TAG_SEQ,
    TAG_MAP,
    TAG_OMAP,
    TAG_PAIRS,
    TAG_SET,
    TAG_MERGE, /* "<<" as a key */
    TAG_VALUE, /* "=" */
    TAG_UNKNOWN,
};

#define YAML_TAG_PREFIX "tag:yaml.org,2002:"

/* The tag with this full name; merge and value tags have one too. */
enum yaml_tag yaml_tag_parse(const char *name);
/* What a plain scalar without a tag is. */
enum yaml_tag yaml_tag_resolve(const char *text, size_t length);
/* The value of a scalar with a tag that scalars may have (TAG_NULL to TAG_STR). The error says what
 * is wrong with the text, not where it is. */
MUST_USE int yaml_scalar_value(enum yaml_tag tag, const char *text, size_t length,
                               json_t **ret_value, struct chaos_error *err);
