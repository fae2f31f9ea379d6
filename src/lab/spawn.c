// SPDX-License-Identifier: Apache-2.0
#include "lab/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

int spawn_become_root(const struct space *space)
{
    /* past the C library, which would look for the threads of the lab, to have them do the same */
    if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
        return -1;
    return space->is_rootless ? 0 : (int)syscall(SYS_setgroups, 0, NULL);
}

int spawn_arrange(const int *fds, size_t count, int kept)
{
    int copies[SPAWN_KEPT_FD];

    for (size_t i = 0; i < count; i++) { /* out of the way first */
        copies[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, SPAWN_KEPT_FD + 1);
        if (copies[i] < 0)
            return -1;
    }
    if (kept >= 0 && kept != SPAWN_KEPT_FD && dup3(kept, SPAWN_KEPT_FD, O_CLOEXEC) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (dup2(copies[i], (int)i) < 0)
            return -1;
    if (count < SPAWN_KEPT_FD && close_range((unsigned)count, SPAWN_KEPT_FD - 1, 0) < 0)
        return -1;
    return close_range(kept >= 0 ? SPAWN_KEPT_FD + 1 : SPAWN_KEPT_FD, ~0U, 0);
}
