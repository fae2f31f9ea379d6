// SPDX-License-Identifier: Apache-2.0
// VPCs and subnets. All of a lab's VPCs share one router, so their blocks must not overlap.
#include <string.h>

#include "cloud/filter.h"
#include "cloud/network.h"

/* AWS: "between a /28 netmask and /16 netmask". */
static bool block_size_is_sound(const char *block)
{
    uint32_t first;
    unsigned bits;

    return network_parse_cidr(block, &first, &bits) && bits >= 16 && bits <= 28;
}

/* The call's CidrBlock in canonical form, owned; NULL with the fault set. */
static char *called_block(struct cloud_call *call, const char *range_code)
{
    const char *given = cloud_text(call, "CidrBlock");
    AUTO(str) char *block = network_canonical_cidr(given);

    if (!given)
        cloud_refuse(call, "MissingParameter", "The request must contain the parameter cidrBlock");
    else if (!block)
        cloud_refuse(call, "InvalidParameterValue",
                     "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR "
                     "block.",
                     given);
    else if (!block_size_is_sound(block))
        cloud_refuse(call, range_code, "The CIDR '%s' is invalid. It must be a /16 to a /28.",
                     given);
    else
        return STEAL(block);
    return NULL;
}

/* The record of the table whose block has an address in common with this one; NULL for none.
 * `vpc_id`: of this VPC only. */
static const json_t *find_overlap(const struct cloud *cloud, enum cloud_kind kind,
                                  const char *block, const char *vpc_id)
{
    const char *id;
    json_t *record;

    json_object_foreach (cloud->tables[kind], id, record) {
        const json_t *item = cloud_item(record);

        if ((!vpc_id || str_equal(json_text_of(item, "VpcId"), vpc_id)) &&
            network_overlaps(block, json_text_of(item, "CidrBlock")))
            return record;
    }
    return NULL;
}

/* Elastic IPs are addresses of the same router. */
static bool overlaps_pools(const struct cloud *cloud, const char *block)
{
    json_t *pool;
    size_t i;

    json_array_foreach (cloud->pools, i, pool) {
        if (network_overlaps(block, json_string_value(pool)))
            return true;
    }
    return false;
}

static bool is_inside(const char *block, const char *vpc_block)
{
    uint32_t first[2] = { 0 };
    unsigned bits[2] = { 0 };

    return network_parse_cidr(block, &first[0], &bits[0]) &&
           network_parse_cidr(vpc_block, &first[1], &bits[1]) && bits[0] >= bits[1] &&
           network_contains(first[1], bits[1], first[0]);
}

/* All that a lab's router takes for private. */
#define PRIVATE_BLOCK "10.0.0.0/8"

static json_t *create_vpc(struct cloud_call *call)
{
    struct cloud *cloud = call->cloud;
    AUTO(str) char *block = called_block(call, "InvalidVpc.Range");
    AUTO(json) json_t *tags = block ? cloud_tags_specified(call, CLOUD_VPC) : NULL;
    const char *tenancy = cloud_text(call, "InstanceTenancy");
    const json_t *other;

    if (!tags)
        return NULL;
    if (tenancy && strcmp(tenancy, "default") != 0)
        return cloud_refuse(call, "UnsupportedOperation",
                            "A lab is one machine: the tenancy can only be default, not %s",
                            tenancy);
    if (!is_inside(block, PRIVATE_BLOCK))
        return cloud_refuse(call, "InvalidVpc.Range",
                            "The CIDR '%s' is invalid. The networks of a lab are in %s.", block,
                            PRIVATE_BLOCK);
    other = find_overlap(cloud, CLOUD_VPC, block, NULL);
    if (other || overlaps_pools(cloud, block))
        return cloud_refuse(
            call, "InvalidVpc.Range",
            "The CIDR '%s' overlaps with %s. The networks of a lab share one "
            "router.",
            block, other ? json_text_of(cloud_item(other), "VpcId") : "its public addresses");
    return json_pack("{s:O}", "Vpc",
                     cloud_item(network_add_vpc(cloud, block, NETWORK_PLAIN, tags)));
}

