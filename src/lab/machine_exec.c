// SPDX-License-Identifier: Apache-2.0
/* Getting into namespaces from outside: a child goes in, and does there what is asked. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/mem.h"
#include "lab/machine.h"
#include "lab/machine_init.h"
#include "lab/spawn.h"

#define NAMESPACES                                                                                 \
    (CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC)

/* A machine that takes longer is taken for one that hangs. */
#define UP_WITHIN_S 10

/* What the child reports: where it came to, and errno; all zero for success. */
struct report {
    const char *what; /* of the text of this very program, which both are */
    int number;
    pid_t pid;
};

/* Run `act` in a child that shares nothing, and take its report. */
struct errand {
    void (*act)(const struct errand *errand, struct report *report);
    const struct space *space;
    const struct machine *machine;
    const struct machine_exec *exec;
    const char *device; /* of a volume */
    int volume_fd;
    int flags;
};

static bool give_up(struct report *report, const char *what)
{
    report->what = what;
    report->number = errno;
    return false;
}

/* Before it enters: from within, the file belongs to somebody else. */
static void set_oom_score(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd >= 0 && write(fd, MACHINE_OOM_SCORE, strlen(MACHINE_OOM_SCORE)) < 0)
        close(fd); /* a kernel without it */
}

static int run_errand(const struct errand *errand, struct report *report, struct chaos_error *err)
{
    int pipes[2];
    ssize_t n;
    pid_t pid;

    if (pipe2(pipes, O_CLOEXEC) < 0)
        return chaos_error_set_errno(err, errno, "cannot make a pipe");
    pid = fork();
    if (pid == 0) {
        *report = (struct report){ 0 };
        if (errand->machine)
            set_oom_score();
        prctl(PR_SET_DUMPABLE, 0); /* a copy of the lab goes in: nobody there may look into it */
        errand->act(errand, report);
        _exit(write(pipes[1], report, sizeof(*report)) < 0);
    }
    close(pipes[1]);
    if (pid < 0) {
        close(pipes[0]);
        return chaos_error_set_errno(err, errno, "cannot make a process");
    }
    do
        n = read(pipes[0], report, sizeof(*report));
    while (n < 0 && errno == EINTR);
    close(pipes[0]);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (n != (ssize_t)sizeof(*report))
        return chaos_error_set(err, CHAOS_E_IO, "a process that was to enter a machine died");
    if (report->what)
        return chaos_error_set_errno(err, report->number, "cannot %s", report->what);
    return 0;
}

static bool enter_machine(const struct errand *errand, struct report *report, int namespaces)
{
    if (setns(errand->machine->pidfd, namespaces) < 0)
        return give_up(report, "enter the machine");
    if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
        return give_up(report, "be root in the machine");
    return true;
}

/* --- commands ----------------------------------------------------------------------------- */

static void limit(int which, uint64_t value)
{
    struct rlimit limits = { value, value };

    setrlimit((__rlimit_resource_t)which, &limits);
}

/* A machine's commands are bounded as what it starts itself is. */
static void set_limits(const struct machine *machine)
{
    limit(RLIMIT_NPROC, machine->limits.processes);
    limit(RLIMIT_NOFILE, machine->limits.open_files);
    limit(RLIMIT_CORE, 0);
}

static _Noreturn void become_command(const struct errand *errand)
{
    const struct machine_exec *exec = errand->exec;
    const char *cwd = exec->cwd ? exec->cwd : errand->machine ? "/root" : "/";
    sigset_t none;
    int number;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 1; i < NSIG; i++) /* what the lab ignores is not ignored by what it runs */
        sigaction(i, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
    setsid();
    if (errand->machine)
        set_limits(errand->machine);
    if (spawn_arrange(exec->fds, ARRAY_SIZE(exec->fds), -1) < 0)
        _exit(126);
    if (chdir(cwd) < 0) {
        dprintf(STDERR_FILENO, "cannot change to '%s': %m\n", cwd);
        _exit(126);
    }
    environ = (char **)(uintptr_t)exec->environment;
    execvp(exec->argv[0], exec->argv);
    number = errno;
    dprintf(STDERR_FILENO, "cannot execute '%s': %m\n", exec->argv[0]);
    _exit(number == ENOENT ? 127 : 126);
}

/* The command becomes a child of the lab itself, which waits for it. */
static void start_command(const struct errand *errand, struct report *report)
{
    struct clone_args args = { .flags = CLONE_PARENT };
    long pid = syscall(SYS_clone3, &args, sizeof(args));

    if (pid == 0)
        become_command(errand);
    if (pid < 0)
        give_up(report, "start a command");
    report->pid = (pid_t)pid;
}

static void act_in_machine(const struct errand *errand, struct report *report)
{
    if (enter_machine(errand, report, NAMESPACES))
        start_command(errand, report);
}

static void act_at_client(const struct errand *errand, struct report *report)
{
    if (setns(errand->space->client_net_fd, CLONE_NEWNET) < 0 ||
        setns(errand->space->client_mount_fd, CLONE_NEWNS) < 0)
        give_up(report, "enter the client");
    else
        start_command(errand, report);
}

