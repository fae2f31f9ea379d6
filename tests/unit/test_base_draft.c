// SPDX-License-Identifier: Apache-2.0
#include "base/draft.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"

struct world {
    char folder[32];
    char *path;
    struct draft draft;
    struct chaos_error err;
};

static int set_up(void **state)
{
    struct world *world = mem_zero(1, sizeof(*world));

    snprintf(world->folder, sizeof(world->folder), "/tmp/fracas-draft-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    world->path = mem_printf("%s/target", world->folder);
    world->draft.fd = -1;
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    draft_clear(&world->draft);
    unlink(world->path);
    assert_int_equal(rmdir(world->folder), 0); /* nothing else was left in it */
    free(world->path);
    chaos_error_clear(&world->err);
    free(world);
    return 0;
}

static void assert_content(struct world *world, const char *text)
{
    AUTO(buffer) struct buffer content = { 0 };

    assert_int_equal(file_read(world->path, &content, 100, &world->err), 0);
    assert_string_equal(buffer_text(&content), text);
}

static void open_and_write(struct world *world, const char *text)
{
    assert_int_equal(draft_open(world->path, 0640, &world->draft, &world->err), 0);
    assert_false(world->draft.is_direct);
    assert_int_equal(fd_write_all(world->draft.fd, text, strlen(text), &world->err), 0);
}

static void a_new_file_is_there_when_it_is_kept(void **state)
{
    struct world *world = *state;
    struct stat info;

    open_and_write(world, "new");
    assert_int_equal(access(world->path, F_OK), -1);
    assert_int_equal(draft_keep(&world->draft, &world->err), 0);
    assert_content(world, "new");
    assert_int_equal(stat(world->path, &info), 0);
    assert_int_equal(info.st_mode & 07777 & ~0640, 0);
}

static void an_old_file_stays_until_the_new_one_is_kept(void **state)
{
    struct world *world = *state;
    struct stat info;

    assert_int_equal(file_write_atomic(world->path, "old", 3, 0600, &world->err), 0);
    assert_int_equal(chmod(world->path, 0604), 0);
    open_and_write(world, "new");
    assert_content(world, "old");
    assert_int_equal(draft_keep(&world->draft, &world->err), 0);
    assert_content(world, "new");
    assert_int_equal(stat(world->path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0604);
}

static void what_is_not_kept_is_gone(void **state)
{
    struct world *world = *state;

    open_and_write(world, "half");
    draft_clear(&world->draft);
    assert_int_equal(access(world->path, F_OK), -1);
}

static void a_draft_can_begin_again(void **state)
{
    struct world *world = *state;

    open_and_write(world, "too long");
    assert_int_equal(draft_rewind(&world->draft, &world->err), 0);
    assert_int_equal(fd_write_all(world->draft.fd, "new", 3, &world->err), 0);
    assert_int_equal(draft_keep(&world->draft, &world->err), 0);
    assert_content(world, "new");
}

static void a_draft_that_was_left_is_in_nobody_s_way(void **state)
{
    struct world *world = *state;
    AUTO(str) char *left = mem_printf("%s.%ld-0.tmp", world->path, (long)getpid());
    AUTO(buffer) struct buffer content = { 0 };

    assert_int_equal(file_write_atomic(world->path, "old", 3, 0600, &world->err), 0);
    assert_int_equal(file_write_atomic(left, "left", 4, 0600, &world->err), 0);
    open_and_write(world, "new");
    assert_int_equal(draft_keep(&world->draft, &world->err), 0);
    assert_content(world, "new");
    assert_int_equal(file_read(left, &content, 100, &world->err), 0);
    assert_string_equal(buffer_text(&content), "left");
    assert_int_equal(unlink(left), 0);
}

static void links_are_followed(void **state)
{
    struct world *world = *state;
    AUTO(str) char *link = mem_printf("%s/link", world->folder);

    assert_int_equal(file_write_atomic(world->path, "old", 3, 0600, &world->err), 0);
    assert_int_equal(symlink("target", link), 0);
    assert_int_equal(draft_open(link, 0600, &world->draft, &world->err), 0);
    assert_int_equal(fd_write_all(world->draft.fd, "new", 3, &world->err), 0);
    assert_int_equal(draft_keep(&world->draft, &world->err), 0);
    assert_int_equal(unlink(link), 0);
    assert_content(world, "new");
}

static void a_device_is_written_to_directly(void **state)
{
    struct world *world = *state;

    assert_int_equal(draft_open("/dev/null", 0600, &world->draft, &world->err), 0);
    assert_true(world->draft.is_direct);
    assert_int_equal(draft_keep(&world->draft, &world->err), 0);
}

static void what_cannot_be_written_is_named(void **state)
{
    struct world *world = *state;
    AUTO(str) char *missing = mem_printf("%s/no/target", world->folder);

    assert_true(draft_open(missing, 0600, &world->draft, &world->err) < 0);
    assert_non_null(strstr(chaos_error_text(&world->err), missing));
    chaos_error_clear(&world->err);
    assert_true(draft_open(world->folder, 0600, &world->draft, &world->err) < 0);
    assert_non_null(strstr(chaos_error_text(&world->err), "Is a directory"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_is_there_when_it_is_kept),
        TEST(an_old_file_stays_until_the_new_one_is_kept),
        TEST(what_is_not_kept_is_gone),
        TEST(a_draft_can_begin_again),
        TEST(a_draft_that_was_left_is_in_nobody_s_way),
        TEST(links_are_followed),
        TEST(a_device_is_written_to_directly),
        TEST(what_cannot_be_written_is_named),
    };

    return cmocka_run_group_tests_name("drafts", tests, NULL, NULL);
}
