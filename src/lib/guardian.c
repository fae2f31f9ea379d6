// SPDX-License-Identifier: Apache-2.0
#include "lib/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/mem.h"
#include "config.h"

#define PIPE_FD 3
/* Something is wrong with a guardian that has to be started more often than this. */
#define STARTS_MAX 100

enum {
    ARG_NAME,
    ARG_PID,
    ARG_TERMINAL,
    ARG_PROGRAM,
    ARG_COUNT = 16
};

struct guardian {
    char *program;         /* the guardian's */
    char *argv[ARG_COUNT]; /* owned texts, NULL-terminated */
    pid_t pid;             /* 0 while there is none */
    int fd;                /* the end of the pipe whose closing tells of our death */
    int starts;
};

static char *own_program(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

    return mem_strndup(path, n > 0 ? (size_t)n : 0);
}

/* Beside the program (a build folder), or where it is installed. */
static char *find_program(const char *own)
{
    const char *slash = strrchr(own, '/');
    char *beside = mem_printf("%.*s/chaos-guardian", slash ? (int)(slash - own) : 0, own);

    if (access(beside, X_OK) == 0)
        return beside;
    free(beside);
    return mem_strdup(FRACAS_LIBEXEC_DIR "/chaos-guardian");
}

static char *terminal(void)
{
    char name[PATH_MAX];

    return mem_strdup(ttyname_r(STDERR_FILENO, name, sizeof(name)) == 0 ? name : "");
}

static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int reader)
{
    sigset_t all;
    sigset_t none;
    int r = 0;

    sigfillset(&all);
    sigemptyset(&none);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        r |= posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
    r |= posix_spawn_file_actions_adddup2(actions, reader, PIPE_FD);
    r |= posix_spawn_file_actions_addclosefrom_np(actions, PIPE_FD + 1);
    r |= posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF |
                                                  POSIX_SPAWN_SETSIGMASK);
    r |= posix_spawnattr_setsigdefault(attributes, &all);
    r |= posix_spawnattr_setsigmask(attributes, &none);
    return r;
}

static int spawn(struct guardian *guardian, int reader)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int r;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    r = prepare(&actions, &attributes, reader);
    if (!r)
        r = posix_spawn(&guardian->pid, guardian->program, &actions, &attributes, guardian->argv,
                        environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

static void start(struct guardian *guardian)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    int ends[2];
    int r;

    guardian->pid = 0;
    guardian->starts++;
    if (pipe2(ends, O_CLOEXEC) < 0) {
        log_warning("No guardian watches over this run: no pipe is to be had");
        return;
    }
    r = spawn(guardian, ends[0]);
    close(ends[0]);
    guardian->fd = ends[1];
    if (!r)
        return;
    guardian->pid = 0;
    chaos_error_set_errno(&err, r, "cannot run '%s'", guardian->program);
    log_warning("No guardian watches over this run (%s): should this process be killed, 'chaos "
                "recover' puts the world back",
                chaos_error_text(&err));
}

struct guardian *guardian_start(const struct guardian_options *options)
{
    struct guardian *guardian = mem_zero(1, sizeof(*guardian));
    char *own = own_program();
    int next = ARG_PROGRAM;

    guardian->fd = -1;
    guardian->program = find_program(own);
    guardian->argv[ARG_NAME] = mem_strdup("chaos-guardian");
    guardian->argv[ARG_PID] = mem_printf("%ld", (long)getpid());
    guardian->argv[ARG_TERMINAL] = terminal();
    guardian->argv[next++] = own;
    if (options->log_file) {
        guardian->argv[next++] = mem_strdup("--log-file");
        guardian->argv[next++] = mem_strdup(options->log_file);
    } else {
        guardian->argv[next++] = mem_strdup("--no-log-file");
    }
    guardian->argv[next++] = mem_strdup("recover");
    guardian->argv[next++] = mem_strdup(options->run_id);
    guardian->argv[next++] = mem_strdup("--takeover");
    guardian->argv[next] = mem_strdup("");
    start(guardian);
    return guardian;
}

void guardian_check(struct guardian *guardian)
{
    if (!guardian->pid || waitpid(guardian->pid, NULL, WNOHANG) == 0)
        return;
    close(guardian->fd);
    guardian->fd = -1;
    guardian->pid = 0;
    if (guardian->starts < STARTS_MAX) {
        log_debug("The guardian of this run is gone, another one takes its place");
        start(guardian);
    } else {
        log_warning("The guardian of this run went away too often: nobody watches any more");
    }
}

void guardian_release(struct guardian *guardian)
{
    if (guardian->fd >= 0) {
        struct sigaction ignore = { .sa_handler = SIG_IGN };
        struct sigaction old;

        sigemptyset(&ignore.sa_mask);
        sigaction(SIGPIPE, &ignore, &old); /* it may be gone */
        (void)!write(guardian->fd, "", 1);
        sigaction(SIGPIPE, &old, NULL);
        close(guardian->fd);
    }
    for (size_t i = 0; i < ARG_COUNT; i++)
        free(guardian->argv[i]);
    free(guardian->program);
    free(guardian);
}
