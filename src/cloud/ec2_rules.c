// SPDX-License-Identifier: Apache-2.0
// The rules of security groups: authorized, revoked, described.
#include <string.h>

#include "cloud/filter.h"
#include "cloud/permissions.h"

/* AWS' limit, of each direction. */
#define RULES_MAX 60

static json_t *find_equal(const json_t *rules, const json_t *rule)
{
    json_t *other;
    size_t i;

    json_array_foreach (rules, i, other) {
        if (group_rule_equals(cloud_item(other), rule))
            return other;
    }
    return NULL;
}

static json_t *refuse_duplicate(struct cloud_call *call, const json_t *rule)
{
    const char *cidr = json_text_of(rule, "CidrIpv4");
    const json_t *source = json_object_get(rule, "ReferencedGroupInfo");
    const char *peer = cidr     ? cidr
                       : source ? json_text_of(source, "GroupId")
                                : json_text_of(rule, "CidrIpv6");

    return cloud_refuse(call, "InvalidPermission.Duplicate",
                        "the specified rule \"peer: %s, %s, from port: %d, to port: %d, ALLOW\" "
                        "already exists",
                        peer, json_text_of(rule, "IpProtocol"),
                        (int)json_integer_value(json_object_get(rule, "FromPort")),
                        (int)json_integer_value(json_object_get(rule, "ToPort")));
}

static size_t count_direction(const json_t *rules, enum group_direction direction)
{
    size_t count = 0;
    json_t *rule;
    size_t i;

    json_array_foreach (rules, i, rule)
        count += json_is_true(json_object_get(cloud_item(rule), "IsEgress")) ==
                 (direction == GROUP_EGRESS);
    return count;
}

static bool all_can_be_added(struct cloud_call *call, const json_t *existing, const json_t *wanted,
                             enum group_direction direction)
{
    json_t *rule;
    size_t i;

    json_array_foreach (wanted, i, rule) {
        if (find_equal(existing, rule)) {
            refuse_duplicate(call, rule);
            return false;
        }
    }
    if (count_direction(existing, direction) + json_array_size(wanted) <= RULES_MAX)
        return true;
    cloud_refuse(call, "RulesPerSecurityGroupLimitExceeded",
                 "The maximum number of rules per security group has been reached: %d", RULES_MAX);
    return false;
}

static json_t *called_group(struct cloud_call *call)
{
    return group_called(call, cloud_text(call, "GroupId"), cloud_text(call, "GroupName"), NULL);
}

static json_t *authorize_rules(struct cloud_call *call, enum group_direction direction)
{
    json_t *group = called_group(call);
    const char *id = json_text_of(cloud_item(group), "GroupId");
    AUTO(json) json_t *tags = group ? cloud_tags_specified(call, CLOUD_RULE) : NULL;
    AUTO(json) json_t *wanted = tags ? permissions_rules(call, group, direction) : NULL;
    AUTO(json) json_t *existing = group ? group_rules(call->cloud, id) : NULL;
    json_t *shown;
    json_t *rule;
    size_t i;

    if (!wanted || !all_can_be_added(call, existing, wanted, direction))
        return NULL;
    shown = json_array();
    json_array_foreach (wanted, i, rule) {
        const json_t *record = group_add_rule_take(call->cloud, id, json_incref(rule), tags);

        json_array_append(shown, cloud_item(record));
    }
    group_show(call->cloud, group);
    return json_pack("{s:b, s:o}", "Return", 1, "SecurityGroupRules", shown);
}

static json_t *authorize_security_group_ingress(struct cloud_call *call)
{
    return authorize_rules(call, GROUP_INGRESS);
}

static json_t *authorize_security_group_egress(struct cloud_call *call)
{
    return authorize_rules(call, GROUP_EGRESS);
}

/* The rules of the group with these ids, a new reference; NULL with the fault set. */
static json_t *rules_by_id(struct cloud_call *call, const char *group_id,
                           enum group_direction direction)
{
    AUTO(json) json_t *found = cloud_choose(call, CLOUD_RULE, "SecurityGroupRuleIds");
    json_t *rule;
    size_t i;

