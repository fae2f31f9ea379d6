// SPDX-License-Identifier: Apache-2.0
#include "lib/history.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/journal.h"
#include "lib/recovery.h"
#include "lib/run_dir.h"
#include "lib/strict.h"
#include "lib/verdict.h"
#include "value/json.h"

#define INDEX_MAX   ((size_t)64 << 20)
#define JOURNAL_MAX ((size_t)4 << 30)

static char *index_path(void)
{
    AUTO(str) char *root = run_dir_root();

    return mem_printf("%s/" RUN_INDEX, root);
}

/* run -> entry. Lines that are no entry are passed over: their runs are read again. */
static json_t *load_index(void)
{
    AUTO(str) char *path = index_path();
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *index = json_object();

    if (file_read(path, &text, INDEX_MAX, &err) < 0)
        return index;
    for (const char *at = buffer_text(&text); *at;) {
        size_t length = strcspn(at, "\n");
        AUTO(chaos_error) struct chaos_error ignored = { 0 };
        AUTO(json) json_t *entry = NULL;
        const char *run;

        if (json_parse(at, length, &entry, &ignored) == 0 && json_is_object(entry) &&
            (run = json_text_of(entry, "run")) && json_text_of(entry, "state"))
            json_object_set(index, run, entry);
        at += length + (at[length] == '\n');
    }
    return index;
}

/* What is closed does not change any more. */
static void save_index(const json_t *entries)
{
    AUTO(str) char *path = index_path();
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    size_t i;
    json_t *entry;

    json_array_foreach (entries, i, entry) {
        if (!str_equal(json_text_of(entry, "state"), "closed"))
            continue;
        json_write(&text, entry, JSON_STYLE_COMPACT);
        buffer_add_char(&text, '\n');
    }
    if (file_write_atomic(path, buffer_text(&text), text.length, 0600, &err) < 0)
        log_debug("The index of the runs is not kept: %s", chaos_error_text(&err));
}

static size_t count_failed(const json_t *runs)
{
    size_t failed = 0;
    size_t i;
    json_t *run;

    json_array_foreach (runs, i, run)
        failed += str_equal(json_text_of(run, "status"), "failed");
    return failed;
}

static json_t *or_null(json_t *value)
{
    return value ? json_incref(value) : json_null();
}

static json_t *summarise(const char *id, const char *state, const json_t *journal)
{
    const json_t *experiment = json_object_get(journal, "experiment");
    const json_t *runs = json_object_get(journal, "run");
    bool is_over = json_text_of(journal, "end") != NULL;
    const char *outcome = is_over ? strict_code_name(strict_code_of(journal)) : NULL;

    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s?, s:I, s:I}", "run", id, "state",
                     state, "title", or_null(json_object_get(experiment, "title")), "start",
                     or_null(json_object_get(journal, "start")), "duration",
                     or_null(json_object_get(journal, "duration")), "status",
                     or_null(json_object_get(journal, "status")), "deviated",
                     or_null(json_object_get(journal, "deviated")), "outcome", outcome,
                     "activities", (json_int_t)json_array_size(runs), "failed",
                     (json_int_t)count_failed(runs));
}

static const char *state_name(enum recovery_state state)
{
    switch (state) {
    case RECOVERY_RUNNING:
        return "running";
    case RECOVERY_CLOSED:
        return "closed";
    case RECOVERY_OPEN:
        break;
    }
    return "open";
}

void history_run_clear(struct history_run *run)
{
    free(run->id);
    free(run->path);
    json_decref(run->journal);
    json_decref(run->due);
    json_decref(run->damage);
    *run = (struct history_run){ 0 };
}

static int read_journal(const char *path, json_t **ret_journal, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(json) json_t *journal = NULL;

    if (file_read(path, &text, JOURNAL_MAX, err) < 0)
        return -(int)err->code;
    if (json_parse(buffer_text(&text), text.length, &journal, err) < 0)
        return chaos_error_prefix(err, "'%s'", path);
    if (!json_is_object(journal) || !json_is_object(json_object_get(journal, "experiment")))
        return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is not the journal of a run", path);
    *ret_journal = STEAL(journal);
    return 0;
}

