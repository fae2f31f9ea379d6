// SPDX-License-Identifier: Apache-2.0
#include "engine/inverse.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/ledger.h"
#include "engine/wal.h"
#include "tests/support/quoted.h"
#include "value/json.h"

/* A provider that does what the activity's provider says, and writes down what it was asked. */
static void play_script(void *self, const struct provider_call *call, struct call_result *result)
{
    const json_t *provider = json_object_get(call->activity, "provider");
    const char *does = json_text_of(provider, "does");
    json_int_t value = json_integer_value(json_object_get(provider, "value"));

    json_array_append_new(self, json_string(json_text_of(call->activity, "name")));
    if (json_text_of(provider, "effect"))
        result->effect = mem_strdup(json_text_of(provider, "effect"));
    if (str_equal(does, "fail"))
        call_set(result, CALL_FAILED, "it failed");
    else if (str_equal(does, "crash"))
        call_set(result, CALL_CRASHED, "it crashed");
    else if (str_equal(does, "kill"))
        kill(getpid(), (int)value);
    else if (str_equal(does, "hang") &&
             wait_until(clock_deadline(30), call->cancel) == WAIT_CANCELLED)
        call_set(result, CALL_CANCELLED, "stopped");
    else
        result->output = json_integer(value);
}

static int know_inverse(void *self, const struct provider_call *call, json_t **ret_activity,
                        struct chaos_error *err)
{
    const json_t *provider = json_object_get(call->activity, "provider");

    (void)self;
    if (str_equal(json_text_of(provider, "undo"), "unknown"))
        return chaos_error_set(err, CHAOS_E_REMOTE, "nobody knows what it is like now");
    if (str_equal(json_text_of(provider, "undo"), "known"))
        *ret_activity = json_pack("{s:{s:s}}", "provider", "type", "script");
    if (str_equal(json_text_of(provider, "undo"), "tacit"))
        *ret_activity = json_pack("{s:{s:s}, s:b}", "provider", "type", "script", INVERSE_TACIT, 1);
    return 0;
}

/* One run: what was played, in order, and its journal. */
struct story {
    json_t *experiment;
    json_t *played;
    json_t *journal;
    json_t *events; /* [type, data] of each, as they were */
};

static void story_clear(struct story *story)
{
    json_decref(story->experiment);
    json_decref(story->played);
    json_decref(story->journal);
    json_decref(story->events);
}

AUTO_CLEAR(story, struct story)

static void write_down(void *self, const struct event *event)
{
    json_array_append_new(
        self, json_pack("[i, o]", (int)event->type, json_deep_copy(json_walkable(event->data))));
}

