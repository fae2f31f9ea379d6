/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink: messages built in place, and their answers. Small enough for the first process of a
 * machine, which is linked statically. */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

#define NETLINK_MESSAGE_SIZE 4096

/* One or more messages that are sent together. Start with `{ 0 }`. */
struct netlink_batch {
    _Alignas(8) char data[NETLINK_MESSAGE_SIZE];
    size_t length;
    size_t current;   /* where the last message begins */
    unsigned count;   /* of messages */
    bool is_overfull; /* something did not fit: netlink_send() refuses */
};

/* A socket for NETLINK_ROUTE, NETLINK_NETFILTER, ... in the caller's network namespace. */
MUST_USE int netlink_open(int protocol, int *ret_fd, struct chaos_error *err);

/* Begin a message: its type, flags (NLM_F_REQUEST is added) and fixed header. */
void netlink_begin(struct netlink_batch *batch, uint16_t type, uint16_t flags, const void *header,
                   size_t size);
/* An attribute of the message that was begun last. */
void netlink_put(struct netlink_batch *batch, uint16_t type, const void *data, size_t size);
void netlink_put_u32(struct netlink_batch *batch, uint16_t type, uint32_t value);
void netlink_put_text(struct netlink_batch *batch, uint16_t type, const char *text);
/* Attributes inside of an attribute: what netlink_nest() returns is for netlink_nest_end(). */
size_t netlink_nest(struct netlink_batch *batch, uint16_t type);
void netlink_nest_end(struct netlink_batch *batch, size_t nest);
/* Bytes without a header of their own, as some attributes begin with. */
void netlink_put_raw(struct netlink_batch *batch, const void *data, size_t size);

/* Send all messages and wait for the answer to each; the first refusal is the error, "cannot
 * <what>: <errno>". ENOENT, ESRCH, ENODEV are -CHAOS_E_NOT_FOUND, the rest -CHAOS_E_IO. */
MUST_USE int netlink_send(int fd, struct netlink_batch *batch, const char *what,
                          struct chaos_error *err);

/* Called with each message of a dump; a negative result ends it. */
typedef int (*netlink_visit)(const struct nlmsghdr *message, void *data, struct chaos_error *err);
/* Send the one message of `batch`, which asks for a dump. */
MUST_USE int netlink_dump(int fd, struct netlink_batch *batch, const char *what,
                          netlink_visit visit, void *data, struct chaos_error *err);

/* The same for a message that has one answer, and its acknowledgement. */
MUST_USE int netlink_ask(int fd, struct netlink_batch *batch, const char *what, netlink_visit visit,
                         void *data, struct chaos_error *err);

/* The attribute of `type` among `size` bytes of attributes, or NULL. */
const struct nlattr *netlink_find(const void *attributes, size_t size, uint16_t type);
static inline const void *netlink_data(const struct nlattr *attribute)
{
    return (const char *)attribute + NLA_HDRLEN;
}
static inline size_t netlink_size(const struct nlattr *attribute)
{
    return (size_t)attribute->nla_len - NLA_HDRLEN;
}
