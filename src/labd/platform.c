// SPDX-License-Identifier: Apache-2.0
#include "labd/platform.h"

#include <string.h>

#include "aws/base64.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"

#define DEFAULT_IMAGE "ami-00000000000000001"
#define DEFAULT_TYPE  "t3.micro"

static json_t *tag_list(const json_t *tags)
{
    json_t *list = json_array();
    const char *key;
    json_t *value;

    json_object_foreach (json_walkable(tags), key, value)
        json_array_append_new(list, json_pack("{s:s, s:O}", "Key", key, "Value", value));
    return list;
}

static json_t *tag_specification(const char *type, const json_t *tags)
{
    return json_pack("[{s:s, s:o}]", "ResourceType", type, "Tags", tag_list(tags));
}

/* One call, its result dropped. */
static int run(struct cloud *cloud, const char *service, const char *operation, json_t *params,
               struct chaos_error *err)
{
    AUTO(json) json_t *taken = params;
    AUTO(json) json_t *result = NULL;

    return cloud_do(cloud, service, operation, taken, &result, err);
}

/* The id of a group by its name, NULL for none; borrowed. */
static const char *group_id(const struct cloud *cloud, const char *name)
{
    const char *id;
    json_t *record;

    json_object_foreach (json_walkable(cloud_security_groups(cloud)), id, record) {
        if (str_equal(json_text_of(json_object_get(record, "Item"), "GroupName"), name))
            return id;
    }
    return NULL;
}

/* "5566", "8000-8080", "any" or nothing. */
static void set_ports(json_t *permission, const char *protocol, const json_t *ports)
{
    int from = -1;
    int to = -1;

    if (json_is_integer(ports))
        from = to = (int)json_integer_value(ports);
    else if (json_is_string(ports) && sscanf(json_string_value(ports), "%d-%d", &from, &to) == 1)
        to = from;
    if (from < 0 && (strcmp(protocol, "tcp") == 0 || strcmp(protocol, "udp") == 0)) {
        from = 0;
        to = 65535;
    }
    if (from < 0 && strcmp(protocol, "icmp") != 0)
        return;
    json_object_set_new(permission, "FromPort", json_integer(from));
    json_object_set_new(permission, "ToPort", json_integer(to));
}

static json_t *permission_of(const struct cloud *cloud, const char *self, const json_t *allow)
{
    const char *protocol = json_text_of(allow, "protocol");
    const char *from = json_text_of(allow, "from");
    bool is_all = !protocol || strcmp(protocol, "all") == 0;
    json_t *permission = json_pack("{s:s}", "IpProtocol", is_all ? "-1" : protocol);
    const char *group;

    if (!is_all)
        set_ports(permission, protocol, json_object_get(allow, "ports"));
    group = from && strcmp(from, "self") == 0 ? self : group_id(cloud, from ? from : "");
    if (group)
        json_object_set_new(permission, "UserIdGroupPairs", json_pack("[{s:s}]", "GroupId", group));
    else
        json_object_set_new(permission, "IpRanges",
                            json_pack("[{s:s}]", "CidrIp", from ? from : "0.0.0.0/0"));
    return permission;
}

static int make_groups(struct cloud *cloud, const json_t *groups, struct chaos_error *err)
{
    const char *name;
    json_t *group;

    json_object_foreach (json_walkable(groups), name, group) {
        AUTO(json)
        json_t *params = json_pack("{s:s, s:s}", "GroupName", name, "Description", "by platform");
        AUTO(json) json_t *made = NULL;

        if (cloud_do(cloud, "ec2", "CreateSecurityGroup", params, &made, err) < 0)
            return chaos_error_prefix(err, "security-groups: %s", name);
    }
    json_object_foreach (json_walkable(groups), name, group) {
        const json_t *list = json_object_get(group, "allow");
        json_t *permissions = json_array();
        json_t *allow;
        size_t i;

        json_array_foreach (list, i, allow)
            json_array_append_new(permissions, permission_of(cloud, group_id(cloud, name), allow));
        if (json_array_size(permissions) == 0) {
            json_decref(permissions);
            continue;
        }
        if (run(cloud, "ec2", "AuthorizeSecurityGroupIngress",
                json_pack("{s:s, s:o}", "GroupId", group_id(cloud, name), "IpPermissions",
                          permissions),
                err) < 0)
            return chaos_error_prefix(err, "security-groups: %s", name);
    }
    return 0;
}