static void tell(struct story *story, const char *experiment, struct run_options options)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct listener listener;
    struct provider script = { .type = "script", .call = play_script, .inverse = know_inverse };

    story->experiment = quoted_json(experiment);
    story->played = json_array();
    story->events = json_array();
    listener = (struct listener){ story->events, write_down };
    script.self = story->played;
    options.experiment = story->experiment;
    options.providers = &script;
    options.n_providers = 1;
    options.lib_version = "0";
    options.frequency_s = 0.01;
    options.listeners = &listener;
    options.n_listeners = 1;
    if (experiment_run(&options, &story->journal, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
}

/* What was played, as "a b undo-b". */
static void assert_played(const struct story *story, const char *wanted)
{
    AUTO(buffer) struct buffer text = { 0 };
    size_t i;
    json_t *name;

    json_array_foreach (story->played, i, name)
        buffer_printf(&text, "%s%s", i ? " " : "", json_string_value(name));
    assert_string_equal(buffer_text(&text), wanted);
}

#define HEAD "'title': 't', 'description': 'd', "
#define DOES(type, name, what)                                                                     \
    "{'type': '" type "', 'name': '" name "', 'provider': {'type': 'script', " what "}}"
#define INVERSE(name, what)                                                                        \
    "'rollback': {'name': '" name "', 'provider': {'type': 'script', " what "}}"
#define ACTION(name, what)                                                                         \
    "{'type': 'action', 'name': '" name                                                            \
    "', 'provider': {'type': 'script', 'value': 1}, " INVERSE("undo-" name, what) "}"
#define OWN  "'rollbacks': [" DOES("action", "own", "'value': 1") "]"
#define NONE "'rollbacks': []"
#define JUDGE(v)                                                                                   \
    "'steady-state-hypothesis': {'title': 'h', 'probes': [{'type': 'probe', 'name': 'h', "         \
    "'tolerance': 1, 'provider': {'type': 'script', " v "}}]}, "
#define METHOD(more) "'method': [" ACTION("a", "'value': 1") more "], "

/* How a run may end, once its one action was played. */
static const struct outcome {
    const char *name;
    const char *experiment;
    const char *played; /* before the end */
} outcomes[] = {
    { "clean, with rollbacks", "{" HEAD METHOD("") OWN "}", "a" },
    { "clean, without rollbacks", "{" HEAD METHOD("") NONE "}", "a" },
    { "deviated", "{" HEAD JUDGE("'value': 2") METHOD("") OWN "}", "a h" },
    { "failed", "{" HEAD JUDGE("'does': 'crash'") METHOD("") OWN "}", "a h" },
    { "aborted", "{" HEAD METHOD(", " DOES("action", "b", "'does': 'crash'")) OWN "}", "a b" },
    { "interrupted",
      "{" HEAD METHOD(", " DOES("action", "b", "'does': 'kill', 'value': 15")) OWN "}", "a b" },
    { "asked to leave",
      "{" HEAD METHOD(", " DOES("action", "b", "'does': 'kill', 'value': 10")) OWN "}", "a b" },
    { "asked to leave at once",
      "{" HEAD METHOD(", " DOES("action", "b", "'does': 'kill', 'value': 12")) OWN "}", "a b" },
};

/* docs/design/world-put-back.md: u: the inverse is played, o: the experiment's own rollback is. */
static const char *const table[ARRAY_SIZE(outcomes)][ROLLBACK_STRATEGY_COUNT] = {
    /* default, always, never, deviated */
    { "o", "uo", "", "" },    /* clean, with rollbacks */
    { "u", "u", "", "" },     /* clean, without rollbacks */
    { "uo", "uo", "", "uo" }, /* deviated */
    { "u", "uo", "", "uo" },  /* failed: a hypothesis that cannot be judged deviates too */
    { "uo", "uo", "", "" },   /* aborted */
    { "u", "uo", "", "" },    /* interrupted */
    { "u", "uo", "", "" },    /* asked to leave */
    { "", "", "", "" },       /* asked to leave at once */
};

static void what_is_played_follows_the_table(void **state)
{
    size_t cell = (size_t)(uintptr_t)*state;
    const struct outcome *outcome = &outcomes[cell / ROLLBACK_STRATEGY_COUNT];
    int strategy = (int)(cell % ROLLBACK_STRATEGY_COUNT);
    const char *expected = table[cell / ROLLBACK_STRATEGY_COUNT][strategy];
    AUTO(story) struct story story = { 0 };
    AUTO(str)
    char *wanted = mem_printf("%s%s%s", outcome->played, strchr(expected, 'u') ? " undo-a" : "",
                              strchr(expected, 'o') ? " own" : "");

    tell(&story, outcome->experiment,
         (struct run_options){ .rollbacks = (enum rollback_strategy)strategy,
                               .hypothesis = HYPOTHESIS_AFTER });
    assert_played(&story, wanted);
}

static void inverses_are_played_in_reverse_order(void **state)
{
    AUTO(story) struct story story = { 0 };

    (void)state;
    tell(&story,
         "{" HEAD "'method': [" ACTION("a", "'value': 1") ", " ACTION(
             "b", "'value': 1") ", " ACTION("c", "'value': 1") "]}",
         (struct run_options){ 0 });
    assert_played(&story, "a b c undo-c undo-b undo-a");
}

static void the_journal_says_what_an_inverse_undid(void **state)
{
    AUTO(story) struct story story = { 0 };
    const json_t *run;

    (void)state;
    tell(&story, "{" HEAD METHOD("") NONE "}", (struct run_options){ 0 });
    run = json_array_get(json_object_get(story.journal, "rollbacks"), 0);
    assert_string_equal(json_text_of(json_object_get(run, "activity"), "inverse_of"), "a");
    assert_string_equal(json_text_of(json_object_get(run, "activity"), "type"), "action");
    assert_string_equal(json_text_of(run, "status"), "succeeded");
}

static void an_action_that_failed_is_undone_too(void **state)
{
    AUTO(story) struct story story = { 0 };

    (void)state;
    tell(&story,
         "{" HEAD "'method': [{'type': 'action', 'name': 'a', 'provider': {'type': 'script', "
         "'does': 'fail'}, " INVERSE("undo", "'value': 1") "}]}",
         (struct run_options){ 0 });
    assert_played(&story, "a undo");
}

static void what_a_provider_knows_to_undo_is_undone(void **state)
{
    AUTO(story) struct story story = { 0 };

    (void)state;
    tell(&story, "{" HEAD "'method': [" DOES("action", "a", "'undo': 'known'") "]}",
         (struct run_options){ 0 });
    assert_played(&story, "a undo a");
}

/* What the journal says of the first rollback of a run whose action has this inverse. */
static json_t *effect_of(const char *inverse)
{
    AUTO(str)
    char *text =
        mem_printf("{" HEAD "'method': [{'type': 'action', 'name': 'a', 'provider': {'type': "
                   "'script'}, 'rollback': {'provider': {'type': 'script', %s}}}], " OWN "}",
                   inverse);
    AUTO(story) struct story story = { 0 };
    const json_t *rollbacks;

    tell(&story, text, (struct run_options){ .rollbacks = ROLLBACK_ALWAYS });
    rollbacks = json_object_get(story.journal, "rollbacks");
    assert_int_equal(json_array_size(rollbacks), 2);
    assert_null(json_object_get(json_array_get(rollbacks, 1), "effect")); /* is no inverse */
    return json_incref(json_object_get(json_array_get(rollbacks, 0), "effect"));
}

static void the_journal_says_what_came_of_an_inverse(void **state)
{
    AUTO(json) json_t *told = effect_of("'effect': 'restored'");
    AUTO(json) json_t *untold = effect_of("'value': 1");
    AUTO(json) json_t *failed = effect_of("'does': 'fail', 'effect': 'restored'");
    AUTO(json) json_t *crashed = effect_of("'does': 'crash'");

    (void)state;
    assert_string_equal(json_string_value(told), "restored");
    assert_string_equal(json_string_value(untold), "not verified");
    assert_string_equal(json_string_value(failed), "could not: it failed");
    assert_string_equal(json_string_value(crashed), "could not: it crashed");
}

static void a_clean_end_leaves_what_nobody_asked_to_undo(void **state)
{
    AUTO(story) struct story story = { 0 };

    (void)state;
    tell(&story, "{" HEAD "'method': [" DOES("action", "a", "'undo': 'tacit'") "]}",
         (struct run_options){ 0 });
    assert_played(&story, "a");
}

static void what_nobody_asked_to_undo_is_undone_when_the_run_deviates(void **state)
{
    AUTO(story) struct story story = { 0 };

    (void)state;
    tell(&story,
         "{" HEAD JUDGE("'value': 2") "'method': [" DOES("action", "a", "'undo': 'tacit'") "]}",
         (struct run_options){ .hypothesis = HYPOTHESIS_AFTER });
    assert_played(&story, "a h undo a");
}

static void one_inverse_that_was_asked_for_takes_all_along(void **state)
{
    AUTO(story) struct story story = { 0 };

    (void)state;
    tell(&story,
         "{" HEAD
         "'method': [" DOES("action", "a", "'undo': 'tacit'") ", " ACTION("b", "'value': 1") "]}",
         (struct run_options){ 0 });
    assert_played(&story, "a b undo-b undo a");
}

static void an_action_whose_inverse_cannot_be_decided_is_not_played(void **state)
{
    AUTO(story) struct story story = { 0 };
    const json_t *run;

    (void)state;
    tell(&story, "{" HEAD "'method': [" DOES("action", "a", "'undo': 'unknown'") "]}",
         (struct run_options){ 0 });
    assert_played(&story, "");
    run = json_array_get(json_object_get(story.journal, "run"), 0);
    assert_string_equal(json_text_of(run, "status"), "failed");
}

static void what_is_not_played_is_not_undone(void **state)
{
    AUTO(story) struct story story = { 0 };

    (void)state;
    tell(&story, "{" HEAD METHOD("") NONE "}", (struct run_options){ .dry = DRY_ACTIONS });
    assert_played(&story, "");
    assert_int_equal(json_array_size(json_object_get(story.journal, "rollbacks")), 0);
}

/* Its start was told, and then the log broke or somebody asked to leave. */
static void an_action_that_began_and_was_not_called_is_not_undone(void **state)
{
    static const struct {
        enum event_type type;
        const char *data;
        size_t due;
    } steps[] = {
        { EVENT_INVERSE_DECIDED, "{'id': 3, 'name': 'a', 'activity': {}}", 0 },
        { EVENT_ACTIVITY_STARTED, "{'id': 3, 'section': 'method'}", 1 },
        { EVENT_ACTIVITY_COMPLETED, "{'id': 3, 'section': 'method', 'unplayed': true}", 0 },
        { EVENT_ROLLBACK_ENDED, "{'undoes': 3}", 0 },
    };
    AUTO(ledger) struct ledger *ledger = ledger_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        AUTO(json) json_t *data = quoted_json(steps[i].data);

        ledger_apply(ledger, &(struct event){ steps[i].type, 1, data });
        assert_int_equal(ledger_due(ledger), steps[i].due);
    }
}

