// SPDX-License-Identifier: Apache-2.0
#include "lab/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/mem.h"
#include "base/str.h"
#include "lab/machine_init.h"

/* libc's <sys/mount.h> and <linux/mount.h> of Debian 12 cannot be included together. */
#define BIND_RECURSIVE (4096 | 16384)

/* Those that a machine gets anew, or has no business with: home directories hold keys. */
static const char *const empty_places[] = { "proc", "sys",  "dev",  "run",   "tmp",
                                            "var",  "root", "home", "media", "lost+found",
                                            "boot", "mnt",  NULL };
/* And those that machines need, whether the host has them or not. */
static const char *const own_places[] = { "proc", "sys", "dev",  "run",     "tmp",
                                          "var",  "etc", "root", "volumes", NULL };

struct image {
    const struct space *space;
    int root_fd;
    char *root;
};

/* Kernels from 5.12 on have it, older libcs do not. */
static int make_read_only(const char *path)
{
    struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY };

    return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, AT_RECURSIVE, &attributes,
                        sizeof(attributes));
}

int mount(const char *source, const char *target, const char *type, unsigned long flags,
          const void *data);

static int bind_tree(const char *source, const char *target, struct chaos_error *err)
{
    if (mount(source, target, NULL, BIND_RECURSIVE, NULL) < 0)
        return chaos_error_set_errno(err, errno, "cannot show '%s' to machines", source);
    return 0;
}

/* A directory that the root of machines owns. */
static int make_directory(const struct image *image, const char *name, struct chaos_error *err)
{
    uint32_t owner = image->space->machine_ids.first;

    if (mkdirat(image->root_fd, name, 0755) < 0) {
        if (errno == EEXIST)
            return 0;
        return chaos_error_set_errno(err, errno, "cannot make '%s' for machines", name);
    }
    if (fchownat(image->root_fd, name, owner, owner, 0) < 0)
        return chaos_error_set_errno(err, errno, "cannot give '%s' to machines", name);
    return 0;
}

static int add_link(const struct image *image, const char *name, struct chaos_error *err)
{
    uint32_t owner = image->space->machine_ids.first;
    char target[PATH_MAX];
    ssize_t n = readlinkat(AT_FDCWD, name, target, sizeof(target) - 1);

    if (n < 0)
        return 0; /* it went, or is no link */
    target[n] = '\0';
    if ((symlinkat(target, image->root_fd, name + 1) < 0 && errno != EEXIST) ||
        fchownat(image->root_fd, name + 1, owner, owner, AT_SYMLINK_NOFOLLOW) < 0)
        return chaos_error_set_errno(err, errno, "cannot make the link '%s' for machines", name);
    return 0;
}

static int add_entry(const struct image *image, const char *name, struct chaos_error *err)
{
    AUTO(str) char *source = mem_printf("/%s", name);
    AUTO(str) char *target = mem_printf("%s/%s", image->root, name);
    struct stat info;
    int r;

    if (lstat(source, &info) < 0)
        return 0;
    if (S_ISLNK(info.st_mode))
        return add_link(image, source, err);
    if (!S_ISDIR(info.st_mode))
        return 0;
    r = make_directory(image, name, err);
    if (r < 0 || str_in(name, empty_places) || str_equal(source, image->space->work))
        return r;
    return bind_tree(source, target, err);
}

static void directory_autop(DIR **slot)
{
    if (*slot)
        closedir(*slot);
}

static int fill(const struct image *image, struct chaos_error *err)
{
    AUTO(directory) DIR *directory = opendir("/");
    const struct dirent *entry;
    int r = 0;

    if (!directory)
        return chaos_error_set_errno(err, errno, "cannot list '/'");
    while (r == 0 && (entry = readdir(directory)))
        if (!str_equal(entry->d_name, ".") && !str_equal(entry->d_name, ".."))
            r = add_entry(image, entry->d_name, err);
    for (size_t i = 0; r == 0 && own_places[i]; i++)
        r = make_directory(image, own_places[i], err);
    return r;
}

/* Bind mounts go around directories on the way that machines could not enter. */
static int add_shares(const struct space *space, struct chaos_error *err)
{
    AUTO(str) char *folder = mem_printf("%s/shares", space->work);
    int r = 0;

    if (mkdir(folder, 0755) < 0)
        return chaos_error_set_errno(err, errno, "cannot make '%s'", folder);
    for (size_t i = 0; r == 0 && i < space->share_count; i++) {
        AUTO(str) char *target = mem_printf("%s/%zu", folder, i);

        if (mkdir(target, 0755) < 0)
            return chaos_error_set_errno(err, errno, "cannot make '%s'", target);
        r = bind_tree(space->shares[i].path, target, err);
        if (r == 0 && make_read_only(target) < 0)
            r = chaos_error_set_errno(err, errno, "cannot protect '%s'", space->shares[i].path);
    }
    return r;
}

/* The first process of machines, alone in a directory. */
static int add_init(const struct space *space, struct chaos_error *err)
{
    AUTO(str) char *source = mem_printf("/proc/self/fd/%d", space->init_fd);
    AUTO(str) char *folder = mem_printf("%s/init", space->work);
    AUTO(str) char *target = mem_printf("%s/" MACHINE_INIT_NAME, folder);
    AUTO(fd) int fd = -1;

    if (mkdir(folder, 0755) < 0)
        return chaos_error_set_errno(err, errno, "cannot make '%s'", folder);
    fd = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot make '%s'", target);
    if (bind_tree(source, target, err) < 0)
        return -(int)err->code;
    if (make_read_only(target) < 0)
        return chaos_error_set_errno(err, errno, "cannot protect '%s'", target);
    return 0;
}

int image_prepare(struct space *space, struct chaos_error *err)
{
    AUTO(str) char *root = mem_printf("%s/root", space->work);
    AUTO(fd) int root_fd = -1;
    struct image image = { .space = space, .root = root };
    int r;

    if (mkdir(root, 0755) < 0 || mount("lab", root, "tmpfs", 0, "mode=755") < 0)
        return chaos_error_set_errno(err, errno, "cannot mount a root for machines");
    root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    image.root_fd = root_fd;
    if (root_fd < 0 || fchownat(root_fd, "", space->machine_ids.first, space->machine_ids.first,
                                AT_EMPTY_PATH) < 0)
        return chaos_error_set_errno(err, errno, "cannot give a root to machines");
    r = fill(&image, err);
    if (r == 0 && make_read_only(root) < 0)
        r = chaos_error_set_errno(err, errno, "cannot make the root of machines read-only");
    if (r == 0)
        r = add_shares(space, err);
    if (r == 0)
        r = add_init(space, err);
    if (r == 0)
        space->root = STEAL(root); /* for the life of the process */
    return r;
}
