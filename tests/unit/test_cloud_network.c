// SPDX-License-Identifier: Apache-2.0
// VPCs, subnets, interfaces, and where a lab is.
#include "tests/support/paper_ec2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "cloud/network.h"

static char *new_vpc(struct paper_cloud *paper, const char *block)
{
    return mem_strdup(
        paper_text(paper_do(paper, "CreateVpc", "{'CidrBlock': '%s'}", block), "Vpc.VpcId"));
}

static void a_new_vpc_has_a_default_group_and_loses_it_with_itself(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *vpc = new_vpc(paper, "10.7.1.9/16");
    AUTO(str) char *filter = mem_printf("{'Filters': [{'Name': 'vpc-id', 'Values': ['%s']}]}", vpc);

    assert_string_equal(
        paper_text(paper_do(paper, "DescribeVpcs", "{'VpcIds': ['%s']}", vpc), "Vpcs.0.CidrBlock"),
        "10.7.0.0/16");
    assert_string_equal(paper_text(paper_do(paper, "DescribeSecurityGroups", "%s", filter),
                                   "SecurityGroups.0.GroupName"),
                        "default");
    paper_do(paper, "DeleteVpc", "{'VpcId': '%s'}", vpc);
    assert_int_equal(
        paper_count(paper_do(paper, "DescribeSecurityGroups", "%s", filter), "SecurityGroups"), 0);
    paper_refuses(paper, "InvalidVpcID.NotFound", "DeleteVpc", "{'VpcId': '%s'}", vpc);
}

static void an_instance_lives_in_a_subnet_of_its_own(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *vpc = new_vpc(paper, "10.7.0.0/16");
    AUTO(str)
    char *subnet = mem_strdup(paper_text(
        paper_do(paper, "CreateSubnet",
                 "{'VpcId': '%s', 'CidrBlock': '10.7.2.0/24', 'AvailabilityZone': 'us-east-1b'}",
                 vpc),
        "Subnet.SubnetId"));
    AUTO(str) char *more = mem_printf("'SubnetId': '%s', ", subnet);
    AUTO(str) char *instance = paper_launch(paper, more);
    const json_t *item = paper_at(cloud_instance(paper->cloud, instance), "Item");

    assert_string_equal(paper_text(item, "PrivateIpAddress"), "10.7.2.4");
    assert_string_equal(paper_text(item, "VpcId"), vpc);
    assert_string_equal(paper_text(item, "Placement.AvailabilityZone"), "us-east-1b");
    assert_int_equal(json_integer_value(paper_at(
                         paper_do(paper, "DescribeSubnets", "{'SubnetIds': ['%s']}", subnet),
                         "Subnets.0.AvailableIpAddressCount")),
                     250);
    paper_refuses(paper, "DependencyViolation", "DeleteSubnet", "{'SubnetId': '%s'}", subnet);
    paper_refuses(paper, "DependencyViolation", "DeleteVpc", "{'VpcId': '%s'}", vpc);
    paper_do(paper, "TerminateInstances", "{'InstanceIds': ['%s']}", instance);
    paper_do(paper, "DeleteSubnet", "{'SubnetId': '%s'}", subnet);
    paper_do(paper, "DeleteVpc", "{'VpcId': '%s'}", vpc);
}

static void an_interface_shows_its_instance_and_its_address(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *instance = paper_launch(paper, "");
    AUTO(str)
    char *allocation =
        mem_strdup(paper_text(paper_do(paper, "AllocateAddress", "{}"), "AllocationId"));
    const json_t *shown;

    paper_do(paper, "AssociateAddress", "{'InstanceId': '%s', 'AllocationId': '%s'}", instance,
             allocation);
    shown =
        paper_do(paper, "DescribeNetworkInterfaces",
                 "{'Filters': [{'Name': 'attachment.instance-id', 'Values': ['%s']}]}", instance);
    assert_int_equal(paper_count(shown, "NetworkInterfaces"), 1);
    assert_string_equal(paper_text(shown, "NetworkInterfaces.0.Association.AllocationId"),
                        allocation);
    assert_string_equal(paper_text(shown, "NetworkInterfaces.0.AvailabilityZone"), "us-east-1a");
    paper_do(paper, "TerminateInstances", "{'InstanceIds': ['%s']}", instance);
    shown = paper_do(paper, "DescribeNetworkInterfaces", "{}");
    assert_int_equal(paper_count(shown, "NetworkInterfaces"), 0);
}

static void a_value_of_the_wrong_type_is_told_to_the_lab_itself(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *params = json_pack("{s:i, s:s}", "VpcId", 7, "Colour", "red");
    json_t *result;

    assert_true(cloud_do(paper->cloud, "ec2", "DeleteVpc", params, &result, &err) < 0);
    assert_non_null(strstr(chaos_error_text(&err), "DeleteVpc: "));
    assert_non_null(strstr(chaos_error_text(&err), "VpcId"));
    assert_null(strchr(chaos_error_text(&err), '\n'));
}