static void a_failed_inverse_does_not_stop_the_next(void **state)
{
    AUTO(story) struct story story = { 0 };

    (void)state;
    tell(&story,
         "{" HEAD "'method': [" ACTION("a", "'value': 1") ", " ACTION(
             "b", "'does': 'fail'") ", " ACTION("c", "'does': 'crash'") "]}",
         (struct run_options){ 0 });
    assert_played(&story, "a b c undo-c undo-b undo-a");
}

static void an_inverse_that_hangs_is_stopped_and_the_next_is_played(void **state)
{
    AUTO(story) struct story story = { 0 };
    int64_t began = clock_now();
    const json_t *run;

    (void)state;
    tell(&story,
         "{" HEAD "'method': [" ACTION("a", "'value': 1") ", " ACTION("b", "'does': 'hang'") "]}",
         (struct run_options){ .rollback_timeout_s = 0.1 });
    assert_played(&story, "a b undo-b undo-a");
    assert_true(clock_now() - began < 10 * CLOCK_NS_PER_S);
    run = json_array_get(json_object_get(story.journal, "rollbacks"), 0);
    assert_string_equal(json_text_of(run, "status"), "failed");
    assert_string_equal(json_text_of(story.journal, "status"), "completed");
}

static void a_failed_inverse_is_played_again_as_often_as_asked(void **state)
{
    AUTO(story) struct story story = { 0 };

    (void)state;
    tell(&story, "{" HEAD "'method': [" ACTION("a", "'does': 'fail'") "]}",
         (struct run_options){ .rollback_retries = 1 });
    assert_played(&story, "a undo-a undo-a");
}

