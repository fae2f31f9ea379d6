// SPDX-License-Identifier: Apache-2.0
#include "engine/journal.h"

#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/patch.h"

struct journal {
    json_t *value;
    json_t *runs; /* id of an activity's run, as text -> its run */
};

struct journal *journal_new(void)
{
    struct journal *journal = mem_zero(1, sizeof(*journal));

    journal->runs = json_object();
    return journal;
}

void journal_free(struct journal *journal)
{
    json_decref(journal->value);
    json_decref(journal->runs);
    free(journal);
}

json_t *journal_value(const struct journal *journal)
{
    return journal->value;
}

static void start(struct journal *journal, const json_t *data)
{
    static const char *const taken[] = { "chaoslib-version", "platform", "node", "experiment",
                                         "start" };
    json_t *value = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
        json_object_set(value, taken[i], json_object_get(data, taken[i]));
    json_object_set_new(value, "status", json_null());
    json_object_set_new(value, "deviated", json_false());
    json_object_set_new(value, "steady_states",
                        json_pack("{s:n, s:n, s:[]}", "before", "after", "during"));
    json_object_set_new(value, "run", json_array());
    json_object_set_new(value, "rollbacks", json_array());
    json_decref(journal->value);
    journal->value = value;
}

static const char *run_key(const json_t *data, char text[STR_INTEGER_SIZE])
{
    return str_integer(text, json_integer_value(json_object_get(data, "id")));
}

static void start_activity(struct journal *journal, const json_t *data)
{
    const char *section = json_string_value(json_object_get(data, "section"));
    json_t *run = json_object_get(data, "run");
    char text[STR_INTEGER_SIZE];

    json_object_set(journal->runs, run_key(data, text), run);
    if (str_equal(section, "method"))
        json_array_append(json_object_get(journal->value, "run"), run);
    else if (str_equal(section, "rollbacks"))
        json_array_append(json_object_get(journal->value, "rollbacks"), run);
}

static void update_activity(struct journal *journal, const json_t *data)
{
    char text[STR_INTEGER_SIZE];
    json_t *run = json_object_get(journal->runs, run_key(data, text));
    json_t *seen = json_object_get(data, "run");
    AUTO(json) json_t *whole = NULL;

    if (run == seen || !json_is_object(run) || !json_is_object(seen))
        return;
    /* a stream that was read back: no sharing, and the activity may have been told at the start */
    if (!json_object_get(seen, "activity")) {
        whole = json_pack("{s:O?}", "activity", json_object_get(run, "activity"));
        json_object_update(whole, seen);
    }
    value_patch(run, whole ? whole : seen);
}

static void complete_hypothesis(struct journal *journal, const json_t *data)
{
    const char *phase = json_string_value(json_object_get(data, "phase"));
    json_t *states = json_object_get(journal->value, "steady_states");
    json_t *state = json_object_get(data, "state");

    if (str_equal(phase, "during"))
        json_array_append(json_object_get(states, "during"), state);
    else
        json_object_set(states, phase, state);
}

static void copy_members(struct journal *journal, const json_t *data)
{
    static const char *const taken[] = { "status", "deviated", "end", "duration", "interruption" };

    for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
        json_t *value = json_object_get(data, taken[i]);

        if (value)
            json_object_set(journal->value, taken[i], value);
    }
}

void journal_apply(struct journal *journal, const struct event *event)
{
    if (!journal->value && event->type != EVENT_RUN_STARTED)
        start(journal, NULL); /* a log whose first line is damaged */
    switch (event->type) {
    case EVENT_RUN_STARTED:
        start(journal, event->data);
        return;
    case EVENT_ACTIVITY_STARTED:
        start_activity(journal, event->data);
        return;
    case EVENT_ACTIVITY_COMPLETED:
    case EVENT_ACTIVITY_AMENDED:
        update_activity(journal, event->data);
        return;
    case EVENT_HYPOTHESIS_COMPLETED:
        complete_hypothesis(journal, event->data);
        return;
    case EVENT_STATUS_CHANGED:
    case EVENT_RUN_ENDED:
        copy_members(journal, event->data);
        return;
    case EVENT_JOURNAL_AMENDED:
        if (journal->value && json_is_object(json_object_get(event->data, "journal")))
            value_patch(journal->value, json_object_get(event->data, "journal"));
        return;
    case EVENT_RUN_CONFIGURED:
    case EVENT_HYPOTHESIS_STARTED:
    case EVENT_HYPOTHESIS_CHECKING:
    case EVENT_HYPOTHESIS_MET:
    case EVENT_HYPOTHESIS_ENDED:
    case EVENT_METHOD_STARTED:
    case EVENT_METHOD_COMPLETED:
    case EVENT_ROLLBACKS_STARTED:
    case EVENT_ROLLBACKS_COMPLETED:
    case EVENT_ROLLBACK_STARTED:
    case EVENT_DOCUMENT_AMENDED:
    case EVENT_INVERSE_DECIDED:
    case EVENT_ROLLBACKS_LEFT:
    case EVENT_ROLLBACK_ENDED:
    case EVENT_PAUSE_STARTED:
    case EVENT_RUN_INTERRUPTED:
    case EVENT_RUN_SIGNAL_EXIT:
    case EVENT_RUN_FINISHED:
    case EVENT_TYPE_COUNT:
        return;
    }
}

bool journal_has_failure(const json_t *runs)
{
    size_t i;
    json_t *entry;

    json_array_foreach (runs, i, entry)
        if (!str_equal(json_text_of(entry, "status"), "succeeded"))
            return true;
    return false;
}
