// SPDX-License-Identifier: Apache-2.0
/* Recoveries from logs that were cut at each byte, and from logs in which bits fell over: none
 * crashes, none plays a step that was not due, and what could not be read is told. What may be
 * played is worked out here from the lines that are whole, and from nothing else. */
#include "engine/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/journal.h"
#include "engine/ledger.h"
#include "engine/wal.h"
#include "tests/support/quoted.h"
#include "value/json.h"

#define FLIPS     4000
#define LINES_MAX 64

static void play(void *self, const struct provider_call *call, struct call_result *result)
{
    json_array_append_new(self, json_string(json_text_of(call->activity, "name")));
    result->output = json_integer(1);
}

#define STEP(type, name) "{'type': '" type "', 'name': '" name "', 'provider': {'type': 'script'}"
static const char experiment_text[] =
    "{'title': 't', 'description': 'd', 'method': [" STEP("action", "a") ", 'rollback': {'name': 'undo-a', 'provider': {'type': 'script'}}}, " STEP(
        "probe",
        "p") "}, " STEP("action",
                        "b") ", 'rollback': {'name': 'undo-b', 'provider': {'type': 'script'}}}], "
                             "'rollbacks': [" STEP("action", "own") "}]}";

/* One line of the whole log. */
struct line {
    size_t start;
    size_t end; /* of its newline */
    enum event_type type;
    json_t *data;
};

struct whole {
    struct buffer text;
    struct line lines[LINES_MAX];
    size_t count;
};

static void note_line(void *self, const struct wal_record *record)
{
    struct whole *whole = self;
    struct line *line = &whole->lines[whole->count];

    assert_true(whole->count < LINES_MAX);
    line->start = whole->count ? line[-1].end + 1 : 0;
    line->end = (size_t)(strchr(whole->text.data + line->start, '\n') - whole->text.data);
    line->type = record->type;
    line->data = json_deep_copy(record->data);
    whole->count++;
}

static int tell_whole(void **state)
{
    static struct whole whole;
    char path[] = "/tmp/torn-XXXXXX";
    int fd = mkstemp(path);
    AUTO(json) json_t *experiment = quoted_json(experiment_text);
    AUTO(json) json_t *played = json_array();
    AUTO(json) json_t *journal = NULL;
    AUTO(wal) struct wal *log = NULL;
    AUTO(wal_scan) struct wal_scan scan = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const struct provider script = { .type = "script", .self = played, .call = play };
    struct run_options options = { .experiment = experiment,
                                   .providers = &script,
                                   .n_providers = 1,
                                   .rollbacks = ROLLBACK_ALWAYS,
                                   .lib_version = "0" };

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(wal_resume(path, 0, 0, &log, &err), 0);
    options.log = log;
    assert_int_equal(experiment_run(&options, &journal, &err), 0);
    assert_int_equal(file_read(path, &whole.text, 1 << 20, &err), 0);
    unlink(path);
    wal_read(whole.text.data, whole.text.length, note_line, &whole, &scan);
    assert_true(whole.count > 20);
    *state = &whole;
    return 0;
}

static int forget_whole(void **state)
{
    struct whole *whole = *state;

    for (size_t i = 0; i < whole->count; i++)
        json_decref(whole->lines[i].data);
    buffer_clear(&whole->text);
    return 0;
}

/* Which inverses, and whether the declared rollback, may be played: a bit for each of undo-a,
 * undo-b, own. `is_sound` says which lines can be read. */
enum {
    UNDO_A = 1,
    UNDO_B = 2,
    OWN = 4
};

static unsigned bit_of(const char *name)
{
    if (str_equal(name, "undo-a") || str_equal(name, "a"))
        return UNDO_A;
    if (str_equal(name, "undo-b") || str_equal(name, "b"))
        return UNDO_B;
    return str_equal(name, "own") ? OWN : 0;
}

static unsigned allowed(const struct whole *whole, const bool *is_sound)
{
    unsigned decided = 0;
    unsigned begun = 0;
    unsigned ended = 0;
    const char *names[LINES_MAX] = { NULL }; /* of actions, by id */

    for (size_t i = 0; i < whole->count; i++) {
        const struct line *line = &whole->lines[i];
        size_t id = (size_t)json_integer_value(json_object_get(line->data, "id"));
        size_t undoes = (size_t)json_integer_value(json_object_get(line->data, "undoes"));

        if (line->type == EVENT_INVERSE_DECIDED)
            names[id] = json_text_of(line->data, "name");
        if (!is_sound[i])
            continue;
        if (line->type == EVENT_INVERSE_DECIDED)
            decided |= bit_of(names[id]);
        if (line->type == EVENT_ACTIVITY_STARTED || line->type == EVENT_ACTIVITY_COMPLETED)
            begun |= bit_of(names[id]);
        if (line->type == EVENT_ROLLBACK_ENDED)
            ended |= json_object_get(line->data, "index") ? OWN : bit_of(names[undoes]);
    }
    return ((decided & begun) | OWN) & ~ended;
}

