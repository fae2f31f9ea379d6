// SPDX-License-Identifier: Apache-2.0
#include "lib/recovery.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/journal.h"
#include "engine/ledger.h"
#include "engine/wal.h"
#include "lib/run_dir.h"
#include "lib/session.h"
#include "lib/stragglers.h"
#include "lib/variables.h"
#include "model/settings.h"
#include "value/json.h"

/* A log is as large as the outputs of its activities. */
#define LOG_SIZE_MAX ((size_t)4 << 30)
/* The kernel may still be taking the dead process apart. */
#define TAKEOVER_WAIT_MS 10000

/* A log, folded. */
struct folded {
    json_t *header;
    struct journal *journal;
    struct ledger *ledger;
    struct wal_scan scan;
    bool is_closed;
};

static void folded_clear(struct folded *folded)
{
    json_decref(folded->header);
    if (folded->journal)
        journal_free(folded->journal);
    if (folded->ledger)
        ledger_free(folded->ledger);
    wal_scan_clear(&folded->scan);
}

AUTO_CLEAR(folded, struct folded)

void recovery_clear(struct recovery *recovery)
{
    free(recovery->title);
    json_decref(recovery->due);
    json_decref(recovery->damage);
    json_decref(recovery->journal);
    *recovery = (struct recovery){ 0 };
}

void recovery_result_clear(struct recovery_result *result)
{
    free(result->journal_path);
    *result = (struct recovery_result){ 0 };
}

static void visit(void *self, const struct wal_record *record)
{
    struct folded *folded = self;
    struct event event = { record->type, record->wall, record->data };

    if (str_equal(record->name, WAL_OPENED)) {
        json_decref(folded->header);
        folded->header = json_deep_copy(record->data);
    } else if (str_equal(record->name, WAL_CLOSED)) {
        folded->is_closed = true;
    } else if (record->type != EVENT_TYPE_COUNT) {
        ledger_apply(folded->ledger, &event);
        journal_apply(folded->journal, &event);
    }
}

static int fold(const struct run_dir *dir, struct folded *folded, struct chaos_error *err)
{
    AUTO(str) char *path = run_dir_file(dir, RUN_EVENTS);
    AUTO(buffer) struct buffer text = { 0 };
    struct stat info = { 0 };

    folded->journal = journal_new();
    folded->ledger = ledger_new();
    if (stat(path, &info) < 0 && errno == ENOENT) {
        folded->is_closed = true; /* it died before it could begin */
        folded->scan.damage = json_array();
        return 0;
    }
    if (file_read(path, &text, LOG_SIZE_MAX, err) < 0)
        return -(int)err->code;
    wal_read(buffer_text(&text), text.length, visit, folded, &folded->scan);
    return 0;
}

/* How the run was asked to be. Without any word about the strategy nothing is played: somebody may
 * have said never. */
static void restore_options(const struct folded *folded, struct run_options *options)
{
    const json_t *experiment = ledger_experiment(folded->ledger);
    const char *strategy = ledger_strategy(folded->ledger);
    json_int_t retries = json_integer_value(json_object_get(folded->header, "rollback-retries"));

    if (!strategy)
        strategy = json_text_of(folded->header, "rollbacks-strategy");
    *options = (struct run_options){
        .experiment = json_walkable(experiment),
        .rollbacks = strategy ? rollback_strategy_parse(strategy) : ROLLBACK_NEVER,
        .rollback_timeout_s =
            json_number_value(json_object_get(folded->header, "rollback-timeout")),
        .rollback_retries = (long)retries,
        .dry = dry_mode_parse(json_text_of(experiment, "dry")),
        .without_controls = true,
    };
    if (!strategy && ledger_due(folded->ledger))
        log_error("The log does not tell the strategy for rollbacks any more: nothing is played");
}

static json_t *due_of(const struct folded *folded)
{
    struct run_past past = { .journal = folded->journal, .ledger = folded->ledger };
    struct run_options options;

    restore_options(folded, &options);
    return experiment_due(&options, &past);
}

