// SPDX-License-Identifier: Apache-2.0
// CreateTags, DeleteTags and DescribeTags, for all that EC2 has.
#include <string.h>

#include "cloud/filter.h"

#define RESOURCES_MAX 1000

/* The record of a resource by its id, and its kind; NULL when no kind has it. */
static json_t *find_resource(const struct cloud *cloud, const char *id, enum cloud_kind *ret_kind)
{
    for (enum cloud_kind kind = 0; kind < CLOUD_KIND_COUNT; kind++) {
        json_t *record = NULL;

        if (cloud_kinds[kind].prefix[0] && str_starts(id, cloud_kinds[kind].prefix))
            record = cloud_find(cloud, kind, id);
        if (record) {
            *ret_kind = kind;
            return record;
        }
    }
    return NULL;
}

static enum cloud_kind kind_of_id(const char *id)
{
    for (enum cloud_kind kind = 0; kind < CLOUD_KIND_COUNT; kind++) {
        if (cloud_kinds[kind].prefix[0] && str_starts(id, cloud_kinds[kind].prefix))
            return kind;
    }
    return CLOUD_KIND_COUNT;
}

/* All resources of a call, a new reference; NULL with the fault set. */
static json_t *called_resources(struct cloud_call *call)
{
    AUTO(json) json_t *records = json_array();
    json_t *id;
    size_t i;

    json_array_foreach (cloud_param(call, "Resources"), i, id) {
        const char *text = json_string_value(id);
        enum cloud_kind kind = kind_of_id(text);
        json_t *record = find_resource(call->cloud, text, &kind);

        if (!record && kind == CLOUD_KIND_COUNT)
            return cloud_refuse(call, "InvalidID", "The ID '%s' is not valid", text);
        if (!record)
            return cloud_unknown(call, kind, text);
        json_array_append(records, record);
    }
    if (json_array_size(records) > RESOURCES_MAX)
        return cloud_refuse(call, "InvalidParameterValue", "At most %d resources in one call",
                            RESOURCES_MAX);
    return STEAL(records);
}

static size_t tags_after(const json_t *record, const json_t *tags)
{
    size_t count = json_array_size(json_object_get(cloud_item(record), "Tags"));
    json_t *tag;
    size_t i;

    json_array_foreach (tags, i, tag)
        count += !cloud_tag(cloud_item(record), json_text_of(tag, "Key"));
    return count;
}

static json_t *create_tags(struct cloud_call *call)
{
    const json_t *tags = cloud_param(call, "Tags");
    AUTO(json) json_t *records = called_resources(call);
    json_t *record;
    json_t *tag;
    size_t i;
    size_t j;

    if (!records || !cloud_tags_valid(call, tags))
        return NULL;
    json_array_foreach (records, i, record) {
        if (tags_after(record, tags) > 50)
            return cloud_refuse(call, "TagLimitExceeded",
                                "The maximum number of Tags for a resource is 50");
    }
    json_array_foreach (records, i, record) {
        const char *id = json_string_value(json_array_get(cloud_param(call, "Resources"), i));

        json_array_foreach (tags, j, tag) {
            const char *key = json_text_of(tag, "Key");
            const char *value = json_text_of(tag, "Value");

            cloud_tag_set(cloud_item(record), key, value ? value : "");
            cloud_event(call->cloud, "tag-set", id, "key", key, "value", value ? value : "", NULL);
        }
    }
    return json_object();
}

/* A tag is named by its key, or by key and value: then it goes only if both are so. */
static void delete_tag(struct cloud_call *call, const char *id, json_t *item, const json_t *tag)
{
    const char *key = json_text_of(tag, "Key");
    const char *value = json_text_of(tag, "Value");
    const char *is = key ? cloud_tag(item, key) : NULL;

    if (!is || (value && strcmp(value, is) != 0))
        return;
    cloud_tag_remove(item, key);
    cloud_event(call->cloud, "tag-removed", id, "key", key, NULL);
}

static json_t *delete_tags(struct cloud_call *call)
{
    const json_t *tags = cloud_param(call, "Tags");
    AUTO(json) json_t *records = called_resources(call);
    json_t *record;
    json_t *tag;
    size_t i;
    size_t j;

    json_array_foreach (records, i, record) {
        const char *id = json_string_value(json_array_get(cloud_param(call, "Resources"), i));

        json_array_foreach (tags, j, tag)
            delete_tag(call, id, cloud_item(record), tag);
        if (!tags) /* all of them */
            json_array_clear(json_object_get(cloud_item(record), "Tags"));
    }
    return records ? json_object() : NULL;
}

static const struct cloud_filter tag_filters[] = {
    { "key", "Key" },
    { "resource-id", "ResourceId" },
    { "resource-type", "ResourceType" },
    { "value", "Value" },
};

static void list_tags(const char *id, const json_t *record, enum cloud_kind kind, json_t *list)
{
    json_t *tag;
    size_t i;

    json_array_foreach (json_object_get(cloud_item(record), "Tags"), i, tag)
        json_array_append_new(list, json_pack("{s:{s:O, s:s, s:s, s:O}}", "Item", "Key",
                                              json_object_get(tag, "Key"), "ResourceId", id,
                                              "ResourceType", cloud_kinds[kind].type, "Value",
                                              json_object_get(tag, "Value")));
}

static json_t *describe_tags(struct cloud_call *call)
{
    json_t *list = json_array();

    for (enum cloud_kind kind = 0; kind < CLOUD_KIND_COUNT; kind++) {
        const char *id;
        json_t *record;

        if (!cloud_kinds[kind].prefix[0])
            continue;
        json_object_foreach (call->cloud->tables[kind], id, record)
            list_tags(id, record, kind, list);
    }
    return cloud_describe_take(call, CLOUD_FILTERS(tag_filters), list, "Tags");
}

static const struct cloud_action actions[] = {
    { "CreateTags", create_tags },
    { "DeleteTags", delete_tags },
    { "DescribeTags", describe_tags },
};

const struct cloud_family cloud_family_ec2_tags = { "ec2", actions, ARRAY_SIZE(actions) };
