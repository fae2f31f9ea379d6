// SPDX-License-Identifier: Apache-2.0
#include "labd/world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/epoll.h>

#include "aws/base64.h"
#include "base/clock.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "lab/cidr.h"
#include "labd/groups.h"

/* How much of a console is read at once. */
#define CONSOLE_CHUNK (16 * 1024)
#define DISK_BYTES    (64 * 1024 * 1024)

/* An instance, as long as it is listed. */
struct inhabitant {
    struct world *world;
    char *id;
    struct machine *machine; /* NULL while it is off */
    struct volume *disk;     /* survives a stop */
    struct buffer console;   /* of its former lives */
    struct in_addr address;
    bool is_known; /* to the packet rules */
    struct inhabitant *next;
};

struct plugged_volume {
    char *id;
    struct volume *volume;
    struct plugged_volume *next;
};

struct world {
    struct space *space;
    struct loop *loop;
    struct lab_journal *journal;
    struct children *children;
    struct cloud *cloud;
    struct link_router *router;
    struct netfilter *netfilter;
    struct groups *groups;
    struct cloud_host host;
    struct inhabitant *inhabitants;
    struct plugged_volume *volumes;
    struct cidr *routes;
    size_t n_routes;
    struct in_addr *gateways; /* that the router has */
    size_t n_gateways;
    char **environment;
    size_t n_environment;
    unsigned links; /* how many wires there were */
};

static struct in_addr address_of(const char *text)
{
    struct in_addr address = { 0 };

    (void)!inet_pton(AF_INET, text, &address);
    return address;
}

static struct inhabitant *find(const struct world *world, const char *id)
{
    struct inhabitant *inhabitant = world->inhabitants;

    while (inhabitant && strcmp(inhabitant->id, id) != 0)
        inhabitant = inhabitant->next;
    return inhabitant;
}

static void inhabitant_free(struct inhabitant *inhabitant)
{
    if (inhabitant->disk)
        volume_free(inhabitant->disk);
    buffer_clear(&inhabitant->console);
    free(inhabitant->id);
    free(inhabitant);
}

/* Those that the cloud does not list any more. Their consoles could be read until then. */
static void forget_departed(struct world *world)
{
    struct inhabitant **slot = &world->inhabitants;

    while (*slot) {
        struct inhabitant *inhabitant = *slot;

        if (inhabitant->machine || cloud_instance(world->cloud, inhabitant->id)) {
            slot = &inhabitant->next;
            continue;
        }
        *slot = inhabitant->next;
        inhabitant_free(inhabitant);
    }
}

static struct inhabitant *find_or_add(struct world *world, const char *id)
{
    struct inhabitant *inhabitant = find(world, id);

    if (inhabitant)
        return inhabitant;
    forget_departed(world);
    inhabitant = mem_zero(1, sizeof(*inhabitant));
    inhabitant->world = world;
    inhabitant->id = mem_strdup(id);
    inhabitant->next = world->inhabitants;
    world->inhabitants = inhabitant;
    return inhabitant;
}

static void tell(struct world *world, const char *event, const char *resource, const char *text)
{
    char now[CLOCK_ISO_SIZE];
    AUTO(json)
    json_t *record = json_pack("{s:s, s:s, s:s, s:s}", "time", clock_iso(clock_wall(), now),
                               "event", event, "resource", resource, "text", text);

    lab_journal_add(world->journal, record);
}

static void tell_error(struct world *world, const char *resource, struct chaos_error *err)
{
    tell(world, "lab-error", resource, chaos_error_text(err));
    chaos_error_clear(err);
}

/* Take what is left on the console of a machine that has ended, and the machine. */
static void bury(struct inhabitant *inhabitant)
{
    struct machine *machine = inhabitant->machine;

    if (!machine)
        return;
    loop_remove(inhabitant->world->loop, machine->pidfd);
    loop_remove(inhabitant->world->loop, machine->console_fd);
    while (machine->console_fd >= 0 && machine_console_read(machine, CONSOLE_CHUNK) > 0)
        ;
    buffer_add(&inhabitant->console, machine->console.data, machine->console.length);
    if (inhabitant->console.length > MACHINE_CONSOLE_SIZE)
        buffer_consume(&inhabitant->console, inhabitant->console.length - MACHINE_CONSOLE_SIZE);
    children_forget(inhabitant->world->children, machine->pid);
    machine_free(STEAL(inhabitant->machine));
}

