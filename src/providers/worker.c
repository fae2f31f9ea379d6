// SPDX-License-Identifier: Apache-2.0
#include "providers/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "providers/worker_process.h"

#define PROTOCOL      1
#define HELLO_S       60.0 /* interpreters on network file systems are slow to start */
#define KILL_AFTER_MS 500  /* after SIGTERM */
#define LOOK_EVERY_MS 20   /* whether it died, without a pidfd */
#define STDERR_KEPT   2000
#define STDERR_SHOWN  400
#define READ_SIZE     ((size_t)64 * 1024)

struct worker {
    atomic_int references;
    pthread_t thread;
    struct worker_setup setup; /* argv and init only until hello */
    struct cancel wake;        /* the thread has something to do */
    pthread_mutex_t lock;      /* guards all below */
    struct worker_process process;
    struct buffer out; /* not yet written */
    struct worker_pending *pending;
    struct worker_pending *hello; /* what worker_start() waits for */
    json_int_t last_id;
    json_int_t abandoned; /* request that holds the main thread, or 0 */
    bool dead;
    bool closing;
    char *death;
    /* The thread's own. */
    struct buffer in;
    struct buffer stderr_tail;
    bool greeted;
    int64_t term_at;
    int64_t kill_at;
};

static void complete(struct worker_pending *pending, json_t *reply)
{
    uint64_t one = 1;

    pending->reply = reply;
    pending->done = true;
    (void)!write(pending->fd, &one, sizeof(one));
}

