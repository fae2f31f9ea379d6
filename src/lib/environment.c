// SPDX-License-Identifier: Apache-2.0
#include "lib/environment.h"

int environment_extensions(const char *python, json_t **ret_extensions, struct chaos_error *err)
{
    (void)python;
    (void)err;
    *ret_extensions = json_array();
    return 0;
}

int environment_discover(const struct discover_options *options, json_t **ret_discovery,
                         struct chaos_error *err)
{
    (void)ret_discovery;
    return chaos_error_set(err, CHAOS_E_NOT_FOUND, "package '%s' was not found", options->package);
}
