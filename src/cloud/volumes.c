// SPDX-License-Identifier: Apache-2.0
#include "cloud/volumes.h"

#include <inttypes.h>
#include <string.h>

#include "cloud/instances.h"

static const char *const state_names[] = {
    [VOLUME_CREATING] = "creating",
    [VOLUME_AVAILABLE] = "available",
    [VOLUME_IN_USE] = "in-use",
    [VOLUME_DELETING] = "deleting",
};
_Static_assert(ARRAY_SIZE(state_names) == VOLUME_STATE_COUNT, "every state has a name");

#define TO(state) (1U << (state))

static const unsigned reachable[] = {
    [VOLUME_CREATING] = TO(VOLUME_AVAILABLE) | TO(VOLUME_IN_USE),
    [VOLUME_AVAILABLE] = TO(VOLUME_IN_USE) | TO(VOLUME_DELETING),
    [VOLUME_IN_USE] = TO(VOLUME_AVAILABLE),
    [VOLUME_DELETING] = 0,
};
_Static_assert(ARRAY_SIZE(reachable) == VOLUME_STATE_COUNT, "every state has a row");

const char *volume_state_name(enum volume_state state)
{
    return state_names[state];
}

enum volume_state volume_state(const json_t *record)
{
    const char *name = json_text_of(cloud_item(record), "State");

    for (size_t i = 0; i < ARRAY_SIZE(state_names); i++) {
        if (str_equal(state_names[i], name))
            return (enum volume_state)i;
    }
    return VOLUME_DELETING;
}

static const char *id_of(const json_t *record)
{
    return json_text_of(cloud_item(record), "VolumeId");
}

/* The one door. false, and nothing changes, for a state that cannot follow. */
static bool enter(struct cloud *cloud, json_t *record, enum volume_state next)
{
    AUTO(str) char *event = NULL;

    if (!(reachable[volume_state(record)] & TO(next)))
        return false;
    cloud_set_text(cloud_item(record), "State", state_names[next]);
    event = mem_printf("volume-%s", state_names[next]);
    cloud_event(cloud, event, id_of(record), "zone",
                json_text_of(cloud_item(record), "AvailabilityZone"), NULL);
    return true;
}

static bool is_root(const json_t *record)
{
    return json_is_true(json_object_get(record, "Root"));
}

json_t *volume_attachment(const json_t *record)
{
    return json_array_get(json_object_get(cloud_item(record), "Attachments"), 0);
}

/* The instance's own line about the volume; NULL when it has none. */
static json_t *mapping_of(const json_t *instance, const char *volume_id, size_t *ret_index)
{
    json_t *mapping;
    size_t i;

    json_array_foreach (json_object_get(cloud_item(instance), "BlockDeviceMappings"), i, mapping) {
        if (str_equal(json_text_of(json_object_get(mapping, "Ebs"), "VolumeId"), volume_id)) {
            *ret_index = i;
            return mapping;
        }
    }
    return NULL;
}

static json_t *holder_of(const struct cloud *cloud, const json_t *record)
{
    return cloud_find(cloud, CLOUD_INSTANCE, json_text_of(volume_attachment(record), "InstanceId"));
}

static void set_attachment_state(const struct cloud *cloud, json_t *record, const char *state)
{
    const json_t *holder = holder_of(cloud, record);
    size_t index;
    json_t *mapping = mapping_of(holder, id_of(record), &index);

    cloud_set_text(volume_attachment(record), "State", state);
    if (mapping)
        cloud_set_text(json_object_get(mapping, "Ebs"), "Status", state);
}

static void forget_attachment(const struct cloud *cloud, json_t *record)
{
    const json_t *holder = holder_of(cloud, record);
    size_t index;

    if (mapping_of(holder, id_of(record), &index))
        json_array_remove(json_object_get(cloud_item(holder), "BlockDeviceMappings"), index);
    json_array_clear(json_object_get(cloud_item(record), "Attachments"));
}

