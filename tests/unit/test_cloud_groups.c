// SPDX-License-Identifier: Apache-2.0
// Security groups: what they show, what they let through, and who is told when that changes.
#include "tests/support/paper_ec2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"

static char *new_group(struct paper_cloud *paper, const char *name)
{
    return mem_strdup(paper_text(paper_do(paper, "CreateSecurityGroup",
                                          "{'GroupName': '%s', 'Description': 'of a test'}", name),
                                 "GroupId"));
}

static char *launch_in(struct paper_cloud *paper, const char *group)
{
    AUTO(str) char *more = mem_printf("'SecurityGroupIds': ['%s'], ", group);

    return paper_launch(paper, more);
}

/* The compiled rules of one direction, a new reference. */
static json_t *compiled(struct paper_cloud *paper, const char *instance, const char *direction)
{
    AUTO(json) json_t *all = cloud_rules(paper->cloud, instance);
    json_t *chosen = json_array();
    json_t *rule;
    size_t i;

    json_array_foreach (all, i, rule) {
        if (strcmp(json_text_of(rule, "Direction"), direction) == 0)
            json_array_append(chosen, rule);
    }
    return chosen;
}

static void a_new_group_lets_all_out_and_nothing_in(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *group = new_group(paper, "quiet");
    const json_t *shown = paper_do(paper, "DescribeSecurityGroups", "{'GroupIds': ['%s']}", group);

    assert_int_equal(paper_count(shown, "SecurityGroups.0.IpPermissions"), 0);
    assert_string_equal(
        paper_text(shown, "SecurityGroups.0.IpPermissionsEgress.0.IpRanges.0.CidrIp"), "0.0.0.0/0");
}

static void authorized_rules_of_the_same_ports_are_one_permission(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *group = new_group(paper, "web");
    const json_t *shown;

    paper_do(paper, "AuthorizeSecurityGroupIngress",
             "{'GroupId': '%s', 'IpPermissions': [{'IpProtocol': '6', 'FromPort': 80, 'ToPort': "
             "80, 'IpRanges': [{'CidrIp': '10.0.0.0/8'}, {'CidrIp': '192.0.2.7/24', "
             "'Description': 'guests'}]}]}",
             group);
    shown = paper_do(paper, "DescribeSecurityGroups", "{'GroupIds': ['%s']}", group);
    assert_int_equal(paper_count(shown, "SecurityGroups.0.IpPermissions"), 1);
    assert_string_equal(paper_text(shown, "SecurityGroups.0.IpPermissions.0.IpProtocol"), "tcp");
    assert_string_equal(paper_text(shown, "SecurityGroups.0.IpPermissions.0.IpRanges.1.CidrIp"),
                        "192.0.2.0/24");
    assert_string_equal(
        paper_text(shown, "SecurityGroups.0.IpPermissions.0.IpRanges.1.Description"), "guests");
    shown = paper_do(paper, "DescribeSecurityGroupRules",
                     "{'Filters': [{'Name': 'group-id', 'Values': ['%s']}]}", group);
    assert_int_equal(paper_count(shown, "SecurityGroupRules"), 3);
}

static void a_rule_is_revoked_by_its_content_and_by_its_id(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *group = new_group(paper, "web");
    AUTO(str) char *rule = NULL;
    const json_t *shown;

    paper_do(paper, "AuthorizeSecurityGroupIngress",
             "{'GroupId': '%s', 'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'CidrIp': "
             "'0.0.0.0/0'}",
             group);
    rule = mem_strdup(
        paper_text(paper_do(paper, "AuthorizeSecurityGroupIngress",
                            "{'GroupId': '%s', 'IpProtocol': 'udp', 'FromPort': 53, 'ToPort': 53, "
                            "'CidrIp': '0.0.0.0/0'}",
                            group),
                   "SecurityGroupRules.0.SecurityGroupRuleId"));
    paper_do(paper, "RevokeSecurityGroupIngress",
             "{'GroupId': '%s', 'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'CidrIp': "
             "'0.0.0.0/0'}",
             group);
    shown = paper_do(paper, "DescribeSecurityGroups", "{'GroupIds': ['%s']}", group);
    assert_string_equal(paper_text(shown, "SecurityGroups.0.IpPermissions.0.IpProtocol"), "udp");
    paper_do(paper, "RevokeSecurityGroupIngress",
             "{'GroupId': '%s', 'SecurityGroupRuleIds': ['%s']}", group, rule);
    shown = paper_do(paper, "DescribeSecurityGroups", "{'GroupIds': ['%s']}", group);
    assert_int_equal(paper_count(shown, "SecurityGroups.0.IpPermissions"), 0);
}

