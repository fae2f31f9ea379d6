// SPDX-License-Identifier: Apache-2.0
// The states of an instance, and the only function that changes one: enter().
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
#include "cloud/instances.h"

#include <string.h>

#include "cloud/addresses.h"
#include "cloud/groups.h"
#include "cloud/network.h"
#include "cloud/scaling.h"
#include "cloud/volumes.h"

static const struct {
    const char *name;
    int code;
} states[] = {
    [INSTANCE_PENDING] = { "pending", 0 },
    [INSTANCE_RUNNING] = { "running", 16 },
    [INSTANCE_SHUTTING_DOWN] = { "shutting-down", 32 },
    [INSTANCE_TERMINATED] = { "terminated", 48 },
    [INSTANCE_STOPPING] = { "stopping", 64 },
    [INSTANCE_STOPPED] = { "stopped", 80 },
};
_Static_assert(ARRAY_SIZE(states) == INSTANCE_STATE_COUNT, "every state has a name");

#define TO(state) (1U << (state))

static const unsigned reachable[] = {
    [INSTANCE_PENDING] =
        TO(INSTANCE_RUNNING) | TO(INSTANCE_SHUTTING_DOWN) | TO(INSTANCE_TERMINATED),
    [INSTANCE_RUNNING] = TO(INSTANCE_SHUTTING_DOWN) | TO(INSTANCE_STOPPING),
    [INSTANCE_SHUTTING_DOWN] = TO(INSTANCE_TERMINATED),
    [INSTANCE_TERMINATED] = 0,
    [INSTANCE_STOPPING] = TO(INSTANCE_STOPPED) | TO(INSTANCE_SHUTTING_DOWN),
    [INSTANCE_STOPPED] = TO(INSTANCE_PENDING) | TO(INSTANCE_SHUTTING_DOWN),
};
_Static_assert(ARRAY_SIZE(reachable) == INSTANCE_STATE_COUNT, "every state has a row");

const char *instance_state_name(enum instance_state state)
{
    return states[state].name;
}

json_t *instance_state_json(enum instance_state state)
{
    return json_pack("{s:i, s:s}", "Code", states[state].code, "Name", states[state].name);
}

enum instance_state instance_state(const json_t *record)
{
    const json_t *state = json_object_get(cloud_item(record), "State");
    json_int_t code = json_integer_value(json_object_get(state, "Code"));

    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        if (states[i].code == code)
            return (enum instance_state)i;
    }
    return INSTANCE_TERMINATED;
}

static const char *id_of(const json_t *record)
{
    return json_text_of(cloud_item(record), "InstanceId");
}

/* The one door. false, and nothing changes, for a state that cannot follow. */
static bool enter(struct cloud *cloud, json_t *record, enum instance_state next)
{
    json_t *item = cloud_item(record);
    AUTO(str) char *event = NULL;

    if (!(reachable[instance_state(record)] & TO(next)))
        return false;
    json_object_set_new(item, "State", instance_state_json(next));
    event = mem_printf("instance-%s", states[next].name);
    cloud_event(cloud, event, id_of(record), "zone",
                json_text_of(json_object_get(item, "Placement"), "AvailabilityZone"), NULL);
    return true;
}

static void set_reason(json_t *item, const char *code, const char *message)
{
    AUTO(str) char *now = cloud_iso_now();
    AUTO(str)
    char *text = mem_printf("%.*s (%.10s %.8s GMT)", (int)strcspn(message ? message : "", ":"),
                            message ? message : "", now, now + strlen("2026-11-22T"));

    if (!code) {
        json_object_del(item, "StateReason");
        cloud_set_text(item, "StateTransitionReason", "");
        return;
    }
    json_object_set_new(item, "StateReason",
                        json_pack("{s:s, s:s}", "Code", code, "Message", message));
    cloud_set_text(item, "StateTransitionReason", text);
}

