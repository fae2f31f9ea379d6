// SPDX-License-Identifier: Apache-2.0
#include "cloud/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "cloud/groups.h"

/* AWS keeps the network address, the router, the name server, one for later, and the broadcast
 * address of each subnet to itself. */
#define RESERVED_BELOW 4
#define RESERVED_ABOVE 1

bool network_parse_address(const char *text, uint32_t *ret_address)
{
    struct in_addr address;

    if (!text || inet_pton(AF_INET, text, &address) != 1)
        return false;
    *ret_address = ntohl(address.s_addr);
    return true;
}

char *network_address_text(uint32_t address)
{
    return mem_printf("%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
                      address & 255);
}

static uint32_t mask_of(unsigned bits)
{
    return bits ? ~UINT32_C(0) << (32 - bits) : 0;
}

bool network_contains(uint32_t first, unsigned bits, uint32_t address)
{
    return (address & mask_of(bits)) == first;
}

static bool parse_block(const char *text, uint32_t *ret_address, unsigned *ret_bits)
{
    const char *slash = text ? strchr(text, '/') : NULL;
    AUTO(str) char *address = slash ? mem_strndup(text, (size_t)(slash - text)) : NULL;
    uint32_t first;
    unsigned long bits;
    char *end;

    if (!slash || slash[1] < '0' || slash[1] > '9' || !network_parse_address(address, &first))
        return false;
    bits = strtoul(slash + 1, &end, 10);
    if (*end || bits > 32)
        return false;
    *ret_address = first;
    *ret_bits = (unsigned)bits;
    return true;
}

bool network_parse_cidr(const char *text, uint32_t *ret_first, unsigned *ret_bits)
{
    uint32_t address;
    unsigned bits;

    if (!parse_block(text, &address, &bits) || address & ~mask_of(bits))
        return false;
    *ret_first = address;
    *ret_bits = bits;
    return true;
}

char *network_canonical_cidr(const char *text)
{
    uint32_t address;
    unsigned bits;
    AUTO(str) char *first = NULL;

    if (!parse_block(text, &address, &bits))
        return NULL;
    first = network_address_text(address & mask_of(bits));
    return mem_printf("%s/%u", first, bits);
}

bool network_overlaps(const char *block, const char *other)
{
    uint32_t first[2];
    unsigned bits[2];

    return network_parse_cidr(block, &first[0], &bits[0]) &&
           network_parse_cidr(other, &first[1], &bits[1]) &&
           (network_contains(first[0], bits[0], first[1]) ||
            network_contains(first[1], bits[1], first[0]));
}

json_t *network_add_vpc(struct cloud *cloud, const char *block, enum network_standing standing,
                        json_t *tags)
{
    AUTO(str) char *id = cloud_new_id(CLOUD_VPC);
    AUTO(str) char *digits = cloud_random("0123456789abcdef", 17);
    AUTO(str) char *association = mem_printf("vpc-cidr-assoc-%s", digits);
    AUTO(json) json_t *shown_tags = tags ? json_incref(tags) : json_array();
    json_t *vpc = cloud_add(
        cloud, CLOUD_VPC, id,
        json_pack("{s:{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:[], s:[{s:s, s:s, s:{s:s}}], s:O}}",
                  "Item", "CidrBlock", block, "DhcpOptionsId", "default", "State", "available",
                  "VpcId", id, "OwnerId", cloud->account, "InstanceTenancy", "default", "IsDefault",
                  (int)(standing == NETWORK_DEFAULT), "Ipv6CidrBlockAssociationSet",
                  "CidrBlockAssociationSet", "AssociationId", association, "CidrBlock", block,
                  "CidrBlockState", "State", "associated", "Tags", shown_tags));

    group_create_default(cloud, id);
    return vpc;
}

