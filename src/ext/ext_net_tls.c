// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/context.h"
#include "ext/ext_net.h"
#include "net/tls.h"

static bool is_ok(const json_t *report, double min_days)
{
    return json_is_true(json_object_get(report, "chain_valid")) &&
           json_is_true(json_object_get(report, "name_matches")) &&
           json_real_value(json_object_get(report, "days_left")) >= min_days;
}

int net_tls_certificate(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    int64_t deadline = clock_deadline(argument_number(call, "timeout"));
    const char *name = argument_text(call, "server_name");
    AUTO(json) json_t *peer = NULL;
    AUTO(json) json_t *report = NULL;
    AUTO(fd) int fd = -1;
    int64_t start;
    int r;

    r = connect_to_arguments(call, deadline, &fd, &peer, err);
    if (r < 0)
        return explain_failure(call, fd, err);
    start = clock_now();
    r = tls_inspect(
        &(struct tls_target){
            .fd = fd,
            .server_name = name && *name ? name : argument_text(call, "host"),
            .ca_path = argument_text(call, "ca_path"),
            .deadline = deadline,
        },
        call->context->cancel, &report, err);
    if (r < 0)
        return explain_failure(call, fd, err);
    *ret_output = json_pack("{s:b}", "ok", is_ok(report, argument_number(call, "min_days")));
    json_object_update(*ret_output, report);
    json_object_set(*ret_output, "address", json_object_get(peer, "address"));
    json_object_set(*ret_output, "port", json_object_get(peer, "port"));
    json_object_set_new(*ret_output, "handshake_ms", milliseconds(clock_now() - start));
    return 0;
}
