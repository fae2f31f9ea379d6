// SPDX-License-Identifier: Apache-2.0
#include "engine/validate.h"

#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/configuration.h"
#include "engine/inverse.h"
#include "engine/tolerance.h"
#include "engine/validate_controls.h"
#include "model/rules.h"
#include "value/pytext.h"

/* Activities whose check takes more than a look, in document order, for one provider. */
struct deferred {
    const struct provider *provider;
    json_t *activities; /* array */
    json_t *pointers;   /* where each of them is */
    json_t *orders;     /* the number of each in document order */
};

struct checking {
    const struct validation *validation;
    json_t *names; /* name -> true: what a ref may name; NULL until there is a ref */
    struct deferred *deferred;
    size_t n_deferred;
    json_int_t order;
};

static struct deferred *deferred_of(struct checking *checking, const struct provider *provider)
{
    struct deferred *item;

    for (size_t i = 0; i < checking->n_deferred; i++)
        if (checking->deferred[i].provider == provider)
            return &checking->deferred[i];
    checking->deferred =
        mem_resize(checking->deferred, (checking->n_deferred + 1) * sizeof(*checking->deferred));
    item = &checking->deferred[checking->n_deferred++];
    *item = (struct deferred){ provider, json_array(), json_array(), json_array() };
    return item;
}

static void checking_clear(struct checking *checking)
{
    for (size_t i = 0; i < checking->n_deferred; i++) {
        json_decref(checking->deferred[i].activities);
        json_decref(checking->deferred[i].pointers);
        json_decref(checking->deferred[i].orders);
    }
    free(checking->deferred);
    json_decref(checking->names);
}

AUTO_CLEAR(checking, struct checking)

/* Add the place to an error: "…, at /method/2". */
static int at(struct chaos_error *err, const char *pointer)
{
    AUTO(str) char *message = STEAL(err->message);
    enum chaos_errc code = err->code;

    return chaos_error_set(err, code, "%s (at %s)", message, pointer);
}

static int check_activity(struct checking *checking, json_t *activity, const char *pointer,
                          struct chaos_error *err)
{
    const struct validation *validation = checking->validation;
    const char *type = json_text_of(json_object_get(activity, "provider"), "type");
    const struct provider *provider;
    struct deferred *deferred;

    checking->order++;
    if (rules_check_activity(activity, err) < 0)
        return at(err, pointer);
    if (json_object_get(activity, "ref") && !json_is_null(json_object_get(activity, "ref")))
        return 0;
    provider = provider_find(validation->providers, validation->n_providers, type);
    if (!provider) {
        chaos_error_set(err, CHAOS_E_INVALID,
                        "unknown provider type '%s', in activity '%s': it can be python, process, "
                        "http or native",
                        type, json_text_of(activity, "name"));
        return at(err, pointer);
    }
    if (provider->check(provider->self, activity, err) < 0)
        return at(err, pointer);
    if (!provider->check_all)
        return 0;
    deferred = deferred_of(checking, provider);
    json_array_append(deferred->activities, activity);
    json_array_append_new(deferred->pointers, json_string(pointer));
    json_array_append_new(deferred->orders, json_integer(checking->order));
    return 0;
}

/* The activity of a tolerance that is a probe. At run time it gets the value to judge as its
 * argument `value`: it counts as given. */
static int check_tolerance_probe(struct checking *checking, const json_t *tolerance,
                                 const char *pointer, struct chaos_error *err)
{
    AUTO(json) json_t *copy = json_deep_copy(tolerance);
    json_t *provider = json_object_get(copy, "provider");
    json_t *arguments = json_object_get(provider, "arguments");

    if (json_is_object(provider) && !arguments)
        json_object_set_new(provider, "arguments", json_pack("{s:n}", "value"));
    else if (json_is_object(arguments) && !json_object_get(arguments, "value"))
        json_object_set_new(arguments, "value", json_null());
    return check_activity(checking, copy, pointer, err);
}

static int check_probe(struct checking *checking, json_t *probe, const char *pointer,
                       struct chaos_error *err)
{
    const json_t *tolerance = json_object_get(probe, "tolerance");
    AUTO(str) char *place = mem_printf("%s/tolerance", pointer);

    if (check_activity(checking, probe, pointer, err) < 0)
        return -(int)err->code;
    if (!tolerance) {
        chaos_error_set(err, CHAOS_E_INVALID, "a probe of the hypothesis must have a tolerance");
        return at(err, pointer);
    }
    if (str_equal(json_text_of(tolerance, "type"), "probe"))
        return check_tolerance_probe(checking, tolerance, place, err);
    if (tolerance_validate(tolerance, err) < 0)
        return at(err, place);
    return 0;
}

static int check_hypothesis(struct checking *checking, struct chaos_error *err)
{
    const json_t *hypothesis =
        json_object_get(checking->validation->experiment, "steady-state-hypothesis");
    size_t i;
    json_t *probe;

    if (!hypothesis || json_is_null(hypothesis))
        return 0;
    if (rules_check_hypothesis(hypothesis, err) < 0)
        return at(err, "/steady-state-hypothesis");
    json_array_foreach (json_object_get(hypothesis, "probes"), i, probe) {
        AUTO(str) char *pointer = mem_printf("/steady-state-hypothesis/probes/%zu", i);

        if (check_probe(checking, probe, pointer, err) < 0)
            return -(int)err->code;
    }
    return 0;
}