struct refusal {
    const char *claim;
    const char *code;
    const char *operation;
    const char *params;
};

static const struct refusal refusals[] = {
    { "a rule that is there already is a duplicate", "InvalidPermission.Duplicate",
      "AuthorizeSecurityGroupEgress",
      "'IpPermissions': [{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]" },
    { "a rule that is not there cannot be revoked", "InvalidPermission.NotFound",
      "RevokeSecurityGroupIngress",
      "'IpProtocol': 'tcp', 'FromPort': 1, 'ToPort': 1, 'CidrIp': '0.0.0.0/0'" },
    { "a rule by an unknown id cannot be revoked", "InvalidSecurityGroupRuleId.NotFound",
      "RevokeSecurityGroupIngress", "'SecurityGroupRuleIds': ['sgr-00000000000000000']" },
    { "the same permission twice in a call is refused", "InvalidParameterValue",
      "AuthorizeSecurityGroupIngress",
      "'IpPermissions': [{'IpProtocol': 'tcp', 'FromPort': 1, 'ToPort': 1, 'IpRanges': "
      "[{'CidrIp': '10.0.0.0/8'}, {'CidrIp': '10.1.0.0/8'}]}]" },
    { "TCP needs its ports", "InvalidParameterValue", "AuthorizeSecurityGroupIngress",
      "'IpProtocol': 'tcp', 'CidrIp': '0.0.0.0/0'" },
    { "a port range must not end before it begins", "InvalidParameterValue",
      "AuthorizeSecurityGroupIngress",
      "'IpProtocol': 'tcp', 'FromPort': 9, 'ToPort': 8, 'CidrIp': '0.0.0.0/0'" },
    { "there is no port 65536", "InvalidParameterValue", "AuthorizeSecurityGroupIngress",
      "'IpProtocol': 'udp', 'FromPort': 1, 'ToPort': 65536, 'CidrIp': '0.0.0.0/0'" },
    { "a protocol is known or a number", "InvalidParameterValue", "AuthorizeSecurityGroupIngress",
      "'IpProtocol': 'tpc', 'FromPort': 1, 'ToPort': 1, 'CidrIp': '0.0.0.0/0'" },
    { "there is no protocol 256", "InvalidParameterValue", "AuthorizeSecurityGroupIngress",
      "'IpProtocol': '256', 'CidrIp': '0.0.0.0/0'" },
    { "a block is one", "InvalidParameterValue", "AuthorizeSecurityGroupIngress",
      "'IpProtocol': '-1', 'CidrIp': '300.0.0.0/8'" },
    { "an IPv6 block is one", "InvalidParameterValue", "AuthorizeSecurityGroupIngress",
      "'IpPermissions': [{'IpProtocol': '-1', 'Ipv6Ranges': [{'CidrIpv6': '::/129'}]}]" },
    { "a source group must be there", "InvalidGroup.NotFound", "AuthorizeSecurityGroupIngress",
      "'IpPermissions': [{'IpProtocol': '-1', 'UserIdGroupPairs': [{'GroupId': "
      "'sg-00000000000000000'}]}]" },
    { "a permission without a peer says nothing", "MissingParameter",
      "AuthorizeSecurityGroupIngress", "'IpPermissions': [{'IpProtocol': '-1'}]" },
    { "a call without a permission says nothing", "MissingParameter",
      "AuthorizeSecurityGroupIngress", "'DryRun': false" },
    { "flat and listed permissions do not go together", "InvalidParameterCombination",
      "AuthorizeSecurityGroupIngress",
      "'CidrIp': '10.0.0.0/8', 'IpPermissions': [{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': "
      "'0.0.0.0/0'}]}]" },
    { "a lab has no prefix lists", "InvalidPrefixListID.NotFound", "AuthorizeSecurityGroupIngress",
      "'IpPermissions': [{'IpProtocol': '-1', 'PrefixListIds': [{'PrefixListId': 'pl-1'}]}]" },
};

