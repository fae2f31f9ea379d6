// SPDX-License-Identifier: Apache-2.0
#include "cloud/scaling_activity.h"

#include "cloud/scaling_group.h"

/* AWS keeps six weeks; a lab this many of a group. */
#define KEPT_MAX 500

static void drop_oldest(struct cloud *cloud, const char *group)
{
    AUTO(str) char *oldest = NULL;
    size_t count = 0;
    const char *id;
    json_t *activity;

    json_object_foreach (cloud->tables[CLOUD_ACTIVITY], id, activity) {
        if (!str_equal(json_text_of(cloud_item(activity), "AutoScalingGroupName"), group))
            continue;
        if (count++ == 0)
            oldest = mem_strdup(id);
    }
    if (count >= KEPT_MAX)
        cloud_drop(cloud, CLOUD_ACTIVITY, oldest);
}

/* Version 4 of RFC 9562 in looks. */
static char *new_id(void)
{
    AUTO(str) char *d = cloud_random("0123456789abcdef", 30);

    return mem_printf("%.8s-%.4s-4%.3s-a%.3s-%.12s", d, d + 8, d + 12, d + 15, d + 18);
}

json_t *activity_begin(struct cloud *cloud, json_t *group, const char *instance_id,
                       const char *description, const char *cause)
{
    AUTO(str) char *id = new_id();
    AUTO(str) char *now = cloud_iso_now();
    AUTO(str) char *because = mem_printf("At %s %s.", now, cause);
    json_t *activity;

    drop_oldest(cloud, scaling_name(group));
    activity = cloud_add(cloud, CLOUD_ACTIVITY, id,
                         json_pack("{s:{s:s, s:s, s:O, s:s, s:s, s:s, s:s, s:i, s:s}}", "Item",
                                   "ActivityId", id, "AutoScalingGroupName", scaling_name(group),
                                   "AutoScalingGroupARN",
                                   json_object_get(cloud_item(group), "AutoScalingGroupARN"),
                                   "Description", description, "Cause", because, "StartTime", now,
                                   "StatusCode", "InProgress", "Progress", 50, "Details", "{}"));
    if (instance_id)
        activity_set_instance(activity, description, instance_id);
    return activity;
}

void activity_set_instance(json_t *activity, const char *description, const char *instance_id)
{
    AUTO(str) char *text = mem_printf("%s: %s", description, instance_id);

    cloud_set_text(cloud_item(activity), "Description", text);
    cloud_set_text(activity, "InstanceId", instance_id);
}

void activity_end(json_t *activity, const char *failure)
{
    AUTO(str) char *now = cloud_iso_now();
    json_t *item = cloud_item(activity);

    if (!activity)
        return;
    cloud_set_text(item, "EndTime", now);
    cloud_set_text(item, "StatusCode", failure ? "Failed" : "Successful");
    json_object_set_new(item, "Progress", json_integer(100));
    if (failure)
        cloud_set_text(item, "StatusMessage", failure);
}

json_t *activity_open(const struct cloud *cloud, const json_t *group, const char *instance_id)
{
    json_t *found = NULL;
    const char *id;
    json_t *activity;

    json_object_foreach (cloud->tables[CLOUD_ACTIVITY], id, activity) {
        const json_t *item = cloud_item(activity);

        if (str_equal(json_text_of(activity, "InstanceId"), instance_id) &&
            str_equal(json_text_of(item, "AutoScalingGroupName"), scaling_name(group)) &&
            !json_object_get(item, "EndTime"))
            found = activity;
    }
    return found;
}
