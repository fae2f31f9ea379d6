// SPDX-License-Identifier: Apache-2.0
/* A preload library that kills its process at a chosen call on the log of a run.
 *
 * KILL_DIR   a folder: for each kill a file is made there, so that the next process of the same
 *            story follows the next plan. It holds "guardian" where there is one that dies, too.
 * KILL_PLAN  plans with commas between them: N MODE [g] [s|m], as in "12ag". The process dies at
 * its Nth call of write(2), fdatasync(2) or ftruncate(2) on a file below chaos/runs. MODE: b before
 * the call, a after it, t after half of a write. g: its guardian dies with it; o: only its guardian
 * dies. s: by SIGSEGV. m: for want of memory, killed by the kernel; the process is in a group that
 * may have only so much. KILL_COUNT a file that takes the number of calls when the process ends by
 * itself. KILL_SYNCS likewise, of those that wait for the disk: fdatasync(2) and fsync(2), on any
 * file. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 10000
/* More than any group of a test may have. */
#define ALL_MEMORY ((off_t)1 << 30)
#define STEP       ((off_t)1 << 18)

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
    bool by_memory;
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
        plan.by_memory = strchr(end, 'm') != NULL;
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

/* The first `size` - 1 bytes of a file as text; false when there are none. */
static bool read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* The guardian among the children of this process; 0: there is none. */
static pid_t find_guardian(void)
{
    char path[128];
    char text[4096];
    char name[32];
    char *save = NULL;

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    if (!read_text(path, text, sizeof(text)))
        return 0;
    for (char *pid = strtok_r(text, " ", &save); pid; pid = strtok_r(NULL, " ", &save)) {
        snprintf(path, sizeof(path), "/proc/%s/comm", pid);
        if (read_text(path, name, sizeof(name)) && strncmp(name, "chaos-guardian", 14) == 0)
            return (pid_t)strtol(pid, NULL, 10);
    }
    return 0;
}

static bool is_dead(pid_t pid)
{
    char path[64];
    char text[512];
    const char *name_end;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (!read_text(path, text, sizeof(text)))
        return true;
    name_end = strrchr(text, ')');
    return name_end && (name_end[2] == 'Z' || name_end[2] == 'X');
}

/* Use up the memory of the group, until the kernel kills this process; 99: it does not. In a file,
 * which counts for the group and not for the size of a process, by which the kernel chooses. */
static _Noreturn void use_memory(void)
{
    int fd = memfd_create("memory", MFD_CLOEXEC);

    for (off_t used = 0; used < ALL_MEMORY; used += STEP)
        (void)!fallocate(fd, 0, used, STEP);
    _exit(99);
}

static void write_text(const char *path, int flags, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);

    if (fd < 0 || plan.write(fd, text, strlen(text)) < 0)
        _exit(99);
    close(fd);
}

/* By itself the kernel takes the largest process. Offered the guardian first, and as the second one
 * a child that wants more and more, it spares the run. */
static void starve_guardian(pid_t guardian)
{
    char path[64];
    pid_t child;

    snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)guardian);
    write_text(path, 0, "1000");
    child = fork();
    if (child == 0) {
        write_text("/proc/self/oom_score_adj", 0, "500");
        use_memory();
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        continue;
    for (int waited_ms = 0; !is_dead(guardian); waited_ms++)
        if (usleep(1000) != 0 || waited_ms > PATIENCE_MS)
            _exit(99);
}

static void die(void)
{
    pid_t guardian = plan.with_guardian || plan.only_guardian ? find_guardian() : 0;

    write_text(plan.mark, O_CREAT, guardian ? "guardian" : "");
    if (guardian && plan.by_memory)
        starve_guardian(guardian);
    else if (guardian)
        kill(guardian, SIGKILL);
    if (plan.only_guardian)
        return;
    if (plan.by_memory)
        use_memory();
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