static void check_refusal(void **state)
{
    const struct refusal *row = *state;
    struct paper_cloud *paper = NULL;
    AUTO(str) char *group = NULL;
    AUTO(str) char *before = NULL;
    AUTO(str) char *after = NULL;

    assert_int_equal(paper_setup((void **)&paper), 0);
    group = new_group(paper, "web");
    before = json_dumps(paper_do(paper, "DescribeSecurityGroups", "{}"), 0);
    paper_refuses(paper, row->code, row->operation, "{'GroupId': '%s', %s}", group, row->params);
    after = json_dumps(paper_do(paper, "DescribeSecurityGroups", "{}"), 0);
    assert_string_equal(before, after);
    paper_cloud_close((void **)&paper);
}

static void a_name_is_taken_once_in_a_vpc(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *group = new_group(paper, "web");

    paper_refuses(paper, "InvalidGroup.Duplicate", "CreateSecurityGroup",
                  "{'GroupName': 'web', 'Description': 'again'}");
    paper_refuses(paper, "InvalidParameterValue", "CreateSecurityGroup",
                  "{'GroupName': 'default', 'Description': 'again'}");
    paper_do(paper, "DeleteSecurityGroup", "{'GroupName': 'web'}");
    paper_refuses(paper, "InvalidGroup.NotFound", "DeleteSecurityGroup", "{'GroupId': '%s'}",
                  group);
}

static void a_group_in_use_cannot_be_deleted(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *group = new_group(paper, "web");
    AUTO(str) char *other = new_group(paper, "db");
    AUTO(str) char *instance = launch_in(paper, group);

    paper_do(paper, "AuthorizeSecurityGroupIngress",
             "{'GroupId': '%s', 'IpPermissions': [{'IpProtocol': '-1', 'UserIdGroupPairs': "
             "[{'GroupId': '%s'}]}]}",
             group, other);
    paper_refuses(paper, "DependencyViolation", "DeleteSecurityGroup", "{'GroupId': '%s'}", group);
    paper_refuses(paper, "DependencyViolation", "DeleteSecurityGroup", "{'GroupId': '%s'}", other);
    paper_refuses(paper, "CannotDelete", "DeleteSecurityGroup", "{'GroupName': 'default'}");
    paper_do(paper, "TerminateInstances", "{'InstanceIds': ['%s']}", instance);
    paper_do(paper, "DeleteSecurityGroup", "{'GroupId': '%s'}", group);
    paper_do(paper, "DeleteSecurityGroup", "{'GroupId': '%s'}", other);
}

static void a_source_group_becomes_the_addresses_of_its_members(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *web = new_group(paper, "web");
    AUTO(str) char *db = new_group(paper, "db");
    AUTO(str) char *client = launch_in(paper, web);
    AUTO(str) char *server = launch_in(paper, db);
    AUTO(json) json_t *rules = NULL;
    AUTO(json) json_t *after = NULL;

    paper_do(paper, "AuthorizeSecurityGroupIngress",
             "{'GroupId': '%s', 'IpPermissions': [{'IpProtocol': 'tcp', 'FromPort': 5432, "
             "'ToPort': 5432, 'UserIdGroupPairs': [{'GroupId': '%s'}]}]}",
             db, web);
    rules = compiled(paper, server, "in");
    assert_int_equal(json_array_size(rules), 1);
    assert_string_equal(paper_text(rules, "0.Protocol"), "tcp");
    assert_int_equal(json_integer_value(paper_at(rules, "0.FromPort")), 5432);
    assert_int_equal(paper_count(rules, "0.Cidrs"), 0);
    assert_string_equal(paper_text(rules, "0.Addresses.0"),
                        paper_text(cloud_instance(paper->cloud, client), "Item.PrivateIpAddress"));
    paper_do(paper, "TerminateInstances", "{'InstanceIds': ['%s']}", client);
    after = compiled(paper, server, "in");
    assert_int_equal(paper_count(after, "0.Addresses"), 0);
}

