// SPDX-License-Identifier: Apache-2.0
#include "engine/console.h"

#include <ctype.h>

#include "base/log.h"
#include "base/str.h"
#include "value/pytext.h"

static const json_t *member(const struct event *event, const char *name)
{
    return json_object_get(event->data, name);
}

static const char *text(const struct event *event, const char *name)
{
    const char *value = json_string_value(member(event, name));

    return value ? value : "";
}

static void run_started(const struct event *event)
{
    AUTO(str) char *title = pytext_of(member(event, "title"));

    log_info("Running experiment: %s", title);
    if (json_is_string(member(event, "dry")))
        log_warning("Running experiment with dry %s", text(event, "dry"));
}

static void activity_started(const struct event *event)
{
    const json_t *activity = member(event, "activity");
    AUTO(str) char *name = pytext_of(json_object_get(activity, "name"));
    AUTO(str) char *type = pytext_of(json_object_get(activity, "type"));

    type[0] = (char)toupper((unsigned char)type[0]);
    if (json_is_true(json_object_get(activity, "background")))
        log_info("%s: %s [in background]", type, name);
    else
        log_info("%s: %s", type, name);
}

static void activity_completed(const struct event *event)
{
    const json_t *run = member(event, "run");
    const char *status = json_string_value(json_object_get(run, "status"));
    const json_t *output = json_object_get(run, "output");

    if (str_equal(status, "failed")) {
        log_error("  => failed: %s", text(event, "message"));
    } else if (str_equal(status, "succeeded") && log_wants(LOG_DEBUG)) {
        AUTO(str) char *shown = pytext_of(output);

        if (json_is_null(output))
            log_debug("  => succeeded without any result value");
        else
            log_debug("  => succeeded with '%s'", shown);
    }
}

static void pause_started(const struct event *event)
{
    AUTO(str) char *seconds = pytext_of(member(event, "seconds"));

    if (str_equal(text(event, "when"), "before"))
        log_info("Pausing before next activity for %ss...", seconds);
    else
        log_info("Pausing after activity for %ss...", seconds);
}

static void run_ended(const struct event *event)
{
    if (json_is_true(member(event, "deviated"))) {
        log_info("Experiment ended with status: deviated");
        log_info("The steady state did not hold after the method: a weakness was found");
    } else {
        log_info("Experiment ended with status: %s", text(event, "status"));
    }
}

static void hypothesis_started(const struct event *event)
{
    if (str_equal(text(event, "phase"), "during")) {
        AUTO(str) char *frequency = pytext_of(member(event, "frequency"));

        log_info("Checking the steady-state hypothesis every %s seconds during the method",
                 frequency);
    } else {
        log_debug("Checking the steady-state hypothesis %s the method", text(event, "phase"));
    }
}

static void hypothesis_checking(const struct event *event)
{
    AUTO(str) char *title = pytext_of(member(event, "title"));

    log_info("Steady state hypothesis: %s", title);
}

static void rollback_started(const struct event *event)
{
    AUTO(str) char *name = pytext_of(member(event, "name"));

    log_info("Rollback: %s", name);
}

static void run_configured(const struct event *event)
{
    log_info("Steady-state strategy: %s", text(event, "hypothesis-strategy"));
    log_info("Rollbacks strategy: %s", text(event, "rollbacks-strategy"));
}

static void hypothesis_met(const struct event *event)
{
    (void)event;
    log_info("Steady state hypothesis is met!");
}

static void hypothesis_ended(const struct event *event)
{
    (void)event;
    log_info("The continuous steady-state hypothesis has ended");
}

static void method_started(const struct event *event)
{
    (void)event;
    log_info("Playing the method of the experiment...");
}

static void rollbacks_started(const struct event *event)
{
    (void)event;
    log_info("Playing the rollbacks...");
}

/* What is told of an event; nothing where there is no function. */
static void (*const views[EVENT_TYPE_COUNT])(const struct event *event) = {
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
        views[event->type](event);
}

struct listener console_listener(void)
{
    return (struct listener){ NULL, notice };
}