/* What was on its way arrives. */
static void settle(struct cloud *cloud, const char *id)
{
    json_t *record = cloud_find(cloud, CLOUD_VOLUME, id);
    const char *attachment = json_text_of(volume_attachment(record), "State");

    if (!record)
        return;
    switch (volume_state(record)) {
    case VOLUME_CREATING:
        enter(cloud, record, VOLUME_AVAILABLE);
        break;
    case VOLUME_IN_USE:
        if (str_equal(attachment, "attaching")) {
            set_attachment_state(cloud, record, "attached");
        } else if (str_equal(attachment, "detaching")) {
            forget_attachment(cloud, record);
            enter(cloud, record, VOLUME_AVAILABLE);
        }
        break;
    case VOLUME_DELETING:
        if (cloud->host.delete_volume && !is_root(record))
            cloud->host.delete_volume(cloud->host.data, id);
        cloud_drop(cloud, CLOUD_VOLUME, id);
        break;
    case VOLUME_AVAILABLE:
    case VOLUME_STATE_COUNT:
        break;
    }
}

static void settle_later(struct cloud *cloud, const json_t *record)
{
    cloud_after(cloud, cloud_delay(cloud, "volume"), settle, id_of(record));
}

/* AWS' limits of each type, in GiB.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html */
static const struct volume_type {
    const char *name;
    int size_min;
    int size_max;
    int iops; /* 0: none are shown */
} types[] = {
    { "gp2", 1, 16384, 100 },   { "gp3", 1, 16384, 3000 }, { "io1", 4, 16384, 100 },
    { "io2", 4, 65536, 100 },   { "sc1", 125, 16384, 0 },  { "st1", 125, 16384, 0 },
    { "standard", 1, 1024, 0 },
};

static const struct volume_type *find_type(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    }
    return NULL;
}

bool volume_plan_is_sound(struct cloud_call *call, const struct volume_plan *plan)
{
    const char *name = plan->type ? plan->type : "gp2";
    const struct volume_type *type = find_type(name);

    if (!type)
        cloud_refuse(call, "UnknownVolumeType",
                     "Unsupported volume type '%s' for volume creation. It must be gp2, gp3, io1, "
                     "io2, sc1, st1 or standard.",
                     name);
    else if (plan->size_gib < type->size_min || plan->size_gib > type->size_max)
        cloud_refuse(call, "InvalidParameterValue",
                     "Volume of %" PRId64 "GiB is %s for volume type %s; %s is %dGiB.",
                     plan->size_gib, plan->size_gib < type->size_min ? "too small" : "too large",
                     name, plan->size_gib < type->size_min ? "minimum" : "maximum",
                     plan->size_gib < type->size_min ? type->size_min : type->size_max);
    else if (plan->iops < 0 || (plan->iops && type->iops == 0))
        cloud_refuse(call, "InvalidParameterCombination",
                     "The parameter iops is not supported for %s volumes.", name);
    else
        return true;
    return false;
}

json_t *volume_create(struct cloud *cloud, const struct volume_plan *plan)
{
    const struct volume_type *type = find_type(plan->type ? plan->type : "gp2");
    AUTO(str) char *id = cloud_new_id(CLOUD_VOLUME);
    AUTO(str) char *now = cloud_iso_now();
    AUTO(json) json_t *tags = plan->tags ? json_deep_copy(plan->tags) : json_array();
    json_t *record =
        cloud_add(cloud, CLOUD_VOLUME, id,
                  json_pack("{s:{s:[], s:s, s:s, s:b, s:I, s:s, s:s, s:s, s:s, s:b, s:O}}", "Item",
                            "Attachments", "AvailabilityZone", plan->zone, "CreateTime", now,
                            "Encrypted", 0, "Size", (json_int_t)plan->size_gib, "SnapshotId", "",
                            "State", state_names[VOLUME_CREATING], "VolumeId", id, "VolumeType",
                            type->name, "MultiAttachEnabled", 0, "Tags", tags));

    if (type->iops)
        json_object_set_new(cloud_item(record), "Iops",
                            json_integer(plan->iops ? plan->iops : type->iops));
    cloud_event(cloud, "volume-creating", id, "zone", plan->zone, NULL);
    settle_later(cloud, record);
    return record;
}

