// SPDX-License-Identifier: Apache-2.0
/* lab_driver INIT SHARE: a lab without an API. Reads one JSON object a line from standard input, as
 * the first process of the lab, does what it says, and answers with one a line. Ends with its
 * standard input. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/mem.h"
#include "lab/link.h"
#include "lab/machine.h"
#include "lab/netfilter.h"
#include "lab/space.h"

#define MACHINES_MAX 1024

/* A command that runs. */
struct job {
    pid_t pid;
    int pidfd;
    int out;
    int err;
};

#define JOBS_MAX 16

struct driver {
    struct space *space;
    struct link_router *router;
    struct netfilter *netfilter;
    struct machine *machines[MACHINES_MAX];
    char *names[MACHINES_MAX];
    struct volume *volumes[MACHINES_MAX];
    size_t volume_count;
    struct job jobs[JOBS_MAX];
    int listener;
};

static const char *text_of(const json_t *request, const char *key)
{
    const char *text = json_string_value(json_object_get(request, key));

    return text ? text : "";
}

static struct in_addr address_of(const json_t *request, const char *key)
{
    struct in_addr address = { 0 };

    inet_pton(AF_INET, text_of(request, key), &address);
    return address;
}

static struct cidr block_of(const char *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct cidr cidr = { 0 };

    if (cidr_parse(text, &cidr, &err) < 0)
        fprintf(stderr, "%s\n", err.message);
    return cidr;
}

static size_t find(const struct driver *driver, const char *name)
{
    size_t i = 0;

    while (i < MACHINES_MAX && !(driver->names[i] && str_equal(driver->names[i], name)))
        i++;
    return i;
}

static struct machine *machine_of(const struct driver *driver, const json_t *request,
                                  struct chaos_error *err)
{
    size_t i = find(driver, text_of(request, "id"));

    if (i < MACHINES_MAX)
        return driver->machines[i];
    chaos_error_set(err, CHAOS_E_NOT_FOUND, "no machine '%s'", text_of(request, "id"));
    return NULL;
}

/* --- set up ------------------------------------------------------------------------------- */

static int set_up(struct driver *driver, struct chaos_error *err)
{
    const struct cidr gateways[] = { block_of("10.0.1.1/24"), block_of("10.0.2.1/24") };
    const struct cidr pools[] = { block_of("203.0.113.0/24") };
    struct link_options links = {
        .client_net_fd = driver->space->client_net_fd,
        .client = block_of("198.51.100.2/24"),
        .api = block_of("198.51.100.1").address,
        .metadata = block_of("169.254.169.254").address,
        .gateways = gateways,
        .gateway_count = ARRAY_SIZE(gateways),
        .pools = pools,
        .pool_count = ARRAY_SIZE(pools),
        .block = block_of("10.0.0.0/8"),
    };
    struct netfilter_options filter = {
        .client = links.client.address,
        .api = links.api,
        .metadata = links.metadata,
        .block = links.block,
    };
    int r = link_router_new(&links, &driver->router, err);

    return r < 0 ? r : netfilter_new(&filter, &driver->netfilter, err);
}

/* --- machines ----------------------------------------------------------------------------- */

static int op_start(struct driver *driver, const json_t *request, json_t *answer,
                    struct chaos_error *err)
{
    static const char *const environment[] = { "LANG=C.UTF-8", NULL };
    const struct cidr routes[] = { block_of("10.0.0.0/8"), block_of("203.0.113.0/24"),
                                   block_of("169.254.169.254/32"), block_of("198.51.100.0/24") };
    const char *id = text_of(request, "id");
    AUTO(boot) struct boot boot = { 0 };
    AUTO(str) char *note = NULL;
    struct volume *disk = NULL;
    struct machine_spec spec = {
        .id = id,
        .link = text_of(request, "link"),
        .hostname = text_of(request, "hostname"),
        .address = block_of(text_of(request, "address")),
        .gateway = address_of(request, "gateway"),
        .routes = routes,
        .route_count = ARRAY_SIZE(routes),
        .environment = environment,
        .limits = {
            .processes = (uint64_t)json_integer_value(json_object_get(request, "processes")),
            .disk_bytes = (uint64_t)json_integer_value(json_object_get(request, "disk_bytes")),
        },
    };
    const char *user_data = text_of(request, "user_data");
    int64_t begin = clock_now();
    size_t i = find(driver, id);
    int r = boot_parse(user_data, strlen(user_data), &boot, &note, err);

