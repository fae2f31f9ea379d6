// SPDX-License-Identifier: Apache-2.0
/* The parts of the lab's kernel half that need no kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "base/mem.h"
#include "lab/boot.h"
#include "lab/cidr.h"
#include "lab/conntrack_match.h"
#include "lab/netfilter_text.h"
#include "lab/netlink.h"
#include "lab/plan.h"
#include "lab/space_ids.h"

static struct cidr block(const char *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct cidr cidr = { 0 };

    assert_int_equal(cidr_parse(text, &cidr, &err), 0);
    return cidr;
}

static struct in_addr address(const char *text)
{
    return block(text).address;
}

/* --- cidr --------------------------------------------------------------------------------- */

static void blocks_are_read_and_written_as_they_were(void **state UNUSED)
{
    static const char *const texts[] = { "10.0.1.7/24", "0.0.0.0/0", "255.255.255.255/32" };
    char text[CIDR_TEXT_SIZE];

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct cidr cidr = block(texts[i]);

        assert_string_equal(cidr_text(&cidr, text), texts[i]);
    }
    assert_int_equal(block("10.0.0.1").prefix, 32);
}

static void what_is_no_block_is_refused(void **state UNUSED)
{
    static const char *const texts[] = { "",
                                         "10.0.0",
                                         "10.0.0.0/",
                                         "10.0.0.0/33",
                                         "10.0.0.0/-1",
                                         "10.0.0.0/08",
                                         "10.0.0.0/8 ",
                                         "::1/64",
                                         "256.0.0.0/8",
                                         "10.0.0.0/8/8" };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        struct cidr cidr;

        assert_int_equal(cidr_parse(texts[i], &cidr, &err), -CHAOS_E_INVALID);
        assert_non_null(strstr(err.message, "such as 10.0.1.0/24"));
    }
}

static void a_block_contains_what_shares_its_prefix(void **state UNUSED)
{
    struct cidr subnet = block("10.0.1.7/24");
    struct cidr all = block("1.2.3.4/0");

    assert_true(cidr_contains(&subnet, address("10.0.1.255")));
    assert_false(cidr_contains(&subnet, address("10.0.2.7")));
    assert_true(cidr_contains(&all, address("203.0.113.1")));
    assert_int_equal(cidr_network(&subnet).s_addr, address("10.0.1.0").s_addr);
    assert_int_equal(cidr_network(&all).s_addr, 0);
}

/* --- ids ---------------------------------------------------------------------------------- */

static void a_map_becomes_the_identity_on_what_there_is(void **state UNUSED)
{
    AUTO(buffer) struct buffer map = { 0 };

    assert_int_equal(space_ids_identity("         0       1000          1\n"
                                        "         1     100000      65536\n"
                                        "    100000     500000         10\n",
                                        &map),
                     65537);
    assert_string_equal(buffer_text(&map), "0 0 1\n1 1 65536\n100000 100000 10\n");
}

static void machines_never_get_the_ids_of_the_system_when_there_are_others(void **state UNUSED)
{
    static const struct {
        uint64_t count;
        struct space_ids ids;
    } cases[] = {
        { UINT32_MAX, { 100000, 65536 } },
        { 165536, { 100000, 65536 } },
        { 65536, { 32768, 32768 } },
        { 1, { 0, 1 } },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct space_ids ids = space_ids_machine(cases[i].count);

        assert_int_equal(ids.first, cases[i].ids.first);
        assert_int_equal(ids.count, cases[i].ids.count);
    }
}

static void makers_are_ids_that_nobody_else_has(void **state UNUSED)
{
    assert_int_equal(space_ids_makers(UINT32_MAX).first, 165536);
    assert_int_equal(space_ids_makers(UINT32_MAX).count, 1000000);
    assert_int_equal(space_ids_makers(165538).count, 2);
    assert_int_equal(space_ids_makers(165536).count, 0);
    assert_int_equal(space_ids_makers(1).count, 0);
}

/* --- plans -------------------------------------------------------------------------------- */

