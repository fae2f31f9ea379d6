// SPDX-License-Identifier: Apache-2.0
/* chaos-machine-init: the first process of a machine of the lab. It makes what the machine sees of
 * its plan (descriptor 3), runs its boot, collects what ends, and turns the machine off or starts
 * it again when it is told to: SIGPWR and SIGTERM, SIGINT. Called poweroff, halt, shutdown or
 * reboot, it tells the first process so. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/auto.h"
#include "base/str.h"
#include "lab/machine_boot.h"
#include "lab/machine_init.h"
#include "lab/machine_root.h"
#include "lab/plan.h"

/* How long processes have between SIGTERM and SIGKILL. */
#define GRACE_S 5

static const char *const applets[] = { "poweroff", "halt", "shutdown", "reboot", NULL };

static int be_applet(const char *name, int argc, char **argv)
{
    int number = str_equal(name, "reboot") ? SIGINT : SIGPWR;

    for (int i = 1; i < argc; i++) /* shutdown -r now */
        if (str_equal(argv[i], "-r") || str_equal(argv[i], "--reboot"))
            number = SIGINT;
    if (kill(1, number) == 0)
        return 0;
    fprintf(stderr, "%s: cannot tell the first process: %m\n", name);
    return 1;
}

static int limit(int which, uint64_t value)
{
    struct rlimit limits = { value, value };

    return setrlimit((__rlimit_resource_t)which, &limits);
}

static int set_limits(const struct plan *plan, struct chaos_error *err)
{
    AUTO(fd) int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (limit(RLIMIT_NPROC, plan->numbers.processes) < 0 ||
        limit(RLIMIT_NOFILE, plan->numbers.open_files) < 0 || limit(RLIMIT_CORE, 0) < 0)
        return chaos_error_set_errno(err, errno, "cannot set the limits");
    /* when memory ends, machines end before the lab */
    if (fd < 0 || write(fd, MACHINE_OOM_SCORE, strlen(MACHINE_OOM_SCORE)) < 0)
        return chaos_error_set_errno(err, errno, "cannot be the first to go");
    return 0;
}

/* The programs that turn it off are this one. */
static int make_applets(struct chaos_error *err)
{
    for (size_t i = 0; applets[i]; i++) {
        char path[64];

        snprintf(path, sizeof(path), "/run/fracas/sbin/%s", applets[i]);
        if (symlink(MACHINE_INIT_PATH, path) < 0)
            return chaos_error_set_errno(err, errno, "cannot make '%s'", path);
    }
    return 0;
}

static int set_up(const struct plan *plan, struct chaos_error *err)
{
    int r = machine_make_root(plan, err);

    if (r == 0)
        r = machine_make_network(plan, err);
    if (r == 0)
        r = make_applets(err);
    return r == 0 ? set_limits(plan, err) : r;
}

static void collect(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

/* Whether nothing is left after that time. */
static bool all_end_within(int seconds, const sigset_t *signals)
{
    struct timespec end;
    struct timespec now;
    struct timespec left = { 0, 20 * 1000 * 1000 };

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += seconds;
    for (;;) {
        collect();
        if (kill(-1, 0) < 0 && errno == ESRCH)
            return true;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec > end.tv_nsec))
            return false;
        sigtimedwait(signals, NULL, &left);
    }
}

static _Noreturn void end(int number, const sigset_t *signals)
{
    bool is_reboot = number == SIGINT;

    console_line("%s", is_reboot ? "Restarting" : "Powering off");
    kill(-1, SIGTERM);
    kill(-1, SIGCONT);
    if (!all_end_within(GRACE_S, signals)) {
        kill(-1, SIGKILL);
        all_end_within(GRACE_S, signals);
    }
    reboot(is_reboot ? RB_AUTOBOOT : RB_POWER_OFF); /* does not return in a pid namespace */
    _exit(is_reboot ? MACHINE_EXIT_REBOOT : 0);
}

static _Noreturn void live(const struct plan *plan)
{
    static const int heard[] = { SIGCHLD, SIGPWR, SIGTERM, SIGINT };
    sigset_t signals;
    int number;
    pid_t pid;

    sigemptyset(&signals);
    for (size_t i = 0; i < ARRAY_SIZE(heard); i++)
        sigaddset(&signals, heard[i]);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    pid = fork();
    if (pid == 0)
        machine_run_steps(plan);
    if (pid < 0)
        console_line("cannot boot: %m");
    for (;;) {
        number = sigwaitinfo(&signals, NULL);
        if (number == SIGCHLD)
            collect();
        else if (number > 0)
            end(number, &signals);
    }
}

int main(int argc, char **argv)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *name = slash ? slash + 1 : argv[0];
    struct plan plan = { 0 };
    struct stat info;
    char *bytes;

    if (str_in(name, applets))
        return be_applet(name, argc, argv);
    if (getpid() != 1 || fstat(PLAN_FD, &info) < 0) {
        fputs("chaos-machine-init is started by chaos lab\n", stderr);
        return 2;
    }
    bytes = mmap(NULL, (size_t)info.st_size + 1, PROT_READ, MAP_PRIVATE, PLAN_FD, 0);
    if (bytes == MAP_FAILED || plan_decode(bytes, (size_t)info.st_size, &plan, &err) < 0) {
        console_line("cannot boot: the plan: %s", err.message ? err.message : "cannot be read");
        return MACHINE_EXIT_FAILED;
    }
    close(PLAN_FD);
    console_line("Linux, of the host; instance %s", plan.id);
    if (set_up(&plan, &err) < 0) {
        console_line("cannot boot: %s", err.message);
        return MACHINE_EXIT_FAILED;
    }
    console_line("%s is up", plan.hostname);
    if (write(PLAN_READY_FD, "", 1) < 0)
        console_line("nobody waits for this machine: %m");
    close(PLAN_READY_FD);
    live(&plan);
}