    if (r < 0)
        return r;
    spec.steps = boot.steps;
    spec.step_count = boot.count;
    if (json_object_get(request, "disk"))
        disk = driver->volumes[json_integer_value(json_object_get(request, "disk"))];
    spec.disk = disk;
    if (i == MACHINES_MAX)
        for (i = 0; driver->names[i]; i++)
            ;
    else
        machine_free(driver->machines[i]);
    driver->machines[i] = NULL;
    if (!driver->names[i])
        driver->names[i] = mem_strdup(id);
    r = machine_start(driver->space, driver->router, &spec, &driver->machines[i], err);
    if (r < 0) {
        free(driver->names[i]);
        driver->names[i] = NULL;
        return r;
    }
    json_object_set_new(answer, "ns", json_integer(clock_now() - begin));
    json_object_set_new(answer, "pid", json_integer(driver->machines[i]->pid));
    if (note)
        json_object_set_new(answer, "note", json_string(note));
    return 0;
}

/* Wait until the console says `text`, or the time is up. */
static int op_console(struct driver *driver, const json_t *request, json_t *answer,
                      struct chaos_error *err)
{
    struct machine *machine = machine_of(driver, request, err);
    int64_t deadline = clock_deadline(json_number_value(json_object_get(request, "timeout_s")));
    const char *text = text_of(request, "text");

    if (!machine)
        return -(int)err->code;
    for (;;) {
        machine_console_read(machine, MACHINE_CONSOLE_SIZE);
        if (strstr(buffer_text(&machine->console), text) || machine->console_fd < 0 ||
            wait_fd(machine->console_fd, POLLIN, deadline, NULL) == WAIT_TIMEOUT)
            break;
    }
    json_object_set_new(answer, "text",
                        json_stringn_nocheck(machine->console.data, machine->console.length));
    return 0;
}

static int op_kill(struct driver *driver, const json_t *request, json_t *answer,
                   struct chaos_error *err)
{
    struct machine *machine = machine_of(driver, request, err);
    int64_t begin = clock_now();

    if (!machine)
        return -(int)err->code;
    machine_kill(driver->router, machine);
    json_object_set_new(answer, "ns", json_integer(clock_now() - begin));
    return 0;
}

static int op_button(struct driver *driver, const json_t *request, json_t *answer UNUSED,
                     struct chaos_error *err)
{
    struct machine *machine = machine_of(driver, request, err);

    if (!machine)
        return -(int)err->code;
    if (json_is_true(json_object_get(request, "reboot")))
        machine_reboot(machine);
    else
        machine_shutdown(machine);
    return 0;
}

static int op_end(struct driver *driver, const json_t *request, json_t *answer,
                  struct chaos_error *err)
{
    static const char *const names[] = { "running", "off", "reboot", "killed", "failed" };
    struct machine *machine = machine_of(driver, request, err);
    int64_t deadline = clock_deadline(json_number_value(json_object_get(request, "timeout_s")));

    if (!machine)
        return -(int)err->code;
    if (wait_fd(machine->pidfd, POLLIN, deadline, NULL) == WAIT_READY)
        machine_reap(machine);
    json_object_set_new(answer, "end", json_string(names[machine->end]));
    return 0;
}

static int op_free(struct driver *driver, const json_t *request, json_t *answer UNUSED,
                   struct chaos_error *err)
{
    size_t i = find(driver, text_of(request, "id"));

    if (i == MACHINES_MAX)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "no such machine");
    machine_free(driver->machines[i]);
    free(driver->names[i]);
    driver->names[i] = NULL;
    return 0;
}

/* --- commands ----------------------------------------------------------------------------- */

static char **words_of(const json_t *list)
{
    char **words = mem_zero(json_array_size(list) + 1, sizeof(char *));
    const json_t *item;
    size_t i;

    json_array_foreach (list, i, item)
        words[i] = mem_strdup(json_string_value(item));
    return words;
}

static void words_free(char **words)
{
    for (char **word = words; *word; word++)
        free(*word);
    free(words);
}

static void add_output(json_t *answer, const char *key, int fd)
{
    char text[65536];
    ssize_t n = pread(fd, text, sizeof(text), 0);

    json_object_set_new(answer, key, json_stringn_nocheck(text, n < 0 ? 0 : (size_t)n));
    close(fd);
}

