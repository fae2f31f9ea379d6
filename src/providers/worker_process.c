// SPDX-License-Identifier: Apache-2.0
#include "providers/worker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/mem.h"

#define NUMBER_SIZE 12

/* Everything the child needs between fork and exec, where only async-signal-safe calls are. */
struct birth {
    char **argv;
    pid_t parent;
    int socket;      /* its end */
    int real_stderr; /* a copy of ours */
    int errors;      /* the writing end */
    int report;      /* takes errno when exec fails */
    bool stdout_to_stderr;
};

static bool keep_open(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    return flags >= 0 && fcntl(fd, F_SETFD, flags & ~FD_CLOEXEC) == 0;
}

static void be_born(const struct birth *birth)
{
    static const int ours[] = { SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD };
    struct sigaction action = { .sa_handler = SIG_DFL };
    sigset_t none;
    int number;

    for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
        sigaction(ours[i], &action, NULL);
    action.sa_handler = SIG_IGN; /* Ctrl-C is the engine's; Python sets its own handler later */
    sigaction(SIGINT, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != birth->parent)
        _exit(1); /* the engine died meanwhile */
    if (keep_open(birth->socket) && keep_open(birth->real_stderr) &&
        dup2(birth->errors, STDERR_FILENO) >= 0 &&
        (!birth->stdout_to_stderr || dup2(birth->real_stderr, STDOUT_FILENO) >= 0))
        execvp(birth->argv[0], birth->argv);
    number = errno;
    (void)!write(birth->report, &number, sizeof(number));
    _exit(127);
}

static char **make_argv(const char *const *argv, char numbers[2][NUMBER_SIZE])
{
    size_t count = 0;
    char **copy;

    while (argv[count])
        count++;
    copy = mem_zero(count + 3, sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = mem_strdup(argv[i]);
    copy[count] = mem_strdup(numbers[0]);
    copy[count + 1] = mem_strdup(numbers[1]);
    return copy;
}

static void free_argv(char **argv)
{
    for (size_t i = 0; argv[i]; i++)
        free(argv[i]);
    free(argv);
}

static int run(struct birth *birth, int report, struct worker_process *process,
               struct chaos_error *err)
{
    int number = 0;
    ssize_t n;

    process->pid = fork();
    if (process->pid < 0)
        return chaos_error_set_errno(err, errno, "cannot start a process");
    if (process->pid == 0)
        be_born(birth);
    process->pidfd = pidfd_open(process->pid, 0); /* -1: see worker_process_is_over() */
    close(birth->report);
    birth->report = -1;
    do
        n = read(report, &number, sizeof(number)); /* ends with exec */
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)sizeof(number)) {
        worker_process_reap(process);
        return chaos_error_set_errno(err, number, "cannot run '%s'", birth->argv[0]);
    }
    return 0;
}

int worker_process_start(const char *const *argv, bool stdout_to_stderr,
                         struct worker_process *ret_process, struct chaos_error *err)
{
    int sockets[2] = { -1, -1 };
    int errors[2] = { -1, -1 };
    int report[2] = { -1, -1 };
    char numbers[2][NUMBER_SIZE];
    struct birth birth = { .parent = getpid(), .stdout_to_stderr = stdout_to_stderr };
    struct worker_process process = { .pid = -1, .pidfd = -1, .socket = -1, .errors = -1 };
    int r = -CHAOS_E_IO;

    birth.real_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (birth.real_stderr < 0)
        birth.real_stderr = open("/dev/null", O_WRONLY | O_CLOEXEC); /* we have none */
    if (birth.real_stderr < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0 ||
        pipe2(errors, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0) {
        chaos_error_set_errno(err, errno, "cannot create the worker's descriptors");
    } else {
        birth.socket = sockets[1];
        birth.errors = errors[1];
        birth.report = report[1];
        snprintf(numbers[0], NUMBER_SIZE, "%d", birth.socket);
        snprintf(numbers[1], NUMBER_SIZE, "%d", birth.real_stderr);
        birth.argv = make_argv(argv, numbers);
        r = fd_set_nonblocking(sockets[0], err);
        if (r == 0)
            r = fd_set_nonblocking(errors[0], err);
        if (r == 0)
            r = run(&birth, report[0], &process, err);
        free_argv(birth.argv);
        report[1] = birth.report;
    }
    process.socket = sockets[0];
    process.errors = errors[0];
    fd_autop(&birth.real_stderr);
    fd_autop(&sockets[1]);
    fd_autop(&errors[1]);
    fd_autop(&report[0]);
    fd_autop(&report[1]);
    if (r < 0) {
        worker_process_clear(&process);
        return r;
    }
    *ret_process = process;
    return 0;
}

bool worker_process_is_over(const struct worker_process *process)
{
    siginfo_t info = { 0 };

    return waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == process->pid;
}

int worker_process_reap(struct worker_process *process)
{
    int status = 0;

    while (process->pid > 0 && waitpid(process->pid, &status, 0) < 0)
        if (errno != EINTR)
            break;
    process->pid = -1;
    return status;
}

void worker_process_clear(struct worker_process *process)
{
    fd_autop(&process->pidfd);
    fd_autop(&process->socket);
    fd_autop(&process->errors);
    *process = (struct worker_process){ .pid = -1, .pidfd = -1, .socket = -1, .errors = -1 };
}

char *worker_process_death(int status)
{
    const char *name;

    if (WIFEXITED(status))
        return mem_printf("exited with status %d", WEXITSTATUS(status));
    name = sigabbrev_np(WTERMSIG(status));
    if (name)
        return mem_printf("killed by SIG%s", name);
    return mem_printf("killed by signal %d", WTERMSIG(status));
}
