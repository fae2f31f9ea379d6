// SPDX-License-Identifier: Apache-2.0
#include "engine/run.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/journal.h"
#include "tests/support/quoted.h"
#include "value/json.h"

static const char *looked_at; /* the log, for an activity that looks */

static json_t *has_told(const char *text)
{
    AUTO(buffer) struct buffer log = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    return json_boolean(file_read(looked_at, &log, 1 << 20, &err) == 0 &&
                        strstr(buffer_text(&log), text));
}

/* A provider that does what the activity's provider says under "does". It stands for programs and
 * services, so that the engine can be shown every outcome. */
static void play_script(void *self, const struct provider_call *call, struct call_result *result)
{
    const json_t *provider = json_object_get(call->activity, "provider");
    const char *does = json_text_of(provider, "does");

    (void)self;
    if (!does || str_equal(does, "give"))
        result->output = json_deep_copy(json_object_get(provider, "value"));
    else if (str_equal(does, "look"))
        result->output = has_told("Action: look");
    else if (str_equal(does, "fail"))
        call_set(result, CALL_FAILED, "it failed");
    else if (str_equal(does, "crash"))
        call_set(result, CALL_CRASHED, "it crashed");
    else if (str_equal(does, "kill"))
        kill(getpid(), (int)json_integer_value(json_object_get(provider, "value")));
    else if (str_equal(does, "sleep") &&
             wait_until(clock_deadline(json_number_value(json_object_get(provider, "value"))),
                        call->cancel) == WAIT_CANCELLED)
        call_set(result, CALL_CANCELLED, "stopped");
}

static int check_nothing(void *self, const json_t *activity, struct chaos_error *err)
{
    (void)self;
    (void)activity;
    (void)err;
    return 0;
}

static const struct provider script = { .type = "script",
                                        .check = check_nothing,
                                        .call = play_script };

