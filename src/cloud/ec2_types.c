// SPDX-License-Identifier: Apache-2.0
// Instance types. A lab's machine has what the host has; a type is a name with the figures that AWS
// publishes for it, so that what picks types by their figures can be tried.
#include <string.h>

#include "cloud/filter.h"

struct type_row {
    const char *name;
    int cpus;
    int threads; /* a core */
    int memory_mib;
    bool is_burstable;
    bool is_current;
};

static const struct type_row types[] = {
    { "c4.large", 2, 2, 3840, false, true },    { "c5.2xlarge", 8, 2, 16384, false, true },
    { "c5.large", 2, 2, 4096, false, true },    { "c5.xlarge", 4, 2, 8192, false, true },
    { "m1.small", 1, 1, 1740, false, false },   { "m3.medium", 1, 1, 3840, false, false },
    { "m4.large", 2, 2, 8192, false, true },    { "m4.xlarge", 4, 2, 16384, false, true },
    { "m5.2xlarge", 8, 2, 32768, false, true }, { "m5.4xlarge", 16, 2, 65536, false, true },
    { "m5.large", 2, 2, 8192, false, true },    { "m5.xlarge", 4, 2, 16384, false, true },
    { "m6i.large", 2, 2, 8192, false, true },   { "m6i.xlarge", 4, 2, 16384, false, true },
    { "r5.large", 2, 2, 16384, false, true },   { "r5.xlarge", 4, 2, 32768, false, true },
    { "t1.micro", 1, 1, 627, false, false },    { "t2.2xlarge", 8, 1, 32768, true, true },
    { "t2.large", 2, 1, 8192, true, true },     { "t2.medium", 2, 1, 4096, true, true },
    { "t2.micro", 1, 1, 1024, true, true },     { "t2.nano", 1, 1, 512, true, true },
    { "t2.small", 1, 1, 2048, true, true },     { "t2.xlarge", 4, 1, 16384, true, true },
    { "t3.2xlarge", 8, 2, 32768, true, true },  { "t3.large", 2, 2, 8192, true, true },
    { "t3.medium", 2, 2, 4096, true, true },    { "t3.micro", 2, 2, 1024, true, true },
    { "t3.nano", 2, 2, 512, true, true },       { "t3.small", 2, 2, 2048, true, true },
    { "t3.xlarge", 4, 2, 16384, true, true },
};

static json_t *type_item(const struct type_row *row)
{
    json_t *item = json_pack(
        "{s:s, s:b, s:b, s:[s], s:[s], s:[s], s:b, s:s, s:{s:[s]}, s:{s:i, s:i, s:i}, s:{s:i}}",
        "InstanceType", row->name, "CurrentGeneration", (int)row->is_current, "FreeTierEligible",
        (int)(strcmp(row->name, "t2.micro") == 0), "SupportedUsageClasses", "on-demand",
        "SupportedRootDeviceTypes", "ebs", "SupportedVirtualizationTypes", "hvm", "BareMetal", 0,
        "Hypervisor", "xen", "ProcessorInfo", "SupportedArchitectures", "x86_64", "VCpuInfo",
        "DefaultVCpus", row->cpus, "DefaultCores", row->cpus / row->threads,
        "DefaultThreadsPerCore", row->threads, "MemoryInfo", "SizeInMiB", row->memory_mib);

    json_object_update_new(
        item, json_pack("{s:b, s:{s:s, s:s, s:s}, s:{s:i, s:i, s:i, s:b, s:s}, s:b, s:b, s:b, s:b}",
                        "InstanceStorageSupported", 0, "EbsInfo", "EbsOptimizedSupport",
                        "unsupported", "EncryptionSupport", "unsupported", "NvmeSupport",
                        "unsupported", "NetworkInfo", "MaximumNetworkInterfaces", 1,
                        "Ipv4AddressesPerInterface", 1, "Ipv6AddressesPerInterface", 0,
                        "Ipv6Supported", 0, "EnaSupport", "supported", "HibernationSupported", 0,
                        "BurstablePerformanceSupported", (int)row->is_burstable,
                        "DedicatedHostsSupported", 0, "AutoRecoverySupported", 0));
    return item;
}

static const struct type_row *find_type(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (str_equal(types[i].name, name))
            return &types[i];
    }
    return NULL;
}

