// SPDX-License-Identifier: Apache-2.0
#include "lab/cidr.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool parse_prefix(const char *text, unsigned *ret_prefix)
{
    unsigned value = 0;
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 2 || text[digits] || (digits == 2 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    *ret_prefix = value;
    return value <= 32;
}

int cidr_parse(const char *text, struct cidr *ret_cidr, struct chaos_error *err)
{
    char address[INET_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    struct cidr cidr = { .prefix = 32 };

    if (length < sizeof(address)) {
        memcpy(address, text, length);
        address[length] = '\0';
        if (inet_pton(AF_INET, address, &cidr.address) == 1 &&
            (!slash || parse_prefix(slash + 1, &cidr.prefix))) {
            *ret_cidr = cidr;
            return 0;
        }
    }
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "'%.64s' is not a block of IPv4 addresses, such as 10.0.1.0/24", text);
}

char *cidr_text(const struct cidr *cidr, char text[CIDR_TEXT_SIZE])
{
    inet_ntop(AF_INET, &cidr->address, text, INET_ADDRSTRLEN);
    snprintf(text + strlen(text), CIDR_TEXT_SIZE - strlen(text), "/%u", cidr->prefix);
    return text;
}

static uint32_t mask(unsigned prefix)
{
    return prefix == 0 ? 0 : htonl(~UINT32_C(0) << (32 - prefix));
}

struct in_addr cidr_network(const struct cidr *cidr)
{
    return (struct in_addr){ cidr->address.s_addr & mask(cidr->prefix) };
}

bool cidr_contains(const struct cidr *cidr, struct in_addr address)
{
    return ((cidr->address.s_addr ^ address.s_addr) & mask(cidr->prefix)) == 0;
}
