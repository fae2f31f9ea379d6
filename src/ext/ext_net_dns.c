// SPDX-License-Identifier: Apache-2.0
#include "base/context.h"
#include "ext/ext_net.h"
#include "net/dns_client.h"
#include "net/socket.h"

int net_dns_lookup(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    AUTO(dns_result) struct dns_result result = { 0 };
    struct dns_lookup lookup = {
        .name = argument_text(call, "name"),
        .type = dns_type_parse(argument_text(call, "type")),
        .server = argument_text(call, "server"),
        .timeout_s = argument_number(call, "timeout"),
        .tries = (int)argument_integer(call, "tries"),
        .transport = argument_flag(call, "tcp") ? DNS_TCP : DNS_UDP,
    };
    int r;

    r = socket_port(argument_integer(call, "port"), &lookup.port, err);
    if (r == 0)
        r = dns_ask(&lookup, call->context->cancel, &result, err);
    if (r < 0)
        return r;
    *ret_output =
        json_pack("{s:s, s:O, s:s, s:b, s:b, s:s}", "rcode", result.reply.rcode, "records",
                  result.reply.records, "server", result.server, "authoritative",
                  (int)result.reply.authoritative, "truncated", (int)result.was_truncated,
                  "transport", result.transport == DNS_TCP ? "tcp" : "udp");
    json_object_set_new(*ret_output, "duration_ms", milliseconds(result.duration_ns));
    return 0;
}