/* Wait for a command and tell how it ended and what it wrote. */
static void finish_job(struct job *job, double timeout_s, json_t *answer)
{
    int status = 0;

    if (wait_fd(job->pidfd, POLLIN, clock_deadline(timeout_s > 0 ? timeout_s : 20), NULL) !=
        WAIT_READY) {
        kill(job->pid, SIGKILL);
        json_object_set_new(answer, "timeout", json_true());
    }
    waitpid(job->pid, &status, 0);
    json_object_set_new(answer, "status",
                        json_integer(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status)));
    close(job->pidfd);
    add_output(answer, "out", job->out);
    add_output(answer, "err", job->err);
    *job = (struct job){ 0 };
}

static int start_job(struct driver *driver, const json_t *request, struct job *job,
                     struct chaos_error *err)
{
    static const char *const environment[] = {
        "PATH=/run/fracas/bin:/run/fracas/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", NULL
    };
    char **argv = words_of(json_object_get(request, "argv"));
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct machine_exec exec = {
        .argv = argv,
        .environment = environment,
        .cwd = json_string_value(json_object_get(request, "cwd")),
        .fds = { null, job->out, job->err },
    };
    struct machine *machine = NULL;
    int r;

    if (!*text_of(request, "id")) {
        r = machine_exec_client(driver->space, &exec, &job->pid, &job->pidfd, err);
    } else {
        machine = machine_of(driver, request, err);
        r = machine ? machine_exec(machine, &exec, &job->pid, &job->pidfd, err) : -(int)err->code;
    }
    words_free(argv);
    close(null);
    return r;
}

static int op_exec(struct driver *driver, const json_t *request, json_t *answer,
                   struct chaos_error *err)
{
    double timeout_s = json_number_value(json_object_get(request, "timeout_s"));
    struct job job = { .out = memfd_create("out", MFD_CLOEXEC),
                       .err = memfd_create("err", MFD_CLOEXEC) };
    size_t i = 0;
    int r = start_job(driver, request, &job, err);

    if (r < 0) {
        close(job.out);
        close(job.err);
        return r;
    }
    if (!json_is_true(json_object_get(request, "background"))) {
        finish_job(&job, timeout_s, answer);
        return 0;
    }
    while (driver->jobs[i].pid)
        i++;
    driver->jobs[i] = job;
    json_object_set_new(answer, "job", json_integer((json_int_t)i));
    return 0;
}

static int op_collect(struct driver *driver, const json_t *request, json_t *answer,
                      struct chaos_error *err UNUSED)
{
    finish_job(&driver->jobs[json_integer_value(json_object_get(request, "job"))],
               json_number_value(json_object_get(request, "timeout_s")), answer);
    return 0;
}

/* --- packets ------------------------------------------------------------------------------ */

static int op_put_group(struct driver *driver, const json_t *request, json_t *answer UNUSED,
                        struct chaos_error *err)
{
    const json_t *list = json_object_get(request, "rules");
    struct netfilter_rule rules[64] = { 0 };
    const json_t *rule;
    size_t i;

    json_array_foreach (list, i, rule) {
        const char *protocol = text_of(rule, "protocol");

        rules[i].direction =
            str_equal(text_of(rule, "direction"), "egress") ? NETFILTER_EGRESS : NETFILTER_INGRESS;
        rules[i].protocol = str_equal(protocol, "tcp")    ? IPPROTO_TCP
                            : str_equal(protocol, "udp")  ? IPPROTO_UDP
                            : str_equal(protocol, "icmp") ? IPPROTO_ICMP
                                                          : NETFILTER_ALL_PROTOCOLS;
        rules[i].from_port = rules[i].to_port = -1;
        if (json_object_get(rule, "from"))
            rules[i].from_port = (int)json_integer_value(json_object_get(rule, "from"));
        if (json_object_get(rule, "to"))
            rules[i].to_port = (int)json_integer_value(json_object_get(rule, "to"));
        rules[i].peer_group = json_string_value(json_object_get(rule, "group"));
        if (!rules[i].peer_group)
            rules[i].peer = block_of(text_of(rule, "cidr"));
    }
    return netfilter_put_group(driver->netfilter, text_of(request, "name"), rules,
                               json_array_size(list), err);
}