static void forget(struct cloud *cloud, const char *id)
{
    cloud_drop(cloud, CLOUD_INSTANCE, id);
}

static void terminated(struct cloud *cloud, const char *id)
{
    json_t *record = cloud_find(cloud, CLOUD_INSTANCE, id);

    if (!record || !enter(cloud, record, INSTANCE_TERMINATED))
        return;
    volumes_release(cloud, record);
    if (cloud->host.forget)
        cloud->host.forget(cloud->host.data, id);
    cloud_after(cloud, cloud_delay(cloud, "terminated"), forget, id);
    scaling_notice(cloud, id);
}

/* "10.0.0.4" as names have it: "10-0-0-4"; owned. */
static char *dashed(const char *address)
{
    char *text = mem_strdup(address);

    for (char *c = text; *c; c++)
        *c = *c == '.' ? '-' : *c;
    return text;
}

void instance_show_address(struct cloud *cloud, json_t *record, const json_t *address)
{
    json_t *item = cloud_item(record);
    json_t *interface = json_array_get(json_object_get(item, "NetworkInterfaces"), 0);
    const char *public_ip = json_text_of(address, "PublicIp");
    json_t *inner = json_array_get(json_object_get(interface, "PrivateIpAddresses"), 0);
    AUTO(json) json_t *association = NULL;
    AUTO(str) char *host = NULL;
    AUTO(str) char *name = NULL;

    if (!public_ip) {
        json_object_del(item, "PublicIpAddress");
        cloud_set_text(item, "PublicDnsName", "");
        json_object_del(interface, "Association");
        json_object_del(inner, "Association");
        return;
    }
    host = dashed(public_ip);
    name = mem_printf("ec2-%s.compute-1.amazonaws.com", host);
    cloud_set_text(item, "PublicIpAddress", public_ip);
    cloud_set_text(item, "PublicDnsName", name);
    association = json_pack("{s:s, s:s, s:s}", "IpOwnerId", cloud->account, "PublicDnsName", name,
                            "PublicIp", public_ip);
    json_object_set(interface, "Association", association);
    json_object_set(inner, "Association", association);
}

static void leave_groups(struct cloud *cloud, json_t *record)
{
    AUTO(json) json_t *left = json_incref(json_object_get(cloud_item(record), "SecurityGroups"));

    json_object_set_new(cloud_item(record), "SecurityGroups", json_array());
    groups_members_changed(cloud, left);
}

/* Of the interface nothing is left; its addresses, volumes and group see to themselves. */
static void strip(struct cloud *cloud, json_t *record)
{
    json_t *item = cloud_item(record);

    addresses_release_instance(cloud, record);
    instance_show_address(cloud, record, NULL);
    json_object_set_new(item, "NetworkInterfaces", json_array());
    leave_groups(cloud, record);
}

static void ready(struct cloud *cloud, const char *id);
static void stop_now(struct cloud *cloud, const char *id);
static void stopped(struct cloud *cloud, const char *id);
static void boot_again(struct cloud *cloud, const char *id);

void instance_terminate(struct cloud *cloud, json_t *record, const char *code, const char *reason)
{
    AUTO(str) char *id = mem_strdup(id_of(record));
    AUTO(json) json_t *kept UNUSED = json_incref(record);

    if (!enter(cloud, record, INSTANCE_SHUTTING_DOWN))
        return;
    cloud_cancel(cloud, ready, id);
    cloud_cancel(cloud, stop_now, id);
    cloud_cancel(cloud, stopped, id);
    if (cloud->host.power_off)
        cloud->host.power_off(cloud->host.data, id);
    set_reason(cloud_item(record), code, reason);
    strip(cloud, record);
    cloud_after(cloud, cloud_delay(cloud, "shutting-down"), terminated, id);
    scaling_notice(cloud, id);
}

