/* SPDX-License-Identifier: Apache-2.0 */
/* EBS volumes that are detached from instances, and attached again by the tag they got. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* Volumes are told as {"InstanceId", "DeviceName", "VolumeId"}, where they are attached or were,
 * with "Group" for one of an auto scaling group. */

/* Of each of `instances` one volume that is not its root, drawn at random: a new array. `group` may
 * be NULL. */
json_t *aws_volumes_draw(const struct chaos_call *call, const json_t *instances, const char *group);

/* Chooses the volumes that an action is about: a new array. */
typedef int (*aws_volumes_select)(const struct chaos_call *call, json_t **ret_volumes,
                                  struct chaos_error *err);

/* Detach them (force: the argument) and tag each with where it was. *ret_output: the answers. */
MUST_USE int aws_volumes_detach(const struct chaos_call *call, aws_volumes_select select,
                                json_t **ret_output, struct chaos_error *err);
/* The activity that undoes that, if any. */
MUST_USE int aws_volumes_undo_detach(const struct chaos_call *call, aws_volumes_select select,
                                     json_t **ret_activity, struct chaos_error *err);
/* Attach them where they were. */
MUST_USE int aws_volumes_attach(const struct chaos_call *call, aws_volumes_select select,
                                json_t **ret_output, struct chaos_error *err);
MUST_USE int aws_volumes_undo_attach(const struct chaos_call *call, aws_volumes_select select,
                                     json_t **ret_activity, struct chaos_error *err);

/* What a tag says: where a volume was. */
struct aws_origin {
    char *device;
    char *instance;
    char *group; /* NULL: not said */
};

/* All volumes with the tag, as EC2 describes them. */
MUST_USE int aws_volumes_tagged(const struct chaos_call *call, json_t **ret_volumes,
                                struct chaos_error *err);
/* Those of them that are in no use and whose origin `is_wanted`: a new array of volumes as above.
 */
json_t *aws_volumes_lost(const json_t *tagged,
                         bool (*is_wanted)(const struct aws_origin *origin, const json_t *names),
                         const json_t *names);
