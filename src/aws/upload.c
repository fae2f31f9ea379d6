/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"

#define STDIN_PATH "/dev/stdin"
#define FILE_KEY   "file"
#define TMP_FOLDER "/var/tmp"
#define PIECE_SIZE ((size_t)64 * 1024)

void aws_upload_clear(struct aws_upload *upload)
{
    if (upload->fd >= 0)
        close(upload->fd);
    free(upload->path);
    *upload = (struct aws_upload){ .fd = -1 };
}

/* A file that nobody else sees. */
static int open_scratch(struct chaos_error *err)
{
    const char *given = getenv("TMPDIR");
    const char *folder = given && *given ? given : TMP_FOLDER;
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    AUTO(str) char *name = NULL;

    if (fd < 0) {
        name = mem_printf("%s/fracas.XXXXXX", folder);
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0)
            unlink(name);
    }
    return fd < 0 ? chaos_error_set_errno(err, errno, "cannot make a file in '%s'", folder) : fd;
}

/* The rest of what `from` gives into `to`. */
static int copy(int from, int to, const struct cancel *cancel, struct chaos_error *err)
{
    AUTO(mem) char *piece = mem_alloc(PIECE_SIZE);

    for (;;) {
        ssize_t got;
        int r;

        if (wait_fd(from, POLLIN, CLOCK_NEVER, cancel) == WAIT_CANCELLED)
            return chaos_error_set(err, CHAOS_E_CANCELLED, "stopped while reading");
        got = read(from, piece, PIECE_SIZE);
        if (got == 0)
            return 0;
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return chaos_error_set_errno(err, errno, "cannot read");
        r = got > 0 ? fd_write_all(to, piece, (size_t)got, err) : 0;
        if (r < 0)
            return r;
    }
}

static int spool(struct aws_upload *upload, const struct cancel *cancel, struct chaos_error *err)
{
    int scratch = open_scratch(err);
    int r = scratch < 0 ? scratch : copy(upload->fd, scratch, cancel, err);

    close(upload->fd);
    upload->fd = scratch;
    if (r == 0 && fstat(scratch, &upload->seen) < 0)
        r = chaos_error_set_errno(err, errno, "cannot read");
    return r;
}

/* Of a regular file on the standard input the body is what is left to read. */
static uint64_t start_of(int fd)
{
    off_t at = lseek(fd, 0, SEEK_CUR);

    return at > 0 ? (uint64_t)at : 0;
}

static int open_body(struct aws_upload *upload, const struct cancel *cancel,
                     struct chaos_error *err)
{
    bool is_stdin = str_equal(upload->path, STDIN_PATH);
    int r = 0;

    upload->fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                          : open(upload->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (upload->fd < 0 || fstat(upload->fd, &upload->seen) < 0)
        return chaos_error_set_errno(err, errno, "cannot open '%s'", upload->path);
    if (S_ISDIR(upload->seen.st_mode))
        return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is a directory", upload->path);
    if (S_ISREG(upload->seen.st_mode))
        upload->start = start_of(upload->fd);
    else
        r = spool(upload, cancel, err);
    if (r < 0)
        return chaos_error_prefix(err, "'%s'", upload->path);
    upload->length = (uint64_t)upload->seen.st_size;
    upload->length -= upload->start < upload->length ? upload->start : upload->length;
    return 0;
}

int aws_upload_take(const struct aws_operation *operation, json_t *params,
                    const struct cancel *cancel, struct aws_upload *ret_upload,
                    struct chaos_error *err)
{
    struct aws_member payload = aws_shape_payload(&operation->input.shape);
    json_t *value = json_object_get(params, payload.name);
    const char *path = json_string_value(json_object_get(value, FILE_KEY));
    AUTO(aws_upload) struct aws_upload upload = { .fd = -1 };
    int r;

    *ret_upload = upload;
    if (!path || json_object_size(value) != 1 || payload.shape.type != AWS_TYPE_BLOB)
        return 0; /* what is wrong with it is aws_validate()'s to say */
    upload.path = mem_strdup(path);
    r = open_body(&upload, cancel, err);
    if (r < 0)
        return chaos_error_prefix(err, "%s", payload.name);
    json_object_set_new(params, payload.name, json_string(""));
    *ret_upload = upload;
    upload = (struct aws_upload){ .fd = -1 };
    return 0;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool has_changed(const struct aws_upload *upload)
{
    struct stat now;

    return fstat(upload->fd, &now) < 0 || now.st_size != upload->seen.st_size ||
           !is_same_time(&now.st_mtim, &upload->seen.st_mtim);
}

/* Whether the file is still the same is asked before its last bytes are given away: without them
 * the request is not whole. */
static ssize_t read_body(void *data, char *piece, size_t size, uint64_t offset,
                         struct chaos_error *err)
{
    const struct aws_upload *upload = data;
    ssize_t got;

    if (!size)
        return 0;
    do
        got = pread(upload->fd, piece, size, (off_t)(upload->start + offset));
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return chaos_error_set_errno(err, errno, "cannot read '%s'", upload->path);
    if (got == 0 || (offset + (uint64_t)got == upload->length && has_changed(upload)))
        return chaos_error_set(err, CHAOS_E_INVALID, "'%s' has changed while it was being sent",
                               upload->path);
    return got;
}

struct http_source aws_upload_source(struct aws_upload *upload)
{
    return (struct http_source){ .read = read_body, .data = upload };
}