/* The end of pending: the machine is there, or it is not and never was. */
static void ready(struct cloud *cloud, const char *id)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *record = cloud_find(cloud, CLOUD_INSTANCE, id);

    if (!record || instance_state(record) != INSTANCE_PENDING)
        return;
    if (cloud->host.boot && cloud->host.boot(cloud->host.data, record, &err) < 0) {
        AUTO(str) char *reason = mem_printf("Server.InternalError: %s", chaos_error_text(&err));

        cloud_event(cloud, "instance-failed", id, "reason", chaos_error_text(&err), NULL);
        instance_terminate(cloud, record, "Server.InternalError", reason);
        return;
    }
    volumes_plug(cloud, record);
    addresses_restore_instance(cloud, record);
    if (cloud->host.secure)
        cloud->host.secure(cloud->host.data, id);
    json_object_del(cloud_item(record), "StateReason");
    enter(cloud, record, INSTANCE_RUNNING);
    scaling_notice(cloud, id);
}

static void stopped(struct cloud *cloud, const char *id)
{
    json_t *record = cloud_find(cloud, CLOUD_INSTANCE, id);

    if (!record || !enter(cloud, record, INSTANCE_STOPPED))
        return;
    if (cloud->host.power_off)
        cloud->host.power_off(cloud->host.data, id);
    scaling_notice(cloud, id);
}

/* A guest that does not heed its power button is cut off after a while. */
#define GRACE_NS (30 * CLOCK_NS_PER_S)

static void stop_now(struct cloud *cloud, const char *id)
{
    stopped(cloud, id);
}

void instance_stop(struct cloud *cloud, json_t *record, enum instance_stop how)
{
    AUTO(str) char *id = mem_strdup(id_of(record));

    if (!enter(cloud, record, INSTANCE_STOPPING))
        return;
    cloud_cancel(cloud, boot_again, id);
    json_object_del(record, "Rebooting");
    set_reason(cloud_item(record), "Client.UserInitiatedShutdown",
               "Client.UserInitiatedShutdown: User initiated shutdown");
    if (how == INSTANCE_STOP_GRACEFUL && cloud->host.shut_down) {
        cloud->host.shut_down(cloud->host.data, id);
        cloud_after(cloud, GRACE_NS, stop_now, id);
    } else {
        if (cloud->host.power_off)
            cloud->host.power_off(cloud->host.data, id);
        cloud_after(cloud, cloud_delay(cloud, "stopping"), stopped, id);
    }
    scaling_notice(cloud, id);
}

void instance_start(struct cloud *cloud, json_t *record)
{
    AUTO(str) char *now = cloud_iso_now();

    if (!enter(cloud, record, INSTANCE_PENDING))
        return;
    set_reason(cloud_item(record), NULL, NULL);
    cloud_set_text(cloud_item(record), "LaunchTime", now);
    cloud_after(cloud, cloud_delay(cloud, "pending"), ready, id_of(record));
}

static void boot_again(struct cloud *cloud, const char *id)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *record = cloud_find(cloud, CLOUD_INSTANCE, id);

    json_object_del(record, "Rebooting");
    if (!record || instance_state(record) != INSTANCE_RUNNING || !cloud->host.boot)
        return;
    if (cloud->host.power_off)
        cloud->host.power_off(cloud->host.data, id);
    if (cloud->host.boot(cloud->host.data, record, &err) < 0) {
        AUTO(str) char *reason = mem_printf("Server.InternalError: %s", chaos_error_text(&err));

        cloud_event(cloud, "instance-failed", id, "reason", chaos_error_text(&err), NULL);
        enter(cloud, record, INSTANCE_STOPPING);
        set_reason(cloud_item(record), "Server.InternalError", reason);
        cloud_after(cloud, cloud_delay(cloud, "stopping"), stopped, id);
        scaling_notice(cloud, id);
        return;
    }
    volumes_plug(cloud, record);
    addresses_restore_instance(cloud, record);
    if (cloud->host.secure)
        cloud->host.secure(cloud->host.data, id);
    cloud_event(cloud, "instance-rebooted", id, NULL);
}

