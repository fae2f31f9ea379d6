// SPDX-License-Identifier: Apache-2.0
#include "engine/console.h"

#include <ctype.h>

#include "base/log.h"
#include "base/str.h"
#include "engine/provider.h"
#include "value/pytext.h"

static const json_t *member(const json_t *data, const char *name)
{
    return json_object_get(data, name);
}

static const char *text(const json_t *data, const char *name)
{
    const char *value = json_string_value(member(data, name));

    return value ? value : "";
}

static void run_started(const json_t *data)
{
    AUTO(str) char *title = pytext_of(member(data, "title"));

    log_info("Running experiment: %s", title);
    if (json_is_string(member(data, "dry")))
        log_warning("Running experiment with dry %s", text(data, "dry"));
}

static void activity_started(const json_t *data)
{
    const json_t *activity = member(data, "activity");
    AUTO(buffer) struct buffer line = { 0 };

    pytext_str(&line, json_object_get(activity, "type"));
    buffer_add_text(&line, ": ");
    line.data[0] = (char)toupper((unsigned char)line.data[0]);
    pytext_str(&line, json_object_get(activity, "name"));
    if (json_is_true(json_object_get(activity, "background")))
        buffer_add_text(&line, " [in background]");
    log_ready_at(LOG_INFO, line.data);
}

static void activity_succeeded(const json_t *output)
{
    AUTO(buffer) struct buffer line = { 0 };

    if (json_is_null(output)) {
        log_debug("  => succeeded without any result value");
        return;
    }
    buffer_add_text(&line, "  => succeeded with '");
    pytext_str(&line, output);
    buffer_add_char(&line, '\'');
    log_ready_at(LOG_DEBUG, line.data);
}

/* What came of an inverse; nothing where nobody looked. */
static void effect_seen(const char *status, const char *effect)
{
    if (str_equal(status, "failed"))
        log_error("  => %s", effect);
    else if (str_starts(effect, EFFECT_UNTOLD) && !str_equal(effect, EFFECT_UNTOLD))
        log_warning("  => %s", effect);
    else if (!str_equal(effect, EFFECT_UNTOLD))
        log_info("  => %s", effect);
}

static void activity_completed(const json_t *data)
{
    const json_t *run = member(data, "run");
    const char *status = json_string_value(json_object_get(run, "status"));
    const char *effect = json_string_value(json_object_get(run, "effect"));

    if (effect)
        effect_seen(status, effect);
    if (str_equal(status, "failed") && !effect)
        log_error("  => failed: %s", text(data, "message"));
    else if (str_equal(status, "succeeded") && log_wants(LOG_DEBUG))
        activity_succeeded(json_object_get(run, "output"));
}

static void pause_started(const json_t *data)
{
    AUTO(str) char *seconds = pytext_of(member(data, "seconds"));

    if (str_equal(text(data, "when"), "before"))
        log_info("Pausing before next activity for %ss...", seconds);
    else
        log_info("Pausing after activity for %ss...", seconds);
}

static void run_ended(const json_t *data)
{
    if (json_is_true(member(data, "deviated"))) {
        log_info("Experiment ended with status: deviated");
        log_info("The steady state did not hold after the method: a weakness was found");
    } else {
        log_info("Experiment ended with status: %s", text(data, "status"));
    }
}

static void hypothesis_started(const json_t *data)
{
    if (str_equal(text(data, "phase"), "during")) {
        AUTO(str) char *frequency = pytext_of(member(data, "frequency"));

        log_info("Checking the steady-state hypothesis every %s seconds during the method",
                 frequency);
    } else {
        log_debug("Checking the steady-state hypothesis %s the method", text(data, "phase"));
    }
}

static void hypothesis_checking(const json_t *data)
{
    AUTO(str) char *title = pytext_of(member(data, "title"));

    log_info("Steady state hypothesis: %s", title);
}

static void rollback_started(const json_t *data)
{
    AUTO(str) char *name = pytext_of(member(data, "name"));

    log_info("Rollback: %s", name);
}

static void run_configured(const json_t *data)
{
    log_info("Steady-state strategy: %s", text(data, "hypothesis-strategy"));
    log_info("Rollbacks strategy: %s", text(data, "rollbacks-strategy"));
}

static void hypothesis_met(const json_t *data)
{
    (void)data;
    log_info("Steady state hypothesis is met!");
}

static void hypothesis_ended(const json_t *data)
{
    (void)data;
    log_info("The continuous steady-state hypothesis has ended");
}

static void method_started(const json_t *data)
{
    (void)data;
    log_info("Playing the method of the experiment...");
}

static void rollbacks_started(const json_t *data)
{
    (void)data;
    log_info("Playing the rollbacks...");
}

/* What is told of an event; nothing where there is no function. */
static void (*const views[EVENT_TYPE_COUNT])(const json_t *data) = {
    [EVENT_RUN_STARTED] = run_started,
    [EVENT_RUN_CONFIGURED] = run_configured,
    [EVENT_HYPOTHESIS_STARTED] = hypothesis_started,
    [EVENT_HYPOTHESIS_CHECKING] = hypothesis_checking,
    [EVENT_HYPOTHESIS_MET] = hypothesis_met,
    [EVENT_HYPOTHESIS_ENDED] = hypothesis_ended,
    [EVENT_METHOD_STARTED] = method_started,
    [EVENT_ROLLBACKS_STARTED] = rollbacks_started,
    [EVENT_ROLLBACK_STARTED] = rollback_started,
    [EVENT_PAUSE_STARTED] = pause_started,
    [EVENT_ACTIVITY_STARTED] = activity_started,
    [EVENT_ACTIVITY_COMPLETED] = activity_completed,
    [EVENT_RUN_ENDED] = run_ended,
};

static void notice(void *self, const struct event *event)
{
    (void)self;
    if (views[event->type])
        log_later(views[event->type], event->data);
}

struct listener console_listener(void)
{
    return (struct listener){ NULL, notice };
}
