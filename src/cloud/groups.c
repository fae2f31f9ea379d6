// SPDX-License-Identifier: Apache-2.0
// Security groups as records, and what they mean for an instance.
#include "cloud/groups.h"

#include <string.h>

#include "cloud/instances.h"
#include "cloud/network.h"

static json_t *everything(bool is_egress)
{
    return json_pack("{s:b, s:s, s:i, s:i}", "IsEgress", (int)is_egress, "IpProtocol", "-1",
                     "FromPort", -1, "ToPort", -1);
}

json_t *group_create(struct cloud *cloud, const char *vpc_id, const char *name,
                     const char *description, json_t *tags)
{
    AUTO(str) char *id = cloud_new_id(CLOUD_GROUP);
    AUTO(str) char *rest = mem_printf("security-group/%s", id);
    AUTO(str) char *arn = cloud_arn(cloud, "ec2", rest);
    AUTO(json) json_t *shown_tags = tags ? json_incref(tags) : json_array();
    json_t *out = everything(true);
    json_t *group =
        cloud_add(cloud, CLOUD_GROUP, id,
                  json_pack("{s:{s:s, s:s, s:s, s:s, s:s, s:s, s:[], s:[], s:O}}", "Item",
                            "Description", description, "GroupName", name, "GroupId", id, "OwnerId",
                            cloud->account, "VpcId", vpc_id, "SecurityGroupArn", arn,
                            "IpPermissions", "IpPermissionsEgress", "Tags", shown_tags));

    cloud_set_text(out, "CidrIpv4", "0.0.0.0/0");
    group_add_rule_take(cloud, id, out, NULL);
    group_show(cloud, group);
    return group;
}

void group_create_default(struct cloud *cloud, const char *vpc_id)
{
    json_t *group = group_create(cloud, vpc_id, "default", "default VPC security group", NULL);
    const char *id = json_text_of(cloud_item(group), "GroupId");
    json_t *inside = everything(false);

    json_object_set_new(inside, "ReferencedGroupInfo",
                        json_pack("{s:s, s:s}", "GroupId", id, "UserId", cloud->account));
    group_add_rule_take(cloud, id, inside, NULL);
    group_show(cloud, group);
}

static json_t *find_by_name(const struct cloud *cloud, const char *name, const char *vpc_id)
{
    const char *id;
    json_t *group;

    json_object_foreach (cloud->tables[CLOUD_GROUP], id, group) {
        const json_t *item = cloud_item(group);

        if (str_equal(json_text_of(item, "GroupName"), name) &&
            (!vpc_id || str_equal(json_text_of(item, "VpcId"), vpc_id)))
            return group;
    }
    return NULL;
}

json_t *group_called(struct cloud_call *call, const char *id, const char *name, const char *vpc_id)
{
    json_t *group;

    if (id) {
        group = cloud_find(call->cloud, CLOUD_GROUP, id);
        return group ? group : cloud_unknown(call, CLOUD_GROUP, id);
    }
    if (!name)
        return cloud_refuse(call, "MissingParameter",
                            "The request must contain the parameter groupId or groupName");
    group = find_by_name(call->cloud, name, vpc_id);
    return group ? group
                 : cloud_refuse(call, "InvalidGroup.NotFound",
                                "The security group '%s' does not exist", name);
}

json_t *group_rules(const struct cloud *cloud, const char *group_id)
{
    json_t *rules = json_array();
    const char *id;
    json_t *rule;

    json_object_foreach (cloud->tables[CLOUD_RULE], id, rule) {
        if (str_equal(json_text_of(cloud_item(rule), "GroupId"), group_id))
            json_array_append(rules, rule);
    }
    return rules;
}

void group_remove(struct cloud *cloud, const char *group_id)
{
    AUTO(str) char *id = mem_strdup(group_id);
    AUTO(json) json_t *rules = group_rules(cloud, id);
    json_t *rule;
    size_t i;

    json_array_foreach (rules, i, rule)
        cloud_drop(cloud, CLOUD_RULE, json_text_of(cloud_item(rule), "SecurityGroupRuleId"));
    cloud_drop(cloud, CLOUD_GROUP, id);
}

