// SPDX-License-Identifier: Apache-2.0
#include "lib/environment.h"

#include "base/log.h"
#include "base/mem.h"
#include "lib/discovery.h"
#include "providers/python.h"

struct environment {
    struct extensions *native;
    struct python *python;
    struct guest guest;
};

struct environment *environment_new(const char *python, const json_t *settings)
{
    struct environment *environment = mem_zero(1, sizeof(*environment));

    environment->native = extensions_new(NULL);
    environment->python =
        python_new(&(struct python_options){ .interpreter = python, .settings = settings });
    python_guest(environment->python, &environment->guest);
    return environment;
}

void environment_free(struct environment *environment)
{
    if (!environment)
        return;
    python_free(environment->python);
    extensions_free(environment->native);
    free(environment);
}

const struct guest *environment_guest(const struct environment *environment)
{
    return &environment->guest;
}

json_t *environment_extensions(struct environment *environment)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *installed = NULL;
    json_t *extensions = discovery_modules(environment->native);

    if (python_extensions(environment->python, NULL, &installed, &err) < 0)
        log_warning("Extensions in Python cannot be listed: %s", chaos_error_text(&err));
    else
        json_array_extend(extensions, installed);
    return extensions;
}

int environment_discover(struct environment *environment, const struct discover_options *options,
                         json_t **ret_discovery, struct chaos_error *err)
{
    json_t *native = discovery_native(environment->native, options->package);

    if (!native)
        return python_discover(environment->python,
                               &(struct python_discovery){ .package = options->package,
                                                           .install = options->install,
                                                           .system = options->system },
                               ret_discovery, err);
    *ret_discovery = native;
    return 0;
}
