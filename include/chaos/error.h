/* SPDX-License-Identifier: Apache-2.0 */
/* How a function of Fracas says that it could not do its job. */
#pragma once

#include <stdarg.h>

#if defined(__GNUC__)
#define CHAOS_API                 __attribute__((visibility("default")))
#define CHAOS_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define CHAOS_MUST_USE            __attribute__((warn_unused_result))
#else
#define CHAOS_API
#define CHAOS_PRINTF(text, first)
#define CHAOS_MUST_USE
#endif

/* What went wrong, for a caller that must choose. Functions return 0 or the negative of one. */
enum chaos_errc {
    CHAOS_E_INVALID = 1, /* the input breaks a rule */
    CHAOS_E_NOT_FOUND,   /* what was named does not exist */
    CHAOS_E_IO,          /* the system refused: message holds errno's text */
    CHAOS_E_LIMIT,       /* larger than a stated limit */
    CHAOS_E_TIMEOUT,     /* a deadline passed */
    CHAOS_E_CANCELLED,   /* somebody asked to stop waiting */
    CHAOS_E_UNSUPPORTED, /* known, but not possible here; the message says what to do */
    CHAOS_E_REMOTE,      /* the other side answered with an error */
    CHAOS_E_INTERNAL,    /* a promise of ours was broken */
};

/* One error: start with `{ 0 }`, end with chaos_error_clear(). The message is one line of UTF-8
 * without a final full stop or newline: what is wrong, where, and what would be right. */
struct chaos_error {
    enum chaos_errc code;
    char *message;
};

/* Set an error that is not set yet; setting one twice is a bug and asserts. Returns -code. */
CHAOS_API int chaos_error_set(struct chaos_error *err, enum chaos_errc code, const char *format,
                              ...) CHAOS_PRINTF(3, 4);
CHAOS_API int chaos_error_setv(struct chaos_error *err, enum chaos_errc code, const char *format,
                               va_list args) CHAOS_PRINTF(3, 0);

/* As chaos_error_set() with CHAOS_E_IO, ": " and the text of errno value `number`. */
CHAOS_API int chaos_error_set_errno(struct chaos_error *err, int number, const char *format, ...)
    CHAOS_PRINTF(3, 4);

/* Put "<prefix>: " before the message of a set error. Returns -code. */
CHAOS_API int chaos_error_prefix(struct chaos_error *err, const char *format, ...)
    CHAOS_PRINTF(2, 3);

/* The message, or "" while no error is set. */
CHAOS_API const char *chaos_error_text(const struct chaos_error *err);

/* Forget the error and free its message. */
CHAOS_API void chaos_error_clear(struct chaos_error *err);
