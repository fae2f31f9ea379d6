// SPDX-License-Identifier: Apache-2.0
// What there is in the lab, as one value: instances, addresses, groups.
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "labd/control.h"

/* "pid:[4026532281]" of a process, "" for none. */
static void pid_namespace(const char *pid, char text[64])
{
    AUTO(str) char *path = mem_printf("/proc/%s/ns/pid", pid);
    ssize_t n = readlink(path, text, 63);

    text[n > 0 ? n : 0] = '\0';
}

/* How many processes there are in each pid namespace. */
static json_t *count_processes(void)
{
    json_t *counts = json_object();
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    char name[64];

    while (dir && (entry = readdir(dir))) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        pid_namespace(entry->d_name, name);
        json_object_set_new(counts, name,
                            json_integer(json_integer_value(json_object_get(counts, name)) + 1));
    }
    if (dir)
        closedir(dir);
    return counts;
}

static json_int_t processes_of(const json_t *counts, const struct machine *machine)
{
    AUTO(str) char *pid = machine ? mem_printf("%d", (int)machine->pid) : NULL;
    char name[64];

    if (!pid)
        return 0;
    pid_namespace(pid, name);
    return json_integer_value(json_object_get(counts, name));
}

static json_t *instance_line(const struct daemon *daemon, const char *id, const json_t *record,
                             const json_t *counts)
{
    const json_t *item = json_object_get(record, "Item");

    return json_pack("{s:s, s:O, s:O, s:O, s:O*, s:O*, s:O, s:I, s:o}", "id", id, "state",
                     json_object_get(json_object_get(item, "State"), "Name"), "zone",
                     json_object_get(json_object_get(item, "Placement"), "AvailabilityZone"),
                     "type", json_object_get(item, "InstanceType"), "private-address",
                     json_object_get(item, "PrivateIpAddress"), "public-address",
                     json_object_get(item, "PublicIpAddress"), "launch-time",
                     json_object_get(item, "LaunchTime"), "processes",
                     processes_of(counts, world_machine(daemon->world, id)), "tags",
                     cloud_tags(item));
}

static json_t *instance_lines(const struct daemon *daemon)
{
    AUTO(json) json_t *counts = count_processes();
    json_t *lines = json_array();
    const char *id;
    json_t *record;

    json_object_foreach (json_walkable(cloud_instances(daemon->cloud)), id, record)
        json_array_append_new(lines, instance_line(daemon, id, record, counts));
    return lines;
}

static json_t *address_lines(const struct daemon *daemon)
{
    json_t *lines = json_array();
    const char *id;
    json_t *record;

    json_object_foreach (json_walkable(cloud_addresses(daemon->cloud)), id, record) {
        const json_t *item = json_object_get(record, "Item");

        json_array_append_new(lines, json_pack("{s:s, s:O, s:O, s:o}", "id", id, "address",
                                               json_object_get(item, "PublicIp"), "instance",
                                               json_object_get(item, "InstanceId"), "tags",
                                               cloud_tags(item)));
    }
    return lines;
}

static json_t *group_lines(const struct daemon *daemon)
{
    json_t *lines = json_array();
    const char *name;
    json_t *record;

    json_object_foreach (json_walkable(cloud_scaling_groups(daemon->cloud)), name, record) {
        const json_t *item = json_object_get(record, "Item");

        json_array_append_new(
            lines, json_pack("{s:s, s:O*, s:O*, s:O*, s:I}", "name", name, "desired",
                             json_object_get(item, "DesiredCapacity"), "min",
                             json_object_get(item, "MinSize"), "max",
                             json_object_get(item, "MaxSize"), "instances",
                             (json_int_t)json_array_size(json_object_get(item, "Instances"))));
    }
    return lines;
}

void control_status(struct daemon *daemon, struct control_call *call, const json_t *request)
{
    AUTO(str) char *endpoint = mem_printf("http://127.0.0.1:%u", daemon->port);
    AUTO(json) json_t *line = NULL;

    (void)request;
    line = json_pack("{s:s, s:s, s:O*, s:f, s:o, s:o, s:o}", "name", daemon->name, "endpoint",
                     endpoint, "region", json_object_get(daemon->platform, "region"), "uptime",
                     (double)(clock_now() - daemon->started) / 1e9, "instances",
                     instance_lines(daemon), "addresses", address_lines(daemon), "groups",
                     group_lines(daemon));
    control_reply(call, line);
}