static void shut_out(struct inhabitant *inhabitant)
{
    struct world *world = inhabitant->world;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!inhabitant->is_known)
        return;
    inhabitant->is_known = false;
    if (netfilter_remove_machine(world->netfilter, inhabitant->address, &err) < 0)
        tell_error(world, inhabitant->id, &err);
}

static void power_off(void *data, const char *instance_id)
{
    struct world *world = data;
    struct inhabitant *inhabitant = find(world, instance_id);

    if (!inhabitant || !inhabitant->machine)
        return;
    machine_kill(world->router, inhabitant->machine);
    shut_out(inhabitant);
    bury(inhabitant);
}

static void shut_down(void *data, const char *instance_id)
{
    struct inhabitant *inhabitant = find(data, instance_id);

    if (inhabitant && inhabitant->machine)
        machine_shutdown(inhabitant->machine);
}

/* Its first process has ended, not by our hand. */
static void ended(void *data, uint32_t events)
{
    struct inhabitant *inhabitant = data;
    struct world *world = inhabitant->world;
    AUTO(str) char *id = mem_strdup(inhabitant->id);
    enum machine_end end = machine_reap(inhabitant->machine);
    enum cloud_end told = CLOUD_END_CRASH;

    (void)events;
    if (end == MACHINE_RUNNING)
        return;
    if (end == MACHINE_OFF)
        told = CLOUD_END_POWEROFF;
    else if (end == MACHINE_REBOOT)
        told = CLOUD_END_REBOOT;
    shut_out(inhabitant);
    bury(inhabitant);
    cloud_machine_ended(world->cloud, id, told);
}

static void console_ready(void *data, uint32_t events)
{
    struct inhabitant *inhabitant = data;
    struct machine *machine = inhabitant->machine;
    int fd = machine->console_fd;

    (void)events;
    (void)machine_console_read(machine, CONSOLE_CHUNK);
    if (machine->console_fd < 0)
        loop_remove(inhabitant->world->loop, fd);
}

static int steps_of(struct world *world, const char *id, const json_t *record, struct boot *boot,
                    struct chaos_error *err)
{
    const char *encoded = json_text_of(record, "UserData");
    AUTO(buffer) struct buffer plain = { 0 };
    AUTO(str) char *note = NULL;

    if (!encoded || !*encoded)
        return 0;
    if (!base64_decode(&plain, encoded))
        return chaos_error_set(err, CHAOS_E_INVALID, "the user data is not base64");
    if (boot_parse(buffer_text(&plain), plain.length, boot, &note, err) < 0) {
        /* As in EC2: bad user data is the instance's problem, which starts all the same. */
        tell_error(world, id, err);
        return 0;
    }
    if (note)
        tell(world, "user-data", id, note);
    return 0;
}

static bool has_gateway(const struct world *world, struct in_addr address)
{
    for (size_t i = 0; i < world->n_gateways; i++) {
        if (world->gateways[i].s_addr == address.s_addr)
            return true;
    }
    return false;
}

/* The router answers for a subnet from the first instance in it on. */
static int know_gateway(struct world *world, const struct cidr *gateway, struct chaos_error *err)
{
    if (has_gateway(world, gateway->address))
        return 0;
    if (link_add_gateway(world->router, gateway, err) < 0)
        return -(int)err->code;
    world->gateways =
        mem_resize(world->gateways, (world->n_gateways + 1) * sizeof(*world->gateways));
    world->gateways[world->n_gateways++] = gateway->address;
    return 0;
}

/* The gateway of a subnet is its first address after that of the network (AWS keeps it free). */
static int fill_spec(struct world *world, const json_t *item, struct machine_spec *spec,
                     struct chaos_error *err)
{
    const json_t *subnet = cloud_subnet(world->cloud, json_text_of(item, "SubnetId"));
    const char *block = json_text_of(json_object_get(subnet, "Item"), "CidrBlock");
    struct cidr gateway;

