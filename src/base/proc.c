// SPDX-License-Identifier: Apache-2.0
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/launch.h"
#include "base/mem.h"

/* Most programs say little: no memory for what is not said. */
#define READ_LEAST ((size_t)1024)
#define READ_MOST  ((size_t)64 * 1024)
/* How long a killed group may take to let go of its pipes. */
#define REAP_MS 1000

void proc_result_clear(struct proc_result *result)
{
    buffer_clear(&result->out);
    buffer_clear(&result->err);
}

/* Sanitizers must look into the process. */
void proc_leave_no_core(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* A child under way. */
struct child {
    pid_t pid;
    int out;
    int err;
};

/* The environment with `mark` in front; the texts are borrowed. */
static char **mark_environment(const char *mark)
{
    size_t count = 0;
    char **marked;

    while (environ[count])
        count++;
    marked = mem_alloc((count + 2) * sizeof(*marked));
    marked[0] = (char *)(uintptr_t)mark;
    memcpy(marked + 1, environ, (count + 1) * sizeof(*marked));
    return marked;
}

static int start(const char *path, char *const *argv, const char *mark, struct child *ret_child,
                 struct chaos_error *err)
{
    AUTO(mem) char **marked = mark ? mark_environment(mark) : NULL;
    int out[2];
    int error[2];
    int r;

    if (pipe2(out, O_CLOEXEC) < 0)
        return chaos_error_set_errno(err, errno, "cannot create a pipe");
    if (pipe2(error, O_CLOEXEC) < 0) {
        r = errno;
        close(out[0]);
        close(out[1]);
        return chaos_error_set_errno(err, r, "cannot create a pipe");
    }
    r = launch_program(&(struct launch){ .path = path,
                                         .argv = argv,
                                         .environment = marked ? marked : environ,
                                         .out = out[1],
                                         .err = error[1],
                                         .no_input = isatty(STDIN_FILENO) },
                       &ret_child->pid);
    close(out[1]);
    close(error[1]);
    if (r) {
        close(out[0]);
        close(error[0]);
        return chaos_error_set_errno(err, r, "cannot run '%s'", path);
    }
    ret_child->out = out[0];
    ret_child->err = error[0];
    return 0;
}

/* How much to ask for after so much: as much again. */
static size_t read_step(size_t length)
{
    return length < READ_LEAST ? READ_LEAST : length > READ_MOST ? READ_MOST : length;
}

/* Read what is there; closes the descriptor at its end. */
static int take(int *fd, struct buffer *to, size_t limit, struct chaos_error *err)
{
    char first[READ_LEAST];
    bool is_first = !to->length;
    size_t step = read_step(to->length);
    ssize_t n = read(*fd, is_first ? first : buffer_reserve(to, step), step);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n <= 0) {
        close(*fd);
        *fd = -1;
        return 0;
    }
    if (is_first)
        buffer_add(to, first, (size_t)n);
    else
        buffer_added(to, (size_t)n);
    if (to->length > limit)
        return chaos_error_set(err, CHAOS_E_LIMIT, "the process wrote more than %zu bytes", limit);
    return 0;
}

/* What it means for the process that a wait ended so. */
static int take_wait(enum wait_result result, struct chaos_error *err)
{
    switch (result) {
    case WAIT_TIMEOUT:
        return chaos_error_set(err, CHAOS_E_TIMEOUT, "the process took too long");
    case WAIT_CANCELLED:
        return chaos_error_set(err, CHAOS_E_CANCELLED, "the process was stopped");
    case WAIT_READY:
        break;
    }
    return 0;
}

