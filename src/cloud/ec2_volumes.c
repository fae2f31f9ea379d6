// SPDX-License-Identifier: Apache-2.0
// Volumes: made, attached, detached, deleted, described.
#include <string.h>

#include "cloud/filter.h"
#include "cloud/instances.h"
#include "cloud/volumes.h"

static json_t *create_volume(struct cloud_call *call)
{
    struct volume_plan plan = {
        .zone = cloud_text(call, "AvailabilityZone"),
        .type = cloud_text(call, "VolumeType"),
        .size_gib = cloud_number(call, "Size", 0),
        .iops = cloud_number(call, "Iops", 0),
    };
    AUTO(json) json_t *tags = cloud_tags_specified(call, CLOUD_VOLUME);
    json_t *result;

    if (!tags || !cloud_token_seen(call, "ClientToken", &result))
        return NULL;
    if (result)
        return result;
    if (!plan.zone)
        return cloud_refuse(call, "MissingParameter",
                            "The request must contain the parameter zone");
    if (cloud_zone_index(call->cloud, plan.zone) < 0)
        return cloud_refuse(call, "InvalidZone.NotFound", "The zone '%s' does not exist.",
                            plan.zone);
    if (cloud_text(call, "SnapshotId"))
        return cloud_refuse(call, "InvalidSnapshot.NotFound",
                            "The snapshot '%s' does not exist: a lab has none",
                            cloud_text(call, "SnapshotId"));
    if (cloud_flag(call, "Encrypted", false) || cloud_flag(call, "MultiAttachEnabled", false))
        return cloud_refuse(call, "UnsupportedOperation",
                            "A lab's volumes are neither encrypted nor attached more than once");
    if (!json_object_get(call->params, "Size"))
        return cloud_refuse(call, "MissingParameter",
                            "The request must contain the parameter size/snapshot");
    if (!volume_plan_is_sound(call, &plan))
        return NULL;
    plan.tags = tags;
    result = json_deep_copy(cloud_item(volume_create(call->cloud, &plan)));
    cloud_token_keep(call, "ClientToken", result);
    return result;
}

static json_t *called_volume(struct cloud_call *call)
{
    const char *id = cloud_text(call, "VolumeId");
    json_t *record = cloud_find(call->cloud, CLOUD_VOLUME, id);

    return record ? record : cloud_unknown(call, CLOUD_VOLUME, id);
}

static bool device_is_free(struct cloud_call *call, const json_t *instance, const char *device)
{
    json_t *mapping;
    size_t i;

    if (!volume_device_is_sound(call, device))
        return false;
    json_array_foreach (json_object_get(cloud_item(instance), "BlockDeviceMappings"), i, mapping) {
        if (str_equal(json_text_of(mapping, "DeviceName"), device)) {
            cloud_refuse(call, "InvalidParameterValue",
                         "Invalid value '%s' for unixDevice. Attachment point %s is already in use",
                         device, device);
            return false;
        }
    }
    return true;
}

static bool can_be_attached(struct cloud_call *call, const json_t *volume, const json_t *instance)
{
    const json_t *item = cloud_item(volume);
    const char *id = json_text_of(item, "VolumeId");
    const char *instance_id = json_text_of(cloud_item(instance), "InstanceId");
    enum instance_state state = instance_state(instance);

    if (volume_state(volume) == VOLUME_IN_USE)
        cloud_refuse(call, "VolumeInUse", "%s is already attached to an instance", id);
    else if (volume_state(volume) != VOLUME_AVAILABLE)
        cloud_refuse(call, "IncorrectState", "Volume '%s' is not 'available': it is %s", id,
                     volume_state_name(volume_state(volume)));
    else if (state != INSTANCE_RUNNING && state != INSTANCE_STOPPED)
        cloud_refuse(call, "IncorrectState", "Instance '%s' is not 'running': it is %s",
                     instance_id, instance_state_name(state));
    else if (!str_equal(json_text_of(item, "AvailabilityZone"),
                        json_text_of(json_object_get(cloud_item(instance), "Placement"),
                                     "AvailabilityZone")))
        cloud_refuse(call, "InvalidVolume.ZoneMismatch",
                     "The volume '%s' is not in the same availability zone as instance '%s'", id,
                     instance_id);
    else
        return true;
    return false;
}

static json_t *attach_volume(struct cloud_call *call)
{
    const char *device = cloud_text(call, "Device");
    const char *instance_id = cloud_text(call, "InstanceId");
    json_t *volume = called_volume(call);
    json_t *instance = cloud_find(call->cloud, CLOUD_INSTANCE, instance_id);
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!volume)
        return NULL;
    if (!instance)
        return cloud_unknown(call, CLOUD_INSTANCE, instance_id);
    if (!can_be_attached(call, volume, instance) || !device_is_free(call, instance, device))
        return NULL;
    if (volume_attach(call->cloud, volume, instance, device, &err) < 0)
        return cloud_refuse(call, "InternalError", "The volume cannot be attached: %s",
                            chaos_error_text(&err));
    return json_deep_copy(volume_attachment(volume));
}

