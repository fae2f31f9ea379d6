// SPDX-License-Identifier: Apache-2.0
// PID 1 of a lab. Each turn of the loop: what is ready (requests, ends of machines and commands,
// consoles), then what is due in the cloud, then orphans.
#include "labd/daemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "labd/children.h"
#include "labd/control.h"
#include "labd/platform.h"
#include "net/http_server.h"
#include "value/json.h"

#define BODY_MAX (1024 * 1024)
/* What one instance may have open at the API or at its metadata, so that none starves the rest. */
#define PER_INSTANCE 64
#define ZONES        3

/* The three places where HTTP is spoken. */
enum {
    SERVER_HOST,     /* the API for the host: 127.0.0.1 */
    SERVER_LAB,      /* the API for instances and the client: 198.51.100.1 */
    SERVER_METADATA, /* 169.254.169.254 */
    SERVER_COUNT
};

struct running_daemon {
    struct daemon daemon;
    struct http_server *servers[SERVER_COUNT];
    int64_t due[SERVER_COUNT];
    int fds[SERVER_COUNT];
    bool is_tied; /* addresses of the platform to their instances */
};

static int open_models(struct daemon *daemon, struct chaos_error *err)
{
    if (aws_models_open_own(&daemon->models, err) < 0)
        return -(int)err->code;
    daemon->api.models = daemon->models;
    return 0;
}

static int listen_on(const char *address, int *ret_fd, struct chaos_error *err)
{
    struct sockaddr_in place = { .sin_family = AF_INET, .sin_port = htons(80) };
    AUTO(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;

    (void)!inet_pton(AF_INET, address, &place.sin_addr);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
        bind(fd, (const struct sockaddr *)(const void *)&place, sizeof(place)) < 0 ||
        listen(fd, SOMAXCONN) < 0)
        return chaos_error_set_errno(err, errno, "cannot listen on %s:80 in the lab", address);
    *ret_fd = fd;
    fd = -1;
    return 0;
}

static void server_ready(void *data, uint32_t events)
{
    int64_t *due = data;

    (void)events;
    *due = 0;
}

static int add_server(struct running_daemon *running, size_t index, int fd, unsigned per_client,
                      http_serve serve, void *data, struct chaos_error *err)
{
    struct http_server_options options = { .listen_fd = fd,
                                           .body_max = BODY_MAX,
                                           .per_client = per_client,
                                           .serve = serve,
                                           .data = data };

    running->fds[index] = fd;
    if (fd_set_nonblocking(fd, err) < 0 ||
        http_server_new(&options, &running->servers[index], err) < 0)
        return -(int)err->code;
    return loop_add(running->daemon.loop, http_server_fd(running->servers[index]), EPOLLIN,
                    server_ready, &running->due[index], err);
}

static int add_servers(struct running_daemon *running, int api_fd, struct chaos_error *err)
{
    struct daemon *daemon = &running->daemon;
    int lab_fd = -1;
    int metadata_fd = -1;

    if (listen_on(WORLD_API, &lab_fd, err) < 0 || listen_on(WORLD_METADATA, &metadata_fd, err) < 0)
        return -(int)err->code;
    if (add_server(running, SERVER_HOST, api_fd, 0, api_serve, &daemon->api, err) < 0 ||
        add_server(running, SERVER_LAB, lab_fd, PER_INSTANCE, api_serve, &daemon->api, err) < 0 ||
        add_server(running, SERVER_METADATA, metadata_fd, PER_INSTANCE, metadata_serve,
                   daemon->metadata, err) < 0)
        return -(int)err->code;
    return 0;
}

static size_t zones_of(const json_t *platform)
{
    const json_t *zones = json_object_get(platform, "zones");

    return json_is_integer(zones) ? (size_t)json_integer_value(zones) : ZONES;
}

static int new_cloud(struct daemon *daemon, struct cloud **ret_cloud, struct chaos_error *err)
{
    struct cloud_options options = {
        .models = daemon->models,
        .host = world_host(daemon->world),
        .region = json_text_of(daemon->platform, "region"),
        .pools = json_object_get(daemon->platform, "public-addresses"),
        .delays = json_object_get(daemon->platform, "delays"),
        .n_zones = zones_of(daemon->platform),
    };

    return cloud_new(&options, ret_cloud, err);
}

static void use_cloud(struct daemon *daemon, struct cloud *cloud)
{
    daemon->cloud = cloud;
    daemon->api.cloud = cloud;
    world_set_cloud(daemon->world, cloud);
    if (daemon->metadata)
        metadata_set_cloud(daemon->metadata, cloud);
    else
        daemon->metadata = metadata_new(cloud);
}

