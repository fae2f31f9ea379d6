// SPDX-License-Identifier: Apache-2.0
#include "engine/inverse.h"

#include "base/json_walk.h"
#include "base/str.h"

int inverse_check(const json_t *activity, struct chaos_error *err)
{
    const json_t *inverse = json_object_get(activity, "rollback");
    const char *name = json_text_of(activity, "name");

    if (!inverse)
        return 0;
    if (!str_equal(json_text_of(activity, "type"), "action"))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "only an action can have a 'rollback', and '%s' is none",
                               name ? name : "");
    if (!json_is_object(inverse) || !json_is_object(json_object_get(inverse, "provider")))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the 'rollback' of action '%s' must be an activity with a provider",
                               name ? name : "");
    return 0;
}

json_t *inverse_complete(json_t *inverse, const json_t *action)
{
    json_t *whole = json_deep_copy(inverse);
    const char *name = json_text_of(action, "name");

    if (!json_object_get(whole, "type"))
        json_object_set_new(whole, "type", json_string("action"));
    if (!json_object_get(whole, "name"))
        json_object_set_new(whole, "name", json_sprintf("undo %s", name ? name : "an action"));
    json_object_set_new(whole, "inverse_of", json_string(name ? name : ""));
    return whole;
}

int inverse_decide(struct run *run, const json_t *action, const struct activity_way *way,
                   json_t **ret_inverse, struct chaos_error *err)
{
    json_t *declared = json_object_get(action, "rollback");
    AUTO(json) json_t *known = NULL;

    if (declared && inverse_check(action, err) < 0)
        return -(int)err->code;
    if (!declared && activity_inverse(run, action, way, &known, err) < 0)
        return -(int)err->code;
    if (declared || json_is_object(known))
        *ret_inverse = inverse_complete(declared ? declared : known, action);
    return 0;
}

/* What is due was never asked for: all of it is by rows that stand in for functions of an
 * experiment written for the reference, which leaves what was changed. */
static bool is_tacit(const struct run *run)
{
    size_t count;
    const struct ledger_inverse *inverses = ledger_inverses(run->ledger, &count);

    for (size_t i = 0; i < count; i++)
        if (inverses[i].begun && !inverses[i].is_undone &&
            !json_is_true(json_object_get(inverses[i].activity, INVERSE_TACIT)))
            return false;
    return true;
}

/* The run came to its end, found nothing wrong, and puts the world back by itself, or does not want
 * it put back. */
static bool is_clean(const struct run *run)
{
    const json_t *own = json_object_get(run_document(run, DOCUMENT_EXPERIMENT), "rollbacks");

    return (run->status == RUN_RUNNING || run->status == RUN_COMPLETED) && !run->deviated &&
           (json_array_size(own) > 0 || is_tacit(run));
}

bool inverses_are_wanted(const struct run *run)
{
    switch (run->options->rollbacks) {
    case ROLLBACK_DEFAULT:
        return !is_clean(run);
    case ROLLBACK_ALWAYS:
        return true;
    case ROLLBACK_DEVIATED:
        return run->deviated;
    case ROLLBACK_NEVER:
    case ROLLBACK_STRATEGY_COUNT:
        break;
    }
    return false;
}