json_t *recovery_list(void)
{
    return run_dir_list();
}

void recovery_forget(const char *id)
{
    AUTO(folded) struct folded folded = { 0 };
    AUTO(run_dir) struct run_dir *dir = NULL;
    AUTO(chaos_error) struct chaos_error ignored = { 0 };

    if (run_dir_open(id, &dir, &ignored) == 0 && run_dir_lock(dir, 0, &ignored) == 0 &&
        fold(dir, &folded, &ignored) == 0 && folded.is_closed)
        run_dir_remove(dir);
}

int recovery_look(const char *id, struct recovery *ret_recovery, struct chaos_error *err)
{
    AUTO(folded) struct folded folded = { 0 };
    AUTO(run_dir) struct run_dir *dir = NULL;
    const char *title;

    if (run_dir_open(id, &dir, err) < 0 || fold(dir, &folded, err) < 0)
        return -(int)err->code;
    title = json_text_of(ledger_experiment(folded.ledger), "title");
    ret_recovery->title = mem_strdup(title ? title : "");
    ret_recovery->due = folded.is_closed ? json_array() : due_of(&folded);
    ret_recovery->damage = json_incref(folded.scan.damage);
    ret_recovery->journal = json_incref(journal_value(folded.journal));
    ret_recovery->state = RECOVERY_CLOSED;
    if (!folded.is_closed)
        ret_recovery->state = run_dir_is_alive(dir) ? RECOVERY_RUNNING : RECOVERY_OPEN;
    return 0;
}

/* The name of what ended the process. */
static char *cause_of(const char *status_text, bool *ret_by_signal)
{
    int status = status_text ? (int)strtol(status_text, NULL, 10) : 0;
    const char *name = sigabbrev_np(WTERMSIG(status));

    *ret_by_signal = WIFSIGNALED(status) && name;
    if (*ret_by_signal)
        return mem_printf("SIG%s", name);
    if (status_text && *status_text && WIFEXITED(status) && WEXITSTATUS(status))
        return mem_printf("it exited with %d", WEXITSTATUS(status));
    return mem_strdup("nobody saw why: killed, out of memory, or the machine went down");
}

/* The journal beside the log, and where the user wanted it, unless a later run wrote there. */
static int save(const struct run_dir *dir, const struct folded *folded, const json_t *journal,
                char **ret_path, struct chaos_error *err)
{
    const char *wanted = json_text_of(folded->header, "journal-path");
    AUTO(str) char *own = run_dir_file(dir, RUN_JOURNAL);
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(str) char *is = wanted ? file_identity(wanted) : NULL;

    json_write(&text, journal, JSON_STYLE_INDENT_2);
    if (file_write_atomic(own, buffer_text(&text), text.length, 0600, err) < 0)
        log_warning("The journal has no copy beside the log: %s", chaos_error_text(err));
    else
        *ret_path = STEAL(own);
    if (!wanted || !str_equal(is, json_text_of(folded->header, "journal-was")))
        return *ret_path ? 0 : chaos_error_prefix(err, "the journal");
    chaos_error_clear(err);
    if (file_write_atomic(wanted, buffer_text(&text), text.length, 0666, err) < 0) {
        if (!*ret_path)
            return chaos_error_prefix(err, "the journal");
        log_warning("%s: the journal is '%s'", chaos_error_text(err), *ret_path);
        chaos_error_clear(err);
        return 0;
    }
    free(*ret_path);
    *ret_path = mem_strdup(wanted);
    return 0;
}

/* Counts what is played. */
static void count(void *self, const struct event *event)
{
    struct recovery_result *result = self;

    if (event->type == EVENT_ROLLBACK_ENDED)
        result->played++;
    if (event->type == EVENT_ACTIVITY_COMPLETED && !json_object_get(event->data, "lost") &&
        str_equal(json_text_of(json_object_get(event->data, "run"), "status"), "failed"))
        result->failed++;
}

