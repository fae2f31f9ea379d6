/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration and secrets: from their definitions in an experiment to their values. */
#pragma once

#include "engine/run.h"

/* A text as the type that `--var name:TYPE=…` or `env_var_type` names: str string int integer
 * float number bytes bool json; NULL: as it is. -CHAOS_E_INVALID with one line otherwise. */
MUST_USE int configuration_convert(const char *type, const char *text, json_t **ret_value,
                                   struct chaos_error *err);
/* The same for any value, as Python's int(), float() and so on take it: null and lists are none. */
MUST_USE int configuration_convert_value(const char *type, const json_t *value, json_t **ret_value,
                                         struct chaos_error *err);

/* Resolve static sources: inline values, and the environment. `vars` (an object or NULL) replace
 * what the experiment declares; names that it does not declare are passed over, as in the
 * reference. Dynamic sources (type probe) stay as they are. */
MUST_USE int configuration_load(const json_t *declared, const json_t *vars, json_t **ret_values,
                                struct chaos_error *err);

/* What secrets are resolved with. */
struct secret_access {
    const json_t *vars;          /* replace what the experiment declares; NULL: none */
    const json_t *configuration; /* says where Vault is */
    int (*read_vault)(const json_t *configuration, const char *path, const char *key,
                      const struct cancel *cancel, json_t **ret_value, struct chaos_error *err);
    bool only_check;             /* look at what can be seen without leaving the machine */
    const struct cancel *cancel; /* NULL: none */
};

/* Resolve secrets: inline, environment, Vault. */
MUST_USE int secrets_load(const json_t *declared, const struct secret_access *access,
                          json_t **ret_values, struct chaos_error *err);

/* Resolve dynamic sources by calling their probes: the result of a Python function, the trimmed
 * standard output of a process that ended with 0, the body of an HTTP answer. A source that fails
 * leaves its name out, with one warning for all of them. */
MUST_USE int configuration_load_dynamic(const json_t *values, const json_t *secrets,
                                        const struct run_options *options, struct cancel *cancel,
                                        json_t **ret_values, struct chaos_error *err);
