// SPDX-License-Identifier: Apache-2.0
/* The order of the hooks is the point: what leaves a machine is judged before any translation, what
 * reaches one after all of them, so that both sides of a rule see the addresses that EC2's see. */
#include "lab/netfilter_text.h"

#include <arpa/inet.h>

#include "lab/link.h"

/* Numbers are priorities: conntrack looks at packets at -200, dnat is at -100, snat at 100. */
static const char table[] =
    "table ip lab {\n"
    /* elastic address -> machine, and back */
    " map elastic { type ipv4_addr : ipv4_addr; }\n"
    " map owner { type ipv4_addr : ipv4_addr; }\n"
    /* what may come out of a wire */
    " set wires { type ifname . ipv4_addr; elements = { \"lo\" . 127.0.0.1,"
    " \"" LINK_CLIENT "\" . %1$s } }\n"
    /* of each machine, what its groups permit */
    " map ingress { type ipv4_addr : verdict; }\n"
    " map egress { type ipv4_addr : verdict; }\n"
    " set opened { type ipv4_addr; size 65535; flags dynamic,timeout; timeout 10s; }\n"
    " set begun { type ipv4_addr; size 65535; flags dynamic,timeout; timeout 10s; }\n"
    /* between zones that are cut apart */
    " chain cuts { }\n"
    " chain wire { type filter hook prerouting priority -310; policy drop;\n"
    "  iifname \"lo\" accept\n"
    "  iifname . ip saddr @wires accept\n"
    " }\n"
    " chain leave { type filter hook prerouting priority -150; policy drop;\n"
    "  ct state established,related accept\n"
    "  ct state invalid drop\n"
    "  iifname { \"lo\", \"" LINK_CLIENT "\" } accept\n"
    "  update @begun { ip saddr limit rate over 4000/second burst 4000 packets } drop\n"
    "  ip daddr { %2$s, %3$s } accept\n"
    "  ip saddr vmap @egress\n"
    " }\n"
    " chain to_machine { type nat hook prerouting priority -100;\n"
    "  dnat to ip daddr map @elastic\n"
    " }\n"
    " chain pass { type filter hook forward priority 0; policy accept;\n"
    "  jump cuts\n"
    "  ct state established,related accept\n"
    "  iifname \"" LINK_CLIENT "\" ct status & dnat == 0 drop\n"
    " }\n"
    " chain local { type filter hook input priority 0; policy drop;\n"
    "  iifname \"lo\" accept\n"
    "  jump cuts\n"
    "  ct state established,related accept\n"
    "  ct state invalid drop\n"
    "  iifname != \"" LINK_CLIENT "\" update @opened"
    " { ip saddr limit rate over %4$u/second burst %4$u packets } drop\n"
    "  ip daddr %2$s tcp dport 80 accept\n"
    "  ip daddr %3$s iifname != \"" LINK_CLIENT "\" tcp dport 80 accept\n"
    "  icmp type echo-request accept\n"
    " }\n"
    " chain answer { type filter hook output priority 0; policy accept;\n"
    "  jump cuts\n"
    " }\n"
    " chain from_machine { type nat hook postrouting priority 100;\n"
    "  oifname \"" LINK_CLIENT "\" snat to ip saddr map @owner\n"
    "  ct status & dnat != 0 snat to ip saddr map @owner\n"
    "  ct status & dnat != 0 ip saddr %5$s snat to %2$s\n"
    " }\n"
    " chain reach { type filter hook postrouting priority 110; policy drop;\n"
    "  ct state established,related accept\n"
    "  oifname \"lo\" accept\n"
    "  oifname \"" LINK_CLIENT "\" ip saddr %5$s drop\n"
    "  oifname \"" LINK_CLIENT "\" accept\n"
    "  ip daddr vmap @ingress\n"
    " }\n"
    "}\n";

#define USUAL_NEW_PER_SECOND 200

void netfilter_text_table(struct buffer *out, const struct netfilter_options *options)
{
    char client[INET_ADDRSTRLEN];
    char api[INET_ADDRSTRLEN];
    char metadata[INET_ADDRSTRLEN];
    char block[CIDR_TEXT_SIZE];

    inet_ntop(AF_INET, &options->client, client, sizeof(client));
    inet_ntop(AF_INET, &options->api, api, sizeof(api));
    inet_ntop(AF_INET, &options->metadata, metadata, sizeof(metadata));
    buffer_printf(out, table, client, api, metadata,
                  options->new_per_second ? options->new_per_second : USUAL_NEW_PER_SECOND,
                  cidr_text(&options->block, block));
}

static void add_ports(struct buffer *out, const char *protocol, const struct netfilter_rule *rule)
{
    int to = rule->to_port < rule->from_port ? rule->from_port : rule->to_port;

    if (rule->from_port < 0)
        buffer_printf(out, " meta l4proto %s", protocol);
    else
        buffer_printf(out, " %s dport %d-%d", protocol, rule->from_port, to);
}

static void add_icmp(struct buffer *out, const struct netfilter_rule *rule)
{
    buffer_add_text(out, " meta l4proto icmp");
    if (rule->from_port >= 0)
        buffer_printf(out, " icmp type %d", rule->from_port);
    if (rule->from_port >= 0 && rule->to_port >= 0)
        buffer_printf(out, " icmp code %d", rule->to_port);
}

void netfilter_text_rule(struct buffer *out, const char *chain, const struct netfilter_rule *rule,
                         size_t peer)
{
    const char *side = rule->direction == NETFILTER_INGRESS ? "saddr" : "daddr";
    struct cidr network = { cidr_network(&rule->peer), rule->peer.prefix };
    char block[CIDR_TEXT_SIZE];

    buffer_printf(out, "add rule ip lab %s", chain);
    if (rule->peer_group)
        buffer_printf(out, " ip %s @members%zu", side, peer);
    else if (rule->peer.prefix > 0)
        buffer_printf(out, " ip %s %s", side, cidr_text(&network, block));
    switch (rule->protocol) {
    case NETFILTER_ALL_PROTOCOLS:
        break;
    case IPPROTO_TCP:
        add_ports(out, "tcp", rule);
        break;
    case IPPROTO_UDP:
        add_ports(out, "udp", rule);
        break;
    case IPPROTO_ICMP:
        add_icmp(out, rule);
        break;
    default:
        buffer_printf(out, " meta l4proto %d", rule->protocol);
        break;
    }
    buffer_add_text(out, " accept\n");
}
