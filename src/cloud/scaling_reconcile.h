/* SPDX-License-Identifier: Apache-2.0 */
/* How a group comes to have what it should have. */
#pragma once

#include "cloud/state.h"

/* Launch what is missing, end what is too much, even out the zones; at once, as far as the group's
 * processes are not suspended. */
void scaling_settle(struct cloud *cloud, json_t *group);
/* The same after something that a caller changed: an earlier failed launch is tried again. */
void scaling_settle_anew(struct cloud *cloud, json_t *group);
/* End one instance of the group; its activity, borrowed. */
json_t *scaling_end(struct cloud *cloud, json_t *group, const char *instance_id, const char *cause);
/* Once the delay "replace" is over, settle: an instance is lost to the group. */
void scaling_replace_later(struct cloud *cloud, json_t *group, const char *instance_id);
/* Once the delay "health-check" is over, end and replace those that are unhealthy. */
void scaling_check_later(struct cloud *cloud, const json_t *group);
/* What its instances became while nobody looked (a process was suspended, the lab was down). */
void scaling_look_again(struct cloud *cloud, json_t *group);
/* End all instances; the group goes with the last one. */
void scaling_delete(struct cloud *cloud, json_t *group);
