// SPDX-License-Identifier: Apache-2.0
#include "cloud/images.h"

/* One row an image. All of them show the root file system of the machine that the lab runs on, read
 * only; an image differs in nothing but its name. */
static const struct {
    const char *id;
    const char *name;
    const char *description;
} images[] = {
    { IMAGE_DEFAULT_ID, "fracas-debian-12", "The root file system of this machine, read-only" },
};

#define CREATED "2026-11-22T00:00:00.000Z"

static json_t *new_image(const struct cloud *cloud, size_t row)
{
    AUTO(json)
    json_t *disk =
        json_pack("{s:s, s:{s:b, s:i, s:s, s:b}}", "DeviceName", "/dev/xvda", "Ebs",
                  "DeleteOnTermination", 1, "VolumeSize", 8, "VolumeType", "gp3", "Encrypted", 0);
    json_t *item =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:[O]}", "ImageId",
                  images[row].id, "Name", images[row].name, "Description", images[row].description,
                  "Architecture", "x86_64", "CreationDate", CREATED, "Public", 1, "ImageType",
                  "machine", "State", "available", "RootDeviceName", "/dev/xvda", "RootDeviceType",
                  "ebs", "VirtualizationType", "hvm", "BlockDeviceMappings", disk);

    json_object_update_new(item, json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:[], s:[]}", "OwnerId",
                                           cloud->account, "ImageLocation", images[row].name,
                                           "Hypervisor", "xen", "EnaSupport", 1, "PlatformDetails",
                                           "Linux/UNIX", "UsageOperation", "RunInstances",
                                           "ProductCodes", "Tags"));
    return json_pack("{s:o}", "Item", item);
}

void images_create(struct cloud *cloud)
{
    for (size_t i = 0; i < ARRAY_SIZE(images); i++)
        cloud_add(cloud, CLOUD_IMAGE, images[i].id, new_image(cloud, i));
}
