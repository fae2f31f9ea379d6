/* SPDX-License-Identifier: Apache-2.0 */
/* Probes and actions in C: all that a plug-in needs.
 *
 * An extension is a table of functions behind one symbol, chaos_extension_entry(). Validation,
 * `chaos discover`, `chaos init`, completion and the reference pages are derived from the rows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "chaos/error.h"

/* Raised when the structs below change; an extension built for another is refused. */
#define CHAOS_EXTENSION_ABI 1

enum chaos_kind {
    CHAOS_PROBE,  /* looks, changes nothing */
    CHAOS_ACTION, /* changes the world */
};

/* The type of a parameter, and of the JSON value it takes. A parameter whose default is null also
 * takes null. */
enum chaos_type {
    CHAOS_ANY,
    CHAOS_STRING,
    CHAOS_INTEGER,
    CHAOS_NUMBER,
    CHAOS_BOOLEAN,
    CHAOS_LIST,
    CHAOS_MAPPING,
};

struct chaos_param {
    const char *name;
    enum chaos_type type;
    bool required;
    const char *default_json;   /* JSON text of the default; NULL: null. Not for required ones. */
    const char *doc;            /* one line, with the unit where there is one */
    const char *const *choices; /* the texts it may be, NULL-terminated; NULL: any text */
    double min;                 /* the range of a number; both 0: any number */
    double max;                 /* HUGE_VAL: no upper limit */
};

/* One call. Everything in it is borrowed and lasts until the function returns. */
struct chaos_call {
    const json_t *arguments;     /* an object; checked against the params, defaults filled in */
    const json_t *configuration; /* resolved configuration of the experiment */
    const json_t *secrets;       /* merged groups that the activity's provider lists */
    struct chaos_context *context;
};

/* How a function fails: set the error and return it. The activity is then failed, the run goes
 * on. *ret_output is a new reference, set only on success; leaving it NULL means null. */
typedef int (*chaos_function_run)(const struct chaos_call *call, json_t **ret_output,
                                  struct chaos_error *err);
/* For an action: the activity that would undo it, decided before anything is changed, with the
 * exact resources it will touch; NULL output: nothing to undo. Its arguments are meant as they are
 * (no ${pattern} is replaced in them), and its provider gets the secrets of the action's. They are
 * written to the log of the run: name where a secret is, not the secret. Playing it twice, or
 * without the action having been played, must do no harm. */
typedef int (*chaos_function_inverse)(const struct chaos_call *call, json_t **ret_activity,
                                      struct chaos_error *err);

struct chaos_function {
    const char *name;
    enum chaos_kind kind;
    const char *summary; /* one line, no full stop */
    const char *doc;     /* more, in Markdown; may be NULL */
    const struct chaos_param *params;
    size_t n_params;
    enum chaos_type result;
    const char *result_doc;
    chaos_function_run run;
    chaos_function_inverse inverse; /* NULL: cannot be undone, or nothing to undo */
    const char *unavailable;        /* not NULL: why it cannot run here; it stays listed */
};

struct chaos_extension {
    int abi;            /* CHAOS_EXTENSION_ABI */
    const char *module; /* as experiments name it: "chaos.net.probes" */
    const char *version;
    const char *summary;
    const struct chaos_function *functions;
    size_t n_functions;
};

/* The one symbol of a plug-in: NULL-terminated array of extensions, valid until unloaded. */
CHAOS_API const struct chaos_extension *const *chaos_extension_entry(void);

/* Wait for a descriptor (events as for poll(2); fd -1: only pause) for at most `timeout_ms` (-1:
 * without end). 1 when it is ready, 0 after the time, -CHAOS_E_CANCELLED when the run is being
 * stopped: then return at once. Every wait of a function must be this one. */
CHAOS_API int chaos_wait(struct chaos_context *context, int fd, short events, int64_t timeout_ms,
                         struct chaos_error *err);
/* What came of a function that undoes something, where it looked. */
enum chaos_effect {
    CHAOS_RESTORED,     /* it was otherwise before; looked at afterwards, it is as it should be */
    CHAOS_WAS_SO,       /* there was nothing to do */
    CHAOS_NOT_VERIFIED, /* it was done, and nobody could see that it is so */
};

/* Tell the effect, once, before a successful return; `why` is for CHAOS_NOT_VERIFIED, else NULL. It
 * stands in the run of the activity as "restored", "was already so" or "not verified: why". One
 * that fails need not: it is "could not", with the text of its error. */
CHAOS_API void chaos_tell_effect(struct chaos_context *context, enum chaos_effect effect,
                                 const char *why);
/* A line for the log of the run. */
CHAOS_API void chaos_log_info(struct chaos_context *context, const char *format, ...)
    CHAOS_PRINTF(2, 3);
CHAOS_API void chaos_log_warning(struct chaos_context *context, const char *format, ...)
    CHAOS_PRINTF(2, 3);
