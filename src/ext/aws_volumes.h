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
/* The request that attaches it again. */
json_t *aws_volume_attachment(const json_t *volume);

/* What a tag says: where a volume was. */
struct aws_origin {
    char *device;
    char *instance;
    char *group; /* NULL: not said */
};

/* All volumes with the tag. */
MUST_USE int aws_volumes_detached(const struct chaos_call *call, json_t **ret_volumes,
                                  struct chaos_error *err);
/* Attach each of `volumes` whose origin `is_wanted` says so; those in use are left alone. */
MUST_USE int aws_volumes_attach(const struct chaos_call *call, const json_t *volumes,
                                bool (*is_wanted)(const struct aws_origin *origin,
                                                  const json_t *names),
                                const json_t *names, json_t **ret_output, struct chaos_error *err);
