// SPDX-License-Identifier: Apache-2.0
#include "net/dns_client.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "net/socket.h"

#define RESOLV_CONF     "/etc/resolv.conf"
#define RESOLV_CONF_MAX ((size_t)64 * 1024)

/* One try at one server. */
struct attempt {
    const struct dns_question *question;
    const union address *server;
    int64_t deadline;
    const struct cancel *cancel;
};

void dns_result_clear(struct dns_result *result)
{
    dns_reply_clear(&result->reply);
}

size_t dns_servers_parse(const char *text, uint16_t port, union address servers[DNS_SERVERS_MAX])
{
    AUTO(str) char *copy = mem_strdup(text);
    char *rest = copy;
    char *line;
    size_t count = 0;

    while (count < DNS_SERVERS_MAX && (line = strsep(&rest, "\n"))) {
        char *key = strsep(&line, " \t");

        if (!line || strcmp(key, "nameserver") != 0)
            continue;
        line += strspn(line, " \t");
        line[strcspn(line, " \t\r#;")] = '\0';
        if (address_parse(line, port, &servers[count]))
            count++;
    }
    return count;
}

static int find_servers(const struct dns_lookup *lookup, const struct cancel *cancel,
                        struct addresses *servers, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error ignored = { 0 };

    if (lookup->server) {
        struct host_target target = { .host = lookup->server,
                                      .port = lookup->port,
                                      .deadline = clock_deadline(lookup->timeout_s) };
        int r = resolve(&target, cancel, servers, err);

        return r < 0 ? chaos_error_prefix(err, "DNS server") : 0;
    }
    /* Without the file, or a server in it, the one on this machine is meant: resolv.conf(5). */
    servers->count = 0;
    if (file_read(RESOLV_CONF, &text, RESOLV_CONF_MAX, &ignored) == 0)
        servers->count = dns_servers_parse(buffer_text(&text), lookup->port, servers->list);
    if (!servers->count)
        servers->count = address_parse("127.0.0.1", lookup->port, &servers->list[0]);
    return 0;
}

