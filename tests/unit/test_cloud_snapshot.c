// SPDX-License-Identifier: Apache-2.0
// Snapshots: a lab goes on from one, and a damaged one is told.
#include "tests/support/paper_ec2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "value/json.h"

/* As it comes back from a file, a new reference. */
static json_t *through_text(struct paper_cloud *paper)
{
    AUTO(json) json_t *snapshot = cloud_snapshot(paper->cloud);
    AUTO(str) char *text = json_text(snapshot, JSON_STYLE_INDENT_2);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *again;

    if (json_parse(text, strlen(text), &again, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    return again;
}

static struct paper_cloud *restored(const json_t *snapshot)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct paper_cloud *paper = NULL;

    assert_int_equal(paper_setup((void **)&paper), 0);
    if (cloud_restore(paper->cloud, snapshot, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    paper_settle(paper);
    return paper;
}

static void a_restored_cloud_is_the_one_that_was(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *instance = paper_launch(paper, "");
    AUTO(str)
    char *address =
        mem_strdup(paper_text(paper_do(paper, "AllocateAddress", "{}"), "AllocationId"));
    AUTO(str) char *boot = mem_printf("boot %s", instance);
    AUTO(str) char *attach = NULL;
    AUTO(json) json_t *before = NULL;
    AUTO(json) json_t *after = NULL;
    struct paper_cloud *other;

    paper_do(paper, "AssociateAddress", "{'InstanceId': '%s', 'AllocationId': '%s'}", instance,
             address);
    paper_do(paper, "CreateLaunchTemplate",
             "{'LaunchTemplateName': 'web', 'LaunchTemplateData': {'InstanceType': 't2.micro'}}");
    attach = mem_printf(
        "attach %s",
        paper_text(paper_do(paper, "CreateVolume", "{'AvailabilityZone': 'us-east-1a', 'Size': 2}"),
                   "VolumeId"));
    paper_settle(paper);
    paper_do(paper, "AttachVolume", "{'VolumeId': '%s', 'InstanceId': '%s', 'Device': '/dev/sdf'}",
             attach + strlen("attach "), instance);
    paper_settle(paper);
    before = through_text(paper);
    other = restored(before);
    after = cloud_snapshot(other->cloud);
    assert_true(json_equal(before, after));
    assert_int_equal(paper_asked(other, boot), 1);
    assert_int_equal(paper_asked(other, attach), 1);
    assert_int_equal(paper_asked(other, "map 203.0.113.1 10.0.0.4"), 1);
    assert_int_equal(paper_asked(other, "secure"), 1);
    paper_cloud_close((void **)&other);
}

static void what_was_on_its_way_arrives(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *stopped = paper_launch(paper, "");
    AUTO(str) char *gone = paper_launch(paper, "");
    AUTO(str) char *pending = NULL;
    AUTO(str) char *volume = NULL;
    AUTO(json) json_t *snapshot = NULL;
    struct paper_cloud *other;

    paper_do(paper, "StopInstances", "{'InstanceIds': ['%s']}", stopped);
    paper_do(paper, "TerminateInstances", "{'InstanceIds': ['%s']}", gone);
    pending = mem_strdup(paper_text(paper_do(paper, "RunInstances",
                                             "{'ImageId': '" PAPER_IMAGE "', 'MinCount': 1, "
                                             "'MaxCount': 1}"),
                                    "Instances.0.InstanceId"));
    volume = mem_strdup(
        paper_text(paper_do(paper, "CreateVolume", "{'AvailabilityZone': 'us-east-1a', 'Size': 2}"),
                   "VolumeId"));
    snapshot = through_text(paper);
    other = restored(snapshot);
    assert_string_equal(paper_text(cloud_instance(other->cloud, stopped), "Item.State.Name"),
                        "stopped");
    assert_string_equal(paper_text(cloud_instance(other->cloud, gone), "Item.State.Name"),
                        "terminated");
    assert_string_equal(paper_text(cloud_instance(other->cloud, pending), "Item.State.Name"),
                        "running");
    assert_string_equal(
        paper_text(paper_do(other, "DescribeVolumes", "{'VolumeIds': ['%s']}", volume),
                   "Volumes.0.State"),
        "available");
    paper_cloud_close((void **)&other);
}

static void a_restored_cloud_knows_its_tokens_and_keys(void **state)
{
    struct paper_cloud *paper = *state;
    const char *params =
        "{'ClientToken': 'once', 'ImageId': '" PAPER_IMAGE "', 'MinCount': 1, 'MaxCount': 1}";
    AUTO(str)
    char *first = mem_strdup(
        paper_text(paper_do(paper, "RunInstances", "%s", params), "Instances.0.InstanceId"));
    AUTO(json) json_t *snapshot = NULL;
    struct paper_cloud *other;

    paper_settle(paper);
    snapshot = through_text(paper);
    other = restored(snapshot);
    assert_string_equal(
        paper_text(paper_do(other, "RunInstances", "%s", params), "Instances.0.InstanceId"), first);
    assert_true(json_equal(cloud_owner_key(paper->cloud), cloud_owner_key(other->cloud)));
    paper_cloud_close((void **)&other);
}

static void a_machine_that_does_not_boot_again_is_stopped(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *instance = paper_launch(paper, "");
    AUTO(json) json_t *snapshot = through_text(paper);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct paper_cloud *other = NULL;

    assert_int_equal(paper_setup((void **)&other), 0);
    other->boot_fails = true;
    assert_int_equal(cloud_restore(other->cloud, snapshot, &err), 0);
    paper_settle(other);
    assert_string_equal(paper_text(cloud_instance(other->cloud, instance), "Item.State.Name"),
                        "stopped");
    paper_cloud_close((void **)&other);
}

static void a_lab_with_instances_is_not_written_over(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *snapshot = through_text(paper);
    AUTO(str) char *instance = paper_launch(paper, "");
    AUTO(chaos_error) struct chaos_error err = { 0 };

    assert_true(cloud_restore(paper->cloud, snapshot, &err) < 0);
    assert_string_equal(chaos_error_text(&err),
                        "snapshot: this lab has instances already; restore into a new one");
    assert_non_null(cloud_instance(paper->cloud, instance));
}

/* Replace the value at a path; with `text` NULL take it away. */
static void damage(json_t *snapshot, const char *path, const char *text)
{
    json_t *place = snapshot;
    const char *rest = path;

    while (strchr(rest, '/')) {
        size_t length = strcspn(rest, "/");
        AUTO(str) char *part = mem_strndup(rest, length);

        place = strcmp(part, "*") == 0 ? json_object_iter_value(json_object_iter(place))
                                       : json_object_get(place, part);
        assert_non_null(place);
        rest += length + 1;
    }
    if (text)
        json_object_set_new(place, rest, json_string(text));
    else
        assert_int_equal(json_object_del(place, rest), 0);
}

struct damage_case {
    const char *claim;
    const char *path;
    const char *text;
    const char *message; /* has this in it */
};

static const struct damage_case damages[] = {
    { "an edited secret is found", "OwnerKey/SecretAccessKey", "x", "checksum should be" },
    { "an edited table is found", "State/vpcs", NULL, "checksum should be" },
    { "a snapshot says that it is one", "Format", NULL, "it is not a snapshot" },
    { "another format is told", "Format", "2", "its format is not" },
    { "another region is told", "Region", "eu-west-1", "it is of region eu-west-1" },
    { "another account is told", "Account", "1", "it is of account 1" },
    { "other zones are told", "Zones", "9", "it has 0 zones, this lab 3" },
    { "other pools are told", "Pools", NULL, "its pools" },
    { "a missing key is told", "OwnerKey/Arn", NULL, "OwnerKey: there is no Arn" },
    { "missing sessions are told", "Sessions", NULL, "'Sessions' must be an object" },
    { "a missing table is told", "State/volumes", NULL, "State: there is no 'volumes'" },
    { "a record without its item is told", "State/vpcs/*/Item", NULL, "has no Item" },
    { "a record without a member is told", "State/subnets/*/Item/CidrBlock", NULL,
      "has no CidrBlock" },
    { "a member of the wrong type is told", "State/instances/*/Item/State/Code", "16",
      "has no State.Code, or one of the wrong type" },
};

/* What the checksum would find first is checked behind it, too. */
static void mend_checksum(json_t *snapshot, const char *wrong)
{
    const char *sum = wrong ? strstr(wrong, "checksum should be ") : NULL;

    if (sum)
        json_object_set_new(snapshot, "Checksum", json_string(sum + strlen("checksum should be ")));
}

static void check_damage(void **state)
{
    const struct damage_case *row = *state;
    struct paper_cloud *paper = NULL;
    struct paper_cloud *other = NULL;
    AUTO(str) char *instance = NULL;
    AUTO(json) json_t *snapshot = NULL;
    AUTO(chaos_error) struct chaos_error first = { 0 };
    AUTO(chaos_error) struct chaos_error second = { 0 };

    assert_int_equal(paper_setup((void **)&paper), 0);
    assert_int_equal(paper_setup((void **)&other), 0);
    instance = paper_launch(paper, "");
    snapshot = through_text(paper);
    damage(snapshot, row->path, row->text);
    assert_true(cloud_restore(other->cloud, snapshot, &first) < 0);
    if (!strstr(row->message, "checksum")) {
        mend_checksum(snapshot, chaos_error_text(&first));
        assert_true(cloud_restore(other->cloud, snapshot, &second) < 0);
        assert_non_null(strstr(chaos_error_text(&second), row->message));
    } else {
        assert_non_null(strstr(chaos_error_text(&first), row->message));
    }
    assert_int_equal(json_object_size(cloud_instances(other->cloud)), 0);
    paper_cloud_close((void **)&paper);
    paper_cloud_close((void **)&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAPER(a_restored_cloud_is_the_one_that_was),
        WITH_PAPER(what_was_on_its_way_arrives),
        WITH_PAPER(a_restored_cloud_knows_its_tokens_and_keys),
        WITH_PAPER(a_machine_that_does_not_boot_again_is_stopped),
        WITH_PAPER(a_lab_with_instances_is_not_written_over),
    };
    struct CMUnitTest rows[ARRAY_SIZE(damages)];

    for (size_t i = 0; i < ARRAY_SIZE(damages); i++)
        rows[i] = (struct CMUnitTest){ .name = damages[i].claim,
                                       .test_func = check_damage,
                                       .initial_state = (void *)(uintptr_t)&damages[i] };
    return cmocka_run_group_tests_name("snapshots", tests, NULL, NULL) +
           cmocka_run_group_tests_name("damaged snapshots", rows, NULL, NULL);
}
