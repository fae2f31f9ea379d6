// SPDX-License-Identifier: Apache-2.0
/* Two journals side by side: what is compared, and where it differs. */
#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "lib/history.h"
#include "lib/strict.h"
#include "value/pytext.h"

static void copy(json_t *to, const json_t *from, const char *const *keys)
{
    for (; *keys; keys++)
        if (json_object_get(from, *keys))
            json_object_set(to, *keys, json_object_get(from, *keys));
}

/* Runs of activities by their names; those that have one in common are counted. */
static json_t *by_name(const json_t *runs)
{
    static const char *const kept[] = { "status", "output", "exception", "tolerance_met", NULL };
    json_t *named = json_object();
    size_t i;
    json_t *run;

    json_array_foreach (runs, i, run) {
        const json_t *called = json_object_get(json_object_get(run, "activity"), "name");
        AUTO(str) char *name = called ? pytext_of(called) : mem_strdup("-");
        AUTO(str) char *key = mem_strdup(name);
        json_t *item = json_object();

        for (int n = 2; json_object_get(named, key); n++) {
            free(key);
            key = mem_printf("%s (%d)", name, n);
        }
        copy(item, run, kept);
        json_object_set_new(named, key, item);
    }
    return named;
}

static json_t *state_of(const json_t *state)
{
    if (!json_is_object(state))
        return json_null();
    return json_pack("{s:O?, s:o}", "met", json_object_get(state, "steady_state_met"), "probes",
                     by_name(json_object_get(state, "probes")));
}

/* How often, and how often not met: the number of checks depends on the time. */
static json_t *during_of(const json_t *states)
{
    bool is_unmet = false;
    size_t i;
    json_t *state;

    json_array_foreach (states, i, state)
        is_unmet |= json_is_false(json_object_get(state, "steady_state_met"));
    return json_array_size(states) ? json_pack("{s:b}", "always met", (int)!is_unmet) : json_null();
}

/* What of a journal is compared: no times, no machine. */
static json_t *view_of(const json_t *journal)
{
    static const char *const kept[] = { "status", "deviated", "experiment", NULL };
    const json_t *states = json_object_get(journal, "steady_states");
    json_t *view = json_pack("{s:s}", "outcome", strict_code_name(strict_code_of(journal)));

    copy(view, journal, kept);
    json_object_set_new(view, "before", state_of(json_object_get(states, "before")));
    json_object_set_new(view, "during", during_of(json_object_get(states, "during")));
    json_object_set_new(view, "after", state_of(json_object_get(states, "after")));
    json_object_set_new(view, "method", by_name(json_object_get(journal, "run")));
    json_object_set_new(view, "rollbacks", by_name(json_object_get(journal, "rollbacks")));
    return view;
}

static void tell(json_t *found, const char *where, json_t *a, json_t *b)
{
    json_array_append_new(found, json_pack("{s:s, s:O*, s:O*}", "where", where, "a", a, "b", b));
}

static void compare(json_t *found, const char *where, json_t *a, json_t *b);

static void compare_objects(json_t *found, const char *where, json_t *a, json_t *b)
{
    const char *key;
    json_t *member;

    json_object_foreach (a, key, member) {
        AUTO(str) char *at = mem_printf("%s%s%s", where, *where ? " > " : "", key);

        compare(found, at, member, json_object_get(b, key));
    }
    json_object_foreach (b, key, member) {
        AUTO(str) char *at = mem_printf("%s%s%s", where, *where ? " > " : "", key);

        if (!json_object_get(a, key))
            tell(found, at, NULL, member);
    }
}

static void compare_arrays(json_t *found, const char *where, json_t *a, json_t *b)
{
    size_t count =
        json_array_size(a) > json_array_size(b) ? json_array_size(a) : json_array_size(b);

    for (size_t i = 0; i < count; i++) {
        AUTO(str) char *at = mem_printf("%s[%zu]", where, i);

        compare(found, at, json_array_get(a, i), json_array_get(b, i));
    }
}

static void compare(json_t *found, const char *where, json_t *a, json_t *b)
{
    if (json_is_object(a) && json_is_object(b))
        compare_objects(found, where, a, b);
    else if (json_is_array(a) && json_is_array(b))
        compare_arrays(found, where, a, b);
    else if (!json_equal(a, b))
        tell(found, where, a, b);
}

json_t *history_differences(const json_t *a, const json_t *b)
{
    AUTO(json) json_t *left = view_of(a);
    AUTO(json) json_t *right = view_of(b);
    json_t *found = json_array();

    compare(found, "", left, right);
    return found;
}
