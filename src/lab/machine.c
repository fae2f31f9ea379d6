// SPDX-License-Identifier: Apache-2.0
#include "lab/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/mem.h"
#include "lab/machine_init.h"
#include "lab/plan.h"
#include "lab/spawn.h"

/* Of all machines together, where they cannot be told apart. */
#define PROCESSES_OF_ALL 16384

#define NAMESPACES                                                                                 \
    (CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC)

/* What the child that becomes the first process of a machine begins with. */
struct birth {
    int go[2]; /* a byte: the ids are mapped and the wire is there */
    int console[2];
    int ready[2];
    int plan_fd;
    int disk_fd;
};

static void birth_clear(struct birth *birth)
{
    fd_autop(&birth->go[0]);
    fd_autop(&birth->go[1]);
    fd_autop(&birth->console[0]);
    fd_autop(&birth->console[1]);
    fd_autop(&birth->ready[0]);
    fd_autop(&birth->ready[1]);
    fd_autop(&birth->plan_fd);
    fd_autop(&birth->disk_fd);
}
AUTO_CLEAR(birth, struct birth)

static uint64_t or_else(uint64_t value, uint64_t usual)
{
    return value ? value : usual;
}

static struct machine_limits usual_limits(const struct machine_limits *limits)
{
    return (struct machine_limits){
        .processes = or_else(limits->processes, 512),
        .disk_bytes = or_else(limits->disk_bytes, UINT64_C(64) << 20),
        .run_bytes = or_else(limits->run_bytes, UINT64_C(16) << 20),
        .open_files = or_else(limits->open_files, 4096),
    };
}

static void encode_plan(const struct space *space, const struct machine_spec *spec,
                        struct buffer *out)
{
    struct machine_limits limits = usual_limits(&spec->limits);
    const char *shares[SPACE_SHARES_MAX];
    size_t variables = 0;
    struct plan plan = {
        .numbers = {
            .address = spec->address,
            .gateway = spec->gateway,
            .processes = limits.processes,
            .disk_bytes = limits.disk_bytes,
            .run_bytes = limits.run_bytes,
            .open_files = limits.open_files,
            .has_disk = spec->disk != NULL,
        },
        .id = spec->id,
        .hostname = spec->hostname,
        .work = space->work,
        .routes = (struct cidr *)(uintptr_t)spec->routes,
        .route_count = spec->route_count,
        .shares = shares,
        .share_count = space->share_count,
        .environment = (const char **)(uintptr_t)spec->environment,
        .steps = (struct boot_step *)(uintptr_t)spec->steps,
        .step_count = spec->step_count,
    };

    for (size_t i = 0; i < space->share_count; i++)
        shares[i] = space->shares[i].target;
    while (spec->environment && spec->environment[variables])
        variables++;
    plan.environment_count = variables;
    plan_encode(&plan, out);
}

static int make_plan(const struct space *space, const struct machine_spec *spec, int *ret_fd,
                     struct chaos_error *err)
{
    AUTO(buffer) struct buffer bytes = { 0 };
    AUTO(fd) int fd = memfd_create("plan", MFD_CLOEXEC);
    int r;

    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot make a plan");
    encode_plan(space, spec, &bytes);
    r = fd_write_all(fd, bytes.data, bytes.length, err);
    if (r < 0)
        return r;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

static int prepare(const struct space *space, const struct machine_spec *spec, struct birth *birth,
                   struct chaos_error *err)
{
    int r = make_plan(space, spec, &birth->plan_fd, err);