static json_t *run_with(json_t *experiment, struct run_options options)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *journal = NULL;

    options.experiment = experiment;
    options.providers = &script;
    options.n_providers = 1;
    options.lib_version = "0";
    if (!options.frequency_s)
        options.frequency_s = 0.01;
    if (experiment_run(&options, &journal, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    return journal;
}

#define HEAD    "'title': 't', 'description': 'd', "
#define GIVE(v) "{'type': 'probe', 'name': 'p', 'provider': {'type': 'script', 'value': " v "}}"
#define DOES(n, d)                                                                                 \
    "{'type': 'action', 'name': '" n "', 'provider': {'type': 'script', 'does': '" d "'}}"
#define SIGNAL(n)                                                                                  \
    "{'type': 'action', 'name': 'kill', 'provider': {'type': 'script', 'does': 'kill', "           \
    "'value': " n "}}"
#define SLEEP(s)                                                                                   \
    "{'type': 'action', 'name': 'nap', 'provider': {'type': 'script', 'does': 'sleep', "           \
    "'value': " s "}}"
#define UNDO "'rollbacks': [" DOES("undo", "give") "]"
#define MET                                                                                        \
    "'steady-state-hypothesis': {'title': 'h', 'probes': [{'type': 'probe', 'name': 's', "         \
    "'tolerance': 1, 'provider': {'type': 'script', 'value': 1}}]}, "
#define UNMET                                                                                      \
    "'steady-state-hypothesis': {'title': 'h', 'probes': [{'type': 'probe', 'name': 's', "         \
    "'tolerance': 1, 'provider': {'type': 'script', 'value': 2}}]}, "

struct outcome_case {
    const char *claim;
    const char *experiment;
    enum rollback_strategy rollbacks;
    enum hypothesis_strategy hypothesis;
    const char *status;
    bool deviated;
    size_t runs;
    size_t undone;
};

static const struct outcome_case outcome_cases[] = {
    { "a completed run plays its rollbacks", "{" HEAD "'method': [" GIVE("1") "], " UNDO "}",
      ROLLBACK_DEFAULT, HYPOTHESIS_DEFAULT, "completed", false, 1, 1 },
    { "rollbacks that are never wanted are not played",
      "{" HEAD "'method': [" GIVE("1") "], " UNDO "}", ROLLBACK_NEVER, HYPOTHESIS_DEFAULT,
      "completed", false, 1, 0 },
    { "a baseline that is not met leaves the method out and plays the rollbacks",
      "{" HEAD UNMET "'method': [" GIVE("1") "], " UNDO "}", ROLLBACK_DEFAULT, HYPOTHESIS_DEFAULT,
      "completed", false, 0, 1 },
    { "a deviation is found after the method, and rolled back",
      "{" HEAD UNMET "'method': [" GIVE("1") "], " UNDO "}", ROLLBACK_DEFAULT, HYPOTHESIS_AFTER,
      "completed", true, 1, 1 },
    { "the strategy for deviations plays rollbacks after one",
      "{" HEAD UNMET "'method': [], " UNDO "}", ROLLBACK_DEVIATED, HYPOTHESIS_AFTER, "completed",
      true, 0, 1 },
    { "the strategy for deviations plays none without one", "{" HEAD MET "'method': [], " UNDO "}",
      ROLLBACK_DEVIATED, HYPOTHESIS_AFTER, "completed", false, 0, 0 },
    { "a failed activity lets the method go on",
      "{" HEAD "'method': [" DOES("a", "fail") ", " GIVE("1") "], " UNDO "}", ROLLBACK_DEFAULT,
      HYPOTHESIS_DEFAULT, "completed", false, 2, 1 },
    { "a crashed activity aborts the run and is rolled back",
      "{" HEAD "'method': [" DOES("a", "crash") ", " GIVE("1") "], " UNDO "}", ROLLBACK_DEFAULT,
      HYPOTHESIS_DEFAULT, "aborted", false, 1, 1 },
    { "a crashed probe of the hypothesis fails the run",
      "{" HEAD "'steady-state-hypothesis': {'title': 'h', 'probes': [{'type': 'probe', 'name': "
      "'s', 'tolerance': 1, 'provider': {'type': 'script', 'does': 'crash'}}]}, 'method': [" GIVE(
          "1") "], " UNDO "}",
      ROLLBACK_DEFAULT, HYPOTHESIS_DEFAULT, "failed", false, 0, 0 },
    { "a reference that leads nowhere aborts the run",
      "{" HEAD "'method': [{'ref': 'ghost'}], " UNDO "}", ROLLBACK_DEFAULT, HYPOTHESIS_DEFAULT,
      "aborted", false, 0, 1 },
    { "a crashed rollback aborts the run, yet the next one is played",
      "{" HEAD "'method': [], 'rollbacks': [" DOES("a", "crash") ", " DOES("b", "give") "]}",
      ROLLBACK_DEFAULT, HYPOTHESIS_DEFAULT, "aborted", false, 0, 2 },
    { "SIGINT interrupts the method and leaves the fault in place",
      "{" HEAD "'method': [" SIGNAL("2") ", " SLEEP("30") "], " UNDO "}", ROLLBACK_DEFAULT,
      HYPOTHESIS_DEFAULT, "interrupted", false, 1, 0 },
    { "SIGTERM interrupts the method, and rollbacks that are always wanted are played",
      "{" HEAD "'method': [" SIGNAL("15") ", " SLEEP("30") "], " UNDO "}", ROLLBACK_ALWAYS,
      HYPOTHESIS_DEFAULT, "interrupted", false, 1, 1 },
    { "SIGUSR2 forbids even rollbacks that are always wanted",
      "{" HEAD "'method': [" SIGNAL("12") ", " SLEEP("30") "], " UNDO "}", ROLLBACK_ALWAYS,
      HYPOTHESIS_DEFAULT, "interrupted", false, 1, 0 },
    { "SIGINT during the rollbacks leaves the rest of them",
      "{" HEAD "'method': [], 'rollbacks': [" SIGNAL("2") ", " DOES("undo", "give") "]}",
      ROLLBACK_DEFAULT, HYPOTHESIS_DEFAULT, "interrupted", false, 0, 1 },
    { "a skipped hypothesis judges nothing", "{" HEAD UNMET "'method': [" GIVE("1") "]}",
      ROLLBACK_DEFAULT, HYPOTHESIS_SKIP, "completed", false, 1, 0 },
};

static void check_outcome(void **state)
{
    const struct outcome_case *c = *state;
    AUTO(json) json_t *experiment = quoted_json(c->experiment);
    AUTO(json)
    json_t *journal = run_with(
        experiment, (struct run_options){ .rollbacks = c->rollbacks, .hypothesis = c->hypothesis });

    assert_string_equal(json_text_of(journal, "status"), c->status);
    assert_int_equal(json_is_true(json_object_get(journal, "deviated")), c->deviated);
    assert_int_equal(json_array_size(json_object_get(journal, "run")), c->runs);
    assert_int_equal(json_array_size(json_object_get(journal, "rollbacks")), c->undone);
}

static void write_down(void *self, const struct event *event)
{
    json_t *lines = self;
    AUTO(json)
    json_t *line = json_pack("{s:i, s:O}", "type", (int)event->type, "data", event->data);
    AUTO(str) char *text = json_text(line, JSON_STYLE_LINE);

    json_array_append_new(lines, json_string(text));
}

static void a_journal_can_be_folded_from_events_that_were_written_down(void **state)
{
    AUTO(json)
    json_t *experiment = quoted_json("{" HEAD MET "'method': [" GIVE("[1, 2.5, null]") ", " DOES(
        "a",
        "fail") ", {'ref': "
                "'p'}, {'type': 'probe', 'background': true, 'name': 'b', 'provider': {'type': "
                "'script', 'value': 3}}], " UNDO "}");
    AUTO(json) json_t *lines = json_array();
    struct listener listener = { lines, write_down };
    AUTO(json)
    json_t *journal =
        run_with(experiment, (struct run_options){ .listeners = &listener,
                                                   .n_listeners = 1,
                                                   .hypothesis = HYPOTHESIS_CONTINUOUS });
    AUTO(journal) struct journal *folded = journal_new();
    AUTO(str) char *live = json_text(journal, JSON_STYLE_INDENT_2);
    AUTO(str) char *again = NULL;
    size_t i;
    json_t *line;

    (void)state;
    json_array_foreach (lines, i, line) {
        AUTO(json) json_t *event = quoted_json(json_string_value(line));

        journal_apply(folded, &(struct event){ (enum event_type)json_integer_value(
                                                   json_object_get(event, "type")),
                                               0, json_object_get(event, "data") });
    }
    again = json_text(journal_value(folded), JSON_STYLE_INDENT_2);
    assert_string_equal(again, live);
}

static void background_activities_run_at_the_same_time(void **state)
{
    AUTO(json) json_t *experiment = quoted_json("{" HEAD "'method': []}");
    json_t *method = json_object_get(experiment, "method");
    int64_t began = clock_now();
    AUTO(json) json_t *journal = NULL;

    (void)state;
    for (int i = 0; i < 50; i++) {
        json_t *nap = quoted_json(SLEEP("0.2"));

        json_object_set_new(nap, "background", json_true());
        json_array_append_new(method, nap);
    }
    journal = run_with(experiment, (struct run_options){ 0 });
    assert_int_equal(json_array_size(json_object_get(journal, "run")), 50);
    assert_true(clock_now() - began < 5 * CLOCK_NS_PER_S); /* one after the other: 10 s */
}

static void a_signal_to_leave_at_once_cuts_background_activities_short(void **state)
{
    AUTO(json)
    json_t *experiment = quoted_json(
        "{" HEAD "'method': [{'type': 'action', 'background': true, 'name': 'long', 'provider': "
        "{'type': 'script', 'does': 'sleep', 'value': 60}}, " SIGNAL("12") "]}");
    int64_t began = clock_now();
    AUTO(json) json_t *journal = run_with(experiment, (struct run_options){ 0 });

    (void)state;
    assert_true(clock_now() - began < 30 * CLOCK_NS_PER_S);
    assert_string_equal(json_text_of(journal, "status"), "interrupted");
}

static void the_continuous_hypothesis_is_checked_while_the_method_runs(void **state)
{
    AUTO(json) json_t *experiment = quoted_json("{" HEAD MET "'method': [" SLEEP("0.3") "]}");
    AUTO(json)
    json_t *journal = run_with(experiment, (struct run_options){ .hypothesis = HYPOTHESIS_DURING });
    const json_t *states = json_object_get(journal, "steady_states");

    (void)state;
    assert_true(json_array_size(json_object_get(states, "during")) >= 3);
    assert_true(json_is_null(json_object_get(states, "before")));
    assert_true(json_is_null(json_object_get(states, "after")));
}

static void failing_fast_ends_the_method_after_the_activity_in_progress(void **state)
{
    AUTO(json)
    json_t *experiment = quoted_json("{" HEAD UNMET "'method': [" SLEEP("0.3") ", " GIVE("1") "]}");
    AUTO(json)
    json_t *journal = run_with(
        experiment, (struct run_options){ .hypothesis = HYPOTHESIS_DURING, .fail_fast = true });

    (void)state;
    assert_string_equal(json_text_of(journal, "status"), "failed");
    assert_int_equal(json_array_size(json_object_get(journal, "run")), 1);
}

static void a_dry_run_calls_only_what_is_left_over(void **state)
{
    AUTO(json)
    json_t *experiment = quoted_json("{" HEAD "'method': [" DOES("a", "crash") ", " GIVE("7") "]}");
    AUTO(json) json_t *journal = run_with(experiment, (struct run_options){ .dry = DRY_ACTIONS });
    const json_t *runs = json_object_get(journal, "run");

    (void)state;
    assert_true(json_is_null(json_object_get(json_array_get(runs, 0), "output")));
    assert_int_equal(json_integer_value(json_object_get(json_array_get(runs, 1), "output")), 7);
    assert_string_equal(json_text_of(json_object_get(journal, "experiment"), "dry"), "actions");
}

static void dispositions_of_signals_are_put_back(void **state)
{
    AUTO(json) json_t *experiment = quoted_json("{" HEAD "'method': []}");
    struct sigaction before;
    struct sigaction after;
    AUTO(json) json_t *journal = NULL;

    (void)state;
    sigaction(SIGTERM, NULL, &before);
    journal = run_with(experiment, (struct run_options){ 0 });
    sigaction(SIGTERM, NULL, &after);
    assert_true(before.sa_handler == after.sa_handler);
}

/* What a provider got: the activity of the experiment itself, or a copy. */
struct lending {
    const char *claim;
    const char *member; /* of the experiment or of its activity */
    bool in_activity;
    bool is_lent;
    const json_t *seen;
};

static void note_activity(void *self, const struct provider_call *call, struct call_result *result)
{
    struct lending *lending = self;

    lending->seen = call->activity;
    result->output = json_true();
}

static struct lending lendings[] = {
    { "an activity that nobody can change is not copied", NULL, false, true, NULL },
    { "where the experiment has a control an activity is copied", "controls", false, false, NULL },
    { "where an activity has a control it is copied", "controls", true, false, NULL },
    { "an activity with a tolerance, which may be filled in, is copied", "tolerance", true, false,
      NULL },
};

static void check_lending(void **state)
{
    struct lending *lending = *state;
    struct provider provider = { "script", lending, check_nothing, NULL, note_activity, NULL };
    AUTO(json) json_t *experiment = quoted_json("{" HEAD "'method': [" GIVE("1") "]}");
    json_t *activity = json_array_get(json_object_get(experiment, "method"), 0);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *journal = NULL;
    const struct run_options options = {
        .experiment = experiment, .providers = &provider, .n_providers = 1, .lib_version = "0"
    };

    if (lending->member)
        json_object_set_new(lending->in_activity ? activity : experiment, lending->member,
                            quoted_json("[{'name': 'c', 'provider': {'type': 'python', 'module': "
                                        "'nowhere'}}]"));
    assert_int_equal(experiment_run(&options, &journal, &err), 0);
    assert_non_null(lending->seen);
    assert_int_equal(lending->seen == activity, lending->is_lent);
}

static void the_start_of_an_action_is_told_before_it_is_done(void **state)
{
    char path[] = "/tmp/fracas-log.XXXXXX";
    AUTO(fd) int fd = mkstemp(path);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *experiment = quoted_json("{" HEAD "'method': [" DOES("look", "look") "]}");
    AUTO(json) json_t *journal = NULL;

    (void)state;
    looked_at = path;
    assert_int_equal(log_open(&(struct log_options){ .console_level = LOG_LEVEL_COUNT,
                                                     .file_path = path,
                                                     .file_level = LOG_DEBUG },
                              &err),
                     0);
    journal = run_with(experiment, (struct run_options){ 0 });
    log_close();
    unlink(path);
    assert_true(json_is_true(
        json_object_get(json_array_get(json_object_get(journal, "run"), 0), "output")));
}

int main(void)
{
    const struct CMUnitTest single[] = {
        cmocka_unit_test(the_start_of_an_action_is_told_before_it_is_done),
        cmocka_unit_test(a_journal_can_be_folded_from_events_that_were_written_down),
        cmocka_unit_test(background_activities_run_at_the_same_time),
        cmocka_unit_test(a_signal_to_leave_at_once_cuts_background_activities_short),
        cmocka_unit_test(the_continuous_hypothesis_is_checked_while_the_method_runs),
        cmocka_unit_test(failing_fast_ends_the_method_after_the_activity_in_progress),
        cmocka_unit_test(a_dry_run_calls_only_what_is_left_over),
        cmocka_unit_test(dispositions_of_signals_are_put_back),
    };
    struct CMUnitTest tests[ARRAY_SIZE(outcome_cases)];
    struct CMUnitTest lent[ARRAY_SIZE(lendings)];

    for (size_t i = 0; i < ARRAY_SIZE(lendings); i++)
        lent[i] = (struct CMUnitTest){
            .name = lendings[i].claim,
            .test_func = check_lending,
            .initial_state = &lendings[i],
        };
    for (size_t i = 0; i < ARRAY_SIZE(outcome_cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = outcome_cases[i].claim,
            .test_func = check_outcome,
            .initial_state = (void *)(uintptr_t)&outcome_cases[i],
        };
    return cmocka_run_group_tests_name("outcomes of a run", tests, NULL, NULL) +
           cmocka_run_group_tests_name("what a provider is given", lent, NULL, NULL) +
           cmocka_run_group_tests_name("a run", single, NULL, NULL);
}
