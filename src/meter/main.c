// SPDX-License-Identifier: Apache-2.0
// echometer: how long clients of an echo server were without it. Every 5 ms, on a fixed grid, it
// opens a connection and wants a line back. All in one file; one thread, one epoll loop.
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/json.h"

#define LINE_MAX_BYTES 512
/* The grid is kept for so many points: a day of 5 ms. */
#define POINTS_MAX 17280000

enum verdict {
    VERDICT_OPEN,
    VERDICT_OK,
    VERDICT_FAILED,
};

struct attempt {
    int fd; /* -1: none */
    size_t point;
    int64_t began;
    char expected[32];
    char in[LINE_MAX_BYTES];
    size_t n_in;
    bool is_sent;
    struct attempt *next; /* in the order of their beginning */
};

struct meter {
    struct sockaddr_in target;
    int64_t interval; /* ns */
    int64_t timeout;
    int64_t started; /* monotonic */
    int64_t started_wall;
    int epoll_fd;
    int timer_fd;
    struct attempt *first, *last;
    unsigned char *verdicts; /* enum verdict, one a point of the grid */
    float *latencies_ms;
    size_t n_points;
    size_t capacity;
    size_t skipped; /* points that this machine was too busy for */
};

static volatile sig_atomic_t was_told_to_end;

static void end_soon(int number)
{
    (void)number;
    was_told_to_end = 1;
}

static void record(struct meter *m, size_t point, enum verdict verdict, int64_t latency)
{
    m->verdicts[point] = (unsigned char)verdict;
    m->latencies_ms[point] = (float)((double)latency / 1e6);
}

static void close_attempt(struct meter *m, struct attempt *attempt, enum verdict verdict)
{
    if (attempt->fd < 0)
        return;
    close(attempt->fd); /* epoll forgets it */
    attempt->fd = -1;
    record(m, attempt->point, verdict, clock_now() - attempt->began);
}

static void add_point(struct meter *m)
{
    if (m->n_points == m->capacity) {
        m->capacity = m->capacity ? m->capacity * 2 : 4096;
        m->verdicts = mem_resize(m->verdicts, m->capacity);
        m->latencies_ms = mem_resize(m->latencies_ms, m->capacity * sizeof(*m->latencies_ms));
    }
    record(m, m->n_points++, VERDICT_OPEN, 0);
}

static void begin_attempt(struct meter *m)
{
    struct attempt *attempt = mem_zero(1, sizeof(*attempt));
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = attempt };
    int one = 1;

    attempt->point = m->n_points;
    attempt->began = clock_now();
    add_point(m);
    snprintf(attempt->expected, sizeof(attempt->expected), "meter %zu\n", attempt->point);
    attempt->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (m->last)
        m->last->next = attempt;
    else
        m->first = attempt;
    m->last = attempt;
    if (attempt->fd < 0) {
        record(m, attempt->point, VERDICT_FAILED, 0);
        return;
    }
    setsockopt(attempt->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if ((connect(attempt->fd, (const struct sockaddr *)(const void *)&m->target,
                 sizeof(m->target)) < 0 &&
         errno != EINPROGRESS) ||
        epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, attempt->fd, &event) < 0)
        close_attempt(m, attempt, VERDICT_FAILED);
}

/* A greeting may come first: what counts is that the line comes back. */
static void advance(struct meter *m, struct attempt *attempt, uint32_t events)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = attempt };
    size_t length = strlen(attempt->expected);
    ssize_t n;

    if (attempt->fd < 0)
        return;
    if (!attempt->is_sent && events & EPOLLOUT) {
        if (send(attempt->fd, attempt->expected, length, MSG_NOSIGNAL) != (ssize_t)length) {
            close_attempt(m, attempt, VERDICT_FAILED);
            return;
        }
        attempt->is_sent = true;
        epoll_ctl(m->epoll_fd, EPOLL_CTL_MOD, attempt->fd, &event);
    }
    if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
        return;
    n = recv(attempt->fd, attempt->in + attempt->n_in, sizeof(attempt->in) - 1 - attempt->n_in, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        close_attempt(m, attempt, VERDICT_FAILED);
        return;
    }
    attempt->n_in += (size_t)n;
    attempt->in[attempt->n_in] = '\0';
    if (strstr(attempt->in, attempt->expected))
        close_attempt(m, attempt, VERDICT_OK);
    else if (attempt->n_in == sizeof(attempt->in) - 1)
        close_attempt(m, attempt, VERDICT_FAILED);
}

/* Those that are over, or whose time is. */
static void drop_old(struct meter *m, int64_t limit)
{
    while (m->first && (m->first->fd < 0 || m->first->began <= limit)) {
        struct attempt *old = m->first;

        close_attempt(m, old, VERDICT_FAILED);
        m->first = old->next;
        if (!m->first)
            m->last = NULL;
        free(old);
    }
}

