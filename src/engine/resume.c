// SPDX-License-Identifier: Apache-2.0
/* The end of a run whose process died: its log was folded, what is due is played, and the journal
 * says what happened. */
#include "base/clock.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/configuration.h"
#include "engine/method.h"
#include "engine/signals.h"
#include "engine/taint.h"

/* Secrets are not in the log: they come from where they came from before. One that is gone fails
 * the steps that need it, and no other. */
static json_t *load_secrets(const struct run *run)
{
    const json_t *declared = json_object_get(run->options->experiment, "secrets");
    json_t *secrets = json_object();
    const char *name;
    json_t *source;

    json_object_foreach (json_walkable(declared), name, source) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        AUTO(json) json_t *one = json_pack("{s:O}", name, source);
        AUTO(json) json_t *resolved = NULL;

        if (secrets_load(one,
                         &(struct secret_access){ .vars = run->options->secret_vars,
                                                  .configuration =
                                                      run->documents[DOCUMENT_CONFIGURATION].value,
                                                  .read_vault = run->options->read_vault,
                                                  .cancel = &run->foreground },
                         &resolved, &err) < 0)
            log_error("Secrets '%s' cannot be had any more: %s", name, chaos_error_text(&err));
        else
            json_object_update(secrets, resolved);
    }
    return secrets;
}

/* Values that hold a secret were left out of the log: they too come from where they came from. */
static void fill_configuration(struct run *run)
{
    const json_t *declared = json_object_get(run->options->experiment, "configuration");
    json_t *values = run->documents[DOCUMENT_CONFIGURATION].value;
    const char *name;
    json_t *source;

    json_object_foreach (json_walkable(declared), name, source) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        AUTO(json) json_t *one = json_pack("{s:O}", name, source);
        AUTO(json) json_t *resolved = NULL;

        if (json_object_get(values, name))
            continue;
        if (configuration_load(one, run->options->config_vars, &resolved, &err) < 0)
            log_error("Configuration '%s' cannot be had any more: %s", name,
                      chaos_error_text(&err));
        else
            json_object_update(values, resolved);
    }
}

static void restore(struct run *run, struct run_past *past)
{
    const json_t *configuration;

    journal_free(run->journal);
    run->journal = STEAL(past->journal);
    ledger_free(run->ledger);
    run->ledger = STEAL(past->ledger);
    configuration = ledger_configuration(run->ledger);
    run->documents[DOCUMENT_CONFIGURATION].value =
        configuration ? json_deep_copy(configuration) : json_object();
    fill_configuration(run);
    run->documents[DOCUMENT_SECRETS].value = load_secrets(run);
    taint_learn(run->mask, json_object_get(run->options->experiment, "secrets"),
                run->documents[DOCUMENT_SECRETS].value);
    run->next_id = (long)ledger_last_id(run->ledger) + 1;
    run->status = run_status_parse(ledger_status(run->ledger));
    run->deviated = ledger_is_deviated(run->ledger);
    run_remember_activities(run);
}

/* What was under way when the process died has no end: give it one that says so. */
static void close_lost(struct run *run, struct stop *stop)
{
    AUTO(json) json_t *lost = json_copy(json_walkable(ledger_under_way(run->ledger)));
    const char *id;
    json_t *begun;

    json_object_foreach (lost, id, begun) {
        json_t *data = json_pack("{s:O, s:O, s:b}", "id", json_object_get(begun, "id"), "section",
                                 json_object_get(begun, "section"), "lost", 1);
        AUTO(json) json_t *entry = json_deep_copy(json_object_get(begun, "run"));

        if (json_is_object(entry)) {
            json_object_set_new(entry, "status", json_string("failed"));
            json_object_set_new(entry, "exception",
                                json_pack("[s]", "chaoslib.exceptions.ActivityFailed: the process "
                                                 "of the run died while this was under way\n"));
            json_object_set(data, "run", entry);
            json_object_set(data, "activity", json_object_get(entry, "activity"));
        }
        run_emit(run, EVENT_ACTIVITY_COMPLETED, data, stop);
    }
}

static json_t *interruption_of(const struct run_past *past)
{
    return json_pack("{s:s, s:s?, s:o}", "kind", past->by_signal ? "signal" : "crash", "name",
                     past->by_signal ? past->cause : NULL, "reason",
                     json_sprintf("the process of the run died (%s); what was due was played by a "
                                  "recovery",
                                  past->cause));
}

static void play(struct run *run, const struct run_past *past)
{
    AUTO(stop) struct stop stop = { 0 };
    bool has_ended = json_object_get(journal_value(run->journal), "end") != NULL;
    int64_t took = clock_wall() - ledger_started(run->ledger); /* of two boots: no other clock */
    double duration_s = took > 0 ? (double)took / CLOCK_NS_PER_S : 0;

    if (has_ended && ledger_stage(run->ledger) == LEDGER_SETTLED)
        return;
    close_lost(run, &stop);
    if (run->status == RUN_RUNNING)
        run_set_status(run, RUN_INTERRUPTED, run->deviated);
    if (!has_ended)
        run_emit(run, EVENT_RUN_INTERRUPTED, json_pack("{s:s}", "reason", past->cause), &stop);
    if (ledger_stage(run->ledger) != LEDGER_SETTLED)
        rollbacks_play(run);
    run_announce_end(run, duration_s, has_ended ? NULL : interruption_of(past), &stop);
    run_announce_finish(run, &stop);
}

json_t *experiment_due(const struct run_options *options, const struct run_past *past)
{
    struct run run = { .options = options, .ledger = past->ledger, .journal = past->journal };

    run.documents[DOCUMENT_EXPERIMENT].value = options->experiment;
    run.deviated = ledger_is_deviated(past->ledger);
    run.status = run_status_parse(ledger_status(past->ledger));
    if (run.status == RUN_RUNNING)
        run.status = RUN_INTERRUPTED;
    if (ledger_stage(past->ledger) == LEDGER_SETTLED)
        return json_array();
    return rollbacks_due(&run);
}

int experiment_resume(const struct run_options *options, struct run_past *past,
                      json_t **ret_journal, struct chaos_error *err)
{
    struct signals signals;
    struct run run;
    int r = run_open(&run, options, err);

    if (r == 0) {
        signals_take(&signals, &run, &run.foreground);
        restore(&run, past);
        run_lock(&run);
        play(&run, past);
        *ret_journal = json_incref(journal_value(run.journal));
        run_unlock(&run);
        signals_give_back(&signals);
    }
    run_close(&run);
    return r;
}
