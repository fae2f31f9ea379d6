// SPDX-License-Identifier: Apache-2.0
#include "engine/event.h"

#include "base/str.h"

static const char *const names[] = {
    [EVENT_RUN_STARTED] = "run-started",
    [EVENT_RUN_CONFIGURED] = "run-configured",
    [EVENT_DOCUMENT_AMENDED] = "document-amended",
    [EVENT_HYPOTHESIS_STARTED] = "hypothesis-started",
    [EVENT_HYPOTHESIS_CHECKING] = "hypothesis-checking",
    [EVENT_HYPOTHESIS_MET] = "hypothesis-met",
    [EVENT_HYPOTHESIS_COMPLETED] = "hypothesis-completed",
    [EVENT_HYPOTHESIS_ENDED] = "hypothesis-ended",
    [EVENT_METHOD_STARTED] = "method-started",
    [EVENT_METHOD_COMPLETED] = "method-completed",
    [EVENT_INVERSE_DECIDED] = "inverse-decided",
    [EVENT_ROLLBACKS_STARTED] = "rollbacks-started",
    [EVENT_ROLLBACKS_COMPLETED] = "rollbacks-completed",
    [EVENT_ROLLBACKS_LEFT] = "rollbacks-left",
    [EVENT_ROLLBACK_STARTED] = "rollback-started",
    [EVENT_ROLLBACK_ENDED] = "rollback-ended",
    [EVENT_PAUSE_STARTED] = "pause-started",
    [EVENT_ACTIVITY_STARTED] = "activity-started",
    [EVENT_ACTIVITY_COMPLETED] = "activity-completed",
    [EVENT_ACTIVITY_AMENDED] = "activity-amended",
    [EVENT_STATUS_CHANGED] = "status-changed",
    [EVENT_RUN_INTERRUPTED] = "run-interrupted",
    [EVENT_RUN_SIGNAL_EXIT] = "run-signal-exit",
    [EVENT_RUN_ENDED] = "run-ended",
    [EVENT_JOURNAL_AMENDED] = "journal-amended",
    [EVENT_RUN_FINISHED] = "run-finished",
};
_Static_assert(ARRAY_SIZE(names) == EVENT_TYPE_COUNT, "every event has a name");

const char *event_name(enum event_type type)
{
    return names[type];
}

enum event_type event_parse(const char *name)
{
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        if (str_equal(names[i], name))
            return (enum event_type)i;
    return EVENT_TYPE_COUNT;
}