/* Points of the grid that passed while this process did not run are not measured, and say so. */
static void on_grid(struct meter *m)
{
    uint64_t passed = 0;

    if (read(m->timer_fd, &passed, sizeof(passed)) != (ssize_t)sizeof(passed))
        return;
    for (; passed > 1 && m->n_points < POINTS_MAX; passed--) {
        add_point(m);
        m->skipped++;
    }
    if (m->n_points < POINTS_MAX)
        begin_attempt(m);
}

static bool has_ended(pid_t child, int *ret_status)
{
    return child > 0 && waitpid(child, ret_status, WNOHANG) == child;
}

static int measure(struct meter *m, pid_t child)
{
    struct epoll_event events[64];
    int status = 0;
    bool is_over = false;

    while (!is_over) {
        int n = epoll_wait(m->epoll_fd, events, ARRAY_SIZE(events), 100);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr)
                advance(m, events[i].data.ptr, events[i].events);
            else
                on_grid(m);
        }
        drop_old(m, clock_now() - m->timeout);
        if (was_told_to_end && child > 0)
            kill(child, SIGTERM);
        is_over = child > 0 ? has_ended(child, &status) : was_told_to_end != 0;
        was_told_to_end = child > 0 ? 0 : was_told_to_end;
    }
    /* What is on its way may still come back. */
    for (int64_t end = clock_now() + m->timeout; m->first && clock_now() < end;) {
        int n = epoll_wait(m->epoll_fd, events, ARRAY_SIZE(events), 10);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr)
                advance(m, events[i].data.ptr, events[i].events);
        }
        drop_old(m, clock_now() - m->timeout);
    }
    drop_old(m, INT64_MAX);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;

    return (x > y) - (x < y);
}

static json_t *latencies(const struct meter *m)
{
    static const struct {
        const char *name;
        double share;
    } ranks[] = { { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "max", 1.0 } };
    AUTO(mem) float *sorted = mem_zero(m->n_points + 1, sizeof(*sorted));
    json_t *result = json_object();
    size_t n = 0;

    for (size_t i = 0; i < m->n_points; i++) {
        if (m->verdicts[i] == VERDICT_OK)
            sorted[n++] = m->latencies_ms[i];
    }
    qsort(sorted, n, sizeof(*sorted), compare_floats);
    for (size_t i = 0; n > 0 && i < ARRAY_SIZE(ranks); i++) {
        size_t rank = (size_t)ceil(ranks[i].share * (double)n);
        double ms = (double)sorted[rank ? rank - 1 : 0];

        json_object_set_new(result, ranks[i].name, json_real(round(ms * 1000) / 1000));
    }
    return result;
}

/* An outage begins with the first attempt that fails after one that did not and ends with the next
 * that succeeds. Both ends are known to one interval, so that its length is right to one. */
static json_t *outages(const struct meter *m)
{
    json_t *list = json_array();
    double step = (double)m->interval / 1e6;
    size_t i = 0;

    while (i < m->n_points) {
        size_t first = i;
        size_t end;
        char began[CLOCK_ISO_SIZE];

        if (m->verdicts[i] != VERDICT_FAILED) {
            i++;
            continue;
        }
        for (end = i; end < m->n_points && m->verdicts[end] != VERDICT_OK; end++)
            ;
        json_array_append_new(
            list,
            json_pack("{s:s, s:f, s:f, s:b}", "began",
                      clock_iso(m->started_wall + (int64_t)first * m->interval, began), "length_ms",
                      step * (double)(end - first), "error_ms", step, "ended", end < m->n_points));
        i = end;
    }
    return list;
}

static json_t *results(const struct meter *m, const char *target)
{
    size_t counts[3] = { 0 };
    char started[CLOCK_ISO_SIZE];
    size_t n;

    for (size_t i = 0; i < m->n_points; i++)
        counts[m->verdicts[i]]++;
    n = counts[VERDICT_OK] + counts[VERDICT_FAILED];
    return json_pack("{s:s, s:s, s:f, s:f, s:I, s:I, s:I, s:I, s:f, s:o, s:o}", "target", target,
                     "started", clock_iso(m->started_wall, started), "interval_ms",
                     (double)m->interval / 1e6, "timeout_ms", (double)m->timeout / 1e6, "attempts",
                     (json_int_t)n, "succeeded", (json_int_t)counts[VERDICT_OK], "failed",
                     (json_int_t)counts[VERDICT_FAILED], "skipped", (json_int_t)m->skipped,
                     "availability", n ? (double)counts[VERDICT_OK] / (double)n : 0.0, "outages",
                     outages(m), "latency_ms", latencies(m));
}

