/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and routes as netlink messages; both ends of a wire are configured with these. */
#pragma once

#include <netinet/in.h>
#include <stdint.h>

#include "lab/cidr.h"
#include "lab/netlink.h"

/* The index of "lo" in every namespace. */
#define NETCONFIG_LOOPBACK 1

enum netconfig_address {
    NETCONFIG_CONNECTED, /* the whole block is on the wire */
    NETCONFIG_ALONE,     /* only the address: the rest of the block is reached by routes */
};

void netconfig_put_up(struct netlink_batch *batch, uint32_t index);
void netconfig_put_named_up(struct netlink_batch *batch, const char *device);
void netconfig_put_address(struct netlink_batch *batch, uint32_t index, const struct cidr *address,
                           enum netconfig_address kind);
/* Routes replace what was there for the same block. */
void netconfig_put_route(struct netlink_batch *batch, const struct cidr *block,
                         struct in_addr gateway);
void netconfig_put_device_route(struct netlink_batch *batch, const struct cidr *block,
                                uint32_t index);
void netconfig_put_blackhole(struct netlink_batch *batch, const struct cidr *block);

/* The index of a device where the netlink socket is. */
MUST_USE int netconfig_index(int fd, const char *device, uint32_t *ret_index,
                             struct chaos_error *err);
