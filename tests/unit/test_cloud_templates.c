// SPDX-License-Identifier: Apache-2.0
// Launch templates: versions, and what a launch makes of them.
#include "tests/support/paper_ec2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_walk.h"
#include "base/mem.h"

/* A template "web" with two versions, t2.micro (the default one) and t3.micro; its id, owned. */
static char *two_versions(struct paper_cloud *paper)
{
    char *id = mem_strdup(
        paper_text(paper_do(paper, "CreateLaunchTemplate",
                            "{'LaunchTemplateName': 'web', 'LaunchTemplateData': {'ImageId': "
                            "'" PAPER_IMAGE "', 'InstanceType': 't2.micro'}}"),
                   "LaunchTemplate.LaunchTemplateId"));

    paper_do(paper, "CreateLaunchTemplateVersion",
             "{'LaunchTemplateId': '%s', 'SourceVersion': '1', 'LaunchTemplateData': "
             "{'InstanceType': 't3.micro'}}",
             id);
    return id;
}

static const char *type_launched(struct paper_cloud *paper, const char *template)
{
    return paper_text(paper_do(paper, "RunInstances",
                               "{'MinCount': 1, 'MaxCount': 1, 'LaunchTemplate': {%s}}", template),
                      "Instances.0.InstanceType");
}

static void a_launch_takes_the_version_it_names(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = two_versions(paper);

    assert_string_equal(type_launched(paper, "'LaunchTemplateName': 'web'"), "t2.micro");
    assert_string_equal(type_launched(paper, "'LaunchTemplateName': 'web', 'Version': '$Latest'"),
                        "t3.micro");
    assert_string_equal(type_launched(paper, "'LaunchTemplateName': 'web', 'Version': '1'"),
                        "t2.micro");
    paper_do(paper, "ModifyLaunchTemplate", "{'LaunchTemplateId': '%s', 'DefaultVersion': '2'}",
             id);
    assert_string_equal(type_launched(paper, "'LaunchTemplateName': 'web', 'Version': '$Default'"),
                        "t3.micro");
}

static void a_parameter_of_the_launch_overrides_the_template(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = two_versions(paper);

    assert_string_equal(
        paper_text(paper_do(paper, "RunInstances",
                            "{'MinCount': 1, 'MaxCount': 1, 'InstanceType': 'm5.large', "
                            "'LaunchTemplate': {'LaunchTemplateId': '%s'}}",
                            id),
                   "Instances.0.InstanceType"),
        "m5.large");
}

static void a_version_keeps_what_its_source_has(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = two_versions(paper);
    const json_t *shown =
        paper_do(paper, "DescribeLaunchTemplateVersions", "{'LaunchTemplateId': '%s'}", id);

    assert_int_equal(paper_count(shown, "LaunchTemplateVersions"), 2);
    assert_int_equal(json_integer_value(paper_at(shown, "LaunchTemplateVersions.0.VersionNumber")),
                     2);
    assert_string_equal(paper_text(shown, "LaunchTemplateVersions.0.LaunchTemplateData.ImageId"),
                        PAPER_IMAGE);
    assert_true(json_is_true(paper_at(shown, "LaunchTemplateVersions.1.DefaultVersion")));
}

static void versions_are_chosen_by_number_range_and_filter(void **state)
{
    static const struct {
        const char *more;
        size_t count;
    } rows[] = {
        { "'Versions': ['$Latest', '1']", 2 },
        { "'MinVersion': '2'", 1 },
        { "'MaxVersion': '1'", 1 },
        { "'Filters': [{'Name': 'instance-type', 'Values': ['t3*']}]", 1 },
        { "'Filters': [{'Name': 'is-default-version', 'Values': ['true']}]", 1 },
        { "'MaxResults': 1", 1 },
    };
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = two_versions(paper);

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(paper_count(paper_do(paper, "DescribeLaunchTemplateVersions",
                                              "{'LaunchTemplateId': '%s', %s}", id, rows[i].more),
                                     "LaunchTemplateVersions"),
                         rows[i].count);
    assert_int_equal(
        paper_count(paper_do(paper, "DescribeLaunchTemplateVersions", "{'Versions': ['$Latest']}"),
                    "LaunchTemplateVersions"),
        1);
}

static void the_default_version_stays_when_versions_are_deleted(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(str) char *id = two_versions(paper);
    const json_t *result = paper_do(paper, "DeleteLaunchTemplateVersions",
                                    "{'LaunchTemplateId': '%s', 'Versions': ['1', '2', '7']}", id);

    assert_int_equal(paper_count(result, "SuccessfullyDeletedLaunchTemplateVersions"), 1);
    assert_int_equal(json_integer_value(paper_at(
                         result, "SuccessfullyDeletedLaunchTemplateVersions.0.VersionNumber")),
                     2);
    assert_string_equal(
        paper_text(result, "UnsuccessfullyDeletedLaunchTemplateVersions.1.ResponseError.Code"),
        "launchTemplateVersionDoesNotExist");
    paper_do(paper, "DeleteLaunchTemplate", "{'LaunchTemplateId': '%s'}", id);
    paper_refuses(paper, "InvalidLaunchTemplateId.NotFound", "DeleteLaunchTemplate",
                  "{'LaunchTemplateId': '%s'}", id);
}

