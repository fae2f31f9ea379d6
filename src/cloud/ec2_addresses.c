// SPDX-License-Identifier: Apache-2.0
// Elastic IPs. An address is an instance's from the moment of AssociateAddress until it is taken
// away or given to another one.
#include <string.h>

#include "cloud/addresses.h"
#include "cloud/filter.h"
#include "cloud/instances.h"
#include "cloud/network.h"

static json_t *find_public(const struct cloud *cloud, const char *public_ip)
{
    const char *id;
    json_t *address;

    json_object_foreach (cloud->tables[CLOUD_ADDRESS], id, address) {
        if (str_equal(json_text_of(cloud_item(address), "PublicIp"), public_ip))
            return address;
    }
    return NULL;
}

/* The address that a call names by its id or by itself; NULL with the fault set. */
static json_t *called_address(struct cloud_call *call)
{
    const char *id = cloud_text(call, "AllocationId");
    const char *public_ip = cloud_text(call, "PublicIp");
    json_t *record;

    if (id) {
        record = cloud_find(call->cloud, CLOUD_ADDRESS, id);
        return record ? record : cloud_unknown(call, CLOUD_ADDRESS, id);
    }
    if (!public_ip)
        return cloud_refuse(call, "MissingParameter",
                            "Either 'AllocationId' or 'PublicIp' must be provided.");
    record = find_public(call->cloud, public_ip);
    return record ? record
                  : cloud_refuse(call, "InvalidAddress.NotFound", "Address '%s' not found.",
                                 public_ip);
}

static json_t *holder_of(const struct cloud *cloud, const json_t *address)
{
    const char *id = json_text_of(cloud_item(address), "InstanceId");

    return id && *id ? cloud_find(cloud, CLOUD_INSTANCE, id) : NULL;
}

/* Whether packets for the address have somewhere to go. */
static bool is_up(const json_t *instance)
{
    enum instance_state state = instance_state(instance);

    return state == INSTANCE_RUNNING || state == INSTANCE_STOPPING || state == INSTANCE_PENDING;
}

static void map(struct cloud *cloud, const json_t *address, const json_t *instance)
{
    const char *private_ip =
        instance && is_up(instance) ? json_text_of(cloud_item(instance), "PrivateIpAddress") : NULL;

    if (cloud->host.map_address)
        cloud->host.map_address(cloud->host.data, json_text_of(cloud_item(address), "PublicIp"),
                                private_ip);
}

static void forget_holder(struct cloud *cloud, json_t *address)
{
    json_t *item = cloud_item(address);
    json_t *holder = holder_of(cloud, address);

    if (holder)
        instance_show_address(cloud, holder, NULL);
    json_object_del(item, "AssociationId");
    json_object_del(item, "NetworkInterfaceId");
    json_object_del(item, "NetworkInterfaceOwnerId");
    json_object_del(item, "PrivateIpAddress");
    cloud_set_text(item, "InstanceId", "");
}

static void take_away(struct cloud *cloud, json_t *address)
{
    AUTO(str) char *former = mem_strdup(json_text_of(cloud_item(address), "InstanceId"));

    forget_holder(cloud, address);
    map(cloud, address, NULL);
    cloud_event(cloud, "address-disassociated", json_text_of(cloud_item(address), "PublicIp"),
                "instance", former, NULL);
}

static void give(struct cloud *cloud, json_t *address, json_t *instance)
{
    const json_t *owner = cloud_item(instance);
    const json_t *interface = json_array_get(json_object_get(owner, "NetworkInterfaces"), 0);
    json_t *item = cloud_item(address);
    AUTO(str) char *digits = cloud_random("0123456789abcdef", 17);
    AUTO(str) char *association = mem_printf("eipassoc-%s", digits);

    forget_holder(cloud, address);
    cloud_set_text(item, "AssociationId", association);
    cloud_set_text(item, "InstanceId", json_text_of(owner, "InstanceId"));
    cloud_set_text(item, "NetworkInterfaceId", json_text_of(interface, "NetworkInterfaceId"));
    cloud_set_text(item, "NetworkInterfaceOwnerId", cloud->account);
    cloud_set_text(item, "PrivateIpAddress", json_text_of(owner, "PrivateIpAddress"));
    instance_show_address(cloud, instance, item);
    map(cloud, address, instance);
    cloud_event(cloud, "address-associated", json_text_of(item, "PublicIp"), "instance",
                json_text_of(owner, "InstanceId"), NULL);
}