    if (r == 0 && spec->disk)
        r = volume_open(spec->disk, &birth->disk_fd, err);
    if (r < 0)
        return r;
    if (pipe2(birth->go, O_CLOEXEC) < 0 || pipe2(birth->console, O_CLOEXEC) < 0 ||
        pipe2(birth->ready, O_CLOEXEC) < 0)
        return chaos_error_set_errno(err, errno, "cannot make a pipe");
    return fd_set_nonblocking(birth->console[0], err);
}

/* In the child, which shares nothing with the lab but is a copy of it. */
static _Noreturn void become_first(const struct space *space, const struct birth *birth)
{
    static char name[] = MACHINE_INIT_NAME;
    char *const argv[] = { name, NULL };
    char *const environment[] = { NULL };
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int fds[] = { null,           birth->console[1], birth->console[1],
                        birth->plan_fd, birth->ready[1],   birth->disk_fd };
    char byte;

    close(birth->go[1]);
    if (read(birth->go[0], &byte, 1) != 1)
        _exit(MACHINE_EXIT_FAILED);
    if (spawn_become_root(space) < 0) {
        dprintf(birth->console[1], "cannot boot: cannot be root: %m\n");
        _exit(MACHINE_EXIT_FAILED);
    }
    if (spawn_arrange(fds, birth->disk_fd >= 0 ? ARRAY_SIZE(fds) : ARRAY_SIZE(fds) - 1,
                      space->init_fd) < 0)
        _exit(MACHINE_EXIT_FAILED);
    syscall(SYS_execveat, SPAWN_KEPT_FD, "", argv, environment, AT_EMPTY_PATH);
    dprintf(STDERR_FILENO, "cannot boot: cannot execute %s: %m\n", name);
    _exit(MACHINE_EXIT_FAILED);
}

/* The kernel counts the processes of a user namespace and of all below it by who made it, and
 * allows as many as RLIMIT_NPROC was then. So each machine has a maker of its own, where there are
 * ids for that; where there are not, all have the same, and a limit together. */
static uint32_t maker_of(const struct space *space, const struct machine *machine)
{
    const struct space_ids *ids = &space->maker_ids;

    return ids->count ? ids->first + machine->number % ids->count : 0;
}

/* The real and the saved id stay, so that there is a way back; past the C library, because it is
 * about this thread alone. */
static int become(uint32_t effective)
{
    return (int)syscall(SYS_setresuid, -1, effective, -1);
}

static pid_t clone_limited(const struct space *space, const struct machine *machine,
                           const struct clone_args *args)
{
    uint32_t maker = maker_of(space, machine);
    struct rlimit before;
    struct rlimit during;
    int number;
    pid_t pid;

    if (getrlimit(RLIMIT_NPROC, &before) < 0)
        return -1;
    during = before;
    during.rlim_cur = maker ? machine->limits.processes : PROCESSES_OF_ALL;
    if (during.rlim_cur > before.rlim_max)
        during.rlim_cur = before.rlim_max;
    if (setrlimit(RLIMIT_NPROC, &during) < 0 || (maker && become(maker) < 0))
        return -1;
    pid = (pid_t)syscall(SYS_clone3, args, sizeof(*args));
    if (pid == 0)
        return 0;
    number = errno;
    if (maker && become(0) < 0)
        abort();               /* cannot be; to go on with other rights would be worse */
    prctl(PR_SET_DUMPABLE, 1); /* which the kernel took with the id */
    setrlimit(RLIMIT_NPROC, &before);
    errno = number;
    return pid;
}

static int map(pid_t pid, const char *kind, const struct space_ids *ids, struct chaos_error *err)
{
    char path[64];
    char line[64];
    AUTO(fd) int fd = -1;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, kind);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    snprintf(line, sizeof(line), "0 %u %u\n", ids->first, ids->count);
    if (fd < 0 || write(fd, line, strlen(line)) < 0)
        return chaos_error_set_errno(err, errno, "cannot map the ids of a machine");
    return 0;
}

static int map_ids(const struct space *space, pid_t pid, struct chaos_error *err)
{
    char path[64];
    AUTO(fd) int fd = -1;
    int r;

    if (space->is_rootless) { /* the kernel demands it of whoever maps a group without rights */
        snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd >= 0 && write(fd, "deny", 4) < 0 && errno != EPERM)
            return chaos_error_set_errno(err, errno, "cannot forbid groups");
    }
    r = map(pid, "uid_map", &space->machine_ids, err);
    return r == 0 ? map(pid, "gid_map", &space->machine_ids, err) : r;
}

