// SPDX-License-Identifier: Apache-2.0
/* The yardstick for process activities: spawn_loop COUNT AT_ONCE COMMAND [ARGUMENT]... runs the
 * command COUNT times, AT_ONCE of them at the same time, and reads both outputs of each to their
 * end through pipes. */
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    pid_t pid;
    int out[2];
    int err[2];
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void start(struct child *child, char **argv)
{
    posix_spawn_file_actions_t actions;

    if (pipe2(child->out, O_CLOEXEC) < 0 || pipe2(child->err, O_CLOEXEC) < 0)
        fail("spawn_loop: pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, child->out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, child->err[1], STDERR_FILENO);
    if (posix_spawn(&child->pid, argv[0], &actions, NULL, argv, environ) != 0)
        fail(argv[0]);
    posix_spawn_file_actions_destroy(&actions);
    close(child->out[1]);
    close(child->err[1]);
}

static void finish(const struct child *child)
{
    struct pollfd fds[2] = { { .fd = child->out[0], .events = POLLIN },
                             { .fd = child->err[0], .events = POLLIN } };
    static char text[16384];
    int status;

    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (poll(fds, 2, -1) < 0)
            fail("spawn_loop: poll");
        for (int i = 0; i < 2; i++) {
            if (fds[i].fd < 0 || !fds[i].revents || read(fds[i].fd, text, sizeof(text)) > 0)
                continue;
            close(fds[i].fd);
            fds[i].fd = -1;
        }
    }
    if (waitpid(child->pid, &status, 0) < 0 || status != 0)
        fail("spawn_loop: wait");
}

int main(int argc, char **argv)
{
    long count = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
    long at_once = argc > 3 ? strtol(argv[2], NULL, 10) : 0;
    struct child *children = calloc((size_t)(at_once > 0 ? at_once : 1), sizeof(*children));

    if (count < 1 || at_once < 1 || !children) {
        fprintf(stderr, "usage: spawn_loop COUNT AT_ONCE COMMAND [ARGUMENT]...\n");
        return 2;
    }
    for (; count > 0; count -= at_once) {
        if (at_once > count)
            at_once = count;
        for (long i = 0; i < at_once; i++)
            start(&children[i], argv + 3);
        for (long i = 0; i < at_once; i++)
            finish(&children[i]);
    }
    free(children);
    return 0;
}
