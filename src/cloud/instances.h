/* SPDX-License-Identifier: Apache-2.0 */
/* The life of instances, for the calls about them and for Auto Scaling. */
#pragma once

#include "cloud/state.h"

enum instance_state {
    INSTANCE_PENDING,
    INSTANCE_RUNNING,
    INSTANCE_SHUTTING_DOWN,
    INSTANCE_TERMINATED,
    INSTANCE_STOPPING,
    INSTANCE_STOPPED,
    INSTANCE_STATE_COUNT
};

/* "running" */
const char *instance_state_name(enum instance_state state);
enum instance_state instance_state(const json_t *record);
/* {"Code": 16, "Name": "running"}, a new reference. */
json_t *instance_state_json(enum instance_state state);

/* What RunInstances was asked for, with the launch template's data merged in; borrowed. */
struct instance_plan {
    const json_t *params;   /* as of RunInstances: ImageId, InstanceType, UserData, .. */
    const json_t *subnet;   /* a record */
    const json_t *tags;     /* an array of tags, or NULL */
    json_t *volume_tags;    /* the same, of its volumes */
    const char *private_ip; /* NULL: any */
    const char *reservation;
    size_t index; /* AmiLaunchIndex */
};

/* A new instance, pending; it boots by itself. A borrowed record, or NULL with the fault set. */
json_t *instance_launch(struct cloud_call *call, const struct instance_plan *plan);

/* Terminate at once; nothing happens to what is terminated. `reason` as StateReason's message. */
void instance_terminate(struct cloud *cloud, json_t *record, const char *code, const char *reason);
/* Stop: through its power button, or with `force` by a power cut. */
enum instance_stop {
    INSTANCE_STOP_GRACEFUL,
    INSTANCE_STOP_FORCED
};
void instance_stop(struct cloud *cloud, json_t *record, enum instance_stop how);
void instance_start(struct cloud *cloud, json_t *record);
void instance_reboot(struct cloud *cloud, json_t *record);
/* Boot it again after a restore: what was starting or running, runs. */
void instance_revive(struct cloud *cloud, json_t *record);

/* Show the public address on the instance and its interface; NULL: it has none. */
void instance_show_address(struct cloud *cloud, json_t *record, const json_t *address);
/* Set the groups (an array of group ids) of an instance and tell the host. */
void instance_set_groups(struct cloud *cloud, json_t *record, const json_t *group_ids);
