// SPDX-License-Identifier: Apache-2.0
/* A preload library that kills its process at a chosen call on the log of a run.
 *
 * KILL_DIR   a folder: for each kill a file is made there, so that the next process of the same
 *            story follows the next plan.
 * KILL_PLAN  plans with commas between them: N MODE [g] [s], as in "12ag". The process dies at its
 *            Nth call of write(2), fdatasync(2) or ftruncate(2) on a file below chaos/runs. MODE:
 *            b before the call, a after it, t after half of a write. g: its guardian dies with it;
 *            o: only its guardian dies. s: by SIGSEGV.
 * KILL_COUNT a file that takes the number of calls when the process ends by itself.
 * KILL_SYNCS likewise, of those that wait for the disk: fdatasync(2) and fsync(2), on any file. */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAKES_OVER __attribute__((visibility("default")))

static struct {
    ssize_t (*write)(int, const void *, size_t);
    int (*fdatasync)(int);
    int (*fsync)(int);
    atomic_int calls;
    atomic_int syncs;
    int at; /* 0: never */
    char mode;
    bool with_guardian;
    bool only_guardian;
    int signal;
    char mark[PATH_MAX];
} plan;

static void *next_of(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* The plan of this process: the first one whose mark is not there yet. */
static void choose(void)
{
    const char *folder = getenv("KILL_DIR");
    char *rest = getenv("KILL_PLAN") ? strdup(getenv("KILL_PLAN")) : NULL;
    char *save = NULL;
    char *end;
    int index = 0;

    for (char *item = rest ? strtok_r(rest, ",", &save) : NULL; item && folder;
         item = strtok_r(NULL, ",", &save)) {
        snprintf(plan.mark, sizeof(plan.mark), "%s/%d", folder, index++);
        if (access(plan.mark, F_OK) == 0)
            continue;
        plan.at = (int)strtol(item, &end, 10);
        plan.mode = *end;
        plan.with_guardian = strchr(end, 'g') != NULL;
        plan.only_guardian = strchr(end, 'o') != NULL;
        plan.signal = strchr(end, 's') ? SIGSEGV : SIGKILL;
        break;
    }
    free(rest);
}

__attribute__((constructor)) static void begin(void)
{
    plan.write = (ssize_t(*)(int, const void *, size_t))next_of("write");
    plan.fdatasync = (int (*)(int))next_of("fdatasync");
    plan.fsync = (int (*)(int))next_of("fsync");
    choose();
}

static void tell(const char *path, int count)
{
    FILE *file = path && count ? fopen(path, "w") : NULL;

    if (file) {
        fprintf(file, "%d", count);
        fclose(file);
    }
}

__attribute__((destructor)) static void finish(void)
{
    tell(getenv("KILL_COUNT"), atomic_load(&plan.calls));
    tell(getenv("KILL_SYNCS"), atomic_load(&plan.syncs));
}

static bool is_log(int fd)
{
    char link[64];
    char path[PATH_MAX];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    if (n <= 0)
        return false;
    path[n] = '\0';
    return strstr(path, "/chaos/runs/") != NULL;
}

static void kill_guardian(void)
{
    char path[128];
    char text[4096] = "";
    char *save = NULL;
    int fd;
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return;
    for (char *pid = strtok_r(text, " ", &save); pid; pid = strtok_r(NULL, " ", &save)) {
        char name[32] = "";

        snprintf(path, sizeof(path), "/proc/%s/comm", pid);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && read(fd, name, sizeof(name) - 1) > 0 &&
            strncmp(name, "chaos-guardian", 14) == 0)
            kill((pid_t)strtol(pid, NULL, 10), SIGKILL);
        if (fd >= 0)
            close(fd);
    }
}

static void die(void)
{
    int fd = open(plan.mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd >= 0)
        close(fd);
    if (plan.with_guardian || plan.only_guardian)
        kill_guardian();
    if (plan.only_guardian)
        return;
    if (plan.signal == SIGSEGV) {
        sigaction(SIGSEGV, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
        raise(SIGSEGV);
    }
    kill(getpid(), plan.signal);
    pause();
}

/* Whether this is the call; then `mode` says when. */
static bool is_due(int fd)
{
    return is_log(fd) && atomic_fetch_add(&plan.calls, 1) + 1 == plan.at;
}

TAKES_OVER ssize_t write(int fd, const void *data, size_t length)
{
    bool due = is_due(fd);
    ssize_t n;

    if (due && plan.mode == 'b')
        die();
    if (due && plan.mode == 't') {
        (void)!plan.write(fd, data, length / 2);
        die();
    }
    n = plan.write(fd, data, length);
    if (due && plan.mode == 'a')
        die();
    return n;
}

TAKES_OVER int fdatasync(int fd)
{
    bool due = is_due(fd);
    int r;

    atomic_fetch_add(&plan.syncs, 1);
    if (due && plan.mode != 'a')
        die();
    r = plan.fdatasync(fd);
    if (due && plan.mode == 'a')
        die();
    return r;
}

TAKES_OVER int fsync(int fd)
{
    atomic_fetch_add(&plan.syncs, 1);
    return plan.fsync(fd);
}
