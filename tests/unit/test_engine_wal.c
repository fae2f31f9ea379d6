// SPDX-License-Identifier: Apache-2.0
#include "engine/wal.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/crc32c.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"

#define LINES 4

struct place {
    char folder[32];
    char *path;
};

static int make_place(void **state)
{
    struct place *place = mem_zero(1, sizeof(*place));

    snprintf(place->folder, sizeof(place->folder), "/tmp/wal-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    place->path = mem_printf("%s/events.ndjson", place->folder);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;

    unlink(place->path);
    rmdir(place->folder);
    free(place->path);
    free(place);
    return 0;
}

/* A log of LINES lines, as text. */
static void write_log(const struct place *place, struct buffer *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct wal *wal = NULL;

    if (wal_create(place->path, &wal, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    for (int i = 0; i < LINES; i++) {
        AUTO(json) json_t *data = json_pack("{s:i, s:s}", "id", i, "section", "method");

        wal_append(wal, event_name(EVENT_ACTIVITY_STARTED), i, data);
    }
    assert_int_equal(wal_sync(wal, &err), 0);
    wal_free(wal);
    assert_int_equal(file_read(place->path, text, 1 << 20, &err), 0);
}

/* The ids that were read, as text: "0123". */
static void note_id(void *self, const struct wal_record *record)
{
    buffer_printf(self, "%lld", (long long)json_integer_value(json_object_get(record->data, "id")));
}

static void read_log(const char *text, size_t length, struct buffer *ids, struct wal_scan *scan)
{
    AUTO(mem) char *exact = mem_dup(text, length ? length : 1); /* sanitizers see its end */

    wal_read(exact, length, note_id, ids, scan);
}

static void the_checksum_is_that_of_the_standard(void **state)
{
    unsigned char zeros[32] = { 0 };

    (void)state;
    /* RFC 3720, B.4; and the usual check value */
    assert_int_equal(crc32c(zeros, sizeof(zeros)), 0x8a9136aa);
    assert_int_equal(crc32c("123456789", 9), 0xe3069283);
}

static void what_was_written_is_read_again(void **state)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(buffer) struct buffer ids = { 0 };
    AUTO(wal_scan) struct wal_scan scan = { 0 };

    write_log(*state, &text);
    read_log(text.data, text.length, &ids, &scan);
    assert_string_equal(buffer_text(&ids), "0123");
    assert_int_equal(scan.length, text.length);
    assert_int_equal(scan.next_number, LINES);
    assert_false(scan.is_torn);
    assert_int_equal(json_array_size(scan.damage), 0);
}

static void a_log_cut_anywhere_reads_up_to_its_last_whole_line(void **state)
{
    AUTO(buffer) struct buffer text = { 0 };

    write_log(*state, &text);
    for (size_t length = 0; length <= text.length; length++) {
        AUTO(buffer) struct buffer ids = { 0 };
        AUTO(wal_scan) struct wal_scan scan = { 0 };
        size_t whole = 0;

        for (size_t i = 0; i < length; i++)
            whole += text.data[i] == '\n';
        read_log(text.data, length, &ids, &scan);
        assert_int_equal(ids.length, whole);
        assert_int_equal(scan.is_torn, length > 0 && text.data[length - 1] != '\n');
        assert_int_equal(json_array_size(scan.damage), 0);
    }
}

static void no_flipped_bit_goes_unnoticed(void **state)
{
    AUTO(buffer) struct buffer text = { 0 };

    write_log(*state, &text);
    for (size_t bit = 0; bit < text.length * 8; bit++) {
        AUTO(buffer) struct buffer ids = { 0 };
        AUTO(wal_scan) struct wal_scan scan = { 0 };

        text.data[bit / 8] ^= (char)(1 << bit % 8);
        read_log(text.data, text.length, &ids, &scan);
        assert_true(json_array_size(scan.damage) > 0 || scan.is_torn);
        assert_true(ids.length < LINES);
        text.data[bit / 8] ^= (char)(1 << bit % 8);
    }
}

static void damage_is_told_with_its_place_and_the_rest_is_read(void **state)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(buffer) struct buffer ids = { 0 };
    AUTO(buffer) struct buffer wanted = { 0 };
    AUTO(wal_scan) struct wal_scan scan = { 0 };
    size_t second;

    write_log(*state, &text);
    second = (size_t)(strchr(text.data, '\n') - text.data) + 1;
    text.data[second + 30] ^= 1;
    read_log(text.data, text.length, &ids, &scan);
    assert_string_equal(buffer_text(&ids), "023");
    buffer_printf(&wanted, "at byte %zu: the line does not have the content that was written",
                  second);
    assert_int_equal(json_array_size(scan.damage), 1);
    assert_string_equal(json_string_value(json_array_get(scan.damage, 0)), buffer_text(&wanted));
}

static void a_line_that_is_there_twice_counts_once(void **state)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(buffer) struct buffer ids = { 0 };
    AUTO(wal_scan) struct wal_scan scan = { 0 };
    size_t length;

    write_log(*state, &text);
    length = (size_t)(strchr(text.data, '\n') - text.data) + 1;
    buffer_reserve(&text, length);
    memcpy(text.data + text.length, text.data, length);
    read_log(text.data, text.length + length, &ids, &scan);
    assert_string_equal(buffer_text(&ids), "0123");
    assert_int_equal(json_array_size(scan.damage), 1);
}

