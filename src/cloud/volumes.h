/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes. The root volume of an instance is a record only: an instance's root file system is the
 * image's, which nothing writes to, and the host is never told of it ("Root" in the record). */
#pragma once

#include "cloud/state.h"

enum volume_state {
    VOLUME_CREATING,
    VOLUME_AVAILABLE,
    VOLUME_IN_USE,
    VOLUME_DELETING,
    VOLUME_STATE_COUNT
};

const char *volume_state_name(enum volume_state state);
enum volume_state volume_state(const json_t *record);

struct volume_plan {
    const char *zone;
    const char *type; /* NULL: gp2 */
    int64_t size_gib;
    int64_t iops; /* 0: what its type has */
    json_t *tags; /* borrowed, or NULL */
};

/* Whether there is such a type, and one of this size; false with the fault set. */
bool volume_plan_is_sound(struct cloud_call *call, const struct volume_plan *plan);
/* Whether a volume can be called so; false with the fault set. */
bool volume_device_is_sound(struct cloud_call *call, const char *device);
/* A new volume, creating; a borrowed record. */
json_t *volume_create(struct cloud *cloud, const struct volume_plan *plan);
void volume_delete(struct cloud *cloud, json_t *record);
/* Plug an available volume in; < 0 when the host cannot. */
MUST_USE int volume_attach(struct cloud *cloud, json_t *record, json_t *instance,
                           const char *device, struct chaos_error *err);
void volume_detach(struct cloud *cloud, json_t *record);
/* The volume's attachment, NULL when it has none. */
json_t *volume_attachment(const json_t *record);

/* Whether a launch can have these BlockDeviceMappings (NULL: none); false with the fault set. */
bool volumes_mappings_are_sound(struct cloud_call *call, const json_t *mappings);
/* Create the volumes that a launch asks for (BlockDeviceMappings) and the root volume. */
void volumes_launch(struct cloud *cloud, json_t *instance, const json_t *mappings, json_t *tags);
/* The instance has booted: what is attached to it is plugged in. */
void volumes_plug(struct cloud *cloud, const json_t *instance);
/* The instance is terminated: delete or detach what was attached. */
void volumes_release(struct cloud *cloud, json_t *instance);
/* Whether volumes go with the instance, as BlockDeviceMappings of ModifyInstanceAttribute say;
 * false with the fault set. */
bool volumes_modify(struct cloud_call *call, const json_t *instance, const json_t *mappings);
/* After a restore: what was on its way arrives. */
void volumes_revive(struct cloud *cloud);
