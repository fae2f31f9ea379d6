// SPDX-License-Identifier: Apache-2.0
#include "lib/run_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/str.h"
#include "value/json.h"

#define LOCK_NAME     "lock"
#define LOCK_SIZE_MAX 4096
/* Between two attempts at a lock that is held. */
#define LOCK_STEP_MS 20
/* How long a process may take to go. */
#define GOING_MS 2000
/* Of /proc/PID/stat, counted from the state, which follows the name: proc(5). */
#define START_TIME_FIELD (22 - 3)

void run_dir_free(struct run_dir *dir)
{
    if (dir->lock_fd >= 0)
        close(dir->lock_fd);
    free(dir->id);
    free(dir->path);
    free(dir);
}

char *run_dir_root(void)
{
    const char *state = getenv("XDG_STATE_HOME");
    AUTO(str) char *home = NULL;

    if (state && *state == '/')
        return mem_printf("%s/chaos/runs", state);
    home = proc_expand_home("~");
    return mem_printf("%s/.local/state/chaos/runs", home);
}

/* As mkdir -p, for the owner alone. */
static int make_path(const char *path)
{
    AUTO(str) char *copy = mem_strdup(path);

    for (char *at = strchr(copy + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(copy, 0700) < 0 && errno != EEXIST)
            return -1;
        *at = '/';
    }
    return mkdir(copy, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

static char *make_id(void)
{
    int64_t wall = clock_wall();
    time_t seconds = (time_t)(wall / CLOCK_NS_PER_S);
    struct tm parts;
    char text[32];
    uint32_t random = 0;

    gmtime_r(&seconds, &parts);
    strftime(text, sizeof(text), "%Y%m%dT%H%M%S", &parts);
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        random = (uint32_t)getpid();
    return mem_printf("%s.%03dZ-%08x", text, (int)(wall % CLOCK_NS_PER_S / CLOCK_NS_PER_MS),
                      (unsigned)random);
}

static struct run_dir *dir_new(const char *root, const char *id)
{
    struct run_dir *dir = mem_zero(1, sizeof(*dir));

    dir->id = mem_strdup(id);
    dir->path = mem_printf("%s/%s", root, id);
    dir->lock_fd = -1;
    return dir;
}

int run_dir_create(struct run_dir **ret_dir, struct chaos_error *err)
{
    AUTO(str) char *root = run_dir_root();
    AUTO(str) char *id = make_id();
    AUTO(run_dir) struct run_dir *dir = dir_new(root, id);
    int r;

    if (make_path(root) < 0 || mkdir(dir->path, 0700) < 0)
        r = chaos_error_set_errno(err, errno, "cannot create '%s'", dir->path);
    else
        r = run_dir_lock(dir, 0, err);
    if (r < 0)
        return chaos_error_prefix(err, "a run that changes something keeps a log, and this one "
                                       "cannot (--no-state runs without)");
    *ret_dir = STEAL(dir);
    return 0;
}

int run_dir_open(const char *id, struct run_dir **ret_dir, struct chaos_error *err)
{
    AUTO(str) char *root = run_dir_root();
    AUTO(run_dir) struct run_dir *dir = dir_new(root, id);
    struct stat info;

    if (!*id || *id == '.' || strchr(id, '/') || stat(dir->path, &info) < 0 ||
        !S_ISDIR(info.st_mode))
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "there is no run '%s' in '%s'", id, root);
    *ret_dir = STEAL(dir);
    return 0;
}

char *run_dir_file(const struct run_dir *dir, const char *name)
{
    return mem_printf("%s/%s", dir->path, name);
}

/* The start time of a process in clock ticks since boot, NULL when none of that id lives. */
static char *start_time_of(long pid)
{
    AUTO(str) char *path = mem_printf("/proc/%ld/stat", pid);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer text = { 0 };
    char *at;
    char *save = NULL;

    if (file_read(path, &text, LOCK_SIZE_MAX, &err) < 0)
        return NULL;
    at = strrchr(text.data, ')'); /* the name may hold anything */
    at = at ? strtok_r(at + 1, " ", &save) : NULL;
    if (at && (*at == 'Z' || *at == 'X')) /* dead, and not collected yet */
        return NULL;
    for (int i = 0; at && i < START_TIME_FIELD; i++)
        at = strtok_r(NULL, " ", &save);
    return mem_strdup(at);
}

static char *boot_id(void)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer text = { 0 };

    if (file_read("/proc/sys/kernel/random/boot_id", &text, LOCK_SIZE_MAX, &err) < 0)
        return mem_strdup("");
    return str_trim(buffer_text(&text));
}

