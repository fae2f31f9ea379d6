// SPDX-License-Identifier: Apache-2.0
#include "lab/conntrack_match.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>

#include "lab/netlink.h"

static bool read_address(const struct nlattr *ip, uint16_t type, struct in_addr *ret_address)
{
    const struct nlattr *address = netlink_find(netlink_data(ip), netlink_size(ip), type);

    if (!address || netlink_size(address) != sizeof(*ret_address))
        return false;
    memcpy(ret_address, netlink_data(address), sizeof(*ret_address));
    return true;
}

static bool read_tuple(const char *attributes, size_t size, uint16_t type, struct in_addr *ret_from,
                       struct in_addr *ret_to)
{
    const struct nlattr *tuple = netlink_find(attributes, size, type);
    const struct nlattr *ip =
        tuple ? netlink_find(netlink_data(tuple), netlink_size(tuple), CTA_TUPLE_IP) : NULL;

    return ip && read_address(ip, CTA_IP_V4_SRC, ret_from) &&
           read_address(ip, CTA_IP_V4_DST, ret_to);
}

bool conntrack_entry_read(const struct nlmsghdr *message, struct conntrack_entry *ret_entry)
{
    size_t offset = NLMSG_SPACE(sizeof(struct nfgenmsg));
    const char *attributes = (const char *)message + offset;

    return message->nlmsg_len >= offset &&
           read_tuple(attributes, message->nlmsg_len - offset, CTA_TUPLE_ORIG, &ret_entry->from,
                      &ret_entry->to) &&
           read_tuple(attributes, message->nlmsg_len - offset, CTA_TUPLE_REPLY,
                      &ret_entry->reply_from, &ret_entry->reply_to);
}

static bool is(struct in_addr a, struct in_addr b)
{
    return a.s_addr == b.s_addr;
}

bool conntrack_entry_matches(const struct conntrack_entry *entry, const struct conntrack_wish *wish)
{
    if (!wish->is_elastic)
        return is(entry->from, wish->address) || is(entry->to, wish->address) ||
               is(entry->reply_from, wish->address) || is(entry->reply_to, wish->address);
    /* who was called under the address, and who called under it */
    return (is(entry->to, wish->address) && !is(entry->reply_from, wish->owner)) ||
           (is(entry->reply_to, wish->address) && !is(entry->from, wish->owner));
}
