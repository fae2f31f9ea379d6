// SPDX-License-Identifier: Apache-2.0
#include "lab/link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>

#include "base/fd.h"
#include "base/mem.h"
#include "lab/netconfig.h"
#include "lab/netlink.h"

struct link_router {
    int fd;             /* NETLINK_ROUTE where the router is */
    int client_fd;      /* and where the client is */
    struct in_addr api; /* the client's way to everywhere */
    uint32_t last_index;
};

/* Of interfaces: chosen here, so that a wire and its route are made in one message. */
#define FIRST_INDEX 1000

/* What interfaces that are made later begin with; a file that this kernel lacks is not needed. */
static const struct {
    const char *path;
    const char *value;
} settings[] = {
    { "/proc/sys/net/ipv4/ip_forward", "1" },
    { "/proc/sys/net/ipv4/conf/all/rp_filter", "1" },
    { "/proc/sys/net/ipv4/conf/default/rp_filter", "1" },
    { "/proc/sys/net/ipv4/conf/all/accept_redirects", "0" },
    { "/proc/sys/net/ipv4/conf/default/accept_redirects", "0" },
    { "/proc/sys/net/ipv4/conf/all/send_redirects", "0" },
    { "/proc/sys/net/ipv4/conf/default/send_redirects", "0" },
    { "/proc/sys/net/ipv4/conf/all/accept_source_route", "0" },
    /* what a machine begins and nobody answers must not fill the table for all */
    { "/proc/sys/net/netfilter/nf_conntrack_udp_timeout", "10" },
    { "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_sent", "20" },
    { "/proc/sys/net/netfilter/nf_conntrack_icmp_timeout", "10" },
    { "/proc/sys/net/ipv6/conf/all/disable_ipv6", "1" },
    { "/proc/sys/net/ipv6/conf/default/disable_ipv6", "1" },
};

static int set_up_kernel(struct chaos_error *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
        AUTO(fd) int fd = open(settings[i].path, O_WRONLY | O_CLOEXEC);

        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0 || write(fd, settings[i].value, strlen(settings[i].value)) < 0)
            return chaos_error_set_errno(err, errno, "cannot set '%s'", settings[i].path);
    }
    return 0;
}

/* In the client's network: who connects to an address that is dark gives up after 1 + 2 + 4 + 8 s
 * (tcp(7)), not after the usual two minutes, since a lab is for finding that out. */
static void shorten_patience(void)
{
    AUTO(fd) int fd = open("/proc/sys/net/ipv4/tcp_syn_retries", O_WRONLY | O_CLOEXEC);

    if (fd >= 0)
        (void)!write(fd, "3", 1);
}

/* A netlink socket in the client's network namespace: sockets stay where they are made. */
static int open_at_client(int net_fd, int *ret_fd, struct chaos_error *err)
{
    AUTO(fd) int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int fd = -1;
    int r;

    if (home < 0 || setns(net_fd, CLONE_NEWNET) < 0)
        return chaos_error_set_errno(err, errno, "cannot enter the client's network");
    shorten_patience();
    r = netlink_open(NETLINK_ROUTE, &fd, err);
    if (setns(home, CLONE_NEWNET) < 0) {
        if (r == 0) {
            close(fd);
            r = chaos_error_set_errno(err, errno, "cannot leave the client's network");
        }
        return r;
    }
    if (r == 0)
        *ret_fd = fd;
    return r;
}

/* Make a wire; the other end, LINK_DEVICE, goes where `type` (IFLA_NET_NS_PID or _FD) says. */
static void put_wire(struct netlink_batch *batch, const char *name, uint32_t index, uint16_t type,
                     uint32_t where)
{
    struct ifinfomsg here = { .ifi_index = (int)index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
    struct ifinfomsg there = { 0 };
    size_t info;
    size_t data;
    size_t peer;

    netlink_begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &here, sizeof(here));
    netlink_put_text(batch, IFLA_IFNAME, name);
    netlink_put_u32(batch, IFLA_NUM_TX_QUEUES, 1);
    netlink_put_u32(batch, IFLA_NUM_RX_QUEUES, 1);
    info = netlink_nest(batch, IFLA_LINKINFO);
    netlink_put_text(batch, IFLA_INFO_KIND, "veth");
    data = netlink_nest(batch, IFLA_INFO_DATA);
    peer = netlink_nest(batch, VETH_INFO_PEER);
    netlink_put_raw(batch, &there, sizeof(there));
    netlink_put_text(batch, IFLA_IFNAME, LINK_DEVICE);
    netlink_put_u32(batch, IFLA_NUM_TX_QUEUES, 1);
    netlink_put_u32(batch, IFLA_NUM_RX_QUEUES, 1);
    netlink_put_u32(batch, type, where);
    netlink_nest_end(batch, peer);
    netlink_nest_end(batch, data);
    netlink_nest_end(batch, info);
}

static int add_client(struct link_router *router, const struct link_options *options,
                      struct chaos_error *err)
{
    struct cidr api = { options->api, options->client.prefix };
    struct netlink_batch batch = { 0 };
    uint32_t index = ++router->last_index;
    int r;

