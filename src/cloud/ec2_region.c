// SPDX-License-Identifier: Apache-2.0
// Where the lab is: its region, its zones, its account.
#include <string.h>

#include "cloud/filter.h"
#include "cloud/network.h"

static const struct cloud_filter region_filters[] = {
    { "endpoint", "Endpoint" },
    { "opt-in-status", "OptInStatus" },
    { "region-name", "RegionName" },
};

static json_t *describe_regions(struct cloud_call *call)
{
    const char *region = call->cloud->region;
    AUTO(str) char *endpoint = mem_printf("ec2.%s.amazonaws.com", region);
    json_t *name;
    size_t i;

    json_array_foreach (cloud_param(call, "RegionNames"), i, name) {
        if (!str_equal(json_string_value(name), region))
            return cloud_refuse(call, "InvalidParameterValue",
                                "Invalid region names: [%s]; this lab has %s only",
                                json_string_value(name), region);
    }
    return cloud_describe_take(call, CLOUD_FILTERS(region_filters),
                               json_pack("[{s:{s:s, s:s, s:s}}]", "Item", "Endpoint", endpoint,
                                         "RegionName", region, "OptInStatus",
                                         "opt-in-not-required"),
                               "Regions");
}

static const struct cloud_filter zone_filters[] = {
    { "group-long-name", "GroupLongName" },
    { "group-name", "GroupName" },
    { "message", "Messages[].Message" },
    { "opt-in-status", "OptInStatus" },
    { "parent-zone-id", "ParentZoneId" },
    { "parent-zone-name", "ParentZoneName" },
    { "region-name", "RegionName" },
    { "state", "State" },
    { "zone-id", "ZoneId" },
    { "zone-name", "ZoneName" },
    { "zone-type", "ZoneType" },
};

static json_t *all_zones(const struct cloud *cloud)
{
    json_t *zones = json_array();

    for (size_t i = 0; i < cloud->n_zones; i++) {
        AUTO(str) char *name = cloud_zone_name(cloud, i);
        AUTO(str) char *id = cloud_zone_id(cloud, i);
        AUTO(str) char *group = mem_printf("%s-zg-1", cloud->region);

        json_array_append_new(zones, json_pack("{s:{s:s, s:s, s:[], s:s, s:s, s:s, s:s, s:s, s:s}}",
                                               "Item", "State", "available", "OptInStatus",
                                               "opt-in-not-required", "Messages", "RegionName",
                                               cloud->region, "ZoneName", name, "ZoneId", id,
                                               "GroupName", group, "NetworkBorderGroup",
                                               cloud->region, "ZoneType", "availability-zone"));
    }
    return zones;
}

static json_t *find_zone(const json_t *zones, const char *key, const char *wanted)
{
    json_t *zone;
    size_t i;

    json_array_foreach (zones, i, zone) {
        if (str_equal(json_text_of(cloud_item(zone), key), wanted))
            return zone;
    }
    return NULL;
}

/* The zones that the list parameter `names` names by the member `key`, a new reference. */
static json_t *zones_by(struct cloud_call *call, const json_t *zones, const char *names,
                        const char *key)
{
    AUTO(json) json_t *chosen = json_array();
    json_t *name;
    size_t i;

    json_array_foreach (cloud_param(call, names), i, name) {
        json_t *zone = find_zone(zones, key, json_string_value(name));

        if (!zone)
            return cloud_refuse(call, "InvalidParameterValue", "Invalid availability zones: [%s]",
                                json_string_value(name));
        json_array_append(chosen, zone);
    }
    return STEAL(chosen);
}

static json_t *describe_availability_zones(struct cloud_call *call)
{
    AUTO(json) json_t *zones = all_zones(call->cloud);
    AUTO(json) json_t *by_name = zones_by(call, zones, "ZoneNames", "ZoneName");
    AUTO(json) json_t *by_id = by_name ? zones_by(call, zones, "ZoneIds", "ZoneId") : NULL;

    if (!by_id)
        return NULL;
    if (json_array_size(by_id) || json_array_size(by_name)) {
        json_array_extend(by_name, by_id);
        return cloud_describe_take(call, CLOUD_FILTERS(zone_filters), STEAL(by_name),
                                   "AvailabilityZones");
    }
    return cloud_describe_take(call, CLOUD_FILTERS(zone_filters), STEAL(zones),
                               "AvailabilityZones");
}

static json_t *attribute(const char *name, const char *value)
{
    return json_pack("{s:s, s:[{s:s}]}", "AttributeName", name, "AttributeValues", "AttributeValue",
                     value);
}

static const char *default_vpc(const struct cloud *cloud)
{
    AUTO(str) char *zone = cloud_zone_name(cloud, 0);
    const json_t *subnet = network_default_subnet(cloud, zone);

    return subnet ? json_text_of(cloud_item(subnet), "VpcId") : "none";
}

static json_t *describe_account_attributes(struct cloud_call *call)
{
    const json_t *wanted = cloud_param(call, "AttributeNames");
    const struct {
        const char *name;
        const char *value;
    } rows[] = {
        { "vpc-max-security-groups-per-interface", "5" },
        { "max-instances", "500" },
        { "supported-platforms", "VPC" },
        { "default-vpc", default_vpc(call->cloud) },
    };
    AUTO(json) json_t *list = json_array();
    json_t *name;
    size_t i;

    for (size_t row = 0; row < ARRAY_SIZE(rows); row++) {
        bool is_wanted = !json_array_size(wanted);

        json_array_foreach (wanted, i, name)
            is_wanted = is_wanted || str_equal(json_string_value(name), rows[row].name);
        if (is_wanted)
            json_array_append_new(list, attribute(rows[row].name, rows[row].value));
    }
    if (json_array_size(list) < json_array_size(wanted))
        return cloud_refuse(call, "InvalidParameterValue",
                            "An attribute name is none of supported-platforms, default-vpc, "
                            "max-instances, vpc-max-security-groups-per-interface");
    return json_pack("{s:O}", "AccountAttributes", list);
}

static const struct cloud_action actions[] = {
    { "DescribeAccountAttributes", describe_account_attributes },
    { "DescribeAvailabilityZones", describe_availability_zones },
    { "DescribeRegions", describe_regions },
};

const struct cloud_family cloud_family_ec2_region = { "ec2", actions, ARRAY_SIZE(actions) };