static void take_in(void *self, const struct wal_record *record)
{
    const struct run_past *past = self;
    struct event event = { record->type, record->wall, record->data };

    if (record->type == EVENT_TYPE_COUNT)
        return;
    ledger_apply(past->ledger, &event);
    journal_apply(past->journal, &event);
}

/* Recover from `text`; what was played, as bits. */
static unsigned recover(const char *text, size_t length, struct wal_scan *scan)
{
    struct run_past past = { journal_new(), ledger_new(), "SIGKILL", true };
    AUTO(json) json_t *played = json_array();
    AUTO(json) json_t *journal = NULL;
    AUTO(json) json_t *experiment = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const struct provider script = { .type = "script", .self = played, .call = play };
    struct run_options options = {
        .providers = &script, .n_providers = 1, .without_controls = true, .lib_version = "0"
    };
    unsigned bits = 0;
    size_t i;
    json_t *name;

    wal_read(text, length, take_in, &past, scan);
    if (ledger_stage(past.ledger) != LEDGER_UNKNOWN) {
        const char *strategy = ledger_strategy(past.ledger);

        experiment = json_deep_copy(ledger_experiment(past.ledger));
        options.experiment = experiment;
        options.rollbacks = strategy ? rollback_strategy_parse(strategy) : ROLLBACK_NEVER;
        assert_int_equal(experiment_resume(&options, &past, &journal, &err), 0);
        assert_non_null(json_text_of(journal, "status"));
    }
    json_array_foreach (played, i, name) {
        assert_int_equal(bits & bit_of(json_string_value(name)), 0); /* once each */
        bits |= bit_of(json_string_value(name));
    }
    if (past.journal)
        journal_free(past.journal);
    if (past.ledger)
        ledger_free(past.ledger);
    return bits;
}

static bool has_event(const struct whole *whole, const bool *is_sound, enum event_type type)
{
    for (size_t i = 0; i < whole->count; i++)
        if (is_sound[i] && whole->lines[i].type == type)
            return true;
    return false;
}

static void a_log_cut_at_any_byte_plays_what_was_due_then(void **state)
{
    const struct whole *whole = *state;

    for (size_t cut = 0; cut <= whole->text.length; cut++) {
        bool is_sound[LINES_MAX] = { false };
        bool is_between = cut == 0;
        AUTO(wal_scan) struct wal_scan scan = { 0 };
        unsigned wanted;
        unsigned played = recover(whole->text.data, cut, &scan);

        for (size_t i = 0; i < whole->count; i++) {
            is_sound[i] = whole->lines[i].end < cut;
            is_between |= whole->lines[i].end + 1 == cut;
        }
        wanted = allowed(whole, is_sound);
        if (!has_event(whole, is_sound, EVENT_RUN_CONFIGURED) || /* nobody knows the strategy */
            has_event(whole, is_sound, EVENT_ROLLBACKS_COMPLETED))
            wanted = 0;
        if (played != wanted)
            fail_msg("cut at byte %zu: played %u, due was %u", cut, played, wanted);
        assert_int_equal(json_array_size(scan.damage), 0);
        assert_int_equal(scan.is_torn, !is_between);
    }
}

static void no_bit_that_falls_over_makes_a_step_due(void **state)
{
    const struct whole *whole = *state;
    uint64_t random = 5;

    for (int i = 0; i < FLIPS; i++) {
        AUTO(mem) char *text = mem_dup(whole->text.data, whole->text.length);
        bool is_sound[LINES_MAX];
        AUTO(wal_scan) struct wal_scan scan = { 0 };
        unsigned played;
        size_t at;

        random = random * 6364136223846793005U + 1442695040888963407U;
        at = (size_t)(random >> 33) % whole->text.length;
        text[at] = (char)(text[at] ^ 1 << (random >> 30 & 7));
        played = recover(text, whole->text.length, &scan);
        for (size_t k = 0; k < whole->count; k++)
            /* a newline that is none joins two lines */
            is_sound[k] = (at < whole->lines[k].start || at > whole->lines[k].end) &&
                          !(k && at == whole->lines[k - 1].end);
        if (played & ~allowed(whole, is_sound))
            fail_msg("byte %zu, bit %u: played %u, due was %u", at, (unsigned)(random >> 30 & 7),
                     played, allowed(whole, is_sound));
        assert_true(json_array_size(scan.damage) > 0 || scan.is_torn);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_cut_at_any_byte_plays_what_was_due_then),
        cmocka_unit_test(no_bit_that_falls_over_makes_a_step_due),
    };

    return cmocka_run_group_tests_name("logs that were torn", tests, tell_whole, forget_whole);
}
