// SPDX-License-Identifier: Apache-2.0
#include "lib/history.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/wal.h"
#include "lib/retention.h"
#include "lib/run_dir.h"
#include "tests/support/quoted.h"
#include "value/json.h"

#define JOURNAL(status, output)                                                                    \
    "{'experiment': {'title': 't', 'method': []}, 'start': 's', 'end': 'e', 'duration': 1.5, "     \
    "'status': '" status "', 'deviated': false, 'steady_states': {'before': null, 'after': "       \
    "null, 'during': []}, 'rollbacks': [], 'run': [{'activity': {'name': 'a'}, 'status': "         \
    "'succeeded', 'output': " output "}]}"

static int make_place(void **state)
{
    char folder[] = "/tmp/history-XXXXXX";

    assert_non_null(mkdtemp(folder));
    setenv("XDG_STATE_HOME", folder, 1);
    *state = mem_strdup(folder);
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static int remove_place(void **state)
{
    int r = nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);

    free(*state);
    return r;
}

static char *file_of(const char *id, const char *name)
{
    AUTO(str) char *root = run_dir_root();

    return mem_printf("%s/%s/%s", root, id, name);
}

static void write_file(const char *id, const char *name, const char *text)
{
    AUTO(str) char *path = file_of(id, name);
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (file_write_atomic(path, text, strlen(text), 0600, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
}

/* A run with this id, and its journal when it is closed. */
static void add_run(const char *id, const char *journal)
{
    AUTO(run_dir) struct run_dir *made = NULL;
    AUTO(str) char *root = run_dir_root();
    AUTO(str) char *folder = mem_printf("%s/%s", root, id);
    AUTO(str) char *log_path = NULL;
    AUTO(str) char *text = NULL;
    AUTO(wal) struct wal *log = NULL;
    AUTO(json) json_t *nothing = json_object();
    AUTO(chaos_error) struct chaos_error err = { 0 };

    assert_int_equal(run_dir_create(&made, &err), 0);
    assert_int_equal(rename(made->path, folder), 0);
    log_path = file_of(id, RUN_EVENTS);
    assert_int_equal(wal_create(log_path, &log, &err), 0);
    wal_append(log, WAL_OPENED, 1, nothing);
    if (!journal)
        return;
    wal_append(log, WAL_CLOSED, 2, nothing);
    AUTO(json) json_t *value = quoted_json(journal);

    text = json_text(value, JSON_STYLE_LINE);
    write_file(id, RUN_JOURNAL, text);
}

static void assert_ids(const char *wanted)
{
    AUTO(json) json_t *ids = run_dir_list();
    AUTO(buffer) struct buffer text = { 0 };
    size_t i;
    json_t *id;

    json_array_foreach (ids, i, id)
        buffer_printf(&text, "%s%s", i ? " " : "", json_string_value(id));
    assert_string_equal(buffer_text(&text), wanted);
}

static void assert_outcomes(const char *wanted)
{
    AUTO(json) json_t *runs = history_list();
    AUTO(buffer) struct buffer text = { 0 };
    size_t i;
    json_t *run;

    json_array_foreach (runs, i, run) {
        const char *outcome = json_text_of(run, "outcome");

        buffer_printf(&text, "%s%s:%s:%s", i ? " " : "", json_text_of(run, "run"),
                      json_text_of(run, "state"), outcome ? outcome : "-");
    }
    assert_string_equal(buffer_text(&text), wanted);
}

static void runs_are_listed_with_their_outcomes(void **state)
{
    (void)state;
    assert_outcomes("");
    add_run("20260101T000000.000Z-00000001", JOURNAL("completed", "1"));
    add_run("20260101T000000.000Z-00000002", NULL);
    assert_outcomes("20260101T000000.000Z-00000001:closed:inconclusive "
                    "20260101T000000.000Z-00000002:open:-");
}

static void the_index_is_made_anew_when_it_is_lost_damaged_or_behind(void **state)
{
    static const char *const damages[] = { "", "{", "[]\n1\nnull\n", "{\"run\":1}\n", "\xff\n" };
    AUTO(str) char *path = NULL;

    (void)state;
    add_run("20260101T000000.000Z-00000001", JOURNAL("aborted", "1"));
    path = file_of("", RUN_INDEX);
    for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
        AUTO(buffer) struct buffer index = { 0 };
        AUTO(chaos_error) struct chaos_error err = { 0 };

        write_file("", RUN_INDEX, damages[i]);
        assert_outcomes("20260101T000000.000Z-00000001:closed:aborted");
        assert_int_equal(file_read(path, &index, 10000, &err), 0);
        assert_non_null(strstr(buffer_text(&index), "\"outcome\":\"aborted\""));
    }
    unlink(path);
    assert_outcomes("20260101T000000.000Z-00000001:closed:aborted");
    assert_int_equal(access(path, F_OK), 0);
    add_run("20260101T000000.000Z-00000002", JOURNAL("interrupted", "1"));
    assert_outcomes("20260101T000000.000Z-00000001:closed:aborted "
                    "20260101T000000.000Z-00000002:closed:interrupted");
}

static void the_index_spares_reading_journals(void **state)
{
    AUTO(str) char *path = file_of("20260101T000000.000Z-00000001", RUN_JOURNAL);

    (void)state;
    add_run("20260101T000000.000Z-00000001", JOURNAL("aborted", "1"));
    assert_outcomes("20260101T000000.000Z-00000001:closed:aborted");
    unlink(path);
    assert_outcomes("20260101T000000.000Z-00000001:closed:aborted");
}

static void assert_found(const char *word, const char *wanted)
{
    AUTO(str) char *id = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (history_find(word, &id, &err) < 0)
        assert_non_null(strstr(chaos_error_text(&err), wanted));
    else
        assert_string_equal(id, wanted);
}

static void runs_are_found_by_what_names_them(void **state)
{
    (void)state;
    assert_found("last", "there is no run 'last'");
    add_run("20260101T000000.000Z-0000aaaa", NULL);
    add_run("20260102T000000.000Z-0000bbbb", NULL);
    add_run("20260103T000000.000Z-0000bbbc", NULL);
    assert_found("20260101T000000.000Z-0000aaaa", "20260101T000000.000Z-0000aaaa");
    assert_found("aaaa", "20260101T000000.000Z-0000aaaa");
    assert_found("bbb", "several runs have 'bbb' in their id");
    assert_found("last", "20260103T000000.000Z-0000bbbc");
    assert_found("last-2", "20260101T000000.000Z-0000aaaa");
    assert_found("last-3", "there is no run");
    assert_found("last-", "there is no run");
    assert_found("last-99999999999999999999999", "there is no run");
    assert_found("", "there is no run");
}

static void a_journal_can_be_named_by_its_file(void **state)
{
    AUTO(history_run) struct history_run run = { 0 };
    AUTO(history_run) struct history_run none = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *path = mem_printf("%s/other.json", (const char *)*state);
    AUTO(json) json_t *journal = quoted_json(JOURNAL("completed", "1"));
    AUTO(str) char *text = json_text(journal, JSON_STYLE_LINE);

    assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, &err), 0);
    assert_int_equal(history_open(path, &run, &err), 0);
    assert_true(json_equal(run.journal, journal));
    assert_int_equal(file_write_atomic(path, "[1]", 3, 0600, &err), 0);
    assert_true(history_open(path, &none, &err) < 0);
    assert_non_null(strstr(chaos_error_text(&err), "is not the journal of a run"));
}

