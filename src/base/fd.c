// SPDX-License-Identifier: Apache-2.0
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

#define READ_STEP 65536

int fd_write_all(int fd, const void *data, size_t length, struct chaos_error *err)
{
    const char *at = data;

    while (length) {
        ssize_t n = write(fd, at, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return chaos_error_set_errno(err, errno, "cannot write");
        at += n;
        length -= (size_t)n;
    }
    return 0;
}

int fd_read_all(int fd, struct buffer *out, size_t limit, struct chaos_error *err)
{
    size_t start = out->length;

    for (;;) {
        char *end = buffer_reserve(out, READ_STEP);
        ssize_t n = read(fd, end, READ_STEP);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return chaos_error_set_errno(err, errno, "cannot read");
        out->length += (size_t)n;
        out->data[out->length] = '\0';
        if (n == 0)
            return 0;
        if (out->length - start > limit)
            return chaos_error_set(err, CHAOS_E_LIMIT, "larger than %zu bytes", limit);
    }
}

int file_read(const char *path, struct buffer *out, size_t limit, struct chaos_error *err)
{
    AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot open '%s'", path);
    if (fd_read_all(fd, out, limit, err) < 0)
        return chaos_error_prefix(err, "'%s'", path);
    return 0;
}

static int write_directly(const char *path, const char *data, size_t length, unsigned mode,
                          struct chaos_error *err)
{
    AUTO(fd) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot write '%s'", path);
    if (fd_write_all(fd, data, length, err) < 0)
        return chaos_error_prefix(err, "'%s'", path);
    return 0;
}

static int write_beside(const char *path, const char *data, size_t length, unsigned mode,
                        struct chaos_error *err)
{
    AUTO(str) char *temporary = mem_printf("%s.%ld.tmp", path, (long)getpid());
    AUTO(fd) int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    struct stat old;

    if (fd < 0 && (errno == EACCES || errno == EROFS || errno == ENAMETOOLONG))
        return write_directly(path, data, length, mode, err); /* only the file is ours to write */
    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot write '%s'", path);
    if (stat(path, &old) == 0)
        (void)!fchmod(fd, old.st_mode & 07777);
    if (fd_write_all(fd, data, length, err) < 0) {
        unlink(temporary);
        return chaos_error_prefix(err, "'%s'", path);
    }
    if (rename(temporary, path) < 0) {
        chaos_error_set_errno(err, errno, "cannot write '%s'", path);
        unlink(temporary);
        return -CHAOS_E_IO;
    }
    return 0;
}

int file_write_atomic(const char *path, const char *data, size_t length, unsigned mode,
                      struct chaos_error *err)
{
    AUTO(str) char *target = realpath(path, NULL);
    struct stat old;

    if (stat(target ? target : path, &old) == 0 && !S_ISREG(old.st_mode))
        return write_directly(path, data, length, mode, err);
    return write_beside(target ? target : path, data, length, mode, err);
}

int fd_set_nonblocking(int fd, struct chaos_error *err)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return chaos_error_set_errno(err, errno, "cannot change a descriptor");
    return 0;
}

char *file_identity(const char *path)
{
    struct stat info;

    if (stat(path, &info) < 0)
        return mem_strdup("");
    return mem_printf("%llu:%llu:%lld:%lld.%09ld", (unsigned long long)info.st_dev,
                      (unsigned long long)info.st_ino, (long long)info.st_size,
                      (long long)info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}
