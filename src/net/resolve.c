// SPDX-License-Identifier: Apache-2.0
#include "net/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/mem.h"

/* getaddrinfo() of glibc stays below this with the modules of Debian (dns, files, mdns). */
#define RESOLVER_STACK_BYTES ((size_t)512 * 1024)

/* One question, shared by the asking thread and the resolving one: the last to leave frees it. */
struct question {
    atomic_int owners;
    int done_fd; /* an eventfd, readable when the answer is there */
    char *host;
    int family;
    int status; /* of getaddrinfo() */
    int number; /* errno for EAI_SYSTEM */
    struct addrinfo *answer;
};

static struct question *question_new(const char *host, int family, int done_fd)
{
    struct question *question = mem_zero(1, sizeof(*question));

    atomic_init(&question->owners, 1);
    question->done_fd = done_fd;
    question->host = mem_strdup(host);
    question->family = family;
    return question;
}

static void question_free(struct question *question)
{
    if (atomic_fetch_sub(&question->owners, 1) > 1)
        return;
    if (question->answer)
        freeaddrinfo(question->answer);
    close(question->done_fd);
    free(question->host);
    free(question);
}

AUTO_FREE(question, struct question)

socklen_t address_length(const union address *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

uint16_t address_port(const union address *address)
{
    return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port);
}

static void set_port(union address *address, uint16_t port)
{
    if (address->any.sa_family == AF_INET6)
        address->v6.sin6_port = htons(port);
    else
        address->v4.sin_port = htons(port);
}

char *address_text(const union address *address, char text[ADDRESS_TEXT_SIZE])
{
    if (address->any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &address->v4.sin_addr, text, ADDRESS_TEXT_SIZE);
        return text;
    }
    inet_ntop(AF_INET6, &address->v6.sin6_addr, text, ADDRESS_TEXT_SIZE);
    if (address->v6.sin6_scope_id) {
        char zone[IF_NAMESIZE];
        size_t length = strlen(text);

        if (if_indextoname(address->v6.sin6_scope_id, zone))
            snprintf(text + length, ADDRESS_TEXT_SIZE - length, "%%%s", zone);
        else
            snprintf(text + length, ADDRESS_TEXT_SIZE - length, "%%%u", address->v6.sin6_scope_id);
    }
    return text;
}

char *address_port_text(const union address *address, char text[ADDRESS_TEXT_SIZE])
{
    char plain[ADDRESS_TEXT_SIZE];
    unsigned port = address_port(address);

    address_text(address, plain);
    if (address->any.sa_family == AF_INET6)
        snprintf(text, ADDRESS_TEXT_SIZE, "[%.80s]:%u", plain, port);
    else
        snprintf(text, ADDRESS_TEXT_SIZE, "%.80s:%u", plain, port);
    return text;
}

bool address_equal(const union address *a, const union address *b)
{
    if (a->any.sa_family != b->any.sa_family || address_port(a) != address_port(b))
        return false;
    if (a->any.sa_family == AF_INET)
        return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr)) == 0;
}

static bool parse_zoned(const char *host, union address *address)
{
    const char *zone = strchr(host, '%');
    AUTO(str) char *plain = NULL;

    if (!zone)
        return false;
    plain = mem_strndup(host, (size_t)(zone - host));
    if (inet_pton(AF_INET6, plain, &address->v6.sin6_addr) != 1)
        return false;
    address->v6.sin6_scope_id = if_nametoindex(zone + 1);
    return address->v6.sin6_scope_id != 0;
}

bool address_parse(const char *host, uint16_t port, union address *ret_address)
{
    union address address = { 0 };

    if (inet_pton(AF_INET, host, &address.v4.sin_addr) == 1)
        address.v4.sin_family = AF_INET;
    else if (inet_pton(AF_INET6, host, &address.v6.sin6_addr) == 1 || parse_zoned(host, &address))
        address.v6.sin6_family = AF_INET6;
    else
        return false;
    set_port(&address, port);
    *ret_address = address;
    return true;
}

