/* SPDX-License-Identifier: Apache-2.0 */
/* EC2 instances as targets: found, drawn and acted on by all families that touch them. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* Whether an instance can still be acted on: not terminated, nor about to be. */
bool aws_instance_is_alive(const json_t *instance);
/* Whether it runs or is about to. */
bool aws_instance_is_up(const json_t *instance);
bool aws_instance_is_stopped(const json_t *instance);

/* All instances of DescribeInstances with `params` (taken), of all reservations and pages. */
MUST_USE int aws_instances_list(const struct chaos_call *call, json_t *params,
                                json_t **ret_instances, struct chaos_error *err);
/* Add the argument `az`, if it is given, to filters for it. */
void aws_instances_filter_zone(const struct chaos_call *call, json_t *filters);
/* The arguments `filters` and `az` as new filters. */
json_t *aws_instances_filters(const struct chaos_call *call);
/* A new array with the ids of those for which `is` holds (NULL: all). */
json_t *aws_instances_ids(const json_t *instances, bool (*is)(const json_t *instance));
/* {"normal": [id..], "spot": [id..], ..} by their InstanceLifecycle, in order of appearance. */
json_t *aws_instances_by_type(const json_t *instances);

/* Stop those of {"normal": .., "spot": ..}; spot instances cannot be stopped: their requests are
 * cancelled and they are terminated. *ret_output: the answers, a list. */
MUST_USE int aws_instances_stop(const struct chaos_call *call, const json_t *by_type,
                                json_t **ret_output, struct chaos_error *err);
/* The activity that starts instances once they have stopped; NULL for none. `ids` is taken. */
json_t *aws_instances_undo_stop(json_t *ids);
MUST_USE int aws_instances_terminate(const struct chaos_call *call, const json_t *by_type,
                                     json_t **ret_output, struct chaos_error *err);
/* "i-1, i-2" as an owned string. */
char *aws_ids_text(const json_t *ids);
