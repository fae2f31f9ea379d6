// SPDX-License-Identifier: Apache-2.0
#include "cloud/permissions.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "cloud/network.h"

/* One call in progress: what its permissions have in common. */
struct reading {
    struct cloud_call *call;
    const json_t *group;
    enum group_direction direction;
    json_t *rules;
};

/* EC2 shows the four that have names by them. */
static char *protocol_name(const char *given)
{
    static const struct {
        const char *number;
        const char *name;
    } named[] = { { "1", "icmp" }, { "6", "tcp" }, { "17", "udp" }, { "58", "icmpv6" } };
    char *name = mem_strdup(given);

    for (char *c = name; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
        if (strcmp(named[i].number, name) == 0) {
            free(name);
            return mem_strdup(named[i].name);
        }
    }
    return name;
}

static bool is_protocol(const char *name)
{
    static const char *const known[] = { "-1", "tcp", "udp", "icmp", "icmpv6", NULL };
    size_t digits = strspn(name, "0123456789");

    if (str_in(name, known))
        return true;
    return digits > 0 && digits <= 3 && !name[digits] && strtol(name, NULL, 10) <= 255;
}

static bool bad_ports(struct reading *reading, int64_t from, int64_t to, const char *what)
{
    cloud_refuse(reading->call, "InvalidParameterValue",
                 "Invalid %s range: from %" PRId64 " to %" PRId64
                 ". Ports are 0 to 65535, the first not above the last; ICMP types and codes -1 "
                 "(any) to 255",
                 what, from, to);
    return false;
}

/* Fill in protocol and ports; false with the fault set. */
static bool read_ports(struct reading *reading, const json_t *permission, json_t *rule)
{
    const char *given = json_text_of(permission, "IpProtocol");
    const json_t *from_value = json_object_get(permission, "FromPort");
    const json_t *to_value = json_object_get(permission, "ToPort");
    int64_t from = json_is_integer(from_value) ? json_integer_value(from_value) : -1;
    int64_t to = json_is_integer(to_value) ? json_integer_value(to_value) : -1;
    AUTO(str) char *name = given ? protocol_name(given) : NULL;

    if (!name) {
        cloud_refuse(reading->call, "MissingParameter",
                     "The request must contain the parameter ipProtocol");
        return false;
    }
    if (!is_protocol(name)) {
        cloud_refuse(reading->call, "InvalidParameterValue",
                     "Invalid value '%s' for IP protocol. It must be tcp, udp, icmp, icmpv6, a "
                     "number to 255, or -1 for all",
                     given);
        return false;
    }
    if (str_equal(name, "tcp") || str_equal(name, "udp")) {
        if (!json_is_integer(from_value) || !json_is_integer(to_value)) {
            cloud_refuse(reading->call, "InvalidParameterValue",
                         "Invalid value 'Must specify both from and to ports with TCP/UDP.' for "
                         "portRange.");
            return false;
        }
        if (from < 0 || to > 65535 || from > to)
            return bad_ports(reading, from, to, "TCP/UDP port");
    } else if (str_starts(name, "icmp")) {
        if (from < -1 || from > 255 || to < -1 || to > 255 || (from == -1 && to != -1))
            return bad_ports(reading, from, to, "ICMP type and code");
    } else {
        from = -1;
        to = -1;
    }
    json_object_update_new(rule,
                           json_pack("{s:b, s:s, s:I, s:I}", "IsEgress",
                                     (int)(reading->direction == GROUP_EGRESS), "IpProtocol", name,
                                     "FromPort", (json_int_t)from, "ToPort", (json_int_t)to));
    return true;
}

static bool bad_cidr(struct reading *reading, const char *cidr)
{
    cloud_refuse(reading->call, "InvalidParameterValue", "CIDR block %s is malformed",
                 cidr ? cidr : "");
    return false;
}

static bool is_cidr6(const char *cidr)
{
    size_t length = strcspn(cidr, "/");
    AUTO(str) char *address = mem_strndup(cidr, length);
    const char *bits = cidr[length] ? cidr + length + 1 : "";
    size_t digits = strspn(bits, "0123456789");
    struct in6_addr parsed;

    return inet_pton(AF_INET6, address, &parsed) == 1 && digits > 0 && digits <= 3 &&
           !bits[digits] && strtol(bits, NULL, 10) <= 128;
}

/* The rule of a permission for one peer of it. */
static bool add_rule(struct reading *reading, const json_t *common, const json_t *peer,
                     json_t *more)
{
    json_t *rule = json_copy(json_walkable(common));
    json_t *description = json_object_get(peer, "Description");
    json_t *other;
    size_t i;

    json_object_update_new(rule, more);
    if (json_is_string(description))
        json_object_set(rule, "Description", description);
    json_array_foreach (reading->rules, i, other) {
        if (group_rule_equals(rule, other)) {
            json_decref(rule);
            cloud_refuse(reading->call, "InvalidParameterValue",
                         "The same permission must not appear multiple times");
            return false;
        }
    }
    json_array_append_new(reading->rules, rule);
    return true;
}