json_t *network_add_subnet(struct cloud *cloud, const struct network_subnet *plan)
{
    AUTO(str) char *id = cloud_new_id(CLOUD_SUBNET);
    AUTO(str) char *zone = cloud_zone_name(cloud, plan->zone);
    AUTO(str) char *rest = mem_printf("subnet/%s", id);
    AUTO(str) char *arn = cloud_arn(cloud, "ec2", rest);
    AUTO(str) char *zone_id = cloud_zone_id(cloud, plan->zone);
    AUTO(json) json_t *tags = plan->tags ? json_incref(plan->tags) : json_array();
    json_t *subnet = cloud_add(
        cloud, CLOUD_SUBNET, id,
        json_pack("{s:{s:s, s:s, s:i, s:s, s:b, s:b, s:s, s:s, s:s, s:s, s:b, s:[], s:s, s:O}}",
                  "Item", "AvailabilityZone", zone, "AvailabilityZoneId", zone_id,
                  "AvailableIpAddressCount", 0, "CidrBlock", plan->block, "DefaultForAz",
                  (int)(plan->standing == NETWORK_DEFAULT), "MapPublicIpOnLaunch", 0, "State",
                  "available", "SubnetId", id, "VpcId", plan->vpc_id, "OwnerId", cloud->account,
                  "AssignIpv6AddressOnCreation", 0, "Ipv6CidrBlockAssociationSet", "SubnetArn", arn,
                  "Tags", tags));

    json_object_update_new(cloud_item(subnet),
                           json_pack("{s:b, s:b, s:{s:s, s:b, s:b}}", "EnableDns64", 0,
                                     "Ipv6Native", 0, "PrivateDnsNameOptionsOnLaunch",
                                     "HostnameType", "ip-name", "EnableResourceNameDnsARecord", 0,
                                     "EnableResourceNameDnsAAAARecord", 0));
    network_count_free(cloud);
    return subnet;
}

int network_create(struct cloud *cloud, struct chaos_error *err)
{
    const json_t *vpc;
    const json_t *pool;
    size_t i;
    uint32_t first;
    unsigned bits;

    json_array_foreach (cloud->pools, i, pool) {
        if (!network_parse_cidr(json_string_value(pool), &first, &bits) || bits < 16)
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "public addresses: item %zu must be a block such as "
                                   "203.0.113.0/24 (at most a /16, no bits beyond the mask)",
                                   i);
    }
    if (cloud->n_zones > 6)
        return chaos_error_set(err, CHAOS_E_INVALID, "zones: a lab has at most 6");
    vpc = network_add_vpc(cloud, "10.0.0.0/16", NETWORK_DEFAULT, NULL);
    for (size_t zone = 0; zone < cloud->n_zones; zone++) {
        AUTO(str) char *block = mem_printf("10.0.%zu.0/24", zone);

        network_add_subnet(
            cloud, &(struct network_subnet){ .vpc_id = json_text_of(cloud_item(vpc), "VpcId"),
                                             .block = block,
                                             .zone = zone,
                                             .standing = NETWORK_DEFAULT });
    }
    return 0;
}

json_t *network_default_vpc(const struct cloud *cloud)
{
    const char *id;
    json_t *vpc;

    json_object_foreach (cloud->tables[CLOUD_VPC], id, vpc) {
        if (json_is_true(json_object_get(cloud_item(vpc), "IsDefault")))
            return vpc;
    }
    return NULL;
}

void network_drop_vpc(struct cloud *cloud, const char *vpc_id)
{
    AUTO(str) char *id = mem_strdup(vpc_id);
    const json_t *group = network_default_group(cloud, id);

    if (group)
        group_remove(cloud, json_text_of(cloud_item(group), "GroupId"));
    cloud_drop(cloud, CLOUD_VPC, id);
}

const char *network_called_vpc(struct cloud_call *call)
{
    const char *wanted = cloud_text(call, "VpcId");
    const json_t *vpc =
        wanted ? cloud_find(call->cloud, CLOUD_VPC, wanted) : network_default_vpc(call->cloud);

    if (vpc)
        return json_text_of(cloud_item(vpc), "VpcId");
    if (wanted)
        cloud_unknown(call, CLOUD_VPC, wanted);
    else
        cloud_refuse(call, "VPCIdNotSpecified", "No default VPC for this user.");
    return NULL;
}

json_t *network_default_subnet(const struct cloud *cloud, const char *zone)
{
    const char *id;
    json_t *subnet;

    json_object_foreach (cloud->tables[CLOUD_SUBNET], id, subnet) {
        const json_t *item = cloud_item(subnet);

        if (json_is_true(json_object_get(item, "DefaultForAz")) &&
            str_equal(json_text_of(item, "AvailabilityZone"), zone))
            return subnet;
    }
    return NULL;
}

