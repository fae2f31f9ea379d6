// SPDX-License-Identifier: Apache-2.0
/* What is in the kernel is mirrored here, because what is deleted there must exist there. Names
 * from outside never reach the kernel: groups, zones and sets of groups have numbers. */
#include "lab/netfilter.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "lab/conntrack.h"
#include "lab/link.h"
#include "lab/netfilter_text.h"
#include "lab/nft_api.h"

#define NO_NUMBER SIZE_MAX

struct group {
    char *name;  /* NULL: free, to be used again */
    size_t uses; /* by rules of other groups, and by sets */
    size_t *peers;
    size_t peer_count;
};

/* Groups that machines have together: one chain for all machines that have the same. */
struct set {
    size_t groups[NETFILTER_GROUPS_MAX];
    size_t group_count;
    size_t machines; /* that use it; 0: free */
};

struct zone {
    char *name;
};

struct cut {
    size_t a;
    size_t b; /* NO_NUMBER: everything else */
};

struct member {
    struct in_addr address;
    char link[LINK_NAME_SIZE];
    size_t set;
    size_t zone;
};

struct pair {
    struct in_addr elastic;
    struct in_addr address;
};

#define LIST(type)                                                                                 \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count;                                                                              \
    }

/* Another item at the end, zeroed. */
#define GROW(list)                                                                                 \
    ({                                                                                             \
        (list)->items = mem_resize((list)->items, ((list)->count + 1) * sizeof(*(list)->items));   \
        memset(&(list)->items[(list)->count], 0, sizeof(*(list)->items));                          \
        &(list)->items[(list)->count++];                                                           \
    })

struct netfilter {
    const struct nft_api *api;
    struct nft_ctx *context;
    struct conntrack *conntrack;
    LIST(struct group) groups;
    LIST(struct set) sets;
    LIST(struct zone) zones;
    LIST(struct cut) cuts;
    LIST(struct member) members;
    LIST(struct pair) pairs;
};

typedef char address_text[INET_ADDRSTRLEN];

static const char *text_of(struct in_addr address, address_text text)
{
    return inet_ntop(AF_INET, &address, text, sizeof(address_text));
}

/* The first line of what libnftables says is its error; the rest points into our text. */
static int run(struct netfilter *netfilter, const struct buffer *commands, struct chaos_error *err)
{
    const char *said;

    if (commands->length == 0 ||
        netfilter->api->run_cmd_from_buffer(netfilter->context, commands->data) == 0)
        return 0;
    said = netfilter->api->ctx_get_error_buffer(netfilter->context);
    return chaos_error_set(err, CHAOS_E_IO, "cannot change the packet rules: %.*s",
                           (int)strcspn(said ? said : "", "\n"), said ? said : "");
}

int netfilter_new(const struct netfilter_options *options, struct netfilter **ret_netfilter,
                  struct chaos_error *err)
{
    AUTO(netfilter) struct netfilter *netfilter = mem_zero(1, sizeof(*netfilter));
    AUTO(buffer) struct buffer commands = { 0 };
    int r;

    r = nft_api_open(&netfilter->api, err);
    if (r == 0)
        r = conntrack_new(&netfilter->conntrack, err);
    if (r < 0)
        return r;
    netfilter->context = netfilter->api->ctx_new(NFT_CTX_DEFAULT);
    if (!netfilter->context || netfilter->api->ctx_buffer_error(netfilter->context) != 0 ||
        netfilter->api->ctx_buffer_output(netfilter->context) != 0)
        return chaos_error_set(err, CHAOS_E_IO, "libnftables cannot be initialised");
    netfilter_text_table(&commands, options);
    r = run(netfilter, &commands, err);
    if (r == 0)
        *ret_netfilter = STEAL(netfilter);
    return r;
}

