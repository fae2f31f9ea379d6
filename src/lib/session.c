// SPDX-License-Identifier: Apache-2.0
#include "lib/session.h"

#include "base/log.h"
#include "base/mask.h"
#include "base/mem.h"
#include "engine/control.h"
#include "engine/taint.h"
#include "engine/validate.h"
#include "lib/python_or_native.h"
#include "lib/source.h"
#include "model/versions.h"
#include "providers/http.h"
#include "providers/process.h"
#include "providers/vault.h"

enum {
    PROVIDER_PROCESS,
    PROVIDER_HTTP,
    PROVIDER_PYTHON,
    PROVIDER_NATIVE,
    PROVIDER_COUNT
};

struct session {
    json_t *settings;
    json_t *controls; /* global ones, once an experiment was loaded */
    struct mask *mask;
    struct python_or_native *functions;
    struct provider providers[PROVIDER_COUNT];
};

struct session *session_new(const struct session_options *options)
{
    struct session *session = mem_zero(1, sizeof(*session));

    session->settings = options->settings ? json_incref(options->settings) : json_object();
    session->controls = json_array();
    session->mask = mask_new();
    log_hide(session->mask);
    session->functions = python_or_native_new(&(struct python_or_native_options){
        .python = options->python,
        .quiet_stdout = options->quiet_stdout,
        .settings = session->settings,
        .mask = session->mask,
        .providers = session->providers,
        .n_providers = PROVIDER_COUNT,
    });
    process_provider_init(&session->providers[PROVIDER_PROCESS]);
    http_provider_init(&session->providers[PROVIDER_HTTP]);
    session->providers[PROVIDER_PYTHON] = python_or_native_provider(session->functions, "python");
    session->providers[PROVIDER_NATIVE] = python_or_native_provider(session->functions, "native");
    return session;
}

void session_free(struct session *session)
{
    python_or_native_free(session->functions);
    process_provider_clear(&session->providers[PROVIDER_PROCESS]);
    http_provider_clear(&session->providers[PROVIDER_HTTP]);
    json_decref(session->settings);
    json_decref(session->controls);
    log_hide(NULL);
    mask_free(session->mask);
    free(session);
}

const struct guest *session_guest(const struct session *session)
{
    return python_or_native_guest(session->functions);
}

const struct mask *session_mask(const struct session *session)
{
    return session->mask;
}

json_t *session_shown(const struct session *session, json_t *value)
{
    return taint_mask(session->mask, value, MASK_SHOWN);
}

/* The end of a loading that a control cut short. */
static int refuse(const struct stop *stop, struct chaos_error *err)
{
    return chaos_error_set(err, CHAOS_E_CANCELLED, "the loading was interrupted by a control: %s",
                           stop->message);
}

int session_load(struct session *session, const char *source, bool verify_tls,
                 const json_t *control_files, json_t **ret_experiment, struct chaos_error *err)
{
    const struct guest *guest = session_guest(session);
    struct source_options options = { .settings = session->settings, .no_verify_tls = !verify_tls };
    struct control_loading loading = { guest, NULL, session->settings, source, NULL };
    AUTO(stop) struct stop stop = { 0 };
    AUTO(json) json_t *experiment = NULL;
    int r;

    json_decref(session->controls);
    session->controls = controls_collect(guest, session->settings, control_files, NULL);
    loading.controls = session->controls;
    controls_apply_loader(&loading, MOMENT_BEFORE, &stop);
    if (stop.kind != STOP_NONE)
        return refuse(&stop, err);
    r = source_load(source, &options, &experiment, err);
    loading.experiment = json_is_object(experiment) ? experiment : NULL;
    controls_apply_loader(&loading, MOMENT_AFTER, &stop);
    if (r < 0)
        return r;
    if (stop.kind != STOP_NONE)
        return refuse(&stop, err);
    *ret_experiment = STEAL(experiment);
    return 0;
}

int session_validate(struct session *session, json_t *experiment, struct chaos_error *err)
{
    struct validation validation = {
        .experiment = experiment,
        .providers = session->providers,
        .n_providers = PROVIDER_COUNT,
        .guest = session_guest(session),
    };

    return experiment_validate(&validation, err);
}

static void complete(struct session *session, struct run_options *options)
{
    options->settings = session->settings;
    options->providers = session->providers;
    options->n_providers = PROVIDER_COUNT;
    options->guest = session_guest(session);
    options->global_controls = session->controls;
    options->read_vault = vault_read;
    options->lib_version = VERSIONS_LIB;
    options->mask = session->mask;
}

int session_run(struct session *session, struct run_options *options, json_t **ret_journal,
                struct chaos_error *err)
{
    complete(session, options);
    return experiment_run(options, ret_journal, err);
}

int session_resume(struct session *session, struct run_options *options, struct run_past *past,
                   json_t **ret_journal, struct chaos_error *err)
{
    complete(session, options);
    return experiment_resume(options, past, ret_journal, err);
}

const json_t *session_controls(const struct session *session)
{
    return session->controls;
}
