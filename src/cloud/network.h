/* SPDX-License-Identifier: Apache-2.0 */
/* The default VPC: 10.0.0.0/16 with a subnet 10.0.N.0/24 in each zone, and private addresses. */
#pragma once

#include "cloud/state.h"

MUST_USE int network_create(struct cloud *cloud, struct chaos_error *err);
/* The default subnet of a zone, NULL when there is none; a record. */
json_t *network_default_subnet(const struct cloud *cloud, const char *zone);
/* The default security group of a VPC, NULL when there is none; a record. */
json_t *network_default_group(const struct cloud *cloud, const char *vpc_id);
/* A free address of the subnet, or `wanted` (NULL: any) if it is in it and free; owned. NULL with
 * the fault set when there is none. The first four and the last one are AWS's own. */
char *network_take_address(struct cloud_call *call, const json_t *subnet, const char *wanted);
/* What an instance in the subnet looks like from it: the record's free addresses are counted
 * anew. */
void network_count_free(struct cloud *cloud);

/* "10.0.0.0/16" as the first address and the number of bits, host byte order; false for anything
 * else, also for one with bits beyond its mask. */
bool network_parse_cidr(const char *text, uint32_t *ret_first, unsigned *ret_bits);
bool network_parse_address(const char *text, uint32_t *ret_address);
char *network_address_text(uint32_t address);
/* Whether the address is in the block. */
bool network_contains(uint32_t first, unsigned bits, uint32_t address);