/* The instance and the device may be given, and must be right then. */
static bool names_attachment(struct cloud_call *call, const json_t *attachment)
{
    static const char *const members[] = { "InstanceId", "Device" };

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        const char *wanted = cloud_text(call, members[i]);

        if (wanted && !str_equal(wanted, json_text_of(attachment, members[i]))) {
            cloud_refuse(call, "InvalidAttachment.NotFound", "Volume '%s' is not attached to %s %s",
                         cloud_text(call, "VolumeId"), i == 0 ? "instance" : "device", wanted);
            return false;
        }
    }
    return true;
}

static json_t *detach_volume(struct cloud_call *call)
{
    json_t *volume = called_volume(call);
    const json_t *attachment = volume_attachment(volume);
    const char *id = cloud_text(call, "VolumeId");

    if (!volume)
        return NULL;
    if (!attachment)
        return cloud_refuse(call, "IncorrectState", "Volume '%s' is in the '%s' state.", id,
                            volume_state_name(volume_state(volume)));
    if (!names_attachment(call, attachment))
        return NULL;
    if (str_equal(json_text_of(attachment, "State"), "detaching"))
        return cloud_refuse(call, "IncorrectState", "Volume '%s' is being detached already.", id);
    if (json_is_true(json_object_get(volume, "Root")))
        return cloud_refuse(call, "OperationNotPermitted",
                            "Unable to detach root volume '%s' from instance '%s'", id,
                            json_text_of(attachment, "InstanceId"));
    volume_detach(call->cloud, volume);
    return json_deep_copy(attachment);
}

static json_t *delete_volume(struct cloud_call *call)
{
    json_t *volume = called_volume(call);
    const char *id = cloud_text(call, "VolumeId");

    if (!volume)
        return NULL;
    if (volume_state(volume) == VOLUME_IN_USE)
        return cloud_refuse(call, "VolumeInUse", "Volume %s is currently attached to %s", id,
                            json_text_of(volume_attachment(volume), "InstanceId"));
    if (volume_state(volume) != VOLUME_AVAILABLE)
        return cloud_refuse(call, "IncorrectState", "Volume '%s' is not 'available': it is %s", id,
                            volume_state_name(volume_state(volume)));
    volume_delete(call->cloud, volume);
    return json_object();
}

static const struct cloud_filter volume_filters[] = {
    { "attachment.attach-time", "Attachments[].AttachTime" },
    { "attachment.delete-on-termination", "Attachments[].DeleteOnTermination" },
    { "attachment.device", "Attachments[].Device" },
    { "attachment.instance-id", "Attachments[].InstanceId" },
    { "attachment.status", "Attachments[].State" },
    { "availability-zone", "AvailabilityZone" },
    { "create-time", "CreateTime" },
    { "encrypted", "Encrypted" },
    { "fast-restored", "FastRestored" },
    { "multi-attach-enabled", "MultiAttachEnabled" },
    { "size", "Size" },
    { "snapshot-id", "SnapshotId" },
    { "status", "State" },
    { "volume-id", "VolumeId" },
    { "volume-type", "VolumeType" },
};

static json_t *describe_volumes(struct cloud_call *call)
{
    return cloud_describe_take(call, CLOUD_FILTERS(volume_filters),
                               cloud_choose(call, CLOUD_VOLUME, "VolumeIds"), "Volumes");
}

static const struct cloud_filter status_filters[] = {
    { "action.code", "Actions[].Code" },
    { "action.description", "Actions[].Description" },
    { "action.event-id", "Actions[].EventId" },
    { "availability-zone", "AvailabilityZone" },
    { "event.description", "Events[].Description" },
    { "event.event-id", "Events[].EventId" },
    { "event.event-type", "Events[].EventType" },
    { "event.not-after", "Events[].NotAfter" },
    { "event.not-before", "Events[].NotBefore" },
    { "volume-status.details-name", "VolumeStatus.Details[].Name" },
    { "volume-status.details-status", "VolumeStatus.Details[].Status" },
    { "volume-status.status", "VolumeStatus.Status" },
};

static json_t *status_record(const json_t *record)
{
    const json_t *item = cloud_item(record);

    return json_pack("{s:{s:[], s:O, s:[], s:O, s:{s:s, s:[{s:s, s:s}, {s:s, s:s}]}}}", "Item",
                     "Actions", "AvailabilityZone", json_object_get(item, "AvailabilityZone"),
                     "Events", "VolumeId", json_object_get(item, "VolumeId"), "VolumeStatus",
                     "Status", "ok", "Details", "Name", "io-enabled", "Status", "passed", "Name",
                     "io-performance", "Status", "not-applicable");
}

static json_t *describe_volume_status(struct cloud_call *call)
{
    AUTO(json) json_t *records = cloud_choose(call, CLOUD_VOLUME, "VolumeIds");
    json_t *statuses;
    json_t *record;
    size_t i;

    if (!records)
        return NULL;
    statuses = json_array();
    json_array_foreach (records, i, record)
        json_array_append_new(statuses, status_record(record));
    return cloud_describe_take(call, CLOUD_FILTERS(status_filters), statuses, "VolumeStatuses");
}

static const struct cloud_action actions[] = {
    { "AttachVolume", attach_volume },       { "CreateVolume", create_volume },
    { "DeleteVolume", delete_volume },       { "DescribeVolumeStatus", describe_volume_status },
    { "DescribeVolumes", describe_volumes }, { "DetachVolume", detach_volume },
};

const struct cloud_family cloud_family_ec2_volumes = { "ec2", actions, ARRAY_SIZE(actions) };
