// SPDX-License-Identifier: Apache-2.0
// DescribeImages.
#include <string.h>

#include "cloud/filter.h"

static const struct cloud_filter image_filters[] = {
    { "architecture", "Architecture" },
    { "block-device-mapping.delete-on-termination",
      "BlockDeviceMappings[].Ebs.DeleteOnTermination" },
    { "block-device-mapping.device-name", "BlockDeviceMappings[].DeviceName" },
    { "block-device-mapping.encrypted", "BlockDeviceMappings[].Ebs.Encrypted" },
    { "block-device-mapping.snapshot-id", "BlockDeviceMappings[].Ebs.SnapshotId" },
    { "block-device-mapping.volume-size", "BlockDeviceMappings[].Ebs.VolumeSize" },
    { "block-device-mapping.volume-type", "BlockDeviceMappings[].Ebs.VolumeType" },
    { "creation-date", "CreationDate" },
    { "description", "Description" },
    { "ena-support", "EnaSupport" },
    { "hypervisor", "Hypervisor" },
    { "image-allowed", "ImageAllowed" },
    { "image-id", "ImageId" },
    { "image-type", "ImageType" },
    { "is-public", "Public" },
    { "kernel-id", "KernelId" },
    { "manifest-location", "ImageLocation" },
    { "name", "Name" },
    { "owner-alias", "ImageOwnerAlias" },
    { "owner-id", "OwnerId" },
    { "platform", "Platform" },
    { "product-code", "ProductCodes[].ProductCodeId" },
    { "product-code.type", "ProductCodes[].ProductCodeType" },
    { "ramdisk-id", "RamdiskId" },
    { "root-device-name", "RootDeviceName" },
    { "root-device-type", "RootDeviceType" },
    { "source-image-id", "SourceImageId" },
    { "source-image-region", "SourceImageRegion" },
    { "source-instance-id", "SourceInstanceId" },
    { "sriov-net-support", "SriovNetSupport" },
    { "state", "State" },
    { "state-reason-code", "StateReason.Code" },
    { "state-reason-message", "StateReason.Message" },
    { "virtualization-type", "VirtualizationType" },
};

/* "self" is the account of the lab, to whom all images belong. */
static bool is_owner(const struct cloud *cloud, const char *owner)
{
    return str_equal(owner, "self") || str_equal(owner, cloud->account);
}

static bool is_listed(const json_t *texts, const struct cloud *cloud)
{
    json_t *text;
    size_t i;

    json_array_foreach (texts, i, text) {
        if (is_owner(cloud, json_string_value(text)))
            return true;
    }
    return false;
}

/* All images may be launched by everybody, and nobody is named for it: ExecutableUsers "self" and
 * account numbers ask for the named ones. */
static bool everybody_is_asked_for(const json_t *users)
{
    json_t *user;
    size_t i;

    json_array_foreach (users, i, user) {
        if (str_equal(json_string_value(user), "all"))
            return true;
    }
    return false;
}

static json_t *describe_images(struct cloud_call *call)
{
    AUTO(json) json_t *records = cloud_choose(call, CLOUD_IMAGE, "ImageIds");
    const json_t *owners = cloud_param(call, "Owners");
    const json_t *users = cloud_param(call, "ExecutableUsers");

    if (records && json_array_size(owners) && !is_listed(owners, call->cloud))
        json_array_clear(records);
    if (records && json_array_size(users) && !everybody_is_asked_for(users))
        json_array_clear(records);
    return cloud_describe_take(call, CLOUD_FILTERS(image_filters), STEAL(records), "Images");
}

static const struct cloud_action actions[] = {
    { "DescribeImages", describe_images },
};

const struct cloud_family cloud_family_ec2_images = { "ec2", actions, ARRAY_SIZE(actions) };
