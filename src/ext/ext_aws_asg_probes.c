// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.asg.probes.
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "ext/arguments.h"
#include "ext/aws_call.h"
#include "ext/aws_explain.h"
#include "ext/aws_groups.h"
#include "ext/aws_lists.h"
#include "ext/aws_row.h"
#include "ext/aws_tags.h"

#define POLL_MS 100
/* What a wait gives back that never came to its end: sys.maxsize, as the reference. */
#define NEVER_S INT64_MAX
/* The most names that one DescribeAutoScalingGroups takes. */
#define NAMES_MAX   50
#define PAGE_SIZE   100
#define ABSENT      "No ASG(s) found matching: "
#define ABSENT_TAGS "No auto-scaling groups matched the tags provided"

/* All groups are listed and compared here: DescribeTags cannot say "all of these tags". */
static int find_tagged(const struct chaos_call *call, json_t **ret_answer, struct chaos_error *err)
{
    AUTO(json) json_t *all = NULL;
    AUTO(json) json_t *names = json_array();
    json_t *group;
    size_t i;

    if (aws_pages(call, "autoscaling", "DescribeAutoScalingGroups",
                  json_pack("{s:i}", "MaxRecords", PAGE_SIZE), &all, err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(all, "AutoScalingGroups"), i, group)
        if (aws_tags_contain(json_object_get(group, "Tags"), argument(call, "tags")))
            json_array_append(names, json_object_get(group, "AutoScalingGroupName"));
    if (!json_array_size(names))
        return aws_fail(call, ABSENT_TAGS, err);
    return aws_pages(call, "autoscaling", "DescribeAutoScalingGroups",
                     json_pack("{s:O}", "AutoScalingGroupNames", names), ret_answer, err);
}

/* The same by name: only the groups, without the rest of the answer. */
static int find_named(const struct chaos_call *call, json_t **ret_answer, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (aws_groups_by_name(call, argument(call, "asg_names"), ABSENT, &answer, err) < 0)
        return -(int)err->code;
    *ret_answer =
        json_pack("{s:O}", "AutoScalingGroups", json_object_get(answer, "AutoScalingGroups"));
    return 0;
}

static int find_either(const struct chaos_call *call, json_t **ret_answer, struct chaos_error *err)
{
    return argument_given(call, "asg_names") ? find_named(call, ret_answer, err)
                                             : find_tagged(call, ret_answer, err);
}

static int describe_auto_scaling_groups(const struct chaos_call *call, json_t **ret_output,
                                        struct chaos_error *err)
{
    if (!argument_given(call, "asg_names") && !argument_given(call, "tags"))
        return aws_fail(call, "Must specify either \"asg_names\" or \"tags\"", err);
    return find_either(call, ret_output, err);
}

static json_int_t count_health(const json_t *group, const char *health, bool only_in_service)
{
    json_int_t count = 0;
    json_t *instance;
    size_t i;

    json_array_foreach (json_object_get(group, "Instances"), i, instance)
        if (str_equal(json_text_of(instance, "HealthStatus"), health) &&
            (!only_in_service || str_equal(json_text_of(instance, "LifecycleState"), "InService")))
            count++;
    return count;
}

/* Whether there are groups, and all have as many healthy instances in service as they want. */
static bool is_healthy(const json_t *answer)
{
    json_t *groups = json_object_get(answer, "AutoScalingGroups");
    json_t *group;
    size_t i;

    json_array_foreach (groups, i, group) {
        json_int_t healthy = count_health(group, "Healthy", true);

        if (!healthy || healthy != json_integer_value(json_object_get(group, "DesiredCapacity")))
            return false;
    }
    return json_array_size(groups) > 0;
}

typedef int (*find_groups)(const struct chaos_call *call, json_t **ret_answer,
                           struct chaos_error *err);

/* Names that are not there are no error here, as in the reference. */
static int find_some(const struct chaos_call *call, json_t **ret_answer, struct chaos_error *err)
{
    return aws_pages(call, "autoscaling", "DescribeAutoScalingGroups",
                     json_pack("{s:O}", "AutoScalingGroupNames", argument(call, "asg_names")),
                     ret_answer, err);
}

static int check_given(const struct chaos_call *call, const char *name, struct chaos_error *err)
{
    if (argument_given(call, name))
        return 0;
    return aws_fail(call,
                    str_equal(name, "tags") ? "Non-empty tags is required"
                                            : "Non-empty list of auto scaling groups is required",
                    err);
}

static int judge(const struct chaos_call *call, find_groups find, json_t **ret_output,
                 struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (find(call, &answer, err) < 0)
        return -(int)err->code;
    *ret_output = json_boolean(is_healthy(answer));
    return 0;
}

static int desired_equals_healthy(const struct chaos_call *call, json_t **ret_output,
                                  struct chaos_error *err)
{
    if (check_given(call, "asg_names", err) < 0)
        return -(int)err->code;
    return judge(call, find_some, ret_output, err);
}

static int desired_equals_healthy_tags(const struct chaos_call *call, json_t **ret_output,
                                       struct chaos_error *err)
{
    if (check_given(call, "tags", err) < 0)
        return -(int)err->code;
    return judge(call, find_tagged, ret_output, err);
}

/* The seconds until the groups are healthy (or no longer), or NEVER_S after the timeout. */
static int wait_for_health(const struct chaos_call *call, find_groups find, bool wanted,
                           json_t **ret_output, struct chaos_error *err)
{
    int64_t start = clock_now();
    int64_t deadline = clock_deadline(argument_number(call, "timeout"));

    for (;;) {
        AUTO(json) json_t *answer = NULL;

        if (find(call, &answer, err) < 0)
            return -(int)err->code;
        if (clock_now() > deadline) {
            *ret_output = json_integer(NEVER_S);
            return 0;
        }
        if (is_healthy(answer) == wanted) {
            *ret_output = json_integer((clock_now() - start) / CLOCK_NS_PER_S);
            return 0;
        }
        if (chaos_wait(call->context, -1, 0, POLL_MS, err) < 0)
            return -(int)err->code;
    }
}

static int wait_desired_equals_healthy(const struct chaos_call *call, json_t **ret_output,
                                       struct chaos_error *err)
{
    if (check_given(call, "asg_names", err) < 0)
        return -(int)err->code;
    return wait_for_health(call, find_some, true, ret_output, err);
}

static int wait_desired_equals_healthy_tags(const struct chaos_call *call, json_t **ret_output,
                                            struct chaos_error *err)
{
    if (check_given(call, "tags", err) < 0)
        return -(int)err->code;
    return wait_for_health(call, find_tagged, true, ret_output, err);
}

static int wait_desired_not_equals_healthy_tags(const struct chaos_call *call, json_t **ret_output,
                                                struct chaos_error *err)
{
    if (check_given(call, "tags", err) < 0)
        return -(int)err->code;
    return wait_for_health(call, find_tagged, false, ret_output, err);
}

static bool is_settled(const json_t *group)
{
    return count_health(group, "Healthy", true) ==
           (json_int_t)json_array_size(json_object_get(group, "Instances"));
}

static int is_scaling_in_progress(const struct chaos_call *call, json_t **ret_output,
                                  struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    bool settled = true;
    json_t *group;
    size_t i;

    if (check_given(call, "tags", err) < 0 || find_tagged(call, &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "AutoScalingGroups"), i, group)
        settled = settled && is_settled(group);
    *ret_output = json_boolean(!settled);
    return 0;
}

static int process_is_suspended(const struct chaos_call *call, json_t **ret_output,
                                struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    json_t *groups;
    json_t *group;
    json_t *process;
    bool all = true;
    size_t i;
    size_t k;

    if (aws_groups_check(call, err) < 0)
        return -(int)err->code;
    if (!argument_given(call, "process_names"))
        return aws_fail(call, "process_names must name at least one process", err);
    if (find_either(call, &answer, err) < 0)
        return -(int)err->code;
    groups = json_object_get(answer, "AutoScalingGroups");
    json_array_foreach (groups, i, group)
        json_array_foreach (argument(call, "process_names"), k, process)
            all = all && aws_group_suspends(group, json_string_value(process));
    *ret_output = json_boolean(all);
    return 0;
}

/* Whether the comma-separated `zones` are the `subnets`, each once, in any order. */
static bool has_exactly(const char *zones, const json_t *subnets)
{
    AUTO(str) char *copy = mem_strdup(zones ? zones : "");
    AUTO(json) json_t *left = json_copy(json_walkable(subnets));
    char *rest = copy;
    char *zone;

    while ((zone = strsep(&rest, ","))) {
        size_t i;
        json_t *subnet;

        json_array_foreach (left, i, subnet)
            if (str_equal(json_string_value(subnet), zone))
                break;
        if (json_array_remove(left, i) < 0)
            return false;
    }
    return json_array_size(left) == 0;
}

static int has_subnets(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    bool all = true;
    json_t *group;
    size_t i;

    if (aws_groups_check(call, err) < 0 || find_either(call, &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "AutoScalingGroups"), i, group)
        all =
            all && has_exactly(json_text_of(group, "VPCZoneIdentifier"), argument(call, "subnets"));
    *ret_output = json_boolean(all);
    return 0;
}

/* The names of both arguments together, each once. */
static int collect_names(const struct chaos_call *call, json_t **ret_names, struct chaos_error *err)
{
    AUTO(json) json_t *set = json_object();
    AUTO(json) json_t *tagged = NULL;
    const char *key;
    json_t *name;
    size_t i;

    if (argument_given(call, "tags") &&
        aws_groups_tagged(call, argument(call, "tags"), &tagged, err) < 0)
        return -(int)err->code;
    json_array_foreach (argument(call, "asg_names"), i, name)
        json_object_set(set, json_string_value(name), name);
    json_array_foreach (tagged, i, name)
        json_object_set(set, json_string_value(name), name);
    *ret_names = json_array();
    json_object_foreach (set, key, name)
        json_array_append(*ret_names, name);
    return 0;
}

static int instance_count_by_health(const struct chaos_call *call, json_t **ret_output,
                                    struct chaos_error *err)
{
    const char *health = argument_flag(call, "count_healthy") ? "Healthy" : "Unhealthy";
    AUTO(json) json_t *names = NULL;
    json_int_t count = 0;

    if (!argument_given(call, "asg_names") && !argument_given(call, "tags"))
        return aws_fail(call, "missing one of the required parameters: asg_names or tags", err);
    if (collect_names(call, &names, err) < 0)
        return -(int)err->code;
    for (size_t first = 0; first < json_array_size(names); first += NAMES_MAX) {
        AUTO(json) json_t *answer = NULL;
        json_t *group;
        size_t i;

        if (aws_pages(call, "autoscaling", "DescribeAutoScalingGroups",
                      json_pack("{s:o}", "AutoScalingGroupNames",
                                aws_list_slice(names, first, NAMES_MAX)),
                      &answer, err) < 0)
            return -(int)err->code;
        json_array_foreach (json_object_get(answer, "AutoScalingGroups"), i, group)
            count += count_health(group, health, false);
    }
    *ret_output = json_integer(count);
    return 0;
}

#define NAMES     OPTIONAL("asg_names", CHAOS_LIST, "names of the groups")
#define ALL_NAMES REQUIRED("asg_names", CHAOS_LIST, "names of the groups")
#define TAGS_DOC  "tags the groups must have, all of them: a list of {\"Key\", \"Value\"}"
#define TAGS      OPTIONAL("tags", CHAOS_LIST, TAGS_DOC)
#define ALL_TAGS  REQUIRED("tags", CHAOS_LIST, TAGS_DOC)
#define TIMEOUT                                                                                    \
    {                                                                                              \
        .name = "timeout", .type = CHAOS_NUMBER, .default_json = "300",                            \
        .doc = "seconds to wait at most", .min = 0, .max = HUGE_VAL                                \
    }

static const struct chaos_param names_params[] = { ALL_NAMES };
static const struct chaos_param tags_params[] = { ALL_TAGS };
static const struct chaos_param names_wait_params[] = { ALL_NAMES, TIMEOUT };
static const struct chaos_param tags_wait_params[] = { ALL_TAGS, TIMEOUT };
static const struct chaos_param either_params[] = { NAMES, TAGS };
static const struct chaos_param process_params[] = {
    NAMES,
    TAGS,
    OPTIONAL("process_names", CHAOS_LIST, "scaling processes: \"Launch\", \"Terminate\", …"),
};
static const struct chaos_param subnet_params[] = {
    REQUIRED("subnets", CHAOS_LIST, "ids of the subnets"),
    NAMES,
    TAGS,
};
static const struct chaos_param health_params[] = {
    NAMES,
    TAGS,
    DEFAULT("count_healthy", CHAOS_BOOLEAN, "true", "count the healthy ones, else the unhealthy"),
};

#define SECONDS                                                                                    \
    .result = CHAOS_INTEGER, .result_doc = "seconds it took; 9223372036854775807 after the timeout"
#define TRUTH(what) .result = CHAOS_BOOLEAN, .result_doc = (what)

static const struct chaos_function functions[] = {
    PROBE(describe_auto_scaling_groups, either_params,
          .summary = "the groups with these names or tags", AWS_RESPONSE),
    PROBE(desired_equals_healthy, names_params,
          .summary = "whether the groups have all the healthy instances they want",
          TRUTH("whether each group does")),
    PROBE(desired_equals_healthy_tags, tags_params,
          .summary = "the same for groups with these tags", TRUTH("whether each group does")),
    PROBE(has_subnets, subnet_params, .summary = "whether the groups are in exactly these subnets",
          TRUTH("whether each group is")),
    PROBE(instance_count_by_health, health_params,
          .summary = "how many instances of the groups are healthy or not", .result = CHAOS_INTEGER,
          .result_doc = "instances of all the groups"),
    PROBE(is_scaling_in_progress, tags_params,
          .summary = "whether an instance of the groups is not in service or not healthy",
          TRUTH("whether there is one")),
    PROBE(process_is_suspended, process_params,
          .summary = "whether scaling processes of the groups are suspended",
          TRUTH("whether all are, in each group")),
    PROBE(wait_desired_equals_healthy, names_wait_params,
          .summary = "wait until the groups have the healthy instances they want", SECONDS),
    PROBE(wait_desired_equals_healthy_tags, tags_wait_params,
          .summary = "the same for groups with these tags", SECONDS),
    PROBE(wait_desired_not_equals_healthy_tags, tags_wait_params,
          .summary = "wait until one of the groups lacks healthy instances", SECONDS),
};

AWS_EXTENSION(ext_aws_asg_probes, "chaosaws.asg.probes", "auto scaling groups, looked at");
