// SPDX-License-Identifier: Apache-2.0
// Volumes: their states, their instances, and what the host is asked for.
#include "tests/support/paper_ec2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_walk.h"
#include "base/mem.h"

/* An available volume of 2 GiB in the first zone; its id, owned. */
static char *new_volume(struct paper_cloud *paper)
{
    char *id = mem_strdup(
        paper_text(paper_do(paper, "CreateVolume", "{'AvailabilityZone': 'us-east-1a', 'Size': 2}"),
                   "VolumeId"));

    paper_settle(paper);
    return id;
}

static const char *state_of(struct paper_cloud *paper, const char *volume)
{
    return paper_text(paper_do(paper, "DescribeVolumes", "{'VolumeIds': ['%s']}", volume),
                      "Volumes.0.State");
}

static void attach(struct paper_cloud *paper, const char *volume, const char *instance)
{
    paper_do(paper, "AttachVolume", "{'VolumeId': '%s', 'InstanceId': '%s', 'Device': '/dev/sdf'}",
             volume, instance);
    paper_settle(paper);
}

static void a_volume_is_created_and_then_available(void **state)
{
    struct paper_cloud *paper = *state;
    const json_t *created =
        paper_do(paper, "CreateVolume", "{'AvailabilityZone': 'us-east-1a', 'Size': 2}");
    AUTO(str) char *id = mem_strdup(paper_text(created, "VolumeId"));

    assert_string_equal(paper_text(created, "State"), "creating");
    paper_refuses(paper, "IncorrectState", "DeleteVolume", "{'VolumeId': '%s'}", id);
    paper_settle(paper);
    assert_string_equal(state_of(paper, id), "available");
}

static void the_host_plugs_in_what_is_attached_and_out_what_is_detached(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *volume = new_volume(paper);
    AUTO(str) char *instance = paper_launch(paper, "");
    AUTO(str) char *in = mem_printf("attach %s 2GiB %s /dev/sdf", volume, instance);
    AUTO(str) char *out = mem_printf("detach %s %s /dev/sdf", volume, instance);

    attach(paper, volume, instance);
    assert_int_equal(paper_asked(paper, in), 1);
    assert_string_equal(state_of(paper, volume), "in-use");
    assert_string_equal(
        paper_text(cloud_instance(paper->cloud, instance), "Item.BlockDeviceMappings.1.Ebs.Status"),
        "attached");
    assert_string_equal(
        paper_text(paper_do(paper, "DetachVolume", "{'VolumeId': '%s'}", volume), "State"),
        "detaching");
    assert_int_equal(paper_asked(paper, out), 1);
    paper_settle(paper);
    assert_string_equal(state_of(paper, volume), "available");
    assert_int_equal(
        paper_count(cloud_instance(paper->cloud, instance), "Item.BlockDeviceMappings"), 1);
}

static void a_volume_that_the_host_cannot_plug_in_stays_available(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *volume = new_volume(paper);
    AUTO(str) char *instance = paper_launch(paper, "");

    paper->boot_fails = true;
    paper_refuses(paper, "InternalError", "AttachVolume",
                  "{'VolumeId': '%s', 'InstanceId': '%s', 'Device': '/dev/sdf'}", volume, instance);
    assert_string_equal(state_of(paper, volume), "available");
    assert_int_equal(
        paper_count(cloud_instance(paper->cloud, instance), "Item.BlockDeviceMappings"), 1);
}

static void a_stopped_instance_gets_its_volume_when_it_starts(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *volume = new_volume(paper);
    AUTO(str) char *instance = paper_launch(paper, "");

    paper_do(paper, "StopInstances", "{'InstanceIds': ['%s']}", instance);
    paper_settle(paper);
    attach(paper, volume, instance);
    assert_int_equal(paper_asked(paper, "attach"), 0);
    paper_do(paper, "StartInstances", "{'InstanceIds': ['%s']}", instance);
    paper_settle(paper);
    assert_int_equal(paper_asked(paper, "attach"), 1);
}

static void a_launch_makes_a_root_volume_and_those_it_names(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str)
    char *instance = paper_launch(
        paper, "'BlockDeviceMappings': [{'DeviceName': '/dev/sda1', 'Ebs': {'VolumeSize': 20}}, "
               "{'DeviceName': '/dev/sdf', 'Ebs': {'VolumeSize': 3, 'DeleteOnTermination': "
               "false}}, {'DeviceName': '/dev/sdg', 'VirtualName': 'ephemeral0'}], "
               "'TagSpecifications': [{'ResourceType': 'volume', 'Tags': [{'Key': 'of', 'Value': "
               "'test'}]}], ");
    const json_t *shown = paper_do(paper, "DescribeVolumes",
                                   "{'Filters': [{'Name': 'attachment.instance-id', 'Values': "
                                   "['%s']}, {'Name': 'tag:of', 'Values': ['test']}]}",
                                   instance);

    assert_int_equal(paper_count(shown, "Volumes"), 2);
    assert_int_equal(json_integer_value(paper_at(shown, "Volumes.0.Size")), 20);
    assert_string_equal(paper_text(shown, "Volumes.0.Attachments.0.Device"), "/dev/xvda");
    assert_int_equal(json_integer_value(paper_at(shown, "Volumes.1.Size")), 3);
    assert_int_equal(paper_asked(paper, "attach"), 1);
}

