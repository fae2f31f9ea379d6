/* SPDX-License-Identifier: Apache-2.0 */
/* What survives the stop of a machine: its disk, and volumes. File systems that the lab holds. */
#pragma once

#include <stdint.h>

#include "lab/space.h"

struct volume;

/* An empty file system of at most `bytes`, in memory. `name` is unique and without '/': EC2's
 * volume id does. */
MUST_USE int volume_new(struct space *space, const char *name, uint64_t bytes,
                        struct volume **ret_volume, struct chaos_error *err);
/* Its content is gone once no machine has it attached. */
void volume_free(struct volume *volume);
AUTO_FREE(volume, struct volume)

/* A descriptor of it that can be mounted once, in whichever namespace (open_tree(2)). */
MUST_USE int volume_open(const struct volume *volume, int *ret_fd, struct chaos_error *err);