    if (cidr_parse(block ? block : "", &gateway, err) < 0)
        return -(int)err->code;
    spec->address.address = address_of(json_text_of(item, "PrivateIpAddress"));
    spec->address.prefix = gateway.prefix;
    gateway.address.s_addr = htonl(ntohl(cidr_network(&gateway).s_addr) + 1);
    spec->gateway = gateway.address;
    spec->routes = world->routes;
    spec->route_count = world->n_routes;
    spec->environment = world_environment(world);
    return know_gateway(world, &gateway, err);
}

static int start(struct inhabitant *inhabitant, const json_t *record, struct chaos_error *err)
{
    struct world *world = inhabitant->world;
    const json_t *item = json_object_get(record, "Item");
    const char *name = json_text_of(item, "PrivateDnsName");
    AUTO(str) char *hostname = mem_strndup(name, strcspn(name, "."));
    AUTO(str) char *link = mem_printf("m%08x", world->links++);
    AUTO(boot) struct boot boot = { 0 };
    struct machine_spec spec = { .id = inhabitant->id, .hostname = hostname, .link = link };

    if (!inhabitant->disk &&
        volume_new(world->space, inhabitant->id, DISK_BYTES, &inhabitant->disk, err) < 0)
        return -(int)err->code;
    if (steps_of(world, inhabitant->id, record, &boot, err) < 0 ||
        fill_spec(world, item, &spec, err) < 0)
        return -(int)err->code;
    spec.disk = inhabitant->disk;
    spec.steps = boot.steps;
    spec.step_count = boot.count;
    inhabitant->address = spec.address.address;
    return machine_start(world->space, world->router, &spec, &inhabitant->machine, err);
}

static int boot(void *data, const json_t *record, struct chaos_error *err)
{
    struct world *world = data;
    const char *id = json_text_of(json_object_get(record, "Item"), "InstanceId");
    struct inhabitant *inhabitant = find_or_add(world, id);
    struct machine *machine;

    if (inhabitant->machine)
        power_off(world, id);
    if (start(inhabitant, record, err) < 0)
        return -(int)err->code;
    machine = inhabitant->machine;
    children_expect(world->children, machine->pid);
    if (loop_add(world->loop, machine->pidfd, EPOLLIN, ended, inhabitant, err) < 0 ||
        loop_add(world->loop, machine->console_fd, EPOLLIN, console_ready, inhabitant, err) < 0) {
        power_off(world, id);
        return -(int)err->code;
    }
    return 0;
}

static void forget(void *data, const char *instance_id)
{
    struct world *world = data;
    struct inhabitant *inhabitant = find(world, instance_id);

    if (!inhabitant)
        return;
    power_off(world, instance_id);
    if (inhabitant->disk)
        volume_free(STEAL(inhabitant->disk));
}

static void map_address(void *data, const char *public_ip, const char *private_ip)
{
    struct world *world = data;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    int r;

    if (private_ip)
        r = netfilter_associate(world->netfilter, address_of(public_ip), address_of(private_ip),
                                &err);
    else
        r = netfilter_disassociate(world->netfilter, address_of(public_ip), &err);
    if (r < 0)
        tell_error(world, public_ip, &err);
}

static void secure(void *data, const char *instance_id)
{
    struct world *world = data;
    struct inhabitant *inhabitant = find(world, instance_id);
    const json_t *item = json_object_get(cloud_instance(world->cloud, instance_id), "Item");
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct netfilter_machine known = { 0 };
    int r;

    if (!inhabitant || !inhabitant->machine || !item)
        return;
    known.link = inhabitant->machine->link;
    known.address = inhabitant->address;
    known.zone = json_text_of(json_object_get(item, "Placement"), "AvailabilityZone");
    r = groups_apply(world->groups, world->cloud, item, &known, &err);
    if (r < 0)
        tell_error(world, instance_id, &err);
    else
        inhabitant->is_known = true;
}

static struct plugged_volume *find_volume(const struct world *world, const char *id)
{
    struct plugged_volume *plugged = world->volumes;

    while (plugged && strcmp(plugged->id, id) != 0)
        plugged = plugged->next;
    return plugged;
}

static int find_or_make_volume(struct world *world, const char *id, int64_t size_gib,
                               struct plugged_volume **ret_plugged, struct chaos_error *err)
{
    struct plugged_volume *plugged = find_volume(world, id);
    struct volume *volume;

