/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS config and credentials files. */
#pragma once

#include "base/str.h"

/* {"section": {"key": "value", "key": {"nested": "value"}}}: sections by their whole name
 * ("default", "profile one", "sso-session s"), keys in lower case. Indented "key = value" lines
 * under a key without a value become its mapping. The last of equal keys counts. Errors read
 * "line 3: ...", and never quote a value. */
MUST_USE int ini_parse(const char *text, size_t length, json_t **ret_sections,
                       struct chaos_error *err);