json_t *group_add_rule_take(struct cloud *cloud, const char *group_id, json_t *rule,
                            const json_t *tags)
{
    AUTO(str) char *id = cloud_new_id(CLOUD_RULE);
    AUTO(str) char *rest = mem_printf("security-group-rule/%s", id);
    AUTO(str) char *arn = cloud_arn(cloud, "ec2", rest);
    json_t *item = json_pack("{s:s, s:s, s:s}", "SecurityGroupRuleId", id, "GroupId", group_id,
                             "GroupOwnerId", cloud->account);

    json_object_update(item, rule);
    json_decref(rule);
    cloud_set_text(item, "SecurityGroupRuleArn", arn);
    json_object_set_new(item, "Tags", tags ? json_deep_copy(tags) : json_array());
    return cloud_add(cloud, CLOUD_RULE, id, json_pack("{s:o}", "Item", item));
}

bool group_rule_equals(const json_t *rule, const json_t *other)
{
    static const char *const members[] = { "IsEgress", "IpProtocol", "FromPort",           "ToPort",
                                           "CidrIpv4", "CidrIpv6",   "ReferencedGroupInfo" };

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        json_t *a = json_object_get(rule, members[i]);
        json_t *b = json_object_get(other, members[i]);

        if ((a || b) && !json_equal(a, b))
            return false;
    }
    return true;
}

/* What a permission says of ports; of all protocols, and those without ports, nothing. */
static bool has_ports(const json_t *rule)
{
    static const char *const with_ports[] = { "tcp", "udp", "icmp", "icmpv6", NULL };

    return str_in(json_text_of(rule, "IpProtocol"), with_ports);
}

/* The permission of the list that the rule is part of; a new one when there is none. */
static json_t *permission_for(json_t *permissions, const json_t *rule)
{
    json_t *permission;
    size_t i;

    json_array_foreach (permissions, i, permission) {
        bool is_same =
            str_equal(json_text_of(permission, "IpProtocol"), json_text_of(rule, "IpProtocol"));

        if (is_same && has_ports(rule))
            is_same =
                json_equal(json_object_get(permission, "FromPort"),
                           json_object_get(rule, "FromPort")) &&
                json_equal(json_object_get(permission, "ToPort"), json_object_get(rule, "ToPort"));
        if (is_same)
            return permission;
    }
    permission =
        json_pack("{s:s, s:[], s:[], s:[], s:[]}", "IpProtocol", json_text_of(rule, "IpProtocol"),
                  "IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs");
    if (has_ports(rule)) {
        json_object_set(permission, "FromPort", json_object_get(rule, "FromPort"));
        json_object_set(permission, "ToPort", json_object_get(rule, "ToPort"));
    }
    json_array_append_new(permissions, permission);
    return permission;
}

static void show_rule(json_t *permissions, const json_t *rule)
{
    json_t *permission = permission_for(permissions, rule);
    const char *cidr = json_text_of(rule, "CidrIpv4");
    const char *cidr6 = json_text_of(rule, "CidrIpv6");
    json_t *peer;

    if (cidr)
        peer = json_pack("{s:s}", "CidrIp", cidr);
    else if (cidr6)
        peer = json_pack("{s:s}", "CidrIpv6", cidr6);
    else
        peer = json_copy(json_object_get(rule, "ReferencedGroupInfo"));
    if (json_object_get(rule, "Description"))
        json_object_set(peer, "Description", json_object_get(rule, "Description"));
    json_array_append_new(json_object_get(permission, cidr    ? "IpRanges"
                                                      : cidr6 ? "Ipv6Ranges"
                                                              : "UserIdGroupPairs"),
                          peer);
}

static bool is_member(const json_t *instance, const char *group_id)
{
    json_t *group;
    size_t i;

    json_array_foreach (json_object_get(cloud_item(instance), "SecurityGroups"), i, group) {
        if (str_equal(json_text_of(group, "GroupId"), group_id))
            return true;
    }
    return false;
}

/* Whether there is a machine that rules can be enforced for. */
static bool has_machine(const json_t *instance)
{
    enum instance_state state = instance_state(instance);

    return state == INSTANCE_RUNNING || state == INSTANCE_STOPPING;
}

static void secure(struct cloud *cloud, const char *instance_id)
{
    const json_t *instance = cloud_find(cloud, CLOUD_INSTANCE, instance_id);

    if (instance && has_machine(instance) && cloud->host.secure)
        cloud->host.secure(cloud->host.data, instance_id);
}

void group_show(struct cloud *cloud, json_t *group)
{
    json_t *item = cloud_item(group);
    const char *group_id = json_text_of(item, "GroupId");
    AUTO(json) json_t *rules = group_rules(cloud, group_id);
    json_t *in = json_array();
    json_t *out = json_array();
    const char *id;
    json_t *instance;
    json_t *rule;
    size_t i;

    json_array_foreach (rules, i, rule) {
        const json_t *shown = cloud_item(rule);

        show_rule(json_is_true(json_object_get(shown, "IsEgress")) ? out : in, shown);
    }
    json_object_set_new(item, "IpPermissions", in);
    json_object_set_new(item, "IpPermissionsEgress", out);
    json_object_foreach (cloud->tables[CLOUD_INSTANCE], id, instance) {
        if (is_member(instance, group_id))
            secure(cloud, id);
    }
}

