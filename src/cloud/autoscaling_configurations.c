// SPDX-License-Identifier: Apache-2.0
// Launch configurations: never changed, only made and taken away.
#include <string.h>

#include "aws/base64.h"
#include "cloud/autoscaling.h"

static const char *const known[] = { "AssociatePublicIpAddress",
                                     "BlockDeviceMappings",
                                     "EbsOptimized",
                                     "IamInstanceProfile",
                                     "ImageId",
                                     "InstanceMonitoring",
                                     "InstanceType",
                                     "KernelId",
                                     "KeyName",
                                     "LaunchConfigurationName",
                                     "MetadataOptions",
                                     "PlacementTenancy",
                                     "RamdiskId",
                                     "SecurityGroups",
                                     "UserData",
                                     NULL };

static bool is_complete(struct cloud_call *call)
{
    static const char *const needed[] = { "ImageId", "InstanceType" };

    for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
        const char *text = cloud_text(call, needed[i]);

        if (!text || !*text) {
            cloud_refuse(call, "ValidationError",
                         "Valid requests must contain %s: this lab makes no launch configuration "
                         "from an instance",
                         needed[i]);
            return false;
        }
    }
    return true;
}

static bool is_possible(struct cloud_call *call)
{
    const char *tenancy = cloud_text(call, "PlacementTenancy");
    const char *kernel = cloud_text(call, "KernelId");
    const char *ramdisk = cloud_text(call, "RamdiskId");
    const char *data = cloud_text(call, "UserData");
    AUTO(buffer) struct buffer plain = { 0 };

    if (tenancy && strcmp(tenancy, "default") != 0)
        cloud_refuse(call, "ValidationError", "PlacementTenancy '%s': a lab has only 'default'",
                     tenancy);
    else if ((kernel && *kernel) || (ramdisk && *ramdisk))
        cloud_refuse(call, "ValidationError", "A lab's instances boot no KernelId or RamdiskId");
    else if (cloud_flag(call, "AssociatePublicIpAddress", false))
        cloud_refuse(call, "ValidationError",
                     "A lab gives out public addresses as Elastic IPs only: "
                     "AssociatePublicIpAddress must be false");
    else if (data && !base64_decode(&plain, data))
        cloud_refuse(call, "ValidationError", "Invalid BASE64 encoding of user data.");
    else
        return true;
    return false;
}

static bool things_exist(struct cloud_call *call)
{
    const char *image = cloud_text(call, "ImageId");
    json_t *group;
    size_t i;

    if (!cloud_find(call->cloud, CLOUD_IMAGE, image)) {
        cloud_unknown(call, CLOUD_IMAGE, image);
        autoscaling_translate(call);
        return false;
    }
    json_array_foreach (cloud_param(call, "SecurityGroups"), i, group) {
        const char *id = json_string_value(group);

        if (str_starts(id, "sg-") && !cloud_find(call->cloud, CLOUD_GROUP, id)) {
            cloud_unknown(call, CLOUD_GROUP, id);
            autoscaling_translate(call);
            return false;
        }
    }
    return true;
}

static json_t *new_item(struct cloud_call *call, const char *name)
{
    AUTO(str) char *arn = autoscaling_arn(call->cloud, "launchConfiguration", name);
    AUTO(str) char *now = cloud_iso_now();
    json_t *item =
        json_pack("{s:s, s:s, s:s, s:s, s:[], s:s, s:s, s:[], s:{s:b}, s:b}",
                  "LaunchConfigurationARN", arn, "CreatedTime", now, "KeyName", "", "UserData", "",
                  "SecurityGroups", "KernelId", "", "RamdiskId", "", "BlockDeviceMappings",
                  "InstanceMonitoring", "Enabled", 1, "EbsOptimized", 0);

    json_object_update(item, json_walkable(call->params));
    return item;
}

static json_t *create_launch_configuration(struct cloud_call *call)
{
    const char *name = cloud_text(call, "LaunchConfigurationName");

    if (!autoscaling_name_is_sound(call, "LaunchConfigurationName", name) ||
        !autoscaling_obeys(call, known))
        return NULL;
    if (cloud_find(call->cloud, CLOUD_LAUNCH_CONFIGURATION, name))
        return cloud_refuse(call, "AlreadyExists",
                            "Launch Configuration by this name already exists - A launch "
                            "configuration already exists with the name %s",
                            name);
    if (!is_complete(call) || !is_possible(call) || !things_exist(call))
        return NULL;
    cloud_add(call->cloud, CLOUD_LAUNCH_CONFIGURATION, name,
              json_pack("{s:o}", "Item", new_item(call, name)));
    return json_object();
}

static json_t *delete_launch_configuration(struct cloud_call *call)
{
    const char *name = cloud_text(call, "LaunchConfigurationName");
    const char *group_name;
    json_t *group;

    if (!cloud_find(call->cloud, CLOUD_LAUNCH_CONFIGURATION, name))
        return cloud_refuse(call, "ValidationError", "Launch configuration name not found - %s",
                            name);
    json_object_foreach (call->cloud->tables[CLOUD_SCALING_GROUP], group_name, group) {
        if (str_equal(json_text_of(cloud_item(group), "LaunchConfigurationName"), name))
            return cloud_refuse(call, "ResourceInUse",
                                "Cannot delete launch configuration %s because it is attached to "
                                "AutoScalingGroup %s",
                                name, group_name);
    }
    cloud_drop(call->cloud, CLOUD_LAUNCH_CONFIGURATION, name);
    return json_object();
}

static json_t *describe_launch_configurations(struct cloud_call *call)
{
    return autoscaling_describe_take(
        call, autoscaling_choose(call, CLOUD_LAUNCH_CONFIGURATION, "LaunchConfigurationNames"),
        &(struct cloud_filters){ 0 }, "LaunchConfigurations", 100);
}

static const struct cloud_action actions[] = {
    { "CreateLaunchConfiguration", create_launch_configuration },
    { "DeleteLaunchConfiguration", delete_launch_configuration },
    { "DescribeLaunchConfigurations", describe_launch_configurations },
};

const struct cloud_family cloud_family_autoscaling_configurations = { "autoscaling", actions,
                                                                      ARRAY_SIZE(actions) };