void instance_reboot(struct cloud *cloud, json_t *record)
{
    if (cloud->host.shut_down)
        cloud->host.shut_down(cloud->host.data, id_of(record));
    /* It boots again when it is down (cloud_machine_ended()), or is cut off when it does not. */
    json_object_set_new(record, "Rebooting", json_true());
    cloud_after(cloud, cloud->host.shut_down ? 4 * CLOCK_NS_PER_S : 0, boot_again, id_of(record));
}

void instance_revive(struct cloud *cloud, json_t *record)
{
    const char *id = id_of(record);

    switch (instance_state(record)) {
    case INSTANCE_PENDING:
        cloud_after(cloud, 0, ready, id);
        break;
    case INSTANCE_RUNNING:
        boot_again(cloud, id);
        break;
    case INSTANCE_SHUTTING_DOWN:
        cloud_after(cloud, 0, terminated, id);
        break;
    case INSTANCE_TERMINATED:
        cloud_after(cloud, cloud_delay(cloud, "terminated"), forget, id);
        break;
    case INSTANCE_STOPPING:
        cloud_after(cloud, 0, stopped, id);
        break;
    case INSTANCE_STOPPED:
    case INSTANCE_STATE_COUNT:
        break;
    }
}

void cloud_machine_ended(struct cloud *cloud, const char *instance_id, enum cloud_end end)
{
    AUTO(str) char *id = mem_strdup(instance_id);
    json_t *record = cloud_find(cloud, CLOUD_INSTANCE, id);
    const char *on_shutdown;

    if (!record)
        return;
    if (instance_state(record) == INSTANCE_STOPPING) {
        cloud_cancel(cloud, stop_now, id);
        cloud_after(cloud, 0, stopped, id);
        return;
    }
    if (instance_state(record) != INSTANCE_RUNNING)
        return;
    if (end == CLOUD_END_REBOOT || json_object_get(record, "Rebooting")) {
        json_object_del(record, "Rebooting");
        cloud_after(cloud, 0, boot_again, id);
        return;
    }
    on_shutdown = json_text_of(record, "ShutdownBehavior");
    if (str_equal(on_shutdown, "terminate")) {
        instance_terminate(cloud, record, "Client.InstanceInitiatedShutdown",
                           "Client.InstanceInitiatedShutdown: Instance initiated shutdown");
        return;
    }
    enter(cloud, record, INSTANCE_STOPPING);
    set_reason(cloud_item(record), "Client.InstanceInitiatedShutdown",
               "Client.InstanceInitiatedShutdown: Instance initiated shutdown");
    cloud_after(cloud, cloud_delay(cloud, "stopping"), stopped, id);
    scaling_notice(cloud, id);
}

static json_t *group_list(const struct cloud *cloud, const json_t *group_ids)
{
    json_t *list = json_array();
    json_t *id;
    size_t i;

    json_array_foreach (group_ids, i, id) {
        const json_t *group = cloud_find(cloud, CLOUD_GROUP, json_string_value(id));

        if (group)
            json_array_append_new(list, json_pack("{s:s, s:s}", "GroupName",
                                                  json_text_of(cloud_item(group), "GroupName"),
                                                  "GroupId", json_string_value(id)));
    }
    return list;
}

void instance_set_groups(struct cloud *cloud, json_t *record, const json_t *group_ids)
{
    json_t *item = cloud_item(record);
    json_t *interface = json_array_get(json_object_get(item, "NetworkInterfaces"), 0);
    AUTO(json) json_t *groups = group_list(cloud, group_ids);

    leave_groups(cloud, record);
    json_object_set(item, "SecurityGroups", groups);
    groups_members_changed(cloud, groups);
    if (interface)
        json_object_set(interface, "Groups", groups);
    if (cloud->host.secure && instance_state(record) == INSTANCE_RUNNING)
        cloud->host.secure(cloud->host.data, id_of(record));
}

