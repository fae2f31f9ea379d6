/* SPDX-License-Identifier: Apache-2.0 */
/* Ask a DNS server, past the resolver of the system: over UDP, and over TCP when the answer did
 * not fit (RFC 1035 4.2, RFC 7766). */
#pragma once

#include "base/cancel.h"
#include "net/dns.h"
#include "net/resolve.h"

/* As many as resolv.conf(5) allows. */
#define DNS_SERVERS_MAX 3

enum dns_transport {
    DNS_UDP, /* and TCP where the answer is cut */
    DNS_TCP,
};

struct dns_lookup {
    const char *name;
    uint16_t type;
    const char *server; /* name or address; NULL: those of /etc/resolv.conf */
    uint16_t port;
    double timeout_s; /* of each try */
    int tries;        /* of each server */
    enum dns_transport transport;
};

struct dns_result {
    struct dns_reply reply;
    char server[ADDRESS_TEXT_SIZE]; /* the one that answered, "127.0.0.1:53" */
    bool was_truncated;             /* over UDP; the records then are those of TCP */
    enum dns_transport transport;   /* the one the records came over */
    int64_t duration_ns;            /* from the first question to the answer */
};

void dns_result_clear(struct dns_result *result);
AUTO_CLEAR(dns_result, struct dns_result)

/* The first answer, whatever its rcode. A fresh socket and a random id for each try; only replies
 * from where the question went, with its id, name and type, count. -CHAOS_E_TIMEOUT when no
 * server answers, with one line that says what became of each. */
MUST_USE int dns_ask(const struct dns_lookup *lookup, const struct cancel *cancel,
                     struct dns_result *ret_result, struct chaos_error *err);

/* The "nameserver" lines of a resolv.conf(5) text, at most DNS_SERVERS_MAX; returns how many. */
size_t dns_servers_parse(const char *text, uint16_t port, union address servers[DNS_SERVERS_MAX]);