/* Write what the socket takes; the lock is held. */
static void flush_out(struct worker *worker)
{
    while (worker->out.length && !worker->dead) {
        ssize_t n = send(worker->process.socket, worker->out.data, worker->out.length,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            buffer_reset(&worker->out); /* it is leaving: its death tells the rest */
        if (n <= 0)
            return;
        buffer_consume(&worker->out, (size_t)n);
    }
}

/* Append a frame and write what can be written at once; the lock is held. */
static int enqueue(struct worker *worker, json_t *message, struct chaos_error *err)
{
    bool idle = worker->out.length == 0;
    int r = worker_frame_write(&worker->out, message, err);

    if (r < 0)
        return r;
    if (idle)
        flush_out(worker);
    if (worker->out.length)
        cancel_raise(&worker->wake, 1);
    return 0;
}

int worker_send(struct worker *worker, json_t *message, struct chaos_error *err)
{
    int r = 0;

    log_flush();
    pthread_mutex_lock(&worker->lock);
    if (!worker->dead)
        r = enqueue(worker, message, err);
    pthread_mutex_unlock(&worker->lock);
    return r;
}

int worker_request(struct worker *worker, json_t *request, struct worker_pending *pending,
                   struct chaos_error *err)
{
    int r = 0;

    log_flush(); /* the worker may print at once */
    *pending = (struct worker_pending){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
    if (pending->fd < 0)
        return chaos_error_set_errno(err, errno, "cannot create an event descriptor");
    pthread_mutex_lock(&worker->lock);
    pending->id = ++worker->last_id;
    json_object_set_new(request, "id", json_integer(pending->id));
    if (worker->dead)
        complete(pending, NULL);
    else
        r = enqueue(worker, request, err);
    if (r == 0) {
        pending->next = worker->pending;
        worker->pending = pending;
    }
    pthread_mutex_unlock(&worker->lock);
    return r;
}

enum wait_result worker_await(struct worker *worker, struct worker_pending *pending,
                              int64_t deadline, const struct cancel *cancel)
{
    bool done;

    for (;;) {
        enum wait_result waited = wait_fd(pending->fd, POLLIN, deadline, cancel);

        pthread_mutex_lock(&worker->lock);
        done = pending->done;
        pthread_mutex_unlock(&worker->lock);
        if (done)
            return WAIT_READY; /* even when cancelled: what is there counts */
        if (waited != WAIT_READY)
            return waited;
    }
}

static void unlink_pending(struct worker *worker, const struct worker_pending *pending)
{
    for (struct worker_pending **at = &worker->pending; *at; at = &(*at)->next) {
        if (*at == pending) {
            *at = pending->next;
            return;
        }
    }
}

void worker_finish(struct worker *worker, struct worker_pending *pending)
{
    pthread_mutex_lock(&worker->lock);
    unlink_pending(worker, pending);
    pthread_mutex_unlock(&worker->lock);
    json_decref(pending->reply);
    fd_autop(&pending->fd);
    *pending = (struct worker_pending){ .fd = -1 };
}

void worker_abandon(struct worker *worker, const struct worker_pending *pending)
{
    pthread_mutex_lock(&worker->lock);
    if (!pending->done)
        worker->abandoned = pending->id;
    pthread_mutex_unlock(&worker->lock);
}

bool worker_is_stuck(struct worker *worker)
{
    bool stuck;

    pthread_mutex_lock(&worker->lock);
    stuck = worker->abandoned != 0;
    pthread_mutex_unlock(&worker->lock);
    return stuck;
}

bool worker_is_dead(struct worker *worker)
{
    bool dead;

    pthread_mutex_lock(&worker->lock);
    dead = worker->dead;
    pthread_mutex_unlock(&worker->lock);
    return dead;
}

char *worker_death(struct worker *worker)
{
    char *death;

    pthread_mutex_lock(&worker->lock);
    death = mem_strdup(worker->death ? worker->death : "still there");
    pthread_mutex_unlock(&worker->lock);
    return death;
}

/* The lock is held. */
static void kill_process(struct worker *worker, int number)
{
    if (!worker->dead && worker->process.pid > 0)
        kill(worker->process.pid, number); /* not reaped yet, so the number is its own */
}

void worker_kill(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    kill_process(worker, SIGKILL);
    pthread_mutex_unlock(&worker->lock);
}

/* Give a reply to the one that waits for it; others are late. */
static void deliver(struct worker *worker, struct worker_message *message)
{
    pthread_mutex_lock(&worker->lock);
    if (worker->abandoned == message->id)
        worker->abandoned = 0;
    for (struct worker_pending *one = worker->pending; one; one = one->next) {
        if (one->id == message->id && !one->done) {
            complete(one, STEAL(message->body));
            break;
        }
    }
    pthread_mutex_unlock(&worker->lock);
}

static void greet(struct worker *worker, const struct worker_message *message)
{
    pthread_mutex_lock(&worker->lock);
    worker->greeted = true;
    if (message->id != PROTOCOL) {
        free(worker->death);
        worker->death = mem_printf("of another version of Fracas (protocol %lld, not %d)",
                                   (long long)message->id, PROTOCOL);
        kill_process(worker, SIGKILL);
    } else if (worker->hello) {
        complete(worker->hello, json_true());
        worker->hello = NULL;
    }
    pthread_mutex_unlock(&worker->lock);
}

static void handle(struct worker *worker, struct worker_message *message)
{
    switch (message->kind) {
    case WORKER_HELLO:
        greet(worker, message);
        return;
    case WORKER_REPLY:
        deliver(worker, message);
        return;
    case WORKER_LOG:
    case WORKER_SIGNAL:
    case WORKER_MOVED:
    case WORKER_ASK:
        worker->setup.on_message(worker->setup.self, worker, message);
        return;
    }
}

/* Handle every whole message that was read. */
static int handle_all(struct worker *worker, struct chaos_error *err)
{
    size_t offset = 0;
    bool found = true;

    while (found) {
        AUTO(worker_message) struct worker_message message = { 0 };
        int r = worker_frame_read(&worker->in, &offset, &message, &found, err);

        if (r < 0)
            return r;
        if (found)
            handle(worker, &message);
    }
    buffer_consume(&worker->in, offset);
    return 0;
}

/* Read what is there. False at the end of the stream. */
static bool read_socket(struct worker *worker)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    for (;;) {
        char *room = buffer_reserve(&worker->in, READ_SIZE);
        ssize_t n = recv(worker->process.socket, room, READ_SIZE, MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n <= 0)
            return false;
        worker->in.length += (size_t)n;
        worker->in.data[worker->in.length] = '\0';
        if (handle_all(worker, &err) == 0) {
            if ((size_t)n < READ_SIZE)
                return true;
            continue;
        }
        pthread_mutex_lock(&worker->lock);
        free(worker->death);
        worker->death = mem_printf("killed: %s", chaos_error_text(&err));
        kill_process(worker, SIGKILL);
        pthread_mutex_unlock(&worker->lock);
        return false;
    }
}

/* Until it says hello, keep what it writes to stderr; afterwards pass it on. False at its end. */
static bool read_stderr(struct worker *worker)
{
    char text[1024];
    ssize_t n = read(worker->process.errors, text, sizeof(text));

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    buffer_add(&worker->stderr_tail, text, (size_t)n);
    if (worker->stderr_tail.length > STDERR_KEPT)
        buffer_consume(&worker->stderr_tail, worker->stderr_tail.length - STDERR_KEPT);
    return true;
}

static void pass_stderr(struct worker *worker)
{
    if (worker->greeted && worker->stderr_tail.length) {
        (void)!write(STDERR_FILENO, worker->stderr_tail.data, worker->stderr_tail.length);
        buffer_reset(&worker->stderr_tail);
    }
}

/* When closing, first ask (end of stream), then SIGTERM, then SIGKILL; returns the next deadline.
 */
static int64_t close_step(struct worker *worker, bool *asked)
{
    int64_t now = clock_now();
    int64_t next = CLOCK_NEVER;

    pthread_mutex_lock(&worker->lock);
    if (worker->closing && !*asked) {
        *asked = true;
        shutdown(worker->process.socket, SHUT_WR);
        worker->term_at = now + worker->setup.exit_ms * CLOCK_NS_PER_MS;
        worker->kill_at = worker->term_at + KILL_AFTER_MS * CLOCK_NS_PER_MS;
    }
    if (*asked && now >= worker->term_at)
        kill_process(worker, now >= worker->kill_at ? SIGKILL : SIGTERM);
    if (*asked)
        next = now < worker->term_at ? worker->term_at : worker->kill_at;
    if (*asked && now >= worker->kill_at)
        next = CLOCK_NEVER;
    pthread_mutex_unlock(&worker->lock);
    return next;
}

static short socket_events(struct worker *worker)
{
    short events;

    pthread_mutex_lock(&worker->lock);
    events = worker->out.length ? POLLIN | POLLOUT : POLLIN;
    pthread_mutex_unlock(&worker->lock);
    return events;
}

/* Without a pidfd to wait on, look from time to time. */
static bool has_died(const struct worker *worker, const struct pollfd *death)
{
    return worker->process.pidfd >= 0 ? death->revents != 0
                                      : worker_process_is_over(&worker->process);
}

/* Serve it until it has died. */
static void serve(struct worker *worker)
{
    enum {
        SOCKET,
        ERRORS,
        DEATH,
        COUNT
    };
    struct pollfd fds[COUNT] = {
        [SOCKET] = { .fd = worker->process.socket },
        [ERRORS] = { .fd = worker->process.errors, .events = POLLIN },
        [DEATH] = { .fd = worker->process.pidfd, .events = POLLIN },
    };
    bool asked = false;

    for (;;) {
        int64_t deadline = close_step(worker, &asked);
        int64_t look = clock_now() + LOOK_EVERY_MS * CLOCK_NS_PER_MS;
        enum wait_result waited;

        fds[SOCKET].events = socket_events(worker);
        for (size_t i = 0; i < COUNT; i++)
            fds[i].revents = 0;
        if (worker->process.pidfd < 0 && look < deadline)
            deadline = look;
        waited = wait_fds(fds, COUNT, deadline, &worker->wake);
        if (waited == WAIT_CANCELLED)
            cancel_reset(&worker->wake);
        if (waited != WAIT_READY && !has_died(worker, &fds[DEATH]))
            continue;
        if (fds[SOCKET].revents & POLLOUT) {
            pthread_mutex_lock(&worker->lock);
            flush_out(worker);
            pthread_mutex_unlock(&worker->lock);
        }
        if (fds[ERRORS].revents && !read_stderr(worker))
            fds[ERRORS].fd = -1;
        if (fds[SOCKET].revents & (POLLIN | POLLHUP | POLLERR) && !read_socket(worker))
            fds[SOCKET].fd = -1;
        pass_stderr(worker);
        if (has_died(worker, &fds[DEATH])) {
            if (fds[SOCKET].fd >= 0)
                read_socket(worker); /* what it wrote between the two looks */
            return;
        }
    }
}

/* Its last words, on one line. */
static char *last_words(const struct worker *worker)
{
    const char *text = buffer_text(&worker->stderr_tail);
    size_t length = strlen(text);
    char *words = str_trim(length > STDERR_SHOWN ? text + length - STDERR_SHOWN : text);

    for (char *at = words; *at; at++) {
        if ((unsigned char)*at < ' ')
            *at = *at == '\n' ? '|' : ' ';
        else if ((unsigned char)*at >= 0x80) /* may have been cut in the middle of a character */
            *at = '?';
    }
    return words;
}

/* Tell everybody who waits. */
static void bury(struct worker *worker)
{
    AUTO(str) char *how = NULL;
    AUTO(str) char *words = NULL;

    while (worker->process.errors >= 0 && read_stderr(worker))
        if (wait_fd(worker->process.errors, POLLIN, 0, NULL) != WAIT_READY)
            break;
    words = last_words(worker);
    pthread_mutex_lock(&worker->lock);
    how = worker_process_death(worker_process_reap(&worker->process));
    if (!worker->death)
        worker->death = *words && !worker->greeted ? mem_printf("%s: %s", how, words) : STEAL(how);
    worker->dead = true;
    if (worker->hello)
        complete(worker->hello, NULL);
    worker->hello = NULL;
    for (struct worker_pending *one = worker->pending; one; one = one->next)
        if (!one->done)
            complete(one, NULL);
    worker->abandoned = 0;
    pthread_mutex_unlock(&worker->lock);
    pass_stderr(worker);
}

static void *worker_thread(void *argument)
{
    struct worker *worker = argument;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct worker_process process;
    int r =
        worker_process_start(worker->setup.argv, worker->setup.stdout_to_stderr, &process, &err);

    pthread_mutex_lock(&worker->lock);
    if (r == 0) {
        worker->process = process;
        r = enqueue(worker, worker->setup.init, &err);
        if (r < 0)
            kill_process(worker, SIGKILL);
    } else {
        worker->dead = true;
    }
    if (r < 0) {
        worker->death = mem_strdup(chaos_error_text(&err));
        complete(worker->hello, NULL);
        worker->hello = NULL;
    }
    pthread_mutex_unlock(&worker->lock);
    if (worker->dead)
        return NULL;
    serve(worker);
    bury(worker);
    return NULL;
}

/* Threads of ours leave all signals to the threads of the engine. */
static int start_thread(struct worker *worker, struct chaos_error *err)
{
    sigset_t all;
    sigset_t old;
    int number;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    number = pthread_create(&worker->thread, NULL, worker_thread, worker);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (number)
        return chaos_error_set_errno(err, number, "cannot start a thread");
    return 0;
}

static void destroy(struct worker *worker)
{
    worker_process_clear(&worker->process);
    cancel_clear(&worker->wake);
    buffer_clear(&worker->in);
    buffer_clear(&worker->out);
    buffer_clear(&worker->stderr_tail);
    free(worker->death);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}

static int await_hello(struct worker *worker, struct worker_pending *hello,
                       const struct cancel *cancel, struct chaos_error *err)
{
    AUTO(str) char *death = NULL;

    switch (worker_await(worker, hello, clock_deadline(HELLO_S), cancel)) {
    case WAIT_CANCELLED:
        return chaos_error_set(err, CHAOS_E_CANCELLED, "the start of Python was cancelled");
    case WAIT_TIMEOUT:
        return chaos_error_set(err, CHAOS_E_TIMEOUT, "it did not answer within %.0f s", HELLO_S);
    case WAIT_READY:
        break;
    }
    if (hello->reply)
        return 0;
    death = worker_death(worker);
    return chaos_error_set(err, CHAOS_E_REMOTE, "%s", death);
}

int worker_start(const struct worker_setup *setup, const struct cancel *cancel,
                 struct worker **ret_worker, struct chaos_error *err)
{
    struct worker *worker = mem_zero(1, sizeof(*worker));
    struct worker_pending hello = { .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
    int r;

    atomic_init(&worker->references, 1);
    worker->setup = *setup;
    worker->hello = &hello;
    worker->process = (struct worker_process){ .pid = -1, .pidfd = -1, .socket = -1, .errors = -1 };
    pthread_mutex_init(&worker->lock, NULL);
    r = hello.fd < 0 ? chaos_error_set_errno(err, errno, "cannot create an event descriptor")
                     : cancel_init(&worker->wake, err);
    if (r == 0)
        r = start_thread(worker, err);
    if (r < 0) {
        fd_autop(&hello.fd);
        destroy(worker);
        return r;
    }
    r = await_hello(worker, &hello, cancel, err);
    pthread_mutex_lock(&worker->lock);
    worker->hello = NULL;
    pthread_mutex_unlock(&worker->lock);
    json_decref(hello.reply);
    fd_autop(&hello.fd);
    if (r < 0) {
        worker_kill(worker);
        worker_unref(worker);
        return r;
    }
    *ret_worker = worker;
    return 0;
}

struct worker *worker_ref(struct worker *worker)
{
    atomic_fetch_add(&worker->references, 1);
    return worker;
}

void worker_unref(struct worker *worker)
{
    if (!worker || atomic_fetch_sub(&worker->references, 1) > 1)
        return;
    pthread_mutex_lock(&worker->lock);
    worker->closing = true;
    pthread_mutex_unlock(&worker->lock);
    cancel_raise(&worker->wake, 1);
    pthread_join(worker->thread, NULL);
    destroy(worker);
}