static json_t *new_interface(const struct cloud *cloud, const struct instance_plan *plan,
                             const char *private_ip, const char *private_name)
{
    const json_t *subnet = cloud_item(plan->subnet);
    AUTO(str) char *digits = cloud_random("0123456789abcdef", 17);
    AUTO(str) char *id = mem_printf("eni-%s", digits);
    AUTO(str) char *attachment = mem_printf("eni-attach-%s", digits);
    AUTO(str) char *now = cloud_iso_now();
    unsigned a[4] = { 0 };
    AUTO(str) char *mac = NULL;

    (void)sscanf(private_ip, "%u.%u.%u.%u", &a[0], &a[1], &a[2], &a[3]);
    mac = mem_printf("02:fc:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3]);
    return json_pack(
        "{s:{s:s, s:s, s:b, s:i, s:s, s:i}, s:s, s:[], s:[], s:s, s:s, s:s, s:s, s:s,"
        " s:[{s:b, s:s, s:s}], s:b, s:s, s:s, s:s, s:s}",
        "Attachment", "AttachTime", now, "AttachmentId", attachment, "DeleteOnTermination", 1,
        "DeviceIndex", 0, "Status", "attached", "NetworkCardIndex", 0, "Description", "", "Groups",
        "Ipv6Addresses", "MacAddress", mac, "NetworkInterfaceId", id, "OwnerId", cloud->account,
        "PrivateDnsName", private_name, "PrivateIpAddress", private_ip, "PrivateIpAddresses",
        "Primary", 1, "PrivateDnsName", private_name, "PrivateIpAddress", private_ip,
        "SourceDestCheck", 1, "Status", "in-use", "SubnetId", json_text_of(subnet, "SubnetId"),
        "VpcId", json_text_of(subnet, "VpcId"), "InterfaceType", "interface");
}

static const char *text_or(const json_t *params, const char *key, const char *otherwise)
{
    const char *text = json_text_of(params, key);

    return text ? text : otherwise;
}

/* The profile as the instance shows it, or NULL; by its ARN or its name. */
static json_t *profile_of(const struct cloud *cloud, const json_t *params)
{
    const json_t *wanted = json_object_get(params, "IamInstanceProfile");
    const char *arn = json_text_of(wanted, "Arn");
    const char *name = json_text_of(wanted, "Name");
    AUTO(str) char *made = NULL;

    if (!arn && !name)
        return NULL;
    made = arn ? mem_strdup(arn)
               : mem_printf("arn:aws:iam::%s:instance-profile/%s", cloud->account, name);
    return json_pack("{s:s, s:s}", "Arn", made, "Id", "AIPAFRACASLABPROFILE0");
}

static json_t *new_item(const struct cloud *cloud, const struct instance_plan *plan, const char *id,
                        const char *private_ip)
{
    const json_t *params = plan->params;
    const json_t *subnet = cloud_item(plan->subnet);
    const char *token = text_or(params, "ClientToken", "");
    bool is_watched =
        json_is_true(json_object_get(json_object_get(params, "Monitoring"), "Enabled"));
    AUTO(str) char *now = cloud_iso_now();
    AUTO(str) char *host = dashed(private_ip);
    AUTO(str) char *name = mem_printf("ip-%s.ec2.internal", host);
    AUTO(json) json_t *profile = profile_of(cloud, params);
    json_t *item;

    item = json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:{s:s}, s:{s:s, s:s, s:s}, s:s, s:s, s:[], s:s, s:o, s:s, s:s,"
        " s:s}",
        "AmiLaunchIndex", (int)plan->index, "ImageId", text_or(params, "ImageId", ""), "InstanceId",
        id, "InstanceType", text_or(params, "InstanceType", "m1.small"), "LaunchTime", now,
        "Monitoring", "State", is_watched ? "enabled" : "disabled", "Placement", "AvailabilityZone",
        json_text_of(subnet, "AvailabilityZone"), "GroupName", "", "Tenancy", "default",
        "PrivateDnsName", name, "PrivateIpAddress", private_ip, "ProductCodes", "PublicDnsName", "",
        "State", instance_state_json(INSTANCE_PENDING), "StateTransitionReason", "", "SubnetId",
        json_text_of(subnet, "SubnetId"), "VpcId", json_text_of(subnet, "VpcId"));
    json_object_update_new(
        item,
        json_pack("{s:s, s:[], s:s, s:b, s:b, s:s, s:[o], s:s, s:s, s:[], s:b, s:s, s:[], s:s,"
                  " s:s}",
                  "Architecture", "x86_64", "BlockDeviceMappings", "ClientToken", token,
                  "EbsOptimized", (int)json_is_true(json_object_get(params, "EbsOptimized")),
                  "EnaSupport", 1, "Hypervisor", "xen", "NetworkInterfaces",
                  new_interface(cloud, plan, private_ip, name), "RootDeviceName", "/dev/xvda",
                  "RootDeviceType", "ebs", "SecurityGroups", "SourceDestCheck", 1,
                  "VirtualizationType", "hvm", "Tags", "PlatformDetails", "Linux/UNIX",
                  "UsageOperation", "RunInstances"));
    json_object_update_new(
        item,
        json_pack("{s:{s:s, s:s, s:i, s:s, s:s, s:s}, s:{s:i, s:i}, s:{s:b}, s:{s:b}}",
                  "MetadataOptions", "State", "applied", "HttpTokens",
                  text_or(json_object_get(params, "MetadataOptions"), "HttpTokens", "optional"),
                  "HttpPutResponseHopLimit", 1, "HttpEndpoint", "enabled", "HttpProtocolIpv6",
                  "disabled", "InstanceMetadataTags", "enabled", "CpuOptions", "CoreCount", 1,
                  "ThreadsPerCore", 1, "HibernationOptions", "Configured", 0, "EnclaveOptions",
                  "Enabled", 0));
    json_object_set_new(item, "StateReason",
                        json_pack("{s:s, s:s}", "Code", "pending", "Message", "pending"));
    if (json_text_of(params, "KeyName"))
        cloud_set_text(item, "KeyName", json_text_of(params, "KeyName"));
    if (profile)
        json_object_set(item, "IamInstanceProfile", profile);
    if (json_array_size(plan->tags) > 0)
        json_object_set_new(item, "Tags", json_deep_copy(plan->tags));
    return item;
}