/* Whether the process that the lock names is still the one that wrote it. */
static bool is_owner_alive(int fd)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(json) json_t *owner = NULL;
    AUTO(str) char *boot = boot_id();
    AUTO(str) char *start = NULL;
    long pid;

    if (lseek(fd, 0, SEEK_SET) < 0 || fd_read_all(fd, &text, LOCK_SIZE_MAX, &err) < 0 ||
        json_parse(buffer_text(&text), text.length, &owner, &err) < 0)
        return false; /* it died before it could say who it is: before it did anything */
    pid = (long)json_integer_value(json_object_get(owner, "pid"));
    start = pid > 0 && pid != (long)getpid() ? start_time_of(pid) : NULL;
    return start && str_equal(start, json_text_of(owner, "start-time")) &&
           str_equal(boot, json_text_of(owner, "boot-id"));
}

bool run_dir_is_alive(const struct run_dir *dir)
{
    AUTO(str) char *path = run_dir_file(dir, LOCK_NAME);
    AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

    return fd >= 0 && is_owner_alive(fd);
}

static int sign(int fd, const char *path, struct chaos_error *err)
{
    AUTO(str) char *boot = boot_id();
    AUTO(str) char *start = start_time_of((long)getpid());
    AUTO(json)
    json_t *owner = json_pack("{s:I, s:s?, s:s}", "pid", (json_int_t)getpid(), "start-time", start,
                              "boot-id", boot);
    AUTO(str) char *text = json_text(owner, JSON_STYLE_LINE);

    if (ftruncate(fd, 0) < 0 || pwrite(fd, text, strlen(text), 0) != (ssize_t)strlen(text))
        return chaos_error_set_errno(err, errno, "cannot write '%s'", path);
    return 0;
}

static int wait_for_lock(int fd, const char *path, long wait_ms, struct chaos_error *err)
{
    int64_t deadline = clock_now() + wait_ms * CLOCK_NS_PER_MS;

    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EINTR)
            continue;
        if (errno != EWOULDBLOCK)
            return chaos_error_set_errno(err, errno, "cannot lock '%s'", path);
        if (clock_now() >= deadline)
            return chaos_error_set(err, CHAOS_E_LIMIT, "somebody else has it in hand");
        (void)wait_until(clock_now() + LOCK_STEP_MS * CLOCK_NS_PER_MS, NULL);
    }
    return 0;
}

/* Where locks work, who has the lock is alone; where they do not (some network file systems), the
 * one before may be alive. A process that is going lets go of its lock before it is gone. */
static bool outlives(int fd)
{
    int64_t deadline = clock_now() + GOING_MS * CLOCK_NS_PER_MS;

    while (is_owner_alive(fd)) {
        if (clock_now() >= deadline)
            return true;
        (void)wait_until(clock_now() + LOCK_STEP_MS * CLOCK_NS_PER_MS, NULL);
    }
    return false;
}

int run_dir_lock(struct run_dir *dir, long wait_ms, struct chaos_error *err)
{
    AUTO(str) char *path = run_dir_file(dir, LOCK_NAME);
    AUTO(fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot open '%s'", path);
    if (wait_for_lock(fd, path, wait_ms, err) < 0)
        return -(int)err->code;
    if (outlives(fd))
        return chaos_error_set(err, CHAOS_E_LIMIT, "the process that plays it is alive");
    if (sign(fd, path, err) < 0)
        return -(int)err->code;
    dir->lock_fd = fd;
    fd = -1;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const json_t *const *left = a;
    const json_t *const *right = b;

    return strcmp(json_string_value(*left), json_string_value(*right));
}

json_t *run_dir_list(void)
{
    AUTO(str) char *root = run_dir_root();
    DIR *folder = opendir(root);
    struct dirent *entry;
    json_t **names = NULL;
    size_t count = 0;
    json_t *list = json_array();

    while (folder && (entry = readdir(folder))) {
        json_t *name = entry->d_name[0] == '.' ? NULL : json_string(entry->d_name);

        if (!name)
            continue;
        names = mem_resize(names, (count + 1) * sizeof(*names));
        names[count++] = name;
    }
    if (folder)
        closedir(folder);
    if (count)
        qsort(names, count, sizeof(*names), by_name);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, names[i]);
    free(names);
    return list;
}

void run_dir_remove(struct run_dir *dir)
{
    static const char *const files[] = { RUN_EVENTS, RUN_JOURNAL, LOCK_NAME };

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        AUTO(str) char *path = run_dir_file(dir, files[i]);

        unlink(path);
    }
    rmdir(dir->path);
}
