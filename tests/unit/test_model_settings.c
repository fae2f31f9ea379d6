// SPDX-License-Identifier: Apache-2.0
#include "model/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/mem.h"
#include "value/json.h"

static const char document[] = "{\"auths\": {\"a.example:1\": {\"type\": \"basic\"}},"
                               " \"list\": [\"one\", {\"two\": 2}, [3]], \"none\": null,"
                               " \"\": {\"x\": 1}, \"text\": \"abc\"}";

struct locate_case {
    const char *claim;
    const char *key;
    const char *json; /* the value there; NULL: nothing is there */
};

static const struct locate_case locate_cases[] = {
    { "a name leads to its value", "none", "null" },
    { "dots lead deeper", "list[1].two", "2" },
    { "an escaped dot belongs to the name", "auths.a\\.example:1.type", "\"basic\"" },
    { "a dot without escape does not", "auths.a.example:1.type", NULL },
    { "an index leads to an item", "list[0]", "\"one\"" },
    { "an index beyond the end leads nowhere", "list[3]", NULL },
    { "an index that no size_t holds leads nowhere", "list[99999999999999999999999]", NULL },
    { "a second index leads nowhere, as in the reference", "list[2][0]", NULL },
    { "an empty index leads nowhere", "list[]", NULL },
    { "a negative index leads nowhere", "list[-1]", NULL },
    { "an index of a mapping leads nowhere", "auths[0]", NULL },
    { "an index of a text leads nowhere", "text[0]", NULL },
    { "a name below a text leads nowhere", "text.length", NULL },
    { "a name below a list leads nowhere", "list.one", NULL },
    { "an unknown name leads nowhere", "nothing", NULL },
    { "an empty name is a name", ".x", "1" },
    { "a dot at the end asks for an empty name", "none.", NULL },
};

static void check_locate(void **state)
{
    const struct locate_case *c = *state;
    AUTO(json) json_t *settings = NULL;
    AUTO(settings_place) struct settings_place place = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *found = NULL;
    int r;

    assert_int_equal(json_parse(document, strlen(document), &settings, &err), 0);
    r = settings_locate(settings, c->key, &place, &err);
    assert_int_equal(r, c->json ? 0 : -CHAOS_E_NOT_FOUND);
    if (!c->json)
        return;
    found = json_text(place.value, JSON_STYLE_LINE);
    assert_string_equal(found, c->json);
    assert_ptr_equal(place.key ? json_object_get(place.parent, place.key)
                               : json_array_get(place.parent, place.index),
                     place.value);
}

/* A file of its own for each test. */
static int make_path(void **state)
{
    char path[] = "/tmp/fracas-settings-XXXXXX";
    int fd = mkstemp(path);

    if (fd < 0)
        return -1;
    close(fd);
    *state = mem_strdup(path);
    return 0;
}

static int remove_path(void **state)
{
    unlink(*state);
    free(*state);
    return 0;
}

static void fill(const char *path, const char *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, &err), 0);
}

static void what_is_saved_is_loaded_again(void **state)
{
    AUTO(json) json_t *settings = NULL;
    AUTO(json) json_t *again = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    assert_int_equal(json_parse(document, strlen(document), &settings, &err), 0);
    assert_int_equal(settings_save(*state, settings, &err), 0);
    again = settings_load(*state);
    assert_true(json_equal(settings, again));
}

static void a_new_file_is_for_its_owner_only(void **state)
{
    AUTO(json) json_t *settings = json_object();
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct stat status;

    unlink(*state);
    assert_int_equal(settings_save(*state, settings, &err), 0);
    assert_int_equal(stat(*state, &status), 0);
    assert_int_equal(status.st_mode & 077, 0);
}

static void an_empty_file_is_empty_settings(void **state)
{
    AUTO(json) json_t *settings = settings_load(*state);

    assert_true(json_is_object(settings));
    assert_int_equal(json_object_size(settings), 0);
}

static void a_missing_file_is_no_settings(void **state)
{
    (void)state;
    assert_null(settings_load("/nonexistent/settings.yaml"));
}

static void bad_yaml_is_no_settings(void **state)
{
    fill(*state, "a: [1,\n");
    assert_null(settings_load(*state));
}

static void a_list_is_no_settings(void **state)
{
    fill(*state, "- a\n");
    assert_null(settings_load(*state));
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, make_path, remove_path)

int main(void)
{
    static const struct CMUnitTest files[] = {
        FILE_TEST(what_is_saved_is_loaded_again),   FILE_TEST(a_new_file_is_for_its_owner_only),
        FILE_TEST(an_empty_file_is_empty_settings), cmocka_unit_test(a_missing_file_is_no_settings),
        FILE_TEST(bad_yaml_is_no_settings),         FILE_TEST(a_list_is_no_settings),
    };
    struct CMUnitTest tests[ARRAY_SIZE(locate_cases)];
    int failed;

    for (size_t i = 0; i < ARRAY_SIZE(locate_cases); i++)
        tests[i] = (struct CMUnitTest){ .name = locate_cases[i].claim,
                                        .test_func = check_locate,
                                        .initial_state = (void *)(uintptr_t)&locate_cases[i] };
    failed = cmocka_run_group_tests_name("keys of settings", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("settings files", files, NULL, NULL);
}