static bool add_ranges(struct reading *reading, const json_t *common, const json_t *permission)
{
    json_t *peer;
    size_t i;

    json_array_foreach (json_object_get(permission, "IpRanges"), i, peer) {
        AUTO(str) char *canonical = network_canonical_cidr(json_text_of(peer, "CidrIp"));

        if (!canonical)
            return bad_cidr(reading, json_text_of(peer, "CidrIp"));
        if (!add_rule(reading, common, peer, json_pack("{s:s}", "CidrIpv4", canonical)))
            return false;
    }
    json_array_foreach (json_object_get(permission, "Ipv6Ranges"), i, peer) {
        const char *cidr = json_text_of(peer, "CidrIpv6");

        if (!cidr || !is_cidr6(cidr))
            return bad_cidr(reading, cidr);
        if (!add_rule(reading, common, peer, json_pack("{s:s}", "CidrIpv6", cidr)))
            return false;
    }
    return true;
}

static bool add_groups(struct reading *reading, const json_t *common, const json_t *permission)
{
    const char *vpc = json_text_of(cloud_item(reading->group), "VpcId");
    json_t *peer;
    size_t i;

    json_array_foreach (json_object_get(permission, "UserIdGroupPairs"), i, peer) {
        const json_t *source = group_called(reading->call, json_text_of(peer, "GroupId"),
                                            json_text_of(peer, "GroupName"), vpc);

        if (!source)
            return false;
        if (!add_rule(reading, common, peer,
                      json_pack("{s:{s:s, s:s}}", "ReferencedGroupInfo", "GroupId",
                                json_text_of(cloud_item(source), "GroupId"), "UserId",
                                reading->call->cloud->account)))
            return false;
    }
    return true;
}

static bool read_permission(struct reading *reading, const json_t *permission)
{
    AUTO(json) json_t *common = json_object();
    size_t before = json_array_size(reading->rules);
    const json_t *lists = json_array_get(json_object_get(permission, "PrefixListIds"), 0);

    if (!read_ports(reading, permission, common))
        return false;
    if (lists) {
        cloud_refuse(reading->call, "InvalidPrefixListID.NotFound",
                     "The prefix list ID '%s' does not exist: a lab has none",
                     json_text_of(lists, "PrefixListId") ? json_text_of(lists, "PrefixListId")
                                                         : "");
        return false;
    }
    if (!add_ranges(reading, common, permission) || !add_groups(reading, common, permission))
        return false;
    if (json_array_size(reading->rules) > before)
        return true;
    cloud_refuse(reading->call, "MissingParameter",
                 "A permission must have IpRanges, Ipv6Ranges or UserIdGroupPairs");
    return false;
}

/* The flat parameters as a permission, a new reference; NULL when none of them is given. */
static json_t *flat_permission(const struct cloud_call *call)
{
    const char *source = cloud_text(call, "SourceSecurityGroupName");
    const char *cidr = cloud_text(call, "CidrIp");
    json_t *permission = json_object();
    static const char *const members[] = { "IpProtocol", "FromPort", "ToPort" };

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        if (json_object_get(call->params, members[i]))
            json_object_set(permission, members[i], json_object_get(call->params, members[i]));
    }
    if (cidr)
        json_object_set_new(permission, "IpRanges", json_pack("[{s:s}]", "CidrIp", cidr));
    if (source)
        json_object_set_new(permission, "UserIdGroupPairs",
                            json_pack("[{s:s}]", "GroupName", source));
    if (source && !json_object_get(permission, "IpProtocol"))
        cloud_set_text(permission, "IpProtocol", "-1");
    if (json_object_size(permission))
        return permission;
    json_decref(permission);
    return NULL;
}

json_t *permissions_rules(struct cloud_call *call, const json_t *group,
                          enum group_direction direction)
{
    const json_t *permissions = cloud_param(call, "IpPermissions");
    AUTO(json) json_t *flat = flat_permission(call);
    AUTO(json) json_t *rules = json_array();
    struct reading reading = { call, group, direction, rules };
    json_t *permission;
    size_t i;

    if (flat && json_array_size(permissions))
        return cloud_refuse(call, "InvalidParameterCombination",
                            "IpPermissions must not be given together with a protocol, ports or "
                            "sources outside of it");
    if (!flat && !json_array_size(permissions))
        return cloud_refuse(call, "MissingParameter",
                            "The request must contain the parameter ipPermissions");
    if (flat && !read_permission(&reading, flat))
        return NULL;
    json_array_foreach (permissions, i, permission) {
        if (!read_permission(&reading, permission))
            return NULL;
    }
    return STEAL(rules);
}