static int open_udp(const union address *server, int *ret_fd, struct chaos_error *err)
{
    int fd = socket(server->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int r;

    /* Connected: the kernel drops what comes from elsewhere, and reports a closed port. */
    if (fd >= 0 && connect(fd, &server->any, address_length(server)) == 0) {
        *ret_fd = fd;
        return 0;
    }
    r = chaos_error_set_errno(err, errno, "cannot ask");
    if (fd >= 0)
        close(fd);
    return r;
}

static int ask_udp(const struct attempt *attempt, struct dns_reply *reply, struct chaos_error *err)
{
    AUTO(mem) uint8_t *data = mem_alloc(DNS_REPLY_MAX);
    AUTO(fd) int fd = -1;
    uint8_t query[DNS_QUERY_MAX];
    size_t length = dns_query_write(attempt->question, query);
    int r;

    r = open_udp(attempt->server, &fd, err);
    if (r == 0)
        r = socket_send(fd, query, length, attempt->deadline, attempt->cancel, err);
    while (r == 0) {
        ssize_t got =
            socket_receive(fd, data, DNS_REPLY_MAX, attempt->deadline, attempt->cancel, err);

        if (got < 0)
            return (int)got;
        r = dns_reply_parse(data, (size_t)got, attempt->question, reply, err);
        if (r != -CHAOS_E_NOT_FOUND)
            return r;
        chaos_error_clear(err);
        r = 0;
    }
    return r;
}

static int receive_all(int fd, uint8_t *data, size_t length, const struct attempt *attempt,
                       struct chaos_error *err)
{
    while (length) {
        ssize_t got = socket_receive(fd, data, length, attempt->deadline, attempt->cancel, err);

        if (got < 0)
            return (int)got;
        if (!got)
            return chaos_error_set(err, CHAOS_E_REMOTE, "closed the connection without an answer");
        data += got;
        length -= (size_t)got;
    }
    return 0;
}

/* Over TCP each message comes after its length in two bytes. */
static int exchange_tcp(int fd, const struct attempt *attempt, struct dns_reply *reply,
                        struct chaos_error *err)
{
    AUTO(mem) uint8_t *data = mem_alloc(DNS_REPLY_MAX);
    uint8_t query[2 + DNS_QUERY_MAX];
    size_t length = dns_query_write(attempt->question, query + 2);
    int r;

    query[0] = (uint8_t)(length >> 8);
    query[1] = (uint8_t)length;
    r = socket_send(fd, query, length + 2, attempt->deadline, attempt->cancel, err);
    if (r == 0)
        r = receive_all(fd, query, 2, attempt, err);
    length = (size_t)query[0] << 8 | query[1];
    if (r == 0)
        r = receive_all(fd, data, length, attempt, err);
    if (r == 0)
        r = dns_reply_parse(data, length, attempt->question, reply, err);
    return r;
}

static int ask_tcp(const struct attempt *attempt, struct dns_reply *reply, struct chaos_error *err)
{
    char host[ADDRESS_TEXT_SIZE];
    AUTO(fd) int fd = -1;
    struct host_target target = { .host = address_text(attempt->server, host),
                                  .port = address_port(attempt->server),
                                  .deadline = attempt->deadline };
    int r = socket_connect(&target, attempt->cancel, &fd, NULL, err);

    return r < 0 ? r : exchange_tcp(fd, attempt, reply, err);
}

static int ask_once(const struct dns_lookup *lookup, const struct attempt *attempt,
                    struct dns_result *result, struct chaos_error *err)
{
    int r;

    result->transport = lookup->transport;
    if (lookup->transport == DNS_TCP)
        return ask_tcp(attempt, &result->reply, err);
    r = ask_udp(attempt, &result->reply, err);
    if (r < 0 || !result->reply.truncated)
        return r;
    result->was_truncated = true;
    result->transport = DNS_TCP;
    dns_reply_clear(&result->reply);
    r = ask_tcp(attempt, &result->reply, err);
    return r < 0 ? chaos_error_prefix(err, "over TCP") : 0;
}

static int new_id(struct dns_question *question, struct chaos_error *err)
{
    if (getrandom(&question->id, sizeof(question->id), 0) != (ssize_t)sizeof(question->id))
        return chaos_error_set_errno(err, errno, "no random number for a DNS question");
    return 0;
}

/* Each server in turn, then all of them again. */
static int ask_servers(const struct dns_lookup *lookup, const struct addresses *servers,
                       struct dns_question *question, const struct cancel *cancel,
                       struct dns_result *result, struct chaos_error *err)
{
    AUTO(buffer) struct buffer failures = { 0 };

    for (int i = 0; i < lookup->tries; i++) {
        buffer_reset(&failures);
        for (size_t j = 0; j < servers->count; j++) {
            AUTO(chaos_error) struct chaos_error why = { 0 };
            struct attempt attempt = { .question = question,
                                       .server = &servers->list[j],
                                       .deadline = clock_deadline(lookup->timeout_s),
                                       .cancel = cancel };
            int r = new_id(question, err);

            if (r < 0)
                return r;
            address_port_text(attempt.server, result->server);
            r = ask_once(lookup, &attempt, result, &why);
            if (r == 0)
                return 0;
            if (r == -CHAOS_E_CANCELLED)
                return chaos_error_set(err, CHAOS_E_CANCELLED, "%s", chaos_error_text(&why));
            buffer_printf(&failures, "%s%s: %s", failures.length ? "; " : "", result->server,
                          chaos_error_text(&why));
        }
    }
    return chaos_error_set(err, CHAOS_E_TIMEOUT, "no answer for '%s' after %d %s of %g s: %s",
                           lookup->name, lookup->tries, lookup->tries == 1 ? "try" : "tries",
                           lookup->timeout_s, buffer_text(&failures));
}

int dns_ask(const struct dns_lookup *lookup, const struct cancel *cancel,
            struct dns_result *ret_result, struct chaos_error *err)
{
    AUTO(dns_result) struct dns_result result = { 0 };
    struct dns_question question = { 0 };
    struct addresses servers = { 0 };
    int64_t start;
    int r;

    r = dns_question_set(&question, lookup->name, lookup->type, err);
    if (r == 0)
        r = find_servers(lookup, cancel, &servers, err);
    if (r < 0)
        return r;
    start = clock_now();
    r = ask_servers(lookup, &servers, &question, cancel, &result, err);
    if (r < 0)
        return r;
    result.duration_ns = clock_now() - start;
    *ret_result = result;
    result = (struct dns_result){ 0 };
    return 0;
}
