// SPDX-License-Identifier: Apache-2.0
// The rows of chaos.net.probes: what a client can see of a service over the network.
#include "ext/ext_net.h"

#include <math.h>

#define TIMEOUT_MIN_S 0.001
#define HOST                                                                                       \
    {                                                                                              \
        .name = "host", .type = CHAOS_STRING, .required = true,                                    \
        .doc = "name, IPv4 or IPv6 address (`fe80::1%eth0` with its interface)"                    \
    }
#define PORT_OF(what)                                                                              \
    {                                                                                              \
        .name = "port", .type = CHAOS_INTEGER, .required = true, .doc = (what), .min = 1,          \
        .max = 65535                                                                               \
    }
#define TIMEOUT(seconds, what)                                                                     \
    {                                                                                              \
        .name = "timeout", .type = CHAOS_NUMBER, .default_json = (seconds), .doc = (what),         \
        .min = TIMEOUT_MIN_S, .max = HUGE_VAL                                                      \
    }
#define FAMILY                                                                                     \
    {                                                                                              \
        .name = "family", .type = CHAOS_STRING, .default_json = "\"any\"",                         \
        .doc = "which addresses of the host to try", .choices = families                           \
    }
#define ROW(of) .params = (of), .n_params = sizeof(of) / sizeof((of)[0])

static const char *const families[] = { "any", "ipv4", "ipv6", NULL };
static const char *const record_types[] = { "A",   "AAAA", "CNAME", "MX",  "NS",
                                            "PTR", "SOA",  "SRV",   "TXT", NULL };

static const struct chaos_param tcp_connect_params[] = {
    HOST,
    PORT_OF("TCP port"),
    TIMEOUT("5", "seconds for resolving the name and connecting together"),
    FAMILY,
};

static const struct chaos_param tcp_echo_params[] = {
    HOST,
    PORT_OF("TCP port"),
    { .name = "message",
      .type = CHAOS_STRING,
      .required = true,
      .doc = "text to send; a newline is added where it ends without one" },
    { .name = "expect",
      .type = CHAOS_STRING,
      .doc = "line that must come back, without blanks around it; null: the message" },
    TIMEOUT("5", "seconds for connecting, sending and the whole answer together"),
    { .name = "bye",
      .type = CHAOS_STRING,
      .default_json = "\"bye\"",
      .doc = "line sent before closing; empty: none" },
    FAMILY,
};

static const struct chaos_param tls_certificate_params[] = {
    HOST,
    { .name = "port",
      .type = CHAOS_INTEGER,
      .default_json = "443",
      .doc = "TCP port",
      .min = 1,
      .max = 65535 },
    { .name = "server_name",
      .type = CHAOS_STRING,
      .doc = "name to ask for and to look for in the certificate; null: the host" },
    TIMEOUT("5", "seconds for connecting and the handshake together"),
    { .name = "ca_path",
      .type = CHAOS_STRING,
      .doc = "file or directory of trusted certificates (PEM); null: those of the system" },
    { .name = "min_days", .type = CHAOS_NUMBER, .doc = "days that must be left for `ok`; null: 0" },
    FAMILY,
};

static const struct chaos_param dns_lookup_params[] = {
    { .name = "name",
      .type = CHAOS_STRING,
      .required = true,
      .doc = "name to look up, absolute (no search list); for PTR also an address" },
    { .name = "type",
      .type = CHAOS_STRING,
      .default_json = "\"A\"",
      .doc = "type of the records",
      .choices = record_types },
    { .name = "server",
      .type = CHAOS_STRING,
      .doc = "name or address of the server; null: those of /etc/resolv.conf" },
    { .name = "port",
      .type = CHAOS_INTEGER,
      .default_json = "53",
      .doc = "port of the server",
      .min = 1,
      .max = 65535 },
    TIMEOUT("2", "seconds of each try"),
    { .name = "tries",
      .type = CHAOS_INTEGER,
      .default_json = "2",
      .doc = "tries of each server",
      .min = 1,
      .max = 100 },
    { .name = "tcp",
      .type = CHAOS_BOOLEAN,
      .default_json = "false",
      .doc = "ask over TCP at once, instead of after an answer that was cut" },
};

