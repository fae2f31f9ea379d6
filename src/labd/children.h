/* SPDX-License-Identifier: Apache-2.0 */
/* PID 1 inherits every orphan of the lab, and must collect them, but not the children that somebody
 * here waits for. */
#pragma once

#include <sys/types.h>

struct children;

struct children *children_new(void);
void children_free(struct children *children);

/* Somebody waits for it, until children_forget(). */
void children_expect(struct children *children, pid_t pid);
void children_forget(struct children *children, pid_t pid);
/* Collect all orphans that have ended. */
void children_reap(struct children *children);