void volume_delete(struct cloud *cloud, json_t *record)
{
    if (enter(cloud, record, VOLUME_DELETING))
        settle_later(cloud, record);
}

enum when_instance_ends {
    KEEP,
    DELETE
};

static void show_attachment(json_t *record, json_t *instance, const char *device,
                            enum when_instance_ends then)
{
    AUTO(str) char *now = cloud_iso_now();
    const char *instance_id = json_text_of(cloud_item(instance), "InstanceId");

    json_array_append_new(json_object_get(cloud_item(record), "Attachments"),
                          json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "AttachTime", now, "Device",
                                    device, "InstanceId", instance_id, "State", "attaching",
                                    "VolumeId", id_of(record), "DeleteOnTermination",
                                    (int)(then == DELETE)));
    json_array_append_new(json_object_get(cloud_item(instance), "BlockDeviceMappings"),
                          json_pack("{s:s, s:{s:s, s:b, s:s, s:s}}", "DeviceName", device, "Ebs",
                                    "AttachTime", now, "DeleteOnTermination", (int)(then == DELETE),
                                    "Status", "attaching", "VolumeId", id_of(record)));
}

/* Tell the host; nothing to tell of a machine that is off, and of root volumes. */
static int plug(struct cloud *cloud, const json_t *record, const json_t *instance,
                struct chaos_error *err)
{
    const json_t *attachment = volume_attachment(record);

    if (!cloud->host.attach_volume || is_root(record))
        return 0;
    return cloud->host.attach_volume(
        cloud->host.data, id_of(record),
        json_integer_value(json_object_get(cloud_item(record), "Size")),
        json_text_of(cloud_item(instance), "InstanceId"), json_text_of(attachment, "Device"), err);
}

int volume_attach(struct cloud *cloud, json_t *record, json_t *instance, const char *device,
                  struct chaos_error *err)
{
    show_attachment(record, instance, device, KEEP);
    if (instance_state(instance) == INSTANCE_RUNNING && plug(cloud, record, instance, err) < 0) {
        forget_attachment(cloud, record);
        return -(int)err->code;
    }
    enter(cloud, record, VOLUME_IN_USE);
    settle_later(cloud, record);
    return 0;
}

void volume_detach(struct cloud *cloud, json_t *record)
{
    const json_t *attachment = volume_attachment(record);
    const json_t *holder = holder_of(cloud, record);

    if (cloud->host.detach_volume && holder && instance_state(holder) == INSTANCE_RUNNING)
        cloud->host.detach_volume(cloud->host.data, id_of(record),
                                  json_text_of(attachment, "InstanceId"),
                                  json_text_of(attachment, "Device"));
    set_attachment_state(cloud, record, "detaching");
    settle_later(cloud, record);
}

/* "/dev/sda1" is what a launch may call the image's /dev/xvda. */
static bool is_root_device(const char *device)
{
    return str_equal(device, "/dev/xvda") || str_equal(device, "/dev/sda1");
}

/* What a mapping of a launch asks for; without one, an image's root volume. */
static struct volume_plan mapped_plan(const json_t *mapping)
{
    const json_t *ebs = json_object_get(mapping, "Ebs");
    const json_t *size = json_object_get(ebs, "VolumeSize");
    const char *type = json_text_of(ebs, "VolumeType");

    return (struct volume_plan){
        .type = type ? type : "gp3",
        .size_gib = json_is_integer(size) ? json_integer_value(size) : 8,
        .iops = json_integer_value(json_object_get(ebs, "Iops")),
    };
}