void netfilter_free(struct netfilter *netfilter)
{
    if (netfilter->context)
        netfilter->api->ctx_free(netfilter->context);
    if (netfilter->conntrack)
        conntrack_free(netfilter->conntrack);
    for (size_t i = 0; i < netfilter->groups.count; i++) {
        free(netfilter->groups.items[i].name);
        free(netfilter->groups.items[i].peers);
    }
    for (size_t i = 0; i < netfilter->zones.count; i++)
        free(netfilter->zones.items[i].name);
    free(netfilter->groups.items);
    free(netfilter->sets.items);
    free(netfilter->zones.items);
    free(netfilter->cuts.items);
    free(netfilter->members.items);
    free(netfilter->pairs.items);
    free(netfilter);
}

/* --- groups ------------------------------------------------------------------------------- */

static size_t find_group(const struct netfilter *netfilter, const char *name)
{
    for (size_t i = 0; i < netfilter->groups.count; i++)
        if (netfilter->groups.items[i].name && str_equal(netfilter->groups.items[i].name, name))
            return i;
    return NO_NUMBER;
}

/* A number for `name`; a new one has no name yet, so that a failure leaves it free. */
static size_t number_for_group(struct netfilter *netfilter, const char *name)
{
    size_t number = find_group(netfilter, name);

    if (number != NO_NUMBER)
        return number;
    for (number = 0; number < netfilter->groups.count; number++)
        if (!netfilter->groups.items[number].name)
            return number;
    GROW(&netfilter->groups);
    return number;
}

/* The numbers of the groups that rules name, which may be the group itself, `own`. */
static int find_peers(const struct netfilter *netfilter, const char *name, size_t own,
                      const struct netfilter_rule *rules, size_t count, size_t *peers,
                      struct chaos_error *err)
{
    for (size_t i = 0; i < count; i++) {
        peers[i] = NO_NUMBER;
        if (!rules[i].peer_group)
            continue;
        peers[i] =
            str_equal(rules[i].peer_group, name) ? own : find_group(netfilter, rules[i].peer_group);
        if (peers[i] == NO_NUMBER)
            return chaos_error_set(err, CHAOS_E_NOT_FOUND, "there is no security group '%s'",
                                   rules[i].peer_group);
    }
    return 0;
}

static void write_group(struct buffer *out, size_t number, const struct netfilter_rule *rules,
                        size_t count, const size_t *peers)
{
    buffer_printf(out,
                  "add set ip lab members%1$zu { type ipv4_addr; }\n"
                  "add chain ip lab in%1$zu\nflush chain ip lab in%1$zu\n"
                  "add chain ip lab out%1$zu\nflush chain ip lab out%1$zu\n",
                  number);
    for (size_t i = 0; i < count; i++) {
        char chain[32];

        snprintf(chain, sizeof(chain), "%s%zu",
                 rules[i].direction == NETFILTER_INGRESS ? "in" : "out", number);
        netfilter_text_rule(out, chain, &rules[i], peers[i]);
    }
}

static void count_peers(struct netfilter *netfilter, size_t own, int by)
{
    struct group *group = &netfilter->groups.items[own];

    for (size_t i = 0; i < group->peer_count; i++)
        if (group->peers[i] != NO_NUMBER && group->peers[i] != own)
            netfilter->groups.items[group->peers[i]].uses += (size_t)by;
}

int netfilter_put_group(struct netfilter *netfilter, const char *name,
                        const struct netfilter_rule *rules, size_t count, struct chaos_error *err)
{
    AUTO(buffer) struct buffer commands = { 0 };
    size_t number = number_for_group(netfilter, name);
    AUTO(mem) size_t *peers = mem_zero(count + 1, sizeof(*peers));
    struct group *group;
    int r = find_peers(netfilter, name, number, rules, count, peers, err);

    if (r < 0)
        return r;
    write_group(&commands, number, rules, count, peers);
    r = run(netfilter, &commands, err);
    if (r < 0)
        return chaos_error_prefix(err, "security group '%s'", name);
    group = &netfilter->groups.items[number];
    if (!group->name)
        group->name = mem_strdup(name);
    count_peers(netfilter, number, -1);
    free(group->peers);
    group->peers = STEAL(peers);
    group->peer_count = count;
    count_peers(netfilter, number, 1);
    return 0;
}