static const char *referenced(const json_t *rule)
{
    return json_text_of(json_object_get(cloud_item(rule), "ReferencedGroupInfo"), "GroupId");
}

/* The groups with a rule about members of one of `groups`: a new object with their ids as keys. */
static json_t *groups_that_name(const struct cloud *cloud, const json_t *groups)
{
    json_t *found = json_object();
    const char *id;
    json_t *rule;
    json_t *group;
    size_t i;

    json_object_foreach (cloud->tables[CLOUD_RULE], id, rule) {
        const char *source = referenced(rule);

        if (!source)
            continue;
        json_array_foreach (groups, i, group) {
            if (str_equal(json_text_of(group, "GroupId"), source))
                json_object_set_new(found, json_text_of(cloud_item(rule), "GroupId"), json_true());
        }
    }
    return found;
}

bool group_is_used(const struct cloud *cloud, const char *group_id)
{
    AUTO(json) json_t *alone = json_pack("[{s:s}]", "GroupId", group_id);
    AUTO(json) json_t *users = groups_that_name(cloud, alone);
    const char *id;
    json_t *instance;

    json_object_del(users, group_id);
    if (json_object_size(users))
        return true;
    json_object_foreach (cloud->tables[CLOUD_INSTANCE], id, instance) {
        if (is_member(instance, group_id))
            return true;
    }
    return false;
}

/* By a timer: five hundred launches in one call are one change for each of those who care. */
void groups_members_changed(struct cloud *cloud, const json_t *groups)
{
    AUTO(json) json_t *affected = groups_that_name(cloud, groups);
    const char *id;
    json_t *instance;
    json_t *group;
    size_t i;

    json_object_foreach (cloud->tables[CLOUD_INSTANCE], id, instance) {
        bool is_affected = false;

        if (!has_machine(instance))
            continue;
        json_array_foreach (json_object_get(cloud_item(instance), "SecurityGroups"), i, group)
            is_affected = is_affected || json_object_get(affected, json_text_of(group, "GroupId"));
        if (is_affected)
            cloud_after(cloud, 0, secure, id);
    }
}

/* An instance is a member from its launch to its end, also while it is stopped: it keeps its
 * address. */
static json_t *member_addresses(const struct cloud *cloud, const char *group_id)
{
    json_t *addresses = json_array();
    const char *id;
    json_t *instance;

    json_object_foreach (cloud->tables[CLOUD_INSTANCE], id, instance) {
        if (is_member(instance, group_id))
            json_array_append(addresses, json_object_get(cloud_item(instance), "PrivateIpAddress"));
    }
    return addresses;
}

/* A rule about IPv6 says nothing in a lab, which has none. */
static void compile_rule(const struct cloud *cloud, const json_t *rule, json_t *compiled)
{
    const json_t *item = cloud_item(rule);
    const char *source = referenced(rule);
    json_t *cidr = json_object_get(item, "CidrIpv4");

    if (!source && !cidr)
        return;
    json_array_append_new(compiled,
                          json_pack("{s:s, s:O, s:O, s:O, s:o, s:o}", "Direction",
                                    json_is_true(json_object_get(item, "IsEgress")) ? "out" : "in",
                                    "Protocol", json_object_get(item, "IpProtocol"), "FromPort",
                                    json_object_get(item, "FromPort"), "ToPort",
                                    json_object_get(item, "ToPort"), "Cidrs",
                                    cidr ? json_pack("[O]", cidr) : json_array(), "Addresses",
                                    source ? member_addresses(cloud, source) : json_array()));
}

json_t *cloud_rules(const struct cloud *cloud, const char *instance_id)
{
    const json_t *instance = cloud_find(cloud, CLOUD_INSTANCE, instance_id);
    json_t *compiled = json_array();
    json_t *group;
    json_t *rule;
    size_t i;
    size_t j;

    json_array_foreach (json_object_get(cloud_item(instance), "SecurityGroups"), i, group) {
        AUTO(json) json_t *rules = group_rules(cloud, json_text_of(group, "GroupId"));

        json_array_foreach (rules, j, rule)
            compile_rule(cloud, rule, compiled);
    }
    return compiled;
}
