// SPDX-License-Identifier: Apache-2.0
// Which instance a group ends when it has too many: of the zone that has the most, by the group's
// termination policies in their order, each of which leaves the instances that rank lowest.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
#include <string.h>

#include "aws/timestamp.h"
#include "cloud/scaling_group.h"

#define US_PER_HOUR INT64_C(3600000000)

typedef int64_t (*policy_rank)(const struct cloud *cloud, const json_t *group, const json_t *entry);

static int64_t launch_time(const struct cloud *cloud, const json_t *entry)
{
    const json_t *instance = cloud_find(cloud, CLOUD_INSTANCE, scaling_entry_id(entry));
    const char *text = json_text_of(cloud_item(instance), "LaunchTime");
    int64_t us = 0;

    if (text)
        (void)!aws_timestamp_parse(text, &us);
    return us;
}

static int64_t oldest_instance(const struct cloud *cloud, const json_t *group, const json_t *entry)
{
    (void)group;
    return launch_time(cloud, entry);
}

/* In one second the later entry is the newer one. */
static int64_t newest_instance(const struct cloud *cloud, const json_t *group, const json_t *entry)
{
    const json_t *entries = scaling_entries(group);
    size_t place = 0;

    while (place < json_array_size(entries) && json_array_get(entries, place) != entry)
        place++;
    return -launch_time(cloud, entry) - (int64_t)place;
}

static int64_t closest_to_hour(const struct cloud *cloud, const json_t *group, const json_t *entry)
{
    int64_t age = clock_wall() / CLOCK_NS_PER_US - launch_time(cloud, entry);

    (void)group;
    return US_PER_HOUR - age % US_PER_HOUR;
}

/* One that is not there any more is older than any that is. */
static int64_t oldest_configuration(const struct cloud *cloud, const json_t *group,
                                    const json_t *entry)
{
    const char *name = json_text_of(entry, "LaunchConfigurationName");
    const json_t *record = name ? cloud_find(cloud, CLOUD_LAUNCH_CONFIGURATION, name) : NULL;
    int64_t us = 0;

    (void)group;
    if (!name)
        return INT64_MAX;
    if (record)
        (void)!aws_timestamp_parse(json_text_of(cloud_item(record), "CreatedTime"), &us);
    return us;
}

/* First what comes of another template than the group's own, then by version. */
static int64_t oldest_template(const struct cloud *cloud, const json_t *group, const json_t *entry)
{
    const json_t *own = json_object_get(cloud_item(group), "LaunchTemplate");
    const json_t *used = json_object_get(entry, "LaunchTemplate");
    const char *version = json_text_of(used, "Version");

    (void)cloud;
    if (!used)
        return INT64_MAX;
    if (!str_equal(json_text_of(own, "LaunchTemplateId"), json_text_of(used, "LaunchTemplateId")))
        return 0;
    return version ? strtoll(version, NULL, 10) : 0;
}

static const struct {
    const char *name;
    policy_rank rank; /* NULL: Default */
} policies[] = {
    { "ClosestToNextInstanceHour", closest_to_hour },
    { "Default", NULL },
    { "NewestInstance", newest_instance },
    { "OldestInstance", oldest_instance },
    { "OldestLaunchConfiguration", oldest_configuration },
    { "OldestLaunchTemplate", oldest_template },
};

const char *const scaling_policies[] = { "ClosestToNextInstanceHour",
                                         "Default",
                                         "NewestInstance",
                                         "OldestInstance",
                                         "OldestLaunchConfiguration",
                                         "OldestLaunchTemplate",
                                         NULL };
_Static_assert(ARRAY_SIZE(scaling_policies) == ARRAY_SIZE(policies) + 1, "every policy has a name");

static const policy_rank by_default[] = { oldest_template, oldest_configuration, closest_to_hour };

static bool may_end(const json_t *entry)
{
    return scaling_counts(entry) && !json_is_true(json_object_get(entry, "ProtectedFromScaleIn"));
}

/* A zone that the group has left comes before all others. */
#define OUTSIDE (INT64_C(1) << 32)

/* Of the zones that have an instance that may end, the one with the most instances. */
static const char *fullest_zone(const json_t *group)
{
    const char *fullest = NULL;
    int64_t most = 0;
    json_t *entry;
    size_t i;

    json_array_foreach (scaling_entries(group), i, entry) {
        const char *zone = json_text_of(entry, "AvailabilityZone");
        int64_t own = scaling_in_zone(group, zone) + (scaling_has_zone(group, zone) ? 0 : OUTSIDE);

        if (may_end(entry) && own > most) {
            most = own;
            fullest = zone;
        }
    }
    return fullest;
}

/* Leave those with the lowest rank. */
static void narrow(const struct cloud *cloud, const json_t *group, policy_rank rank,
                   json_t *candidates)
{
    int64_t lowest = INT64_MAX;
    json_t *entry;
    size_t i;

    json_array_foreach (candidates, i, entry) {
        int64_t own = rank(cloud, group, entry);

        lowest = own < lowest ? own : lowest;
    }
    for (i = json_array_size(candidates); i-- > 0;) {
        if (rank(cloud, group, json_array_get(candidates, i)) > lowest)
            json_array_remove(candidates, i);
    }
}

static void apply_policy(const struct cloud *cloud, const json_t *group, const char *name,
                         json_t *candidates)
{
    for (size_t i = 0; i < ARRAY_SIZE(policies); i++) {
        if (strcmp(policies[i].name, name) == 0 && policies[i].rank)
            narrow(cloud, group, policies[i].rank, candidates);
    }
    for (size_t i = 0; i < ARRAY_SIZE(by_default) && strcmp(name, "Default") == 0; i++)
        narrow(cloud, group, by_default[i], candidates);
}

const json_t *scaling_victim(const struct cloud *cloud, const json_t *group)
{
    const json_t *policy_names = json_object_get(cloud_item(group), "TerminationPolicies");
    const char *zone = fullest_zone(group);
    AUTO(json) json_t *candidates = json_array();
    json_t *entry;
    json_t *name;
    size_t i;

    json_array_foreach (scaling_entries(group), i, entry) {
        if (may_end(entry) && str_equal(json_text_of(entry, "AvailabilityZone"), zone))
            json_array_append(candidates, entry);
    }
    json_array_foreach (policy_names, i, name)
        apply_policy(cloud, group, json_string_value(name), candidates);
    return json_array_get(candidates, 0);
}
