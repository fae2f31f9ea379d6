// SPDX-License-Identifier: Apache-2.0
// The whole state as one document, and a cloud that goes on from it.
#include <string.h>

#include "base/crc32c.h"
#include "cloud/instances.h"
#include "cloud/scaling.h"
#include "cloud/state.h"
#include "cloud/volumes.h"
#include "value/json.h"

#define FORMAT 1

/* The checksum of a snapshot's other members, owned: an edited or damaged one has another one. */
static char *checksum(const json_t *snapshot)
{
    AUTO(json) json_t *rest = json_copy(json_walkable(snapshot));
    AUTO(str) char *text = NULL;

    json_object_del(rest, "Checksum");
    text = json_text(rest, JSON_STYLE_CANONICAL);
    return mem_printf("%08x", crc32c(text, strlen(text)));
}

json_t *cloud_snapshot(const struct cloud *cloud)
{
    json_t *snapshot = json_pack(
        "{s:i, s:s, s:s, s:I, s:O, s:o, s:o, s:o, s:o, s:o}", "Format", FORMAT, "Region",
        cloud->region, "Account", cloud->account, "Zones", (json_int_t)cloud->n_zones, "Pools",
        cloud->pools, "State", json_deep_copy(cloud->state), "OwnerKey",
        json_deep_copy(cloud->owner_key), "Sessions", json_deep_copy(cloud->sessions), "RoleKeys",
        json_deep_copy(cloud->role_keys), "Tokens", json_deep_copy(cloud->tokens));
    AUTO(str) char *sum = checksum(snapshot);

    cloud_set_text(snapshot, "Checksum", sum);
    return snapshot;
}

/* What the records of EC2 must have, so that calls can rely on it; "/" begins in the record. */
static const struct {
    enum cloud_kind kind;
    const char *path;
    json_type type;
} members[] = {
    { CLOUD_INSTANCE, "InstanceId", JSON_STRING },
    { CLOUD_INSTANCE, "InstanceType", JSON_STRING },
    { CLOUD_INSTANCE, "PrivateIpAddress", JSON_STRING },
    { CLOUD_INSTANCE, "SubnetId", JSON_STRING },
    { CLOUD_INSTANCE, "VpcId", JSON_STRING },
    { CLOUD_INSTANCE, "State.Code", JSON_INTEGER },
    { CLOUD_INSTANCE, "State.Name", JSON_STRING },
    { CLOUD_INSTANCE, "Placement.AvailabilityZone", JSON_STRING },
    { CLOUD_INSTANCE, "NetworkInterfaces", JSON_ARRAY },
    { CLOUD_INSTANCE, "SecurityGroups", JSON_ARRAY },
    { CLOUD_INSTANCE, "BlockDeviceMappings", JSON_ARRAY },
    { CLOUD_INSTANCE, "/ReservationId", JSON_STRING },
    { CLOUD_INSTANCE, "/UserData", JSON_STRING },
    { CLOUD_INSTANCE, "/ShutdownBehavior", JSON_STRING },
    { CLOUD_ADDRESS, "AllocationId", JSON_STRING },
    { CLOUD_ADDRESS, "PublicIp", JSON_STRING },
    { CLOUD_ADDRESS, "InstanceId", JSON_STRING },
    { CLOUD_VPC, "VpcId", JSON_STRING },
    { CLOUD_VPC, "CidrBlock", JSON_STRING },
    { CLOUD_SUBNET, "SubnetId", JSON_STRING },
    { CLOUD_SUBNET, "VpcId", JSON_STRING },
    { CLOUD_SUBNET, "CidrBlock", JSON_STRING },
    { CLOUD_SUBNET, "AvailabilityZone", JSON_STRING },
    { CLOUD_GROUP, "GroupId", JSON_STRING },
    { CLOUD_GROUP, "GroupName", JSON_STRING },
    { CLOUD_GROUP, "VpcId", JSON_STRING },
    { CLOUD_RULE, "GroupId", JSON_STRING },
    { CLOUD_RULE, "SecurityGroupRuleId", JSON_STRING },
    { CLOUD_RULE, "IpProtocol", JSON_STRING },
    { CLOUD_RULE, "FromPort", JSON_INTEGER },
    { CLOUD_RULE, "ToPort", JSON_INTEGER },
    { CLOUD_VOLUME, "VolumeId", JSON_STRING },
    { CLOUD_VOLUME, "AvailabilityZone", JSON_STRING },
    { CLOUD_VOLUME, "State", JSON_STRING },
    { CLOUD_VOLUME, "Size", JSON_INTEGER },
    { CLOUD_VOLUME, "Attachments", JSON_ARRAY },
    { CLOUD_IMAGE, "ImageId", JSON_STRING },
    { CLOUD_TEMPLATE, "LaunchTemplateId", JSON_STRING },
    { CLOUD_TEMPLATE, "LaunchTemplateName", JSON_STRING },
    { CLOUD_TEMPLATE, "/Versions", JSON_ARRAY },
    { CLOUD_SCALING_GROUP, "AutoScalingGroupName", JSON_STRING },
    { CLOUD_SCALING_GROUP, "Instances", JSON_ARRAY },
    { CLOUD_SCALING_GROUP, "AvailabilityZones", JSON_ARRAY },
    { CLOUD_SCALING_GROUP, "DesiredCapacity", JSON_INTEGER },
    { CLOUD_LAUNCH_CONFIGURATION, "LaunchConfigurationName", JSON_STRING },
    { CLOUD_ACTIVITY, "AutoScalingGroupName", JSON_STRING },
};