int machine_start(struct space *space, struct link_router *router, const struct machine_spec *spec,
                  struct machine **ret_machine, struct chaos_error *err)
{
    AUTO(birth) struct birth birth = { { -1, -1 }, { -1, -1 }, { -1, -1 }, -1, -1 };
    AUTO(machine) struct machine *machine = mem_zero(1, sizeof(*machine));
    struct clone_args args = {
        .flags = NAMESPACES | CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)&machine->pidfd,
        .exit_signal = SIGCHLD,
    };
    int r;

    machine->pidfd = -1;
    machine->console_fd = -1;
    machine->ready_fd = -1;
    machine->limits = usual_limits(&spec->limits);
    machine->number = space->machines_begun++;
    snprintf(machine->link, sizeof(machine->link), "%s", spec->link);
    r = prepare(space, spec, &birth, err);
    if (r < 0)
        return r;
    machine->pid = clone_limited(space, machine, &args);
    if (machine->pid < 0)
        return chaos_error_set_errno(err, errno, "cannot make namespaces for '%s'", spec->id);
    if (machine->pid == 0)
        become_first(space, &birth);
    machine->port = (struct link_port){ machine->link, spec->address.address, machine->pid };
    r = map_ids(space, machine->pid, err);
    if (r == 0)
        r = link_attach(router, &machine->port, err);
    if (r == 0 && write(birth.go[1], "", 1) != 1)
        r = chaos_error_set_errno(err, errno, "cannot start '%s'", spec->id);
    if (r < 0)
        return r;
    machine->console_fd = birth.console[0];
    birth.console[0] = -1;
    machine->ready_fd = birth.ready[0];
    birth.ready[0] = -1;
    *ret_machine = STEAL(machine);
    return 0;
}

static void tell(const struct machine *machine, int number)
{
    if (machine->pidfd >= 0 && machine->end == MACHINE_RUNNING)
        syscall(SYS_pidfd_send_signal, machine->pidfd, number, NULL, 0);
}

void machine_kill(struct link_router *router, struct machine *machine)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (machine->end != MACHINE_RUNNING)
        return;
    if (link_cut(router, &machine->port, &err) < 0)
        chaos_error_clear(&err); /* its namespace went first, and the wire with it */
    tell(machine, SIGKILL);
}

void machine_shutdown(struct machine *machine)
{
    tell(machine, SIGPWR);
}

void machine_reboot(struct machine *machine)
{
    tell(machine, SIGINT);
}

/* reboot(2) in a pid namespace ends the first process with a signal that tells what was asked. */
static enum machine_end judge(const siginfo_t *info)
{
    if (info->si_code == CLD_EXITED) {
        if (info->si_status == MACHINE_EXIT_FAILED)
            return MACHINE_FAILED;
        return info->si_status == MACHINE_EXIT_REBOOT ? MACHINE_REBOOT : MACHINE_OFF;
    }
    if (info->si_status == SIGHUP)
        return MACHINE_REBOOT;
    return info->si_status == SIGINT ? MACHINE_OFF : MACHINE_KILLED;
}

enum machine_end machine_reap(struct machine *machine)
{
    siginfo_t info = { 0 };

    if (machine->end != MACHINE_RUNNING)
        return machine->end;
    if (waitid(P_PIDFD, (id_t)machine->pidfd, &info, WEXITED | WNOHANG) < 0)
        machine->end = MACHINE_KILLED; /* somebody else collected it */
    else if (info.si_pid != 0)
        machine->end = judge(&info);
    return machine->end;
}

size_t machine_console_read(struct machine *machine, size_t limit)
{
    size_t count = 0;

    while (machine->console_fd >= 0 && count < limit) {
        size_t want = limit - count < 4096 ? limit - count : 4096;
        ssize_t n = read(machine->console_fd, buffer_reserve(&machine->console, want), want);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0) {
            fd_autop(&machine->console_fd);
            machine->console_fd = -1;
            break;
        }
        machine->console.length += (size_t)n;
        machine->console.data[machine->console.length] = '\0';
        count += (size_t)n;
        if (machine->console.length > MACHINE_CONSOLE_SIZE)
            buffer_consume(&machine->console, machine->console.length - MACHINE_CONSOLE_SIZE);
    }
    return count < MACHINE_CONSOLE_SIZE ? count : MACHINE_CONSOLE_SIZE;
}

void machine_free(struct machine *machine)
{
    tell(machine, SIGKILL);
    if (machine->pidfd >= 0)
        machine_reap(machine);
    fd_autop(&machine->pidfd);
    fd_autop(&machine->console_fd);
    fd_autop(&machine->ready_fd);
    buffer_clear(&machine->console);
    free(machine);
}