static int drain(struct child *child, const struct proc_bounds *bounds, struct proc_result *result,
                 struct chaos_error *err)
{
    while (child->out >= 0 || child->err >= 0) {
        struct pollfd fds[2] = { { .fd = child->out, .events = POLLIN },
                                 { .fd = child->err, .events = POLLIN } };

        if (take_wait(wait_fds(fds, ARRAY_SIZE(fds), bounds->deadline, bounds->cancel), err) < 0)
            return -(int)err->code;
        if (fds[0].revents && take(&child->out, &result->out, bounds->limit, err) < 0)
            return -(int)err->code;
        if (fds[1].revents && take(&child->err, &result->err, bounds->limit, err) < 0)
            return -(int)err->code;
    }
    return 0;
}

/* Wait for the end of a child that closed its output already. */
static int wait_end(pid_t pid, const struct proc_bounds *bounds, int *ret_status,
                    struct chaos_error *err)
{
    AUTO(fd) int fd = -1;
    pid_t r = waitpid(pid, ret_status, WNOHANG);

    if (r == pid)
        return 0;
    fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd >= 0 && take_wait(wait_fd(fd, POLLIN, bounds->deadline, bounds->cancel), err) < 0)
        return -(int)err->code;
    while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

static void kill_group(struct child *child)
{
    struct proc_result rest = { 0 };
    struct chaos_error ignored = { 0 };
    int status;

    kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    /* members that left the group may hold the pipes: do not wait long for them */
    (void)!drain(child,
                 &(struct proc_bounds){ .deadline = clock_now() + REAP_MS * CLOCK_NS_PER_MS,
                                        .limit = SIZE_MAX },
                 &rest, &ignored);
    chaos_error_clear(&ignored);
    proc_result_clear(&rest);
}

int proc_run(const char *path, char *const *argv, const struct proc_bounds *bounds,
             struct proc_result *result, struct chaos_error *err)
{
    struct child child = { -1, -1, -1 };
    int status = 0;
    int r = start(path, argv, bounds->mark, &child, err);

    if (r < 0)
        return r;
    r = drain(&child, bounds, result, err);
    if (r == 0)
        r = wait_end(child.pid, bounds, &status, err);
    if (r < 0)
        kill_group(&child);
    if (child.out >= 0)
        close(child.out);
    if (child.err >= 0)
        close(child.err);
    result->status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    return r;
}

static bool may_run(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && !S_ISDIR(info.st_mode) && access(path, X_OK) == 0;
}

char *proc_which(const char *name)
{
    const char *path = getenv("PATH");
    const char *colon;

    if (strchr(name, '/'))
        return may_run(name) ? mem_strdup(name) : NULL;
    if (!*name)
        return NULL;
    if (!path)
        path = "/bin:/usr/bin";
    for (;; path = colon + 1) {
        char *candidate;

        colon = strchrnul(path, ':');
        /* an empty entry of PATH is the working directory */
        candidate = colon == path ? mem_printf("./%s", name)
                                  : mem_printf("%.*s/%s", (int)(colon - path), path, name);
        if (may_run(candidate))
            return candidate;
        free(candidate);
        if (!*colon)
            return NULL;
    }
}

/* The home directory of `user`, or with "" of who this process runs as; owned, NULL: not known. Not
 * inline: few paths need it, and no other call is to have room for it on its stack. */
__attribute__((noinline)) static char *find_home(const char *user)
{
    char buffer[4096];
    struct passwd entry;
    struct passwd *found = NULL;
    int r = *user ? getpwnam_r(user, &entry, buffer, sizeof(buffer), &found)
                  : getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &found);

    return r == 0 && found ? mem_strdup(found->pw_dir) : NULL;
}

char *proc_expand_home(const char *path)
{
    size_t length = strcspn(path, "/");
    AUTO(str) char *home = NULL;

    if (*path != '~')
        return mem_strdup(path);
    if (length == 1 && getenv("HOME")) {
        home = mem_strdup(getenv("HOME"));
    } else {
        AUTO(str) char *user = mem_strndup(path + 1, length - 1);

        home = find_home(user);
    }
    return home ? mem_printf("%s%s", home, path + length) : mem_strdup(path);
}
