// SPDX-License-Identifier: Apache-2.0
#include "lib/stragglers.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/run.h"

/* A killed process takes a moment to go, and may have started another one just before. */
#define ROUNDS_MAX      50
#define ROUND_MS        10
#define ENVIRONMENT_MAX (8u << 20)

/* Whether NAME=RUN/ID is in the environment, for one of the ids. */
static bool is_marked(const struct buffer *environment, const char *prefix, const json_t *ids)
{
    size_t length = strlen(prefix);
    const char *end = environment->data + environment->length;

    for (const char *at = environment->data; at && at < end; at += strlen(at) + 1)
        if (strncmp(at, prefix, length) == 0 && json_object_get(ids, at + length))
            return true;
    return false;
}

static size_t kill_round(const char *prefix, const json_t *ids)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    size_t count = 0;

    while (folder && (entry = readdir(folder))) {
        AUTO(chaos_error) struct chaos_error ignored = { 0 };
        AUTO(buffer) struct buffer environment = { 0 };
        AUTO(str) char *path = NULL;
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

        if (!isdigit((unsigned char)entry->d_name[0]) || pid == getpid())
            continue;
        path = mem_printf("/proc/%s/environ", entry->d_name);
        if (file_read(path, &environment, ENVIRONMENT_MAX, &ignored) < 0 ||
            !is_marked(&environment, prefix, ids))
            continue;
        kill(pid, SIGKILL);
        count++;
    }
    if (folder)
        closedir(folder);
    return count;
}

size_t stragglers_kill(const char *run_id, const json_t *ids)
{
    AUTO(str) char *prefix = mem_printf(RUN_MARK "=%s/", run_id);
    size_t first = 0;

    if (!json_object_size(ids))
        return 0;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        size_t found = kill_round(prefix, ids);

        if (!round)
            first = found;
        if (!found)
            return first;
        (void)wait_until(clock_now() + ROUND_MS * CLOCK_NS_PER_MS, NULL);
    }
    log_warning("Processes of the run that died cannot be stopped");
    return first;
}