static void *answer_question(void *argument)
{
    AUTO(question) struct question *question = argument;
    struct addrinfo hints = { .ai_family = question->family, .ai_socktype = SOCK_STREAM };
    uint64_t one = 1;

    question->status = getaddrinfo(question->host, NULL, &hints, &question->answer);
    question->number = errno;
    (void)!write(question->done_fd, &one, sizeof(one));
    return NULL;
}

/* Signals are for the thread of the run: the new thread blocks them all. */
static int start_thread(struct question *question, struct chaos_error *err)
{
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    int number;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, RESOLVER_STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    atomic_fetch_add(&question->owners, 1);
    number = pthread_create(&thread, &attributes, answer_question, question);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (number) {
        atomic_fetch_sub(&question->owners, 1);
        return chaos_error_set_errno(err, number, "cannot start a thread to resolve '%s'",
                                     question->host);
    }
    return 0;
}

static const char *family_word(enum address_family family)
{
    switch (family) {
    case ADDRESS_ANY:
        break;
    case ADDRESS_IPV4:
        return "IPv4 ";
    case ADDRESS_IPV6:
        return "IPv6 ";
    }
    return "";
}

static int take_answer(const struct question *question, const struct host_target *target,
                       struct addresses *addresses, struct chaos_error *err)
{
    addresses->count = 0;
    if (question->status == EAI_SYSTEM)
        return chaos_error_set_errno(err, question->number, "cannot resolve '%s'", target->host);
    if (question->status && question->status != EAI_NODATA && question->status != EAI_ADDRFAMILY)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "cannot resolve '%s': %s", target->host,
                               gai_strerror(question->status));
    for (const struct addrinfo *a = question->answer; a; a = a->ai_next) {
        union address *next = &addresses->list[addresses->count];

        if (addresses->count == ADDRESSES_MAX)
            break;
        if (a->ai_family != AF_INET && a->ai_family != AF_INET6)
            continue;
        memcpy(next, a->ai_addr, a->ai_addrlen);
        set_port(next, target->port);
        addresses->count++;
    }
    if (!addresses->count)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "'%s' has no %saddress", target->host,
                               family_word(target->family));
    return 0;
}

static int resolve_name(const struct host_target *target, const struct cancel *cancel,
                        struct addresses *addresses, struct chaos_error *err)
{
    static const int families[] = {
        [ADDRESS_ANY] = AF_UNSPEC,
        [ADDRESS_IPV4] = AF_INET,
        [ADDRESS_IPV6] = AF_INET6,
    };
    int done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    AUTO(question) struct question *question = NULL;
    uint64_t done;
    int r;

    if (done_fd < 0)
        return chaos_error_set_errno(err, errno, "cannot resolve '%s'", target->host);
    question = question_new(target->host, families[target->family], done_fd);
    r = start_thread(question, err);
    if (r < 0)
        return r;
    switch (wait_fd(done_fd, POLLIN, target->deadline, cancel)) {
    case WAIT_READY:
        (void)!read(done_fd, &done, sizeof(done)); /* what the other thread wrote before is here */
        return take_answer(question, target, addresses, err);
    case WAIT_TIMEOUT:
        return chaos_error_set(err, CHAOS_E_TIMEOUT, "no answer in time for the name '%s'",
                               target->host);
    case WAIT_CANCELLED:
        break;
    }
    return chaos_error_set(err, CHAOS_E_CANCELLED, "stopped while resolving '%s'", target->host);
}

int resolve(const struct host_target *target, const struct cancel *cancel,
            struct addresses *ret_addresses, struct chaos_error *err)
{
    union address number;

    if (!*target->host)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the host is empty: give a name or an address");
    if (!address_parse(target->host, target->port, &number))
        return resolve_name(target, cancel, ret_addresses, err);
    if ((target->family == ADDRESS_IPV4 && number.any.sa_family != AF_INET) ||
        (target->family == ADDRESS_IPV6 && number.any.sa_family != AF_INET6))
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "'%s' is not an %saddress", target->host,
                               family_word(target->family));
    ret_addresses->list[0] = number;
    ret_addresses->count = 1;
    return 0;
}
