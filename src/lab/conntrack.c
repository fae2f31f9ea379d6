// SPDX-License-Identifier: Apache-2.0
#include "lab/conntrack.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "lab/conntrack_match.h"
#include "lab/netlink.h"

#define TYPE(message) ((uint16_t)((NFNL_SUBSYS_CTNETLINK << 8) | (message)))

struct conntrack {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct buffer wishes; /* struct conntrack_wish, those that nobody has begun with */
    uint64_t asked;       /* how many there were, and how many of them are done */
    uint64_t done;
    bool is_ending;
    int fd;
};

/* What one look at the kernel's table is about. */
struct search {
    const struct conntrack_wish *wishes;
    size_t count;
    struct buffer found; /* what names a connection: its original direction, as attributes */
    struct buffer sizes; /* of each, size_t */
};

static bool is_wished(const struct search *search, const struct nlmsghdr *message)
{
    struct conntrack_entry entry;

    if (!conntrack_entry_read(message, &entry))
        return false;
    for (size_t i = 0; i < search->count; i++)
        if (conntrack_entry_matches(&entry, &search->wishes[i]))
            return true;
    return false;
}

static int visit_connection(const struct nlmsghdr *message, void *data,
                            struct chaos_error *err UNUSED)
{
    static const uint16_t names[] = { CTA_TUPLE_ORIG, CTA_ZONE, CTA_ID };
    size_t offset = NLMSG_SPACE(sizeof(struct nfgenmsg));
    struct search *search = data;
    size_t before = search->found.length;
    size_t size;

    if (!is_wished(search, message))
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const struct nlattr *attribute =
            netlink_find((const char *)message + offset, message->nlmsg_len - offset, names[i]);

        if (!attribute)
            continue;
        buffer_add(&search->found, attribute, attribute->nla_len);
        buffer_add(&search->found, "\0\0\0", NLA_ALIGN(attribute->nla_len) - attribute->nla_len);
    }
    size = search->found.length - before;
    buffer_add(&search->sizes, &size, sizeof(size));
    return 0;
}

static int forget_one(int fd, const char *attributes, size_t size, struct chaos_error *err)
{
    struct nfgenmsg header = { .nfgen_family = AF_INET, .version = NFNETLINK_V0 };
    struct netlink_batch batch = { 0 };
    int r;

    netlink_begin(&batch, TYPE(IPCTNL_MSG_CT_DELETE), 0, &header, sizeof(header));
    netlink_put_raw(&batch, attributes, size);
    r = netlink_send(fd, &batch, "forget a connection", err);
    if (r == -CHAOS_E_NOT_FOUND) { /* it ended meanwhile */
        chaos_error_clear(err);
        r = 0;
    }
    return r;
}

static int forget(int fd, const struct buffer *wishes, struct chaos_error *err)
{
    struct nfgenmsg header = { .nfgen_family = AF_INET, .version = NFNETLINK_V0 };
    struct search search = {
        .wishes = (const struct conntrack_wish *)(const void *)wishes->data,
        .count = wishes->length / sizeof(struct conntrack_wish),
    };
    AUTO(buffer) struct buffer found = { 0 };
    AUTO(buffer) struct buffer sizes = { 0 };
    struct netlink_batch batch = { 0 };
    size_t at = 0;
    size_t size;
    int r;

    netlink_begin(&batch, TYPE(IPCTNL_MSG_CT_GET), 0, &header, sizeof(header));
    r = netlink_dump(fd, &batch, "list the tracked connections", visit_connection, &search, err);
    found = search.found;
    sizes = search.sizes;
    for (size_t i = 0; r == 0 && i < sizes.length; i += sizeof(size)) {
        memcpy(&size, sizes.data + i, sizeof(size));
        r = forget_one(fd, found.data + at, size, err);
        at += size;
    }
    return r;
}