json_t *network_default_group(const struct cloud *cloud, const char *vpc_id)
{
    const char *id;
    json_t *group;

    json_object_foreach (cloud->tables[CLOUD_GROUP], id, group) {
        const json_t *item = cloud_item(group);

        if (str_equal(json_text_of(item, "GroupName"), "default") &&
            str_equal(json_text_of(item, "VpcId"), vpc_id))
            return group;
    }
    return NULL;
}

static bool holds_address(const json_t *instance)
{
    const char *state = json_text_of(json_object_get(cloud_item(instance), "State"), "Name");

    return !str_equal(state, "terminated");
}

const json_t *cloud_instance_at(const struct cloud *cloud, const char *private_ip)
{
    const char *id;
    json_t *instance;

    json_object_foreach (cloud->tables[CLOUD_INSTANCE], id, instance) {
        if (holds_address(instance) &&
            str_equal(json_text_of(cloud_item(instance), "PrivateIpAddress"), private_ip))
            return instance;
    }
    return NULL;
}

/* One mark for each address of the subnet, owned. */
static bool *taken_addresses(const struct cloud *cloud, uint32_t first, uint32_t size)
{
    bool *taken = mem_zero(size, sizeof(*taken));
    const char *id;
    json_t *instance;

    for (uint32_t i = 0; i < size; i++)
        taken[i] = i < RESERVED_BELOW || i >= size - RESERVED_ABOVE;
    json_object_foreach (cloud->tables[CLOUD_INSTANCE], id, instance) {
        uint32_t address;

        if (holds_address(instance) &&
            network_parse_address(json_text_of(cloud_item(instance), "PrivateIpAddress"),
                                  &address) &&
            address - first < size)
            taken[address - first] = true;
    }
    return taken;
}

/* A larger subnet is used up to here. */
#define SUBNET_MAX UINT32_C(65536)

static bool *subnet_marks(const struct cloud *cloud, const json_t *subnet, uint32_t *ret_first,
                          uint32_t *ret_size)
{
    unsigned bits = 32;

    (void)!network_parse_cidr(json_text_of(cloud_item(subnet), "CidrBlock"), ret_first, &bits);
    *ret_size = bits < 16 ? SUBNET_MAX : UINT32_C(1) << (32 - bits);
    return taken_addresses(cloud, *ret_first, *ret_size);
}

char *network_take_address(struct cloud_call *call, const json_t *subnet, const char *wanted)
{
    uint32_t first = 0;
    uint32_t size = 0;
    AUTO(mem) bool *taken = subnet_marks(call->cloud, subnet, &first, &size);
    uint32_t address;
    uint32_t place;

    if (wanted) {
        if (!network_parse_address(wanted, &address) || address - first >= size) {
            cloud_refuse(call, "InvalidParameterValue",
                         "Address %s does not fall within the subnet's address range", wanted);
            return NULL;
        }
        place = address - first;
        if (taken[place]) {
            cloud_refuse(call, "InvalidIPAddress.InUse", "Address %s is in use.", wanted);
            return NULL;
        }
        return mem_strdup(wanted);
    }
    for (place = 0; place < size && taken[place]; place++)
        ;
    if (place == size) {
        cloud_refuse(call, "InsufficientFreeAddressesInSubnet",
                     "There are not enough free addresses in subnet '%s'",
                     json_text_of(cloud_item(subnet), "SubnetId"));
        return NULL;
    }
    return network_address_text(first + place);
}

void network_count_free(struct cloud *cloud)
{
    const char *id;
    json_t *subnet;

    json_object_foreach (cloud->tables[CLOUD_SUBNET], id, subnet) {
        uint32_t first = 0;
        uint32_t size = 0;
        AUTO(mem) bool *taken = subnet_marks(cloud, subnet, &first, &size);
        json_int_t free_ones = 0;

        for (uint32_t i = 0; i < size; i++)
            free_ones += !taken[i];
        json_object_set_new(cloud_item(subnet), "AvailableIpAddressCount", json_integer(free_ones));
    }
}
