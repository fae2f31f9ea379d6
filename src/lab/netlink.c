// SPDX-License-Identifier: Apache-2.0
#include "lab/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel's dumps come in parts of at most that (NLMSG_GOODSIZE and above). */
#define REPLY_SIZE 32768

int netlink_open(int protocol, int *ret_fd, struct chaos_error *err)
{
    struct sockaddr_nl local = { .nl_family = AF_NETLINK };
    AUTO(fd) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot open a netlink socket");
    if (bind(fd, (struct sockaddr *)&local, sizeof(local)) < 0)
        return chaos_error_set_errno(err, errno, "cannot bind a netlink socket");
    *ret_fd = fd;
    fd = -1;
    return 0;
}

static struct nlmsghdr *current(struct netlink_batch *batch)
{
    return (struct nlmsghdr *)(void *)(batch->data + batch->current);
}

/* Room for `size` bytes, zeroed and padded; NULL when there is none. */
static void *append(struct netlink_batch *batch, size_t size)
{
    size_t padded = NLMSG_ALIGN(size);
    void *place = batch->data + batch->length;

    if (batch->is_overfull || padded > sizeof(batch->data) - batch->length) {
        batch->is_overfull = true;
        return NULL;
    }
    memset(place, 0, padded);
    batch->length += padded;
    if (batch->count > 0)
        current(batch)->nlmsg_len = (uint32_t)(batch->length - batch->current);
    return place;
}

void netlink_begin(struct netlink_batch *batch, uint16_t type, uint16_t flags, const void *header,
                   size_t size)
{
    struct nlmsghdr *message;

    batch->count++;
    batch->current = batch->length;
    if (sizeof(batch->data) - batch->length < NLMSG_HDRLEN) {
        batch->is_overfull = true;
        return;
    }
    message = append(batch, NLMSG_HDRLEN);
    if (!message)
        return;
    message->nlmsg_type = type;
    message->nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST);
    message->nlmsg_seq = batch->count;
    netlink_put_raw(batch, header, size);
}

void netlink_put_raw(struct netlink_batch *batch, const void *data, size_t size)
{
    void *place = append(batch, size);

    if (place && size > 0)
        memcpy(place, data, size);
}

void netlink_put(struct netlink_batch *batch, uint16_t type, const void *data, size_t size)
{
    char *place = append(batch, NLA_HDRLEN + size);

    if (!place)
        return;
    memcpy(place, &(struct nlattr){ .nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type },
           sizeof(struct nlattr));
    if (size > 0)
        memcpy(place + NLA_HDRLEN, data, size);
}

void netlink_put_u32(struct netlink_batch *batch, uint16_t type, uint32_t value)
{
    netlink_put(batch, type, &value, sizeof(value));
}

void netlink_put_text(struct netlink_batch *batch, uint16_t type, const char *text)
{
    netlink_put(batch, type, text, strlen(text) + 1);
}

size_t netlink_nest(struct netlink_batch *batch, uint16_t type)
{
    size_t nest = batch->length;

    netlink_put(batch, (uint16_t)(type | NLA_F_NESTED), NULL, 0);
    return nest;
}

void netlink_nest_end(struct netlink_batch *batch, size_t nest)
{
    uint16_t size = (uint16_t)(batch->length - nest);

    if (!batch->is_overfull)
        memcpy(batch->data + nest + offsetof(struct nlattr, nla_len), &size, sizeof(size));
}

static int refused(int number, const char *what, struct chaos_error *err)
{
    int r = chaos_error_set_errno(err, number, "cannot %s", what);

    if (number != ENOENT && number != ESRCH && number != ENODEV)
        return r;
    err->code = CHAOS_E_NOT_FOUND;
    return -CHAOS_E_NOT_FOUND;
}

static int transmit(int fd, const struct netlink_batch *batch, const char *what,
                    struct chaos_error *err)
{
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

