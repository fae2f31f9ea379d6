/* SPDX-License-Identifier: Apache-2.0 */
/* What a child does between its birth and the program that it becomes. Nothing here allocates. */
#pragma once

#include <stddef.h>

#include "lab/space.h"

/* Become root of the user namespace that the process is in. -1 with errno. */
int spawn_become_root(const struct space *space);

/* Where spawn_arrange() puts `kept`, closed when a program is executed. */
#define SPAWN_KEPT_FD 16
/* Make `fds` the descriptors from 0 on and `kept` (or -1) SPAWN_KEPT_FD; all others are closed. At
 * most 16. -1 with errno. */
int spawn_arrange(const int *fds, size_t count, int kept);
