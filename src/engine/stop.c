// SPDX-License-Identifier: Apache-2.0
#include "engine/stop.h"

#include <stdarg.h>

#include "base/mem.h"

void stop_clear(struct stop *stop)
{
    free(stop->message);
    *stop = (struct stop){ 0 };
}

void stop_set(struct stop *stop, enum stop_kind kind, const char *format, ...)
{
    va_list args;

    if (stop->kind != STOP_NONE)
        return;
    stop->kind = kind;
    va_start(args, format);
    stop->message = mem_vprintf(format, args);
    va_end(args);
}

static void set_exit(struct stop *stop, long code)
{
    if (stop->kind != STOP_NONE)
        return;
    stop_set(stop, STOP_EXIT, "%ld", code);
    stop->has_code = true;
    stop->code = code;
}

static void set_reason(struct stop *stop, int reason)
{
    switch ((enum stop_reason)reason) {
    case STOP_REASON_KEYBOARD:
        stop_set(stop, STOP_KEYBOARD, "Ctrl-C");
        return;
    case STOP_REASON_INTERRUPT:
        stop_set(stop, STOP_INTERRUPT, "SIGTERM signal received");
        return;
    case STOP_REASON_HANGUP:
        stop_set(stop, STOP_INTERRUPT, "SIGHUP signal received");
        return;
    case STOP_REASON_QUIT:
        stop_set(stop, STOP_INTERRUPT, "SIGQUIT signal received");
        return;
    case STOP_REASON_DEADLINE:
        return;
    case STOP_REASON_EXIT_GRACEFUL:
        set_exit(stop, STOP_EXIT_CODE_GRACEFUL);
        return;
    case STOP_REASON_EXIT_NOW:
    case STOP_REASON_EXITED:
    case STOP_REASON_ABANDON:
        set_exit(stop, STOP_EXIT_CODE_NOW);
        return;
    }
}

void stop_take_call(struct stop *stop, enum call_status status, char **message, bool has_code,
                    long code)
{
    static const enum stop_kind kinds[] = {
        [CALL_SUCCEEDED] = STOP_NONE, [CALL_FAILED] = STOP_NONE,
        [CALL_CRASHED] = STOP_CRASH,  [CALL_INTERRUPTED] = STOP_INTERRUPT,
        [CALL_EXITED] = STOP_EXIT,    [CALL_KEYBOARD] = STOP_KEYBOARD,
        [CALL_CANCELLED] = STOP_NONE,
    };

    if (stop->kind != STOP_NONE || kinds[status] == STOP_NONE)
        return;
    stop->kind = kinds[status];
    stop->message = *message ? STEAL(*message) : mem_strdup("");
    stop->has_code = has_code;
    stop->code = code;
}

bool stop_take_cancel(struct stop *stop, struct cancel *cancel)
{
    int reason = cancel_reason(cancel) ? cancel_reset(cancel) : 0;

    if (reason)
        set_reason(stop, reason);
    return reason != 0;
}

bool stop_is_now(const struct stop *stop)
{
    return stop->kind == STOP_EXIT && stop->has_code && stop->code == STOP_EXIT_CODE_NOW;
}