static const json_t *at_path(const json_t *record, const char *path)
{
    const json_t *value = *path == '/' ? record : cloud_item(record);

    path += *path == '/';
    while (*path) {
        size_t length = strcspn(path, ".");
        AUTO(str) char *part = mem_strndup(path, length);

        value = json_object_get(value, part);
        path += length + (path[length] == '.');
    }
    return value;
}

static int check_record(enum cloud_kind kind, const char *id, const json_t *record,
                        struct chaos_error *err)
{
    const char *table = cloud_kinds[kind].table;

    if (!json_is_object(cloud_item(record)))
        return chaos_error_set(err, CHAOS_E_INVALID, "%s: '%s' has no Item", table, id);
    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        const json_t *value;

        if (members[i].kind != kind)
            continue;
        value = at_path(record, members[i].path);
        if (!value || json_typeof(value) != members[i].type)
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "%s: '%s' has no %s, or one of the wrong type", table, id,
                                   members[i].path);
    }
    return 0;
}

static int check_tables(const json_t *state, struct chaos_error *err)
{
    for (enum cloud_kind kind = 0; kind < CLOUD_KIND_COUNT; kind++) {
        const json_t *table = json_object_get(state, cloud_kinds[kind].table);
        const char *id;
        json_t *record;

        if (!json_is_object(table))
            return chaos_error_set(err, CHAOS_E_INVALID, "State: there is no '%s'",
                                   cloud_kinds[kind].table);
        json_object_foreach (json_walkable(table), id, record) {
            if (check_record(kind, id, record, err) < 0)
                return -(int)err->code;
        }
    }
    return 0;
}

static int check_keys(const json_t *snapshot, struct chaos_error *err)
{
    static const char *const texts[] = { "AccessKeyId", "SecretAccessKey", "Arn", "UserId" };
    static const char *const objects[] = { "Sessions", "RoleKeys", "Tokens" };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        if (!json_text_of(json_object_get(snapshot, "OwnerKey"), texts[i]))
            return chaos_error_set(err, CHAOS_E_INVALID, "OwnerKey: there is no %s", texts[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
        if (!json_is_object(json_object_get(snapshot, objects[i])))
            return chaos_error_set(err, CHAOS_E_INVALID, "'%s' must be an object", objects[i]);
    }
    return 0;
}

/* The machines, their networks and addresses were made for these. */
static int check_place(const struct cloud *cloud, const json_t *snapshot, struct chaos_error *err)
{
    json_int_t zones = json_integer_value(json_object_get(snapshot, "Zones"));
    const char *region = json_text_of(snapshot, "Region");
    const char *account = json_text_of(snapshot, "Account");

    if (!str_equal(region, cloud->region))
        return chaos_error_set(err, CHAOS_E_INVALID, "it is of region %s, this lab is %s",
                               region ? region : "(none)", cloud->region);
    if (!str_equal(account, cloud->account))
        return chaos_error_set(err, CHAOS_E_INVALID, "it is of account %s, this lab is of %s",
                               account ? account : "(none)", cloud->account);
    if (zones != (json_int_t)cloud->n_zones)
        return chaos_error_set(err, CHAOS_E_INVALID, "it has %d zones, this lab %zu", (int)zones,
                               cloud->n_zones);
    if (!json_equal(json_object_get(snapshot, "Pools"), cloud->pools))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "its pools of public addresses are not those of this lab");
    return 0;
}

static int check(const struct cloud *cloud, const json_t *snapshot, struct chaos_error *err)
{
    AUTO(str) char *sum = NULL;

    if (!json_is_object(snapshot) || !json_object_get(snapshot, "Format"))
        return chaos_error_set(err, CHAOS_E_INVALID, "it is not a snapshot of a lab");
    if (json_integer_value(json_object_get(snapshot, "Format")) != FORMAT)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "its format is not the one of this version (%d)", FORMAT);
    sum = checksum(snapshot);
    if (!str_equal(json_text_of(snapshot, "Checksum"), sum))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "it is damaged or was edited: its checksum should be %s", sum);
    if (json_object_size(cloud->tables[CLOUD_INSTANCE]))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "this lab has instances already; restore into a new one");
    if (check_place(cloud, snapshot, err) < 0 || check_keys(snapshot, err) < 0)
        return -(int)err->code;
    return check_tables(json_object_get(snapshot, "State"), err);
}

static void take_over(json_t **slot, const json_t *snapshot, const char *name)
{
    json_decref(*slot);
    *slot = json_deep_copy(json_object_get(snapshot, name));
}

/* What a machine was about to do when it was cut off is forgotten; what ran is booted. */
static void revive(struct cloud *cloud)
{
    AUTO(json) json_t *instances = json_copy(cloud->tables[CLOUD_INSTANCE]);
    const char *id;
    json_t *record;

    json_object_foreach (instances, id, record) {
        json_object_del(record, "Rebooting");
        instance_revive(cloud, record);
    }
    volumes_revive(cloud);
    scaling_revive(cloud);
}

int cloud_restore(struct cloud *cloud, const json_t *snapshot, struct chaos_error *err)
{
    if (check(cloud, snapshot, err) < 0)
        return chaos_error_prefix(err, "snapshot");
    while (cloud->n_timers)
        free(cloud->timers[--cloud->n_timers].id);
    take_over(&cloud->state, snapshot, "State");
    take_over(&cloud->owner_key, snapshot, "OwnerKey");
    take_over(&cloud->sessions, snapshot, "Sessions");
    take_over(&cloud->role_keys, snapshot, "RoleKeys");
    take_over(&cloud->tokens, snapshot, "Tokens");
    cloud_use_tables(cloud);
    cloud_event(cloud, "restored", cloud->region, NULL);
    revive(cloud);
    return 0;
}
