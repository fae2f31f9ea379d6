// SPDX-License-Identifier: Apache-2.0
#include "labd/groups.h"

#include <netinet/in.h>
#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"

struct groups {
    struct netfilter *netfilter;
    json_t *put; /* group id -> [ingress, egress] as they were put */
};

struct rules {
    struct netfilter_rule *items;
    size_t count;
};

static void rules_clear(struct rules *rules)
{
    free(rules->items);
}

AUTO_CLEAR(rules, struct rules)

struct groups *groups_new(struct netfilter *netfilter)
{
    struct groups *groups = mem_zero(1, sizeof(*groups));

    groups->netfilter = netfilter;
    groups->put = json_object();
    return groups;
}

void groups_free(struct groups *groups)
{
    json_decref(groups->put);
    free(groups);
}

/* "tcp", "-1" or a number (EC2, IpPermission). */
static int protocol_of(const char *name)
{
    if (!name || strcmp(name, "-1") == 0)
        return NETFILTER_ALL_PROTOCOLS;
    if (strcmp(name, "tcp") == 0)
        return IPPROTO_TCP;
    if (strcmp(name, "udp") == 0)
        return IPPROTO_UDP;
    if (strcmp(name, "icmp") == 0)
        return IPPROTO_ICMP;
    return (int)strtol(name, NULL, 10);
}

static int port_of(const json_t *permission, const char *key)
{
    const json_t *port = json_object_get(permission, key);

    return json_is_integer(port) ? (int)json_integer_value(port) : -1;
}

static void add(struct rules *rules, const struct netfilter_rule *rule)
{
    rules->items = mem_resize(rules->items, (rules->count + 1) * sizeof(*rules->items));
    rules->items[rules->count++] = *rule;
}

static int put_group(struct groups *groups, const struct cloud *cloud, const char *id,
                     struct chaos_error *err);

static int add_permission(struct groups *groups, const struct cloud *cloud,
                          const json_t *permission, enum netfilter_direction direction,
                          struct rules *rules, struct chaos_error *err)
{
    struct netfilter_rule rule = { .direction = direction,
                                   .protocol = protocol_of(json_text_of(permission, "IpProtocol")),
                                   .from_port = port_of(permission, "FromPort"),
                                   .to_port = port_of(permission, "ToPort") };
    json_t *peer;
    size_t i;

    json_array_foreach (json_object_get(permission, "IpRanges"), i, peer) {
        if (cidr_parse(json_text_of(peer, "CidrIp"), &rule.peer, err) < 0)
            return -(int)err->code;
        add(rules, &rule);
    }
    rule.peer = (struct cidr){ 0 };
    json_array_foreach (json_object_get(permission, "UserIdGroupPairs"), i, peer) {
        rule.peer_group = json_text_of(peer, "GroupId");
        if (!rule.peer_group)
            continue;
        if (put_group(groups, cloud, rule.peer_group, err) < 0)
            return -(int)err->code;
        add(rules, &rule);
    }
    return 0;
}

static int add_permissions(struct groups *groups, const struct cloud *cloud, const json_t *list,
                           enum netfilter_direction direction, struct rules *rules,
                           struct chaos_error *err)
{
    json_t *permission;
    size_t i;

    json_array_foreach (list, i, permission) {
        if (add_permission(groups, cloud, permission, direction, rules, err) < 0)
            return -(int)err->code;
    }
    return 0;
}

/* What is noted before the rules are built ends the circle of groups that name each other. */
static int put_group(struct groups *groups, const struct cloud *cloud, const char *id,
                     struct chaos_error *err)
{
    const json_t *item = json_object_get(json_object_get(cloud_security_groups(cloud), id), "Item");
    const json_t *former = json_object_get(groups->put, id);
    AUTO(rules) struct rules rules = { 0 };
    AUTO(json) json_t *now = NULL;

    if (!item)
        return 0;
    now = json_pack("[O, O]", json_object_get(item, "IpPermissions"),
                    json_object_get(item, "IpPermissionsEgress"));
    if (former && json_equal(former, now))
        return 0;
    if (!former && netfilter_put_group(groups->netfilter, id, NULL, 0, err) < 0)
        return -(int)err->code;
    json_object_set_new(groups->put, id, json_deep_copy(now));
    if (add_permissions(groups, cloud, json_array_get(now, 0), NETFILTER_INGRESS, &rules, err) <
            0 ||
        add_permissions(groups, cloud, json_array_get(now, 1), NETFILTER_EGRESS, &rules, err) < 0 ||
        netfilter_put_group(groups->netfilter, id, rules.items, rules.count, err) < 0) {
        json_object_del(groups->put, id);
        return -(int)err->code;
    }
    return 0;
}

/* Take groups that were deleted out of the kernel: first their rules, which may name each other.
 * One that a group still there names, as it was put, stays until the next time. */
static void remove_deleted(struct groups *groups, const struct cloud *cloud)
{
    const json_t *all = cloud_security_groups(cloud);
    const char *id;
    json_t *put;
    void *next;

    json_object_foreach (groups->put, id, put) {
        AUTO(chaos_error) struct chaos_error ignored = { 0 };

        if (!json_object_get(all, id))
            (void)!netfilter_put_group(groups->netfilter, id, NULL, 0, &ignored);
    }
    json_object_foreach_safe(groups->put, next, id, put)
    {
        AUTO(chaos_error) struct chaos_error in_use = { 0 };

        if (!json_object_get(all, id) &&
            netfilter_remove_group(groups->netfilter, id, &in_use) == 0)
            json_object_del(groups->put, id);
    }
}

int groups_apply(struct groups *groups, const struct cloud *cloud, const json_t *item,
                 struct netfilter_machine *machine, struct chaos_error *err)
{
    const char *ids[NETFILTER_GROUPS_MAX];
    json_t *group;
    size_t i;

    machine->group_count = 0;
    json_array_foreach (json_object_get(item, "SecurityGroups"), i, group) {
        const char *id = json_text_of(group, "GroupId");

        if (put_group(groups, cloud, id, err) < 0)
            return -(int)err->code;
        if (machine->group_count < ARRAY_SIZE(ids))
            ids[machine->group_count++] = id;
    }
    machine->groups = ids;
    if (netfilter_put_machine(groups->netfilter, machine, err) < 0)
        return -(int)err->code;
    remove_deleted(groups, cloud);
    return 0;
}
