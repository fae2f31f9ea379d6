// SPDX-License-Identifier: Apache-2.0
#include "model/rules.h"

#include "base/json_walk.h"
#include "base/log.h"
#include "base/str.h"
#include "value/pytext.h"

static int invalid(struct chaos_error *err, const char *text)
{
    return chaos_error_set(err, CHAOS_E_INVALID, "%s", text);
}

static int check_extensions(const json_t *extensions, struct chaos_error *err)
{
    size_t i;
    json_t *extension;

    json_array_foreach (extensions, i, extension) {
        const char *name = json_text_of(extension, "name");
        AUTO(str) char *trimmed = str_trim(name ? name : "");

        if (!*trimmed)
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "every extension requires a name that is not empty (at "
                                   "/extensions/%zu)",
                                   i);
    }
    return 0;
}

static int check_tags(const json_t *tags, struct chaos_error *err)
{
    size_t i;
    json_t *tag;

    json_array_foreach (tags, i, tag)
        if (!json_is_string(tag) || !json_string_length(tag))
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "a tag must be a text that is not empty (at /tags/%zu)", i);
    return 0;
}

int rules_check_head(const json_t *experiment, struct chaos_error *err)
{
    if (!value_is_true(experiment))
        return invalid(err, "an empty experiment is not an experiment");
    if (!json_is_object(experiment))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "an experiment must be a mapping, this one is a %s",
                               value_type_name(experiment));
    if (!value_is_true(json_object_get(experiment, "title")))
        return invalid(err, "experiment requires a title");
    if (!value_is_true(json_object_get(experiment, "description")))
        return invalid(err, "experiment requires a description");
    if (check_tags(json_object_get(experiment, "tags"), err) < 0)
        return -(int)err->code;
    return check_extensions(json_object_get(experiment, "extensions"), err);
}

int rules_check_hypothesis(const json_t *hypothesis, struct chaos_error *err)
{
    const json_t *probes = json_object_get(hypothesis, "probes");

    if (!json_is_object(hypothesis))
        return invalid(err, "the hypothesis must be a mapping with a title and probes");
    if (!value_is_true(json_object_get(hypothesis, "title")))
        return invalid(err, "the hypothesis requires a title");
    if (value_is_true(probes) && !json_is_array(probes))
        return invalid(err, "the probes of the hypothesis must be a list");
    return 0;
}

int rules_check_method(const json_t *experiment, struct chaos_error *err)
{
    const json_t *method = json_object_get(experiment, "method");
    const json_t *rollbacks = json_object_get(experiment, "rollbacks");

    if (!method || json_is_null(method))
        return invalid(err, "an experiment requires a method, which can be an empty list to only "
                            "check the hypothesis");
    if (!json_is_array(method))
        return invalid(err, "the method must be a list of activities (at /method)");
    if (rollbacks && !json_is_null(rollbacks) && !json_is_array(rollbacks))
        return invalid(err, "the rollbacks must be a list of activities (at /rollbacks)");
    return 0;
}

static bool is_pattern(const char *text)
{
    return str_starts(text, "${") && str_ends(text, "}");
}

static int check_pause(const json_t *pauses, const char *when, struct chaos_error *err)
{
    const char *text = json_string_value(json_object_get(pauses, when));

    if (text && !is_pattern(text))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the pause %s an activity must be a number of seconds or a "
                               "pattern such as ${name}",
                               when);
    return 0;
}

static int check_details(const json_t *activity, struct chaos_error *err)
{
    const json_t *timeout = json_object_get(activity, "timeout");
    const json_t *pauses = json_object_get(activity, "pauses");
    const json_t *background = json_object_get(activity, "background");

    if (timeout && !json_is_null(timeout) && !json_is_number(timeout) && !json_is_boolean(timeout))
        return invalid(err, "the timeout of an activity must be a number of seconds");
    if (pauses && !json_is_null(pauses) && !json_is_object(pauses))
        return invalid(err, "the pauses of an activity must be a mapping with before or after");
    if (check_pause(pauses, "before", err) < 0 || check_pause(pauses, "after", err) < 0)
        return -(int)err->code;
    if (background && !json_is_boolean(background))
        return invalid(err, "the background of an activity must be true or false");
    return 0;
}

static int check_reference(const json_t *ref, struct chaos_error *err)
{
    if (!json_is_string(ref) || !json_string_length(ref))
        return invalid(err, "a reference to an activity must be a text that is not empty");
    return 0;
}

int rules_check_activity(const json_t *activity, struct chaos_error *err)
{
    const json_t *ref = json_object_get(activity, "ref");
    const json_t *provider = json_object_get(activity, "provider");
    const char *type = json_text_of(activity, "type");

    if (!value_is_true(activity))
        return invalid(err, "an empty activity is no activity");
    if (!json_is_object(activity))
        return invalid(err, "an activity must be a mapping");
    if (ref && !json_is_null(ref))
        return check_reference(ref, err);
    if (!value_is_true(json_object_get(activity, "type")))
        return invalid(err, "an activity must have a type");
    if (!str_equal(type, "probe") && !str_equal(type, "action")) {
        AUTO(str) char *shown = pytext_of(json_object_get(activity, "type"));

        return chaos_error_set(err, CHAOS_E_INVALID,
                               "'%s' is not a type of activity: it can be probe or action", shown);
    }
    if (!value_is_true(json_object_get(activity, "name")))
        return invalid(err, "an activity must have a name");
    if (!value_is_true(provider))
        return invalid(err, "an activity requires a provider");
    if (!value_is_true(json_object_get(provider, "type")))
        return invalid(err, "a provider must have a type");
    return check_details(activity, err);
}

static bool has_mapping_arguments(const json_t *activities)
{
    size_t i;
    json_t *activity;

    json_array_foreach (activities, i, activity) {
        const json_t *provider = json_object_get(activity, "provider");

        if (str_equal(json_text_of(provider, "type"), "process") &&
            json_is_object(json_object_get(provider, "arguments")))
            return true;
    }
    return false;
}

static void warn_of_vault(const json_t *secrets)
{
    const char *group;
    const char *name;
    json_t *keys;
    json_t *source;

    json_object_foreach (json_walkable(secrets), group, keys) {
        json_object_foreach (keys, name, source) {
            if (str_equal(json_text_of(source, "type"), "vault") &&
                json_object_get(source, "key") && !json_object_get(source, "path"))
                log_warning("The Vault secret '%s' must name its 'path': 'key' is now a key within "
                            "the secret at that path",
                            name);
        }
    }
}

void rules_warn_deprecated(const json_t *experiment)
{
    const json_t *hypothesis = json_object_get(experiment, "steady-state-hypothesis");

    if (has_mapping_arguments(json_object_get(hypothesis, "probes")) ||
        has_mapping_arguments(json_object_get(experiment, "method")) ||
        has_mapping_arguments(json_object_get(experiment, "rollbacks")))
        log_warning("The arguments of a process should be a list, which keeps their order: a "
                    "mapping is deprecated");
    warn_of_vault(json_object_get(experiment, "secrets"));
}