int netfilter_remove_group(struct netfilter *netfilter, const char *name, struct chaos_error *err)
{
    AUTO(buffer) struct buffer commands = { 0 };
    size_t number = find_group(netfilter, name);
    struct group *group;
    int r;

    if (number == NO_NUMBER)
        return 0;
    group = &netfilter->groups.items[number];
    if (group->uses > 0)
        return chaos_error_set(err, CHAOS_E_INVALID, "security group '%s' is in use", name);
    buffer_printf(&commands,
                  "flush chain ip lab in%1$zu\nflush chain ip lab out%1$zu\n"
                  "delete chain ip lab in%1$zu\ndelete chain ip lab out%1$zu\n"
                  "delete set ip lab members%1$zu\n",
                  number);
    r = run(netfilter, &commands, err);
    if (r < 0)
        return chaos_error_prefix(err, "security group '%s'", name);
    count_peers(netfilter, number, -1);
    free(group->name);
    free(group->peers);
    *group = (struct group){ 0 };
    return 0;
}

/* --- machines ----------------------------------------------------------------------------- */

static struct member *find_member(const struct netfilter *netfilter, struct in_addr address)
{
    for (size_t i = 0; i < netfilter->members.count; i++)
        if (netfilter->members.items[i].address.s_addr == address.s_addr)
            return &netfilter->members.items[i];
    return NULL;
}

static size_t number_for_zone(struct netfilter *netfilter, const char *name, struct buffer *out)
{
    size_t number = 0;

    while (number < netfilter->zones.count && !str_equal(netfilter->zones.items[number].name, name))
        number++;
    if (number == netfilter->zones.count)
        GROW(&netfilter->zones)->name = mem_strdup(name);
    /* adding what exists is fine, and so is doing so after a transaction that failed */
    buffer_printf(out, "add set ip lab zone%zu { type ipv4_addr; }\n", number);
    return number;
}

static int compare_numbers(const void *a, const void *b)
{
    const size_t *left = a;
    const size_t *right = b;

    return *left < *right ? -1 : *left > *right;
}

/* The groups of a machine as a set: sorted, each once. */
static int read_set(const struct netfilter *netfilter, const struct netfilter_machine *machine,
                    struct set *ret_set, struct chaos_error *err)
{
    struct set set = { 0 };

    if (machine->group_count > NETFILTER_GROUPS_MAX)
        return chaos_error_set(err, CHAOS_E_LIMIT, "more than %d security groups",
                               NETFILTER_GROUPS_MAX);
    for (size_t i = 0; i < machine->group_count; i++) {
        size_t number = find_group(netfilter, machine->groups[i]);

        if (number == NO_NUMBER)
            return chaos_error_set(err, CHAOS_E_NOT_FOUND, "there is no security group '%s'",
                                   machine->groups[i]);
        set.groups[set.group_count++] = number;
    }
    qsort(set.groups, set.group_count, sizeof(set.groups[0]), compare_numbers);
    for (size_t i = 1; i < set.group_count;) {
        if (set.groups[i] != set.groups[i - 1]) {
            i++;
            continue;
        }
        memmove(&set.groups[i], &set.groups[i + 1],
                (set.group_count - i - 1) * sizeof(set.groups[0]));
        set.group_count--;
    }
    *ret_set = set;
    return 0;
}

