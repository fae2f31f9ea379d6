// SPDX-License-Identifier: Apache-2.0
#include "cloud/volumes.h"

void volumes_launch(struct cloud *cloud, json_t *instance, const json_t *mappings)
{
    (void)cloud;
    (void)instance;
    (void)mappings;
}

void volumes_plug(struct cloud *cloud, const json_t *instance)
{
    (void)cloud;
    (void)instance;
}

void volumes_release(struct cloud *cloud, json_t *instance)
{
    (void)cloud;
    (void)instance;
}
