/* SPDX-License-Identifier: Apache-2.0 */
/* EBS volumes that are detached from instances, and attached again by the tag they got. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* Of each of `instances` one volume that is not its root, drawn at random: a new array of
 * {"InstanceId", "DeviceName", "VolumeId"}. */
json_t *aws_volumes_draw(const struct chaos_call *call, const json_t *instances);
/* Detach one of those (force: the argument) and tag it with where it was; `group` (or NULL) is the
 * auto scaling group. Appends the answer. */
MUST_USE int aws_volume_detach(const struct chaos_call *call, const json_t *volume,
                               const char *group, json_t *answers, struct chaos_error *err);
/* Add what undoes that to `requests`, as of aws_undo(). */
void aws_volume_undo_detach(const json_t *volume, const char *group, json_t *requests);

/* What a tag says: where a volume was. */
struct aws_origin {
    char *device;
    char *instance;
    char *group; /* NULL: not said */
};

/* All volumes with the tag. */
MUST_USE int aws_volumes_detached(const struct chaos_call *call, json_t **ret_volumes,
                                  struct chaos_error *err);
/* Those of `volumes` that are in no use and whose origin `is_wanted`, with where they were: a new
 * array as of aws_volumes_draw(). */
json_t *aws_volumes_lost(const json_t *volumes,
                         bool (*is_wanted)(const struct aws_origin *origin, const json_t *names),
                         const json_t *names);
/* Attach them there again. */
MUST_USE int aws_volumes_attach(const struct chaos_call *call, const json_t *lost,
                                json_t **ret_output, struct chaos_error *err);
/* The activity that undoes that, if any. */
json_t *aws_volumes_undo_attach(const json_t *lost);
