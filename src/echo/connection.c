// SPDX-License-Identifier: Apache-2.0
#include "echo/connection.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "echo/log_line.h"

/* Scratch that one long line made larger than this is given back. */
#define SCRATCH_MAX ((size_t)4 * CONNECTION_READ_SIZE)
/* How much a client may have sent before a drain and still be answered. */
#define DRAIN_READS 32

#define TO(state) (1U << CONNECTION_##state)

static const unsigned reachable[] = {
    [CONNECTION_READING] = TO(WRITING) | TO(FLUSHING) | TO(LINGERING) | TO(CLOSED),
    [CONNECTION_WRITING] = TO(READING) | TO(FLUSHING) | TO(CLOSED),
    [CONNECTION_FLUSHING] = TO(LINGERING) | TO(CLOSED),
    [CONNECTION_LINGERING] = TO(CLOSED),
    [CONNECTION_CLOSED] = 0,
};
_Static_assert(ARRAY_SIZE(reachable) == CONNECTION_STATE_COUNT, "every state has a row");

struct connection *connection_new(int fd, const struct sockaddr_storage *peer)
{
    struct connection *connection = mem_zero(1, sizeof(*connection));
    const struct sockaddr_in *v4 = (const void *)peer;
    const struct sockaddr_in6 *v6 = (const void *)peer;
    const void *bytes = &v4->sin_addr;
    int family = peer->ss_family;

    if (family == AF_INET6) {
        bytes = &v6->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
            bytes = &v6->sin6_addr.s6_addr[12];
            family = AF_INET;
        }
    }
    if (!inet_ntop(family, bytes, connection->address, sizeof(connection->address)))
        connection->address[0] = '?';
    connection->fd = fd;
    return connection;
}

void connection_free(struct connection *connection)
{
    if (!connection)
        return;
    if (connection->fd >= 0)
        close(connection->fd);
    echo_line_clear(&connection->line);
    buffer_clear(&connection->answers);
    free(connection);
}

static void log_event(struct connection_env *env, const char *event,
                      const struct connection *connection, const char *reason)
{
    if (env->options->quiet)
        return;
    log_line_event(&env->log, event, connection->address, reason);
    env->log_lines++;
}

struct said_context {
    struct connection_env *env;
    const char *address;
};

static void log_said(void *context, const char *text, size_t length)
{
    struct said_context *said = context;

    log_line_says(&said->env->log, said->address, text, length);
    said->env->log_lines++;
}

static bool is_waiting_to_write(enum connection_state state)
{
    return state == CONNECTION_WRITING || state == CONNECTION_FLUSHING;
}

/* The one door of every change of state; keeps what epoll waits for in step. */
static void enter(struct connection *connection, struct connection_env *env,
                  enum connection_state state)
{
    bool was_writing = is_waiting_to_write(connection->state);
    bool writing = is_waiting_to_write(state);
    struct epoll_event event = { .events = writing ? EPOLLOUT : EPOLLIN, .data.ptr = connection };

    assert(reachable[connection->state] & 1U << state);
    connection->state = state;
    connection->touched_ns = env->now_ns;
    if (state != CONNECTION_CLOSED && writing != was_writing)
        epoll_ctl(env->epoll_fd, EPOLL_CTL_MOD, connection->fd, &event);
}

/* Tell the others what this client holds now. */
static void account(struct connection *connection, struct connection_env *env)
{
    size_t held = connection->line.partial.capacity + connection->answers.capacity;
    size_t before = connection->held;
    size_t total;

    if (held == before)
        return;
    connection->held = held;
    total = atomic_fetch_add_explicit(env->held, held - before, memory_order_relaxed);
    if (held > before && total + (held - before) > env->options->max_memory)
        connection_close(connection, env, "too much is held for all clients (--max-memory)");
}

void connection_close(struct connection *connection, struct connection_env *env, const char *reason)
{
    if (connection->state == CONNECTION_CLOSED)
        return;
    if (reason)
        log_event(env, "closed", connection, reason);
    log_event(env, "disconnected", connection, NULL);
    enter(connection, env, CONNECTION_CLOSED);
    close(connection->fd);
    connection->fd = -1;
    echo_line_clear(&connection->line);
    buffer_clear(&connection->answers);
    account(connection, env);
}

/* All is answered. When the client closed first there is nothing that a close could destroy. */
static void finish(struct connection *connection, struct connection_env *env)
{
    if (connection->input_ended || shutdown(connection->fd, SHUT_WR) < 0)
        connection_close(connection, env, NULL);
    else
        enter(connection, env, CONNECTION_LINGERING);
}

enum send_result {
    SEND_DONE,
    SEND_BLOCKED,
    SEND_FAILED
};