static const struct diff_case {
    const char *claim;
    const char *a;
    const char *b;
    const char *found;
} diffs[] = {
    { "equal runs do not differ", JOURNAL("completed", "1"), JOURNAL("completed", "1"), "[]" },
    { "times do not count",
      "{'start': 'x', 'experiment': {}, 'run': [{'activity': {'name': 'a'}, 'duration': 1}]}",
      "{'start': 'y', 'experiment': {}, 'run': [{'activity': {'name': 'a'}, 'duration': 2}]}",
      "[]" },
    { "an output is told with its place", JOURNAL("completed", "{'x': [1, 2]}"),
      JOURNAL("completed", "{'x': [1, 3]}"),
      "[{'where': 'method > a > output > x[1]', 'a': 2, 'b': 3}]" },
    { "an outcome is told", JOURNAL("completed", "1"), JOURNAL("aborted", "1"),
      "[{'where': 'outcome', 'a': 'inconclusive', 'b': 'aborted'}, {'where': 'status', 'a': "
      "'completed', 'b': 'aborted'}]" },
    { "an activity more is that activity, wherever it is",
      "{'run': [{'activity': {'name': 'a'}, 'status': 'succeeded'}]}",
      "{'run': [{'activity': {'name': 'z'}, 'status': 'failed'}, {'activity': {'name': 'a'}, "
      "'status': 'succeeded'}]}",
      "[{'where': 'method > z', 'b': {'status': 'failed'}}]" },
    { "activities of one name are counted",
      "{'run': [{'activity': {'name': 'a'}, 'output': 1}, {'activity': {'name': 'a'}, 'output': "
      "1}]}",
      "{'run': [{'activity': {'name': 'a'}, 'output': 1}, {'activity': {'name': 'a'}, 'output': "
      "2}]}",
      "[{'where': 'method > a (2) > output', 'a': 1, 'b': 2}]" },
    { "how often was checked does not count",
      "{'steady_states': {'during': [{'steady_state_met': true}]}}",
      "{'steady_states': {'during': [{'steady_state_met': true}, {'steady_state_met': true}]}}",
      "[]" },
    { "anything at all can be compared", "{'run': [1, null], 'steady_states': 3}",
      "{'run': [1, null], 'steady_states': []}", "[]" },
};

