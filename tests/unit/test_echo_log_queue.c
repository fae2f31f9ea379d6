// SPDX-License-Identifier: Apache-2.0
#include "echo/log_queue.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"

#define LIMIT 4096
#define LINE  "0123456789abcde\n"

struct fixture {
    struct log_queue *queue;
    int ends[2];
};

static void start(struct fixture *fixture)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    assert_int_equal(pipe2(fixture->ends, O_CLOEXEC), 0);
    assert_int_equal(log_queue_new(fixture->ends[1], LIMIT, &fixture->queue, &err), 0);
}

/* Add until lines are dropped; returns how many were added in all. */
static size_t fill(struct fixture *fixture)
{
    size_t count = 0;

    /* a pipe of one page, a batch being written, and the queue hold less than this */
    assert_true(fcntl(fixture->ends[1], F_SETPIPE_SZ, 4096) >= 4096);
    for (; count < 10000; count++)
        log_queue_add(fixture->queue, LINE, sizeof(LINE) - 1, 1);
    return count;
}

static bool stop(const struct fixture *fixture, int64_t wait_ns)
{
    return log_queue_stop(fixture->queue, clock_now() + wait_ns);
}

static void what_was_added_is_written_in_order_before_the_end(void **state)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct fixture fixture;

    (void)state;
    start(&fixture);
    log_queue_add(fixture.queue, "one\n", 4, 1);
    log_queue_add(fixture.queue, "two\nthree\n", 10, 2);
    assert_true(stop(&fixture, 10 * CLOCK_NS_PER_S));
    log_queue_free(fixture.queue);
    close(fixture.ends[1]);
    assert_int_equal(fd_read_all(fixture.ends[0], &text, LIMIT, &err), 0);
    assert_string_equal(buffer_text(&text), "one\ntwo\nthree\n");
    close(fixture.ends[0]);
}

static void a_reader_that_stands_still_does_not_hold_up_those_who_add(void **state)
{
    struct fixture fixture;

    (void)state;
    start(&fixture);
    fill(&fixture);
    assert_false(stop(&fixture, 20 * CLOCK_NS_PER_MS));
    close(fixture.ends[0]); /* ends the writer's write */
    assert_true(stop(&fixture, 10 * CLOCK_NS_PER_S));
    log_queue_free(fixture.queue);
    close(fixture.ends[1]);
}

static void *read_all(void *context)
{
    struct fixture *fixture = context;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct buffer *text = mem_zero(1, sizeof(*text));

    if (fd_read_all(fixture->ends[0], text, (size_t)1024 * 1024, &err) < 0)
        abort();
    return text;
}

static size_t count_text(const char *text, const char *part)
{
    size_t count = 0;

    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

static void dropped_lines_are_counted_to_the_last_one(void **state)
{
    struct fixture fixture;
    struct buffer *text;
    pthread_t reader;
    size_t dropped = 0;
    size_t added;

    (void)state;
    start(&fixture);
    added = fill(&fixture);
    assert_int_equal(pthread_create(&reader, NULL, read_all, &fixture), 0);
    assert_true(stop(&fixture, 10 * CLOCK_NS_PER_S));
    log_queue_free(fixture.queue);
    close(fixture.ends[1]);
    pthread_join(reader, (void **)&text);
    for (const char *at = strstr(text->data, "[dropped] "); at; at = strstr(at + 1, "[dropped] "))
        dropped += strtoul(at + strlen("[dropped] "), NULL, 10);
    assert_true(dropped > 0);
    assert_int_equal(count_text(text->data, LINE) + dropped, added);
    close(fixture.ends[0]);
    buffer_clear(text);
    free(text);
}

static void without_a_reader_everything_is_let_go(void **state)
{
    struct fixture fixture;

    (void)state;
    start(&fixture);
    close(fixture.ends[0]);
    fill(&fixture);
    assert_true(stop(&fixture, 10 * CLOCK_NS_PER_S));
    log_queue_free(fixture.queue);
    close(fixture.ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_is_written_in_order_before_the_end),
        cmocka_unit_test(a_reader_that_stands_still_does_not_hold_up_those_who_add),
        cmocka_unit_test(dropped_lines_are_counted_to_the_last_one),
        cmocka_unit_test(without_a_reader_everything_is_let_go),
    };
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    sigaction(SIGPIPE, &ignore, NULL);
    return cmocka_run_group_tests_name("echo log queue", tests, NULL, NULL);
}
