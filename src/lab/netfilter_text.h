/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the lab in the language of nft(8). */
#pragma once

#include "base/str.h"
#include "lab/netfilter.h"

/* The table, its maps and chains, before there is a machine. */
void netfilter_text_table(struct buffer *out, const struct netfilter_options *options);
/* One rule of the group in chain `chain`; `peer` is the number of its peer group, if it has one. */
void netfilter_text_rule(struct buffer *out, const char *chain, const struct netfilter_rule *rule,
                         size_t peer);