static void *work(void *data)
{
    struct conntrack *conntrack = data;

    /* the kernel does not stop in the middle of its table: whoever asked goes on first */
    pthread_setschedparam(pthread_self(), SCHED_BATCH, &(struct sched_param){ 0 });
    pthread_mutex_lock(&conntrack->lock);
    for (;;) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        AUTO(buffer) struct buffer wishes = conntrack->wishes;
        uint64_t asked = conntrack->asked;

        if (wishes.length == 0) {
            wishes = (struct buffer){ 0 };
            if (conntrack->is_ending)
                break;
            pthread_cond_wait(&conntrack->changed, &conntrack->lock);
            continue;
        }
        conntrack->wishes = (struct buffer){ 0 };
        pthread_mutex_unlock(&conntrack->lock);
        if (forget(conntrack->fd, &wishes, &err) < 0)
            log_warning("connections go on that should not: %s", err.message);
        pthread_mutex_lock(&conntrack->lock);
        conntrack->done = asked;
        pthread_cond_broadcast(&conntrack->changed);
    }
    pthread_mutex_unlock(&conntrack->lock);
    return NULL;
}

/* Signals are for the thread that serves. */
static int start(struct conntrack *conntrack, struct chaos_error *err)
{
    sigset_t before;
    sigset_t all;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&conntrack->thread, NULL, work, conntrack);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r ? chaos_error_set_errno(err, r, "cannot start a thread") : 0;
}

int conntrack_new(struct conntrack **ret_conntrack, struct chaos_error *err)
{
    struct conntrack *conntrack = mem_zero(1, sizeof(*conntrack));
    int r = netlink_open(NETLINK_NETFILTER, &conntrack->fd, err);

    if (r == 0) {
        pthread_mutex_init(&conntrack->lock, NULL);
        pthread_cond_init(&conntrack->changed, NULL);
        r = start(conntrack, err);
        if (r == 0) {
            *ret_conntrack = conntrack;
            return 0;
        }
        close(conntrack->fd);
    }
    free(conntrack);
    return r;
}

void conntrack_free(struct conntrack *conntrack)
{
    pthread_mutex_lock(&conntrack->lock);
    conntrack->is_ending = true;
    pthread_cond_broadcast(&conntrack->changed);
    pthread_mutex_unlock(&conntrack->lock);
    pthread_join(conntrack->thread, NULL);
    pthread_cond_destroy(&conntrack->changed);
    pthread_mutex_destroy(&conntrack->lock);
    buffer_clear(&conntrack->wishes);
    close(conntrack->fd);
    free(conntrack);
}

/* An address is wished for once: what was wished last holds, being about how things are now. */
static void wish(struct conntrack *conntrack, const struct conntrack_wish *wish)
{
    struct conntrack_wish *wishes;
    size_t count;
    size_t i = 0;

    pthread_mutex_lock(&conntrack->lock);
    wishes = (struct conntrack_wish *)(void *)conntrack->wishes.data;
    count = conntrack->wishes.length / sizeof(*wishes);
    while (i < count && !(wishes[i].address.s_addr == wish->address.s_addr &&
                          wishes[i].is_elastic == wish->is_elastic))
        i++;
    if (i < count)
        wishes[i] = *wish;
    else
        buffer_add(&conntrack->wishes, wish, sizeof(*wish));
    conntrack->asked++;
    pthread_cond_broadcast(&conntrack->changed);
    pthread_mutex_unlock(&conntrack->lock);
}

void conntrack_forget(struct conntrack *conntrack, struct in_addr address)
{
    wish(conntrack, &(struct conntrack_wish){ .address = address });
}

void conntrack_settle(struct conntrack *conntrack, struct in_addr elastic, struct in_addr owner)
{
    wish(conntrack,
         &(struct conntrack_wish){ .address = elastic, .is_elastic = true, .owner = owner });
}

void conntrack_wait(struct conntrack *conntrack)
{
    uint64_t asked;

    pthread_mutex_lock(&conntrack->lock);
    asked = conntrack->asked;
    while (conntrack->done < asked)
        pthread_cond_wait(&conntrack->changed, &conntrack->lock);
    pthread_mutex_unlock(&conntrack->lock);
}