static bool is_volume(const json_t *mapping)
{
    return json_is_object(json_object_get(mapping, "Ebs")) && !json_object_get(mapping, "NoDevice");
}

/* "/dev/sdf", "/dev/xvdf", with a number up to 15 or without. */
static bool is_device(const char *device)
{
    const char *rest = str_starts(device, "/dev/sd")    ? device + strlen("/dev/sd")
                       : str_starts(device, "/dev/xvd") ? device + strlen("/dev/xvd")
                                                        : "";
    size_t letters = strspn(rest, "abcdefghijklmnopqrstuvwxyz");
    size_t digits = strspn(rest + letters, "0123456789");

    return letters >= 1 && letters <= 2 && digits <= 2 && !rest[letters + digits];
}

bool volume_device_is_sound(struct cloud_call *call, const char *device)
{
    if (is_device(device))
        return true;
    cloud_refuse(call, "InvalidParameterValue",
                 "Value (%s) for parameter device is invalid. %s is not a valid EBS device name; "
                 "/dev/sdf is one.",
                 device, device);
    return false;
}

static bool mapping_is_sound(struct cloud_call *call, const json_t *mapping)
{
    const char *device = json_text_of(mapping, "DeviceName");
    const json_t *ebs = json_object_get(mapping, "Ebs");
    const char *snapshot = json_text_of(ebs, "SnapshotId");
    struct volume_plan plan = mapped_plan(mapping);

    if (!device)
        cloud_refuse(call, "MissingParameter", "A block device mapping must have a DeviceName");
    else if (snapshot)
        cloud_refuse(call, "InvalidSnapshot.NotFound",
                     "The snapshot '%s' does not exist: a lab has none", snapshot);
    else if (is_volume(mapping) && !json_object_get(ebs, "VolumeSize") && !is_root_device(device))
        cloud_refuse(call, "MissingParameter",
                     "The request must contain the parameter size of device %s", device);
    else
        return volume_device_is_sound(call, device) &&
               (!is_volume(mapping) || volume_plan_is_sound(call, &plan));
    return false;
}

bool volumes_mappings_are_sound(struct cloud_call *call, const json_t *mappings)
{
    AUTO(json) json_t *seen = json_object();
    json_t *mapping;
    size_t i;

    json_array_foreach (mappings, i, mapping) {
        const char *device = json_text_of(mapping, "DeviceName");

        if (!mapping_is_sound(call, mapping))
            return false;
        if (json_object_get(seen, is_root_device(device) ? "root" : device)) {
            cloud_refuse(call, "InvalidBlockDeviceMapping",
                         "The device '%s' is used in more than one block-device mapping", device);
            return false;
        }
        json_object_set_new(seen, is_root_device(device) ? "root" : device, json_true());
    }
    return true;
}

static json_t *launch_volume(struct cloud *cloud, json_t *instance, const json_t *mapping,
                             json_t *tags)
{
    const json_t *keep = json_object_get(json_object_get(mapping, "Ebs"), "DeleteOnTermination");
    struct volume_plan plan = mapped_plan(mapping);
    json_t *record;

    plan.zone =
        json_text_of(json_object_get(cloud_item(instance), "Placement"), "AvailabilityZone");
    plan.tags = tags;
    record = volume_create(cloud, &plan);
    show_attachment(record, instance, json_text_of(mapping, "DeviceName"),
                    json_is_false(keep) ? KEEP : DELETE);
    enter(cloud, record, VOLUME_IN_USE);
    return record;
}

