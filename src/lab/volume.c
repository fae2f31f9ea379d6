// SPDX-License-Identifier: Apache-2.0
#include "lab/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"

/* As mkfs.ext4 has it: an inode for every 16 KiB. */
#define BYTES_PER_INODE 16384

struct volume {
    char *path;
};

int volume_new(struct space *space, const char *name, uint64_t bytes, struct volume **ret_volume,
               struct chaos_error *err)
{
    AUTO(volume) struct volume *volume = mem_zero(1, sizeof(*volume));
    uint32_t owner = space->machine_ids.first;
    char options[128];

    if (mkdirat(space->work_fd, "volumes", 0700) < 0 && errno != EEXIST)
        return chaos_error_set_errno(err, errno, "cannot make a place for volumes");
    snprintf(options, sizeof(options),
             "size=%" PRIu64 ",nr_inodes=%" PRIu64 ",mode=755,uid=%u,gid=%u", bytes,
             64 + bytes / BYTES_PER_INODE, owner, owner);
    volume->path = mem_printf("%s/volumes/%s", space->work, name);
    if (mkdir(volume->path, 0755) < 0)
        return chaos_error_set_errno(err, errno, "cannot make volume '%s'", name);
    if (mount("volume", volume->path, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0) {
        int number = errno;

        rmdir(volume->path);
        return chaos_error_set_errno(err, number, "cannot mount volume '%s'", name);
    }
    *ret_volume = STEAL(volume);
    return 0;
}

void volume_free(struct volume *volume)
{
    if (volume->path) {
        umount2(volume->path, MNT_DETACH);
        rmdir(volume->path);
    }
    free(volume->path);
    free(volume);
}

int volume_open(const struct volume *volume, int *ret_fd, struct chaos_error *err)
{
    int fd = open_tree(AT_FDCWD, volume->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot open volume '%s'", volume->path);
    *ret_fd = fd;
    return 0;
}
