/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the connections that the kernel lists are meant. */
#pragma once

#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct conntrack_wish {
    struct in_addr address;
    bool is_elastic;      /* then it is only about those that are not of `owner` */
    struct in_addr owner; /* INADDR_ANY: none */
};

/* The IPv4 addresses of a tracked connection in its two directions. */
struct conntrack_entry {
    struct in_addr from; /* as the first packet had them */
    struct in_addr to;
    struct in_addr reply_from; /* as the answers have them, before they are translated back */
    struct in_addr reply_to;
};

/* false for a message that has not all four. */
bool conntrack_entry_read(const struct nlmsghdr *message, struct conntrack_entry *ret_entry);
bool conntrack_entry_matches(const struct conntrack_entry *entry,
                             const struct conntrack_wish *wish);