static void write_set(struct buffer *out, size_t number, const struct set *set)
{
    static const char *const sides[][2] = { { "allow_in", "in" }, { "allow_out", "out" } };

    for (size_t side = 0; side < ARRAY_SIZE(sides); side++) {
        buffer_printf(out, "add chain ip lab %1$s%2$zu\nflush chain ip lab %1$s%2$zu\n",
                      sides[side][0], number);
        for (size_t i = 0; i < set->group_count; i++)
            buffer_printf(out, "add rule ip lab %s%zu jump %s%zu\n", sides[side][0], number,
                          sides[side][1], set->groups[i]);
        buffer_printf(out, "add rule ip lab %s%zu drop\n", sides[side][0], number);
    }
}

static size_t number_for_set(struct netfilter *netfilter, const struct set *set, struct buffer *out)
{
    size_t empty = NO_NUMBER;
    size_t i;

    for (i = 0; i < netfilter->sets.count; i++) {
        const struct set *other = &netfilter->sets.items[i];

        if (other->machines == 0)
            empty = i;
        else if (other->group_count == set->group_count &&
                 memcmp(other->groups, set->groups, set->group_count * sizeof(set->groups[0])) == 0)
            return i;
    }
    if (empty == NO_NUMBER) {
        GROW(&netfilter->sets);
        empty = i;
    }
    write_set(out, empty, set);
    netfilter->sets.items[empty] = *set;
    return empty;
}

/* A machine more or less that uses the set; the last one takes its chains along. */
static void use_set(struct netfilter *netfilter, size_t number, int by)
{
    struct set *set = &netfilter->sets.items[number];
    size_t before = set->machines;

    set->machines += (size_t)by;
    if ((before == 0) == (set->machines == 0))
        return;
    for (size_t i = 0; i < set->group_count; i++)
        netfilter->groups.items[set->groups[i]].uses += (size_t)by;
}

static bool is_last_of_set(const struct netfilter *netfilter, const struct member *member)
{
    return netfilter->sets.items[member->set].machines == 1;
}

static void write_without_member(struct netfilter *netfilter, const struct member *member,
                                 struct buffer *out)
{
    const struct set *set = &netfilter->sets.items[member->set];
    address_text text;

    text_of(member->address, text);
    buffer_printf(out,
                  "delete element ip lab wires { \"%s\" . %s }\n"
                  "delete element ip lab ingress { %s }\n"
                  "delete element ip lab egress { %s }\n"
                  "delete element ip lab zone%zu { %s }\n",
                  member->link, text, text, text, member->zone, text);
    for (size_t i = 0; i < set->group_count; i++)
        buffer_printf(out, "delete element ip lab members%zu { %s }\n", set->groups[i], text);
}

static void write_member(const struct netfilter *netfilter, const struct member *member,
                         struct buffer *out)
{
    const struct set *set = &netfilter->sets.items[member->set];
    address_text text;

    text_of(member->address, text);
    buffer_printf(out,
                  "add element ip lab wires { \"%s\" . %s }\n"
                  "add element ip lab ingress { %s : goto allow_in%zu }\n"
                  "add element ip lab egress { %s : goto allow_out%zu }\n"
                  "add element ip lab zone%zu { %s }\n",
                  member->link, text, text, member->set, text, member->set, member->zone, text);
    for (size_t i = 0; i < set->group_count; i++)
        buffer_printf(out, "add element ip lab members%zu { %s }\n", set->groups[i], text);
}

/* Chains of a set that nobody uses any more; what still stands is only a waste, so no error. */
static void drop_set(struct netfilter *netfilter, size_t number)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer commands = { 0 };

    buffer_printf(&commands,
                  "flush chain ip lab allow_in%1$zu\nflush chain ip lab allow_out%1$zu\n"
                  "delete chain ip lab allow_in%1$zu\ndelete chain ip lab allow_out%1$zu\n",
                  number);
    if (run(netfilter, &commands, &err) < 0)
        chaos_error_clear(&err);
}

