// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"

struct world {
    char path[64];
};

static int set_up(void **state)
{
    static struct world world;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    int fd;

    world = (struct world){ .path = "/tmp/fracas-log.XXXXXX" };
    fd = mkstemp(world.path);
    if (fd < 0)
        return -1;
    close(fd);
    *state = &world;
    return log_open(&(struct log_options){ .console_level = LOG_LEVEL_COUNT,
                                           .file_path = world.path,
                                           .file_level = LOG_DEBUG },
                    &err);
}

static int tear_down(void **state)
{
    log_close();
    return unlink(((struct world *)*state)->path);
}

/* The texts of the records in the file, each followed by a '|'. */
static void assert_file_says(const struct world *world, const char *wanted)
{
    AUTO(buffer) struct buffer file = { 0 };
    AUTO(buffer) struct buffer texts = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    assert_int_equal(file_read(world->path, &file, 1 << 20, &err), 0);
    for (const char *at = buffer_text(&file); *at; at = strchr(at, '\n') + 1) {
        const char *text = strstr(at, "] ");

        text = strstr(text + 2, "] ") + 2;
        buffer_printf(&texts, "%.*s|", (int)strcspn(text, "\n"), text);
    }
    assert_string_equal(buffer_text(&texts), wanted);
}

static void a_record_is_written_at_once(void **state)
{
    log_info("one");
    assert_file_says(*state, "one|");
}

static void what_is_put_off_is_written_before_a_wait(void **state)
{
    log_defer();
    log_info("one");
    log_debug("two");
    assert_file_says(*state, "");
    assert_int_equal(wait_until(clock_now(), NULL), WAIT_TIMEOUT);
    assert_file_says(*state, "one|two|");
    log_defer_end();
}

static void a_wait_that_is_cancelled_at_once_writes_as_well(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct cancel cancel;

    assert_int_equal(cancel_init(&cancel, &err), 0);
    cancel_raise(&cancel, 1);
    log_defer();
    log_info("one");
    assert_int_equal(wait_until(CLOCK_NEVER, &cancel), WAIT_CANCELLED);
    assert_file_says(*state, "one|");
    log_defer_end();
    cancel_clear(&cancel);
}

static void a_warning_takes_along_what_was_put_off(void **state)
{
    log_defer();
    log_info("one");
    log_warning("two");
    assert_file_says(*state, "one|two|");
    log_defer_end();
}

static void only_the_last_end_writes_what_is_put_off(void **state)
{
    log_defer();
    log_defer();
    log_info("one");
    log_defer_end();
    assert_file_says(*state, "");
    log_defer_end();
    assert_file_says(*state, "one|");
}

static void the_end_of_the_log_writes_what_is_put_off(void **state)
{
    log_defer();
    log_info("one");
    log_close();
    assert_file_says(*state, "one|");
    log_defer_end();
}

static void *log_from_elsewhere(void *unused)
{
    (void)unused;
    log_info("two");
    return NULL;
}

static void a_record_of_another_thread_takes_along_what_was_put_off(void **state)
{
    pthread_t thread;

    log_defer();
    log_info("one");
    assert_int_equal(pthread_create(&thread, NULL, log_from_elsewhere, NULL), 0);
    pthread_join(thread, NULL);
    assert_file_says(*state, "one|two|");
    log_info("three");
    log_defer_end();
    assert_file_says(*state, "one|two|three|");
}

static void tell(const json_t *data)
{
    log_info("told %s", json_string_value(data));
}

static void what_is_told_later_keeps_its_place(void **state)
{
    AUTO(json) json_t *data = json_string("this");

    log_later(tell, data); /* nothing is put off: now */
    assert_file_says(*state, "told this|");
    log_defer();
    log_info("one");
    log_later(tell, data);
    log_later(tell, data);
    log_info("two");
    log_later(tell, data);
    log_defer_end();
    assert_file_says(*state, "told this|one|told this|told this|two|told this|");
}

static void much_may_be_told_later(void **state)
{
    AUTO(buffer) struct buffer wanted = { 0 };

    log_defer();
    for (int i = 0; i < 30; i++) {
        AUTO(json) json_t *data = json_sprintf("%d", i);

        log_later(tell, data);
        buffer_printf(&wanted, "told %d|", i);
    }
    log_defer_end();
    assert_file_says(*state, buffer_text(&wanted));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_record_is_written_at_once),
        TEST(what_is_put_off_is_written_before_a_wait),
        TEST(a_wait_that_is_cancelled_at_once_writes_as_well),
        TEST(a_warning_takes_along_what_was_put_off),
        TEST(only_the_last_end_writes_what_is_put_off),
        TEST(the_end_of_the_log_writes_what_is_put_off),
        TEST(a_record_of_another_thread_takes_along_what_was_put_off),
        TEST(what_is_told_later_keeps_its_place),
        TEST(much_may_be_told_later),
    };

    return cmocka_run_group_tests_name("the log", tests, NULL, NULL);
}
