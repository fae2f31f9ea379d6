// SPDX-License-Identifier: Apache-2.0
// Tags on items, and the rules that AWS has for them.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
#include <string.h>

#include "cloud/state.h"

#define KEY_MAX   128
#define VALUE_MAX 256
#define TAGS_MAX  50

static json_t *find_tag(const json_t *item, const char *key)
{
    json_t *tag;
    size_t i;

    json_array_foreach (json_object_get(item, "Tags"), i, tag) {
        if (strcmp(json_text_of(tag, "Key"), key) == 0)
            return tag;
    }
    return NULL;
}

const char *cloud_tag(const json_t *item, const char *key)
{
    return json_text_of(find_tag(item, key), "Value");
}

json_t *cloud_tags(const json_t *item)
{
    json_t *tags = json_object();
    json_t *tag;
    size_t i;

    json_array_foreach (json_object_get(item, "Tags"), i, tag)
        json_object_set(tags, json_text_of(tag, "Key"), json_object_get(tag, "Value"));
    return tags;
}

void cloud_tag_set(json_t *item, const char *key, const char *value)
{
    json_t *tag = find_tag(item, key);

    if (tag) {
        cloud_set_text(tag, "Value", value);
        return;
    }
    if (!json_object_get(item, "Tags"))
        json_object_set_new(item, "Tags", json_array());
    json_array_append_new(json_object_get(item, "Tags"),
                          json_pack("{s:s, s:s}", "Key", key, "Value", value));
}

void cloud_tag_remove(json_t *item, const char *key)
{
    json_t *tags = json_object_get(item, "Tags");

    for (size_t i = json_array_size(tags); i-- > 0;) {
        if (strcmp(json_text_of(json_array_get(tags, i), "Key"), key) == 0)
            json_array_remove(tags, i);
    }
}

static bool is_too_long(const char *text, size_t most)
{
    size_t characters = 0;

    for (; *text; text++)
        characters += ((unsigned char)*text & 0xc0) != 0x80;
    return characters > most;
}

static bool tag_is_valid(struct cloud_call *call, const json_t *tag)
{
    const char *key = json_text_of(tag, "Key");
    const char *value = json_text_of(tag, "Value");

    if (!key || !*key)
        cloud_refuse(call, "InvalidParameterValue", "Tag keys must be given and not empty");
    else if (is_too_long(key, KEY_MAX))
        cloud_refuse(call, "InvalidParameterValue",
                     "Tag key exceeds the maximum length of %d characters", KEY_MAX);
    else if (value && is_too_long(value, VALUE_MAX))
        cloud_refuse(call, "InvalidParameterValue",
                     "Tag value exceeds the maximum length of %d characters", VALUE_MAX);
    else if (str_starts(key, "aws:"))
        cloud_refuse(call, "InvalidParameterValue",
                     "Tag keys starting with 'aws:' are reserved for internal use");
    else
        return true;
    return false;
}

bool cloud_tags_valid(struct cloud_call *call, const json_t *tags)
{
    json_t *tag;
    size_t i;

    json_array_foreach (tags, i, tag) {
        if (!tag_is_valid(call, tag))
            return false;
    }
    if (json_array_size(tags) > TAGS_MAX) {
        cloud_refuse(call, "TagLimitExceeded", "The maximum number of Tags for a resource is %d",
                     TAGS_MAX);
        return false;
    }
    return true;
}

json_t *cloud_tags_specified(struct cloud_call *call, enum cloud_kind kind)
{
    const char *type = cloud_kinds[kind].type;
    AUTO(json) json_t *item = json_pack("{s:[]}", "Tags");
    json_t *specification;
    json_t *tag;
    size_t i;
    size_t j;

    json_array_foreach (cloud_param(call, "TagSpecifications"), i, specification) {
        const char *about = json_text_of(specification, "ResourceType");
        const json_t *tags = json_object_get(specification, "Tags");

        if (!about)
            return cloud_refuse(call, "InvalidParameterValue",
                                "Tag specification resource type must have a value");
        if (!cloud_tags_valid(call, tags))
            return NULL;
        if (strcmp(about, type) != 0)
            continue;
        json_array_foreach (tags, j, tag) {
            const char *value = json_text_of(tag, "Value");

            cloud_tag_set(item, json_text_of(tag, "Key"), value ? value : "");
        }
    }
    return json_incref(json_object_get(item, "Tags"));
}