static void the_lab_has_an_image_that_runs(void **state)
{
    struct paper_cloud *paper = *state;
    const json_t *shown = paper_do(paper, "DescribeImages", "{'Owners': ['self']}");
    AUTO(str) char *instance = NULL;

    assert_string_equal(paper_text(shown, "Images.0.ImageId"), PAPER_IMAGE);
    assert_int_equal(
        paper_count(paper_do(paper, "DescribeImages", "{'Owners': ['amazon']}"), "Images"), 0);
    instance = paper_launch(paper, "");
    assert_string_equal(paper_text(cloud_instance(paper->cloud, instance), "Item.State.Name"),
                        "running");
}

static void types_are_found_by_their_figures(void **state)
{
    struct paper_cloud *paper = *state;
    const json_t *shown = paper_do(paper, "DescribeInstanceTypes",
                                   "{'Filters': [{'Name': 'vcpu-info.default-vcpus', 'Values': "
                                   "['16']}]}");

    assert_int_equal(paper_count(shown, "InstanceTypes"), 1);
    assert_string_equal(paper_text(shown, "InstanceTypes.0.InstanceType"), "m5.4xlarge");
    shown = paper_do(paper, "DescribeInstanceTypeOfferings",
                     "{'LocationType': 'availability-zone', 'Filters': [{'Name': 'instance-type', "
                     "'Values': ['t2.micro']}]}");
    assert_int_equal(paper_count(shown, "InstanceTypeOfferings"), 3);
}

static void the_zones_are_those_of_the_lab(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str)
    char *vpc = mem_strdup(paper_text(paper_do(paper, "DescribeVpcs", "{}"), "Vpcs.0.VpcId"));
    const json_t *shown = paper_do(paper, "DescribeAvailabilityZones", "{'ZoneIds': ['use1-az2']}");

    assert_string_equal(paper_text(shown, "AvailabilityZones.0.ZoneName"), "us-east-1b");
    shown = paper_do(paper, "DescribeRegions", "{}");
    assert_int_equal(paper_count(shown, "Regions"), 1);
    shown = paper_do(paper, "DescribeAccountAttributes", "{'AttributeNames': ['default-vpc']}");
    assert_string_equal(paper_text(shown, "AccountAttributes.0.AttributeValues.0.AttributeValue"),
                        vpc);
}

struct refusal {
    const char *claim;
    const char *code;
    const char *operation;
    const char *params;
};

static const struct refusal refusals[] = {
    { "a VPC's block is one", "InvalidParameterValue", "CreateVpc", "{'CidrBlock': '10.7.0.0'}" },
    { "a VPC has a block", "MissingParameter", "CreateVpc", "{}" },
    { "a VPC is at most a /16", "InvalidVpc.Range", "CreateVpc", "{'CidrBlock': '12.0.0.0/8'}" },
    { "a VPC is at least a /28", "InvalidVpc.Range", "CreateVpc", "{'CidrBlock': '12.0.0.0/29'}" },
    { "a VPC does not overlap another", "InvalidVpc.Range", "CreateVpc",
      "{'CidrBlock': '10.0.200.0/24'}" },
    { "a VPC does not overlap public addresses", "InvalidVpc.Range", "CreateVpc",
      "{'CidrBlock': '203.0.113.0/24'}" },
    { "a lab has no dedicated machines", "UnsupportedOperation", "CreateVpc",
      "{'CidrBlock': '10.7.0.0/16', 'InstanceTenancy': 'dedicated'}" },
    { "a malformed VPC id is told from an unknown one", "InvalidVpcID.Malformed", "DeleteVpc",
      "{'VpcId': 'vpc-x'}" },
    { "a subnet needs its VPC", "InvalidVpcID.NotFound", "CreateSubnet",
      "{'VpcId': 'vpc-00000000000000000', 'CidrBlock': '10.7.0.0/24'}" },
    { "an unknown subnet cannot be deleted", "InvalidSubnetID.NotFound", "DeleteSubnet",
      "{'SubnetId': 'subnet-00000000000000000'}" },
    { "an unknown interface is not shown", "InvalidNetworkInterfaceID.NotFound",
      "DescribeNetworkInterfaces", "{'NetworkInterfaceIds': ['eni-00000000000000000']}" },
    { "an instance needs an image that there is", "InvalidAMIID.NotFound", "RunInstances",
      "{'ImageId': 'ami-00000000000000009', 'MinCount': 1, 'MaxCount': 1}" },
    { "an instance has one interface", "UnsupportedOperation", "RunInstances",
      "{'ImageId': '" PAPER_IMAGE
      "', 'MinCount': 1, 'MaxCount': 1, 'NetworkInterfaces': [{}, {}]}" },
    { "a launch gives no public address", "UnsupportedOperation", "RunInstances",
      "{'ImageId': '" PAPER_IMAGE "', 'MinCount': 1, 'MaxCount': 1, 'NetworkInterfaces': "
      "[{'DeviceIndex': 0, 'AssociatePublicIpAddress': true}]}" },
    { "a lab has no spot market", "UnsupportedOperation", "RunInstances",
      "{'ImageId': '" PAPER_IMAGE "', 'MinCount': 1, 'MaxCount': 1, 'InstanceMarketOptions': "
      "{'MarketType': 'spot'}}" },
    { "a lab does not hibernate", "UnsupportedOperation", "StopInstances",
      "{'InstanceIds': ['i-00000000000000000'], 'Hibernate': true}" },
    { "what is not asked for is not refused", "InvalidInstanceID.NotFound", "StopInstances",
      "{'InstanceIds': ['i-00000000000000000'], 'Hibernate': false}" },
    { "a lab has one region", "InvalidParameterValue", "DescribeRegions",
      "{'RegionNames': ['eu-west-1']}" },
    { "a zone is one of the lab's", "InvalidParameterValue", "DescribeAvailabilityZones",
      "{'ZoneNames': ['us-east-1z']}" },
    { "an unknown type is not described", "InvalidInstanceType", "DescribeInstanceTypes",
      "{'InstanceTypes': ['z9.huge']}" },
    { "an unknown account attribute is refused", "InvalidParameterValue",
      "DescribeAccountAttributes", "{'AttributeNames': ['colour']}" },
    { "a filter without values is refused", "InvalidParameterValue", "DescribeVpcs",
      "{'Filters': [{'Name': 'vpc-id', 'Values': []}]}" },
    { "an unknown filter is refused", "InvalidParameterValue", "DescribeSubnets",
      "{'Filters': [{'Name': 'colour', 'Values': ['red']}]}" },
};