int netfilter_put_machine(struct netfilter *netfilter, const struct netfilter_machine *machine,
                          struct chaos_error *err)
{
    AUTO(buffer) struct buffer commands = { 0 };
    struct member *old = find_member(netfilter, machine->address);
    struct member member = { .address = machine->address };
    struct set set = { 0 };
    bool is_last = old && is_last_of_set(netfilter, old);
    size_t before = old ? old->set : NO_NUMBER;
    int r = read_set(netfilter, machine, &set, err);

    if (r < 0)
        return r;
    snprintf(member.link, sizeof(member.link), "%s", machine->link);
    member.zone = number_for_zone(netfilter, machine->zone, &commands);
    member.set = number_for_set(netfilter, &set, &commands);
    if (old)
        write_without_member(netfilter, old, &commands);
    write_member(netfilter, &member, &commands);
    r = run(netfilter, &commands, err);
    if (r < 0)
        return r;
    use_set(netfilter, member.set, 1);
    if (!old)
        old = GROW(&netfilter->members);
    else
        use_set(netfilter, before, -1);
    *old = member;
    if (is_last && before != member.set)
        drop_set(netfilter, before);
    return 0;
}

int netfilter_remove_machine(struct netfilter *netfilter, struct in_addr address,
                             struct chaos_error *err)
{
    AUTO(buffer) struct buffer commands = { 0 };
    struct member *member = find_member(netfilter, address);
    struct member gone;
    int r;

    if (!member)
        return 0;
    write_without_member(netfilter, member, &commands);
    r = run(netfilter, &commands, err);
    if (r < 0)
        return r;
    gone = *member;
    *member = netfilter->members.items[--netfilter->members.count];
    use_set(netfilter, gone.set, -1);
    if (netfilter->sets.items[gone.set].machines == 0)
        drop_set(netfilter, gone.set);
    conntrack_forget(netfilter->conntrack, address);
    return 0;
}

/* --- elastic addresses -------------------------------------------------------------------- */

static struct pair *find_pair(const struct netfilter *netfilter, const struct in_addr *elastic,
                              const struct in_addr *address)
{
    for (size_t i = 0; i < netfilter->pairs.count; i++) {
        struct pair *pair = &netfilter->pairs.items[i];

        if ((elastic && pair->elastic.s_addr == elastic->s_addr) ||
            (address && pair->address.s_addr == address->s_addr))
            return pair;
    }
    return NULL;
}

static void write_without_pair(const struct pair *pair, struct buffer *out)
{
    address_text elastic;
    address_text address;

    buffer_printf(out, "delete element ip lab elastic { %s }\ndelete element ip lab owner { %s }\n",
                  text_of(pair->elastic, elastic), text_of(pair->address, address));
}

static void forget_pair(struct netfilter *netfilter, struct pair *pair)
{
    *pair = netfilter->pairs.items[--netfilter->pairs.count];
}

static const struct in_addr nobody = { INADDR_ANY };

int netfilter_associate(struct netfilter *netfilter, struct in_addr elastic, struct in_addr address,
                        struct chaos_error *err)
{
    AUTO(buffer) struct buffer commands = { 0 };
    struct pair *of_elastic = find_pair(netfilter, &elastic, NULL);
    struct pair *of_address = find_pair(netfilter, NULL, &address);
    address_text elastic_text;
    address_text text;
    int r;

    if (of_elastic && of_elastic == of_address)
        return 0;
    if (of_elastic)
        write_without_pair(of_elastic, &commands);
    if (of_address)
        write_without_pair(of_address, &commands);
    buffer_printf(&commands,
                  "add element ip lab elastic { %1$s : %2$s }\n"
                  "add element ip lab owner { %2$s : %1$s }\n",
                  text_of(elastic, elastic_text), text_of(address, text));
    r = run(netfilter, &commands, err);
    if (r < 0)
        return r;
    if (of_address)
        conntrack_settle(netfilter->conntrack, of_address->elastic, nobody);
    conntrack_settle(netfilter->conntrack, elastic, address);
    if (of_elastic)
        forget_pair(netfilter, of_elastic);
    of_address = find_pair(netfilter, NULL, &address);
    if (of_address)
        forget_pair(netfilter, of_address);
    *GROW(&netfilter->pairs) = (struct pair){ elastic, address };
    return 0;
}

