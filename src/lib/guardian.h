/* SPDX-License-Identifier: Apache-2.0 */
/* The process that outlives the run's (src/guardian/main.c), as the run sees it. */
#pragma once

#include "base/auto.h"

struct guardian;

struct guardian_options {
    const char *run_id;
    const char *log_file; /* where a recovery logs, an absolute path; NULL: nowhere */
};

/* Start one. Without one the run goes on, after a warning. Never NULL. */
struct guardian *guardian_start(const struct guardian_options *options);
/* Start another when it is gone. Costs a system call. */
void guardian_check(struct guardian *guardian);
/* Tell it that it is not needed any more, and free it. */
void guardian_release(struct guardian *guardian);
