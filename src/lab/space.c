// SPDX-License-Identifier: Apache-2.0
#include "lab/space.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/mem.h"
#include "lab/image.h"
#include "lab/space_ids.h"

#define NAMESPACES                                                                                 \
    (CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC)
#define MAP_LIMIT 65536

/* What the launcher tells the first process and hears from it. */
struct channel {
    int go[2];    /* a byte: the ids are mapped */
    int ready[2]; /* the end of it without a byte: all is set up; else the error's text */
};

/* The reason why user namespaces are not to be had, as far as the system tells. */
static const char *hint(void)
{
    static const struct {
        const char *path;
        char value;
        const char *text;
    } causes[] = {
        { "/proc/sys/kernel/unprivileged_userns_clone", '0',
          "as root: sysctl kernel.unprivileged_userns_clone=1" },
        { "/proc/sys/user/max_user_namespaces", '0',
          "as root: sysctl user.max_user_namespaces=10000" },
        { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1',
          "as root: sysctl kernel.apparmor_restrict_unprivileged_userns=0" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
        AUTO(fd) int fd = open(causes[i].path, O_RDONLY | O_CLOEXEC);
        char text[2] = "";

        if (fd >= 0 && read(fd, text, sizeof(text)) > 0 && text[0] == causes[i].value &&
            (text[1] == '\n' || text[1] == '\0'))
            return causes[i].text;
    }
    return "inside a container, it must allow user namespaces and an unmasked /proc";
}

static int refuse(int number, const char *what, struct chaos_error *err)
{
    char text[128];

    return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "cannot %s: %s; %s", what,
                           strerror_r(number, text, sizeof(text)), hint());
}

/* --- the side of the first process -------------------------------------------------------- */

/* As good as any: a place that exists on all systems. Only the lab sees what it is covered with. */
static const char *const work_places[] = { "/mnt", "/media", "/srv", "/opt", "/tmp" };

/* Covering it would hide what is to be shown to machines. */
static bool holds_a_share(const struct space *space, const char *place)
{
    for (size_t i = 0; i < space->share_count; i++)
        if (str_starts(space->shares[i].path, place))
            return true;
    return false;
}

static int mount_work(struct space *space, struct chaos_error *err)
{
    int number = ENOENT;

    for (size_t i = 0; i < ARRAY_SIZE(work_places); i++) {
        if (holds_a_share(space, work_places[i]))
            continue;
        if (mount("lab", work_places[i], "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") == 0) {
            space->work = work_places[i];
            space->work_fd = open(space->work, O_PATH | O_DIRECTORY | O_CLOEXEC);
            return 0;
        }
        number = errno;
    }
    return refuse(number, "mount a file system for the lab", err);
}

/* The client's namespaces: made, kept by descriptors, and left again. */
static int make_client(struct space *space, struct chaos_error *err)
{
    AUTO(fd) int net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    AUTO(fd) int mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

    if (net < 0 || mounts < 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
        return chaos_error_set_errno(err, errno, "cannot make the client's namespaces");
    space->client_net_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    space->client_mount_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (space->client_net_fd < 0 || space->client_mount_fd < 0)
        return chaos_error_set_errno(err, errno, "cannot keep the client's namespaces");
    if (setns(net, CLONE_NEWNET) < 0 || setns(mounts, CLONE_NEWNS) < 0)
        return chaos_error_set_errno(err, errno, "cannot come back from the client's namespaces");
    return 0;
}

static int set_up(struct space *space, struct chaos_error *err)
{
    int r;

    if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
        return refuse(errno, "be root in a user namespace", err);
    if (!space->is_rootless && setgroups(0, NULL) < 0)
        return refuse(errno, "drop the groups of the caller", err);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return refuse(errno, "have mounts of our own", err);
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
        return refuse(errno, "mount /proc", err);
    if (sethostname("lab", 3) < 0)
        return refuse(errno, "set the name of the lab's host", err);
    r = make_client(space, err);
    if (r == 0)
        r = mount_work(space, err);
    return r == 0 ? image_prepare(space, err) : r;
}

static _Noreturn void be_first(const struct space_options *options, struct space *space,
                               const struct channel *channel)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    char byte;
    int cwd;

    close(channel->go[1]);
    close(channel->ready[0]);
    if (read(channel->go[0], &byte, 1) != 1)
        _exit(1); /* the launcher gave up, and says why */
    close(channel->go[0]);
    cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    space->init_fd = open(options->init_path, O_PATH | O_CLOEXEC);
    if (space->init_fd < 0)
        chaos_error_set_errno(&err, errno, "cannot open '%s'", options->init_path);
    if (err.message || set_up(space, &err) < 0) {
        dprintf(channel->ready[1], "%s", chaos_error_text(&err));
        _exit(1);
    }
    if (cwd >= 0 && fchdir(cwd) == 0)
        close(cwd);
    close(channel->ready[1]);
    exit(options->run(space, options->data));
}

