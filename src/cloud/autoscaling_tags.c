// SPDX-License-Identifier: Apache-2.0
// Tags of groups. They reach instances when these are launched, if the tag says so.
#include <string.h>

#include "cloud/autoscaling.h"
#include "cloud/scaling_group.h"

#define TAG_TYPE "auto-scaling-group"

/* One tag in its API shape, a new reference; NULL with the fault set. */
static json_t *complete_tag(struct cloud_call *call, const json_t *tag, const char *group)
{
    const char *id = json_text_of(tag, "ResourceId");
    const char *type = json_text_of(tag, "ResourceType");
    const char *value = json_text_of(tag, "Value");

    if (type && strcmp(type, TAG_TYPE) != 0)
        return cloud_refuse(call, "ValidationError",
                            "'%s' is not a type of resource that can be tagged: " TAG_TYPE, type);
    if (group && id && strcmp(id, group) != 0)
        return cloud_refuse(call, "ValidationError", "The tag is for '%s', the group is '%s'", id,
                            group);
    if (!group && !id)
        return cloud_refuse(call, "ValidationError", "Each tag must have a ResourceId");
    if (!group && !cloud_find(call->cloud, CLOUD_SCALING_GROUP, id))
        return cloud_refuse(call, "ValidationError", "AutoScalingGroup name not found - %s", id);
    return json_pack("{s:s, s:s, s:O, s:s, s:b}", "ResourceId", group ? group : id, "ResourceType",
                     TAG_TYPE, "Key", json_object_get(tag, "Key"), "Value", value ? value : "",
                     "PropagateAtLaunch",
                     (int)json_is_true(json_object_get(tag, "PropagateAtLaunch")));
}

json_t *autoscaling_tags(struct cloud_call *call, const char *group)
{
    const json_t *given = cloud_param(call, "Tags");
    AUTO(json) json_t *tags = json_array();
    json_t *tag;
    size_t i;

    if (!cloud_tags_valid(call, given)) {
        autoscaling_translate(call);
        return NULL;
    }
    json_array_foreach (given, i, tag) {
        json_t *complete = complete_tag(call, tag, group);

        if (!complete)
            return NULL;
        json_array_append_new(tags, complete);
    }
    return STEAL(tags);
}

static void drop_tag(json_t *group, const char *key)
{
    cloud_tag_remove(cloud_item(group), key);
}

void autoscaling_tag_set(json_t *group, const json_t *tag)
{
    drop_tag(group, json_text_of(tag, "Key"));
    json_array_append_new(json_object_get(cloud_item(group), "Tags"), json_deep_copy(tag));
}

static json_t *create_or_update_tags(struct cloud_call *call)
{
    AUTO(json) json_t *tags = autoscaling_tags(call, NULL);
    json_t *tag;
    size_t i;

    json_array_foreach (tags, i, tag)
        autoscaling_tag_set(
            cloud_find(call->cloud, CLOUD_SCALING_GROUP, json_text_of(tag, "ResourceId")), tag);
    return tags ? json_object() : NULL;
}

static json_t *delete_tags(struct cloud_call *call)
{
    AUTO(json) json_t *tags = autoscaling_tags(call, NULL);
    json_t *tag;
    size_t i;

    json_array_foreach (tags, i, tag)
        drop_tag(cloud_find(call->cloud, CLOUD_SCALING_GROUP, json_text_of(tag, "ResourceId")),
                 json_text_of(tag, "Key"));
    return tags ? json_object() : NULL;
}

static const struct cloud_filter tag_filters[] = {
    { "auto-scaling-group", "ResourceId" },
    { "key", "Key" },
    { "propagate-at-launch", "PropagateAtLaunch" },
    { "value", "Value" },
};

static json_t *describe_tags(struct cloud_call *call)
{
    json_t *list = json_array();
    const char *name;
    json_t *group;
    json_t *tag;
    size_t i;

    json_object_foreach (call->cloud->tables[CLOUD_SCALING_GROUP], name, group) {
        json_array_foreach (json_object_get(cloud_item(group), "Tags"), i, tag)
            json_array_append_new(list, json_pack("{s:O}", "Item", tag));
    }
    return autoscaling_describe_take(call, list, CLOUD_FILTERS(tag_filters), "Tags", 100);
}

static const struct cloud_action actions[] = {
    { "CreateOrUpdateTags", create_or_update_tags },
    { "DeleteTags", delete_tags },
    { "DescribeTags", describe_tags },
};

const struct cloud_family cloud_family_autoscaling_tags = { "autoscaling", actions,
                                                            ARRAY_SIZE(actions) };