static int op_remove_group(struct driver *driver, const json_t *request, json_t *answer UNUSED,
                           struct chaos_error *err)
{
    return netfilter_remove_group(driver->netfilter, text_of(request, "name"), err);
}

static int op_put_machine(struct driver *driver, const json_t *request, json_t *answer UNUSED,
                          struct chaos_error *err)
{
    const json_t *list = json_object_get(request, "groups");
    const char *groups[NETFILTER_GROUPS_MAX];
    const json_t *group;
    size_t i;
    struct netfilter_machine machine = {
        .link = text_of(request, "link"),
        .address = address_of(request, "address"),
        .zone = text_of(request, "zone"),
        .groups = groups,
        .group_count = json_array_size(list),
    };

    json_array_foreach (list, i, group)
        groups[i] = json_string_value(group);
    return netfilter_put_machine(driver->netfilter, &machine, err);
}

static int op_remove_machine(struct driver *driver, const json_t *request, json_t *answer UNUSED,
                             struct chaos_error *err)
{
    return netfilter_remove_machine(driver->netfilter, address_of(request, "address"), err);
}

static int op_associate(struct driver *driver, const json_t *request, json_t *answer,
                        struct chaos_error *err)
{
    int64_t begin = clock_now();
    int r = netfilter_associate(driver->netfilter, address_of(request, "elastic"),
                                address_of(request, "address"), err);

    json_object_set_new(answer, "ns", json_integer(clock_now() - begin));
    return r;
}

static int op_disassociate(struct driver *driver, const json_t *request, json_t *answer UNUSED,
                           struct chaos_error *err)
{
    return netfilter_disassociate(driver->netfilter, address_of(request, "elastic"), err);
}

static int op_settle(struct driver *driver, const json_t *request UNUSED, json_t *answer UNUSED,
                     struct chaos_error *err UNUSED)
{
    netfilter_settle(driver->netfilter);
    return 0;
}

static int op_cut_zones(struct driver *driver, const json_t *request, json_t *answer UNUSED,
                        struct chaos_error *err)
{
    const char *b = json_string_value(json_object_get(request, "b"));

    if (json_is_true(json_object_get(request, "join")))
        return netfilter_join_zones(driver->netfilter, text_of(request, "a"), b, err);
    return netfilter_cut_zones(driver->netfilter, text_of(request, "a"), b, err);
}

static int op_link(struct driver *driver, const json_t *request, json_t *answer UNUSED,
                   struct chaos_error *err)
{
    struct machine *machine = machine_of(driver, request, err);

    if (!machine)
        return -(int)err->code;
    if (json_is_true(json_object_get(request, "restore")))
        return link_restore(driver->router, &machine->port, err);
    return link_cut(driver->router, &machine->port, err);
}

/* --- volumes and the rest ----------------------------------------------------------------- */

static int op_volume(struct driver *driver, const json_t *request, json_t *answer,
                     struct chaos_error *err)
{
    uint64_t bytes = (uint64_t)json_integer_value(json_object_get(request, "bytes"));
    int r = volume_new(driver->space, text_of(request, "name"), bytes,
                       &driver->volumes[driver->volume_count], err);

    if (r == 0)
        json_object_set_new(answer, "volume", json_integer((json_int_t)driver->volume_count++));
    return r;
}

static int op_attach(struct driver *driver, const json_t *request, json_t *answer UNUSED,
                     struct chaos_error *err)
{
    struct machine *machine = machine_of(driver, request, err);
    const char *device = text_of(request, "device");
    json_int_t volume = json_integer_value(json_object_get(request, "volume"));

    if (!machine)
        return -(int)err->code;
    if (json_is_true(json_object_get(request, "detach")))
        return machine_detach_volume(
            machine, device,
            json_is_true(json_object_get(request, "force")) ? DETACH_FORCE : DETACH_UNUSED, err);
    return machine_attach_volume(machine, driver->volumes[volume], device, err);
}

/* A command in the lab's own namespaces: what the tests look around with. */
static int op_look(struct driver *driver UNUSED, const json_t *request, json_t *answer,
                   struct chaos_error *err UNUSED)
{
    char **argv = words_of(json_object_get(request, "argv"));
    int out = memfd_create("out", 0);
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        dup2(out, 1);
        dup2(out, 2);
        execvp(argv[0], argv);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    words_free(argv);
    add_output(answer, "out", out);
    json_object_set_new(answer, "status", json_integer(WEXITSTATUS(status)));
    return 0;
}