/* The log tells what is due; the journal beside it, where there is one, has what controls added. */
static int open_run(const char *id, struct history_run *ret_run, struct chaos_error *err)
{
    AUTO(recovery) struct recovery look = { 0 };
    AUTO(run_dir) struct run_dir *dir = NULL;
    AUTO(chaos_error) struct chaos_error ignored = { 0 };
    AUTO(str) char *path = NULL;

    if (run_dir_open(id, &dir, err) < 0 || recovery_look(id, &look, err) < 0)
        return -(int)err->code;
    *ret_run = (struct history_run){ .id = mem_strdup(id),
                                     .state = state_name(look.state),
                                     .due = json_incref(look.due),
                                     .damage = json_incref(look.damage) };
    path = run_dir_file(dir, RUN_JOURNAL);
    if (look.state == RECOVERY_CLOSED && read_journal(path, &ret_run->journal, &ignored) == 0)
        ret_run->path = STEAL(path);
    else
        ret_run->journal = json_incref(look.journal);
    return 0;
}

json_t *history_list(void)
{
    AUTO(json) json_t *ids = run_dir_list();
    AUTO(json) json_t *index = load_index();
    json_t *entries = json_array();
    size_t known = 0;
    size_t i;
    json_t *id;

    json_array_foreach (ids, i, id) {
        json_t *entry = json_object_get(index, json_string_value(id));
        AUTO(history_run) struct history_run run = { 0 };
        AUTO(chaos_error) struct chaos_error err = { 0 };

        if (entry) {
            json_array_append(entries, entry);
            known++;
        } else if (open_run(json_string_value(id), &run, &err) < 0) {
            log_warning("Run %s cannot be read: %s", json_string_value(id), chaos_error_text(&err));
        } else {
            json_array_append_new(entries, summarise(run.id, run.state, run.journal));
        }
    }
    if (known != json_array_size(entries) || known != json_object_size(index))
        save_index(entries);
    return entries;
}

/* "last", "last-2": how many runs before the last; -1 for other words. */
static long steps_back(const char *word)
{
    char *end = NULL;
    long steps;

    if (!str_starts(word, "last"))
        return -1;
    word += strlen("last");
    if (!*word)
        return 0;
    if (*word != '-' || word[1] < '0' || word[1] > '9')
        return -1;
    errno = 0;
    steps = strtol(word + 1, &end, 10);
    return *end || errno ? -1 : steps;
}

int history_find(const char *word, char **ret_id, struct chaos_error *err)
{
    AUTO(json) json_t *ids = run_dir_list();
    size_t count = json_array_size(ids);
    long back = steps_back(word);
    const char *found = NULL;
    size_t i;
    json_t *id;

    if (back >= 0 && (size_t)back < count)
        found = json_string_value(json_array_get(ids, count - 1 - (size_t)back));
    json_array_foreach (ids, i, id) {
        const char *text = json_string_value(id);

        if (back >= 0 || !*word || !strstr(text, word))
            continue;
        if (found && !str_equal(text, word))
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "several runs have '%s' in their id, as %s and %s: give more "
                                   "of it",
                                   word, found, text);
        found = text;
    }
    if (!found)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                               "there is no run '%s': 'chaos history' lists those there are", word);
    *ret_id = mem_strdup(found);
    return 0;
}

int history_open(const char *word, struct history_run *ret_run, struct chaos_error *err)
{
    AUTO(chaos_error) struct chaos_error no_run = { 0 };
    AUTO(str) char *id = NULL;
    struct stat info;
    int r;

    if (history_find(word, &id, &no_run) == 0)
        return open_run(id, ret_run, err);
    if (stat(word, &info) < 0 || S_ISDIR(info.st_mode))
        return chaos_error_set(err, no_run.code, "%s", chaos_error_text(&no_run));
    *ret_run = (struct history_run){ .path = mem_strdup(word), .state = "closed" };
    r = read_journal(word, &ret_run->journal, err);
    if (r < 0)
        history_run_clear(ret_run);
    return r;
}