static void a_plan_arrives_as_it_was_sent(void **state UNUSED)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer bytes = { 0 };
    AUTO(plan) struct plan back = { 0 };
    struct cidr routes[] = { block("10.0.0.0/8"), block("203.0.113.0/24") };
    const char *shares[] = { "/run/fracas/bin" };
    const char *environment[] = { "A=1", "B=", NULL };
    char *argv[] = { (char[]){ "echo" }, (char[]){ "" }, (char[]){ "b c" }, NULL };
    struct boot_step steps[] = {
        { .kind = BOOT_SCRIPT, .text = (char[]){ "#!/bin/sh\n" }, .length = 10 },
        { .kind = BOOT_RUN, .argv = argv },
        { .kind = BOOT_WRITE,
          .path = (char[]){ "/a" },
          .mode = 0600,
          .text = (char[]){ "\0x" },
          .length = 2 },
    };
    struct plan plan = {
        .numbers = { .address = block("10.0.1.11/24"),
                     .gateway = address("10.0.1.1"),
                     .processes = 7,
                     .has_disk = 1 },
        .id = "i-1",
        .hostname = "ip",
        .work = "/mnt",
        .routes = routes,
        .route_count = 2,
        .shares = shares,
        .share_count = 1,
        .environment = environment,
        .environment_count = 2,
        .steps = steps,
        .step_count = 3,
    };

    plan_encode(&plan, &bytes);
    assert_int_equal(plan_decode(bytes.data, bytes.length, &back, &err), 0);
    assert_int_equal(back.numbers.processes, 7);
    assert_string_equal(back.id, "i-1");
    assert_string_equal(back.hostname, "ip");
    assert_string_equal(back.work, "/mnt");
    assert_int_equal(back.route_count, 2);
    assert_memory_equal(back.routes, routes, sizeof(routes));
    assert_string_equal(back.shares[0], "/run/fracas/bin");
    assert_string_equal(back.environment[1], "B=");
    assert_null(back.environment[2]);
    assert_memory_equal(back.steps[0].text, "#!/bin/sh\n", 10);
    assert_string_equal(back.steps[1].argv[2], "b c");
    assert_null(back.steps[1].argv[3]);
    assert_int_equal(back.steps[2].mode, 0600);
    assert_int_equal(back.steps[2].length, 2);
    assert_memory_equal(back.steps[2].text, "\0x", 2);
}

static void a_plan_that_is_cut_short_is_refused(void **state UNUSED)
{
    AUTO(buffer) struct buffer bytes = { 0 };
    struct plan plan = { .id = "i-1", .hostname = "ip", .work = "/mnt" };

    plan_encode(&plan, &bytes);
    for (size_t size = 0; size < bytes.length; size++) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        AUTO(plan) struct plan back = { 0 };

        assert_int_equal(plan_decode(bytes.data, size, &back, &err), -CHAOS_E_INVALID);
    }
}

/* --- user data ---------------------------------------------------------------------------- */

static int parse(const char *text, struct boot *boot, char **note, struct chaos_error *err)
{
    return boot_parse(text, strlen(text), boot, note, err);
}

static void a_script_is_one_step(void **state UNUSED)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(boot) struct boot boot = { 0 };
    AUTO(str) char *note = NULL;

    assert_int_equal(parse("#!/bin/sh\necho\n", &boot, &note, &err), 0);
    assert_int_equal(boot.count, 1);
    assert_int_equal(boot.steps[0].kind, BOOT_SCRIPT);
    assert_int_equal(boot.steps[0].length, 15);
    assert_null(note);
}

static void a_cloud_config_runs_bootcmd_then_files_then_runcmd(void **state UNUSED)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(boot) struct boot boot = { 0 };
    AUTO(str) char *note = NULL;

    assert_int_equal(parse("#cloud-config\npackages: [x]\nruncmd: [[echo, 1, 2.5], ls]\n"
                           "write_files: [{path: /a, permissions: 0644, content: b}]\n"
                           "bootcmd: [true-command]\n",
                           &boot, &note, &err),
                     0);
    assert_int_equal(boot.count, 4);
    assert_string_equal(boot.steps[0].argv[2], "true-command");
    assert_int_equal(boot.steps[1].kind, BOOT_WRITE);
    assert_int_equal(boot.steps[1].mode, 0644);
    assert_string_equal(boot.steps[2].argv[1], "1");
    assert_string_equal(boot.steps[2].argv[2], "2.5");
    assert_string_equal(boot.steps[3].argv[0], "/bin/sh");
    assert_non_null(strstr(note, "packages"));
}

static void other_user_data_is_kept_but_not_executed(void **state UNUSED)
{
    static const char *const texts[] = { "hello", "#cloud-configuration\n", " #!/bin/sh\n" };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        AUTO(boot) struct boot boot = { 0 };
        AUTO(str) char *note = NULL;

        assert_int_equal(parse(texts[i], &boot, &note, &err), 0);
        assert_int_equal(boot.count, 0);
        assert_non_null(note);
    }
}

