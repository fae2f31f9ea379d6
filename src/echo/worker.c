// SPDX-License-Identifier: Apache-2.0
/* The loop, in this order: wait, take in new clients, serve those that are ready, close those that
 * are late, follow a new order, pass the log on. */
#include "echo/worker.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/mem.h"

#define EVENTS_MAX 256
/* The log is passed on early when one round makes so much of it. */
#define LOG_BATCH_SIZE 32768
/* One read of tiny lines may make more of it; that much memory is not kept. */
#define LOG_KEPT_MAX 262144

struct connection_list {
    struct connection *first;
    struct connection *last;
};

struct worker {
    pthread_t thread;
    struct worker_shared *shared;
    struct connection_env env;
    int wake_fd;
    atomic_int order;
    atomic_size_t load; /* clients, those in the inbox too */
    pthread_mutex_t inbox_lock;
    struct connection *inbox; /* linked by `next`, newest first */
    /* Both with the one touched longest ago first. */
    struct connection_list serving;
    struct connection_list lingering;
    int64_t drain_deadline;
};

static void list_append(struct connection_list *list, struct connection *connection)
{
    connection->next = NULL;
    connection->previous = list->last;
    if (list->last)
        list->last->next = connection;
    else
        list->first = connection;
    list->last = connection;
}

static void list_remove(struct connection_list *list, struct connection *connection)
{
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        list->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    else
        list->last = connection->previous;
}

static struct connection_list *home(struct worker *worker, enum connection_state state)
{
    return state == CONNECTION_LINGERING ? &worker->lingering : &worker->serving;
}

static void push_log(struct worker *worker)
{
    struct connection_env *env = &worker->env;

    if (env->log.length)
        log_queue_add(worker->shared->log, env->log.data, env->log.length, env->log_lines);
    buffer_reset(&env->log);
    if (env->log.capacity > LOG_KEPT_MAX)
        buffer_clear(&env->log);
    env->log_lines = 0;
}

/* Whether it must move to the end of `list`. The serving list is in order only for the sake of the
 * idle timeout: without one, busy clients are spared the walk over their neighbours' memory. */
static bool is_out_of_order(const struct worker *worker, const struct connection_list *list,
                            const struct connection *connection)
{
    return list == &worker->serving && worker->shared->options->idle_timeout_ns &&
           connection->touched_ns == worker->env.now_ns && connection != list->last;
}

/* After something happened to a connection that was in `before`: free it, or put it in its place.
 */
static void settle(struct worker *worker, struct connection *connection,
                   enum connection_state before)
{
    struct connection_list *from = home(worker, before);
    struct connection_list *to = home(worker, connection->state);

    if (connection->state == CONNECTION_CLOSED) {
        list_remove(from, connection);
        connection_free(connection);
        atomic_fetch_sub_explicit(&worker->load, 1, memory_order_relaxed);
    } else if (from != to || is_out_of_order(worker, to, connection)) {
        list_remove(from, connection);
        list_append(to, connection);
    }
    if (worker->env.log.length >= LOG_BATCH_SIZE)
        push_log(worker);
}

static void take_inbox(struct worker *worker)
{
    struct connection *connection;
    pthread_mutex_lock(&worker->inbox_lock);
    connection = worker->inbox;
    worker->inbox = NULL;
    pthread_mutex_unlock(&worker->inbox_lock);

    while (connection) {
        struct connection *next = connection->next;

        list_append(&worker->serving, connection);
        connection_start(connection, &worker->env);
        settle(worker, connection, CONNECTION_READING);
        connection = next;
    }
}

static int64_t next_deadline(const struct worker *worker)
{
    int64_t idle_ns = worker->shared->options->idle_timeout_ns;
    int64_t deadline = worker->drain_deadline;

    if (idle_ns && worker->serving.first && worker->serving.first->touched_ns + idle_ns < deadline)
        deadline = worker->serving.first->touched_ns + idle_ns;
    if (worker->lingering.first &&
        worker->lingering.first->touched_ns + CONNECTION_LINGER_NS < deadline)
        deadline = worker->lingering.first->touched_ns + CONNECTION_LINGER_NS;
    return deadline;
}

static void close_older(struct worker *worker, struct connection_list *list, int64_t touched_ns,
                        const char *reason)
{
    while (list->first && list->first->touched_ns <= touched_ns) {
        struct connection *connection = list->first;
        enum connection_state before = connection->state;

        connection_close(connection, &worker->env, reason);
        settle(worker, connection, before);
    }
}

