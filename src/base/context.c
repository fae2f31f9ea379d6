// SPDX-License-Identifier: Apache-2.0
// The half of the plug-in ABI that chaos provides.
#include "base/context.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

int chaos_wait(struct chaos_context *context, int fd, short events, int64_t timeout_ms,
               struct chaos_error *err)
{
    int64_t deadline = CLOCK_NEVER;

    if (timeout_ms >= 0 && timeout_ms < INT64_MAX / CLOCK_NS_PER_MS / 2)
        deadline = clock_now() + timeout_ms * CLOCK_NS_PER_MS;
    switch (wait_fd(fd, events, deadline, context->cancel)) {
    case WAIT_READY:
        return 1;
    case WAIT_TIMEOUT:
        return 0;
    case WAIT_CANCELLED:
        break;
    }
    return chaos_error_set(err, CHAOS_E_CANCELLED, "stopped while waiting");
}

void chaos_tell_effect(struct chaos_context *context, enum chaos_effect effect, const char *why)
{
    free(STEAL(context->effect));
    switch (effect) {
    case CHAOS_RESTORED:
        context->effect = mem_strdup("restored");
        return;
    case CHAOS_WAS_SO:
        context->effect = mem_strdup("was already so");
        return;
    case CHAOS_NOT_VERIFIED:
        context->effect = mem_printf("not verified: %s", why ? why : "nobody looked");
        return;
    }
}

PRINTF(3, 0)
static void log_context(const struct chaos_context *context, enum log_level level,
                        const char *format, va_list args) PRINTF(3, 0);

static void log_context(const struct chaos_context *context, enum log_level level,
                        const char *format, va_list args)
{
    AUTO(str) char *text = mem_vprintf(format, args);

    if (context->activity)
        log_at(level, "%s: %s", context->activity, text);
    else
        log_at(level, "%s", text);
    log_flush(); /* functions say what they are about to change */
}

void chaos_log_info(struct chaos_context *context, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_context(context, LOG_INFO, format, args);
    va_end(args);
}

void chaos_log_warning(struct chaos_context *context, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_context(context, LOG_WARNING, format, args);
    va_end(args);
}
