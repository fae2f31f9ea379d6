// SPDX-License-Identifier: Apache-2.0
// What the functions of chaos.net.probes share: arguments in, values out.
#include <sys/socket.h>

#include "base/clock.h"
#include "base/context.h"
#include "base/mem.h"
#include "base/str.h"
#include "ext/ext_net.h"
#include "net/socket.h"

json_t *milliseconds(int64_t ns)
{
    return json_real((double)ns / CLOCK_NS_PER_MS);
}

json_t *outside_text(const char *data, size_t length)
{
    AUTO(buffer) struct buffer text = { 0 };

    if (str_is_utf8(data, length))
        return json_stringn(data, length);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)data[i] < 0x80)
            buffer_add_char(&text, data[i]);
        else
            buffer_printf(&text, "\\x%02x", (unsigned char)data[i]);
    }
    return json_stringn(buffer_text(&text), text.length);
}

static enum address_family argument_family(const struct chaos_call *call)
{
    const char *family = argument_text(call, "family");

    if (str_equal(family, "ipv4"))
        return ADDRESS_IPV4;
    return str_equal(family, "ipv6") ? ADDRESS_IPV6 : ADDRESS_ANY;
}

int connect_to_arguments(const struct chaos_call *call, int64_t deadline, int *ret_fd,
                         json_t **ret_peer, struct chaos_error *err)
{
    struct host_target target = { .host = argument_text(call, "host"),
                                  .family = argument_family(call),
                                  .deadline = deadline };
    struct socket_peer peer = { 0 };
    char text[ADDRESS_TEXT_SIZE];
    int r;

    r = socket_port(argument_integer(call, "port"), &target.port, err);
    if (r == 0)
        r = socket_connect(&target, call->context->cancel, ret_fd, &peer, err);
    if (r < 0 || !ret_peer)
        return r;
    *ret_peer = json_pack("{s:s, s:i}", "address", address_text(&peer.address, text), "port",
                          (int)target.port);
    json_object_set_new(*ret_peer, "resolve_ms", milliseconds(peer.resolve_ns));
    json_object_set_new(*ret_peer, "duration_ms", milliseconds(peer.connect_ns));
    return 0;
}

int explain_failure(const struct chaos_call *call, int fd, struct chaos_error *err)
{
    union address peer = { 0 };
    socklen_t length = sizeof(peer);
    char text[ADDRESS_TEXT_SIZE];

    if (err->code == CHAOS_E_TIMEOUT) {
        AUTO(str) char *before = mem_strdup(chaos_error_text(err));

        chaos_error_clear(err);
        chaos_error_set(err, CHAOS_E_TIMEOUT, "%s (timeout: %g s)", before,
                        argument_number(call, "timeout"));
    }
    if (fd >= 0 && getpeername(fd, &peer.any, &length) == 0)
        return chaos_error_prefix(err, "%s", address_port_text(&peer, text));
    return -(int)err->code;
}
