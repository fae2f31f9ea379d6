// SPDX-License-Identifier: Apache-2.0
#include "lib/run_state.h"

#include <limits.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/wal.h"
#include "lib/guardian.h"
#include "lib/retention.h"
#include "lib/run_dir.h"

struct run_state {
    struct run_dir *dir;
    struct wal *log;
    struct guardian *guardian;
    struct retention retention;
    bool is_left; /* somebody asked to leave while something was still due */
};

static bool has_effect(const json_t *activities)
{
    size_t i;
    json_t *activity;

    json_array_foreach (activities, i, activity) /* a ref may lead to an action */
        if (!str_equal(json_text_of(activity, "type"), "probe"))
            return true;
    return false;
}

static bool has_controls(const json_t *experiment, const json_t *activities)
{
    size_t i;
    json_t *activity;

    if (json_array_size(json_object_get(experiment, "controls")))
        return true;
    json_array_foreach (activities, i, activity)
        if (json_array_size(json_object_get(activity, "controls")))
            return true;
    return false;
}

bool run_state_is_needed(const json_t *experiment, const json_t *global_controls, enum dry_mode dry)
{
    const json_t *method = json_object_get(experiment, "method");
    const json_t *rollbacks = json_object_get(experiment, "rollbacks");

    if (json_array_size(global_controls) || has_controls(experiment, method) ||
        has_controls(experiment, rollbacks))
        return true;
    if (dry == DRY_ACTIONS || dry == DRY_ACTIVITIES)
        return false;
    return has_effect(method) || has_effect(rollbacks);
}

static char *absolute(const char *path)
{
    char here[PATH_MAX];

    if (path && path[0] == '.' && path[1] == '/')
        path += 2;
    if (!path || *path == '/' || !getcwd(here, sizeof(here)))
        return mem_strdup(path);
    return mem_printf("%s/%s", here, path);
}

/* What a recovery must know and no event tells. */
static json_t *describe(const struct run_state *state, const struct run_state_options *options)
{
    AUTO(str) char *journal_path = absolute(options->journal_path);
    AUTO(str) char *journal_was = file_identity(journal_path);
    AUTO(str) char *settings_path = absolute(options->settings_path);
    AUTO(str) char *here = getcwd(NULL, 0);
    json_t *files = json_array();

    for (size_t i = 0; i < options->n_var_files; i++) {
        AUTO(str) char *path = absolute(options->var_files[i]);

        json_array_append_new(files, json_string(path));
    }
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s?, s:o, s:s, s:f, s:I}", "format", 1, "run",
                     state->dir->id, "directory", here ? here : "/", "journal-path", journal_path,
                     "journal-was", journal_was, "settings", settings_path, "python",
                     options->python, "var-files", files, "rollbacks-strategy",
                     rollback_strategy_name(options->run->rollbacks), "rollback-timeout",
                     options->run->rollback_timeout_s, "rollback-retries",
                     (json_int_t)options->run->rollback_retries);
}

int run_state_open(const struct run_state_options *options, struct run_state **ret_state,
                   struct chaos_error *err)
{
    AUTO(run_state) struct run_state *state = mem_zero(1, sizeof(*state));
    AUTO(str) char *path = NULL;
    AUTO(json) json_t *data = NULL;

    if (run_dir_create(&state->dir, err) < 0)
        return -(int)err->code;
    path = run_dir_file(state->dir, RUN_EVENTS);
    if (wal_create(path, &state->log, err) < 0)
        return -(int)err->code;
    state->retention = retention_of(options->settings);
    data = describe(state, options);
    wal_append(state->log, WAL_OPENED, clock_wall(), data);
    state->guardian = guardian_start(
        &(struct guardian_options){ .run_id = state->dir->id, .log_file = options->log_file });
    log_debug("The log of this run is '%s'", path);
    *ret_state = STEAL(state);
    return 0;
}

void run_state_attach(struct run_state *state, struct run_options *run)
{
    run->log = state->log;
    run->run_id = state->dir->id;
}

static void notice(void *self, const struct event *event)
{
    struct run_state *state = self;

    state->is_left |= event->type == EVENT_ROLLBACKS_LEFT;
    /* where time goes by after it; not at each event, for the sake of cheap probes */
    if (event->type == EVENT_ACTIVITY_STARTED || event->type == EVENT_PAUSE_STARTED)
        guardian_check(state->guardian);
}

struct listener run_state_listener(struct run_state *state)
{
    return (struct listener){ state, notice };
}

void run_state_close(struct run_state *state, const struct buffer *journal)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *path = run_dir_file(state->dir, RUN_JOURNAL);
    AUTO(json) json_t *nothing = json_object();

    if (file_write_atomic(path, buffer_text(journal), journal->length, 0600, &err) < 0)
        log_warning("The journal has no copy beside the log: %s", chaos_error_text(&err));
    if (!state->is_left)
        wal_append(state->log, WAL_CLOSED, clock_wall(), nothing);
    wal_finish(state->log);
    retention_apply(&state->retention);
}

void run_state_discard(struct run_state *state)
{
    run_dir_remove(state->dir);
}

void run_state_free(struct run_state *state)
{
    if (state->guardian)
        guardian_release(state->guardian);
    if (state->log)
        wal_free(state->log);
    if (state->dir)
        run_dir_free(state->dir);
    free(state);
}
