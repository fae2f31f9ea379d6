/* SPDX-License-Identifier: Apache-2.0 */
/* The default VPC: 10.0.0.0/16 with a subnet 10.0.N.0/24 in each zone, and private addresses. */
#pragma once

#include "cloud/state.h"

MUST_USE int network_create(struct cloud *cloud, struct chaos_error *err);
enum network_standing {
    NETWORK_PLAIN,
    NETWORK_DEFAULT
};

/* A VPC, with its default security group, and a subnet; borrowed records. `tags` are borrowed, or
 * NULL. Who calls has checked the blocks. */
json_t *network_add_vpc(struct cloud *cloud, const char *block, enum network_standing standing,
                        json_t *tags);
struct network_subnet {
    const char *vpc_id;
    const char *block;
    size_t zone;
    enum network_standing standing;
    json_t *tags;
};
json_t *network_add_subnet(struct cloud *cloud, const struct network_subnet *plan);
/* Forget the VPC and its default group. */
void network_drop_vpc(struct cloud *cloud, const char *vpc_id);
/* The default VPC, a record; NULL when it was deleted. */
json_t *network_default_vpc(const struct cloud *cloud);
/* The id of the VPC that the parameter VpcId names, or of the default one; NULL with the fault
 * set. */
const char *network_called_vpc(struct cloud_call *call);
/* The default subnet of a zone, NULL when there is none; a record. */
json_t *network_default_subnet(const struct cloud *cloud, const char *zone);
/* The default security group of a VPC, NULL when there is none; a record. */
json_t *network_default_group(const struct cloud *cloud, const char *vpc_id);
/* A free address of the subnet, or `wanted` (NULL: any) if it is in it and free; owned. NULL with
 * the fault set when there is none. The first four and the last one are AWS's own. */
char *network_take_address(struct cloud_call *call, const json_t *subnet, const char *wanted);
/* Count the free addresses of all subnets anew. */
void network_count_free(struct cloud *cloud);

/* "10.0.0.0/16" as the first address and the number of bits, host byte order; false for anything
 * else, also for one with bits beyond its mask. */
bool network_parse_cidr(const char *text, uint32_t *ret_first, unsigned *ret_bits);
/* The same block without bits beyond its mask, owned; NULL when it is none. AWS takes 10.0.0.1/16
 * for 10.0.0.0/16. */
char *network_canonical_cidr(const char *text);
/* Whether two blocks (in canonical form) have an address in common. */
bool network_overlaps(const char *block, const char *other);
bool network_parse_address(const char *text, uint32_t *ret_address);
char *network_address_text(uint32_t address);
/* Whether the address is in the block. */
bool network_contains(uint32_t first, unsigned bits, uint32_t address);
