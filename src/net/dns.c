// SPDX-License-Identifier: Apache-2.0
#include "net/dns.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "net/resolve.h"

#define HEADER_BYTES 12
#define LABEL_MAX    63
#define CLASS_IN     1

/* RFC 1035 4.1.1 */
#define FLAG_REPLY         0x8000
#define MASK_OPCODE        0x7800
#define FLAG_AUTHORITATIVE 0x0400
#define FLAG_TRUNCATED     0x0200
#define FLAG_RECURSE       0x0100
#define MASK_RCODE         0x000f

enum {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
};

static const struct {
    const char *name;
    uint16_t type;
} types[] = {
    { "A", TYPE_A },     { "NS", TYPE_NS },     { "CNAME", TYPE_CNAME },
    { "SOA", TYPE_SOA }, { "PTR", TYPE_PTR },   { "MX", TYPE_MX },
    { "TXT", TYPE_TXT }, { "AAAA", TYPE_AAAA }, { "SRV", TYPE_SRV },
};

/* https://www.iana.org/assignments/dns-parameters: what fits the four bits of the header. */
static const char *const rcodes[] = {
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",  "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI", "RCODE12", "RCODE13", "RCODE14",  "RCODE15",
};

void dns_reply_clear(struct dns_reply *reply)
{
    json_decref(reply->records);
    *reply = (struct dns_reply){ 0 };
}

uint16_t dns_type_parse(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (strcasecmp(types[i].name, name) == 0)
            return types[i].type;
    return 0;
}

static json_t *type_value(uint16_t type)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (types[i].type == type)
            return json_string(types[i].name);
    return json_sprintf("TYPE%u", type);
}

static int add_label(struct dns_question *question, const char *name, const char *label,
                     size_t length, struct chaos_error *err)
{
    if (!length)
        return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is not a DNS name: a label is empty",
                               name);
    if (length > LABEL_MAX)
        return chaos_error_set(
            err, CHAOS_E_INVALID,
            "'%s' is not a DNS name: the label '%.*s' has %zu characters, %d are "
            "allowed",
            name, (int)length, label, length, LABEL_MAX);
    /* One byte for the length before, and one for the root after the last label. */
    if (question->name_length + length + 2 > DNS_NAME_MAX)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "'%s' is not a DNS name: it is longer than %d bytes", name,
                               DNS_NAME_MAX);
    for (size_t i = 0; i < length; i++)
        if (!isgraph((unsigned char)label[i]) || label[i] == '\\')
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "'%s' is not a DNS name: only visible ASCII characters are "
                                   "allowed (an international name in its xn-- form)",
                                   name);
    question->name[question->name_length++] = (uint8_t)length;
    memcpy(question->name + question->name_length, label, length);
    question->name_length += length;
    return 0;
}

/* The name under which the pointer record of an address is kept (RFC 1035 3.5, RFC 3596 2.5). */
static char *reverse_name(const union address *address)
{
    AUTO(buffer) struct buffer name = { 0 };
    const uint8_t *bytes;

    if (address->any.sa_family == AF_INET) {
        bytes = (const uint8_t *)&address->v4.sin_addr;
        return mem_printf("%u.%u.%u.%u.in-addr.arpa", bytes[3], bytes[2], bytes[1], bytes[0]);
    }
    bytes = address->v6.sin6_addr.s6_addr;
    for (int i = 15; i >= 0; i--)
        buffer_printf(&name, "%x.%x.", bytes[i] & 0xfU, (unsigned)bytes[i] >> 4);
    buffer_add_text(&name, "ip6.arpa");
    return buffer_take(&name);
}

int dns_question_set(struct dns_question *question, const char *name, uint16_t type,
                     struct chaos_error *err)
{
    AUTO(str) char *reverse = NULL;
    union address address;
    const char *label;

    if (type == TYPE_PTR && address_parse(name, 0, &address))
        reverse = reverse_name(&address);
    label = name = reverse ? reverse : name;
    question->type = type;
    question->name_length = 0;
    if (!*name)
        return chaos_error_set(err, CHAOS_E_INVALID, "the name to look up is empty");
    while (*label && strcmp(name, ".") != 0) {
        size_t length = strcspn(label, ".");
        int r = add_label(question, name, label, length, err);

        if (r < 0)
            return r;
        label += length;
        if (*label == '.')
            label++;
    }
    question->name[question->name_length++] = 0;
    return 0;
}

