// SPDX-License-Identifier: Apache-2.0
#include "base/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/clock.h"

#ifdef __SANITIZE_THREAD__
/* The sanitizer takes clone(2) for fork(2), and its notes on this process for those of a child. */
int __clone(int (*entry)(void *), void *stack, int flags, void *argument, ...);
#define clone __clone
#endif

/* More than the child needs until it is the program: it calls the kernel and nothing else, and the
 * linker, which may want to save 11 KiB of registers, has found syscall(2) before (has_lanes()). */
#define STACK_SIZE   ((size_t)16 * 1024)
#define FIRST_SPARE  3
#define SIGNAL_COUNT 64 /* of the kernel; */
#define USUAL_COUNT  31 /* those before the real-time signals, which nobody sends to a group */
#define LANES_MAX    16
/* How long all lanes may be without a change before nobody waits for them any more, since programs
 * take long to be loaded: from a file system that is slow, or does not answer. */
#define STUCK_MS 20

/* A child shares the descriptors of this process until it takes a copy of the first of them
 * (close_range(2), CLOSE_RANGE_UNSHARE), so that what it is to inherit must have a low number. A
 * lane is a pair of such numbers. There is one for each processor, and two at least: a launch is
 * nearly all processor time. */
struct lane {
    int out;
    int err;
    bool busy;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int empty; /* /dev/null; also what lanes hold that are not busy */
    int cut;   /* the first number that no child needs */
    struct lane items[LANES_MAX];
    int count; /* 0: this system has not what they need */
    int64_t changed_at;
} lanes = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* What a child is told, and tells: until it is the program it has the memory of this process. */
struct order {
    const struct launch *launch;
    const struct lane *lane;
    int error;     /* of what failed in the child, */
    bool no_lanes; /* because lanes are not to be had; they are not asked for again */
};

/* What runs in the child has a stack of its own in the memory of this process, one of whose threads
 * waits for it. It calls the kernel itself: the C library, and what checks this program, would note
 * for this process what is the child's. */
#define IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))

/* Signals that this process may be found to ignore, and a program expects at their default. */
static const int usual_signals[] = { SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE, SIGHUP, SIGQUIT };

IN_CHILD static bool is_usual(int number)
{
    for (size_t i = 0; i < ARRAY_SIZE(usual_signals); i++)
        if (usual_signals[i] == number)
            return true;
    return false;
}

/* Whether this system may have what lanes need. Valgrind ends a program that shares descriptors
 * with a child; it is known by what it loads. */
static bool has_lanes(void)
{
    const char *loaded = getenv("LD_PRELOAD");

    return syscall(SYS_close_range, 1, 0, 0) < 0 && errno == EINVAL &&
           !(loaded && strstr(loaded, "vgpreload"));
}

/* A number that this process has no other use for; -1: none is left. */
static int reserve(int empty)
{
    int fd = fcntl(empty, F_DUPFD_CLOEXEC, FIRST_SPARE);

    if (fd >= lanes.cut)
        lanes.cut = fd + 1;
    return fd;
}

static int lanes_wanted(void)
{
    cpu_set_t processors;
    int count =
        sched_getaffinity(0, sizeof(processors), &processors) < 0 ? 0 : CPU_COUNT(&processors);

    return count < 2 ? 2 : count < LANES_MAX ? count : LANES_MAX;
}

static void set_up(void)
{
    pthread_condattr_t attributes;
    int empty;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&lanes.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    empty = has_lanes() ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
    if (empty < 0)
        return;
    lanes.empty = reserve(empty);
    close(empty);
    for (int wanted = lanes_wanted(); lanes.empty >= 0 && lanes.count < wanted; lanes.count++) {
        struct lane *lane = &lanes.items[lanes.count];

        lane->out = reserve(lanes.empty);
        lane->err = lane->out < 0 ? -1 : reserve(lanes.empty);
        if (lane->err < 0) {
            if (lane->out >= 0)
                close(lane->out);
            break;
        }
    }
}

static struct lane *find_free(void)
{
    for (int i = 0; i < lanes.count; i++)
        if (!lanes.items[i].busy)
            return &lanes.items[i];
    return NULL;
}

/* The lanes must be locked. NULL: none is to be had. */
static struct lane *wait_for_lane(void)
{
    struct lane *lane = NULL;

    while (lanes.count && !(lane = find_free())) {
        int64_t until = lanes.changed_at + STUCK_MS * CLOCK_NS_PER_MS;
        struct timespec deadline = { .tv_sec = until / CLOCK_NS_PER_S,
                                     .tv_nsec = until % CLOCK_NS_PER_S };

        if (until <= clock_now())
            return NULL;
        (void)pthread_cond_timedwait(&lanes.changed, &lanes.lock, &deadline);
    }
    return lane;
}

static struct lane *take_lane(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct lane *lane;

    pthread_once(&once, set_up);
    pthread_mutex_lock(&lanes.lock);
    lane = wait_for_lane();
    if (lane) {
        lane->busy = true;
        lanes.changed_at = clock_now();
    }
    pthread_mutex_unlock(&lanes.lock);
    return lane;
}