int netfilter_disassociate(struct netfilter *netfilter, struct in_addr elastic,
                           struct chaos_error *err)
{
    AUTO(buffer) struct buffer commands = { 0 };
    struct pair *pair = find_pair(netfilter, &elastic, NULL);
    int r;

    if (!pair)
        return 0;
    write_without_pair(pair, &commands);
    r = run(netfilter, &commands, err);
    if (r < 0)
        return r;
    forget_pair(netfilter, pair);
    conntrack_settle(netfilter->conntrack, elastic, nobody);
    return 0;
}

/* --- zones -------------------------------------------------------------------------------- */

static void write_cuts(const struct netfilter *netfilter, struct buffer *out)
{
    buffer_add_text(out, "flush chain ip lab cuts\n");
    for (size_t i = 0; i < netfilter->cuts.count; i++) {
        const struct cut *cut = &netfilter->cuts.items[i];

        if (cut->b == NO_NUMBER)
            buffer_printf(out,
                          "add rule ip lab cuts ip saddr @zone%1$zu ip daddr != @zone%1$zu drop\n"
                          "add rule ip lab cuts ip daddr @zone%1$zu ip saddr != @zone%1$zu drop\n",
                          cut->a);
        else
            buffer_printf(out,
                          "add rule ip lab cuts ip saddr @zone%1$zu ip daddr @zone%2$zu drop\n"
                          "add rule ip lab cuts ip saddr @zone%2$zu ip daddr @zone%1$zu drop\n",
                          cut->a, cut->b);
    }
}

static size_t find_cut(const struct netfilter *netfilter, const struct cut *cut)
{
    for (size_t i = 0; i < netfilter->cuts.count; i++) {
        const struct cut *other = &netfilter->cuts.items[i];

        if ((other->a == cut->a && other->b == cut->b) ||
            (other->a == cut->b && other->b == cut->a))
            return i;
    }
    return NO_NUMBER;
}

static struct cut number_zones(struct netfilter *netfilter, const char *a, const char *b,
                               struct buffer *out)
{
    struct cut cut = { .a = number_for_zone(netfilter, a, out), .b = NO_NUMBER };

    if (b)
        cut.b = number_for_zone(netfilter, b, out);
    return cut;
}

int netfilter_cut_zones(struct netfilter *netfilter, const char *a, const char *b,
                        struct chaos_error *err)
{
    AUTO(buffer) struct buffer commands = { 0 };
    struct cut cut = number_zones(netfilter, a, b, &commands);
    int r;

    if (find_cut(netfilter, &cut) != NO_NUMBER)
        return 0;
    *GROW(&netfilter->cuts) = cut;
    write_cuts(netfilter, &commands);
    r = run(netfilter, &commands, err);
    if (r < 0)
        netfilter->cuts.count--;
    return r;
}

int netfilter_join_zones(struct netfilter *netfilter, const char *a, const char *b,
                         struct chaos_error *err)
{
    AUTO(buffer) struct buffer commands = { 0 };
    struct cut cut = number_zones(netfilter, a, b, &commands);
    size_t found = find_cut(netfilter, &cut);
    int r;

    if (found == NO_NUMBER)
        return 0;
    netfilter->cuts.items[found] = netfilter->cuts.items[--netfilter->cuts.count];
    write_cuts(netfilter, &commands);
    r = run(netfilter, &commands, err);
    if (r < 0)
        netfilter->cuts.items[netfilter->cuts.count++] = cut;
    return r;
}

void netfilter_settle(struct netfilter *netfilter)
{
    conntrack_wait(netfilter->conntrack);
}