static void members_are_secured_when_their_rules_change(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *web = new_group(paper, "web");
    AUTO(str) char *db = new_group(paper, "db");
    AUTO(str) char *member = launch_in(paper, web);
    AUTO(str) char *other = launch_in(paper, db);
    AUTO(str) char *line = mem_printf("secure %s", member);

    buffer_reset(&paper->log);
    paper_do(paper, "AuthorizeSecurityGroupIngress",
             "{'GroupId': '%s', 'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'CidrIp': "
             "'0.0.0.0/0'}",
             web);
    assert_int_equal(paper_asked(paper, line), 1);
    assert_int_equal(paper_asked(paper, "secure"), 1);
    paper_do(paper, "RevokeSecurityGroupEgress",
             "{'GroupId': '%s', 'IpPermissions': [{'IpProtocol': '-1', 'IpRanges': [{'CidrIp': "
             "'0.0.0.0/0'}]}]}",
             web);
    assert_int_equal(paper_asked(paper, line), 2);
}

/* Who lets members of a group in hears of those who come, move and go. */
static void who_names_a_group_is_secured_when_its_members_change(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *web = new_group(paper, "web");
    AUTO(str) char *db = new_group(paper, "db");
    AUTO(str) char *server = launch_in(paper, db);
    AUTO(str) char *line = mem_printf("secure %s", server);
    AUTO(str) char *client = NULL;

    paper_do(paper, "AuthorizeSecurityGroupIngress",
             "{'GroupId': '%s', 'IpPermissions': [{'IpProtocol': '-1', 'UserIdGroupPairs': "
             "[{'GroupId': '%s'}]}]}",
             db, web);
    buffer_reset(&paper->log);
    client = launch_in(paper, web);
    assert_int_equal(paper_asked(paper, line), 1);
    buffer_reset(&paper->log);
    paper_do(paper, "ModifyInstanceAttribute", "{'InstanceId': '%s', 'Groups': ['%s']}", client,
             db);
    paper_settle(paper);
    assert_int_equal(paper_asked(paper, line), 1);
    paper_do(paper, "ModifyInstanceAttribute", "{'InstanceId': '%s', 'Groups': ['%s']}", client,
             web);
    paper_settle(paper);
    buffer_reset(&paper->log);
    paper_do(paper, "TerminateInstances", "{'InstanceIds': ['%s']}", client);
    paper_settle(paper);
    assert_int_equal(paper_asked(paper, line), 1);
}

static void an_instance_cannot_be_in_a_group_of_another_vpc(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str)
    char *vpc = mem_strdup(
        paper_text(paper_do(paper, "CreateVpc", "{'CidrBlock': '10.7.0.0/16'}"), "Vpc.VpcId"));
    AUTO(str)
    char *group = mem_strdup(
        paper_text(paper_do(paper, "CreateSecurityGroup",
                            "{'GroupName': 'far', 'Description': 'd', 'VpcId': '%s'}", vpc),
                   "GroupId"));

    paper_refuses(paper, "InvalidParameter", "RunInstances",
                  "{'ImageId': '" PAPER_IMAGE "', 'MinCount': 1, 'MaxCount': 1, "
                  "'SecurityGroupIds': ['%s']}",
                  group);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAPER(a_new_group_lets_all_out_and_nothing_in),
        WITH_PAPER(authorized_rules_of_the_same_ports_are_one_permission),
        WITH_PAPER(a_rule_is_revoked_by_its_content_and_by_its_id),
        WITH_PAPER(a_name_is_taken_once_in_a_vpc),
        WITH_PAPER(a_group_in_use_cannot_be_deleted),
        WITH_PAPER(a_source_group_becomes_the_addresses_of_its_members),
        WITH_PAPER(members_are_secured_when_their_rules_change),
        WITH_PAPER(who_names_a_group_is_secured_when_its_members_change),
        WITH_PAPER(an_instance_cannot_be_in_a_group_of_another_vpc),
    };
    struct CMUnitTest rows[ARRAY_SIZE(refusals)];

    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
        rows[i] = (struct CMUnitTest){ .name = refusals[i].claim,
                                       .test_func = check_refusal,
                                       .initial_state = (void *)(uintptr_t)&refusals[i] };
    return cmocka_run_group_tests_name("security groups", tests, NULL, NULL) +
           cmocka_run_group_tests_name("refused rules", rows, NULL, NULL);
}
