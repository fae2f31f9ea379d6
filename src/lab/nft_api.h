/* SPDX-License-Identifier: Apache-2.0 */
/* libnftables, opened when a lab starts: nothing else pays for it. */
#pragma once

#include <nftables/libnftables.h>

#include "base/auto.h"

/* The functions of libnftables(3) that are used, under their names without "nft_". */
struct nft_api {
    struct nft_ctx *(*ctx_new)(uint32_t flags);
    void (*ctx_free)(struct nft_ctx *context);
    int (*ctx_buffer_output)(struct nft_ctx *context);
    int (*ctx_buffer_error)(struct nft_ctx *context);
    const char *(*ctx_get_error_buffer)(struct nft_ctx *context);
    int (*run_cmd_from_buffer)(struct nft_ctx *context, const char *commands);
};

/* Opened once for the process and never closed. -CHAOS_E_UNSUPPORTED, with what to install, where
 * it is missing. */
MUST_USE int nft_api_open(const struct nft_api **ret_api, struct chaos_error *err);
