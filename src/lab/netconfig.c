// SPDX-License-Identifier: Apache-2.0
#include "lab/netconfig.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

void netconfig_put_up(struct netlink_batch *batch, uint32_t index)
{
    struct ifinfomsg header = { .ifi_index = (int)index,
                                .ifi_flags = IFF_UP,
                                .ifi_change = IFF_UP };

    netlink_begin(batch, RTM_NEWLINK, 0, &header, sizeof(header));
}

void netconfig_put_named_up(struct netlink_batch *batch, const char *device)
{
    netconfig_put_up(batch, 0);
    netlink_put_text(batch, IFLA_IFNAME, device);
}

void netconfig_put_address(struct netlink_batch *batch, uint32_t index, const struct cidr *address,
                           enum netconfig_address kind)
{
    struct ifaddrmsg header = { .ifa_family = AF_INET,
                                .ifa_prefixlen = (uint8_t)address->prefix,
                                .ifa_index = index };

    netlink_begin(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));
    netlink_put(batch, IFA_LOCAL, &address->address, sizeof(address->address));
    netlink_put(batch, IFA_ADDRESS, &address->address, sizeof(address->address));
    if (kind == NETCONFIG_ALONE)
        netlink_put_u32(batch, IFA_FLAGS, IFA_F_NOPREFIXROUTE);
}

static void put_route(struct netlink_batch *batch, const struct cidr *block, unsigned char type,
                      unsigned char scope)
{
    struct rtmsg header = {
        .rtm_family = AF_INET,
        .rtm_dst_len = (uint8_t)block->prefix,
        .rtm_table = RT_TABLE_MAIN,
        .rtm_protocol = RTPROT_STATIC,
        .rtm_scope = scope,
        .rtm_type = type,
    };
    struct in_addr network = cidr_network(block);

    netlink_begin(batch, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));
    netlink_put(batch, RTA_DST, &network, sizeof(network));
}

void netconfig_put_route(struct netlink_batch *batch, const struct cidr *block,
                         struct in_addr gateway)
{
    put_route(batch, block, RTN_UNICAST, RT_SCOPE_UNIVERSE);
    netlink_put(batch, RTA_GATEWAY, &gateway, sizeof(gateway));
}

void netconfig_put_device_route(struct netlink_batch *batch, const struct cidr *block,
                                uint32_t index)
{
    put_route(batch, block, RTN_UNICAST, RT_SCOPE_LINK);
    netlink_put_u32(batch, RTA_OIF, index);
}

void netconfig_put_blackhole(struct netlink_batch *batch, const struct cidr *block)
{
    put_route(batch, block, RTN_BLACKHOLE, RT_SCOPE_UNIVERSE);
}

static int visit_link(const struct nlmsghdr *message, void *data, struct chaos_error *err UNUSED)
{
    uint32_t *index = data;
    struct ifinfomsg header;

    if (message->nlmsg_len < NLMSG_LENGTH(sizeof(header)))
        return 0;
    memcpy(&header, (const char *)message + NLMSG_HDRLEN, sizeof(header));
    *index = (uint32_t)header.ifi_index;
    return 0;
}

int netconfig_index(int fd, const char *device, uint32_t *ret_index, struct chaos_error *err)
{
    struct ifinfomsg header = { 0 };
    struct netlink_batch batch = { 0 };
    uint32_t index = 0;
    int r;

    netlink_begin(&batch, RTM_GETLINK, 0, &header, sizeof(header));
    netlink_put_text(&batch, IFLA_IFNAME, device);
    r = netlink_ask(fd, &batch, "look an interface up", visit_link, &index, err);
    if (r == 0)
        *ret_index = index;
    return r;
}
