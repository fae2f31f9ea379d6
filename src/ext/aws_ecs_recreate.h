/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a cluster or a service of ECS anew that is about to be deleted. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* The activity that creates the cluster as it is now. *ret_activity stays NULL when it is not
 * there. */
MUST_USE int aws_ecs_recreate_cluster(const struct chaos_call *call, json_t **ret_activity,
                                      struct chaos_error *err);
/* The same for a service of the cluster, also where it was only scaled to nothing yet. It is
 * created once its tasks are gone. */
MUST_USE int aws_ecs_recreate_service(const struct chaos_call *call, json_t *service,
                                      json_t **ret_activity, struct chaos_error *err);
