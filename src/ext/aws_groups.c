// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "ext/arguments.h"
#include "ext/aws_call.h"
#include "ext/aws_explain.h"
#include "ext/aws_lists.h"
#include "ext/aws_tags.h"
#include "value/pytext.h"

int aws_groups_check(const struct chaos_call *call, struct chaos_error *err)
{
    bool by_name = argument_given(call, "asg_names");
    bool by_tags = argument_given(call, "tags");

    if (!by_name && !by_tags)
        return aws_fail(call, "one of the following arguments are required: asg_names or tags",
                        err);
    if (by_name && by_tags)
        return aws_fail(call, "only one of the following arguments are allowed: asg_names/tags",
                        err);
    return 0;
}

json_t *aws_groups_names(const json_t *answer)
{
    return aws_list_of(json_object_get(answer, "AutoScalingGroups"), "AutoScalingGroupName");
}

static int check_absent(const json_t *names, const json_t *answer, const char *absent,
                        struct chaos_error *err)
{
    AUTO(json) json_t *found = aws_groups_names(answer);
    AUTO(json) json_t *missing = aws_list_without(names, found);
    AUTO(str) char *text = pytext_of(missing);

    if (json_array_size(missing))
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "%s%s", absent, text);
    return 0;
}

int aws_groups_by_name(const struct chaos_call *call, const json_t *names, const char *absent,
                       json_t **ret_answer, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (aws_pages(call, "autoscaling", "DescribeAutoScalingGroups",
                  json_pack("{s:O}", "AutoScalingGroupNames", names), &answer, err) < 0 ||
        check_absent(names, answer, absent, err) < 0)
        return -(int)err->code;
    *ret_answer = STEAL(answer);
    return 0;
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The keys of an object, sorted. */
static json_t *sorted_keys(json_t *object)
{
    AUTO(mem) const char **keys = mem_zero(json_object_size(object) + 1, sizeof(*keys));
    json_t *sorted = json_array();
    const char *key;
    json_t *value;
    size_t count = 0;

    json_object_foreach (object, key, value)
        keys[count++] = key;
    qsort(keys, count, sizeof(*keys), by_text);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(sorted, json_string(keys[i]));
    return sorted;
}

/* Group name -> its tags among those that were asked for. */
static json_t *collect_tags(const json_t *answer)
{
    json_t *groups = json_object();
    json_t *tag;
    size_t i;

    json_array_foreach (json_object_get(answer, "Tags"), i, tag) {
        const char *name = json_text_of(tag, "ResourceId");

        if (!name || !str_equal(json_text_of(tag, "ResourceType"), "auto-scaling-group"))
            continue;
        if (!json_object_get(groups, name))
            json_object_set_new(groups, name, json_array());
        json_array_append(json_object_get(groups, name), tag);
    }
    return groups;
}

int aws_groups_tagged(const struct chaos_call *call, const json_t *tags, json_t **ret_names,
                      struct chaos_error *err)
{
    AUTO(json) json_t *filters = json_array();
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *groups = NULL;
    const char *name;
    json_t *found;
    json_t *tag;
    void *next;
    size_t i;

    json_array_foreach (tags, i, tag) {
        aws_filter_add(filters, "key", json_text_of(tag, "Key"));
        aws_filter_add(filters, "value", json_text_of(tag, "Value"));
    }
    if (aws_pages(call, "autoscaling", "DescribeTags", json_pack("{s:O}", "Filters", filters),
                  &answer, err) < 0)
        return -(int)err->code;
    /* The service answers with every tag that has one of the keys and one of the values. */
    groups = collect_tags(answer);
    json_object_foreach_safe(groups, next, name, found)
    {
        if (!aws_tags_contain(found, tags))
            json_object_del(groups, name);
    }
    *ret_names = sorted_keys(groups);
    return 0;
}

int aws_groups_find(const struct chaos_call *call, json_t **ret_answer, struct chaos_error *err)
{
    static const char absent[] = "No ASG(s) found with name(s): ";
    AUTO(json) json_t *names = NULL;

    if (aws_groups_check(call, err) < 0)
        return -(int)err->code;
    if (argument_given(call, "asg_names"))
        return aws_groups_by_name(call, argument(call, "asg_names"), absent, ret_answer, err);
    if (aws_groups_tagged(call, argument(call, "tags"), &names, err) < 0)
        return -(int)err->code;
    if (!json_array_size(names))
        return aws_fail(call, "No ASG(s) found with matching tag(s): {tags}.", err);
    return aws_groups_by_name(call, names, absent, ret_answer, err);
}

bool aws_group_suspends(const json_t *group, const char *process)
{
    return aws_list_find(json_object_get(group, "SuspendedProcesses"), "ProcessName", process);
}
