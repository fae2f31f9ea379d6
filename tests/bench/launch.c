// SPDX-License-Identifier: Apache-2.0
/* Measure a command: launch TIMES COMMAND [ARGUMENT]... runs it TIMES times with its output thrown
 * away, and prints a line for each: the seconds from its start until it was waited for, the seconds
 * of processor time that it and its children took, and the most memory in KiB that it (or one of
 * its children) had resident.
 *
 * A small program of its own, as Linux counts the memory of who starts a program as that program's.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    long times = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
    posix_spawn_file_actions_t actions;

    if (times < 1) {
        fprintf(stderr, "usage: launch TIMES COMMAND [ARGUMENT]...\n");
        return 2;
    }
    posix_spawn_file_actions_init(&actions);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    while (times-- > 0) {
        double started = now_s();
        struct rusage usage;
        int status;
        pid_t pid;
        int r = posix_spawnp(&pid, argv[2], &actions, NULL, argv + 2, environ);

        if (r || wait4(pid, &status, 0, &usage) < 0) {
            fprintf(stderr, "launch: %s: %s\n", argv[2], r ? strerrordesc_np(r) : "lost");
            return 1;
        }
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fprintf(stderr, "launch: %s: wait status %#x\n", argv[2], (unsigned)status);
            return 1;
        }
        printf("%.6f %.6f %ld\n", now_s() - started,
               seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss);
        fflush(stdout);
    }
    posix_spawn_file_actions_destroy(&actions);
    return 0;
}
