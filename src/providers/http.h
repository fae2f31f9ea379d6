/* SPDX-License-Identifier: Apache-2.0 */
/* The `http` provider: an activity is one HTTP request, its result {status, headers, body}. */
#pragma once

#include "engine/provider.h"

/* Fill in the provider. Its calls may come from several threads at once. End with
 * http_provider_clear() once no call is running. */
void http_provider_init(struct provider *ret_provider);
void http_provider_clear(struct provider *provider);
AUTO_CLEAR(http_provider, struct provider)