/* Greet one client of the socket that the launcher opened in the host's network. */
static int op_greet(struct driver *driver, const json_t *request UNUSED, json_t *answer,
                    struct chaos_error *err)
{
    int fd = accept4(driver->listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot accept");
    json_object_set_new(answer, "sent", json_integer(write(fd, "hello\n", 6)));
    close(fd);
    return 0;
}

static const struct {
    const char *name;
    int (*act)(struct driver *driver, const json_t *request, json_t *answer,
               struct chaos_error *err);
} operations[] = {
    { "start", op_start },
    { "console", op_console },
    { "kill", op_kill },
    { "button", op_button },
    { "end", op_end },
    { "free", op_free },
    { "exec", op_exec },
    { "collect", op_collect },
    { "settle", op_settle },
    { "put_group", op_put_group },
    { "remove_group", op_remove_group },
    { "put_machine", op_put_machine },
    { "remove_machine", op_remove_machine },
    { "associate", op_associate },
    { "disassociate", op_disassociate },
    { "zones", op_cut_zones },
    { "link", op_link },
    { "volume", op_volume },
    { "attach", op_attach },
    { "look", op_look },
    { "greet", op_greet },
};

static void serve(struct driver *driver, const char *line)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *request = json_loads(line, 0, NULL);
    AUTO(json) json_t *answer = json_object();
    AUTO(str) char *text = NULL;
    const char *name = text_of(request, "op");
    size_t i = 0;

    while (i < ARRAY_SIZE(operations) && !str_equal(operations[i].name, name))
        i++;
    if (i == ARRAY_SIZE(operations))
        chaos_error_set(&err, CHAOS_E_INVALID, "no operation '%s'", name);
    else if (operations[i].act(driver, request, answer, &err) < 0 && !err.message)
        chaos_error_set(&err, CHAOS_E_INTERNAL, "an error without a text");
    if (err.message)
        json_object_set_new(answer, "error", json_string(err.message));
    text = json_dumps(answer, JSON_COMPACT | JSON_ENSURE_ASCII);
    printf("%s\n", text ? text : "{\"error\": \"not UTF-8\"}");
    fflush(stdout);
}

static int run(struct space *space, void *data)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct driver *driver = data;
    char *line = NULL;
    size_t size = 0;

    driver->space = space;
    if (set_up(driver, &err) < 0) {
        printf("{\"error\": \"%s\"}\n", err.message);
        fflush(stdout);
        return 1;
    }
    printf("{\"ready\": true, \"rootless\": %s}\n", space->is_rootless ? "true" : "false");
    fflush(stdout);
    while (getline(&line, &size, stdin) > 0)
        serve(driver, line);
    free(line);
    for (size_t i = 0; i < MACHINES_MAX; i++)
        if (driver->names[i]) {
            machine_free(driver->machines[i]);
            free(driver->names[i]);
        }
    for (size_t i = 0; i < driver->volume_count; i++)
        volume_free(driver->volumes[i]);
    netfilter_free(driver->netfilter);
    link_router_free(driver->router);
    return 0;
}

/* In the network of the host, before there is a lab. */
static int listen_on_loopback(int *ret_port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        return -1;
    *ret_port = ntohs(address.sin_port);
    return fd;
}

int main(int argc, char **argv)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    static struct driver driver;
    const struct space_share shares[] = { { argc > 2 ? argv[2] : "", "/run/fracas/bin" } };
    struct space_options options = {
        .run = run,
        .data = &driver,
        .init_path = argc > 1 ? argv[1] : "",
        .shares = shares,
        .share_count = 1,
    };
    int status = 0;
    int port = 0;
    int pidfd;
    pid_t pid;
    int r;

    driver.listener = listen_on_loopback(&port);
    r = space_create(&options, &pid, &pidfd, &err);
    if (r < 0) {
        printf("{\"error\": \"%s\", \"unsupported\": %s}\n", err.message,
               r == -CHAOS_E_UNSUPPORTED ? "true" : "false");
        return 1;
    }
    close(driver.listener);
    fprintf(stderr, "%d %d\n", (int)pid, port);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(pidfd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
