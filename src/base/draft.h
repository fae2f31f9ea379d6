/* SPDX-License-Identifier: Apache-2.0 */
/* A file of any length that gets its name when it is whole: who reads that name finds what was
 * there before or all of the new content, also when the writer is killed. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

/* `fd` is -1 while there is none. */
struct draft {
    int fd;          /* to be written to */
    char *path;      /* the name it shall have */
    char *temporary; /* the name it has meanwhile; NULL where the file system can do without */
    bool is_direct;  /* a device, a pipe or the standard output: what is written is there at once */
};

/* Symbolic links are followed; an existing file's mode is kept, a new one gets `mode` less the
 * umask. The error names the path. */
MUST_USE int draft_open(const char *path, unsigned mode, struct draft *ret_draft,
                        struct chaos_error *err);
/* Begin again; not for a direct one. */
MUST_USE int draft_rewind(const struct draft *draft, struct chaos_error *err);
/* Give it its name. */
MUST_USE int draft_keep(struct draft *draft, struct chaos_error *err);
/* What was not kept is gone. */
void draft_clear(struct draft *draft);
AUTO_CLEAR(draft, struct draft)