static const struct chaos_param http_get_params[] = {
    { .name = "url", .type = CHAOS_STRING, .required = true, .doc = "http or https URL" },
    { .name = "headers",
      .type = CHAOS_MAPPING,
      .default_json = "{}",
      .doc = "headers to send: names and texts" },
    TIMEOUT("5", "seconds for all of it: name, connection, TLS, answer, redirects"),
    { .name = "verify_tls",
      .type = CHAOS_BOOLEAN,
      .default_json = "true",
      .doc = "refuse a certificate that is not valid for the host" },
    { .name = "follow", .type = CHAOS_BOOLEAN, .default_json = "true", .doc = "follow redirects" },
    { .name = "max_bytes",
      .type = CHAOS_INTEGER,
      .default_json = "16777216",
      .doc = "bytes of the body that are accepted; a larger one fails the probe",
      .min = 1,
      .max = 1 << 30 },
};

static const struct chaos_function functions[] = {
    {
        .name = "dns_lookup",
        .kind = CHAOS_PROBE,
        .summary = "ask a DNS server for the records of a name",
        .doc = "The question goes straight to the server, past the resolver of this machine and "
               "its caches, over UDP and again over TCP when the answer was cut. An answer such "
               "as NXDOMAIN or SERVFAIL is a result. The probe fails when no server answers.",
        ROW(dns_lookup_params),
        .result = CHAOS_MAPPING,
        .result_doc = "`rcode` (\"NOERROR\", \"NXDOMAIN\", …), `records` (each with `name`, "
                      "`type`, `ttl` in seconds, `value` as text, and the fields of MX, SRV and "
                      "SOA), `duration_ms`, `server` (address and port), `authoritative`, "
                      "`truncated` (the UDP answer was cut), `transport` (\"udp\", \"tcp\")",
        .run = net_dns_lookup,
    },
    {
        .name = "http_get",
        .kind = CHAOS_PROBE,
        .summary = "fetch a URL and measure each part of the exchange",
        .doc = "Any status is a result. The probe fails when there is no whole answer in time. A "
               "new connection is made each time; proxies of the environment are used.",
        ROW(http_get_params),
        .result = CHAOS_MAPPING,
        .result_doc = "`status`, `headers` (names in lower case; of equal ones the values joined "
                      "with `, `), `body_bytes`, `url` (after redirects), and in milliseconds "
                      "from the start: `connect_ms`, `tls_ms` (null without TLS), "
                      "`first_byte_ms`, `total_ms`",
        .run = net_http_get,
    },
    {
        .name = "tcp_connect",
        .kind = CHAOS_PROBE,
        .summary = "connect to a TCP port",
        .doc = "The connection is closed at once. The probe fails, with the reason and the time it "
               "took, when no address of the host can be connected to.",
        ROW(tcp_connect_params),
        .result = CHAOS_MAPPING,
        .result_doc = "`connected` (true), `address`, `port`, `resolve_ms` (the name), "
                      "`duration_ms` (the connection)",
        .run = net_tcp_connect,
    },
    {
        .name = "tcp_echo",
        .kind = CHAOS_PROBE,
        .summary = "send a line to a TCP server and expect it back",
        .doc = "Blanks and line ends around the answer and the expected text do not count. A wrong "
               "answer, or an end of the connection instead of one, is false, and the log says "
               "what came. The probe fails when it cannot connect, or nothing comes in time.",
        ROW(tcp_echo_params),
        .result = CHAOS_BOOLEAN,
        .result_doc = "whether the expected line came back",
        .run = net_tcp_echo,
    },
    {
        .name = "tls_certificate",
        .kind = CHAOS_PROBE,
        .summary = "look at the certificate of a TLS server",
        .doc = "A bad certificate is a result; the probe fails only when there is no handshake. To "
               "judge it in one tolerance, compare `ok`: "
               "`{\"type\": \"jsonpath\", \"path\": \"$.ok\", \"expect\": [true]}`.",
        ROW(tls_certificate_params),
        .result = CHAOS_MAPPING,
        .result_doc = "`ok` (chain valid, name matches, `min_days` left), `subject`, `issuer`, "
                      "`not_before`, `not_after` (ISO 8601), `days_left` (with a fraction, "
                      "negative after the end), `names` (of subjectAltName), `name_matches`, "
                      "`chain_valid`, `chain_error` (null or the reason), `protocol`, `cipher`, "
                      "`chain` (as sent: `subject`, `issuer`, `not_after`, `days_left`), "
                      "`address`, `port`, `handshake_ms`",
        .run = net_tls_certificate,
    },
};

const struct chaos_extension ext_net = {
    .abi = CHAOS_EXTENSION_ABI,
    .module = "chaos.net.probes",
    .version = "1",
    .summary = "what a client sees of a service over the network",
    .functions = functions,
    .n_functions = sizeof(functions) / sizeof(functions[0]),
};
