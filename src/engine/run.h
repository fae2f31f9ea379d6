/* SPDX-License-Identifier: Apache-2.0 */
/* Playing an experiment: hypothesis, method, hypothesis again, rollbacks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/event.h"
#include "engine/guest.h"
#include "engine/provider.h"

enum hypothesis_strategy {
    HYPOTHESIS_DEFAULT, /* before and after the method */
    HYPOTHESIS_BEFORE,
    HYPOTHESIS_AFTER,
    HYPOTHESIS_DURING,
    HYPOTHESIS_CONTINUOUS, /* before, during and after */
    HYPOTHESIS_SKIP,
    HYPOTHESIS_STRATEGY_COUNT,
};

enum rollback_strategy {
    ROLLBACK_DEFAULT, /* not after a failure or an interruption */
    ROLLBACK_ALWAYS,
    ROLLBACK_NEVER,
    ROLLBACK_DEVIATED, /* only after a deviation */
    ROLLBACK_STRATEGY_COUNT,
};

enum dry_mode {
    DRY_NONE,
    DRY_PROBES,
    DRY_ACTIONS,
    DRY_ACTIVITIES,
    DRY_PAUSE,
    DRY_MODE_COUNT
};

/* The names of the command line and of the runtime block. The parsers return the _COUNT for a
 * name they do not know; "continously", an old misspelling, is taken for "continuously". */
const char *hypothesis_strategy_name(enum hypothesis_strategy strategy);
enum hypothesis_strategy hypothesis_strategy_parse(const char *name);
const char *rollback_strategy_name(enum rollback_strategy strategy);
enum rollback_strategy rollback_strategy_parse(const char *name);
const char *dry_mode_name(enum dry_mode mode);
enum dry_mode dry_mode_parse(const char *name);

/* The environment variable that marks the processes of an effect under way, as RUN_ID/ID: after a
 * crash they must be gone before anything is put back. */
#define RUN_MARK "CHAOS_ACTIVITY"

struct mask;
struct wal;

struct run_options {
    json_t *experiment;  /* borrowed; changed while it runs, as controls and substitution do */
    json_t *settings;    /* borrowed; an object or NULL */
    json_t *config_vars; /* --var and var-files: configuration that replaces the experiment's */
    json_t *secret_vars;
    enum hypothesis_strategy hypothesis;
    double frequency_s; /* of the continuous hypothesis */
    bool fail_fast;
    enum rollback_strategy rollbacks;
    double rollback_timeout_s; /* of a rollback or an inverse without its own; 0: none */
    long rollback_retries;     /* how often one that failed is played again */
    enum dry_mode dry;
    uint64_t seed;            /* of what is chosen at random; 0: that of the process */
    bool record_interruption; /* put `interruption` into the journal (1.21) */
    const struct provider *providers;
    size_t n_providers;
    const struct guest *guest; /* NULL: none */
    json_t *global_controls;   /* borrowed array, in order; NULL: none */
    /* Reads a secret of type vault; NULL: they are an error. */
    int (*read_vault)(const json_t *configuration, const char *path, const char *key,
                      const struct cancel *cancel, json_t **ret_value, struct chaos_error *err);
    const struct listener *listeners; /* besides the journal and the console */
    size_t n_listeners;
    const char *lib_version; /* "chaoslib-version" of the journal */
    bool without_controls;   /* a recovery calls none */
    const char *run_id;      /* marks the processes of actions; NULL: not */
    struct wal *log;         /* where events are on disk before their effect; NULL: nowhere */
    struct mask *mask;       /* learns the secrets of the run; NULL: nobody else wants to know */
};

/* Play the experiment to its end, whatever happens in it. Signals INT, TERM, HUP, QUIT, USR1 and
 * USR2 steer the run while this function works; their dispositions are put back. *ret_journal is a
 * new reference. Fails only when the run cannot start (configuration, secrets). */
MUST_USE int experiment_run(const struct run_options *options, json_t **ret_journal,
                            struct chaos_error *err);

/* A run whose process died, as its log tells. */
struct run_past {
    struct journal *journal; /* folded from the log; taken on */
    struct ledger *ledger;   /* likewise */
    const char *cause;       /* what ended the process, for people: "SIGKILL" */
    bool by_signal;          /* and it was a signal of that name */
};

/* Go on where the run stopped: play what is due, and end it. Controls and event handlers are not
 * called. `options` as for experiment_run(), the experiment and the strategy being those of the
 * log. */
MUST_USE int experiment_resume(const struct run_options *options, struct run_past *past,
                               json_t **ret_journal, struct chaos_error *err);

/* The names of the steps that experiment_resume() would play; a new array. */
json_t *experiment_due(const struct run_options *options, const struct run_past *past);

/* Ask the run in progress to stop, as signal `number` would: for chaoslib.exit in the guest. Safe
 * from any thread; nothing happens while no run is in progress. */
void run_signal(int number);

/* A snapshot of a document of the run in progress ("experiment", "configuration", "secrets",
 * "settings", "journal", or "controls" for the global ones); a new reference, NULL without a run
 * or such a document. Not to be called by the thread of the run while it holds the run's lock. */
json_t *run_peek(const char *document);