/* Play it with the settings, the interpreter and the secrets it had. */
static int resume(const struct run_dir *dir, struct folded *folded, struct wal *log,
                  const struct recovery_options *wanted, struct recovery_result *result,
                  json_t **ret_journal, struct chaos_error *err)
{
    const char *settings_path = json_text_of(folded->header, "settings");
    AUTO(json) json_t *settings = settings_path ? settings_load(settings_path) : NULL;
    AUTO(session)
    struct session *session = session_new(&(struct session_options){
        .settings = settings, .python = json_text_of(folded->header, "python") });
    AUTO(json) json_t *secret_vars = json_object();
    AUTO(json) json_t *config_vars = json_object();
    AUTO(json) json_t *experiment = json_deep_copy(ledger_experiment(folded->ledger));
    struct run_past past = { .cause = NULL };
    AUTO(json) json_t *journal = NULL;
    AUTO(str) char *cause = cause_of(wanted->cause, &past.by_signal);
    struct listener counter = { result, count };
    const json_t *files = json_object_get(folded->header, "var-files");
    struct run_options options;
    size_t i;
    json_t *file;
    int r;

    json_array_foreach (files, i, file) {
        const char *path = json_string_value(file);

        if (path && variables_read_files(&path, 1, config_vars, secret_vars, err) < 0)
            return -(int)err->code;
    }
    restore_options(folded, &options);
    options.experiment = experiment;
    options.secret_vars = secret_vars;
    options.config_vars = config_vars;
    options.log = log;
    options.run_id = dir->id;
    options.listeners = &counter;
    options.n_listeners = 1;
    past.cause = cause;
    past.journal = STEAL(folded->journal);
    past.ledger = STEAL(folded->ledger);
    r = session_resume(session, &options, &past, &journal, err);
    *ret_journal = session_shown(session, journal);
    folded->journal = past.journal;
    folded->ledger = past.ledger;
    return r;
}

static int go_on(const struct run_dir *dir, struct folded *folded,
                 const struct recovery_options *options, struct recovery_result *result,
                 struct chaos_error *err)
{
    AUTO(str) char *path = run_dir_file(dir, RUN_EVENTS);
    const char *directory = json_text_of(folded->header, "directory");
    AUTO(json)
    json_t *data =
        json_pack("{s:b, s:I}", "takeover", (int)options->is_takeover, "pid", (json_int_t)getpid());
    AUTO(json) json_t *nothing = json_object();
    AUTO(json) json_t *journal = NULL;
    AUTO(wal) struct wal *log = NULL;

    if (wal_resume(path, folded->scan.length, folded->scan.next_number, &log, err) < 0)
        return -(int)err->code;
    wal_append(log, WAL_TAKEN, clock_wall(), data);
    if (directory && chdir(directory) < 0)
        log_warning("The directory of the run is gone: '%s'", directory);
    stragglers_kill(dir->id, ledger_under_way(folded->ledger));
    if (ledger_stage(folded->ledger) != LEDGER_UNKNOWN &&
        (resume(dir, folded, log, options, result, &journal, err) < 0 ||
         save(dir, folded, journal, &result->journal_path, err) < 0))
        return -(int)err->code;
    wal_append(log, WAL_CLOSED, clock_wall(), nothing);
    return wal_sync(log, err);
}

int recovery_play(const char *id, const struct recovery_options *options,
                  struct recovery_result *ret_result, struct chaos_error *err)
{
    AUTO(folded) struct folded folded = { 0 };
    AUTO(run_dir) struct run_dir *dir = NULL;
    size_t i;
    json_t *damage;

    if (run_dir_open(id, &dir, err) < 0 ||
        run_dir_lock(dir, options->is_takeover ? TAKEOVER_WAIT_MS : 0, err) < 0 ||
        fold(dir, &folded, err) < 0)
        return chaos_error_prefix(err, "run %s", id);
    json_array_foreach (folded.scan.damage, i, damage)
        log_warning("The log of run %s is damaged %s", id, json_string_value(damage));
    if (folded.is_closed) {
        ret_result->had_nothing = true;
        return 0;
    }
    return go_on(dir, &folded, options, ret_result, err);
}