typedef void (*address_visit)(struct cloud *cloud, json_t *address, const json_t *instance);

static void each_address_of(struct cloud *cloud, const json_t *instance, address_visit visit)
{
    const char *instance_id = json_text_of(cloud_item(instance), "InstanceId");
    const char *id;
    json_t *address;

    json_object_foreach (cloud->tables[CLOUD_ADDRESS], id, address) {
        if (str_equal(json_text_of(cloud_item(address), "InstanceId"), instance_id))
            visit(cloud, address, instance);
    }
}

static void release_one(struct cloud *cloud, json_t *address, const json_t *instance)
{
    (void)instance;
    take_away(cloud, address);
}

void addresses_release_instance(struct cloud *cloud, const json_t *instance)
{
    each_address_of(cloud, instance, release_one);
}

static void restore_one(struct cloud *cloud, json_t *address, const json_t *instance)
{
    map(cloud, address, instance);
}

void addresses_restore_instance(struct cloud *cloud, const json_t *instance)
{
    each_address_of(cloud, instance, restore_one);
}

/* The first address of the pools that nobody has, owned; NULL when there is none. */
static char *free_address(const struct cloud *cloud)
{
    const json_t *pool;
    size_t i;

    json_array_foreach (cloud->pools, i, pool) {
        uint32_t first = 0;
        unsigned bits = 32;
        uint32_t size;

        (void)!network_parse_cidr(json_string_value(pool), &first, &bits);
        size = UINT32_C(1) << (32 - bits);
        for (uint32_t n = 0; n < size; n++) {
            AUTO(str) char *text = NULL;

            if (size > 2 && (n == 0 || n == size - 1))
                continue;
            text = network_address_text(first + n);
            if (!find_public(cloud, text))
                return STEAL(text);
        }
    }
    return NULL;
}

static bool is_in_pools(const struct cloud *cloud, const char *public_ip)
{
    const json_t *pool;
    size_t i;
    uint32_t address;

    if (!network_parse_address(public_ip, &address))
        return false;
    json_array_foreach (cloud->pools, i, pool) {
        uint32_t first = 0;
        unsigned bits = 32;

        (void)!network_parse_cidr(json_string_value(pool), &first, &bits);
        if (network_contains(first, bits, address))
            return true;
    }
    return false;
}

static char *wanted_address(struct cloud_call *call)
{
    const char *wanted = cloud_text(call, "Address");
    char *chosen;

    if (!wanted) {
        chosen = free_address(call->cloud);
        if (!chosen)
            cloud_refuse(call, "AddressLimitExceeded",
                         "The maximum number of addresses has been reached.");
        return chosen;
    }
    if (!is_in_pools(call->cloud, wanted))
        cloud_refuse(call, "InvalidAddress.NotFound",
                     "Address '%s' is in none of the lab's pools of public addresses", wanted);
    else if (find_public(call->cloud, wanted))
        cloud_refuse(call, "InvalidAddress.NotFound", "Address '%s' is already allocated", wanted);
    else
        return mem_strdup(wanted);
    return NULL;
}