    if (!plugged) {
        if (volume_new(world->space, id, (uint64_t)size_gib << 30, &volume, err) < 0)
            return -(int)err->code;
        plugged = mem_zero(1, sizeof(*plugged));
        *plugged = (struct plugged_volume){ .id = mem_strdup(id),
                                            .volume = volume,
                                            .next = world->volumes };
        world->volumes = plugged;
    }
    *ret_plugged = plugged;
    return 0;
}

static int attach_volume(void *data, const char *volume_id, int64_t size_gib,
                         const char *instance_id, const char *device, struct chaos_error *err)
{
    struct world *world = data;
    struct inhabitant *inhabitant = find(world, instance_id);
    struct plugged_volume *plugged = NULL;

    if (find_or_make_volume(world, volume_id, size_gib, &plugged, err) < 0)
        return -(int)err->code;
    if (!inhabitant || !inhabitant->machine)
        return 0; /* plugged in when it boots */
    return machine_attach_volume(inhabitant->machine, plugged->volume, device, err);
}

static void detach_volume(void *data, const char *volume_id, const char *instance_id,
                          const char *device)
{
    struct world *world = data;
    struct inhabitant *inhabitant = find(world, instance_id);
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!inhabitant || !inhabitant->machine)
        return;
    if (machine_detach_volume(inhabitant->machine, device, DETACH_FORCE, &err) < 0)
        tell_error(world, volume_id, &err);
}

static void delete_volume(void *data, const char *volume_id)
{
    struct world *world = data;
    struct plugged_volume **slot = &world->volumes;

    while (*slot && strcmp((*slot)->id, volume_id) != 0)
        slot = &(*slot)->next;
    if (*slot) {
        struct plugged_volume *plugged = *slot;

        *slot = plugged->next;
        volume_free(plugged->volume);
        free(plugged->id);
        free(plugged);
    }
}

static char *console(void *data, const char *instance_id)
{
    const struct inhabitant *inhabitant = find(data, instance_id);
    struct buffer text = { 0 };

    if (!inhabitant)
        return NULL;
    buffer_add(&text, inhabitant->console.data, inhabitant->console.length);
    if (inhabitant->machine)
        buffer_add(&text, inhabitant->machine->console.data, inhabitant->machine->console.length);
    if (text.length > MACHINE_CONSOLE_SIZE)
        buffer_consume(&text, text.length - MACHINE_CONSOLE_SIZE);
    return buffer_take(&text);
}

static void event(void *data, const json_t *record)
{
    const struct world *world = data;

    lab_journal_add(world->journal, record);
}

static int set_up_routes(struct world *world, const json_t *pools, struct chaos_error *err)
{
    static const char *const fixed[] = { WORLD_BLOCK, "198.51.100.0/24", WORLD_METADATA "/32" };
    const json_t *pool;
    size_t i;

    world->routes = mem_zero(ARRAY_SIZE(fixed) + json_array_size(pools), sizeof(*world->routes));
    json_array_foreach (pools, i, pool) {
        if (cidr_parse(json_string_value(pool), &world->routes[world->n_routes++], err) < 0)
            return -(int)err->code;
    }
    for (i = 0; i < ARRAY_SIZE(fixed); i++) {
        if (cidr_parse(fixed[i], &world->routes[world->n_routes++], err) < 0)
            return -(int)err->code;
    }
    return 0;
}

static int set_up_router(struct world *world, const struct world_options *options,
                         struct chaos_error *err)
{
    size_t n_pools = json_array_size(options->pools);
    struct link_options wires = {
        .client_net_fd = options->space->client_net_fd,
        .client = { address_of(WORLD_CLIENT), 24 },
        .api = address_of(WORLD_API),
        .metadata = address_of(WORLD_METADATA),
        .pools = world->routes,
        .pool_count = n_pools,
    };
    struct netfilter_options rules = { .api = address_of(WORLD_API),
                                       .metadata = address_of(WORLD_METADATA),
                                       .client = address_of(WORLD_CLIENT) };
    if (cidr_parse(WORLD_BLOCK, &wires.block, err) < 0)
        return -(int)err->code;
    rules.block = wires.block;
    if (link_router_new(&wires, &world->router, err) < 0 ||
        netfilter_new(&rules, &world->netfilter, err) < 0)
        return -(int)err->code;
    world->groups = groups_new(world->netfilter);
    return 0;
}

