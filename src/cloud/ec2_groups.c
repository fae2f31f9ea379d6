// SPDX-License-Identifier: Apache-2.0
// Security groups: made, deleted, described.
#include <string.h>

#include "cloud/filter.h"
#include "cloud/groups.h"
#include "cloud/network.h"

#define NAME_MAX_BYTES 255

static bool text_is_sound(struct cloud_call *call, const char *what, const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  " ._-:/()#,@[]+=&;{}!$*";

    if (strlen(text) <= NAME_MAX_BYTES && !text[strspn(text, allowed)] &&
        (*text || strcmp(what, "GroupName") != 0))
        return true;
    cloud_refuse(call, "InvalidParameterValue",
                 "Value (%s) for parameter %s is invalid. It must have 1 to 255 of a-z, A-Z, 0-9, "
                 "spaces and ._-:/()#,@[]+=&;{}!$*",
                 text, what);
    return false;
}

static bool name_is_free(struct cloud_call *call, const char *name, const char *vpc)
{
    const char *id;
    json_t *group;

    if (strcmp(name, "default") == 0 || str_starts(name, "sg-")) {
        cloud_refuse(call, "InvalidParameterValue",
                     strcmp(name, "default") == 0
                         ? "Cannot use reserved security group name: %s"
                         : "Invalid value '%s' for groupName. It may not begin with sg-",
                     name);
        return false;
    }
    json_object_foreach (call->cloud->tables[CLOUD_GROUP], id, group) {
        const json_t *item = cloud_item(group);

        if (str_equal(json_text_of(item, "GroupName"), name) &&
            str_equal(json_text_of(item, "VpcId"), vpc)) {
            cloud_refuse(call, "InvalidGroup.Duplicate",
                         "The security group '%s' already exists for VPC '%s'", name, vpc);
            return false;
        }
    }
    return true;
}

static json_t *create_security_group(struct cloud_call *call)
{
    const char *name = cloud_text(call, "GroupName");
    const char *description = cloud_text(call, "Description");
    const char *vpc = network_called_vpc(call);
    AUTO(json) json_t *tags = vpc ? cloud_tags_specified(call, CLOUD_GROUP) : NULL;
    const json_t *item;

    if (!tags || !text_is_sound(call, "GroupName", name) ||
        !text_is_sound(call, "GroupDescription", description) || !name_is_free(call, name, vpc))
        return NULL;
    item = cloud_item(group_create(call->cloud, vpc, name, description, tags));
    return json_pack("{s:O, s:O*, s:O}", "GroupId", json_object_get(item, "GroupId"), "Tags",
                     json_array_size(tags) ? tags : NULL, "SecurityGroupArn",
                     json_object_get(item, "SecurityGroupArn"));
}

static json_t *delete_security_group(struct cloud_call *call)
{
    const json_t *group =
        group_called(call, cloud_text(call, "GroupId"), cloud_text(call, "GroupName"), NULL);
    AUTO(str) char *id = NULL;

    if (!group)
        return NULL;
    id = mem_strdup(json_text_of(cloud_item(group), "GroupId"));
    if (str_equal(json_text_of(cloud_item(group), "GroupName"), "default"))
        return cloud_refuse(call, "CannotDelete",
                            "the specified group: \"%s\" name: \"default\" cannot be deleted by a "
                            "user",
                            id);
    if (group_is_used(call->cloud, id))
        return cloud_refuse(call, "DependencyViolation", "resource %s has a dependent object", id);
    group_remove(call->cloud, id);
    return json_pack("{s:b, s:s}", "Return", 1, "GroupId", id);
}

static const struct cloud_filter group_filters[] = {
    { "description", "Description" },
    { "egress.ip-permission.cidr", "IpPermissionsEgress[].IpRanges[].CidrIp" },
    { "egress.ip-permission.from-port", "IpPermissionsEgress[].FromPort" },
    { "egress.ip-permission.group-id", "IpPermissionsEgress[].UserIdGroupPairs[].GroupId" },
    { "egress.ip-permission.group-name", "IpPermissionsEgress[].UserIdGroupPairs[].GroupName" },
    { "egress.ip-permission.ipv6-cidr", "IpPermissionsEgress[].Ipv6Ranges[].CidrIpv6" },
    { "egress.ip-permission.prefix-list-id", "IpPermissionsEgress[].PrefixListIds[].PrefixListId" },
    { "egress.ip-permission.protocol", "IpPermissionsEgress[].IpProtocol" },
    { "egress.ip-permission.to-port", "IpPermissionsEgress[].ToPort" },
    { "egress.ip-permission.user-id", "IpPermissionsEgress[].UserIdGroupPairs[].UserId" },
    { "group-id", "GroupId" },
    { "group-name", "GroupName" },
    { "ip-permission.cidr", "IpPermissions[].IpRanges[].CidrIp" },
    { "ip-permission.from-port", "IpPermissions[].FromPort" },
    { "ip-permission.group-id", "IpPermissions[].UserIdGroupPairs[].GroupId" },
    { "ip-permission.group-name", "IpPermissions[].UserIdGroupPairs[].GroupName" },
    { "ip-permission.ipv6-cidr", "IpPermissions[].Ipv6Ranges[].CidrIpv6" },
    { "ip-permission.prefix-list-id", "IpPermissions[].PrefixListIds[].PrefixListId" },
    { "ip-permission.protocol", "IpPermissions[].IpProtocol" },
    { "ip-permission.to-port", "IpPermissions[].ToPort" },
    { "ip-permission.user-id", "IpPermissions[].UserIdGroupPairs[].UserId" },
    { "owner-id", "OwnerId" },
    { "vpc-id", "VpcId" },
};

static json_t *describe_security_groups(struct cloud_call *call)
{
    AUTO(json) json_t *records = cloud_choose(call, CLOUD_GROUP, "GroupIds");
    const json_t *names = cloud_param(call, "GroupNames");
    json_t *name;
    size_t i;

    if (records && json_array_size(names)) {
        json_array_clear(records);
        json_array_foreach (names, i, name) {
            json_t *group = group_called(call, NULL, json_string_value(name), NULL);

            if (!group)
                return NULL;
            json_array_append(records, group);
        }
    }
    return cloud_describe_take(call, CLOUD_FILTERS(group_filters), STEAL(records),
                               "SecurityGroups");
}

static const struct cloud_action actions[] = {
    { "CreateSecurityGroup", create_security_group },
    { "DeleteSecurityGroup", delete_security_group },
    { "DescribeSecurityGroups", describe_security_groups },
};

const struct cloud_family cloud_family_ec2_groups = { "ec2", actions, ARRAY_SIZE(actions) };
