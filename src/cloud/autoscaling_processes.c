// SPDX-License-Identifier: Apache-2.0
// Suspending and resuming what groups do by themselves.
#include <string.h>

#include "cloud/autoscaling.h"
#include "cloud/scaling_group.h"
#include "cloud/scaling_reconcile.h"

/* The processes that a call names, all of them when it names none: a new reference; NULL with the
 * fault set for one that there is not. */
static json_t *called_processes(struct cloud_call *call)
{
    const json_t *given = cloud_param(call, "ScalingProcesses");
    AUTO(json) json_t *names = json_array();
    json_t *name;
    size_t i;

    json_array_foreach (given, i, name) {
        if (!str_in(json_string_value(name), scaling_processes))
            return cloud_refuse(call, "ValidationError", "'%s' is not a scaling process",
                                json_string_value(name));
        json_array_append(names, name);
    }
    for (i = 0; scaling_processes[i] && !json_array_size(given); i++)
        json_array_append_new(names, json_string(scaling_processes[i]));
    return STEAL(names);
}

static json_t *suspend_processes(struct cloud_call *call)
{
    json_t *group = autoscaling_group(call);
    AUTO(json) json_t *names = group ? called_processes(call) : NULL;
    AUTO(str) char *now = cloud_iso_now();
    AUTO(str) char *reason = mem_printf("User suspended at %s", now);
    json_t *list = json_object_get(cloud_item(group), "SuspendedProcesses");
    json_t *name;
    size_t i;

    json_array_foreach (names, i, name) {
        if (scaling_runs(group, json_string_value(name)))
            json_array_append_new(
                list, json_pack("{s:O, s:s}", "ProcessName", name, "SuspensionReason", reason));
    }
    return names ? json_object() : NULL;
}

static void resume(json_t *list, const char *name)
{
    for (size_t i = json_array_size(list); i-- > 0;) {
        if (str_equal(json_text_of(json_array_get(list, i), "ProcessName"), name))
            json_array_remove(list, i);
    }
}

static json_t *resume_processes(struct cloud_call *call)
{
    json_t *group = autoscaling_group(call);
    AUTO(json) json_t *names = group ? called_processes(call) : NULL;
    json_t *name;
    size_t i;

    json_array_foreach (names, i, name)
        resume(json_object_get(cloud_item(group), "SuspendedProcesses"), json_string_value(name));
    if (!names)
        return NULL;
    scaling_look_again(call->cloud, group);
    return json_object();
}

static json_t *describe_scaling_process_types(struct cloud_call *call)
{
    json_t *types = json_array();

    (void)call;
    for (size_t i = 0; scaling_processes[i]; i++)
        json_array_append_new(types, json_pack("{s:s}", "ProcessName", scaling_processes[i]));
    return json_pack("{s:o}", "Processes", types);
}

static const struct cloud_action actions[] = {
    { "DescribeScalingProcessTypes", describe_scaling_process_types },
    { "ResumeProcesses", resume_processes },
    { "SuspendProcesses", suspend_processes },
};

const struct cloud_family cloud_family_autoscaling_processes = { "autoscaling", actions,
                                                                 ARRAY_SIZE(actions) };
