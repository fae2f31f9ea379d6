/* SPDX-License-Identifier: Apache-2.0 */
/* An answer as the result of an activity. */
#pragma once

#include "base/auto.h"

struct http_response;

/* {"status", "headers", "body"}: headers of one name joined with ", " at the place and in the
 * spelling of the first; the body parsed when its type is exactly application/json, else (and
 * when it does not parse: *ret_warning says why, owned, NULL without a reason) as text. */
json_t *http_result_new(const struct http_response *response, char **ret_warning);
