/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the family chaos.net.probes: one function a row of ext_net.c. */
#pragma once

#include "base/cancel.h"
#include "chaos/extension.h"
#include "ext/arguments.h"

/* The family itself, for lib/extensions.list. */
extern const struct chaos_extension ext_net;

int net_tcp_connect(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err);
int net_tcp_echo(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err);
int net_tls_certificate(const struct chaos_call *call, json_t **ret_output,
                        struct chaos_error *err);
int net_dns_lookup(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err);
int net_http_get(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err);

/* Connect to the arguments host and port, within timeout and of family: what the TCP probes share.
 * `deadline` is that of the whole probe. */
MUST_USE int connect_to_arguments(const struct chaos_call *call, int64_t deadline, int *ret_fd,
                                  json_t **ret_peer, struct chaos_error *err);
/* Add to a set error who the other side of `fd` is (-1: not connected), and how long the probe
 * waited when it ended with a timeout. Returns -code. */
int explain_failure(const struct chaos_call *call, int fd, struct chaos_error *err);

/* Nanoseconds as milliseconds with a fraction. */
json_t *milliseconds(int64_t ns);
/* Bytes from outside as JSON text: what is not UTF-8 shows as \xNN. */
json_t *outside_text(const char *data, size_t length);