static void a_missing_line_is_told(void **state)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(buffer) struct buffer ids = { 0 };
    AUTO(wal_scan) struct wal_scan scan = { 0 };

    write_log(*state, &text);
    buffer_consume(&text, (size_t)(strchr(text.data, '\n') - text.data) + 1);
    read_log(text.data, text.length, &ids, &scan);
    assert_string_equal(buffer_text(&ids), "123");
    assert_string_equal(json_string_value(json_array_get(scan.damage, 0)),
                        "at byte 0: lines before this one are missing");
}

static void a_log_goes_on_where_its_torn_end_was_dropped(void **state)
{
    const struct place *place = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(buffer) struct buffer again = { 0 };
    AUTO(buffer) struct buffer ids = { 0 };
    AUTO(wal_scan) struct wal_scan scan = { 0 };
    AUTO(wal_scan) struct wal_scan after = { 0 };
    AUTO(json) json_t *data = json_pack("{s:i}", "id", 9);
    AUTO(wal) struct wal *wal = NULL;

    write_log(place, &text);
    assert_int_equal(truncate(place->path, (off_t)text.length - 5), 0);
    read_log(text.data, text.length - 5, &ids, &scan);
    assert_int_equal(wal_resume(place->path, scan.length, scan.next_number, &wal, &err), 0);
    wal_append(wal, event_name(EVENT_RUN_ENDED), 0, data);
    assert_int_equal(wal_sync(wal, &err), 0);
    assert_int_equal(file_read(place->path, &again, 1 << 20, &err), 0);
    buffer_reset(&ids);
    read_log(again.data, again.length, &ids, &after);
    assert_string_equal(buffer_text(&ids), "0129");
    assert_int_equal(json_array_size(after.damage), 0);
}

static void a_log_is_for_its_owner_alone_and_never_replaces_another(void **state)
{
    const struct place *place = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer text = { 0 };
    struct wal *wal = NULL;

    write_log(place, &text);
    assert_int_equal(access(place->path, X_OK), -1);
    assert_int_equal(wal_create(place->path, &wal, &err), -CHAOS_E_IO);
}

static void a_full_disk_is_told_when_it_matters_and_leaves_no_half_line(void **state)
{
    const struct place *place = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(buffer) struct buffer again = { 0 };
    AUTO(json) json_t *data = json_pack("{s:s}", "some", "text that does not fit any more");
    AUTO(wal) struct wal *wal = NULL;
    struct rlimit old;
    struct rlimit full;

    write_log(place, &text);
    assert_int_equal(wal_resume(place->path, text.length, LINES, &wal, &err), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    full = (struct rlimit){ text.length + 10, old.rlim_max };
    assert_int_equal(sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    wal_append(wal, "run-started", 0, data);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(wal_sync(wal, &err), -CHAOS_E_IO);
    chaos_error_clear(&err);
    assert_int_equal(file_read(place->path, &again, 1 << 20, &err), 0);
    assert_int_equal(again.length, text.length);
}

int main(void)
{
#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checksum_is_that_of_the_standard),
        WITH_PLACE(what_was_written_is_read_again),
        WITH_PLACE(a_log_cut_anywhere_reads_up_to_its_last_whole_line),
        WITH_PLACE(no_flipped_bit_goes_unnoticed),
        WITH_PLACE(damage_is_told_with_its_place_and_the_rest_is_read),
        WITH_PLACE(a_line_that_is_there_twice_counts_once),
        WITH_PLACE(a_missing_line_is_told),
        WITH_PLACE(a_log_goes_on_where_its_torn_end_was_dropped),
        WITH_PLACE(a_log_is_for_its_owner_alone_and_never_replaces_another),
        WITH_PLACE(a_full_disk_is_told_when_it_matters_and_leaves_no_half_line),
    };

    return cmocka_run_group_tests_name("write-ahead log", tests, NULL, NULL);
}