static void one_signal_does_not_stop_inverses(void **state)
{
    AUTO(story) struct story story = { 0 };

    (void)state;
    tell(&story,
         "{" HEAD "'method': [" ACTION("a", "'value': 1") ", " ACTION(
             "b", "'does': 'kill', 'value': 2") "]}",
         (struct run_options){ 0 });
    assert_played(&story, "a b undo-b undo-a");
}

static void a_second_signal_stops_inverses_and_leaves_them_due(void **state)
{
    AUTO(story) struct story story = { 0 };
    AUTO(ledger) struct ledger *ledger = ledger_new();
    size_t i;
    json_t *event;

    (void)state;
    tell(
        &story,
        "{" HEAD "'method': [" ACTION("a", "'value': 1") ", " ACTION(
            "b", "'does': 'kill', 'value': 2") ", " ACTION("c", "'does': 'kill', 'value': 15") "]}",
        (struct run_options){ 0 });
    assert_played(&story, "a b c undo-c undo-b");
    json_array_foreach (story.events, i, event)
        ledger_apply(ledger,
                     &(struct event){ (enum event_type)json_integer_value(json_array_get(event, 0)),
                                      0, json_array_get(event, 1) });
    assert_int_equal(ledger_stage(ledger), LEDGER_LEFT);
    assert_int_equal(ledger_due(ledger), 1);
    assert_string_equal(json_text_of(story.journal, "status"), "interrupted");
}

/* The run is cut after each of its events, as if its process had died, and resumed. */
static void a_run_cut_anywhere_is_put_back_by_resuming_it(void **state)
{
    static const char text[] =
        "{" HEAD
        "'method': [" ACTION("a", "'value': 1") ", " ACTION("b", "'does': 'fail'") "], " OWN "}";
    AUTO(story) struct story whole = { 0 };

    (void)state;
    tell(&whole, text, (struct run_options){ .rollbacks = ROLLBACK_ALWAYS });
    for (size_t cut = 1; cut <= json_array_size(whole.events); cut++) {
        struct run_past past = { journal_new(), ledger_new(), "SIGKILL", true };
        AUTO(json) json_t *experiment = quoted_json(text);
        AUTO(json) json_t *played = json_array();
        AUTO(json) json_t *journal = NULL;
        AUTO(json) json_t *due = NULL;
        AUTO(chaos_error) struct chaos_error err = { 0 };
        const struct provider script = { .type = "script", .self = played, .call = play_script };
        struct run_options options = { .experiment = experiment,
                                       .providers = &script,
                                       .n_providers = 1,
                                       .rollbacks = ROLLBACK_ALWAYS,
                                       .without_controls = true };

        for (size_t i = 0; i < cut; i++) {
            json_t *pair = json_array_get(whole.events, i);
            AUTO(json) json_t *data = json_deep_copy(json_array_get(pair, 1));
            struct event event = { (enum event_type)json_integer_value(json_array_get(pair, 0)), 0,
                                   data };

            journal_apply(past.journal, &event);
            ledger_apply(past.ledger, &event);
        }
        due = experiment_due(&options, &past);
        assert_int_equal(experiment_resume(&options, &past, &journal, &err), 0);
        assert_int_equal(json_array_size(played), json_array_size(due));
        assert_non_null(json_object_get(journal, "end"));
        assert_non_null(json_text_of(journal, "status"));
    }
}