static int set_up(struct running_daemon *running, struct space *space,
                  const struct daemon_options *options, struct chaos_error *err)
{
    struct daemon *daemon = &running->daemon;
    struct cloud *cloud = NULL;
    struct world_options world = {
        .space = space,
        .pools = json_object_get(options->platform, "public-addresses"),
        .region = json_text_of(options->platform, "region"),
    };

    daemon->name = options->name;
    daemon->platform = options->platform;
    daemon->port = options->port;
    daemon->started = clock_now();
    daemon->journal = lab_journal_new();
    if (open_models(daemon, err) < 0 || loop_new(&daemon->loop, err) < 0)
        return -(int)err->code;
    world.loop = daemon->loop;
    world.journal = daemon->journal;
    world.children = children_new();
    daemon->children = world.children;
    if (world_new(&world, &daemon->world, err) < 0 || new_cloud(daemon, &cloud, err) < 0)
        return -(int)err->code;
    use_cloud(daemon, cloud);
    if (add_servers(running, options->api_fd, err) < 0 ||
        control_new(daemon, options->control_fd, &daemon->control, err) < 0)
        return -(int)err->code;
    return platform_apply(daemon->cloud, daemon->platform, err);
}

void daemon_report(int fd, const char *key, const char *text)
{
    AUTO(json) json_t *line = json_pack("{s:s}", key, text);
    AUTO(str) char *plain = json_text(line, JSON_STYLE_LINE);
    AUTO(chaos_error) struct chaos_error err = { 0 };

    (void)!fd_write_all(fd, plain, strlen(plain), &err);
    close(fd);
}

/* Once all instances of the platform run, its addresses go to them. */
static void tie_when_running(struct running_daemon *running)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const char *id;
    json_t *record;

    json_object_foreach (json_walkable(cloud_instances(running->daemon.cloud)), id, record) {
        const json_t *state = json_object_get(json_object_get(record, "Item"), "State");

        if (str_equal(json_text_of(state, "Name"), "pending"))
            return;
    }
    running->is_tied = true;
    if (platform_tie(running->daemon.cloud, running->daemon.platform, &err) < 0) {
        AUTO(json)
        json_t *event = json_pack("{s:s, s:s, s:s}", "event", "lab-error", "resource", "platform",
                                  "text", chaos_error_text(&err));

        lab_journal_add(running->daemon.journal, event);
    }
}

static int64_t serve(struct running_daemon *running, int64_t next)
{
    for (size_t i = 0; i < SERVER_COUNT; i++) {
        if (running->due[i] <= clock_now())
            running->due[i] = http_server_run(running->servers[i]);
        if (running->due[i] < next)
            next = running->due[i];
    }
    return next;
}

static int turn(struct running_daemon *running, struct chaos_error *err)
{
    struct daemon *daemon = &running->daemon;
    int64_t next;

    (void)serve(running, 0);
    if (!running->is_tied)
        tie_when_running(running);
    next = cloud_tick(daemon->cloud, clock_now());
    children_reap(daemon->children);
    /* What the servers are waiting for may have come about by what was due. */
    next = serve(running, next);
    return loop_turn(daemon->loop, next, err);
}

static volatile sig_atomic_t was_told_to_end;

static void end_soon(int number)
{
    (void)number;
    was_told_to_end = 1;
}

static void catch_signals(void)
{
    struct sigaction end = { .sa_handler = end_soon };
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGINT, &end, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGHUP, &ignore, NULL);
}

int daemon_restore(struct daemon *daemon, const json_t *snapshot, struct chaos_error *err)
{
    struct cloud *cloud = NULL;
    struct cloud *former = daemon->cloud;

    if (new_cloud(daemon, &cloud, err) < 0)
        return -(int)err->code;
    world_clear(daemon->world);
    use_cloud(daemon, cloud);
    if (cloud_restore(cloud, snapshot, err) < 0) {
        world_clear(daemon->world);
        use_cloud(daemon, former);
        cloud_free(cloud);
        return -(int)err->code;
    }
    cloud_free(former);
    return 0;
}

int daemon_run(struct space *space, void *data)
{
    const struct daemon_options *options = data;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *endpoint = mem_printf("http://127.0.0.1:%u", options->port);
    /* For the life of the process: what it holds goes with it, and the kernel with all else. */
    static struct running_daemon running;
    bool is_ready = false;

    catch_signals();
    if (set_up(&running, space, options, &err) < 0) {
        daemon_report(options->ready_fd, "error", chaos_error_text(&err));
        return 1;
    }
    while (!was_told_to_end && !running.daemon.is_ending) {
        if (!is_ready) {
            is_ready = true;
            daemon_report(options->ready_fd, "endpoint", endpoint);
        }
        if (turn(&running, &err) < 0) {
            fprintf(stderr, "chaos-lab: %s\n", chaos_error_text(&err));
            return 1;
        }
    }
    /* The answer to "down" is on its way; all else ends with this process. */
    return 0;
}