static void differences_are_those_that_matter(void **state)
{
    const struct diff_case *one = *state;
    AUTO(json) json_t *a = quoted_json(one->a);
    AUTO(json) json_t *b = quoted_json(one->b);
    AUTO(json) json_t *wanted = quoted_json(one->found);
    AUTO(json) json_t *found = history_differences(a, b);
    AUTO(str) char *text = json_text(found, JSON_STYLE_LINE);

    if (!json_equal(found, wanted))
        fail_msg("%s", text);
}

static void add_three(void)
{
    add_run("20200101T000000.000Z-00000001", JOURNAL("completed", "1"));
    add_run("20200102T000000.000Z-00000002", NULL);
    add_run("20200103T000000.000Z-00000003", JOURNAL("completed", "1"));
    add_run("20990101T000000.000Z-00000004", JOURNAL("completed", "1"));
}

static void only_so_many_runs_are_kept_and_all_that_are_not_closed(void **state)
{
    (void)state;
    add_three();
    retention_apply(&(struct retention){ .runs = 1 });
    assert_ids("20200102T000000.000Z-00000002 20990101T000000.000Z-00000004");
}

static void old_runs_are_removed(void **state)
{
    (void)state;
    add_three();
    retention_apply(&(struct retention){ .runs = 100, .age_s = 86400 });
    assert_ids("20200102T000000.000Z-00000002 20990101T000000.000Z-00000004");
}

static void large_runs_are_removed_but_for_the_newest(void **state)
{
    (void)state;
    add_three();
    retention_apply(&(struct retention){ .runs = 100, .bytes = 1 });
    assert_ids("20200102T000000.000Z-00000002 20990101T000000.000Z-00000004");
}

static void what_fits_is_kept(void **state)
{
    (void)state;
    add_three();
    retention_apply(
        &(struct retention){ .runs = 4, .bytes = 1 << 20, .age_s = (int64_t)100 * 366 * 86400 });
    assert_ids("20200101T000000.000Z-00000001 20200102T000000.000Z-00000002 "
               "20200103T000000.000Z-00000003 20990101T000000.000Z-00000004");
}

static void the_settings_say_how_long(void **state)
{
    AUTO(json) json_t *some = quoted_json("{'history': {'runs': 3, 'days': 0.5, 'mebibytes': 2}}");
    AUTO(json) json_t *bad = quoted_json("{'history': {'runs': 0, 'days': 'x', 'mebibytes': -1}}");
    struct retention wanted = retention_of(some);
    struct retention usual = retention_of(NULL);
    struct retention passed_over = retention_of(bad);

    (void)state;
    assert_int_equal(wanted.runs, 3);
    assert_int_equal(wanted.age_s, 43200);
    assert_int_equal(wanted.bytes, 2 << 20);
    assert_int_equal(usual.runs, 200);
    assert_int_equal(usual.age_s, 0);
    assert_int_equal(usual.bytes, 1 << 30);
    assert_memory_equal(&passed_over, &usual, sizeof(usual));
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest others[] = {
        PLACED(runs_are_listed_with_their_outcomes),
        PLACED(the_index_is_made_anew_when_it_is_lost_damaged_or_behind),
        PLACED(the_index_spares_reading_journals),
        PLACED(runs_are_found_by_what_names_them),
        PLACED(a_journal_can_be_named_by_its_file),
        PLACED(only_so_many_runs_are_kept_and_all_that_are_not_closed),
        PLACED(old_runs_are_removed),
        PLACED(large_runs_are_removed_but_for_the_newest),
        PLACED(what_fits_is_kept),
        cmocka_unit_test(the_settings_say_how_long),
    };
    struct CMUnitTest tests[ARRAY_SIZE(diffs) + ARRAY_SIZE(others)];

    for (size_t i = 0; i < ARRAY_SIZE(diffs); i++)
        tests[i] = (struct CMUnitTest){ .name = diffs[i].claim,
                                        .test_func = differences_are_those_that_matter,
                                        .initial_state = (void *)(uintptr_t)&diffs[i] };
    memcpy(tests + ARRAY_SIZE(diffs), others, sizeof(others));
    return cmocka_run_group_tests_name("runs that were", tests, NULL, NULL);
}