static double real_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void print(const json_t *r)
{
    const json_t *latency = json_object_get(r, "latency_ms");
    json_t *outage;
    size_t i;

    fprintf(stderr,
            "\n%s: %.3f %% of %" JSON_INTEGER_FORMAT " connections answered; latency p50 %.2f, "
            "p99 %.2f, max %.2f ms\n",
            json_string_value(json_object_get(r, "target")), real_of(r, "availability") * 100,
            json_integer_value(json_object_get(r, "attempts")), real_of(latency, "p50"),
            real_of(latency, "p99"), real_of(latency, "max"));
    if (json_integer_value(json_object_get(r, "skipped")) > 0)
        fprintf(stderr, "not measured for lack of processor time: %" JSON_INTEGER_FORMAT "\n",
                json_integer_value(json_object_get(r, "skipped")));
    json_array_foreach (json_object_get(r, "outages"), i, outage)
        fprintf(stderr, "outage at %.12s: %.0f ms (+-%.0f ms)%s\n",
                json_string_value(json_object_get(outage, "began")) + 11,
                real_of(outage, "length_ms"), real_of(outage, "error_ms"),
                json_is_true(json_object_get(outage, "ended")) ? "" : ", not over at the end");
    if (i == 0)
        fputs("no outage\n", stderr);
}

static const char usage[] =
    "usage: echometer [--interval MS] [--timeout MS] [--output FILE] ADDRESS:PORT [-- CMD ...]\n"
    "\n"
    "Opens a connection to an echo server every 5 ms, wants a line back within 100 ms, and tells\n"
    "how long clients were without it. Runs as long as CMD, whose exit status is then its own, or\n"
    "until it is interrupted.\n"
    "\n"
    "  --interval MS  between two connections (default 5)\n"
    "  --timeout MS   for the answer (default 100)\n"
    "  --output FILE  write the results as JSON\n";

static int misuse(const char *text)
{
    fprintf(stderr, "echometer: %s\n%s", text, usage);
    return 2;
}

static bool read_ms(const char *text, int64_t *ret_ns)
{
    char *end;
    double ms = strtod(text, &end);

    if (end == text || *end || !(ms >= 0.1 && ms <= 3600000))
        return false;
    *ret_ns = (int64_t)(ms * 1e6);
    return true;
}

static bool read_target(const char *text, struct sockaddr_in *ret_target)
{
    const char *colon = text ? strrchr(text, ':') : NULL;
    AUTO(str) char *address = colon ? mem_strndup(text, (size_t)(colon - text)) : NULL;
    char *end;
    unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;

    if (!colon || port < 1 || port > 65535 || *end)
        return false;
    ret_target->sin_family = AF_INET;
    ret_target->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, address, &ret_target->sin_addr) == 1;
}

static bool start(struct meter *m)
{
    struct epoll_event event = { .events = EPOLLIN };
    struct itimerspec grid = { 0 };
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    m->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    m->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    grid.it_interval.tv_sec = m->interval / CLOCK_NS_PER_S;
    grid.it_interval.tv_nsec = m->interval % CLOCK_NS_PER_S;
    grid.it_value = grid.it_interval;
    m->started = clock_now() + m->interval;
    m->started_wall = clock_wall() + m->interval;
    return m->epoll_fd >= 0 && m->timer_fd >= 0 &&
           epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, m->timer_fd, &event) == 0 &&
           timerfd_settime(m->timer_fd, 0, &grid, NULL) == 0;
}

static void catch_signals(void)
{
    struct sigaction end = { .sa_handler = end_soon };

    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGINT, &end, NULL);
}

static int finish(struct meter *m, const char *target, const char *output, int code)
{
    AUTO(json) json_t *made = results(m, target);
    AUTO(str) char *text = json_text(made, JSON_STYLE_INDENT_2);
    AUTO(chaos_error) struct chaos_error err = { 0 };

    print(made);
    free(m->verdicts);
    free(m->latencies_ms);
    close(m->epoll_fd);
    close(m->timer_fd);
    if (output && file_write_atomic(output, text, strlen(text), 0644, &err) < 0) {
        fprintf(stderr, "echometer: %s\n", chaos_error_text(&err));
        return code ? code : 1;
    }
    return code;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "interval", required_argument, NULL, 'i' },
        { "timeout", required_argument, NULL, 't' },
        { "output", required_argument, NULL, 'o' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    struct meter m = { .interval = 5 * CLOCK_NS_PER_MS, .timeout = 100 * CLOCK_NS_PER_MS };
    const char *output = NULL;
    const char *target;
    pid_t child = 0;
    int option;
    int r;

    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(usage, stdout);
            return 0;
        }
        if (option == 'o')
            output = optarg;
        else if (option == '?' || !read_ms(optarg, option == 'i' ? &m.interval : &m.timeout))
            return misuse("times are milliseconds from 0.1 to 3600000");
    }
    target = argv[optind];
    if (!read_target(target, &m.target))
        return misuse("where to? ADDRESS:PORT is an IPv4 address and a port");
    argv += optind + 1;
    if (argv[0] && strcmp(argv[0], "--") == 0)
        argv++;
    catch_signals();
    if (!start(&m))
        return misuse(strerrorname_np(errno));
    r = argv[0] ? posix_spawnp(&child, argv[0], NULL, NULL, argv, environ) : 0;
    if (r != 0) {
        fprintf(stderr, "echometer: cannot run '%s': %s\n", argv[0], strerrordesc_np(r));
        return 127;
    }
    return finish(&m, target, output, measure(&m, child));
}