json_t *instance_launch(struct cloud_call *call, const struct instance_plan *plan)
{
    struct cloud *cloud = call->cloud;
    const json_t *params = plan->params;
    AUTO(str) char *id = cloud_new_id(CLOUD_INSTANCE);
    AUTO(str) char *private_ip = network_take_address(call, plan->subnet, plan->private_ip);
    json_t *record;

    if (!private_ip)
        return NULL;
    record = cloud_add(
        cloud, CLOUD_INSTANCE, id,
        json_pack("{s:o, s:s, s:s, s:b, s:s}", "Item", new_item(cloud, plan, id, private_ip),
                  "ReservationId", plan->reservation, "UserData", text_or(params, "UserData", ""),
                  "Protected", (int)json_is_true(json_object_get(params, "DisableApiTermination")),
                  "ShutdownBehavior",
                  text_or(params, "InstanceInitiatedShutdownBehavior", "stop")));
    instance_set_groups(cloud, record, json_object_get(params, "SecurityGroupIds"));
    volumes_launch(cloud, record, json_object_get(params, "BlockDeviceMappings"),
                   plan->volume_tags);
    cloud_event(cloud, "instance-pending", id, "zone",
                json_text_of(cloud_item(plan->subnet), "AvailabilityZone"), NULL);
    cloud_after(cloud, cloud_delay(cloud, "pending"), ready, id);
    return record;
}