    json_array_foreach (found, i, rule) {
        const json_t *item = cloud_item(rule);

        if (!str_equal(json_text_of(item, "GroupId"), group_id) ||
            json_is_true(json_object_get(item, "IsEgress")) != (direction == GROUP_EGRESS))
            return cloud_refuse(call, "InvalidSecurityGroupRuleId.NotFound",
                                "The security group rule ID '%s' does not exist",
                                json_text_of(item, "SecurityGroupRuleId"));
    }
    return STEAL(found);
}

/* The rules of the group that allow what the call says, a new reference; NULL with the fault set.
 */
static json_t *rules_by_content(struct cloud_call *call, const json_t *group,
                                enum group_direction direction)
{
    const char *id = json_text_of(cloud_item(group), "GroupId");
    AUTO(json) json_t *wanted = permissions_rules(call, group, direction);
    AUTO(json) json_t *existing = group_rules(call->cloud, id);
    AUTO(json) json_t *found = json_array();
    json_t *rule;
    size_t i;

    if (!wanted)
        return NULL;
    json_array_foreach (wanted, i, rule) {
        json_t *record = find_equal(existing, rule);

        if (!record)
            return cloud_refuse(call, "InvalidPermission.NotFound",
                                "The specified rule does not exist in this security group.");
        json_array_append(found, record);
    }
    return STEAL(found);
}

/* A RevokedSecurityGroupRule has the members of a rule with the peer told flat. */
static json_t *revoked_item(const json_t *rule)
{
    json_t *item = json_copy(json_walkable(rule));
    const json_t *source = json_object_get(item, "ReferencedGroupInfo");

    if (source)
        json_object_set(item, "ReferencedGroupId", json_object_get(source, "GroupId"));
    json_object_del(item, "ReferencedGroupInfo");
    json_object_del(item, "Tags");
    json_object_del(item, "GroupOwnerId");
    json_object_del(item, "SecurityGroupRuleArn");
    return item;
}

static json_t *revoke_rules(struct cloud_call *call, enum group_direction direction)
{
    json_t *group = called_group(call);
    const char *id = json_text_of(cloud_item(group), "GroupId");
    AUTO(json) json_t *rules = NULL;
    json_t *shown;
    json_t *rule;
    size_t i;

    if (!group)
        return NULL;
    rules = json_array_size(cloud_param(call, "SecurityGroupRuleIds"))
                ? rules_by_id(call, id, direction)
                : rules_by_content(call, group, direction);
    if (!rules)
        return NULL;
    shown = json_array();
    json_array_foreach (rules, i, rule) {
        json_array_append_new(shown, revoked_item(cloud_item(rule)));
        cloud_drop(call->cloud, CLOUD_RULE, json_text_of(cloud_item(rule), "SecurityGroupRuleId"));
    }
    group_show(call->cloud, group);
    return json_pack("{s:b, s:o}", "Return", 1, "RevokedSecurityGroupRules", shown);
}

static json_t *revoke_security_group_ingress(struct cloud_call *call)
{
    return revoke_rules(call, GROUP_INGRESS);
}

static json_t *revoke_security_group_egress(struct cloud_call *call)
{
    return revoke_rules(call, GROUP_EGRESS);
}

static const struct cloud_filter rule_filters[] = {
    { "group-id", "GroupId" },
    { "security-group-rule-id", "SecurityGroupRuleId" },
};

static json_t *describe_security_group_rules(struct cloud_call *call)
{
    return cloud_describe_take(call, CLOUD_FILTERS(rule_filters),
                               cloud_choose(call, CLOUD_RULE, "SecurityGroupRuleIds"),
                               "SecurityGroupRules");
}

static const struct cloud_action actions[] = {
    { "AuthorizeSecurityGroupEgress", authorize_security_group_egress },
    { "AuthorizeSecurityGroupIngress", authorize_security_group_ingress },
    { "DescribeSecurityGroupRules", describe_security_group_rules },
    { "RevokeSecurityGroupEgress", revoke_security_group_egress },
    { "RevokeSecurityGroupIngress", revoke_security_group_ingress },
};

const struct cloud_family cloud_family_ec2_rules = { "ec2", actions, ARRAY_SIZE(actions) };