static const char *text_or(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_text_of(object, key);

    return text ? text : otherwise;
}

static int group_ids(const struct cloud *cloud, const json_t *names, json_t **ret_ids,
                     struct chaos_error *err)
{
    AUTO(json) json_t *ids = json_array();
    json_t *name;
    size_t i;

    json_array_foreach (names, i, name) {
        const char *id = group_id(cloud, json_string_value(name));

        if (!id)
            return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                                   "security-groups: '%s' is not one of the platform",
                                   json_string_value(name));
        json_array_append_new(ids, json_string(id));
    }
    *ret_ids = STEAL(ids);
    return 0;
}

static int make_template(struct cloud *cloud, const char *name, const json_t *template,
                         struct chaos_error *err)
{
    const char *user_data = json_text_of(template, "user-data");
    const json_t *groups = json_object_get(template, "security-groups");
    const char *profile = json_text_of(template, "profile");
    AUTO(buffer) struct buffer encoded = { 0 };
    AUTO(json) json_t *ids = NULL;
    AUTO(json)
    json_t *data = json_pack("{s:s, s:s}", "ImageId", text_or(template, "image", DEFAULT_IMAGE),
                             "InstanceType", text_or(template, "type", DEFAULT_TYPE));

    if (user_data) {
        base64_encode(&encoded, user_data, strlen(user_data));
        json_object_set_new(data, "UserData", json_string(buffer_text(&encoded)));
    }
    if (groups) {
        if (group_ids(cloud, groups, &ids, err) < 0)
            return -(int)err->code;
        json_object_set(data, "SecurityGroupIds", ids);
    }
    if (profile)
        json_object_set_new(data, "IamInstanceProfile", json_pack("{s:s}", "Name", profile));
    if (json_object_size(json_object_get(template, "tags")))
        json_object_set_new(data, "TagSpecifications",
                            tag_specification("instance", json_object_get(template, "tags")));
    return run(cloud, "ec2", "CreateLaunchTemplate",
               json_pack("{s:s, s:O}", "LaunchTemplateName", name, "LaunchTemplateData", data),
               err);
}

static int make_templates(struct cloud *cloud, const json_t *templates, struct chaos_error *err)
{
    const char *name;
    json_t *template;

    json_object_foreach (json_walkable(templates), name, template) {
        if (make_template(cloud, name, template, err) < 0)
            return chaos_error_prefix(err, "templates: %s", name);
    }
    return 0;
}

static int make_addresses(struct cloud *cloud, const json_t *addresses, struct chaos_error *err)
{
    const char *name;
    json_t *address;

    json_object_foreach (json_walkable(addresses), name, address) {
        AUTO(json) json_t *tags = json_pack("{s:s}", "Name", name);
        const char *public_ip = json_text_of(address, "public");
        json_t *params = json_pack("{s:s, s:o}", "Domain", "vpc", "TagSpecifications",
                                   tag_specification("elastic-ip", tags));

        if (public_ip)
            json_object_set_new(params, "Address", json_string(public_ip));
        if (run(cloud, "ec2", "AllocateAddress", params, err) < 0)
            return chaos_error_prefix(err, "addresses: %s", name);
    }
    return 0;
}

static json_t *template_named(const char *name)
{
    return json_pack("{s:s, s:s}", "LaunchTemplateName", name, "Version", "$Default");
}

static int make_instance(struct cloud *cloud, const json_t *templates, const json_t *wanted,
                         struct chaos_error *err)
{
    const char *template = json_text_of(wanted, "template");
    const json_t *count = json_object_get(wanted, "count");
    json_int_t n = json_is_integer(count) ? json_integer_value(count) : 1;
    AUTO(json) json_t *tags = json_object();
    json_t *params = json_pack("{s:I, s:I, s:o}", "MinCount", n, "MaxCount", n, "LaunchTemplate",
                               template_named(template ? template : ""));

