/* SPDX-License-Identifier: Apache-2.0 */
/* Names to addresses, as the system resolves them, in a wait that can be cancelled. */
#pragma once

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cancel.h"

/* The most addresses tried for one name. */
#define ADDRESSES_MAX 16
/* "[fe80::1%interface]:65535" */
#define ADDRESS_TEXT_SIZE 96

enum address_family {
    ADDRESS_ANY,
    ADDRESS_IPV4,
    ADDRESS_IPV6,
};

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage storage;
};

/* Where to go, and until when. */
struct host_target {
    const char *host;
    uint16_t port;
    enum address_family family;
    int64_t deadline; /* monotonic */
};

struct addresses {
    size_t count; /* at least 1 after a success */
    union address list[ADDRESSES_MAX];
};

/* The stream addresses of the host (a name, IPv4 or IPv6 text, also with a %zone) with the port,
 * in the order of RFC 6724. Numbers are read at once. A name is resolved by getaddrinfo(3) in a
 * thread of its own, which is left behind when the wait ends first: it ends by itself after the
 * resolver's own timeouts. -CHAOS_E_NOT_FOUND: there is no such name, or none of this family;
 * -CHAOS_E_TIMEOUT; -CHAOS_E_CANCELLED. */
MUST_USE int resolve(const struct host_target *target, const struct cancel *cancel,
                     struct addresses *ret_addresses, struct chaos_error *err);

/* Read `host` as a number; false when it is not one. */
bool address_parse(const char *host, uint16_t port, union address *ret_address);
socklen_t address_length(const union address *address);
uint16_t address_port(const union address *address);
/* "127.0.0.1", "::1", "fe80::1%eth0". Returns `text`. */
char *address_text(const union address *address, char text[ADDRESS_TEXT_SIZE]);
/* The same with the port: "127.0.0.1:80", "[::1]:80". Returns `text`. */
char *address_port_text(const union address *address, char text[ADDRESS_TEXT_SIZE]);
/* Whether address and port are the same. */
bool address_equal(const union address *a, const union address *b);
