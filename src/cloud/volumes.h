/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes, as instances see them. */
#pragma once

#include "cloud/state.h"

/* Create the volumes that a launch asks for (BlockDeviceMappings) and the root volume. */
void volumes_launch(struct cloud *cloud, json_t *instance, const json_t *mappings);
/* The instance has booted: what is attached to it is plugged in. */
void volumes_plug(struct cloud *cloud, const json_t *instance);
/* The instance is terminated: delete or detach what was attached. */
void volumes_release(struct cloud *cloud, json_t *instance);
