/* SPDX-License-Identifier: Apache-2.0 */
/* One client: reads lines, answers them, and stops reading while the client does not read. */
#pragma once

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "echo/line.h"
#include "echo/options.h"

/* One read of one client: what is answered before the next client has its turn. */
#define CONNECTION_READ_SIZE 65536

/* How long a client that was answered may take to close its side. */
#define CONNECTION_LINGER_NS INT64_C(1000000000)

enum connection_state {
    CONNECTION_READING,   /* waits for lines */
    CONNECTION_WRITING,   /* answers wait for the client to read; nothing is read meanwhile */
    CONNECTION_FLUSHING,  /* as writing, and then the end */
    CONNECTION_LINGERING, /* all is answered and our side shut: wait for the client to close, as
                             closing on unread input would reset the answers away */
    CONNECTION_CLOSED,    /* to be freed */
    CONNECTION_STATE_COUNT,
};

struct connection {
    struct connection *next; /* both are its holder's */
    struct connection *previous;
    int64_t touched_ns; /* when something last moved, on the monotonic clock */
    struct echo_line line;
    struct buffer answers; /* what the client did not take yet */
    size_t sent;           /* of these */
    size_t held;           /* bytes reported to env->held */
    int fd;
    enum connection_state state;
    bool input_ended;
    char address[INET6_ADDRSTRLEN];
};

/* What the connections of one thread share. */
struct connection_env {
    const struct echo_options *options;
    int epoll_fd;
    int64_t now_ns;
    char *input;           /* CONNECTION_READ_SIZE bytes */
    struct buffer answers; /* scratch */
    struct buffer log;     /* whole lines, for the thread to pass on */
    size_t log_lines;
    atomic_size_t *held; /* what the clients of all threads hold, in bytes */
};

/* Owns `fd`, which is non-blocking. */
struct connection *connection_new(int fd, const struct sockaddr_storage *peer);
void connection_free(struct connection *connection);

/* Each of these may leave it in any state; the caller frees what is CONNECTION_CLOSED. */
void connection_start(struct connection *connection, struct connection_env *env);
/* The descriptor is ready for what was waited for. */
void connection_ready(struct connection *connection, struct connection_env *env);
/* Answer what has arrived, then end. */
void connection_drain(struct connection *connection, struct connection_env *env);
/* End now; `reason` is logged unless it is NULL. */
void connection_close(struct connection *connection, struct connection_env *env,
                      const char *reason);