static int start(const struct errand *errand, pid_t *ret_pid, int *ret_pidfd,
                 struct chaos_error *err)
{
    struct report report;
    int pidfd;
    int r = run_errand(errand, &report, err);

    if (r < 0)
        return r;
    pidfd = (int)syscall(SYS_pidfd_open, report.pid, 0);
    if (pidfd < 0)
        return chaos_error_set_errno(err, errno, "cannot watch a command");
    *ret_pid = report.pid;
    *ret_pidfd = pidfd;
    return 0;
}

/* Before a machine has its own root, what enters it would find itself in the lab's. */
static int wait_until_up(struct machine *machine, struct chaos_error *err)
{
    int64_t deadline = clock_deadline(UP_WITHIN_S);
    enum wait_result result;
    char byte;
    ssize_t n;

    if (machine->end != MACHINE_RUNNING)
        return chaos_error_set(err, CHAOS_E_INVALID, "the machine is not running");
    if (machine->ready_fd < 0)
        return machine->is_up
                   ? 0
                   : chaos_error_set(err, CHAOS_E_INVALID, "the machine did not come up");
    result = wait_fd(machine->ready_fd, POLLIN, deadline, NULL);
    if (result != WAIT_READY)
        return chaos_error_set(err, CHAOS_E_TIMEOUT, "the machine does not come up");
    do
        n = read(machine->ready_fd, &byte, 1);
    while (n < 0 && errno == EINTR);
    machine->is_up = n == 1;
    close(machine->ready_fd);
    machine->ready_fd = -1;
    return wait_until_up(machine, err);
}

int machine_exec(struct machine *machine, const struct machine_exec *exec, pid_t *ret_pid,
                 int *ret_pidfd, struct chaos_error *err)
{
    struct errand errand = { .act = act_in_machine, .machine = machine, .exec = exec };
    int r = wait_until_up(machine, err);

    return r < 0 ? r : start(&errand, ret_pid, ret_pidfd, err);
}

int machine_exec_client(const struct space *space, const struct machine_exec *exec, pid_t *ret_pid,
                        int *ret_pidfd, struct chaos_error *err)
{
    struct errand errand = { .act = act_at_client, .space = space, .exec = exec };

    return start(&errand, ret_pid, ret_pidfd, err);
}

/* --- volumes ------------------------------------------------------------------------------ */

static void act_attach(const struct errand *errand, struct report *report)
{
    char place[64];
    char node[64];

    snprintf(place, sizeof(place), "/volumes/%s", errand->device);
    snprintf(node, sizeof(node), "/dev/%s", errand->device);
    if (!enter_machine(errand, report, CLONE_NEWUSER | CLONE_NEWNS))
        return;
    if (mkdir(place, 0755) < 0 && errno != EEXIST)
        give_up(report, "make a place for the volume");
    else if (move_mount(errand->volume_fd, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        give_up(report, "mount the volume");
    else if (symlink(place, node) < 0 && errno != EEXIST)
        give_up(report, "make the volume's device");
}

static void act_detach(const struct errand *errand, struct report *report)
{
    char place[64];
    char node[64];

    snprintf(place, sizeof(place), "/volumes/%s", errand->device);
    snprintf(node, sizeof(node), "/dev/%s", errand->device);
    if (!enter_machine(errand, report, CLONE_NEWUSER | CLONE_NEWNS))
        return;
    if (umount2(place, errand->flags) < 0) {
        give_up(report, "unmount the volume");
        return;
    }
    rmdir(place);
    unlink(node);
}

/* "/dev/sdf" or "xvdf": the part after the last '/', of few and harmless characters. */
static int check_device(const char *device, const char **ret_name, struct chaos_error *err)
{
    const char *name = str_starts(device, "/dev/") ? device + 5 : device;
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");

    if (length == 0 || length > 16 || name[length])
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "'%.32s' is not the name of a device, such as /dev/sdf", device);
    *ret_name = name;
    return 0;
}

int machine_attach_volume(struct machine *machine, const struct volume *volume, const char *device,
                          struct chaos_error *err)
{
    struct errand errand = { .act = act_attach, .machine = machine, .volume_fd = -1 };
    struct report report;
    int r = check_device(device, &errand.device, err);

    if (r == 0)
        r = wait_until_up(machine, err);
    if (r == 0)
        r = volume_open(volume, &errand.volume_fd, err);
    if (r < 0)
        return r;
    r = run_errand(&errand, &report, err);
    close(errand.volume_fd);
    return r;
}

int machine_detach_volume(struct machine *machine, const char *device, enum machine_detach how,
                          struct chaos_error *err)
{
    struct errand errand = {
        .act = act_detach,
        .machine = machine,
        .flags = how == DETACH_FORCE ? MNT_DETACH : 0,
    };
    struct report report;
    int r = check_device(device, &errand.device, err);

    if (r == 0)
        r = wait_until_up(machine, err);
    return r < 0 ? r : run_errand(&errand, &report, err);
}
