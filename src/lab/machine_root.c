// SPDX-License-Identifier: Apache-2.0
#include "lab/machine_root.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/mem.h"
#include "lab/link.h"
#include "lab/netconfig.h"

#define INODES_PER_MIB 256
#define DISK           "run/fracas/disk"

/* Everything up to the last step is relative to the new root, which is the working directory. */

static int refuse(const char *what, const char *path, struct chaos_error *err)
{
    return chaos_error_set_errno(err, errno, "cannot %s '/%s'", what, path);
}

static int make_directory(const char *path, mode_t mode, struct chaos_error *err)
{
    if (mkdir(path, mode) < 0 && errno != EEXIST)
        return refuse("make", path, err);
    if (chmod(path, mode) < 0) /* the umask is not ours to know */
        return refuse("set the mode of", path, err);
    return 0;
}

struct folder {
    const char *path;
    mode_t mode;
};

static int make_directories(const struct folder *folders, size_t count, struct chaos_error *err)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++)
        r = make_directory(folders[i].path, folders[i].mode, err);
    return r;
}

static int make_link(const char *target, const char *path, struct chaos_error *err)
{
    if (symlink(target, path) < 0 && errno != EEXIST)
        return refuse("make the link", path, err);
    return 0;
}

static int write_file(const char *path, const char *text, struct chaos_error *err)
{
    AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        return refuse("write", path, err);
    return 0;
}

static int bind_path(const char *source, const char *target, struct chaos_error *err)
{
    if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) < 0)
        return refuse("mount", target, err);
    return 0;
}

static int mount_memory(const char *path, uint64_t bytes, const char *mode, struct chaos_error *err)
{
    char options[96];

    snprintf(options, sizeof(options), "size=%" PRIu64 ",nr_inodes=%" PRIu64 ",mode=%s", bytes,
             64 + (bytes >> 20) * INODES_PER_MIB, mode);
    if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
        return refuse("mount", path, err);
    return 0;
}

static int make_run(const struct plan *plan, struct chaos_error *err)
{
    static const struct folder folders[] = {
        { "run/lock", 01777 },
        { "run/fracas", 0755 },
        { "run/fracas/sbin", 0755 },
        { DISK, 0755 },
    };
    int r = mount_memory("run", plan->numbers.run_bytes, "755", err);

    return r < 0 ? r : make_directories(folders, ARRAY_SIZE(folders), err);
}

/* The lab's, which outlives the machine, or one of its own. */
static int mount_disk(const struct plan *plan, struct chaos_error *err)
{
    if (!plan->numbers.has_disk)
        return mount_memory(DISK, plan->numbers.disk_bytes, "755", err);
    if (syscall(SYS_move_mount, PLAN_DISK_FD, "", AT_FDCWD, DISK, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return refuse("attach", DISK, err);
    close(PLAN_DISK_FD);
    return 0;
}

static int make_disk(const struct plan *plan, struct chaos_error *err)
{
    static const struct folder folders[] = {
        { DISK "/tmp", 01777 },
        { DISK "/root", 0700 },
        { DISK "/etc", 0755 },
        { DISK "/.etc", 0755 },
        { DISK "/var", 0755 },
        { DISK "/var/cache", 0755 },
        { DISK "/var/lib", 0755 },
        { DISK "/var/lib/cloud", 0755 },
        { DISK "/var/lib/cloud/instance", 0755 },
        { DISK "/var/lib/cloud/instance/scripts", 0755 },
        { DISK "/var/log", 0755 },
        { DISK "/var/mail", 0755 },
        { DISK "/var/opt", 0755 },
        { DISK "/var/spool", 0755 },
        { DISK "/var/tmp", 01777 },
    };
    static const char *const binds[] = { "tmp", "root", "var" };
    int r = mount_disk(plan, err);

    if (r == 0)
        r = make_directories(folders, ARRAY_SIZE(folders), err);
    if (r == 0)
        r = make_link("/run", DISK "/var/run", err);
    if (r == 0)
        r = make_link("/run/lock", DISK "/var/lock", err);
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(binds); i++) {
        char source[64];

        snprintf(source, sizeof(source), DISK "/%s", binds[i]);
        r = bind_path(source, binds[i], err);
    }
    return r;
}

/* The files that make it another computer than the host. */
static const char *const own_files[] = { "hosts", "hostname", "resolv.conf", "machine-id" };

static int write_own_files(const struct plan *plan, struct chaos_error *err)
{
    char address[CIDR_TEXT_SIZE];
    AUTO(str) char *hosts = NULL;
    AUTO(str) char *name = mem_printf("%s\n", plan->hostname);
    AUTO(str) char *id = mem_printf("%-32.32s\n", plan->id + 2);
    const char *texts[ARRAY_SIZE(own_files)];
    int r = 0;

    cidr_text(&plan->numbers.address, address);
    *strchr(address, '/') = '\0';
    hosts = mem_printf("127.0.0.1 localhost\n%s %s\n", address, plan->hostname);
    for (char *c = id; *c; c++)
        if (*c == ' ')
            *c = '0';
    texts[0] = hosts;
    texts[1] = name;
    texts[2] = "";
    texts[3] = id;
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(own_files); i++) {
        char path[64];

        snprintf(path, sizeof(path), DISK "/etc/%s", own_files[i]);
        r = write_file(path, texts[i], err);
    }
    return r;
}

