// SPDX-License-Identifier: Apache-2.0
#include "chaos/error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int chaos_error_setv(struct chaos_error *err, enum chaos_errc code, const char *format,
                     va_list args)
{
    assert(!err->message);
    err->code = code;
    err->message = mem_vprintf(format, args);
    return -(int)code;
}

int chaos_error_set(struct chaos_error *err, enum chaos_errc code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    chaos_error_setv(err, code, format, args);
    va_end(args);
    return -(int)code;
}

int chaos_error_set_errno(struct chaos_error *err, int number, const char *format, ...)
{
    char buffer[128];
    va_list args;
    char *what;

    va_start(args, format);
    what = mem_vprintf(format, args);
    va_end(args);
    chaos_error_set(err, CHAOS_E_IO, "%s: %s", what, strerror_r(number, buffer, sizeof(buffer)));
    free(what);
    return -(int)CHAOS_E_IO;
}

int chaos_error_prefix(struct chaos_error *err, const char *format, ...)
{
    va_list args;
    char *prefix;
    char *message;

    assert(err->message);
    va_start(args, format);
    prefix = mem_vprintf(format, args);
    va_end(args);
    message = mem_printf("%s: %s", prefix, err->message);
    free(prefix);
    free(err->message);
    err->message = message;
    return -(int)err->code;
}

const char *chaos_error_text(const struct chaos_error *err)
{
    return err->message ? err->message : "";
}

void chaos_error_clear(struct chaos_error *err)
{
    free(err->message);
    err->message = NULL;
    err->code = 0;
}