    if (batch->is_overfull)
        return chaos_error_set(err, CHAOS_E_INTERNAL, "cannot %s: the message is too long", what);
    if (sendto(fd, batch->data, batch->length, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
        return refused(errno, what, err);
    return 0;
}

static ssize_t receive(int fd, char *reply, size_t size)
{
    ssize_t n;

    do
        n = recv(fd, reply, size, 0);
    while (n < 0 && errno == EINTR);
    return n;
}

/* The errno of an acknowledgement, 0 for success. */
static int answer_error(const struct nlmsghdr *message)
{
    int error = -EPROTO;

    if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
        memcpy(&error, (const char *)message + NLMSG_HDRLEN, sizeof(error));
    return -error;
}

/* The message at `at` of an answer of `size` bytes, and `at` after it; NULL at the end. */
static const struct nlmsghdr *next_message(const char *reply, size_t size, size_t *at)
{
    const struct nlmsghdr *message;

    if (*at >= size || size - *at < NLMSG_HDRLEN)
        return NULL;
    message = (const struct nlmsghdr *)(const void *)(reply + *at);
    if (message->nlmsg_len < NLMSG_HDRLEN || message->nlmsg_len > size - *at)
        return NULL;
    *at += NLMSG_ALIGN(message->nlmsg_len);
    return message;
}

int netlink_send(int fd, struct netlink_batch *batch, const char *what, struct chaos_error *err)
{
    _Alignas(8) char reply[REPLY_SIZE];
    const struct nlmsghdr *message;
    unsigned answered = 0;
    int error = 0;
    ssize_t n;
    int r;

    for (size_t at = 0; !batch->is_overfull && at < batch->length;) {
        struct nlmsghdr *own = (struct nlmsghdr *)(void *)(batch->data + at);

        own->nlmsg_flags |= NLM_F_ACK;
        at += NLMSG_ALIGN(own->nlmsg_len);
    }
    r = transmit(fd, batch, what, err);
    if (r < 0)
        return r;
    while (answered < batch->count) {
        n = receive(fd, reply, sizeof(reply));
        if (n <= 0)
            return refused(n < 0 ? errno : EPROTO, what, err);
        for (size_t at = 0; (message = next_message(reply, (size_t)n, &at));) {
            if (message->nlmsg_type != NLMSG_ERROR)
                continue;
            answered++;
            if (error == 0)
                error = answer_error(message);
        }
    }
    return error ? refused(error, what, err) : 0;
}

/* Visit what comes until the message that ends it. */
static int read_answer(int fd, const char *what, netlink_visit visit, void *data,
                       struct chaos_error *err)
{
    _Alignas(8) char reply[REPLY_SIZE];
    const struct nlmsghdr *message;
    int result = 0;
    ssize_t n;
    int error;

    for (;;) {
        n = receive(fd, reply, sizeof(reply));
        if (n <= 0)
            return result < 0 ? result : refused(n < 0 ? errno : EPROTO, what, err);
        for (size_t at = 0; (message = next_message(reply, (size_t)n, &at));) {
            if (message->nlmsg_type == NLMSG_DONE)
                return result;
            if (message->nlmsg_type == NLMSG_ERROR) {
                error = answer_error(message);
                return result < 0 || error == 0 ? result : refused(error, what, err);
            }
            if (result == 0) /* the rest is read, so that the next answer is not mistaken */
                result = visit(message, data, err);
        }
    }
}

static int ask(int fd, struct netlink_batch *batch, uint16_t flags, const char *what,
               netlink_visit visit, void *data, struct chaos_error *err)
{
    int r;

    if (!batch->is_overfull)
        current(batch)->nlmsg_flags |= flags;
    r = transmit(fd, batch, what, err);
    return r < 0 ? r : read_answer(fd, what, visit, data, err);
}

int netlink_dump(int fd, struct netlink_batch *batch, const char *what, netlink_visit visit,
                 void *data, struct chaos_error *err)
{
    return ask(fd, batch, NLM_F_DUMP, what, visit, data, err);
}

int netlink_ask(int fd, struct netlink_batch *batch, const char *what, netlink_visit visit,
                void *data, struct chaos_error *err)
{
    return ask(fd, batch, NLM_F_ACK, what, visit, data, err);
}

const struct nlattr *netlink_find(const void *attributes, size_t size, uint16_t type)
{
    const char *at = attributes;
    const struct nlattr *attribute;
    size_t step;

    while (size >= NLA_HDRLEN) {
        attribute = (const struct nlattr *)(const void *)at;
        if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > size)
            return NULL;
        if ((attribute->nla_type & NLA_TYPE_MASK) == type)
            return attribute;
        step = NLA_ALIGN(attribute->nla_len);
        if (step >= size)
            return NULL;
        at += step;
        size -= step;
    }
    return NULL;
}