/* Whether a record of the kind is in the VPC, the default group apart, which goes with it. */
static bool has_any(const struct cloud *cloud, enum cloud_kind kind, const char *vpc_id)
{
    const char *id;
    json_t *record;

    json_object_foreach (cloud->tables[kind], id, record) {
        const json_t *item = cloud_item(record);

        if (str_equal(json_text_of(item, "VpcId"), vpc_id) &&
            !(kind == CLOUD_GROUP && str_equal(json_text_of(item, "GroupName"), "default")))
            return true;
    }
    return false;
}

static json_t *delete_vpc(struct cloud_call *call)
{
    const char *id = cloud_text(call, "VpcId");
    struct cloud *cloud = call->cloud;

    if (!cloud_find(cloud, CLOUD_VPC, id))
        return cloud_unknown(call, CLOUD_VPC, id);
    if (has_any(cloud, CLOUD_SUBNET, id) || has_any(cloud, CLOUD_GROUP, id))
        return cloud_refuse(call, "DependencyViolation",
                            "The vpc '%s' has dependencies and cannot be deleted.", id);
    network_drop_vpc(cloud, id);
    return json_object();
}

static const struct cloud_filter vpc_filters[] = {
    { "cidr", "CidrBlock" },
    { "cidr-block-association.association-id", "CidrBlockAssociationSet[].AssociationId" },
    { "cidr-block-association.cidr-block", "CidrBlockAssociationSet[].CidrBlock" },
    { "cidr-block-association.state", "CidrBlockAssociationSet[].CidrBlockState.State" },
    { "dhcp-options-id", "DhcpOptionsId" },
    { "ipv6-cidr-block-association.association-id", "Ipv6CidrBlockAssociationSet[].AssociationId" },
    { "ipv6-cidr-block-association.ipv6-cidr-block",
      "Ipv6CidrBlockAssociationSet[].Ipv6CidrBlock" },
    { "ipv6-cidr-block-association.ipv6-pool", "Ipv6CidrBlockAssociationSet[].Ipv6Pool" },
    { "ipv6-cidr-block-association.state",
      "Ipv6CidrBlockAssociationSet[].Ipv6CidrBlockState.State" },
    { "is-default", "IsDefault" },
    { "isDefault", "IsDefault" },
    { "owner-id", "OwnerId" },
    { "state", "State" },
    { "vpc-id", "VpcId" },
};

static json_t *describe_vpcs(struct cloud_call *call)
{
    return cloud_describe_take(call, CLOUD_FILTERS(vpc_filters),
                               cloud_choose(call, CLOUD_VPC, "VpcIds"), "Vpcs");
}

/* The zone that a call names by name or id, the first one for none; -1 with the fault set. */
static int called_zone(struct cloud_call *call)
{
    const char *name = cloud_text(call, "AvailabilityZone");
    const char *id = cloud_text(call, "AvailabilityZoneId");
    int zone = name ? cloud_zone_index(call->cloud, name) : 0;

    if (!name && id) {
        zone = -1;
        for (size_t i = 0; i < call->cloud->n_zones; i++) {
            AUTO(str) char *known = cloud_zone_id(call->cloud, i);

            if (strcmp(known, id) == 0)
                zone = (int)i;
        }
    }
    if (zone < 0)
        cloud_refuse(call, "InvalidParameterValue",
                     "Value (%s) for parameter availabilityZone is invalid. The zones of this lab "
                     "are the first %zu of %s.",
                     name ? name : id, call->cloud->n_zones, call->cloud->region);
    return zone;
}

static json_t *create_subnet(struct cloud_call *call)
{
    const char *vpc_id = cloud_text(call, "VpcId");
    const json_t *vpc = cloud_find(call->cloud, CLOUD_VPC, vpc_id);
    AUTO(str) char *block = NULL;
    AUTO(json) json_t *tags = NULL;
    int zone;

    if (!vpc)
        return cloud_unknown(call, CLOUD_VPC, vpc_id);
    block = called_block(call, "InvalidSubnet.Range");
    zone = block ? called_zone(call) : -1;
    tags = zone >= 0 ? cloud_tags_specified(call, CLOUD_SUBNET) : NULL;
    if (!tags)
        return NULL;
    if (!is_inside(block, json_text_of(cloud_item(vpc), "CidrBlock")))
        return cloud_refuse(call, "InvalidSubnet.Range", "The CIDR '%s' is invalid.", block);
    if (find_overlap(call->cloud, CLOUD_SUBNET, block, vpc_id))
        return cloud_refuse(call, "InvalidSubnet.Conflict",
                            "The CIDR '%s' conflicts with another subnet", block);
    return json_pack("{s:O}", "Subnet",
                     cloud_item(network_add_subnet(
                         call->cloud, &(struct network_subnet){ .vpc_id = vpc_id,
                                                                .block = block,
                                                                .zone = (size_t)zone,
                                                                .standing = NETWORK_PLAIN,
                                                                .tags = tags })));
}

