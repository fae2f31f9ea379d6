// SPDX-License-Identifier: Apache-2.0
#include "engine/ledger.h"

#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"

struct ledger {
    struct ledger_inverse *inverses; /* by rising id */
    size_t count;
    size_t capacity;
    size_t begun; /* how many actions with an inverse began */
    size_t due;
    json_t *experiment;
    json_t *configuration;
    json_t *strategy;
    json_t *status;
    json_t *under_way;
    json_t *rolled_back; /* index of a declared rollback as text -> true */
    enum ledger_stage stage;
    bool wants_inverses;
    bool wants_declared;
    bool is_deviated;
    json_int_t last_id;
    int64_t started;
};

struct ledger *ledger_new(void)
{
    struct ledger *ledger = mem_zero(1, sizeof(*ledger));

    ledger->under_way = json_object();
    ledger->rolled_back = json_object();
    ledger->last_id = -1;
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++) {
        json_decref(ledger->inverses[i].name);
        json_decref(ledger->inverses[i].activity);
    }
    free(ledger->inverses);
    json_decref(ledger->experiment);
    json_decref(ledger->configuration);
    json_decref(ledger->strategy);
    json_decref(ledger->status);
    json_decref(ledger->under_way);
    json_decref(ledger->rolled_back);
    free(ledger);
}

static const char *key_of(const json_t *data, const char *member, char text[STR_INTEGER_SIZE])
{
    return str_integer(text, json_integer_value(json_object_get(data, member)));
}

static void take(json_t **place, json_t *value)
{
    if (!value)
        return;
    json_decref(*place);
    *place = json_incref(value);
}

static struct ledger_inverse *find(const struct ledger *ledger, const json_t *id)
{
    size_t low = 0;
    size_t high = ledger->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ledger->inverses[middle].id < json_integer_value(id))
            low = middle + 1;
        else
            high = middle;
    }
    if (!json_is_integer(id) || low == ledger->count ||
        ledger->inverses[low].id != json_integer_value(id))
        return NULL;
    return &ledger->inverses[low];
}

static void decide(struct ledger *ledger, const json_t *data)
{
    const json_t *id = json_object_get(data, "id");
    json_t *activity = json_object_get(data, "activity");

    if (!json_is_integer(id) || !json_is_object(activity) ||
        (ledger->count && ledger->inverses[ledger->count - 1].id >= json_integer_value(id)))
        return;
    if (ledger->count == ledger->capacity) {
        ledger->capacity = ledger->capacity ? ledger->capacity * 2 : 8;
        ledger->inverses =
            mem_resize(ledger->inverses, ledger->capacity * sizeof(*ledger->inverses));
    }
    if (json_integer_value(id) > ledger->last_id)
        ledger->last_id = json_integer_value(id);
    ledger->inverses[ledger->count++] = (struct ledger_inverse){
        .id = json_integer_value(id),
        .name = json_incref(json_object_get(data, "name")),
        .activity = json_deep_copy(activity), /* what was decided stays, whoever changes it */
    };
}

static void begin(struct ledger *ledger, const json_t *data)
{
    json_t *id = json_object_get(data, "id");
    struct ledger_inverse *inverse = find(ledger, id);

    if (json_integer_value(id) > ledger->last_id)
        ledger->last_id = json_integer_value(id);
    if (!inverse || inverse->begun)
        return;
    inverse->begun = ++ledger->begun;
    ledger->due++;
}

static void drop(struct ledger *ledger, struct ledger_inverse *inverse)
{
    if (!inverse || inverse->is_undone)
        return;
    inverse->is_undone = true;
    if (inverse->begun)
        ledger->due--;
}

static void undone(struct ledger *ledger, const json_t *data)
{
    struct ledger_inverse *inverse = find(ledger, json_object_get(data, "undoes"));
    char text[STR_INTEGER_SIZE];

    if (json_object_get(data, "index"))
        json_object_set_new(ledger->rolled_back, key_of(data, "index", text), json_true());
    drop(ledger, inverse);
}

static void amend(struct ledger *ledger, const json_t *data)
{
    const char *document = json_text_of(data, "document");
    json_t *value = json_object_get(data, "value");

    if (document && strcmp(document, "experiment") == 0)
        take(&ledger->experiment, value);
    else if (document && strcmp(document, "configuration") == 0)
        take(&ledger->configuration, value);
}

static void configure(struct ledger *ledger, const json_t *data)
{
    take(&ledger->strategy, json_object_get(data, "rollbacks-strategy"));
    take(&ledger->configuration, json_object_get(data, "configuration"));
}

