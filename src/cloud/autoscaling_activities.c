// SPDX-License-Identifier: Apache-2.0
// What groups did, and what a lab allows.
#include <string.h>

#include "cloud/autoscaling.h"
#include "cloud/scaling_group.h"

/* The activities asked for, the newest first: a new reference. */
static json_t *chosen_activities(struct cloud_call *call)
{
    const char *group = cloud_text(call, "AutoScalingGroupName");
    bool with_deleted = cloud_flag(call, "IncludeDeletedGroups", false);
    AUTO(json) json_t *all = autoscaling_choose(call, CLOUD_ACTIVITY, "ActivityIds");
    json_t *chosen = json_array();

    for (size_t i = json_array_size(all); i-- > 0;) {
        json_t *activity = json_array_get(all, i);
        const char *own = json_text_of(cloud_item(activity), "AutoScalingGroupName");
        bool is_there = cloud_find(call->cloud, CLOUD_SCALING_GROUP, own) != NULL;

        if ((!group || strcmp(group, own) == 0) && (is_there || with_deleted))
            json_array_append(chosen, activity);
    }
    return chosen;
}

static json_t *describe_scaling_activities(struct cloud_call *call)
{
    static const char *const known[] = {
        "ActivityIds", "AutoScalingGroupName", "IncludeDeletedGroups", "MaxRecords", "NextToken",
        NULL
    };
    bool with_deleted = cloud_flag(call, "IncludeDeletedGroups", false);

    if (!autoscaling_obeys(call, known) ||
        (cloud_text(call, "AutoScalingGroupName") && !with_deleted && !autoscaling_group(call)))
        return NULL;
    return autoscaling_describe_take(call, chosen_activities(call), &(struct cloud_filters){ 0 },
                                     "Activities", 100);
}

#define GROUPS_MAX         500
#define CONFIGURATIONS_MAX 200

static json_t *describe_account_limits(struct cloud_call *call)
{
    const struct cloud *cloud = call->cloud;

    return json_pack(
        "{s:i, s:i, s:i, s:i}", "MaxNumberOfAutoScalingGroups", GROUPS_MAX,
        "MaxNumberOfLaunchConfigurations", CONFIGURATIONS_MAX, "NumberOfAutoScalingGroups",
        (int)json_object_size(cloud->tables[CLOUD_SCALING_GROUP]), "NumberOfLaunchConfigurations",
        (int)json_object_size(cloud->tables[CLOUD_LAUNCH_CONFIGURATION]));
}

static json_t *describe_termination_policy_types(struct cloud_call *call)
{
    json_t *types = json_array();

    (void)call;
    for (size_t i = 0; scaling_policies[i]; i++)
        json_array_append_new(types, json_string(scaling_policies[i]));
    return json_pack("{s:o}", "TerminationPolicyTypes", types);
}

static const struct cloud_action actions[] = {
    { "DescribeAccountLimits", describe_account_limits },
    { "DescribeScalingActivities", describe_scaling_activities },
    { "DescribeTerminationPolicyTypes", describe_termination_policy_types },
};

const struct cloud_family cloud_family_autoscaling_activities = { "autoscaling", actions,
                                                                  ARRAY_SIZE(actions) };
