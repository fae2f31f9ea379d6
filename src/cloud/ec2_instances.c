// SPDX-License-Identifier: Apache-2.0
// What instances look like: DescribeInstances, DescribeInstanceStatus, their attributes.
#include <string.h>

#include "aws/base64.h"
#include "cloud/filter.h"
#include "cloud/instances.h"
#include "cloud/volumes.h"

static const struct cloud_filter instance_filters[] = {
    { "affinity", "Placement.Affinity" },
    { "architecture", "Architecture" },
    { "availability-zone", "Placement.AvailabilityZone" },
    { "block-device-mapping.attach-time", "BlockDeviceMappings[].Ebs.AttachTime" },
    { "block-device-mapping.delete-on-termination",
      "BlockDeviceMappings[].Ebs.DeleteOnTermination" },
    { "block-device-mapping.device-name", "BlockDeviceMappings[].DeviceName" },
    { "block-device-mapping.status", "BlockDeviceMappings[].Ebs.Status" },
    { "block-device-mapping.volume-id", "BlockDeviceMappings[].Ebs.VolumeId" },
    { "client-token", "ClientToken" },
    { "dns-name", "PublicDnsName" },
    { "group-id", "SecurityGroups[].GroupId" },
    { "group-name", "SecurityGroups[].GroupName" },
    { "hypervisor", "Hypervisor" },
    { "iam-instance-profile.arn", "IamInstanceProfile.Arn" },
    { "iam-instance-profile.id", "IamInstanceProfile.Id" },
    { "image-id", "ImageId" },
    { "instance-id", "InstanceId" },
    { "instance-lifecycle", "InstanceLifecycle" },
    { "instance-state-code", "State.Code" },
    { "instance-state-name", "State.Name" },
    { "instance-type", "InstanceType" },
    { "instance.group-id", "SecurityGroups[].GroupId" },
    { "instance.group-name", "SecurityGroups[].GroupName" },
    { "ip-address", "PublicIpAddress" },
    { "kernel-id", "KernelId" },
    { "key-name", "KeyName" },
    { "launch-index", "AmiLaunchIndex" },
    { "launch-time", "LaunchTime" },
    { "metadata-options.http-endpoint", "MetadataOptions.HttpEndpoint" },
    { "metadata-options.http-tokens", "MetadataOptions.HttpTokens" },
    { "monitoring-state", "Monitoring.State" },
    { "network-interface.addresses.association.public-ip",
      "NetworkInterfaces[].PrivateIpAddresses[].Association.PublicIp" },
    { "network-interface.addresses.primary", "NetworkInterfaces[].PrivateIpAddresses[].Primary" },
    { "network-interface.addresses.private-ip-address",
      "NetworkInterfaces[].PrivateIpAddresses[].PrivateIpAddress" },
    { "network-interface.association.public-ip", "NetworkInterfaces[].Association.PublicIp" },
    { "network-interface.attachment.attachment-id", "NetworkInterfaces[].Attachment.AttachmentId" },
    { "network-interface.attachment.device-index", "NetworkInterfaces[].Attachment.DeviceIndex" },
    { "network-interface.attachment.status", "NetworkInterfaces[].Attachment.Status" },
    { "network-interface.description", "NetworkInterfaces[].Description" },
    { "network-interface.group-id", "NetworkInterfaces[].Groups[].GroupId" },
    { "network-interface.group-name", "NetworkInterfaces[].Groups[].GroupName" },
    { "network-interface.mac-address", "NetworkInterfaces[].MacAddress" },
    { "network-interface.network-interface-id", "NetworkInterfaces[].NetworkInterfaceId" },
    { "network-interface.owner-id", "NetworkInterfaces[].OwnerId" },
    { "network-interface.private-dns-name", "NetworkInterfaces[].PrivateDnsName" },
    { "network-interface.source-dest-check", "NetworkInterfaces[].SourceDestCheck" },
    { "network-interface.status", "NetworkInterfaces[].Status" },
    { "network-interface.subnet-id", "NetworkInterfaces[].SubnetId" },
    { "network-interface.vpc-id", "NetworkInterfaces[].VpcId" },
    { "owner-id", "NetworkInterfaces[].OwnerId" },
    { "placement-group-name", "Placement.GroupName" },
    { "platform-details", "PlatformDetails" },
    { "private-dns-name", "PrivateDnsName" },
    { "private-ip-address", "PrivateIpAddress" },
    { "product-code", "ProductCodes[].ProductCodeId" },
    { "reason", "StateTransitionReason" },
    { "requester-id", "RequesterId" },
    { "reservation-id", "/ReservationId" },
    { "root-device-name", "RootDeviceName" },
    { "root-device-type", "RootDeviceType" },
    { "source-dest-check", "SourceDestCheck" },
    { "state-reason-code", "StateReason.Code" },
    { "state-reason-message", "StateReason.Message" },
    { "subnet-id", "SubnetId" },
    { "tenancy", "Placement.Tenancy" },
    { "usage-operation", "UsageOperation" },
    { "virtualization-type", "VirtualizationType" },
    { "vpc-id", "VpcId" },
};