/* Without overlayfs in user namespaces (Linux 5.11) the host's /etc stays, and only the files that
 * exist in it can be covered. */
static int bind_own_files(struct chaos_error *err)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(own_files); i++) {
        char source[64];
        char target[64];
        struct stat info;

        snprintf(source, sizeof(source), DISK "/etc/%s", own_files[i]);
        snprintf(target, sizeof(target), "etc/%s", own_files[i]);
        if (lstat(target, &info) == 0 && S_ISREG(info.st_mode))
            r = bind_path(source, target, err);
    }
    return r;
}

static int make_etc(const struct plan *plan, struct chaos_error *err)
{
    static const char options[] = "lowerdir=etc,upperdir=" DISK "/etc,workdir=" DISK "/.etc";
    int r = write_own_files(plan, err);

    if (r < 0)
        return r;
    if (mount("etc", "etc", "overlay", MS_NOSUID | MS_NODEV, options) == 0)
        return 0;
    return bind_own_files(err);
}

/* Nodes of the host that hold nothing; a user namespace may not make any. */
static int make_nodes(struct chaos_error *err)
{
    static const char *const nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };
    int r = 0;

    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(nodes); i++) {
        char source[32];
        AUTO(fd) int fd = -1;

        snprintf(source, sizeof(source), "/dev/%s", nodes[i]);
        fd = open(source + 1, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0)
            return refuse("make", source + 1, err);
        r = bind_path(source, source + 1, err);
    }
    return r;
}

static int make_dev(const struct plan *plan, struct chaos_error *err)
{
    static const char *const links[][2] = {
        { "/proc/self/fd", "dev/fd" },       { "/proc/self/fd/0", "dev/stdin" },
        { "/proc/self/fd/1", "dev/stdout" }, { "/proc/self/fd/2", "dev/stderr" },
        { "pts/ptmx", "dev/ptmx" },
    };
    int r = mount_memory("dev", 1 << 20, "755", err);

    if (r == 0)
        r = make_nodes(err);
    if (r == 0)
        r = make_directory("dev/pts", 0755, err);
    if (r == 0 && mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                        "newinstance,ptmxmode=0666,mode=0620") < 0)
        r = refuse("mount", "dev/pts", err);
    if (r == 0)
        r = make_directory("dev/shm", 01777, err);
    if (r == 0)
        r = mount_memory("dev/shm", plan->numbers.run_bytes, "1777", err);
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(links); i++)
        r = make_link(links[i][0], links[i][1], err);
    return r;
}

