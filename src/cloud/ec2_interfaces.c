// SPDX-License-Identifier: Apache-2.0
// DescribeNetworkInterfaces: each instance has one, which lives and goes with it.
#include <string.h>

#include "cloud/filter.h"

/* An interface as its own resource: what the instance shows of it, and what only this shows. */
static json_t *interface_record(const struct cloud *cloud, const json_t *instance,
                                const json_t *interface)
{
    json_t *item = json_deep_copy(interface);
    json_t *attachment = json_object_get(item, "Attachment");
    json_t *association = json_object_get(item, "Association");

    json_object_set(item, "AvailabilityZone",
                    json_object_get(json_object_get(instance, "Placement"), "AvailabilityZone"));
    json_object_set_new(item, "RequesterManaged", json_false());
    json_object_set_new(item, "TagSet", json_array());
    json_object_set(attachment, "InstanceId", json_object_get(instance, "InstanceId"));
    cloud_set_text(attachment, "InstanceOwnerId", cloud->account);
    if (association) {
        const char *id;
        json_t *address;

        json_object_foreach (cloud->tables[CLOUD_ADDRESS], id, address) {
            const json_t *shown = cloud_item(address);

            if (!json_equal(json_object_get(shown, "PublicIp"),
                            json_object_get(association, "PublicIp")))
                continue;
            json_object_set(association, "AllocationId", json_object_get(shown, "AllocationId"));
            json_object_set(association, "AssociationId", json_object_get(shown, "AssociationId"));
        }
    }
    return json_pack("{s:o}", "Item", item);
}

/* Of all instances, a new reference. */
static json_t *all_interfaces(const struct cloud *cloud)
{
    json_t *records = json_array();
    const char *id;
    json_t *instance;
    json_t *interface;
    size_t i;

    json_object_foreach (cloud->tables[CLOUD_INSTANCE], id, instance) {
        const json_t *item = cloud_item(instance);

        json_array_foreach (json_object_get(item, "NetworkInterfaces"), i, interface)
            json_array_append_new(records, interface_record(cloud, item, interface));
    }
    return records;
}

static json_t *find_interface(const json_t *records, const char *wanted)
{
    json_t *record;
    size_t i;

    json_array_foreach (records, i, record) {
        if (str_equal(json_text_of(cloud_item(record), "NetworkInterfaceId"), wanted))
            return record;
    }
    return NULL;
}

/* Those that the call names, a new reference; NULL with the fault set. */
static json_t *chosen_interfaces(struct cloud_call *call)
{
    const json_t *wanted = cloud_param(call, "NetworkInterfaceIds");
    AUTO(json) json_t *all = all_interfaces(call->cloud);
    AUTO(json) json_t *chosen = json_array();
    json_t *id;
    size_t i;

    if (!json_array_size(wanted))
        return STEAL(all);
    json_array_foreach (wanted, i, id) {
        json_t *record = find_interface(all, json_string_value(id));

        if (!record)
            return cloud_refuse(call, "InvalidNetworkInterfaceID.NotFound",
                                "The networkInterface ID '%s' does not exist",
                                json_string_value(id));
        json_array_append(chosen, record);
    }
    return STEAL(chosen);
}

static const struct cloud_filter interface_filters[] = {
    { "addresses.association.owner-id", "PrivateIpAddresses[].Association.IpOwnerId" },
    { "addresses.association.public-ip", "PrivateIpAddresses[].Association.PublicIp" },
    { "addresses.primary", "PrivateIpAddresses[].Primary" },
    { "addresses.private-ip-address", "PrivateIpAddresses[].PrivateIpAddress" },
    { "association.allocation-id", "Association.AllocationId" },
    { "association.association-id", "Association.AssociationId" },
    { "association.ip-owner-id", "Association.IpOwnerId" },
    { "association.public-dns-name", "Association.PublicDnsName" },
    { "association.public-ip", "Association.PublicIp" },
    { "attachment.attach-time", "Attachment.AttachTime" },
    { "attachment.attachment-id", "Attachment.AttachmentId" },
    { "attachment.delete-on-termination", "Attachment.DeleteOnTermination" },
    { "attachment.device-index", "Attachment.DeviceIndex" },
    { "attachment.instance-id", "Attachment.InstanceId" },
    { "attachment.instance-owner-id", "Attachment.InstanceOwnerId" },
    { "attachment.status", "Attachment.Status" },
    { "availability-zone", "AvailabilityZone" },
    { "description", "Description" },
    { "group-id", "Groups[].GroupId" },
    { "group-name", "Groups[].GroupName" },
    { "interface-type", "InterfaceType" },
    { "ipv6-addresses.ipv6-address", "Ipv6Addresses[].Ipv6Address" },
    { "mac-address", "MacAddress" },
    { "network-interface-id", "NetworkInterfaceId" },
    { "owner-id", "OwnerId" },
    { "private-dns-name", "PrivateDnsName" },
    { "private-ip-address", "PrivateIpAddress" },
    { "requester-id", "RequesterId" },
    { "requester-managed", "RequesterManaged" },
    { "source-dest-check", "SourceDestCheck" },
    { "status", "Status" },
    { "subnet-id", "SubnetId" },
    { "vpc-id", "VpcId" },
};

static json_t *describe_network_interfaces(struct cloud_call *call)
{
    return cloud_describe_take(call, CLOUD_FILTERS(interface_filters), chosen_interfaces(call),
                               "NetworkInterfaces");
}

static const struct cloud_action actions[] = {
    { "DescribeNetworkInterfaces", describe_network_interfaces },
};

const struct cloud_family cloud_family_ec2_interfaces = { "ec2", actions, ARRAY_SIZE(actions) };