    json_object_update(
        tags, json_object_get(json_object_get(templates, template ? template : ""), "tags"));
    json_object_update(tags, json_object_get(wanted, "tags"));
    if (json_object_size(tags))
        json_object_set_new(params, "TagSpecifications", tag_specification("instance", tags));
    if (json_text_of(wanted, "zone"))
        json_object_set_new(
            params, "Placement",
            json_pack("{s:O}", "AvailabilityZone", json_object_get(wanted, "zone")));
    if (json_text_of(wanted, "private-address"))
        json_object_set(params, "PrivateIpAddress", json_object_get(wanted, "private-address"));
    return run(cloud, "ec2", "RunInstances", params, err);
}

static int make_scaling_group(struct cloud *cloud, const char *name, const json_t *wanted,
                              struct chaos_error *err)
{
    const char *template = json_text_of(wanted, "template");
    const char *key;
    json_t *value;
    json_t *tags = json_array();
    json_t *params = json_pack(
        "{s:s, s:o, s:O, s:O, s:O, s:O}", "AutoScalingGroupName", name, "LaunchTemplate",
        template_named(template ? template : ""), "MinSize", json_object_get(wanted, "min"),
        "MaxSize", json_object_get(wanted, "max"), "DesiredCapacity",
        json_object_get(wanted, "desired"), "AvailabilityZones", json_object_get(wanted, "zones"));

    json_object_foreach (json_object_get(wanted, "tags"), key, value)
        json_array_append_new(tags, json_pack("{s:s, s:s, s:s, s:O, s:b}", "ResourceId", name,
                                              "ResourceType", "auto-scaling-group", "Key", key,
                                              "Value", value, "PropagateAtLaunch", 1));
    json_object_set_new(params, "Tags", tags);
    return run(cloud, "autoscaling", "CreateAutoScalingGroup", params, err);
}

/* An address that the platform ties to an instance waits for it to run: EC2 refuses before. */
static int tie_address(struct cloud *cloud, const char *public_ip, const char *name,
                       struct chaos_error *err)
{
    const char *id;
    json_t *record;

    json_object_foreach (json_walkable(cloud_instances(cloud)), id, record) {
        const json_t *item = json_object_get(record, "Item");
        json_t *tag;
        size_t i;

        json_array_foreach (json_object_get(item, "Tags"), i, tag) {
            if (str_equal(json_text_of(tag, "Key"), "Name") &&
                str_equal(json_text_of(tag, "Value"), name))
                return run(cloud, "ec2", "AssociateAddress",
                           json_pack("{s:s, s:s}", "PublicIp", public_ip, "InstanceId", id), err);
        }
    }
    return chaos_error_set(err, CHAOS_E_NOT_FOUND, "no instance has the tag Name=%s", name);
}

int platform_tie(struct cloud *cloud, const json_t *platform, struct chaos_error *err)
{
    const char *name;
    json_t *wanted;

    json_object_foreach (json_object_get(platform, "addresses"), name, wanted) {
        const char *instance = json_text_of(wanted, "instance");
        const char *id;
        json_t *record;

        json_object_foreach (json_walkable(cloud_addresses(cloud)), id, record) {
            const json_t *item = json_object_get(record, "Item");
            const json_t *tag = json_array_get(json_object_get(item, "Tags"), 0);

            if (instance && str_equal(json_text_of(tag, "Value"), name) &&
                tie_address(cloud, json_text_of(item, "PublicIp"), instance, err) < 0)
                return chaos_error_prefix(err, "addresses: %s", name);
        }
    }
    return 0;
}

int platform_apply(struct cloud *cloud, const json_t *platform, struct chaos_error *err)
{
    const json_t *templates = json_object_get(platform, "templates");
    const char *name;
    json_t *wanted;
    size_t i;

    if (make_groups(cloud, json_object_get(platform, "security-groups"), err) < 0 ||
        make_templates(cloud, templates, err) < 0 ||
        make_addresses(cloud, json_object_get(platform, "addresses"), err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(platform, "instances"), i, wanted) {
        if (make_instance(cloud, templates, wanted, err) < 0)
            return chaos_error_prefix(err, "instances: %zu", i);
    }
    json_object_foreach (json_object_get(platform, "scaling-groups"), name, wanted) {
        if (make_scaling_group(cloud, name, wanted, err) < 0)
            return chaos_error_prefix(err, "scaling-groups: %s", name);
    }
    return 0;
}
