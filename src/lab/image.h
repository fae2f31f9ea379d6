/* SPDX-License-Identifier: Apache-2.0 */
/* What machines start from: a root file system put together once, of what the host has. */
#pragma once

#include "lab/space.h"

/* Fill "root" and "shares" under `space->work`, and set `space->root`. Directories that belong to
 * the host's users, and those that machines have for themselves, are there but empty. */
MUST_USE int image_prepare(struct space *space, struct chaos_error *err);