static void put16(uint8_t *out, unsigned value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

size_t dns_query_write(const struct dns_question *question, uint8_t query[DNS_QUERY_MAX])
{
    uint8_t *end = query + HEADER_BYTES;

    memset(query, 0, HEADER_BYTES);
    put16(query, question->id);
    put16(query + 2, FLAG_RECURSE);
    put16(query + 4, 1);
    memcpy(end, question->name, question->name_length);
    end += question->name_length;
    put16(end, question->type);
    put16(end + 2, CLASS_IN);
    return (size_t)(end + 4 - query);
}

/* A place in a message. Whatever reads beyond `end` sets `bad`, and from then on reads zeros. */
struct cursor {
    const uint8_t *message;
    size_t at;
    size_t end;
    bool bad;
};

static const uint8_t *take(struct cursor *cursor, size_t count)
{
    const uint8_t *data = cursor->message + cursor->at;

    if (cursor->bad || count > cursor->end - cursor->at) {
        cursor->bad = true;
        return NULL;
    }
    cursor->at += count;
    return data;
}

static unsigned take8(struct cursor *cursor)
{
    const uint8_t *data = take(cursor, 1);

    return data ? data[0] : 0;
}

static unsigned take16(struct cursor *cursor)
{
    const uint8_t *data = take(cursor, 2);

    return data ? (unsigned)data[0] << 8 | data[1] : 0;
}

static uint32_t take32(struct cursor *cursor)
{
    uint32_t high = take16(cursor);

    return high << 16 | take16(cursor);
}

/* A byte of a name as RFC 1035 5.1 writes it. */
static void add_escaped(struct buffer *out, uint8_t byte, const char *special)
{
    if (!isgraph(byte) && byte != ' ')
        buffer_printf(out, "\\%03u", byte);
    else if (strchr(special, byte))
        buffer_printf(out, "\\%c", byte);
    else
        buffer_add_char(out, (char)byte);
}

/* Read a name, following compression pointers (RFC 1035 4.1.4). A pointer must point before the
 * part it ends, so that each jump goes backwards and the walk ends; the whole name must keep to
 * 255 bytes. Appends the text; "." for the root. */
static void take_name(struct cursor *cursor, struct buffer *out)
{
    struct cursor walk = *cursor;
    size_t part = cursor->at; /* where this part of the name began */
    size_t before = out->length;
    size_t wire = 1;
    bool jumped = false;

    for (;;) {
        unsigned length = take8(&walk);

        if (!walk.bad && (length & 0xc0) == 0xc0) {
            size_t target = (length & 0x3fU) << 8 | take8(&walk);

            if (!jumped)
                cursor->at = walk.at;
            jumped = true;
            walk.bad = walk.bad || target >= part || target < HEADER_BYTES;
            walk.at = part = target;
        } else {
            const uint8_t *label = take(&walk, length);

            wire += length + 1;
            walk.bad = walk.bad || length > LABEL_MAX || (length && wire > DNS_NAME_MAX);
            if (walk.bad || !length)
                break;
            if (out->length > before)
                buffer_add_char(out, '.');
            for (unsigned i = 0; i < length; i++)
                add_escaped(out, label[i], ".\\\"");
        }
        if (walk.bad)
            break;
    }
    if (!jumped)
        cursor->at = walk.at;
    cursor->bad = walk.bad;
    if (out->length == before)
        buffer_add_char(out, '.');
}

static json_t *buffer_value(const struct buffer *text)
{
    return json_stringn(buffer_text(text), text->length);
}

static json_t *take_name_value(struct cursor *cursor)
{
    AUTO(buffer) struct buffer text = { 0 };

    take_name(cursor, &text);
    return buffer_value(&text);
}

/* TXT: its strings one after the other, as SPF (RFC 7208 3.3) and others read them. */
static void take_text(struct cursor *cursor, struct buffer *out)
{
    while (!cursor->bad && cursor->at < cursor->end) {
        unsigned length = take8(cursor);
        const uint8_t *data = take(cursor, length);

        for (unsigned i = 0; data && i < length; i++)
            add_escaped(out, data[i], "\\");
    }
}

static void take_address(struct cursor *cursor, int family, struct buffer *out)
{
    char text[INET6_ADDRSTRLEN] = "";
    const uint8_t *data = take(cursor, family == AF_INET ? 4 : 16);

    if (data)
        buffer_add_text(out, inet_ntop(family, data, text, sizeof(text)));
}

/* Numbers of 16 bits under these names, then a name: MX and SRV. */
static void take_fields(struct cursor *cursor, const char *const *numbers, const char *name,
                        json_t *record, struct buffer *out)
{
    json_t *value;

    for (; *numbers; numbers++) {
        unsigned number = take16(cursor);

        json_object_set_new(record, *numbers, json_integer(number));
        buffer_printf(out, "%u ", number);
    }
    value = take_name_value(cursor);
    buffer_add_text(out, json_string_value(value));
    json_object_set_new(record, name, value);
}

static void take_soa(struct cursor *cursor, json_t *record, struct buffer *out)
{
    static const char *const names[] = { "mname", "rname" };
    static const char *const numbers[] = { "serial", "refresh", "retry", "expire", "minimum" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        json_t *value = take_name_value(cursor);

        buffer_printf(out, "%s%s", i ? " " : "", json_string_value(value));
        json_object_set_new(record, names[i], value);
    }
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        uint32_t number = take32(cursor);

        buffer_printf(out, " %u", number);
        json_object_set_new(record, numbers[i], json_integer(number));
    }
}