static void give_lane(struct lane *lane, bool is_of_use)
{
    pthread_mutex_lock(&lanes.lock);
    lane->busy = false;
    lanes.changed_at = clock_now();
    if (!is_of_use)
        lanes.count = 0;
    pthread_mutex_unlock(&lanes.lock);
    if (is_of_use)
        pthread_cond_signal(&lanes.changed);
    else
        pthread_cond_broadcast(&lanes.changed);
}

/* The kernel's struct sigaction, of which only the beginning is the same everywhere. */
union kernel_action {
    void (*handler)(int);
    unsigned long words[8];
};

/* No handler of this process may run in the child, which has its memory. */
IN_CHILD static void default_signals(void)
{
    static const union kernel_action by_default;

    for (int number = 1; number <= USUAL_COUNT; number++) {
        union kernel_action action = { 0 };

        if (syscall(SYS_rt_sigaction, number, NULL, &action, SIGNAL_COUNT / 8) == 0 &&
            action.handler != SIG_DFL && (action.handler != SIG_IGN || is_usual(number)))
            (void)syscall(SYS_rt_sigaction, number, &by_default, NULL, SIGNAL_COUNT / 8);
    }
}

IN_CHILD static int become(void *argument)
{
    struct order *order = argument;
    unsigned long none[SIGNAL_COUNT / 8 / sizeof(unsigned long)] = { 0 };
    const struct launch *launch = order->launch;

    if (syscall(SYS_close_range, lanes.cut, ~0U, CLOSE_RANGE_UNSHARE) < 0) {
        order->no_lanes = true;
        syscall(SYS_exit, 127);
    }
    default_signals();
    if (syscall(SYS_setpgid, 0, 0) == 0 &&
        (!launch->no_input || syscall(SYS_dup3, lanes.empty, STDIN_FILENO, 0) >= 0) &&
        syscall(SYS_dup3, order->lane->out, STDOUT_FILENO, 0) >= 0 &&
        syscall(SYS_dup3, order->lane->err, STDERR_FILENO, 0) >= 0 &&
        syscall(SYS_close_range, FIRST_SPARE, ~0U, 0) == 0 &&
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, none, NULL, sizeof(none)) == 0)
        syscall(SYS_execve, launch->path, launch->argv, launch->environment);
    order->error = errno;
    syscall(SYS_exit, 127);
    return 127;
}

/* Block all signals around it: none may interrupt a child that still has this process' handlers. */
static pid_t start_child(struct order *order)
{
    const int flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD;
    _Alignas(16) char stack[STACK_SIZE];
    sigset_t all;
    sigset_t before;
    pid_t pid;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid = clone(become, stack + sizeof(stack), flags, order);
    if (pid < 0) {
        order->error = errno;
        /* a sandbox may refuse such a clone, and no other */
        order->no_lanes = errno != EAGAIN && errno != ENOMEM;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid;
}

static int launch_in_lane(const struct launch *launch, const struct lane *lane, bool *ret_no_lanes,
                          pid_t *ret_pid)
{
    struct order order = { .launch = launch, .lane = lane };

    *ret_pid = -1;
    if (dup3(launch->out, lane->out, O_CLOEXEC) < 0 || dup3(launch->err, lane->err, O_CLOEXEC) < 0)
        order.error = errno;
    else
        *ret_pid = start_child(&order);
    /* nobody but the child may hold its pipes open */
    (void)dup3(lanes.empty, lane->out, O_CLOEXEC);
    (void)dup3(lanes.empty, lane->err, O_CLOEXEC);
    *ret_no_lanes = order.no_lanes;
    if (*ret_pid > 0 && (order.error || order.no_lanes))
        while (waitpid(*ret_pid, NULL, 0) < 0 && errno == EINTR)
            ;
    return order.error;
}

static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes,
                   const struct launch *launch)
{
    sigset_t defaults;
    sigset_t none;
    int r = 0;

    sigemptyset(&none);
    sigemptyset(&defaults);
    for (size_t i = 0; i < ARRAY_SIZE(usual_signals); i++)
        sigaddset(&defaults, usual_signals[i]);
    if (launch->no_input)
        r |= posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    r |= posix_spawn_file_actions_adddup2(actions, launch->out, STDOUT_FILENO);
    r |= posix_spawn_file_actions_adddup2(actions, launch->err, STDERR_FILENO);
    r |= posix_spawn_file_actions_addclosefrom_np(actions, FIRST_SPARE);
    r |= posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                                  POSIX_SPAWN_SETSIGMASK);
    r |= posix_spawnattr_setpgroup(attributes, 0);
    r |= posix_spawnattr_setsigdefault(attributes, &defaults);
    r |= posix_spawnattr_setsigmask(attributes, &none);
    return r;
}

static int launch_without_lane(const struct launch *launch, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int r;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    r = prepare(&actions, &attributes, launch);
    if (!r)
        r = posix_spawn(ret_pid, launch->path, &actions, &attributes, launch->argv,
                        launch->environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

int launch_program(const struct launch *launch, pid_t *ret_pid)
{
    struct lane *lane = take_lane();
    bool no_lanes = true;
    int r = 0;

    if (lane) {
        r = launch_in_lane(launch, lane, &no_lanes, ret_pid);
        give_lane(lane, !no_lanes);
    }
    return no_lanes ? launch_without_lane(launch, ret_pid) : r;
}