/* AWS: a call names instances or asks for pages, not both. */
static bool paging_is_sound(struct cloud_call *call)
{
    if (cloud_param(call, "InstanceIds") && json_object_get(call->params, "MaxResults")) {
        cloud_refuse(call, "InvalidParameterCombination",
                     "The parameter instancesSet cannot be used with the parameter maxResults");
        return false;
    }
    return true;
}

static json_t *chosen_page(struct cloud_call *call, const struct cloud_filters *filters,
                           char **ret_next)
{
    AUTO(json) json_t *records = NULL;
    AUTO(json) json_t *kept = NULL;

    if (!paging_is_sound(call))
        return NULL;
    records = cloud_choose(call, CLOUD_INSTANCE, "InstanceIds");
    kept = records ? cloud_filter(call, filters, records) : NULL;
    return kept ? cloud_page(call, kept, 5, 1000, ret_next) : NULL;
}

static json_t *reservation_of(const struct cloud *cloud, const json_t *record)
{
    return json_pack("{s:O, s:s, s:[], s:[]}", "ReservationId",
                     json_object_get(record, "ReservationId"), "OwnerId", cloud->account, "Groups",
                     "Instances");
}

static json_t *with_next(json_t *result, const char *next)
{
    if (next)
        cloud_set_text(result, "NextToken", next);
    return result;
}

static json_t *describe_instances(struct cloud_call *call)
{
    AUTO(str) char *next = NULL;
    AUTO(json) json_t *page = chosen_page(call, CLOUD_FILTERS(instance_filters), &next);
    AUTO(json) json_t *by_id = json_object();
    json_t *reservations;
    json_t *record;
    size_t i;

    if (!page)
        return NULL;
    reservations = json_array();
    json_array_foreach (page, i, record) {
        const char *id = json_text_of(record, "ReservationId");
        json_t *reservation = json_object_get(by_id, id);

        if (!reservation) {
            reservation = reservation_of(call->cloud, record);
            json_array_append(reservations, reservation);
            json_object_set_new(by_id, id, reservation);
        }
        json_array_append(json_object_get(reservation, "Instances"), cloud_item(record));
    }
    return with_next(json_pack("{s:o}", "Reservations", reservations), next);
}

static const struct cloud_filter status_filters[] = {
    { "availability-zone", "Placement.AvailabilityZone" },
    { "instance-state-code", "State.Code" },
    { "instance-state-name", "State.Name" },
    { "instance-status.reachability", "/Reachability" },
    { "instance-status.status", "/Status" },
    { "system-status.reachability", "/Reachability" },
    { "system-status.status", "/Status" },
};

static json_t *one_status(const json_t *record)
{
    const json_t *item = cloud_item(record);
    bool is_running = instance_state(record) == INSTANCE_RUNNING;
    const char *status = is_running ? "ok" : "not-applicable";
    json_t *summary = is_running ? json_pack("{s:s, s:[{s:s, s:s}]}", "Status", status, "Details",
                                             "Name", "reachability", "Status", "passed")
                                 : json_pack("{s:s}", "Status", status);
    json_t *one = json_pack("{s:O, s:O, s:O, s:o, s:O}", "AvailabilityZone",
                            json_object_get(json_object_get(item, "Placement"), "AvailabilityZone"),
                            "InstanceId", json_object_get(item, "InstanceId"), "InstanceState",
                            json_object_get(item, "State"), "InstanceStatus", summary,
                            "SystemStatus", summary);

    return one;
}

