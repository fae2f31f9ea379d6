/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of echoserver. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

enum echo_task {
    ECHO_TASK_SERVE,
    ECHO_TASK_HELP,
    ECHO_TASK_VERSION
};

struct echo_options {
    enum echo_task task;
    unsigned port;           /* 0: the system chooses */
    const char *address;     /* borrowed from argv; NULL: all of IPv6 and IPv4 */
    size_t max_line;         /* bytes */
    size_t max_memory;       /* bytes that all clients' lines and answers may hold together */
    int64_t idle_timeout_ns; /* 0: never */
    unsigned threads;
    bool quiet; /* log no clients */
};

extern const char echo_help[];

/* Errors are CHAOS_E_INVALID and name the option and what it takes. */
MUST_USE int echo_options_parse(int argc, char **argv, struct echo_options *ret_options,
                                struct chaos_error *err);