static bool has_instances(const struct cloud *cloud, const char *subnet_id)
{
    const char *id;
    json_t *instance;

    json_object_foreach (cloud->tables[CLOUD_INSTANCE], id, instance) {
        const json_t *item = cloud_item(instance);

        if (str_equal(json_text_of(item, "SubnetId"), subnet_id) &&
            json_array_size(json_object_get(item, "NetworkInterfaces")))
            return true;
    }
    return false;
}

static json_t *delete_subnet(struct cloud_call *call)
{
    const char *id = cloud_text(call, "SubnetId");

    if (!cloud_find(call->cloud, CLOUD_SUBNET, id))
        return cloud_unknown(call, CLOUD_SUBNET, id);
    if (has_instances(call->cloud, id))
        return cloud_refuse(call, "DependencyViolation",
                            "The subnet '%s' has dependencies and cannot be deleted.", id);
    cloud_drop(call->cloud, CLOUD_SUBNET, id);
    return json_object();
}

static const struct cloud_filter subnet_filters[] = {
    { "availability-zone", "AvailabilityZone" },
    { "availability-zone-id", "AvailabilityZoneId" },
    { "availabilityZone", "AvailabilityZone" },
    { "availabilityZoneId", "AvailabilityZoneId" },
    { "available-ip-address-count", "AvailableIpAddressCount" },
    { "cidr", "CidrBlock" },
    { "cidr-block", "CidrBlock" },
    { "cidrBlock", "CidrBlock" },
    { "customer-owned-ipv4-pool", "CustomerOwnedIpv4Pool" },
    { "default-for-az", "DefaultForAz" },
    { "defaultForAz", "DefaultForAz" },
    { "enable-dns64", "EnableDns64" },
    { "enable-lni-at-device-index", "EnableLniAtDeviceIndex" },
    { "ipv6-cidr-block-association.association-id", "Ipv6CidrBlockAssociationSet[].AssociationId" },
    { "ipv6-cidr-block-association.ipv6-cidr-block",
      "Ipv6CidrBlockAssociationSet[].Ipv6CidrBlock" },
    { "ipv6-cidr-block-association.state",
      "Ipv6CidrBlockAssociationSet[].Ipv6CidrBlockState.State" },
    { "ipv6-native", "Ipv6Native" },
    { "map-customer-owned-ip-on-launch", "MapCustomerOwnedIpOnLaunch" },
    { "map-public-ip-on-launch", "MapPublicIpOnLaunch" },
    { "outpost-arn", "OutpostArn" },
    { "owner-id", "OwnerId" },
    { "private-dns-name-options-on-launch.hostname-type",
      "PrivateDnsNameOptionsOnLaunch.HostnameType" },
    { "state", "State" },
    { "subnet-arn", "SubnetArn" },
    { "subnet-id", "SubnetId" },
    { "vpc-id", "VpcId" },
};

static json_t *describe_subnets(struct cloud_call *call)
{
    network_count_free(call->cloud);
    return cloud_describe_take(call, CLOUD_FILTERS(subnet_filters),
                               cloud_choose(call, CLOUD_SUBNET, "SubnetIds"), "Subnets");
}

static const struct cloud_action actions[] = {
    { "CreateSubnet", create_subnet },       { "CreateVpc", create_vpc },
    { "DeleteSubnet", delete_subnet },       { "DeleteVpc", delete_vpc },
    { "DescribeSubnets", describe_subnets }, { "DescribeVpcs", describe_vpcs },
};

const struct cloud_family cloud_family_ec2_vpcs = { "ec2", actions, ARRAY_SIZE(actions) };