static json_t *allocate_address(struct cloud_call *call)
{
    const char *domain = cloud_text(call, "Domain");
    AUTO(json) json_t *tags = cloud_tags_specified(call, CLOUD_ADDRESS);
    AUTO(str) char *public_ip = NULL;
    AUTO(str) char *id = cloud_new_id(CLOUD_ADDRESS);
    struct cloud *cloud = call->cloud;

    if (!tags)
        return NULL;
    if (domain && strcmp(domain, "vpc") != 0)
        return cloud_refuse(call, "InvalidParameterValue",
                            "Value (%s) for parameter domain is invalid. It must be vpc", domain);
    public_ip = wanted_address(call);
    if (!public_ip)
        return NULL;
    cloud_add(cloud, CLOUD_ADDRESS, id,
              json_pack("{s:{s:s, s:s, s:s, s:s, s:s, s:s, s:O}}", "Item", "InstanceId", "",
                        "PublicIp", public_ip, "AllocationId", id, "Domain", "vpc",
                        "PublicIpv4Pool", "amazon", "NetworkBorderGroup", cloud->region, "Tags",
                        tags));
    cloud_event(cloud, "address-allocated", public_ip, NULL);
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "PublicIp", public_ip, "AllocationId", id,
                     "PublicIpv4Pool", "amazon", "NetworkBorderGroup", cloud->region, "Domain",
                     "vpc");
}

/* The instance that a call names by its id or by its interface. */
static json_t *called_instance(struct cloud_call *call)
{
    const char *id = cloud_text(call, "InstanceId");
    const char *interface = cloud_text(call, "NetworkInterfaceId");
    const char *key;
    json_t *record;

    if (id) {
        record = cloud_find(call->cloud, CLOUD_INSTANCE, id);
        return record ? record : cloud_unknown(call, CLOUD_INSTANCE, id);
    }
    if (!interface)
        return cloud_refuse(call, "MissingParameter",
                            "Either 'InstanceId' or 'NetworkInterfaceId' must be provided.");
    json_object_foreach (call->cloud->tables[CLOUD_INSTANCE], key, record) {
        const json_t *first =
            json_array_get(json_object_get(cloud_item(record), "NetworkInterfaces"), 0);

        if (str_equal(json_text_of(first, "NetworkInterfaceId"), interface))
            return record;
    }
    return cloud_refuse(call, "InvalidNetworkInterfaceID.NotFound",
                        "The networkInterface ID '%s' does not exist", interface);
}

/* An address moves by itself unless the caller says that it must not (AssociateAddress,
 * AllowReassociation). */
static bool may_move(struct cloud_call *call, const json_t *address, const json_t *instance)
{
    const char *holder = json_text_of(cloud_item(address), "InstanceId");
    const char *wanted = json_text_of(cloud_item(instance), "InstanceId");
    bool is_allowed = cloud_flag(call, "AllowReassociation", true);

    if (!*holder || strcmp(holder, wanted) == 0 || is_allowed)
        return true;
    cloud_refuse(call, "Resource.AlreadyAssociated",
                 "resource %s is already associated with associate-id %s",
                 json_text_of(cloud_item(address), "AllocationId"),
                 json_text_of(cloud_item(address), "AssociationId"));
    return false;
}

static bool can_hold(struct cloud_call *call, const json_t *instance)
{
    enum instance_state state = instance_state(instance);

    if (state == INSTANCE_RUNNING || state == INSTANCE_STOPPED)
        return true;
    cloud_refuse(call, "InvalidInstanceID",
                 "The pending-instance-creation instance to which address is to be attached is "
                 "in the state '%s', not running or stopped",
                 instance_state_name(state));
    return false;
}

/* An instance has one: another one that it holds becomes free. */
static void free_others(struct cloud *cloud, const json_t *address, const json_t *instance)
{
    const char *instance_id = json_text_of(cloud_item(instance), "InstanceId");
    const char *id;
    json_t *other;

    json_object_foreach (cloud->tables[CLOUD_ADDRESS], id, other) {
        if (other != address &&
            str_equal(json_text_of(cloud_item(other), "InstanceId"), instance_id))
            take_away(cloud, other);
    }
}