static void check_refusal(void **state)
{
    const struct refusal *row = *state;
    struct paper_cloud *paper = NULL;

    assert_int_equal(paper_setup((void **)&paper), 0);
    paper_refuses(paper, row->code, row->operation, "%s", row->params);
    paper_cloud_close((void **)&paper);
}

/* Beside the table, as they need the default VPC's id. */
static void a_subnet_is_inside_of_its_vpc_and_alone_there(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str)
    char *vpc = mem_strdup(paper_text(paper_do(paper, "DescribeVpcs", "{}"), "Vpcs.0.VpcId"));

    paper_refuses(paper, "InvalidSubnet.Range", "CreateSubnet",
                  "{'VpcId': '%s', 'CidrBlock': '10.1.0.0/24'}", vpc);
    paper_refuses(paper, "InvalidSubnet.Conflict", "CreateSubnet",
                  "{'VpcId': '%s', 'CidrBlock': '10.0.1.128/25'}", vpc);
    paper_refuses(paper, "InvalidParameterValue", "CreateSubnet",
                  "{'VpcId': '%s', 'CidrBlock': '10.0.9.0/24', 'AvailabilityZone': 'mars-1a'}",
                  vpc);
}

static void zone_ids_are_short_for_their_region(void **state)
{
    static const struct {
        char *region;
        const char *id;
    } rows[] = { { (char *)(uintptr_t) "us-east-1", "use1-az1" },
                 { (char *)(uintptr_t) "ap-southeast-2", "apse2-az1" },
                 { (char *)(uintptr_t) "eu-central-1", "euc1-az1" } };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cloud cloud = { .region = rows[i].region };
        AUTO(str) char *id = cloud_zone_id(&cloud, 0);

        assert_string_equal(id, rows[i].id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAPER(a_new_vpc_has_a_default_group_and_loses_it_with_itself),
        WITH_PAPER(an_instance_lives_in_a_subnet_of_its_own),
        WITH_PAPER(an_interface_shows_its_instance_and_its_address),
        WITH_PAPER(a_value_of_the_wrong_type_is_told_to_the_lab_itself),
        WITH_PAPER(the_lab_has_an_image_that_runs),
        WITH_PAPER(types_are_found_by_their_figures),
        WITH_PAPER(the_zones_are_those_of_the_lab),
        WITH_PAPER(a_subnet_is_inside_of_its_vpc_and_alone_there),
        cmocka_unit_test(zone_ids_are_short_for_their_region),
    };
    struct CMUnitTest rows[ARRAY_SIZE(refusals)];

    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
        rows[i] = (struct CMUnitTest){ .name = refusals[i].claim,
                                       .test_func = check_refusal,
                                       .initial_state = (void *)(uintptr_t)&refusals[i] };
    return cmocka_run_group_tests_name("networks", tests, NULL, NULL) +
           cmocka_run_group_tests_name("refused networks", rows, NULL, NULL);
}
