/* SPDX-License-Identifier: Apache-2.0 */
/* The lab's daemon: PID 1 of its space, which owns cloud, world and servers. */
#pragma once

#include "labd/api.h"
#include "labd/metadata.h"
#include "labd/world.h"

struct children;
struct control;

struct daemon {
    const char *name;
    const json_t *platform; /* see platform.h */
    uint16_t port;          /* of the API on the host's loopback */
    int64_t started;        /* monotonic */
    struct aws_models *models;
    struct loop *loop;
    struct lab_journal *journal;
    struct children *children;
    struct world *world;
    struct cloud *cloud;
    struct metadata *metadata;
    struct api api;
    struct control *control;
    bool is_ending;
};

struct daemon_options {
    const char *name;
    const json_t *platform;
    int api_fd; /* listens on the host's loopback */
    uint16_t port;
    int control_fd; /* listens on the host's abstract socket */
    int ready_fd;   /* {"endpoint": ..} or {"error": ..} and the end */
};

/* The `run` of struct space_options; `data` is a struct daemon_options. */
int daemon_run(struct space *space, void *data);

/* The one line, {key: text}, that whoever started the lab waits for on `fd`, which is closed. */
void daemon_report(int fd, const char *key, const char *text);

/* Put a snapshot in the place of all there is. */
MUST_USE int daemon_restore(struct daemon *daemon, const json_t *snapshot, struct chaos_error *err);