static json_t *associate_address(struct cloud_call *call)
{
    json_t *address = called_address(call);
    json_t *instance = address ? called_instance(call) : NULL;

    if (!address || !instance || !can_hold(call, instance) || !may_move(call, address, instance))
        return NULL;
    free_others(call->cloud, address, instance);
    give(call->cloud, address, instance);
    return json_pack("{s:O}", "AssociationId",
                     json_object_get(cloud_item(address), "AssociationId"));
}

static json_t *find_association(const struct cloud *cloud, const char *association)
{
    const char *id;
    json_t *address;

    json_object_foreach (cloud->tables[CLOUD_ADDRESS], id, address) {
        if (str_equal(json_text_of(cloud_item(address), "AssociationId"), association))
            return address;
    }
    return NULL;
}

static json_t *disassociate_address(struct cloud_call *call)
{
    const char *association = cloud_text(call, "AssociationId");
    json_t *address;

    if (association) {
        address = find_association(call->cloud, association);
        if (!address)
            return cloud_refuse(call, "InvalidAssociationID.NotFound",
                                "The association ID '%s' does not exist", association);
    } else {
        address = called_address(call);
        if (!address)
            return NULL;
        if (!json_object_get(cloud_item(address), "AssociationId"))
            return cloud_refuse(call, "InvalidAddress.NotFound", "Address '%s' is not associated.",
                                cloud_text(call, "PublicIp"));
    }
    take_away(call->cloud, address);
    return json_object();
}

static json_t *release_address(struct cloud_call *call)
{
    json_t *address = called_address(call);
    AUTO(str) char *public_ip = NULL;

    if (!address)
        return NULL;
    if (json_object_get(cloud_item(address), "AssociationId"))
        return cloud_refuse(call, "InvalidIPAddress.InUse", "Address %s is in use.",
                            json_text_of(cloud_item(address), "PublicIp"));
    public_ip = mem_strdup(json_text_of(cloud_item(address), "PublicIp"));
    cloud_drop(call->cloud, CLOUD_ADDRESS, json_text_of(cloud_item(address), "AllocationId"));
    cloud_event(call->cloud, "address-released", public_ip, NULL);
    return json_object();
}

static const struct cloud_filter address_filters[] = {
    { "allocation-id", "AllocationId" },
    { "association-id", "AssociationId" },
    { "domain", "Domain" },
    { "instance-id", "InstanceId" },
    { "network-border-group", "NetworkBorderGroup" },
    { "network-interface-id", "NetworkInterfaceId" },
    { "network-interface-owner-id", "NetworkInterfaceOwnerId" },
    { "private-ip-address", "PrivateIpAddress" },
    { "public-ip", "PublicIp" },
};

static json_t *describe_addresses(struct cloud_call *call)
{
    AUTO(json) json_t *records = cloud_choose(call, CLOUD_ADDRESS, "AllocationIds");
    const json_t *wanted = cloud_param(call, "PublicIps");
    json_t *public_ip;
    size_t i;

    if (records && wanted) {
        json_array_clear(records);
        json_array_foreach (wanted, i, public_ip) {
            json_t *address = find_public(call->cloud, json_string_value(public_ip));

            if (!address)
                return cloud_refuse(call, "InvalidAddress.NotFound", "Address '%s' not found.",
                                    json_string_value(public_ip));
            json_array_append(records, address);
        }
    }
    return cloud_describe_take(call, CLOUD_FILTERS(address_filters), STEAL(records), "Addresses");
}

static const struct cloud_action actions[] = {
    { "AllocateAddress", allocate_address },     { "AssociateAddress", associate_address },
    { "DescribeAddresses", describe_addresses }, { "DisassociateAddress", disassociate_address },
    { "ReleaseAddress", release_address },
};

const struct cloud_family cloud_family_ec2_addresses = { "ec2", actions, ARRAY_SIZE(actions) };