static void remember_names(json_t *names, const json_t *activities)
{
    size_t i;
    json_t *activity;

    json_array_foreach (activities, i, activity) {
        const char *name = json_text_of(activity, "name");

        if (name && *name)
            json_object_set_new(names, name, json_true());
    }
}

/* What a ref may name; few experiments have refs. */
static const json_t *names_of(struct checking *checking)
{
    const json_t *experiment = checking->validation->experiment;

    if (checking->names)
        return checking->names;
    checking->names = json_object();
    remember_names(checking->names, json_object_get(experiment, "method"));
    remember_names(
        checking->names,
        json_object_get(json_object_get(experiment, "steady-state-hypothesis"), "probes"));
    return checking->names;
}

static int check_reference(struct checking *checking, const json_t *activity, const char *pointer,
                           struct chaos_error *err)
{
    const char *ref = json_text_of(activity, "ref");

    if (!ref || json_object_get(names_of(checking), ref))
        return 0;
    chaos_error_set(err, CHAOS_E_INVALID,
                    "the referenced activity '%s' is not in the method or the hypothesis", ref);
    return at(err, pointer);
}

/* The inverse beside an action of the method: an activity too, whose name may be left out. */
static int check_inverse(struct checking *checking, const json_t *activity, const char *pointer,
                         struct chaos_error *err)
{
    json_t *inverse = json_object_get(activity, "rollback");
    AUTO(str) char *place = mem_printf("%s/rollback", pointer);
    AUTO(json) json_t *whole = NULL;

    if (!inverse)
        return 0;
    if (inverse_check(activity, err) < 0)
        return at(err, place);
    whole = inverse_complete(inverse, activity);
    return check_activity(checking, whole, place, err);
}

static int check_list(struct checking *checking, const char *key, struct chaos_error *err)
{
    const json_t *list = json_object_get(checking->validation->experiment, key);
    size_t i;
    json_t *activity;

    json_array_foreach (list, i, activity) {
        AUTO(str) char *pointer = mem_printf("/%s/%zu", key, i);

        if (check_activity(checking, activity, pointer, err) < 0)
            return -(int)err->code;
        if (str_equal(key, "method") && check_reference(checking, activity, pointer, err) < 0)
            return -(int)err->code;
        if (str_equal(key, "method") && check_inverse(checking, activity, pointer, err) < 0)
            return -(int)err->code;
    }
    return 0;
}

static int check_activities(struct checking *checking, struct chaos_error *err)
{
    const json_t *experiment = checking->validation->experiment;

    if (check_hypothesis(checking, err) < 0)
        return -(int)err->code;
    if (rules_check_method(experiment, err) < 0)
        return -(int)err->code;
    if (check_list(checking, "method", err) < 0)
        return -(int)err->code;
    return check_list(checking, "rollbacks", err);
}

/* The first problem among the deferred ones of a provider, if it comes before `*order`. */
static int run_deferred(const struct checking *checking, const struct deferred *deferred,
                        json_int_t *order, char **ret_problem, struct chaos_error *err)
{
    AUTO(json) json_t *problems = NULL;
    size_t i;
    json_t *problem;

    if (deferred->provider->check_all(deferred->provider->self, deferred->activities,
                                      checking->validation->cancel, &problems, err) < 0)
        return -(int)err->code;
    json_array_foreach (problems, i, problem) {
        json_int_t here = json_integer_value(json_array_get(deferred->orders, i));

        if (!json_is_string(problem) || here >= *order)
            continue;
        free(*ret_problem);
        *ret_problem = mem_printf("%s (at %s)", json_string_value(problem),
                                  json_string_value(json_array_get(deferred->pointers, i)));
        *order = here;
        return 0;
    }
    return 0;
}

/* Activities are looked at in document order; imports only happen for those before the first
 * problem, and what they find comes before it. */
static int check_all_activities(struct checking *checking, struct chaos_error *err)
{
    AUTO(chaos_error) struct chaos_error plain = { 0 };
    AUTO(str) char *problem = NULL;
    json_int_t order;
    int r = check_activities(checking, &plain);

    order = r < 0 ? checking->order : checking->order + 1;
    for (size_t i = 0; i < checking->n_deferred; i++)
        if (run_deferred(checking, &checking->deferred[i], &order, &problem, err) < 0)
            return -(int)err->code;
    if (problem)
        return chaos_error_set(err, CHAOS_E_INVALID, "%s", problem);
    if (r < 0)
        return chaos_error_set(err, plain.code, "%s", chaos_error_text(&plain));
    return 0;
}

static int check_values(const json_t *experiment, struct chaos_error *err)
{
    AUTO(json) json_t *configuration = NULL;
    AUTO(json) json_t *secrets = NULL;

    if (configuration_load(json_object_get(experiment, "configuration"), NULL, &configuration,
                           err) < 0)
        return at(err, "/configuration");
    if (secrets_load(json_object_get(experiment, "secrets"),
                     &(struct secret_access){ .configuration = configuration, .only_check = true },
                     &secrets, err) < 0)
        return at(err, "/secrets");
    return 0;
}

int experiment_validate(const struct validation *validation, struct chaos_error *err)
{
    const json_t *experiment = validation->experiment;
    AUTO(checking) struct checking checking = { .validation = validation };

    log_info("Validating the experiment's syntax");
    if (rules_check_head(experiment, err) < 0 || check_values(experiment, err) < 0)
        return -(int)err->code;
    if (check_all_activities(&checking, err) < 0)
        return -(int)err->code;
    rules_warn_deprecated(experiment);
    if (validate_controls(validation, err) < 0)
        return -(int)err->code;
    log_info("Experiment looks valid");
    return 0;
}
