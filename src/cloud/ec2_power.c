// SPDX-License-Identifier: Apache-2.0
// Starting, stopping, rebooting and terminating instances, and what they say on their console.
#include <string.h>

#include "aws/base64.h"
#include "cloud/instances.h"

typedef bool (*may_change)(struct cloud_call *call, const json_t *record);
typedef void (*change)(struct cloud_call *call, json_t *record);

static const char *id_of(const json_t *record)
{
    return json_text_of(cloud_item(record), "InstanceId");
}

static bool refuse_state(struct cloud_call *call, const json_t *record, const char *verb)
{
    cloud_refuse(call, "IncorrectInstanceState",
                 "The instance '%s' is not in a state from which it can be %s: it is %s",
                 id_of(record), verb, instance_state_name(instance_state(record)));
    return false;
}

/* First all are looked at, then all are changed: a refused call changes nothing. */
static json_t *change_all(struct cloud_call *call, may_change may, change apply, const char *key)
{
    AUTO(json) json_t *records = cloud_choose(call, CLOUD_INSTANCE, "InstanceIds");
    json_t *changes;
    json_t *record;
    size_t i;

    json_array_foreach (records, i, record) {
        if (!may(call, record))
            return NULL;
    }
    if (!records)
        return NULL;
    changes = json_array();
    json_array_foreach (records, i, record) {
        json_t *one = json_pack("{s:s, s:o}", "InstanceId", id_of(record), "PreviousState",
                                instance_state_json(instance_state(record)));

        apply(call, record);
        json_object_set_new(one, "CurrentState", instance_state_json(instance_state(record)));
        json_array_append_new(changes, one);
    }
    return key ? json_pack("{s:o}", key, changes) : (json_decref(changes), json_object());
}

static bool may_start(struct cloud_call *call, const json_t *record)
{
    enum instance_state state = instance_state(record);

    return state == INSTANCE_STOPPED || state == INSTANCE_RUNNING || state == INSTANCE_PENDING ||
           refuse_state(call, record, "started");
}

static void start(struct cloud_call *call, json_t *record)
{
    instance_start(call->cloud, record);
}

static json_t *start_instances(struct cloud_call *call)
{
    return change_all(call, may_start, start, "StartingInstances");
}

static bool may_stop(struct cloud_call *call, const json_t *record)
{
    enum instance_state state = instance_state(record);

    return state == INSTANCE_RUNNING || state == INSTANCE_STOPPING || state == INSTANCE_STOPPED ||
           refuse_state(call, record, "stopped");
}

static void stop(struct cloud_call *call, json_t *record)
{
    bool is_forced = cloud_flag(call, "Force", false);

    instance_stop(call->cloud, record, is_forced ? INSTANCE_STOP_FORCED : INSTANCE_STOP_GRACEFUL);
}

static json_t *stop_instances(struct cloud_call *call)
{
    return change_all(call, may_stop, stop, "StoppingInstances");
}

static bool may_reboot(struct cloud_call *call, const json_t *record)
{
    return instance_state(record) == INSTANCE_RUNNING || refuse_state(call, record, "rebooted");
}

static void reboot(struct cloud_call *call, json_t *record)
{
    instance_reboot(call->cloud, record);
}

static json_t *reboot_instances(struct cloud_call *call)
{
    return change_all(call, may_reboot, reboot, NULL);
}

static bool may_terminate(struct cloud_call *call, const json_t *record)
{
    if (!json_is_true(json_object_get(record, "Protected")))
        return true;
    cloud_refuse(call, "OperationNotPermitted",
                 "The instance '%s' may not be terminated. Modify its 'disableApiTermination' "
                 "instance attribute and try again.",
                 id_of(record));
    return false;
}

static void terminate(struct cloud_call *call, json_t *record)
{
    instance_terminate(call->cloud, record, "Client.UserInitiatedShutdown",
                       "Client.UserInitiatedShutdown: User initiated shutdown");
}

static json_t *terminate_instances(struct cloud_call *call)
{
    return change_all(call, may_terminate, terminate, "TerminatingInstances");
}

static json_t *get_console_output(struct cloud_call *call)
{
    const char *id = cloud_text(call, "InstanceId");
    struct cloud *cloud = call->cloud;
    AUTO(str) char *plain = NULL;
    AUTO(str) char *now = cloud_iso_now();
    AUTO(buffer) struct buffer text = { 0 };

    if (!cloud_find(cloud, CLOUD_INSTANCE, id))
        return cloud_unknown(call, CLOUD_INSTANCE, id);
    if (cloud->host.console)
        plain = cloud->host.console(cloud->host.data, id);
    base64_encode(&text, plain ? plain : "", plain ? strlen(plain) : 0);
    return json_pack("{s:s, s:s, s:s}", "InstanceId", id, "Timestamp", now, "Output",
                     buffer_text(&text));
}

static const struct cloud_action actions[] = {
    { "GetConsoleOutput", get_console_output },    { "RebootInstances", reboot_instances },
    { "StartInstances", start_instances },         { "StopInstances", stop_instances },
    { "TerminateInstances", terminate_instances },
};

const struct cloud_family cloud_family_ec2_power = { "ec2", actions, ARRAY_SIZE(actions) };