static void add_environment(struct world *world, char *text)
{
    world->environment =
        mem_resize(world->environment, (world->n_environment + 2) * sizeof(*world->environment));
    world->environment[world->n_environment++] = text;
    world->environment[world->n_environment] = NULL;
}

static void set_up_environment(struct world *world, const struct world_options *options)
{
    AUTO(str) char *models = mem_strdup(aws_models_own_path());

    add_environment(world, mem_strdup("AWS_ENDPOINT_URL=http://" WORLD_API));
    add_environment(world, mem_printf("AWS_DEFAULT_REGION=%s", options->region));
    add_environment(world, mem_printf("AWS_REGION=%s", options->region));
    add_environment(world, mem_printf("CHAOS_AWS_MODELS=" WORLD_SHARE "/%s", basename(models)));
    add_environment(world, mem_strdup("PATH=" WORLD_BIN ":/usr/local/sbin:/usr/local/bin:"
                                      "/usr/sbin:/usr/bin:/sbin:/bin"));
    add_environment(world, mem_strdup("LANG=C.UTF-8"));
}

int world_new(const struct world_options *options, struct world **ret_world,
              struct chaos_error *err)
{
    AUTO(world) struct world *world = mem_zero(1, sizeof(*world));

    world->space = options->space;
    world->loop = options->loop;
    world->journal = options->journal;
    world->children = options->children;
    world->host = (struct cloud_host){
        .boot = boot,
        .power_off = power_off,
        .shut_down = shut_down,
        .forget = forget,
        .map_address = map_address,
        .secure = secure,
        .attach_volume = attach_volume,
        .detach_volume = detach_volume,
        .delete_volume = delete_volume,
        .console = console,
        .event = event,
        .data = world,
    };
    set_up_environment(world, options);
    if (set_up_routes(world, options->pools, err) < 0 || set_up_router(world, options, err) < 0)
        return -(int)err->code;
    *ret_world = STEAL(world);
    return 0;
}

void world_clear(struct world *world)
{
    while (world->inhabitants) {
        struct inhabitant *inhabitant = world->inhabitants;

        power_off(world, inhabitant->id);
        world->inhabitants = inhabitant->next;
        inhabitant_free(inhabitant);
    }
    while (world->volumes)
        delete_volume(world, world->volumes->id);
}

void world_free(struct world *world)
{
    world_clear(world);
    if (world->groups)
        groups_free(world->groups);
    if (world->netfilter)
        netfilter_free(world->netfilter);
    if (world->router)
        link_router_free(world->router);
    for (size_t i = 0; i < world->n_environment; i++)
        free(world->environment[i]);
    free(world->environment);
    free(world->routes);
    free(world->gateways);
    free(world);
}

const struct cloud_host *world_host(struct world *world)
{
    return &world->host;
}

void world_set_cloud(struct world *world, struct cloud *cloud)
{
    world->cloud = cloud;
}

struct machine *world_machine(const struct world *world, const char *instance_id)
{
    const struct inhabitant *inhabitant = find(world, instance_id);

    return inhabitant ? inhabitant->machine : NULL;
}

struct space *world_space(const struct world *world)
{
    return world->space;
}

const char *const *world_environment(const struct world *world)
{
    return (const char *const *)world->environment;
}

int world_set_wire(struct world *world, const char *instance_id, enum world_wire wire,
                   struct chaos_error *err)
{
    struct machine *machine = world_machine(world, instance_id);

    if (!machine)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "no instance '%s' is running", instance_id);
    if (wire == WORLD_WIRE_CUT)
        return link_cut(world->router, &machine->port, err);
    return link_restore(world->router, &machine->port, err);
}

int world_set_zones(struct world *world, const char *a, const char *b, enum world_wire wire,
                    struct chaos_error *err)
{
    if (wire == WORLD_WIRE_CUT)
        return netfilter_cut_zones(world->netfilter, a, b, err);
    return netfilter_join_zones(world->netfilter, a, b, err);
}