/* RFC 3597: data of a type that is not known. */
static void take_unknown(struct cursor *cursor, struct buffer *out)
{
    buffer_printf(out, "\\# %zu ", cursor->end - cursor->at);
    while (cursor->at < cursor->end)
        buffer_printf(out, "%02x", take8(cursor));
}

static void take_data(struct cursor *cursor, uint16_t type, json_t *record)
{
    static const char *const mx[] = { "preference", NULL };
    static const char *const srv[] = { "priority", "weight", "port", NULL };
    AUTO(buffer) struct buffer text = { 0 };

    switch (type) {
    case TYPE_A:
        take_address(cursor, AF_INET, &text);
        break;
    case TYPE_AAAA:
        take_address(cursor, AF_INET6, &text);
        break;
    case TYPE_NS:
    case TYPE_CNAME:
    case TYPE_PTR:
        take_name(cursor, &text);
        break;
    case TYPE_MX:
        take_fields(cursor, mx, "exchange", record, &text);
        break;
    case TYPE_SRV:
        take_fields(cursor, srv, "target", record, &text);
        break;
    case TYPE_TXT:
        take_text(cursor, &text);
        break;
    case TYPE_SOA:
        take_soa(cursor, record, &text);
        break;
    default:
        take_unknown(cursor, &text);
        break;
    }
    json_object_set_new(record, "value", buffer_value(&text));
}

static json_t *take_record(struct cursor *cursor)
{
    json_t *record = json_object();
    struct cursor data;
    uint16_t type;
    size_t length;

    json_object_set_new(record, "name", take_name_value(cursor));
    type = (uint16_t)take16(cursor);
    take16(cursor); /* its class: we asked for IN only */
    json_object_set_new(record, "type", type_value(type));
    json_object_set_new(record, "ttl", json_integer(take32(cursor)));
    length = take16(cursor);
    data = *cursor;
    take(cursor, length);
    if (cursor->bad)
        return record;
    data.end = cursor->at;
    take_data(&data, type, record);
    cursor->bad = data.bad || data.at != data.end;
    return record;
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

/* Lengths of labels are below 'A', so that comparing whole names without case is exact. */
static bool names_equal(const uint8_t *a, const uint8_t *b, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

/* Whether the question section repeats ours. A server that could not read the question may leave
 * it out, and then says so in the rcode. */
static bool is_our_question(struct cursor *cursor, unsigned count, unsigned rcode,
                            const struct dns_question *question)
{
    const uint8_t *name;

    if (count == 0)
        return rcode != 0;
    name = take(cursor, question->name_length);
    return count == 1 && name && take16(cursor) == question->type && take16(cursor) == CLASS_IN &&
           names_equal(name, question->name, question->name_length);
}

static int take_records(struct cursor *cursor, unsigned count, bool truncated, json_t **ret_records,
                        struct chaos_error *err)
{
    AUTO(json) json_t *records = json_array();

    for (unsigned i = 0; i < count; i++) {
        size_t at = cursor->at;
        AUTO(json) json_t *record = take_record(cursor);

        /* A reply that was cut may end in the middle of a record. */
        if (cursor->bad && truncated)
            break;
        if (cursor->bad)
            return chaos_error_set(err, CHAOS_E_REMOTE,
                                   "the DNS reply is broken: answer %u of %u, at byte %zu", i + 1,
                                   count, at);
        json_array_append(records, record);
    }
    *ret_records = STEAL(records);
    return 0;
}

int dns_reply_parse(const uint8_t *data, size_t length, const struct dns_question *question,
                    struct dns_reply *ret_reply, struct chaos_error *err)
{
    struct cursor cursor = { .message = data, .end = length };
    unsigned id = take16(&cursor);
    unsigned flags = take16(&cursor);
    unsigned questions = take16(&cursor);
    unsigned answers = take16(&cursor);
    json_t *records = NULL;
    int r;

    take32(&cursor); /* how many authorities and additions: not read */
    if (cursor.bad || id != question->id || (flags & (FLAG_REPLY | MASK_OPCODE)) != FLAG_REPLY ||
        !is_our_question(&cursor, questions, flags & MASK_RCODE, question))
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "not the answer to this question");
    r = take_records(&cursor, answers, flags & FLAG_TRUNCATED, &records, err);
    if (r < 0)
        return r;
    *ret_reply = (struct dns_reply){ .rcode = rcodes[flags & MASK_RCODE],
                                     .truncated = flags & FLAG_TRUNCATED,
                                     .authoritative = flags & FLAG_AUTHORITATIVE,
                                     .records = records };
    return 0;
}