/* The types that the call names, or all, as records; a new reference, NULL with the fault set. */
static json_t *chosen_types(struct cloud_call *call)
{
    const json_t *wanted = cloud_param(call, "InstanceTypes");
    AUTO(json) json_t *records = json_array();
    json_t *name;
    size_t i;

    if (!json_array_size(wanted)) {
        for (size_t row = 0; row < ARRAY_SIZE(types); row++)
            json_array_append_new(records, json_pack("{s:o}", "Item", type_item(&types[row])));
        return STEAL(records);
    }
    json_array_foreach (wanted, i, name) {
        const struct type_row *row = find_type(json_string_value(name));

        if (!row)
            return cloud_refuse(call, "InvalidInstanceType",
                                "The following supplied instance types do not exist: [%s]",
                                json_string_value(name));
        json_array_append_new(records, json_pack("{s:o}", "Item", type_item(row)));
    }
    return STEAL(records);
}

static const struct cloud_filter type_filters[] = {
    { "auto-recovery-supported", "AutoRecoverySupported" },
    { "bare-metal", "BareMetal" },
    { "burstable-performance-supported", "BurstablePerformanceSupported" },
    { "current-generation", "CurrentGeneration" },
    { "dedicated-hosts-supported", "DedicatedHostsSupported" },
    { "ebs-info.ebs-optimized-support", "EbsInfo.EbsOptimizedSupport" },
    { "ebs-info.encryption-support", "EbsInfo.EncryptionSupport" },
    { "ebs-info.nvme-support", "EbsInfo.NvmeSupport" },
    { "free-tier-eligible", "FreeTierEligible" },
    { "hibernation-supported", "HibernationSupported" },
    { "hypervisor", "Hypervisor" },
    { "instance-storage-supported", "InstanceStorageSupported" },
    { "instance-type", "InstanceType" },
    { "memory-info.size-in-mib", "MemoryInfo.SizeInMiB" },
    { "network-info.ena-support", "NetworkInfo.EnaSupport" },
    { "network-info.ipv4-addresses-per-interface", "NetworkInfo.Ipv4AddressesPerInterface" },
    { "network-info.ipv6-addresses-per-interface", "NetworkInfo.Ipv6AddressesPerInterface" },
    { "network-info.ipv6-supported", "NetworkInfo.Ipv6Supported" },
    { "network-info.maximum-network-interfaces", "NetworkInfo.MaximumNetworkInterfaces" },
    { "processor-info.supported-architecture", "ProcessorInfo.SupportedArchitectures[]" },
    { "supported-root-device-type", "SupportedRootDeviceTypes[]" },
    { "supported-usage-class", "SupportedUsageClasses[]" },
    { "supported-virtualization-type", "SupportedVirtualizationTypes[]" },
    { "vcpu-info.default-cores", "VCpuInfo.DefaultCores" },
    { "vcpu-info.default-threads-per-core", "VCpuInfo.DefaultThreadsPerCore" },
    { "vcpu-info.default-vcpus", "VCpuInfo.DefaultVCpus" },
};

static json_t *describe_instance_types(struct cloud_call *call)
{
    return cloud_describe_take(call, CLOUD_FILTERS(type_filters), chosen_types(call),
                               "InstanceTypes");
}

static const struct cloud_filter offering_filters[] = {
    { "instance-type", "InstanceType" },
    { "location", "Location" },
};

static void offer_at(json_t *offers, const char *kind, const char *location)
{
    for (size_t row = 0; row < ARRAY_SIZE(types); row++)
        json_array_append_new(offers, json_pack("{s:{s:s, s:s, s:s}}", "Item", "InstanceType",
                                                types[row].name, "LocationType", kind, "Location",
                                                location));
}

/* Every zone has every type. */
static json_t *describe_instance_type_offerings(struct cloud_call *call)
{
    const char *kind = cloud_text(call, "LocationType");
    AUTO(json) json_t *offers = json_array();

    if (!kind || strcmp(kind, "region") == 0) {
        offer_at(offers, "region", call->cloud->region);
    } else if (strcmp(kind, "availability-zone") == 0 ||
               strcmp(kind, "availability-zone-id") == 0) {
        for (size_t i = 0; i < call->cloud->n_zones; i++) {
            AUTO(str) char *name = cloud_zone_name(call->cloud, i);
            AUTO(str) char *id = cloud_zone_id(call->cloud, i);

            offer_at(offers, kind, str_ends(kind, "-id") ? id : name);
        }
    } else {
        return cloud_refuse(call, "InvalidParameterValue",
                            "Value (%s) for parameter locationType is invalid. It must be region, "
                            "availability-zone or availability-zone-id",
                            kind);
    }
    return cloud_describe_take(call, CLOUD_FILTERS(offering_filters), STEAL(offers),
                               "InstanceTypeOfferings");
}

static const struct cloud_action actions[] = {
    { "DescribeInstanceTypeOfferings", describe_instance_type_offerings },
    { "DescribeInstanceTypes", describe_instance_types },
};

const struct cloud_family cloud_family_ec2_types = { "ec2", actions, ARRAY_SIZE(actions) };
