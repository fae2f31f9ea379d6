/* SPDX-License-Identifier: Apache-2.0 */
/* Tags and filters as the functions take them, and as the API wants them. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* "k=v,x=y", a mapping or null as a new mapping of texts. The error names the wrong part. */
MUST_USE int aws_tags_read(const json_t *tags, json_t **ret_tags, struct chaos_error *err);
/* A mapping as [{"Key": k, "Value": v}]. */
json_t *aws_tags_as_pairs(const json_t *tags);
/* "k=v,x=y", a mapping, or a list as in the result: [{"Key": k, "Value": v}]. */
MUST_USE int aws_tags_read_pairs(const json_t *tags, json_t **ret_pairs, struct chaos_error *err);
/* Whether each of `pairs` is, with its value, in the tags of a resource. */
bool aws_tags_contain(const json_t *resource_tags, const json_t *pairs);
/* Add {"Name": name, "Values": [value]} to a list of filters. */
void aws_filter_add(json_t *filters, const char *name, const char *value);
/* The same for the tag `key`. */
void aws_filter_add_tag(json_t *filters, const char *key, const char *value);