/* --- the side of the launcher ------------------------------------------------------------- */

static int write_map(pid_t pid, const char *name, const char *text, struct chaos_error *err)
{
    char path[64];
    AUTO(fd) int fd = -1;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        return refuse(errno, "map the ids of the lab", err);
    return 0;
}

static int map_all(pid_t pid, const char *kind, uint64_t *ret_count, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(buffer) struct buffer map = { 0 };
    char path[32];
    int r;

    snprintf(path, sizeof(path), "/proc/self/%s", kind);
    r = file_read(path, &text, MAP_LIMIT, err);
    if (r < 0)
        return r;
    *ret_count = space_ids_identity(buffer_text(&text), &map);
    return write_map(pid, kind, buffer_text(&map), err);
}

static int map_one(pid_t pid, const char *kind, unsigned id, struct chaos_error *err)
{
    char line[32];

    snprintf(line, sizeof(line), "0 %u 1\n", id);
    return write_map(pid, kind, line, err);
}

/* Root maps every id there is onto itself; anybody else can only map the own one, as root. */
static int map_ids(pid_t pid, bool is_rootless, struct chaos_error *err)
{
    uint64_t count;
    int r;

    if (!is_rootless) {
        r = map_all(pid, "uid_map", &count, err);
        return r < 0 ? r : map_all(pid, "gid_map", &count, err);
    }
    r = write_map(pid, "setgroups", "deny", err);
    if (r == 0)
        r = map_one(pid, "uid_map", geteuid(), err);
    return r == 0 ? map_one(pid, "gid_map", getegid(), err) : r;
}

/* How many ids there are from 0 on, of users and of groups. */
static uint64_t count_ids(bool is_rootless)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer users = { 0 };
    AUTO(buffer) struct buffer groups = { 0 };
    AUTO(buffer) struct buffer unused = { 0 };
    uint64_t user_count;
    uint64_t group_count;

    if (is_rootless || file_read("/proc/self/uid_map", &users, MAP_LIMIT, &err) < 0 ||
        file_read("/proc/self/gid_map", &groups, MAP_LIMIT, &err) < 0)
        return 1;
    user_count = space_ids_identity(buffer_text(&users), &unused);
    group_count = space_ids_identity(buffer_text(&groups), &unused);
    return user_count < group_count ? user_count : group_count;
}

static int wait_until_ready(const struct channel *channel, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    int r = fd_read_all(channel->ready[0], &text, 4096, err);

    if (r < 0)
        return r;
    if (text.length > 0)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "%s", text.data);
    return 0;
}

static void close_pair(int pair[2])
{
    fd_autop(&pair[0]);
    fd_autop(&pair[1]);
}

static void channel_clear(struct channel *channel)
{
    close_pair(channel->go);
    close_pair(channel->ready);
}
AUTO_CLEAR(channel, struct channel)

static pid_t clone_first(int *ret_pidfd)
{
    struct clone_args args = {
        .flags = NAMESPACES | CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)ret_pidfd,
        .exit_signal = SIGCHLD,
    };

    return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

int space_create(const struct space_options *options, pid_t *ret_pid, int *ret_pidfd,
                 struct chaos_error *err)
{
    AUTO(channel) struct channel channel = { { -1, -1 }, { -1, -1 } };
    struct space space = {
        .work_fd = -1,
        .init_fd = -1,
        .client_net_fd = -1,
        .client_mount_fd = -1,
        .is_rootless = geteuid() != 0,
        .shares = options->shares,
        .share_count = options->share_count,
    };
    AUTO(fd) int pidfd = -1;
    uint64_t id_count;
    pid_t pid;
    int r;

    if (options->share_count > SPACE_SHARES_MAX)
        return chaos_error_set(err, CHAOS_E_LIMIT, "more than %d shares", SPACE_SHARES_MAX);
    id_count = count_ids(space.is_rootless);
    space.machine_ids = space_ids_machine(id_count);
    space.maker_ids = space_ids_makers(id_count);
    if (pipe2(channel.go, O_CLOEXEC) < 0 || pipe2(channel.ready, O_CLOEXEC) < 0)
        return chaos_error_set_errno(err, errno, "cannot make a pipe");
    fflush(NULL);
    pid = clone_first(&pidfd);
    if (pid < 0)
        return refuse(errno, "make namespaces for the lab", err);
    if (pid == 0)
        be_first(options, &space, &channel);
    close(channel.ready[1]);
    channel.ready[1] = -1;
    r = map_ids(pid, space.is_rootless, err);
    if (r == 0 && write(channel.go[1], "", 1) != 1)
        r = chaos_error_set_errno(err, errno, "cannot start the lab");
    if (r == 0)
        r = wait_until_ready(&channel, err);
    if (r < 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return r;
    }
    *ret_pid = pid;
    *ret_pidfd = pidfd;
    pidfd = -1;
    return 0;
}