static json_t *describe_instance_status(struct cloud_call *call)
{
    bool wants_all = cloud_flag(call, "IncludeAllInstances", false);
    AUTO(str) char *next = NULL;
    AUTO(json) json_t *records = NULL;
    AUTO(json) json_t *shown = json_array();
    AUTO(json) json_t *kept = NULL;
    AUTO(json) json_t *page = NULL;
    json_t *statuses;
    json_t *record;
    size_t i;

    if (!paging_is_sound(call))
        return NULL;
    records = cloud_choose(call, CLOUD_INSTANCE, "InstanceIds");
    json_array_foreach (records, i, record) {
        bool is_running = instance_state(record) == INSTANCE_RUNNING;

        cloud_set_text(record, "Status", is_running ? "ok" : "not-applicable");
        cloud_set_text(record, "Reachability", is_running ? "passed" : "");
        if (is_running || wants_all)
            json_array_append(shown, record);
    }
    kept = records ? cloud_filter(call, CLOUD_FILTERS(status_filters), shown) : NULL;
    page = kept ? cloud_page(call, kept, 5, 1000, &next) : NULL;
    if (!page)
        return NULL;
    statuses = json_array();
    json_array_foreach (page, i, record)
        json_array_append_new(statuses, one_status(record));
    return with_next(json_pack("{s:o}", "InstanceStatuses", statuses), next);
}

static json_t *called_instance(struct cloud_call *call)
{
    const char *id = cloud_text(call, "InstanceId");
    json_t *record = cloud_find(call->cloud, CLOUD_INSTANCE, id);

    return record ? record : cloud_unknown(call, CLOUD_INSTANCE, id);
}

static json_t *value_of(json_t *value)
{
    return json_pack("{s:o}", "Value", value);
}

static json_t *describe_instance_attribute(struct cloud_call *call)
{
    const char *name = cloud_text(call, "Attribute");
    json_t *record = called_instance(call);
    const json_t *item = cloud_item(record);
    json_t *result;

    if (!record)
        return NULL;
    result = json_pack("{s:O}", "InstanceId", json_object_get(item, "InstanceId"));
    if (strcmp(name, "userData") == 0)
        json_object_set_new(result, "UserData",
                            value_of(json_incref(json_object_get(record, "UserData"))));
    else if (strcmp(name, "instanceInitiatedShutdownBehavior") == 0)
        json_object_set_new(result, "InstanceInitiatedShutdownBehavior",
                            value_of(json_incref(json_object_get(record, "ShutdownBehavior"))));
    else if (strcmp(name, "disableApiTermination") == 0)
        json_object_set_new(result, "DisableApiTermination",
                            value_of(json_incref(json_object_get(record, "Protected"))));
    else if (strcmp(name, "instanceType") == 0)
        json_object_set_new(result, "InstanceType",
                            value_of(json_incref(json_object_get(item, "InstanceType"))));
    else if (strcmp(name, "groupSet") == 0)
        json_object_set(result, "Groups", json_object_get(item, "SecurityGroups"));
    else if (strcmp(name, "blockDeviceMapping") == 0)
        json_object_set(result, "BlockDeviceMappings",
                        json_object_get(item, "BlockDeviceMappings"));
    else if (strcmp(name, "rootDeviceName") == 0)
        json_object_set_new(result, "RootDeviceName",
                            value_of(json_incref(json_object_get(item, "RootDeviceName"))));
    else if (strcmp(name, "sourceDestCheck") == 0)
        json_object_set_new(result, "SourceDestCheck",
                            value_of(json_incref(json_object_get(item, "SourceDestCheck"))));
    else if (strcmp(name, "ebsOptimized") == 0)
        json_object_set_new(result, "EbsOptimized",
                            value_of(json_incref(json_object_get(item, "EbsOptimized"))));
    else {
        json_decref(result);
        return cloud_refuse(call, "InvalidParameterValue",
                            "Value (%s) for parameter attribute is invalid. Unknown attribute.",
                            name);
    }
    return result;
}