static void mistakes_in_a_cloud_config_name_their_place(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *said;
    } cases[] = {
        { "runcmd: ls", "user data: runcmd: must be a list" },
        { "runcmd: [ls, {a: b}]", "user data: runcmd[1]: a command is" },
        { "runcmd: [[]]", "user data: runcmd[0]: a command is" },
        { "runcmd: [[a, [b]]]", "user data: runcmd[0]: a command is" },
        { "runcmd: [\"a\\0b\"]", "user data: runcmd[0]: a command is" },
        { "write_files: [{path: a}]", "user data: write_files[0]: path:" },
        { "write_files: [{content: a}]", "user data: write_files[0]: path:" },
        { "write_files: [{path: /a, permissions: '9'}]", "write_files[0]: permissions:" },
        { "write_files: [{path: /a, permissions: 65536}]", "write_files[0]: permissions:" },
        { "write_files: [{path: /a, encoding: gz}]", "write_files[0]: encoding:" },
        { "write_files: [{path: /a, encoding: b64, content: '*'}]", "content: is not base64" },
        { "write_files: [{path: /a, append: true}]", "append: is not supported" },
        { "- a", "user data: must be a mapping" },
        { "a: [", "user data: " },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        AUTO(boot) struct boot boot = { 0 };
        AUTO(str) char *note = NULL;
        AUTO(str) char *text = mem_printf("#cloud-config\n%s\n", cases[i].text);

        assert_true(parse(text, &boot, &note, &err) < 0);
        if (!strstr(err.message, cases[i].said))
            fail_msg("'%s' says '%s'", cases[i].text, err.message);
    }
}

static void user_data_has_the_limit_of_ec2(void **state UNUSED)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(boot) struct boot boot = { 0 };
    AUTO(str) char *note = NULL;
    AUTO(mem) char *text = mem_zero(1, BOOT_USER_DATA_MAX + 2);

    memset(text, '#', BOOT_USER_DATA_MAX + 1);
    assert_int_equal(boot_parse(text, BOOT_USER_DATA_MAX, &boot, &note, &err), 0);
    free(note);
    note = NULL;
    assert_int_equal(boot_parse(text, BOOT_USER_DATA_MAX + 1, &boot, &note, &err), -CHAOS_E_LIMIT);
}

/* --- connections -------------------------------------------------------------------------- */

static void only_connections_of_the_old_owner_are_forgotten(void **state UNUSED)
{
    struct conntrack_wish wish = { .address = address("203.0.113.10"),
                                   .is_elastic = true,
                                   .owner = address("10.0.1.12") };
    struct conntrack_entry in_old = { address("198.51.100.2"), address("203.0.113.10"),
                                      address("10.0.1.11"), address("198.51.100.2") };
    struct conntrack_entry in_new = { address("198.51.100.2"), address("203.0.113.10"),
                                      address("10.0.1.12"), address("198.51.100.2") };
    struct conntrack_entry out_old = { address("10.0.1.11"), address("198.51.100.2"),
                                       address("198.51.100.2"), address("203.0.113.10") };
    struct conntrack_entry out_new = { address("10.0.1.12"), address("198.51.100.2"),
                                       address("198.51.100.2"), address("203.0.113.10") };

    assert_true(conntrack_entry_matches(&in_old, &wish));
    assert_false(conntrack_entry_matches(&in_new, &wish));
    assert_true(conntrack_entry_matches(&out_old, &wish));
    assert_false(conntrack_entry_matches(&out_new, &wish));
    wish.owner.s_addr = INADDR_ANY;
    assert_true(conntrack_entry_matches(&in_new, &wish));
    assert_true(conntrack_entry_matches(&out_new, &wish));
    wish = (struct conntrack_wish){ .address = address("10.0.1.11") };
    assert_true(conntrack_entry_matches(&in_old, &wish));
    assert_true(conntrack_entry_matches(&out_old, &wish));
    assert_false(conntrack_entry_matches(&in_new, &wish));
}