static void close_late(struct worker *worker, enum worker_order order)
{
    int64_t now = worker->env.now_ns;
    int64_t idle_ns = worker->shared->options->idle_timeout_ns;

    if (now >= worker->drain_deadline || order == WORKER_STOP) {
        close_older(worker, &worker->serving, CLOCK_NEVER, NULL);
        close_older(worker, &worker->lingering, CLOCK_NEVER, NULL);
        return;
    }
    close_older(worker, &worker->lingering, now - CONNECTION_LINGER_NS, NULL);
    if (idle_ns)
        close_older(worker, &worker->serving, now - idle_ns, "idle for longer than --idle-timeout");
}

static void begin_drain(struct worker *worker)
{
    struct connection *connection = worker->serving.first;

    worker->drain_deadline = clock_now() + WORKER_DRAIN_NS;
    while (connection) {
        struct connection *next = connection->next;
        enum connection_state before = connection->state;

        connection_drain(connection, &worker->env);
        settle(worker, connection, before);
        connection = next;
    }
}

static void serve_ready(struct worker *worker, const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++) {
        struct connection *connection = events[i].data.ptr;
        enum connection_state before;

        if (!connection) /* the wake-up */
            continue;
        before = connection->state;
        connection_ready(connection, &worker->env);
        settle(worker, connection, before);
    }
}

static bool is_woken(const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++)
        if (!events[i].data.ptr)
            return true;
    return false;
}

static void *run_worker(void *context)
{
    struct worker *worker = context;
    struct epoll_event events[EVENTS_MAX];
    enum worker_order order = WORKER_SERVE;
    eventfd_t wakes;

    while (order == WORKER_SERVE || atomic_load(&worker->load)) {
        int count = epoll_wait(worker->env.epoll_fd, events, EVENTS_MAX,
                               clock_poll_timeout(next_deadline(worker)));

        worker->env.now_ns = clock_now();
        serve_ready(worker, events, count);
        if (is_woken(events, count)) {
            /* before the inbox: whoever gives an order has given its last client */
            eventfd_read(worker->wake_fd, &wakes);
            order = (enum worker_order)atomic_load(&worker->order);
            take_inbox(worker);
        }
        close_late(worker, order);
        if (order == WORKER_DRAIN && worker->drain_deadline == CLOCK_NEVER)
            begin_drain(worker);
        push_log(worker);
    }
    eventfd_write(worker->shared->ended_fd, 1);
    return NULL;
}

static void free_parts(struct worker *worker)
{
    if (worker->env.epoll_fd >= 0)
        close(worker->env.epoll_fd);
    if (worker->wake_fd >= 0)
        close(worker->wake_fd);
    pthread_mutex_destroy(&worker->inbox_lock);
    buffer_clear(&worker->env.answers);
    buffer_clear(&worker->env.log);
    free(worker->env.input);
    free(worker);
}

static int start(struct worker *worker, struct chaos_error *err)
{
    struct epoll_event wake = { .events = EPOLLIN };
    int r;

    if (worker->env.epoll_fd < 0 || worker->wake_fd < 0 ||
        epoll_ctl(worker->env.epoll_fd, EPOLL_CTL_ADD, worker->wake_fd, &wake) < 0)
        return chaos_error_set_errno(err, errno, "cannot set up epoll");
    r = pthread_create(&worker->thread, NULL, run_worker, worker);
    if (r)
        return chaos_error_set_errno(err, r, "cannot start a thread");
    return 0;
}

int worker_new(struct worker_shared *shared, struct worker **ret_worker, struct chaos_error *err)
{
    struct worker *worker = mem_zero(1, sizeof(*worker));
    int r;

    worker->shared = shared;
    worker->drain_deadline = CLOCK_NEVER;
    worker->env = (struct connection_env){
        .options = shared->options,
        .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
        .input = mem_alloc(CONNECTION_READ_SIZE),
        .held = &shared->held,
    };
    worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&worker->inbox_lock, NULL);
    r = start(worker, err);
    if (r < 0) {
        free_parts(worker);
        return r;
    }
    *ret_worker = worker;
    return 0;
}

void worker_free(struct worker *worker)
{
    if (!worker)
        return;
    worker_order(worker, WORKER_STOP);
    pthread_join(worker->thread, NULL);
    free_parts(worker);
}

void worker_give_take(struct worker *worker, struct connection *connection)
{
    bool first;

    atomic_fetch_add_explicit(&worker->load, 1, memory_order_relaxed);
    pthread_mutex_lock(&worker->inbox_lock);
    first = !worker->inbox;
    connection->next = worker->inbox;
    worker->inbox = connection;
    pthread_mutex_unlock(&worker->inbox_lock);
    if (first)
        eventfd_write(worker->wake_fd, 1);
}

size_t worker_load(const struct worker *worker)
{
    return atomic_load_explicit(&worker->load, memory_order_relaxed);
}

void worker_order(struct worker *worker, enum worker_order order)
{
    atomic_store(&worker->order, (int)order);
    eventfd_write(worker->wake_fd, 1);
}
