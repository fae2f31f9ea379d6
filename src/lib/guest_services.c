// SPDX-License-Identifier: Apache-2.0
#include "lib/guest_services.h"

#include <signal.h>

#include "base/json_walk.h"
#include "base/str.h"
#include "engine/run.h"
#include "engine/tolerance.h"
#include "model/rules.h"
#include "value/pytext.h"
#include "value/substitute.h"

static void receive_signal(void *self, const char *name)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {
        { "INT", SIGINT }, { "TERM", SIGTERM }, { "USR1", SIGUSR1 }, { "USR2", SIGUSR2 }
    };

    (void)self;
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        if (str_equal(name, signals[i].name))
            run_signal(signals[i].number);
}

static json_t *show_document(void *self, const char *name)
{
    (void)self;
    return run_peek(name);
}

static const struct provider *provider_of(const struct guest_services *services,
                                          const json_t *activity)
{
    return provider_find(services->providers, services->n_providers,
                         json_text_of(json_object_get(activity, "provider"), "type"));
}

static void run_activity(void *self, const struct provider_call *call, struct call_result *result)
{
    const struct provider *provider = provider_of(self, call->activity);

    if (provider)
        provider->call(provider->self, call, result);
    else
        call_set(result, CALL_CRASHED, "the activity has no provider that can be called");
}

static int check_activity(void *self, const json_t *activity, struct chaos_error *err)
{
    const struct provider *provider = provider_of(self, activity);
    int r = rules_check_activity(activity, err);

    if (r < 0 || json_object_get(activity, "ref"))
        return r;
    if (!provider)
        return chaos_error_set(err, CHAOS_E_INVALID, "unknown provider type '%s', in activity '%s'",
                               json_text_of(json_object_get(activity, "provider"), "type"),
                               json_text_of(activity, "name"));
    return provider->check(provider->self, activity, err);
}

static int check_tolerance(void *self, const json_t *tolerance, struct chaos_error *err)
{
    if (str_equal(json_text_of(tolerance, "type"), "probe"))
        return check_activity(self, tolerance, err);
    return tolerance_validate(tolerance, err);
}

/* A tolerance that is a probe: called with the value, its answer counts as true or false. */
static bool judge_by_probe(struct guest_services *services, const json_t *tolerance,
                           const json_t *value, const json_t *configuration, const json_t *secrets)
{
    AUTO(json) json_t *probe = json_deep_copy(tolerance);
    json_t *provider = json_object_get(probe, "provider");
    AUTO(call_result) struct call_result result = { 0 };

    if (!json_is_object(json_object_get(provider, "arguments")))
        json_object_set_new(provider, "arguments", json_object());
    json_object_set_new(json_object_get(provider, "arguments"), "value", json_deep_copy(value));
    run_activity(services,
                 &(struct provider_call){ .activity = probe,
                                          .configuration = configuration,
                                          .secrets = secrets,
                                          .place = CALL_BACKGROUND },
                 &result);
    return result.status == CALL_SUCCEEDED && value_is_true(result.output);
}

static int within_tolerance(void *self, const json_t *tolerance, const json_t *value,
                            const json_t *configuration, const json_t *secrets, bool *ret_met,
                            struct chaos_error *err)
{
    AUTO(json) json_t *replaced = NULL;

    if (str_equal(json_text_of(tolerance, "type"), "probe")) {
        *ret_met = judge_by_probe(self, tolerance, value, configuration, secrets);
        return 0;
    }
    if (json_is_string(tolerance)) {
        if (substitute(tolerance, configuration, secrets, &replaced, err) < 0)
            return -(int)err->code;
        tolerance = replaced;
    }
    return tolerance_check(tolerance, value, configuration, secrets, ret_met, err);
}

struct python_callbacks guest_services_callbacks(struct guest_services *services)
{
    return (struct python_callbacks){
        .self = services,
        .signal = receive_signal,
        .document = show_document,
        .run_activity = run_activity,
        .check_activity = check_activity,
        .check_tolerance = check_tolerance,
        .within_tolerance = within_tolerance,
    };
}