static void a_repeated_token_creates_one_template(void **state)
{
    struct paper_cloud *paper = *state;
    const char *params = "{'ClientToken': 'once', 'LaunchTemplateName': 'web', "
                         "'LaunchTemplateData': {'InstanceType': 't2.micro'}}";
    AUTO(str)
    char *first = mem_strdup(paper_text(paper_do(paper, "CreateLaunchTemplate", "%s", params),
                                        "LaunchTemplate.LaunchTemplateId"));

    assert_string_equal(paper_text(paper_do(paper, "CreateLaunchTemplate", "%s", params),
                                   "LaunchTemplate.LaunchTemplateId"),
                        first);
}

struct refusal {
    const char *claim;
    const char *code;
    const char *operation;
    const char *params;
};

static const struct refusal refusals[] = {
    { "a name is taken once", "InvalidLaunchTemplateName.AlreadyExistsException",
      "CreateLaunchTemplate", "{'LaunchTemplateName': 'web', 'LaunchTemplateData': {}}" },
    { "a name has three letters at least", "InvalidLaunchTemplateName.MalformedException",
      "CreateLaunchTemplate", "{'LaunchTemplateName': 'ab', 'LaunchTemplateData': {}}" },
    { "a name has no blanks", "InvalidLaunchTemplateName.MalformedException",
      "CreateLaunchTemplate", "{'LaunchTemplateName': 'a b c', 'LaunchTemplateData': {}}" },
    { "user data is base64", "InvalidUserData.Malformed", "CreateLaunchTemplate",
      "{'LaunchTemplateName': 'new', 'LaunchTemplateData': {'UserData': '*'}}" },
    { "a template is named", "MissingParameter", "DeleteLaunchTemplate", "{}" },
    { "a template is named once", "InvalidParameterCombination", "DeleteLaunchTemplate",
      "{'LaunchTemplateName': 'web', 'LaunchTemplateId': 'lt-00000000000000000'}" },
    { "an unknown name is told", "InvalidLaunchTemplateName.NotFoundException",
      "DescribeLaunchTemplates", "{'LaunchTemplateNames': ['none']}" },
    { "an unknown id is told", "InvalidLaunchTemplateId.NotFound", "DescribeLaunchTemplates",
      "{'LaunchTemplateIds': ['lt-00000000000000000']}" },
    { "a malformed id is told", "InvalidLaunchTemplateId.Malformed", "DescribeLaunchTemplates",
      "{'LaunchTemplateIds': ['web']}" },
    { "an unknown version is told", "InvalidLaunchTemplateId.VersionNotFound", "RunInstances",
      "{'MinCount': 1, 'MaxCount': 1, 'LaunchTemplate': {'LaunchTemplateName': 'web', 'Version': "
      "'3'}}" },
    { "a word is no version", "InvalidLaunchTemplateId.VersionNotFound",
      "CreateLaunchTemplateVersion",
      "{'LaunchTemplateName': 'web', 'SourceVersion': 'two', 'LaunchTemplateData': {}}" },
    { "the default is a version that there is", "InvalidLaunchTemplateId.VersionNotFound",
      "ModifyLaunchTemplate", "{'LaunchTemplateName': 'web', 'DefaultVersion': '3'}" },
    { "numbers need a template", "InvalidParameterValue", "DescribeLaunchTemplateVersions",
      "{'Versions': ['1']}" },
    { "versions of nothing are refused", "MissingParameter", "DescribeLaunchTemplateVersions",
      "{}" },
    { "a page has 200 templates at most", "InvalidParameterValue", "DescribeLaunchTemplates",
      "{'MaxResults': 201}" },
};

static void check_refusal(void **state)
{
    const struct refusal *row = *state;
    struct paper_cloud *paper = NULL;
    AUTO(str) char *id = NULL;

    assert_int_equal(paper_setup((void **)&paper), 0);
    id = two_versions(paper);
    paper_refuses(paper, row->code, row->operation, "%s", row->params);
    paper_cloud_close((void **)&paper);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAPER(a_launch_takes_the_version_it_names),
        WITH_PAPER(a_parameter_of_the_launch_overrides_the_template),
        WITH_PAPER(a_version_keeps_what_its_source_has),
        WITH_PAPER(versions_are_chosen_by_number_range_and_filter),
        WITH_PAPER(the_default_version_stays_when_versions_are_deleted),
        WITH_PAPER(a_repeated_token_creates_one_template),
    };
    struct CMUnitTest rows[ARRAY_SIZE(refusals)];

    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
        rows[i] = (struct CMUnitTest){ .name = refusals[i].claim,
                                       .test_func = check_refusal,
                                       .initial_state = (void *)(uintptr_t)&refusals[i] };
    return cmocka_run_group_tests_name("launch templates", tests, NULL, NULL) +
           cmocka_run_group_tests_name("refused templates", rows, NULL, NULL);
}