static void attributes_that_lie_about_their_length_are_not_found(void **state UNUSED)
{
    struct netlink_batch batch = { 0 };
    struct nlattr broken = { .nla_len = 200, .nla_type = 7 };

    netlink_begin(&batch, 1, 0, NULL, 0);
    netlink_put_u32(&batch, 5, 42);
    netlink_put_raw(&batch, &broken, sizeof(broken));
    assert_non_null(netlink_find(batch.data + NLMSG_HDRLEN, batch.length - NLMSG_HDRLEN, 5));
    assert_null(netlink_find(batch.data + NLMSG_HDRLEN, batch.length - NLMSG_HDRLEN, 7));
    assert_null(netlink_find(batch.data + NLMSG_HDRLEN, 3, 5));
}

static void a_message_that_does_not_fit_is_not_sent(void **state UNUSED)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct netlink_batch batch = { 0 };
    char large[NETLINK_MESSAGE_SIZE] = "";

    netlink_begin(&batch, 1, 0, NULL, 0);
    netlink_put(&batch, 1, large, sizeof(large));
    netlink_put_u32(&batch, 2, 1);
    assert_true(batch.is_overfull);
    assert_int_equal(netlink_send(-1, &batch, "try", &err), -CHAOS_E_INTERNAL);
}

/* --- rules -------------------------------------------------------------------------------- */

static void rules_are_written_as_nft_reads_them(void **state UNUSED)
{
    static const struct {
        struct netfilter_rule rule;
        const char *peer;
        const char *text;
    } cases[] = {
        { { NETFILTER_INGRESS, IPPROTO_TCP, 80, 90, NULL, { { 0 }, 0 } },
          "10.1.2.3/8",
          "ip saddr 10.0.0.0/8 tcp dport 80-90" },
        { { NETFILTER_EGRESS, IPPROTO_UDP, 53, -1, NULL, { { 0 }, 0 } },
          "0.0.0.0/0",
          "udp dport 53-53" },
        { { NETFILTER_INGRESS, IPPROTO_TCP, -1, -1, "sg-1", { { 0 }, 0 } },
          NULL,
          "ip saddr @members4 meta l4proto tcp" },
        { { NETFILTER_INGRESS, IPPROTO_ICMP, 8, 0, NULL, { { 0 }, 0 } },
          "0.0.0.0/0",
          "meta l4proto icmp icmp type 8 icmp code 0" },
        { { NETFILTER_EGRESS, 47, -1, -1, NULL, { { 0 }, 0 } },
          "10.0.0.1/32",
          "ip daddr 10.0.0.1/32 meta l4proto 47" },
        { { NETFILTER_EGRESS, NETFILTER_ALL_PROTOCOLS, -1, -1, NULL, { { 0 }, 0 } },
          "0.0.0.0/0",
          NULL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        AUTO(buffer) struct buffer out = { 0 };
        AUTO(str)
        char *wanted = mem_printf("add rule ip lab c%s%s accept\n", cases[i].text ? " " : "",
                                  cases[i].text ? cases[i].text : "");
        struct netfilter_rule rule = cases[i].rule;

        if (cases[i].peer)
            rule.peer = block(cases[i].peer);
        netfilter_text_rule(&out, "c", &rule, 4);
        assert_string_equal(buffer_text(&out), wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_read_and_written_as_they_were),
        cmocka_unit_test(what_is_no_block_is_refused),
        cmocka_unit_test(a_block_contains_what_shares_its_prefix),
        cmocka_unit_test(a_map_becomes_the_identity_on_what_there_is),
        cmocka_unit_test(machines_never_get_the_ids_of_the_system_when_there_are_others),
        cmocka_unit_test(makers_are_ids_that_nobody_else_has),
        cmocka_unit_test(a_plan_arrives_as_it_was_sent),
        cmocka_unit_test(a_plan_that_is_cut_short_is_refused),
        cmocka_unit_test(a_script_is_one_step),
        cmocka_unit_test(a_cloud_config_runs_bootcmd_then_files_then_runcmd),
        cmocka_unit_test(other_user_data_is_kept_but_not_executed),
        cmocka_unit_test(mistakes_in_a_cloud_config_name_their_place),
        cmocka_unit_test(user_data_has_the_limit_of_ec2),
        cmocka_unit_test(only_connections_of_the_old_owner_are_forgotten),
        cmocka_unit_test(attributes_that_lie_about_their_length_are_not_found),
        cmocka_unit_test(a_message_that_does_not_fit_is_not_sent),
        cmocka_unit_test(rules_are_written_as_nft_reads_them),
    };

    return cmocka_run_group_tests_name("the lab without a kernel", tests, NULL, NULL);
}
