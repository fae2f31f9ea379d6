// SPDX-License-Identifier: Apache-2.0
#include "lib/environment.h"

#include "lib/discovery.h"

int environment_extensions(const char *python, json_t **ret_extensions, struct chaos_error *err)
{
    AUTO(extensions) struct extensions *native = extensions_new(NULL);

    (void)python;
    (void)err;
    *ret_extensions = discovery_modules(native);
    return 0;
}

int environment_discover(const struct discover_options *options, json_t **ret_discovery,
                         struct chaos_error *err)
{
    AUTO(extensions) struct extensions *native = extensions_new(NULL);
    json_t *discovery = discovery_native(native, options->package);

    if (!discovery)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "package '%s' was not found",
                               options->package);
    *ret_discovery = discovery;
    return 0;
}