void volumes_launch(struct cloud *cloud, json_t *instance, const json_t *mappings, json_t *tags)
{
    AUTO(json)
    json_t *root =
        json_pack("{s:O}", "DeviceName", json_object_get(cloud_item(instance), "RootDeviceName"));
    json_t *mapping;
    size_t i;

    json_array_foreach (mappings, i, mapping) {
        if (is_root_device(json_text_of(mapping, "DeviceName")) && is_volume(mapping))
            json_object_set(root, "Ebs", json_object_get(mapping, "Ebs"));
    }
    json_object_set_new(launch_volume(cloud, instance, root, tags), "Root", json_true());
    json_array_foreach (mappings, i, mapping) {
        if (!is_root_device(json_text_of(mapping, "DeviceName")) && is_volume(mapping))
            launch_volume(cloud, instance, mapping, tags);
    }
}

typedef void (*volume_visit)(struct cloud *cloud, json_t *record, const json_t *instance);

static void each_volume_of(struct cloud *cloud, const json_t *instance, volume_visit visit)
{
    AUTO(json)
    json_t *mappings = json_copy(json_object_get(cloud_item(instance), "BlockDeviceMappings"));
    json_t *mapping;
    size_t i;

    json_array_foreach (mappings, i, mapping) {
        json_t *record = cloud_find(cloud, CLOUD_VOLUME,
                                    json_text_of(json_object_get(mapping, "Ebs"), "VolumeId"));

        if (record)
            visit(cloud, record, instance);
    }
}

/* A guest without its volume runs all the same. */
static void plug_one(struct cloud *cloud, json_t *record, const json_t *instance)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (plug(cloud, record, instance, &err) < 0)
        cloud_event(cloud, "volume-failed", id_of(record), "reason", chaos_error_text(&err), NULL);
}

void volumes_plug(struct cloud *cloud, const json_t *instance)
{
    each_volume_of(cloud, instance, plug_one);
}

static void release_one(struct cloud *cloud, json_t *record, const json_t *instance)
{
    bool goes = json_is_true(json_object_get(volume_attachment(record), "DeleteOnTermination"));

    (void)instance;
    forget_attachment(cloud, record);
    enter(cloud, record, VOLUME_AVAILABLE);
    if (goes)
        volume_delete(cloud, record);
}

void volumes_release(struct cloud *cloud, json_t *instance)
{
    each_volume_of(cloud, instance, release_one);
}

static json_t *mapping_at(const json_t *instance, const char *device)
{
    json_t *mapping;
    size_t i;

    json_array_foreach (json_object_get(cloud_item(instance), "BlockDeviceMappings"), i, mapping) {
        if (str_equal(json_text_of(mapping, "DeviceName"), device))
            return mapping;
    }
    return NULL;
}

static void set_end(const struct cloud *cloud, const json_t *mapping, json_t *goes)
{
    json_t *ebs = json_object_get(mapping, "Ebs");
    const json_t *record = cloud_find(cloud, CLOUD_VOLUME, json_text_of(ebs, "VolumeId"));

    json_object_set(ebs, "DeleteOnTermination", goes);
    json_object_set(volume_attachment(record), "DeleteOnTermination", goes);
}

bool volumes_modify(struct cloud_call *call, const json_t *instance, const json_t *mappings)
{
    json_t *wanted;
    size_t i;

    json_array_foreach (mappings, i, wanted) {
        const char *device = json_text_of(wanted, "DeviceName");

        if (!mapping_at(instance, device)) {
            cloud_refuse(call, "InvalidInstanceAttributeValue",
                         "No device is currently mapped at %s", device ? device : "(no name)");
            return false;
        }
    }
    json_array_foreach (mappings, i, wanted) {
        json_t *goes = json_object_get(json_object_get(wanted, "Ebs"), "DeleteOnTermination");

        if (json_is_boolean(goes))
            set_end(call->cloud, mapping_at(instance, json_text_of(wanted, "DeviceName")), goes);
    }
    return true;
}

void volumes_revive(struct cloud *cloud)
{
    const char *id;
    json_t *record;

    json_object_foreach (cloud->tables[CLOUD_VOLUME], id, record)
        cloud_after(cloud, 0, settle, id);
}