static int make_shares(const struct plan *plan, struct chaos_error *err)
{
    AUTO(str) char *init = mem_printf("%s/init", plan->work);
    int r = make_directory("run/fracas/init", 0755, err);

    if (r == 0)
        r = bind_path(init, "run/fracas/init", err);

    for (size_t i = 0; r == 0 && i < plan->share_count; i++) {
        AUTO(str) char *source = mem_printf("%s/shares/%zu", plan->work, i);
        const char *target = plan->shares[i] + 1;

        if (!str_starts(target, "run/fracas/"))
            return chaos_error_set(err, CHAOS_E_INVALID, "share '%s' is not under /run/fracas",
                                   plan->shares[i]);
        r = make_directory(target, 0755, err);
        if (r == 0)
            r = bind_path(source, target, err);
    }
    return r;
}

static int make_kernel_views(struct chaos_error *err)
{
    if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        return refuse("mount", "proc", err);
    /* a machine can do without it, and some kernels do not let it */
    mount("sysfs", "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL);
    return 0;
}

static int make_volumes(struct chaos_error *err)
{
    return mount_memory("volumes", 1 << 20, "755", err);
}

/* The old root ends up under the new one, in the same place, and is taken away from there. */
static int change_root(struct chaos_error *err)
{
    if (syscall(SYS_pivot_root, ".", ".") < 0)
        return chaos_error_set_errno(err, errno, "cannot change the root");
    if (umount2(".", MNT_DETACH) < 0)
        return chaos_error_set_errno(err, errno, "cannot leave the host's root");
    if (chdir("/") < 0)
        return chaos_error_set_errno(err, errno, "cannot change to '/'");
    return 0;
}

int machine_make_root(const struct plan *plan, struct chaos_error *err)
{
    AUTO(str) char *root = mem_printf("%s/root", plan->work);
    int r;

    umask(022);
    if (sethostname(plan->hostname, strlen(plan->hostname)) < 0)
        return chaos_error_set_errno(err, errno, "cannot set the name '%s'", plan->hostname);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return refuse("make private", "", err);
    /* onto itself: what is inherited from the lab is locked */
    if (mount(root, root, NULL, MS_BIND | MS_REC, NULL) < 0 || chdir(root) < 0)
        return refuse("enter", root + 1, err);
    r = make_run(plan, err);
    if (r == 0)
        r = make_disk(plan, err);
    if (r == 0)
        r = make_etc(plan, err);
    if (r == 0)
        r = make_dev(plan, err);
    if (r == 0)
        r = make_shares(plan, err);
    if (r == 0)
        r = make_volumes(err);
    if (r == 0)
        r = make_kernel_views(err);
    return r == 0 ? change_root(err) : r;
}

static int disable_ipv6(void)
{
    AUTO(fd) int fd = open("/proc/sys/net/ipv6/conf/all/disable_ipv6", O_WRONLY | O_CLOEXEC);

    return fd < 0 ? 0 : (int)write(fd, "1", 1);
}

int machine_make_network(const struct plan *plan, struct chaos_error *err)
{
    const struct plan_numbers *numbers = &plan->numbers;
    struct netlink_batch batch = { 0 };
    uint32_t index = 0;
    AUTO(fd) int fd = -1;
    int r;

    if (disable_ipv6() < 0)
        return chaos_error_set_errno(err, errno, "cannot disable IPv6");
    r = netlink_open(NETLINK_ROUTE, &fd, err);
    if (r == 0)
        r = netconfig_index(fd, LINK_DEVICE, &index, err);
    if (r < 0)
        return r;
    netconfig_put_up(&batch, NETCONFIG_LOOPBACK);
    netconfig_put_up(&batch, index);
    netconfig_put_address(&batch, index, &numbers->address, NETCONFIG_ALONE);
    netconfig_put_device_route(&batch, &(struct cidr){ numbers->gateway, 32 }, index);
    r = netlink_send(fd, &batch, "configure " LINK_DEVICE, err);
    for (size_t i = 0; r == 0 && i < plan->route_count; i++) {
        batch = (struct netlink_batch){ 0 };
        netconfig_put_route(&batch, &plan->routes[i], numbers->gateway);
        r = netlink_send(fd, &batch, "add a route", err);
    }
    return r;
}
