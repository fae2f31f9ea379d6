// SPDX-License-Identifier: Apache-2.0
/* Writes the log: lines go to the page cache at once, and to the disk when an effect is near. */
#include "engine/wal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/json.h"

/* {"crc":"12345678" */
#define SEAL_LENGTH 17

struct wal {
    int fd;
    char *path;
    int64_t number; /* of the next line */
    struct buffer line;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t synced;
    off_t written;   /* bytes handed to the kernel */
    off_t on_disk;   /* bytes known to be on the disk */
    bool is_syncing; /* one thread does, for all that wait */
    char *problem;   /* why nothing is written any more, or NULL */
};

static struct wal *wal_new(int fd, const char *path)
{
    struct wal *wal = mem_zero(1, sizeof(*wal));

    wal->fd = fd;
    wal->path = mem_strdup(path);
    pthread_mutex_init(&wal->lock, NULL);
    pthread_cond_init(&wal->synced, NULL);
    return wal;
}

/* A file that was just made may be lost with its name: put that on the disk too. */
static int sync_parent(const char *path, struct chaos_error *err)
{
    const char *slash = strrchr(path, '/');
    AUTO(str)
    char *parent = slash ? mem_strndup(path, (size_t)(slash - path) + 1) : mem_strdup(".");
    AUTO(fd) int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) < 0)
        return chaos_error_set_errno(err, errno, "cannot write '%s'", parent);
    return 0;
}

int wal_create(const char *path, struct wal **ret_wal, struct chaos_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);

    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot create '%s'", path);
    *ret_wal = wal_new(fd, path);
    return 0;
}

int wal_resume(const char *path, size_t length, int64_t number, struct wal **ret_wal,
               struct chaos_error *err)
{
    AUTO(fd) int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot open '%s'", path);
    if (ftruncate(fd, (off_t)length) < 0)
        return chaos_error_set_errno(err, errno, "cannot write '%s'", path);
    *ret_wal = wal_new(fd, path);
    fd = -1;
    (*ret_wal)->number = number;
    (*ret_wal)->written = (off_t)length;
    return 0;
}

void wal_free(struct wal *wal)
{
    close(wal->fd);
    free(wal->path);
    free(wal->problem);
    buffer_clear(&wal->line);
    pthread_mutex_destroy(&wal->lock);
    pthread_cond_destroy(&wal->synced);
    free(wal);
}

/* The lock is held. Half a line would damage the log for those that read on: take it back. */
static void give_up(struct wal *wal, int number)
{
    char text[128];

    wal->problem = mem_printf("the log of the run cannot be written: %s: %s", wal->path,
                              strerror_r(number, text, sizeof(text)));
    (void)!ftruncate(wal->fd, wal->written);
    log_error("%s", wal->problem);
}

static void write_line(struct wal *wal)
{
    ssize_t n;

    pthread_mutex_lock(&wal->lock);
    if (!wal->problem) {
        do
            n = write(wal->fd, wal->line.data, wal->line.length);
        while (n < 0 && errno == EINTR);
        if (n == (ssize_t)wal->line.length)
            wal->written += n;
        else
            give_up(wal, n < 0 ? errno : ENOSPC);
    }
    pthread_mutex_unlock(&wal->lock);
}

/* Put the checksum of the rest into the place that was kept for it. */
static void seal(struct buffer *line)
{
    static const char hex[] = "0123456789abcdef";
    uint32_t sum = crc32c(line->data + SEAL_LENGTH, line->length - SEAL_LENGTH);

    for (int i = 0; i < 8; i++, sum >>= 4)
        line->data[SEAL_LENGTH - 2 - i] = hex[sum & 15];
}

struct buffer *wal_begin(struct wal *wal, const char *name, int64_t wall)
{
    struct buffer *line = &wal->line;

    buffer_reset(line);
    buffer_add_text(line, "{\"crc\":\"00000000\",\"n\":");
    buffer_add_integer(line, wal->number++);
    buffer_add_text(line, ",\"wall\":");
    buffer_add_integer(line, wall);
    buffer_add_text(line, ",\"event\":\"");
    buffer_add_text(line, name);
    buffer_add_text(line, "\",\"data\":");
    return line;
}

void wal_end(struct wal *wal)
{
    buffer_add_char(&wal->line, '}');
    seal(&wal->line);
    buffer_add_char(&wal->line, '\n');
    write_line(wal);
}

void wal_append(struct wal *wal, const char *name, int64_t wall, const json_t *data)
{
    json_write(wal_begin(wal, name, wall), data, JSON_STYLE_COMPACT);
    wal_end(wal);
}

/* The lock is held, and given up while the disk works. */
static void sync_all(struct wal *wal)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    off_t upto = wal->written;
    bool is_first = wal->on_disk == 0;
    int number = 0;

    wal->is_syncing = true;
    pthread_mutex_unlock(&wal->lock);
    if (fdatasync(wal->fd) < 0)
        number = errno;
    if (!number && is_first && sync_parent(wal->path, &err) < 0)
        number = EIO;
    pthread_mutex_lock(&wal->lock);
    wal->is_syncing = false;
    if (number && !wal->problem)
        give_up(wal, number);
    else if (!number)
        wal->on_disk = upto;
    pthread_cond_broadcast(&wal->synced);
}

int wal_sync(struct wal *wal, struct chaos_error *err)
{
    off_t target;
    int r = 0;

    pthread_mutex_lock(&wal->lock);
    target = wal->written;
    while (!wal->problem && wal->on_disk < target) {
        if (wal->is_syncing)
            pthread_cond_wait(&wal->synced, &wal->lock);
        else
            sync_all(wal);
    }
    if (wal->problem)
        r = chaos_error_set(err, CHAOS_E_IO, "%s", wal->problem);
    pthread_mutex_unlock(&wal->lock);
    return r;
}

void wal_finish(struct wal *wal)
{
    AUTO(chaos_error) struct chaos_error ignored = { 0 };
    bool had_effect;

    pthread_mutex_lock(&wal->lock);
    had_effect = wal->on_disk > 0;
    pthread_mutex_unlock(&wal->lock);
    if (had_effect)
        (void)!wal_sync(wal, &ignored); /* a broken log told so itself */
}
