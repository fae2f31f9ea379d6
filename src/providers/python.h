/* SPDX-License-Identifier: Apache-2.0 */
/* Python code on behalf of the engine: the provider "python", controls, discovery. It runs in one
 * worker process, started when it is first needed (docs/design/python-worker.md). All functions
 * but python_free() may be called from any thread. */
#pragma once

#include "engine/guest.h"
#include "engine/provider.h"

struct python;

/* Why a call is cancelled: the reason its `cancel` was raised with. Any other counts as
 * PYTHON_STOP_KEYBOARD. The exception is raised in the running Python code at once, in the
 * foreground even within a blocking call. */
enum python_stop {
    PYTHON_STOP_KEYBOARD = 1,      /* KeyboardInterrupt */
    PYTHON_STOP_INTERRUPT,         /* InterruptExecution("SIGTERM signal received") */
    PYTHON_STOP_EXIT_20,           /* SystemExit(20) */
    PYTHON_STOP_EXIT_30,           /* SystemExit(30) */
    PYTHON_STOP_EXPERIMENT_EXITED, /* ExperimentExitedException: the call fails with it as its text
                                    */
    PYTHON_STOP_ABANDON,           /* KeyboardInterrupt, and do not wait for it to take effect */
};

/* What user code may ask of the engine through chaoslib. Called in threads of their own while a
 * call runs; any may be NULL: then the question fails. None may make a foreground call: the thread
 * for those is waiting for the answer. */
struct python_callbacks {
    void *self;
    /* User code sent "INT", "TERM", "USR1" or "USR2" to its own process (chaoslib.exit does):
     * treat it like one to chaos. Must not block. */
    void (*signal)(void *self, const char *name);
    /* A document that no control was given yet: "experiment", "configuration", "secrets" or
     * "controls" (array of the global ones). A new reference to a snapshot, or NULL. */
    json_t *(*document)(void *self, const char *name);
    /* Call an activity (in the background). `cancel` is raised when the worker is ended. */
    void (*run_activity)(void *self, const struct provider_call *call, struct call_result *result);
    int (*check_activity)(void *self, const json_t *activity, struct chaos_error *err);
    int (*check_tolerance)(void *self, const json_t *tolerance, struct chaos_error *err);
    int (*within_tolerance)(void *self, const json_t *tolerance, const json_t *value,
                            const json_t *configuration, const json_t *secrets, bool *ret_met,
                            struct chaos_error *err);
};

struct python_options {
    const char *interpreter; /* of --python; NULL: see python_path.h */
    const char *worker_dir;  /* NULL: found */
    const json_t *settings;  /* the settings document; borrowed, copied; may be NULL */
    bool stdout_to_stderr;   /* stdout is for a report */
    int grace_ms;            /* how long a stopped call may take to unwind; 0: 1500 */
    int exit_ms;             /* how long the worker may take to leave; 0: 1000 */
    struct python_callbacks callbacks;
};

struct python *python_new(const struct python_options *options);
/* Ends the worker; no call may be running. */
void python_free(struct python *python);
AUTO_FREE(python, struct python)

void python_provider(struct python *python, struct provider *ret_provider);
void python_guest(struct python *python, struct guest *ret_guest);

struct python_discovery {
    const char *package; /* name of the distribution */
    bool install;        /* get its newest release with pip first */
    bool system;         /* look at the system too, not only at the package */
    const struct cancel *cancel;
};

/* What an extension offers, as its own `discover` tells. */
MUST_USE int python_discover(struct python *python, const struct python_discovery *discovery,
                             json_t **ret_found, struct chaos_error *err);
/* The installed extensions: an array of { name, version, summary, license }. */
MUST_USE int python_extensions(struct python *python, const struct cancel *cancel,
                               json_t **ret_extensions, struct chaos_error *err);
