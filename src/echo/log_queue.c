// SPDX-License-Identifier: Apache-2.0
#include "echo/log_queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

/* Lines that come within this time share one write and one wake-up of the writer. */
#define LOG_WINDOW_NS (10 * CLOCK_NS_PER_MS)

struct log_queue {
    pthread_t writer;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* on the monotonic clock */
    int fd;
    size_t limit;
    /* Under `lock`: */
    struct buffer pending;
    size_t dropped; /* lines since the last ones were written */
    bool stopping;
    bool ended;  /* the writer has written all there was */
    bool broken; /* nobody reads any more: nothing is queued */
};

static bool has_work(const struct log_queue *queue)
{
    return queue->pending.length || queue->dropped;
}

static void wait_changed(struct log_queue *queue, int64_t deadline)
{
    struct timespec when = {
        .tv_sec = deadline / CLOCK_NS_PER_S,
        .tv_nsec = deadline % CLOCK_NS_PER_S,
    };

    pthread_cond_timedwait(&queue->changed, &queue->lock, &when);
}

/* False when the reader is gone. */
static bool write_lines(int fd, const struct buffer *text)
{
    size_t done = 0;

    while (done < text->length) {
        ssize_t n = write(fd, text->data + done, text->length - done);

        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
        else if (n == 0 || errno != EINTR)
            return false;
    }
    return true;
}

/* Swap what is queued into `batch`, and say what is missing after it. */
static void take_batch(struct log_queue *queue, struct buffer *batch)
{
    struct buffer empty = *batch;

    *batch = queue->pending;
    queue->pending = empty;
    buffer_reset(&queue->pending);
    if (queue->dropped)
        buffer_printf(batch, "[dropped] %zu log lines: this log is read too slowly\n",
                      queue->dropped);
    queue->dropped = 0;
}

static void *run_writer(void *context)
{
    AUTO(buffer) struct buffer batch = { 0 };
    struct log_queue *queue = context;
    int64_t window_end = 0;

    pthread_mutex_lock(&queue->lock);
    while (!queue->broken) {
        bool written;

        while (!has_work(queue) && !queue->stopping)
            pthread_cond_wait(&queue->changed, &queue->lock);
        if (!has_work(queue))
            break;
        while (!queue->stopping && queue->pending.length < queue->limit / 2 &&
               clock_now() < window_end)
            wait_changed(queue, window_end);

        take_batch(queue, &batch);
        pthread_mutex_unlock(&queue->lock);
        written = write_lines(queue->fd, &batch);
        window_end = clock_now() + LOG_WINDOW_NS;
        pthread_mutex_lock(&queue->lock);
        queue->broken = !written;
    }
    queue->ended = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
    return NULL;
}

int log_queue_new(int fd, size_t limit, struct log_queue **ret_queue, struct chaos_error *err)
{
    struct log_queue *queue = mem_zero(1, sizeof(*queue));
    pthread_condattr_t monotonic;
    int r;

    queue->fd = fd;
    queue->limit = limit;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    r = pthread_create(&queue->writer, NULL, run_writer, queue);
    if (r) {
        log_queue_free(queue);
        return chaos_error_set_errno(err, r, "cannot start the thread that writes the log");
    }
    *ret_queue = queue;
    return 0;
}

void log_queue_add(struct log_queue *queue, const char *text, size_t length, size_t lines)
{
    bool wake;

    pthread_mutex_lock(&queue->lock);
    wake = !has_work(queue);
    if (queue->broken) {
        wake = false;
    } else if (length > queue->limit - queue->pending.length) {
        queue->dropped += lines;
    } else {
        buffer_add(&queue->pending, text, length);
        wake = wake || queue->pending.length >= queue->limit / 2;
    }
    if (wake)
        pthread_cond_signal(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

bool log_queue_stop(struct log_queue *queue, int64_t deadline)
{
    bool ended;

    pthread_mutex_lock(&queue->lock);
    queue->stopping = true;
    pthread_cond_broadcast(&queue->changed);
    while (!queue->ended && clock_now() < deadline)
        wait_changed(queue, deadline);
    ended = queue->ended;
    pthread_mutex_unlock(&queue->lock);
    if (ended)
        pthread_join(queue->writer, NULL);
    return ended;
}

void log_queue_free(struct log_queue *queue)
{
    if (!queue)
        return;
    buffer_clear(&queue->pending);
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}