static void start_rollbacks(struct ledger *ledger, const json_t *data)
{
    ledger->stage = LEDGER_UNDOING;
    ledger->wants_inverses = json_is_true(json_object_get(data, "inverses"));
    ledger->wants_declared = json_is_true(json_object_get(data, "declared"));
}

static void set_status(struct ledger *ledger, const json_t *data)
{
    take(&ledger->status, json_object_get(data, "status"));
    ledger->is_deviated = json_is_true(json_object_get(data, "deviated"));
}

static void track(struct ledger *ledger, const struct event *event)
{
    char text[STR_INTEGER_SIZE];
    const char *key = key_of(event->data, "id", text);

    if (event->type == EVENT_ACTIVITY_STARTED)
        json_object_set(ledger->under_way, key, json_walkable(event->data));
    else
        json_object_del(ledger->under_way, key);
    begin(ledger, event->data);
    if (json_is_true(json_object_get(event->data, "unplayed"))) /* nothing to undo after all */
        drop(ledger, find(ledger, json_object_get(event->data, "id")));
}

void ledger_apply(struct ledger *ledger, const struct event *event)
{
    switch ((int)event->type) {
    case EVENT_RUN_STARTED:
        take(&ledger->experiment, json_object_get(event->data, "experiment"));
        ledger->stage = LEDGER_PLAYING;
        ledger->started = event->wall;
        return;
    case EVENT_RUN_CONFIGURED:
        configure(ledger, event->data);
        return;
    case EVENT_DOCUMENT_AMENDED:
        amend(ledger, event->data);
        return;
    case EVENT_INVERSE_DECIDED:
        decide(ledger, event->data);
        return;
    case EVENT_ACTIVITY_STARTED:
    case EVENT_ACTIVITY_COMPLETED:
        track(ledger, event);
        return;
    case EVENT_ROLLBACKS_STARTED:
        start_rollbacks(ledger, event->data);
        return;
    case EVENT_ROLLBACK_ENDED:
        undone(ledger, event->data);
        return;
    case EVENT_ROLLBACKS_LEFT:
        ledger->stage = LEDGER_LEFT;
        return;
    case EVENT_STATUS_CHANGED:
        set_status(ledger, event->data);
        return;
    case EVENT_ROLLBACKS_COMPLETED:
    case EVENT_RUN_ENDED:
    case EVENT_RUN_FINISHED:
        if (ledger->stage != LEDGER_LEFT)
            ledger->stage = LEDGER_SETTLED;
        return;
    default: /* tells nothing about what is owed */
        return;
    }
}

size_t ledger_due(const struct ledger *ledger)
{
    return ledger->due;
}

const struct ledger_inverse *ledger_latest(const struct ledger *ledger)
{
    const struct ledger_inverse *latest = NULL;

    if (!ledger->due)
        return NULL;
    for (size_t i = ledger->count; i-- > 0;) {
        const struct ledger_inverse *inverse = &ledger->inverses[i];

        if (inverse->begun && !inverse->is_undone && (!latest || inverse->begun > latest->begun))
            latest = inverse;
    }
    return latest;
}

const struct ledger_inverse *ledger_inverses(const struct ledger *ledger, size_t *ret_count)
{
    *ret_count = ledger->count;
    return ledger->inverses;
}

const json_t *ledger_experiment(const struct ledger *ledger)
{
    return ledger->experiment;
}

const json_t *ledger_configuration(const struct ledger *ledger)
{
    return ledger->configuration;
}

const char *ledger_strategy(const struct ledger *ledger)
{
    return json_string_value(ledger->strategy);
}

enum ledger_stage ledger_stage(const struct ledger *ledger)
{
    return ledger->stage;
}

bool ledger_wants_inverses(const struct ledger *ledger)
{
    return ledger->wants_inverses;
}

bool ledger_wants_declared(const struct ledger *ledger)
{
    return ledger->wants_declared;
}

bool ledger_is_rolled_back(const struct ledger *ledger, size_t index)
{
    AUTO(str) char *key = mem_printf("%zu", index);

    return json_object_get(ledger->rolled_back, key) != NULL;
}

const json_t *ledger_under_way(const struct ledger *ledger)
{
    return ledger->under_way;
}

json_int_t ledger_last_id(const struct ledger *ledger)
{
    return ledger->last_id;
}

const char *ledger_status(const struct ledger *ledger)
{
    return json_string_value(ledger->status);
}

bool ledger_is_deviated(const struct ledger *ledger)
{
    return ledger->is_deviated;
}

int64_t ledger_started(const struct ledger *ledger)
{
    return ledger->started;
}
