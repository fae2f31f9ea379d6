// SPDX-License-Identifier: Apache-2.0
#include "base/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"

/* Names that may be taken by drafts which were left by the killed, or are under way. */
#define ATTEMPTS_MAX 100
#define STDOUT_PATH  "/dev/stdout"

static int fail(const char *path, struct chaos_error *err)
{
    return chaos_error_set_errno(err, errno, "cannot write '%s'", path);
}

/* The name by which the kernel knows a file that has none. */
static char *nameless_path(int fd)
{
    return mem_printf("/proc/self/fd/%d", fd);
}

/* The name number `attempt`, where those before are taken. */
static void name_temporary(struct draft *draft, int attempt)
{
    free(draft->temporary);
    draft->temporary = mem_printf("%s.%ld-%d.tmp", draft->path, (long)getpid(), attempt);
}

/* A file without a name goes with its process. Not every file system can do that, and it is named
 * by way of /proc. */
static int open_nameless(const char *path, unsigned mode)
{
    const char *slash = strrchr(path, '/');
    AUTO(str)
    char *folder = slash ? mem_strndup(path, (size_t)(slash - path) + 1) : mem_strdup(".");
    int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    AUTO(str) char *name = nameless_path(fd);

    if (fd < 0 || access(name, F_OK) == 0)
        return fd;
    close(fd);
    return -1;
}

static int open_beside(struct draft *draft, unsigned mode, struct chaos_error *err)
{
    struct stat old;

    draft->fd = open_nameless(draft->path, mode);
    errno = EEXIST;
    for (int i = 0; draft->fd < 0 && errno == EEXIST && i < ATTEMPTS_MAX; i++) {
        name_temporary(draft, i);
        draft->fd = open(draft->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    }
    if (draft->fd < 0) {
        free(STEAL(draft->temporary)); /* it is another's */
        return fail(draft->path, err);
    }
    if (stat(draft->path, &old) == 0)
        (void)!fchmod(draft->fd, old.st_mode & 07777);
    return 0;
}

int draft_open(const char *path, unsigned mode, struct draft *ret_draft, struct chaos_error *err)
{
    AUTO(draft) struct draft draft = { .fd = -1, .path = realpath(path, NULL) };
    bool is_stdout = str_equal(path, STDOUT_PATH);
    struct stat old;
    int r = 0;

    if (!draft.path)
        draft.path = mem_strdup(path);
    draft.is_direct = is_stdout || (stat(draft.path, &old) == 0 && !S_ISREG(old.st_mode));
    if (is_stdout)
        draft.fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    else if (draft.is_direct)
        draft.fd = open(draft.path, O_WRONLY | O_CLOEXEC);
    else
        r = open_beside(&draft, mode, err);
    if (r < 0 || draft.fd < 0)
        return r < 0 ? r : fail(path, err);
    *ret_draft = draft;
    draft = (struct draft){ .fd = -1 };
    return 0;
}

int draft_rewind(const struct draft *draft, struct chaos_error *err)
{
    if (ftruncate(draft->fd, 0) < 0 || lseek(draft->fd, 0, SEEK_SET) < 0)
        return fail(draft->path, err);
    return 0;
}

/* A new name can be had at once; one that is taken is taken over by another. */
static int name_it(struct draft *draft)
{
    AUTO(str) char *nameless = nameless_path(draft->fd);
    int r = linkat(AT_FDCWD, nameless, AT_FDCWD, draft->path, AT_SYMLINK_FOLLOW);

    for (int i = 0; r < 0 && errno == EEXIST && i < ATTEMPTS_MAX; i++) {
        name_temporary(draft, i);
        r = linkat(AT_FDCWD, nameless, AT_FDCWD, draft->temporary, AT_SYMLINK_FOLLOW);
    }
    if (r < 0)
        free(STEAL(draft->temporary)); /* it is another's */
    return r;
}

int draft_keep(struct draft *draft, struct chaos_error *err)
{
    if (draft->is_direct)
        return 0;
    if ((!draft->temporary && name_it(draft) < 0) ||
        (draft->temporary && rename(draft->temporary, draft->path) < 0))
        return fail(draft->path, err);
    free(STEAL(draft->temporary));
    return 0;
}

void draft_clear(struct draft *draft)
{
    if (draft->fd >= 0)
        close(draft->fd);
    if (draft->temporary)
        unlink(draft->temporary);
    free(draft->temporary);
    free(draft->path);
    *draft = (struct draft){ .fd = -1 };
}
