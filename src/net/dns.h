/* SPDX-License-Identifier: Apache-2.0 */
/* DNS messages (RFC 1035): a question out, an answer in. Nothing is sent here. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* A name on the wire (RFC 1035 2.3.4), and a query of one question without options. */
#define DNS_NAME_MAX  255
#define DNS_QUERY_MAX (12 + DNS_NAME_MAX + 4)
#define DNS_REPLY_MAX 65535

struct dns_question {
    uint16_t id;
    uint16_t type; /* from dns_type_parse() */
    uint8_t name[DNS_NAME_MAX];
    size_t name_length;
};

struct dns_reply {
    const char *rcode; /* "NOERROR", "NXDOMAIN", …; static */
    bool truncated;
    bool authoritative;
    json_t *records; /* owned: the answer section in its order, each {"name", "type", "ttl",
                      * "value"}: the value as text in the presentation form of its type, names
                      * without the final dot; MX, SRV and SOA also have their fields by name */
};

void dns_reply_clear(struct dns_reply *reply);
AUTO_CLEAR(dns_reply, struct dns_reply)

/* The number of "A", "MX" and so on; 0 for a name that is not one of them. */
uint16_t dns_type_parse(const char *name);

/* Make a question of `name`, absolute with or without the final dot; for type PTR also an IP
 * address. The error says which rule a name breaks. The id is left alone. */
MUST_USE int dns_question_set(struct dns_question *question, const char *name, uint16_t type,
                              struct chaos_error *err);
/* Write the query, asking for recursion; returns its length. */
size_t dns_query_write(const struct dns_question *question, uint8_t query[DNS_QUERY_MAX]);

/* Read a reply. -CHAOS_E_NOT_FOUND: it is not the answer to this question (another id, name or
 * type): ignore it and wait on. -CHAOS_E_REMOTE: it is one, and broken; the error says where. */
MUST_USE int dns_reply_parse(const uint8_t *data, size_t length,
                             const struct dns_question *question, struct dns_reply *ret_reply,
                             struct chaos_error *err);
