/* SPDX-License-Identifier: Apache-2.0 */
/* The wires of the lab and the router in their middle. All that is known about links is here, so
 * that another carrier (a switch in user space, with delay and loss) can take their place.
 *
 * As in a VPC there is no layer 2: each machine has a wire of its own to the router, which is the
 * lab's network namespace and forwards by address. Nobody has a default route. */
#pragma once

#include <netinet/in.h>
#include <stddef.h>

#include "base/auto.h"
#include "lab/cidr.h"

/* One end of a wire in the lab is named, and that name is never used again: sockets whose peer died
 * without a word keep a dead wire, and its name, for minutes. "m" and 8 hexadecimal digits do. */
#define LINK_NAME_SIZE 16
/* What the other end is called, inside of a machine and of the client. */
#define LINK_DEVICE "eth0"

struct link_router;

struct link_options {
    int client_net_fd;           /* the client's network namespace; borrowed */
    struct cidr client;          /* 198.51.100.2/24 */
    struct in_addr api;          /* 198.51.100.1: the router, as the client and machines see it */
    struct in_addr metadata;     /* 169.254.169.254 */
    const struct cidr *gateways; /* of the subnets: 10.0.1.1/24 */
    size_t gateway_count;
    const struct cidr *pools; /* of public addresses, dark until they are associated */
    size_t pool_count;
    struct cidr block; /* of all private addresses, dark where there is no machine */
};

/* The name of the wire to the client. */
#define LINK_CLIENT "client"

/* Set up the network namespace that the caller is in as the router, and the wire to the client.
 * Nothing of the options is kept. */
MUST_USE int link_router_new(const struct link_options *options, struct link_router **ret_router,
                             struct chaos_error *err);
void link_router_free(struct link_router *router);
AUTO_FREE(link_router, struct link_router)

/* More of either at run time. */
MUST_USE int link_add_gateway(struct link_router *router, const struct cidr *gateway,
                              struct chaos_error *err);
MUST_USE int link_add_pool(struct link_router *router, const struct cidr *pool,
                           struct chaos_error *err);

struct link_port {
    const char *name;       /* of the wire; see above */
    struct in_addr address; /* what is at the other end */
    pid_t pid;              /* a process in the network namespace where the other end goes */
};

/* Plug in: the device LINK_DEVICE appears in the namespace of `pid`, without address and down. */
MUST_USE int link_attach(struct link_router *router, const struct link_port *port,
                         struct chaos_error *err);
/* Pull the plug: from here on nothing passes either way, and what comes for the address vanishes
 * without an answer. The wire stays until the namespace at its end goes, or for link_restore(). */
MUST_USE int link_cut(struct link_router *router, const struct link_port *port,
                      struct chaos_error *err);
MUST_USE int link_restore(struct link_router *router, const struct link_port *port,
                          struct chaos_error *err);
