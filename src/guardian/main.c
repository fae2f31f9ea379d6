// SPDX-License-Identifier: Apache-2.0
/* chaos-guardian PID TERMINAL PROGRAM ARGUMENT... CAUSE
 *
 * Waits on descriptor 3 for the end of the run with process id PID. A byte there means that the run
 * ended as it should; the end of the pipe, that its process died: then this becomes PROGRAM, with
 * the wait status of the dead process in place of CAUSE, and speaks to TERMINAL ("" : to nobody).
 * Linked statically, with nothing allocated: it must be there when memory is not. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PIPE_FD 3

/* Supervisors send these to all processes of a service; the run is who they mean. */
static const int deaf_to[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };
#define DEAF_COUNT (sizeof(deaf_to) / sizeof(deaf_to[0]))

static void listen_to(void (*how)(int))
{
    struct sigaction action = { .sa_handler = how };

    for (size_t i = 0; i < DEAF_COUNT; i++)
        sigaction(deaf_to[i], &action, NULL);
}

/* Linux 6.15: what became of a process that was collected, for those who hold a descriptor of it
 * (linux/pidfd.h, which older systems lack). */
struct exit_info {
    uint64_t mask;
    uint64_t cgroup;
    uint32_t ids[11];
    int32_t status;
};
#define EXIT_INFO_ASKED (UINT64_C(1) << 3)
#define GET_EXIT_INFO   _IOWR(0xFF, 11, struct exit_info)

static const char *status_by(int pidfd)
{
    static char text[16];
    struct exit_info info = { .mask = EXIT_INFO_ASKED };
    struct pollfd end = { .fd = pidfd, .events = POLLIN };

    if (pidfd < 0 || poll(&end, 1, 1000) != 1 || ioctl(pidfd, GET_EXIT_INFO, &info) < 0 ||
        !(info.mask & EXIT_INFO_ASKED))
        return "";
    snprintf(text, sizeof(text), "%d", (int)info.status);
    return text;
}

/* The last field of /proc/PID/stat is the wait status of a process that is going (proc(5)): it is
 * to be had as long as its parent did not collect it. */
static const char *status_of(const char *pid)
{
    static char text[1024];
    char path[64];
    char *last;
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (n <= 0)
        return "";
    while (n > 0 && text[n - 1] == '\n')
        n--;
    text[n] = '\0';
    last = strrchr(text, ' ');
    return last ? last + 1 : "";
}

static void speak_to(const char *terminal)
{
    int fd = *terminal ? open(terminal, O_WRONLY | O_NOCTTY | O_CLOEXEC) : -1;

    if (fd < 0)
        return;
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
}

int main(int argc, char **argv)
{
    static char cause[32];
    const char *status;
    char byte;
    int pidfd;
    ssize_t n;

    if (argc < 5) {
        static const char usage[] = "chaos-guardian is started by chaos\n";

        return write(STDERR_FILENO, usage, sizeof(usage) - 1) < 0 ? 3 : 2;
    }
    prctl(PR_SET_DUMPABLE, 0); /* a core has the environment in it, and so the run's keys */
    listen_to(SIG_IGN);
    if (chdir("/") < 0)
        return 1;
    pidfd = (int)syscall(SYS_pidfd_open, (pid_t)strtol(argv[1], NULL, 10), 0);
    do
        n = read(PIPE_FD, &byte, 1);
    while (n < 0 && errno == EINTR);
    if (n != 0)
        return n < 0;
    status = status_of(argv[1]);
    snprintf(cause, sizeof(cause), "%s", *status ? status : status_by(pidfd));
    argv[argc - 1] = cause;
    close(PIPE_FD);
    close(pidfd);
    speak_to(argv[2]);
    listen_to(SIG_DFL);
    execv(argv[3], argv + 3);
    return 127;
}
