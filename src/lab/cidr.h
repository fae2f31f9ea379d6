/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 blocks in text: "10.0.1.0/24". */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

#include "base/auto.h"

struct cidr {
    struct in_addr address; /* as written: its host bits are kept */
    unsigned prefix;        /* 0 to 32 */
};

#define CIDR_TEXT_SIZE 19

/* "10.0.1.0/24", or an address alone, which is a /32. -CHAOS_E_INVALID names what is wrong. */
MUST_USE int cidr_parse(const char *text, struct cidr *ret_cidr, struct chaos_error *err);
/* Returns `text`. */
char *cidr_text(const struct cidr *cidr, char text[CIDR_TEXT_SIZE]);
/* The first address of the block. */
struct in_addr cidr_network(const struct cidr *cidr);
bool cidr_contains(const struct cidr *cidr, struct in_addr address);