static void a_volume_goes_or_stays_with_its_instance_as_it_says(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str)
    char *instance = paper_launch(
        paper, "'BlockDeviceMappings': [{'DeviceName': '/dev/sdf', 'Ebs': {'VolumeSize': 3, "
               "'DeleteOnTermination': false}}, {'DeviceName': '/dev/sdg', 'Ebs': {'VolumeSize': "
               "4}}], ");
    const json_t *shown;

    paper_do(paper, "TerminateInstances", "{'InstanceIds': ['%s']}", instance);
    paper_settle(paper);
    shown = paper_do(paper, "DescribeVolumes", "{}");
    assert_int_equal(paper_count(shown, "Volumes"), 1);
    assert_int_equal(json_integer_value(paper_at(shown, "Volumes.0.Size")), 3);
    assert_string_equal(paper_text(shown, "Volumes.0.State"), "available");
    assert_int_equal(paper_asked(paper, "delete"), 1);
}

static void a_volume_can_be_told_to_stay(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str)
    char *instance = paper_launch(
        paper, "'BlockDeviceMappings': [{'DeviceName': '/dev/sdg', 'Ebs': {'VolumeSize': 4}}], ");

    paper_refuses(paper, "InvalidInstanceAttributeValue", "ModifyInstanceAttribute",
                  "{'InstanceId': '%s', 'BlockDeviceMappings': [{'DeviceName': '/dev/sdz', 'Ebs': "
                  "{'DeleteOnTermination': false}}]}",
                  instance);
    paper_do(paper, "ModifyInstanceAttribute",
             "{'InstanceId': '%s', 'BlockDeviceMappings': [{'DeviceName': '/dev/sdg', 'Ebs': "
             "{'DeleteOnTermination': false}}]}",
             instance);
    paper_do(paper, "TerminateInstances", "{'InstanceIds': ['%s']}", instance);
    paper_settle(paper);
    assert_int_equal(
        json_integer_value(paper_at(paper_do(paper, "DescribeVolumes", "{}"), "Volumes.0.Size")),
        4);
}

static void a_deleted_volume_is_gone_from_the_host(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *volume = new_volume(paper);
    AUTO(str) char *line = mem_printf("delete %s", volume);

    paper_do(paper, "DeleteVolume", "{'VolumeId': '%s'}", volume);
    paper_settle(paper);
    assert_int_equal(paper_asked(paper, line), 1);
    paper_refuses(paper, "InvalidVolume.NotFound", "DescribeVolumes", "{'VolumeIds': ['%s']}",
                  volume);
}

static void an_attachment_is_refused_for_what_is_wrong_with_it(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *volume = new_volume(paper);
    AUTO(str) char *second = new_volume(paper);
    AUTO(str) char *instance = paper_launch(paper, "");
    AUTO(str) char *far = paper_launch(paper, "'Placement': {'AvailabilityZone': 'us-east-1b'}, ");
    AUTO(str) char *root = NULL;

    paper_refuses(paper, "InvalidVolume.ZoneMismatch", "AttachVolume",
                  "{'VolumeId': '%s', 'InstanceId': '%s', 'Device': '/dev/sdf'}", volume, far);
    paper_refuses(paper, "InvalidParameterValue", "AttachVolume",
                  "{'VolumeId': '%s', 'InstanceId': '%s', 'Device': '/dev/../etc'}", volume,
                  instance);
    paper_refuses(paper, "InvalidInstanceID.NotFound", "AttachVolume",
                  "{'VolumeId': '%s', 'InstanceId': 'i-00000000000000000', 'Device': '/dev/sdf'}",
                  volume);
    paper_refuses(paper, "IncorrectState", "DetachVolume", "{'VolumeId': '%s'}", volume);
    attach(paper, volume, instance);
    paper_refuses(paper, "VolumeInUse", "DeleteVolume", "{'VolumeId': '%s'}", volume);
    paper_refuses(paper, "VolumeInUse", "AttachVolume",
                  "{'VolumeId': '%s', 'InstanceId': '%s', 'Device': '/dev/sdg'}", volume, instance);
    paper_refuses(paper, "InvalidParameterValue", "AttachVolume",
                  "{'VolumeId': '%s', 'InstanceId': '%s', 'Device': '/dev/sdf'}", second, instance);
    paper_refuses(paper, "InvalidAttachment.NotFound", "DetachVolume",
                  "{'VolumeId': '%s', 'InstanceId': '%s'}", volume, far);
    paper_refuses(paper, "InvalidAttachment.NotFound", "DetachVolume",
                  "{'VolumeId': '%s', 'Device': '/dev/sdz'}", volume);
    root = mem_strdup(paper_text(cloud_instance(paper->cloud, instance),
                                 "Item.BlockDeviceMappings.0.Ebs.VolumeId"));
    paper_refuses(paper, "OperationNotPermitted", "DetachVolume", "{'VolumeId': '%s'}", root);
}

