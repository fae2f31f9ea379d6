// SPDX-License-Identifier: Apache-2.0
#include "lib/retention.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "lib/recovery.h"
#include "lib/run_dir.h"

#define RUNS_DEFAULT      200
#define MEBIBYTES_DEFAULT 1024
#define DAY_S             86400.0
#define MEBIBYTE          1048576.0
/* Beyond this a number is a mistake. */
#define NUMBER_MAX 1e9

static double number_of(const json_t *settings, const char *key, double otherwise)
{
    const json_t *value = json_object_get(json_object_get(settings, "history"), key);
    double number = json_number_value(value);

    if (!value)
        return otherwise;
    if (json_is_number(value) && number > 0 && number <= NUMBER_MAX)
        return number;
    log_warning("history.%s in the settings must be a number above 0: it is passed over", key);
    return otherwise;
}

struct retention retention_of(const json_t *settings)
{
    return (struct retention){
        .runs = (size_t)ceil(number_of(settings, "runs", RUNS_DEFAULT)),
        .age_s = (int64_t)ceil(number_of(settings, "days", 0) * DAY_S),
        .bytes = (size_t)ceil(number_of(settings, "mebibytes", MEBIBYTES_DEFAULT) * MEBIBYTE),
    };
}

/* When the run began: its id says so, in UTC. 0 for a name that is no id. */
static int64_t start_of(const char *id)
{
    struct tm parts = { 0 };

    return strptime(id, "%Y%m%dT%H%M%S", &parts) ? (int64_t)timegm(&parts) : 0;
}

static size_t size_of(int root_fd, const char *id)
{
    static const char *const files[] = { RUN_EVENTS, RUN_JOURNAL };
    size_t size = 0;

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        char path[NAME_MAX + 32];
        struct stat info;

        snprintf(path, sizeof(path), "%s/%s", id, files[i]);
        if (fstatat(root_fd, path, &info, 0) == 0)
            size += (size_t)info.st_size;
    }
    return size;
}

void retention_apply(const struct retention *retention)
{
    AUTO(json) json_t *ids = run_dir_list();
    AUTO(str) char *root = run_dir_root();
    AUTO(fd) int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int64_t oldest =
        retention->age_s ? clock_wall() / CLOCK_NS_PER_S - retention->age_s : INT64_MIN;
    size_t kept = 0;
    size_t size = 0;

    for (size_t i = json_array_size(ids); i > 0; i--) {
        const char *id = json_string_value(json_array_get(ids, i - 1));
        int64_t start = start_of(id);
        bool fits = kept < retention->runs && (!start || start >= oldest);

        if (fits && retention->bytes) {
            size += size_of(root_fd, id);
            fits = size <= retention->bytes || kept == 0; /* the newest stays, however large */
        }
        if (fits)
            kept++;
        else
            recovery_forget(id);
    }
}