    put_wire(&batch, LINK_CLIENT, index, IFLA_NET_NS_FD, (uint32_t)options->client_net_fd);
    netconfig_put_address(&batch, index, &api, NETCONFIG_CONNECTED);
    r = netlink_send(router->fd, &batch, "make the wire to the client", err);
    if (r < 0)
        return r;
    r = open_at_client(options->client_net_fd, &router->client_fd, err);
    if (r < 0)
        return r;
    batch = (struct netlink_batch){ 0 };
    netconfig_put_up(&batch, NETCONFIG_LOOPBACK);
    netconfig_put_named_up(&batch, LINK_DEVICE);
    r = netlink_send(router->client_fd, &batch, "bring the client's interfaces up", err);
    if (r < 0)
        return r;
    batch = (struct netlink_batch){ 0 };
    r = netconfig_index(router->client_fd, LINK_DEVICE, &index, err);
    if (r < 0)
        return r;
    netconfig_put_address(&batch, index, &options->client, NETCONFIG_CONNECTED);
    return netlink_send(router->client_fd, &batch, "give the client its address", err);
}

static int set_up_router(struct link_router *router, const struct link_options *options,
                         struct chaos_error *err)
{
    struct cidr metadata = { options->metadata, 32 };
    struct netlink_batch batch = { 0 };
    int r;

    netconfig_put_up(&batch, NETCONFIG_LOOPBACK);
    netconfig_put_address(&batch, NETCONFIG_LOOPBACK, &metadata, NETCONFIG_ALONE);
    netconfig_put_blackhole(&batch, &options->block);
    r = netlink_send(router->fd, &batch, "set up the router", err);
    for (size_t i = 0; r == 0 && i < options->gateway_count; i++)
        r = link_add_gateway(router, &options->gateways[i], err);
    if (r == 0)
        r = add_client(router, options, err);
    for (size_t i = 0; r == 0 && i < options->pool_count; i++)
        r = link_add_pool(router, &options->pools[i], err);
    return r;
}

int link_router_new(const struct link_options *options, struct link_router **ret_router,
                    struct chaos_error *err)
{
    AUTO(link_router) struct link_router *router = mem_zero(1, sizeof(*router));
    int r;

    *router = (struct link_router){
        .fd = -1, .client_fd = -1, .api = options->api, .last_index = FIRST_INDEX
    };
    r = set_up_kernel(err);
    if (r == 0)
        r = netlink_open(NETLINK_ROUTE, &router->fd, err);
    if (r == 0)
        r = set_up_router(router, options, err);
    if (r == 0)
        *ret_router = STEAL(router);
    return r;
}

void link_router_free(struct link_router *router)
{
    fd_autop(&router->fd);
    fd_autop(&router->client_fd);
    free(router);
}

int link_add_gateway(struct link_router *router, const struct cidr *gateway,
                     struct chaos_error *err)
{
    struct netlink_batch batch = { 0 };

    netconfig_put_address(&batch, NETCONFIG_LOOPBACK, &(struct cidr){ gateway->address, 32 },
                          NETCONFIG_ALONE);
    return netlink_send(router->fd, &batch, "add the gateway of a subnet", err);
}

int link_add_pool(struct link_router *router, const struct cidr *pool, struct chaos_error *err)
{
    struct netlink_batch here = { 0 };
    struct netlink_batch there = { 0 };
    int r;

    netconfig_put_blackhole(&here, pool);
    r = netlink_send(router->fd, &here, "make a pool of addresses dark", err);
    if (r < 0)
        return r;
    netconfig_put_route(&there, pool, router->api);
    return netlink_send(router->client_fd, &there, "lead the client to a pool of addresses", err);
}

int link_attach(struct link_router *router, const struct link_port *port, struct chaos_error *err)
{
    struct netlink_batch batch = { 0 };
    uint32_t index = ++router->last_index;

    put_wire(&batch, port->name, index, IFLA_NET_NS_PID, (uint32_t)port->pid);
    netconfig_put_device_route(&batch, &(struct cidr){ port->address, 32 }, index);
    if (netlink_send(router->fd, &batch, "make a wire", err) < 0)
        return chaos_error_prefix(err, "link '%s'", port->name);
    return 0;
}

static int set_up(struct link_router *router, const struct link_port *port, unsigned flags,
                  struct chaos_error *err)
{
    struct ifinfomsg header = { .ifi_flags = flags, .ifi_change = IFF_UP };
    struct netlink_batch batch = { 0 };

    netlink_begin(&batch, RTM_NEWLINK, 0, &header, sizeof(header));
    netlink_put_text(&batch, IFLA_IFNAME, port->name);
    if (netlink_send(router->fd, &batch, flags ? "bring it up" : "take it down", err) < 0)
        return chaos_error_prefix(err, "link '%s'", port->name);
    return 0;
}

int link_cut(struct link_router *router, const struct link_port *port, struct chaos_error *err)
{
    return set_up(router, port, 0, err);
}

int link_restore(struct link_router *router, const struct link_port *port, struct chaos_error *err)
{
    struct netlink_batch batch = { 0 };
    uint32_t index = 0;
    int r = set_up(router, port, IFF_UP, err);

    if (r == 0)
        r = netconfig_index(router->fd, port->name, &index, err);
    if (r < 0)
        return r;
    netconfig_put_device_route(&batch, &(struct cidr){ port->address, 32 }, index);
    r = netlink_send(router->fd, &batch, "lead to the machine", err);
    return r < 0 ? chaos_error_prefix(err, "link '%s'", port->name) : 0;
}
