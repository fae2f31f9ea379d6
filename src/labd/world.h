/* SPDX-License-Identifier: Apache-2.0 */
/* What the cloud's host is: instances as machines, addresses as NAT, groups as packet rules. Owns
 * the machines of the lab and what is kept of them. */
#pragma once

#include "cloud/cloud.h"
#include "lab/link.h"
#include "lab/machine.h"
#include "lab/netfilter.h"
#include "lab/space.h"
#include "labd/children.h"
#include "labd/journal.h"
#include "labd/loop.h"

/* The addresses of the lab: 198.51.100.0/24 (RFC 5737) joins the client and the router. */
#define WORLD_CLIENT   "198.51.100.2"
#define WORLD_API      "198.51.100.1"
#define WORLD_METADATA "169.254.169.254"
#define WORLD_BLOCK    "10.0.0.0/8"
/* Where machines find the programs of this build, and the service models. */
#define WORLD_BIN   "/run/fracas/bin"
#define WORLD_SHARE "/run/fracas/share"

struct world;

struct world_options {
    struct space *space;
    struct loop *loop;
    struct lab_journal *journal;
    struct children *children;
    const json_t *pools; /* CIDR texts */
    const char *region;
};

/* Set up the router and its rules. All in options is borrowed for the life of the world. */
MUST_USE int world_new(const struct world_options *options, struct world **ret_world,
                       struct chaos_error *err);
void world_free(struct world *world);
AUTO_FREE(world, struct world)

/* The functions for the cloud; and then the cloud that they are for. */
const struct cloud_host *world_host(struct world *world);
void world_set_cloud(struct world *world, struct cloud *cloud);

/* The running machine of an instance, NULL for none. */
struct machine *world_machine(const struct world *world, const char *instance_id);
struct space *world_space(const struct world *world);
/* "NAME=value" texts for processes in instances and at the client, NULL-terminated, borrowed. */
const char *const *world_environment(const struct world *world);

/* Faults: the wire of an instance, and zones (b NULL: from all others). */
enum world_wire {
    WORLD_WIRE_CUT,
    WORLD_WIRE_WHOLE
};
MUST_USE int world_set_wire(struct world *world, const char *instance_id, enum world_wire wire,
                            struct chaos_error *err);
MUST_USE int world_set_zones(struct world *world, const char *a, const char *b,
                             enum world_wire wire, struct chaos_error *err);
/* Cut the power of all machines, and forget them. */
void world_clear(struct world *world);