static void the_status_of_a_volume_is_ok(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *volume = new_volume(paper);
    const json_t *shown =
        paper_do(paper, "DescribeVolumeStatus",
                 "{'Filters': [{'Name': 'volume-status.status', 'Values': ['ok']}]}");

    assert_string_equal(paper_text(shown, "VolumeStatuses.0.VolumeId"), volume);
}

struct refusal {
    const char *claim;
    const char *code;
    const char *operation;
    const char *params;
};

static const struct refusal refusals[] = {
    { "a volume is in a zone of the lab", "InvalidZone.NotFound", "CreateVolume",
      "{'AvailabilityZone': 'us-east-1z', 'Size': 1}" },
    { "a volume has a size", "MissingParameter", "CreateVolume",
      "{'AvailabilityZone': 'us-east-1a'}" },
    { "a volume is not empty", "InvalidParameterValue", "CreateVolume",
      "{'AvailabilityZone': 'us-east-1a', 'Size': 0}" },
    { "a volume is not larger than its type", "InvalidParameterValue", "CreateVolume",
      "{'AvailabilityZone': 'us-east-1a', 'Size': 1025, 'VolumeType': 'standard'}" },
    { "a type is one of EC2's", "UnknownVolumeType", "CreateVolume",
      "{'AvailabilityZone': 'us-east-1a', 'Size': 1, 'VolumeType': 'floppy'}" },
    { "a disk has no IOPS to choose", "InvalidParameterCombination", "CreateVolume",
      "{'AvailabilityZone': 'us-east-1a', 'Size': 125, 'VolumeType': 'st1', 'Iops': 100}" },
    { "a lab has no snapshots", "InvalidSnapshot.NotFound", "CreateVolume",
      "{'AvailabilityZone': 'us-east-1a', 'SnapshotId': 'snap-1'}" },
    { "a lab does not encrypt", "UnsupportedOperation", "CreateVolume",
      "{'AvailabilityZone': 'us-east-1a', 'Size': 1, 'Encrypted': true}" },
    { "an unknown volume is told", "InvalidVolume.NotFound", "DeleteVolume",
      "{'VolumeId': 'vol-00000000000000000'}" },
    { "a malformed volume id is told", "InvalidVolumeID.Malformed", "DeleteVolume",
      "{'VolumeId': 'vol-x'}" },
    { "a launch names devices, not paths", "InvalidParameterValue", "RunInstances",
      "{'ImageId': '" PAPER_IMAGE "', 'MinCount': 1, 'MaxCount': 1, 'BlockDeviceMappings': "
      "[{'DeviceName': '/etc/passwd', 'Ebs': {'VolumeSize': 1}}]}" },
    { "a launch names a device once", "InvalidBlockDeviceMapping", "RunInstances",
      "{'ImageId': '" PAPER_IMAGE "', 'MinCount': 1, 'MaxCount': 1, 'BlockDeviceMappings': "
      "[{'DeviceName': '/dev/sdf', 'Ebs': {'VolumeSize': 1}}, {'DeviceName': '/dev/sdf', 'Ebs': "
      "{'VolumeSize': 1}}]}" },
    { "a launch tells how large its volumes are", "MissingParameter", "RunInstances",
      "{'ImageId': '" PAPER_IMAGE "', 'MinCount': 1, 'MaxCount': 1, 'BlockDeviceMappings': "
      "[{'DeviceName': '/dev/sdf', 'Ebs': {}}]}" },
};

static void check_refusal(void **state)
{
    const struct refusal *row = *state;
    struct paper_cloud *paper = NULL;

    assert_int_equal(paper_setup((void **)&paper), 0);
    paper_refuses(paper, row->code, row->operation, "%s", row->params);
    assert_int_equal(json_object_size(cloud_instances(paper->cloud)), 0);
    paper_cloud_close((void **)&paper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAPER(a_volume_is_created_and_then_available),
        WITH_PAPER(the_host_plugs_in_what_is_attached_and_out_what_is_detached),
        WITH_PAPER(a_volume_that_the_host_cannot_plug_in_stays_available),
        WITH_PAPER(a_stopped_instance_gets_its_volume_when_it_starts),
        WITH_PAPER(a_launch_makes_a_root_volume_and_those_it_names),
        WITH_PAPER(a_volume_goes_or_stays_with_its_instance_as_it_says),
        WITH_PAPER(a_volume_can_be_told_to_stay),
        WITH_PAPER(a_deleted_volume_is_gone_from_the_host),
        WITH_PAPER(an_attachment_is_refused_for_what_is_wrong_with_it),
        WITH_PAPER(the_status_of_a_volume_is_ok),
    };
    struct CMUnitTest rows[ARRAY_SIZE(refusals)];

    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
        rows[i] = (struct CMUnitTest){ .name = refusals[i].claim,
                                       .test_func = check_refusal,
                                       .initial_state = (void *)(uintptr_t)&refusals[i] };
    return cmocka_run_group_tests_name("volumes", tests, NULL, NULL) +
           cmocka_run_group_tests_name("refused volumes", rows, NULL, NULL);
}
