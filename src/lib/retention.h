/* SPDX-License-Identifier: Apache-2.0 */
/* How long the folders of runs are kept. What is not closed is always kept. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

struct retention {
    size_t runs;   /* the newest so many */
    int64_t age_s; /* not older than this; 0: however old */
    size_t bytes;  /* the newest that fit in this; 0: however many */
};

/* As `history` in the settings says (runs, days, mebibytes), else 200 runs and 1 GiB. A value that
 * makes no sense is told in the log. `settings` may be NULL. */
struct retention retention_of(const json_t *settings);
/* Remove the runs beyond that. */
void retention_apply(const struct retention *retention);
