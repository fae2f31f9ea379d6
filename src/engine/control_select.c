// SPDX-License-Identifier: Apache-2.0
#include "engine/control_select.h"

#include "base/str.h"

static const char *name_of(const json_t *control)
{
    return json_string_value(json_object_get(control, "name"));
}

static const json_t *named(const json_t *controls, const char *name)
{
    size_t i;
    json_t *control;

    json_array_foreach (controls, i, control)
        if (name && str_equal(name_of(control), name))
            return control;
    return NULL;
}

static bool is_automatic(const json_t *control)
{
    const json_t *automatic = json_object_get(control, "automatic");

    return !automatic || json_is_true(automatic);
}

static void add_copy(json_t *to, const json_t *control)
{
    if (json_is_object(control))
        json_array_append_new(to, json_deep_copy(control));
}

/* The context's own controls, references replaced. */
static void add_own(json_t *to, const json_t *own, const json_t *top)
{
    size_t i;
    json_t *control;

    json_array_foreach (own, i, control) {
        const char *ref = json_string_value(json_object_get(control, "ref"));

        add_copy(to, ref ? named(top, ref) : control);
    }
}

json_t *controls_select(const json_t *experiment, const json_t *global_controls,
                        enum control_level level, const json_t *context)
{
    const json_t *top = json_object_get(experiment, "controls");
    const json_t *own = json_object_get(context, "controls");
    json_t *selected = json_array();
    size_t i;
    json_t *control;

    if (level == LEVEL_METHOD || level == LEVEL_ROLLBACK)
        own = NULL; /* the context is the experiment: its controls are the top ones */
    if (level != LEVEL_EXPERIMENT) {
        json_array_foreach (top, i, control) {
            const char *name = name_of(control);

            if (is_automatic(control) && !named(own, name) && !named(global_controls, name))
                add_copy(selected, control);
        }
    }
    json_array_foreach (global_controls, i, control)
        add_copy(selected, control);
    add_own(selected, own, top);
    return selected;
}

static void add_all(json_t *to, const json_t *controls)
{
    size_t i;
    json_t *control;

    json_array_foreach (controls, i, control)
        json_array_append(to, control);
}

static void add_of_activities(json_t *to, const json_t *activities)
{
    size_t i;
    json_t *activity;

    json_array_foreach (activities, i, activity)
        add_all(to, json_object_get(activity, "controls"));
}

json_t *controls_declared(const json_t *experiment)
{
    const json_t *hypothesis = json_object_get(experiment, "steady-state-hypothesis");
    json_t *all = json_array();

    add_all(all, json_object_get(experiment, "controls"));
    add_all(all, json_object_get(hypothesis, "controls"));
    add_of_activities(all, json_object_get(hypothesis, "probes"));
    add_of_activities(all, json_object_get(experiment, "method"));
    add_of_activities(all, json_object_get(experiment, "rollbacks"));
    return all;
}
