/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a run in progress, shared by the files of engine/ and by nobody else.
 *
 * One lock guards all documents and counters, like Python's: engine code holds it at all times
 * except around waits (provider calls, pauses, hooks, joins), which run_unlock()/run_lock()
 * bracket. So the living documents are never seen half changed, and a value read before a wait
 * must be read again after it. */
#pragma once

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

#include "engine/journal.h"
#include "engine/ledger.h"
#include "engine/run.h"
#include "engine/stop.h"

enum document_id {
    DOCUMENT_EXPERIMENT,
    DOCUMENT_CONFIGURATION,
    DOCUMENT_SECRETS,
    DOCUMENT_SETTINGS,
    DOCUMENT_JOURNAL,
    DOCUMENT_COUNT,
};

/* A living document: the engine and the guest's controls change it. */
struct document {
    json_t *value;    /* an object, owned */
    json_t *snapshot; /* an unchanging deep copy for calls in other threads, NULL: make one */
    bool sent;        /* the guest has this content */
    long version;     /* grows with every change by the engine */
};

enum run_status {
    RUN_RUNNING, /* null in the journal */
    RUN_COMPLETED,
    RUN_FAILED,
    RUN_ABORTED,
    RUN_INTERRUPTED,
    RUN_STATUS_COUNT,
};

struct run {
    const struct run_options *options;
    sem_t lock; /* not a mutex: a thread that begins is given it by its starter */
    struct document documents[DOCUMENT_COUNT];
    struct journal *journal;
    struct ledger *ledger;
    struct mask *mask;  /* secrets that must not be written down: the options', or our own */
    json_t *activities; /* name -> activity of the method or the hypothesis, for references */
    json_t *controls;   /* global controls that could be configured */
    json_t *hooks;      /* module -> functions of its controls (guest.h), null: not there */
    bool is_fixed; /* no control is there, so nobody changes the experiment while it is played */
    enum run_status status;
    bool deviated;
    const char *signal_name; /* the first SIGINT or SIGTERM, NULL without one */
    long next_id;
    int handlers;             /* event handlers registered in the guest */
    struct cancel foreground; /* the thread of the run */
    struct cancel background; /* background activities */
    struct cancel hypothesis; /* probes of the continuous hypothesis */
    struct cancel ending;     /* the time between two rounds of it */
};

/* A run that is not under way yet. End with run_close(), also after a failure. */
MUST_USE int run_open(struct run *run, const struct run_options *options, struct chaos_error *err);
void run_close(struct run *run);
/* Learn the names that a ref may give. */
void run_remember_activities(struct run *run);
/* The last words: the end (`interruption` is stolen, NULL: none), and that nothing follows. */
void run_announce_end(struct run *run, double duration_s, json_t *interruption, struct stop *stop);
void run_announce_finish(struct run *run, struct stop *stop);

void run_lock(struct run *run);
void run_unlock(struct run *run);
/* Start a thread of the run, with pthread_create(3), whose result this is. It begins with the lock,
 * and comes as far as its first wait before the starter goes on. */
MUST_USE int run_start_thread(struct run *run, pthread_t *ret_thread,
                              const pthread_attr_t *attributes, void *(*main)(void *),
                              void *argument);

/* The document's content; borrowed. */
json_t *run_document(const struct run *run, enum document_id id);
const char *document_name(enum document_id id);
/* Tell that the engine changed it. */
void run_touch(struct run *run, enum document_id id);
/* Tell that it changed, and that the guest knows. */
void run_forget_snapshot(struct run *run, enum document_id id);
/* An unchanging copy of a document as it is now; a new reference. */
json_t *run_snapshot(struct run *run, enum document_id id);
/* Make the changes (value/patch.h) that the guest says it made to a document. */
void run_amend(struct run *run, enum document_id id, const json_t *changes);

/* Announce an event. `data` is stolen. The lock is held, and given up while handlers of the guest
 * listen. */
void run_emit(struct run *run, enum event_type type, json_t *data, struct stop *stop);
/* Wait until all that was announced is in the log on the disk, where there is a log. The lock is
 * held, and given up meanwhile. */
MUST_USE int run_sync(struct run *run, struct chaos_error *err);
/* Change status or deviation, and announce it. */
void run_set_status(struct run *run, enum run_status status, bool deviated);
const char *run_status_name(enum run_status status);
/* RUN_RUNNING for NULL and names that are none. */
enum run_status run_status_parse(const char *name);

/* The pause of an activity, a frequency: true when it lasted its time, false when it was cut
 * short; `stop` is set when that was a request to leave. */
bool run_pause(struct run *run, double seconds, struct cancel *cancel, struct stop *stop);
