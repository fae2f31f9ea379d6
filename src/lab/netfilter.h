/* SPDX-License-Identifier: Apache-2.0 */
/* Who may send what to whom, and under which address: Elastic IPs as one-to-one NAT, security
 * groups, zones. Each function is one transaction of the kernel: packets see all of it or none. */
#pragma once

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "lab/cidr.h"

struct netfilter;

struct netfilter_options {
    struct in_addr client;   /* on the wire LINK_CLIENT */
    struct in_addr api;      /* of the router: TCP port 80 is open to all */
    struct in_addr metadata; /* TCP port 80 is open to machines, and dark to the client */
    struct cidr block;       /* of the private addresses: none of them leaves as it is */
    unsigned new_per_second; /* connections that one machine may open to the router; 0: 200 */
};

/* An empty table in the network namespace that the caller is in: nobody passes anywhere yet. Stays
 * in that namespace until netfilter_free(), and is to be used there only. -CHAOS_E_UNSUPPORTED
 * says what to install where libnftables is missing. */
MUST_USE int netfilter_new(const struct netfilter_options *options,
                           struct netfilter **ret_netfilter, struct chaos_error *err);
void netfilter_free(struct netfilter *netfilter);
AUTO_FREE(netfilter, struct netfilter)

enum netfilter_direction {
    NETFILTER_INGRESS,
    NETFILTER_EGRESS,
};

#define NETFILTER_ALL_PROTOCOLS (-1)

/* One permission of a security group. */
struct netfilter_rule {
    enum netfilter_direction direction;
    int protocol;  /* IPPROTO_TCP, ... or NETFILTER_ALL_PROTOCOLS */
    int from_port; /* of TCP and UDP; of ICMP the type. -1: any */
    int to_port;   /* of TCP and UDP; of ICMP the code. -1: any */
    /* The other side: the machines of a group, by their private addresses, or else a block. */
    const char *peer_group; /* a group that was put, or NULL */
    struct cidr peer;
};

/* Create the group or replace its rules: connections that are under way go on, as in EC2. The name
 * is EC2's ("sg-" and hexadecimal digits). What the rules name must have been put before; a group
 * may name itself. */
MUST_USE int netfilter_put_group(struct netfilter *netfilter, const char *name,
                                 const struct netfilter_rule *rules, size_t count,
                                 struct chaos_error *err);
/* -CHAOS_E_INVALID while machines or rules of other groups use it. */
MUST_USE int netfilter_remove_group(struct netfilter *netfilter, const char *name,
                                    struct chaos_error *err);

#define NETFILTER_GROUPS_MAX 16

struct netfilter_machine {
    const char *link;          /* the name of its wire: nothing else may come from there ... */
    struct in_addr address;    /* ... but packets from this address */
    const char *zone;          /* of its subnet, "us-east-1a" */
    const char *const *groups; /* that were put; any of them may permit */
    size_t group_count;        /* at most NETFILTER_GROUPS_MAX */
};

/* Let a machine in, or change its groups or zone; both are known by its address. */
MUST_USE int netfilter_put_machine(struct netfilter *netfilter,
                                   const struct netfilter_machine *machine,
                                   struct chaos_error *err);
/* Nothing passes from or to it any more, and its connections are forgotten. Its Elastic IP stays
 * associated. Not known is fine. */
MUST_USE int netfilter_remove_machine(struct netfilter *netfilter, struct in_addr address,
                                      struct chaos_error *err);

/* From now on `elastic` is `address`, whoever either was before: what is new goes to the new owner.
 * What is under way by way of either is forgotten, and so breaks, some 10 ms later. */
MUST_USE int netfilter_associate(struct netfilter *netfilter, struct in_addr elastic,
                                 struct in_addr address, struct chaos_error *err);
/* The address is dark from now on. Not associated is fine. */
MUST_USE int netfilter_disassociate(struct netfilter *netfilter, struct in_addr elastic,
                                    struct chaos_error *err);

/* Cut all that passes between two zones, or with `b` NULL between `a` and everything outside of it,
 * the client and the router included; what is established, too. Silent: nobody is told. */
MUST_USE int netfilter_cut_zones(struct netfilter *netfilter, const char *a, const char *b,
                                 struct chaos_error *err);
MUST_USE int netfilter_join_zones(struct netfilter *netfilter, const char *a, const char *b,
                                  struct chaos_error *err);

/* Return when all that was to be forgotten is. */
void netfilter_settle(struct netfilter *netfilter);