/* Send what fits; `sent` counts on. */
static enum send_result send_some(int fd, const struct buffer *answers, size_t *sent)
{
    while (*sent < answers->length) {
        ssize_t n = send(fd, answers->data + *sent, answers->length - *sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? SEND_BLOCKED : SEND_FAILED;
        *sent += (size_t)n;
    }
    return SEND_DONE;
}

static void write_more(struct connection *connection, struct connection_env *env)
{
    size_t before = connection->sent;

    switch (send_some(connection->fd, &connection->answers, &connection->sent)) {
    case SEND_FAILED:
        connection_close(connection, env, NULL);
        return;
    case SEND_BLOCKED:
        if (connection->sent > before)
            connection->touched_ns = env->now_ns;
        return;
    case SEND_DONE:
        break;
    }
    buffer_clear(&connection->answers);
    connection->sent = 0;
    account(connection, env);
    if (connection->state == CONNECTION_FLUSHING)
        finish(connection, env);
    else
        enter(connection, env, CONNECTION_READING);
}

enum after_answers {
    THEN_READ,
    THEN_END
};

/* Send the scratch answers, keep what the client does not take. */
static void send_answers(struct connection *connection, struct connection_env *env,
                         enum after_answers then)
{
    size_t sent = 0;

    switch (send_some(connection->fd, &env->answers, &sent)) {
    case SEND_FAILED:
        connection_close(connection, env, NULL);
        return;
    case SEND_BLOCKED:
        buffer_add(&connection->answers, env->answers.data + sent, env->answers.length - sent);
        enter(connection, env, then == THEN_END ? CONNECTION_FLUSHING : CONNECTION_WRITING);
        return;
    case SEND_DONE:
        if (then == THEN_END)
            finish(connection, env);
        return;
    }
}

static enum echo_verdict answer_input(struct connection *connection, struct connection_env *env,
                                      size_t length)
{
    struct said_context said = { env, connection->address };
    struct echo_sink sink = {
        .answers = &env->answers,
        .said = env->options->quiet ? NULL : log_said,
        .context = &said,
        .max_line = env->options->max_line,
    };

    if (length)
        return echo_line_feed(&connection->line, &sink, env->input, length);
    connection->input_ended = true;
    return echo_line_finish(&connection->line, &sink);
}

/* One read and its answers. False when there was nothing to read. */
static bool read_more(struct connection *connection, struct connection_env *env)
{
    ssize_t n = recv(connection->fd, env->input, CONNECTION_READ_SIZE, 0);
    enum echo_verdict verdict;

    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            connection_close(connection, env, NULL);
        return false;
    }
    connection->touched_ns = env->now_ns;
    verdict = answer_input(connection, env, (size_t)n);
    send_answers(connection, env,
                 verdict == ECHO_BYE || connection->input_ended ? THEN_END : THEN_READ);
    if (verdict == ECHO_TOO_LONG)
        connection_close(connection, env, "a line is longer than --max-line allows");
    if (env->answers.capacity > SCRATCH_MAX)
        buffer_clear(&env->answers);
    buffer_reset(&env->answers);
    account(connection, env);
    return true;
}

static void read_lingering(struct connection *connection, struct connection_env *env)
{
    ssize_t n = recv(connection->fd, env->input, CONNECTION_READ_SIZE, 0);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        connection_close(connection, env, NULL);
}

void connection_start(struct connection *connection, struct connection_env *env)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };

    connection->touched_ns = env->now_ns;
    log_event(env, "connected", connection, NULL);
    if (epoll_ctl(env->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) < 0)
        connection_close(connection, env, "the system cannot watch more clients");
}

void connection_ready(struct connection *connection, struct connection_env *env)
{
    switch (connection->state) {
    case CONNECTION_READING:
        read_more(connection, env);
        break;
    case CONNECTION_WRITING:
    case CONNECTION_FLUSHING:
        write_more(connection, env);
        break;
    case CONNECTION_LINGERING:
        read_lingering(connection, env);
        break;
    case CONNECTION_CLOSED:
    case CONNECTION_STATE_COUNT:
        break;
    }
}

void connection_drain(struct connection *connection, struct connection_env *env)
{
    bool idle = env->now_ns - connection->touched_ns > CONNECTION_LINGER_NS;

    for (int i = 0; i < DRAIN_READS && connection->state == CONNECTION_READING; i++) {
        if (!read_more(connection, env))
            break;
        idle = false;
    }
    if (connection->state == CONNECTION_WRITING)
        enter(connection, env, CONNECTION_FLUSHING);
    else if (connection->state == CONNECTION_READING && idle)
        connection_close(connection, env, NULL);
    else if (connection->state == CONNECTION_READING)
        finish(connection, env);
}
