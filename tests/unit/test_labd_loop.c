/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "labd/loop.h"

struct watched {
    struct loop *loop;
    int *remove; /* a descriptor that the first call removes, or NULL */
    int calls;
};

static void count(void *data, uint32_t events)
{
    struct watched *watched = data;

    (void)events;
    watched->calls++;
    if (watched->remove)
        loop_remove(watched->loop, *watched->remove);
}

static struct loop *new_loop(void)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct loop *loop = NULL;

    assert_int_equal(loop_new(&loop, &err), 0);
    return loop;
}

static void watch(struct loop *loop, int fd, struct watched *watched)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    watched->loop = loop;
    assert_int_equal(loop_add(loop, fd, EPOLLIN, count, watched, &err), 0);
}

static void turn(struct loop *loop)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    assert_int_equal(loop_turn(loop, 0, &err), 0);
}

static void ready_pipe(int ends[2])
{
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
}

static void what_is_ready_is_called(void **state)
{
    AUTO(loop) struct loop *loop = new_loop();
    struct watched watched = { 0 };
    int ends[2];

    (void)state;
    ready_pipe(ends);
    watch(loop, ends[0], &watched);
    turn(loop);
    assert_int_equal(watched.calls, 1);
    loop_remove(loop, ends[0]);
    turn(loop);
    assert_int_equal(watched.calls, 1);
    close(ends[0]);
    close(ends[1]);
}

static void what_another_call_removed_is_not_called(void **state)
{
    AUTO(loop) struct loop *loop = new_loop();
    int a[2];
    int b[2];
    struct watched first = { 0 };
    struct watched second = { 0 };

    (void)state;
    ready_pipe(a);
    ready_pipe(b);
    first.remove = &b[0];
    second.remove = &a[0];
    watch(loop, a[0], &first);
    watch(loop, b[0], &second);
    turn(loop);
    assert_int_equal(first.calls + second.calls, 1);
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
}

/* As a child that has inherited the descriptor and not executed its program yet. */
static void a_closed_descriptor_that_somebody_else_has_is_silent(void **state)
{
    AUTO(loop) struct loop *loop = new_loop();
    struct watched watched = { 0 };
    struct watched successor = { 0 };
    int ends[2];
    int others[2];
    int kept;

    (void)state;
    ready_pipe(ends);
    kept = dup(ends[0]);
    watch(loop, ends[0], &watched);
    close(ends[0]);
    loop_remove(loop, ends[0]);
    turn(loop);
    assert_int_equal(watched.calls, 0);
    /* nor is its event taken for one of whoever has its number next */
    assert_int_equal(pipe(others), 0);
    assert_int_equal(others[0], ends[0]);
    watch(loop, others[0], &successor);
    turn(loop);
    assert_int_equal(watched.calls, 0);
    assert_int_equal(successor.calls, 0);
    loop_remove(loop, others[0]);
    close(others[0]);
    close(others[1]);
    close(ends[1]);
    close(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_ready_is_called),
        cmocka_unit_test(what_another_call_removed_is_not_called),
        cmocka_unit_test(a_closed_descriptor_that_somebody_else_has_is_silent),
    };

    return cmocka_run_group_tests_name("the loop of the lab's daemon", tests, NULL, NULL);
}