static void take_in(void *self, const struct wal_record *record)
{
    journal_apply(self, &(struct event){ record->type, record->wall, record->data });
}

static void the_journal_can_be_folded_from_the_log(void **state)
{
    char path[] = "/tmp/wal-XXXXXX";
    int fd = mkstemp(path);
    AUTO(story) struct story story = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(wal) struct wal *log = NULL;
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(wal_scan) struct wal_scan scan = { 0 };
    AUTO(journal) struct journal *folded = journal_new();
    AUTO(str) char *live = NULL;
    AUTO(str) char *again = NULL;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(wal_resume(path, 0, 0, &log, &err), 0);
    tell(&story,
         "{" HEAD JUDGE("'value': 1") "'method': [" ACTION("a", "'does': 'fail'") ", " DOES(
             "probe", "p",
             "'does': 'fail'") ", {'ref': 'h'}, {'type': 'probe', 'background': true, "
                               "'name': 'b', 'provider': {'type': 'script'}}], " OWN "}",
         (struct run_options){
             .log = log, .rollbacks = ROLLBACK_ALWAYS, .hypothesis = HYPOTHESIS_CONTINUOUS });
    assert_int_equal(file_read(path, &text, 1 << 20, &err), 0);
    unlink(path);
    wal_read(text.data, text.length, take_in, folded, &scan);
    assert_int_equal(json_array_size(scan.damage), 0);
    live = json_text(story.journal, JSON_STYLE_INDENT_2);
    again = json_text(journal_value(folded), JSON_STYLE_INDENT_2);
    assert_string_equal(again, live);
}

int main(void)
{
    enum {
        CELLS = ARRAY_SIZE(outcomes) * ROLLBACK_STRATEGY_COUNT
    };
    static char claims[CELLS][80];
    struct CMUnitTest cells[CELLS];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inverses_are_played_in_reverse_order),
        cmocka_unit_test(the_journal_says_what_an_inverse_undid),
        cmocka_unit_test(an_action_that_failed_is_undone_too),
        cmocka_unit_test(what_a_provider_knows_to_undo_is_undone),
        cmocka_unit_test(a_clean_end_leaves_what_nobody_asked_to_undo),
        cmocka_unit_test(what_nobody_asked_to_undo_is_undone_when_the_run_deviates),
        cmocka_unit_test(one_inverse_that_was_asked_for_takes_all_along),
        cmocka_unit_test(the_journal_says_what_came_of_an_inverse),
        cmocka_unit_test(an_action_whose_inverse_cannot_be_decided_is_not_played),
        cmocka_unit_test(what_is_not_played_is_not_undone),
        cmocka_unit_test(an_action_that_began_and_was_not_called_is_not_undone),
        cmocka_unit_test(a_failed_inverse_does_not_stop_the_next),
        cmocka_unit_test(an_inverse_that_hangs_is_stopped_and_the_next_is_played),
        cmocka_unit_test(a_failed_inverse_is_played_again_as_often_as_asked),
        cmocka_unit_test(one_signal_does_not_stop_inverses),
        cmocka_unit_test(a_second_signal_stops_inverses_and_leaves_them_due),
        cmocka_unit_test(the_journal_can_be_folded_from_the_log),
        cmocka_unit_test(a_run_cut_anywhere_is_put_back_by_resuming_it),
    };

    for (size_t i = 0; i < CELLS; i++) {
        snprintf(claims[i], sizeof(claims[i]), "%s: strategy %s plays what the table says",
                 outcomes[i / ROLLBACK_STRATEGY_COUNT].name,
                 rollback_strategy_name((enum rollback_strategy)(i % ROLLBACK_STRATEGY_COUNT)));
        cells[i] = (struct CMUnitTest){ .name = claims[i],
                                        .test_func = what_is_played_follows_the_table,
                                        .initial_state = (void *)(uintptr_t)i };
    }
    return cmocka_run_group_tests_name("strategy and outcome", cells, NULL, NULL) +
           cmocka_run_group_tests_name("inverses", tests, NULL, NULL);
}