static bool must_be_stopped(struct cloud_call *call, const json_t *record, const char *attribute)
{
    if (instance_state(record) == INSTANCE_STOPPED)
        return true;
    cloud_refuse(call, "IncorrectInstanceState",
                 "The instance '%s' is not in the 'stopped' state, which changing its %s needs",
                 json_text_of(cloud_item(record), "InstanceId"), attribute);
    return false;
}

/* The text of {"Value": "..."}, or of Attribute/Value. */
static const char *new_value(const struct cloud_call *call, const char *member,
                             const char *attribute)
{
    const char *text = json_text_of(cloud_param(call, member), "Value");

    if (!text && str_equal(cloud_text(call, "Attribute"), attribute))
        text = cloud_text(call, "Value");
    return text;
}

static bool modify_groups(struct cloud_call *call, json_t *record)
{
    const json_t *groups = cloud_param(call, "Groups");
    json_t *id;
    size_t i;

    if (!groups)
        return true;
    json_array_foreach (groups, i, id) {
        if (!cloud_find(call->cloud, CLOUD_GROUP, json_string_value(id))) {
            cloud_unknown(call, CLOUD_GROUP, json_string_value(id));
            return false;
        }
    }
    instance_set_groups(call->cloud, record, groups);
    return true;
}

static bool modify_flags(struct cloud_call *call, json_t *record)
{
    const char *protection = new_value(call, "", "disableApiTermination");
    const char *behavior =
        new_value(call, "InstanceInitiatedShutdownBehavior", "instanceInitiatedShutdownBehavior");

    if (json_object_get(call->params, "DisableApiTermination"))
        json_object_set_new(record, "Protected",
                            json_boolean(cloud_flag(call, "DisableApiTermination", false)));
    if (protection)
        json_object_set_new(record, "Protected", json_boolean(strcmp(protection, "true") == 0));
    if (json_object_get(call->params, "SourceDestCheck"))
        json_object_set_new(cloud_item(record), "SourceDestCheck",
                            json_boolean(cloud_flag(call, "SourceDestCheck", true)));
    if (!behavior)
        return true;
    if (strcmp(behavior, "stop") != 0 && strcmp(behavior, "terminate") != 0) {
        cloud_refuse(call, "InvalidParameterValue",
                     "Value (%s) for parameter instanceInitiatedShutdownBehavior is invalid. It "
                     "must be stop or terminate",
                     behavior);
        return false;
    }
    cloud_set_text(record, "ShutdownBehavior", behavior);
    return true;
}

static bool modify_stopped(struct cloud_call *call, json_t *record)
{
    const char *type = new_value(call, "InstanceType", "instanceType");
    const char *data = new_value(call, "UserData", "userData");
    AUTO(buffer) struct buffer plain = { 0 };

    if (type) {
        if (!must_be_stopped(call, record, "type"))
            return false;
        cloud_set_text(cloud_item(record), "InstanceType", type);
    }
    if (data) {
        if (!must_be_stopped(call, record, "user data"))
            return false;
        if (!base64_decode(&plain, data)) {
            cloud_refuse(call, "InvalidUserData.Malformed",
                         "Invalid BASE64 encoding of user data.");
            return false;
        }
        cloud_set_text(record, "UserData", data);
    }
    return true;
}

static json_t *modify_instance_attribute(struct cloud_call *call)
{
    json_t *record = called_instance(call);

    if (!record || !modify_stopped(call, record) || !modify_flags(call, record) ||
        !modify_groups(call, record) ||
        !volumes_modify(call, record, cloud_param(call, "BlockDeviceMappings")))
        return NULL;
    return json_object();
}

static const struct cloud_action actions[] = {
    { "DescribeInstanceAttribute", describe_instance_attribute },
    { "DescribeInstanceStatus", describe_instance_status },
    { "DescribeInstances", describe_instances },
    { "ModifyInstanceAttribute", modify_instance_attribute },
};

const struct cloud_family cloud_family_ec2_instances = { "ec2", actions, ARRAY_SIZE(actions) };
