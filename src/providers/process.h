/* SPDX-License-Identifier: Apache-2.0 */
/* The process provider: a program, its arguments, its output (contract 1.6). */
#pragma once

#include "engine/provider.h"

/* Fill in the provider. Its calls may come from several threads at once. End with
 * process_provider_clear() once no call is running. */
void process_provider_init(struct provider *ret_provider);
void process_provider_clear(struct provider *provider);
AUTO_CLEAR(process_provider, struct provider)
