// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_instance_tags.h"

#include "base/json_walk.h"
#include "base/str.h"
#include "ext/arguments.h"
#include "ext/aws_call.h"
#include "ext/aws_explain.h"
#include "ext/aws_instances.h"
#include "ext/aws_inverse.h"
#include "ext/aws_lists.h"
#include "ext/aws_pick.h"
#include "ext/aws_tags.h"

/* The tags to set, the ids of the instances drawn to get them, and all instances found. */
static int select_untagged(const struct chaos_call *call, json_t **ret_tags, json_t **ret_ids,
                           json_t **ret_instances, struct chaos_error *err)
{
    AUTO(json) json_t *tags = NULL;
    AUTO(json) json_t *instances = NULL;
    AUTO(json) json_t *by_type = NULL;
    const json_t *ids;
    size_t count;

    if (aws_tags_read_pairs(argument(call, "tags"), &tags, err) < 0)
        return -(int)err->code;
    if (!json_array_size(tags))
        return aws_fail(call, "Missing tags to be set", err);
    if (aws_instances_list(call, json_pack("{s:o}", "Filters", aws_instances_filters(call)),
                           &instances, err) < 0)
        return -(int)err->code;
    by_type = aws_instances_by_type(instances);
    ids = json_object_get(by_type, "normal");
    if (!json_array_size(ids))
        return aws_fail(call, "No instances in availability zone: {az}", err);
    count = aws_pick_share(json_array_size(ids), argument_number(call, "percentage"));
    *ret_ids = aws_pick(call, ids, count ? count : 1);
    *ret_tags = STEAL(tags);
    *ret_instances = STEAL(instances);
    return 0;
}

/* CreateTags or DeleteTags; `resources` and `tags` are borrowed. */
static json_t *tagging(json_t *resources, json_t *tags)
{
    return json_pack("{s:O, s:O}", "Resources", resources, "Tags", tags);
}

int set_tags_on_instances(const struct chaos_call *call, json_t **ret_output,
                          struct chaos_error *err)
{
    AUTO(json) json_t *tags = NULL;
    AUTO(json) json_t *instances = NULL;
    AUTO(json) json_t *ids = NULL;
    AUTO(str) char *text = NULL;

    if (select_untagged(call, &tags, &ids, &instances, err) < 0)
        return -(int)err->code;
    text = aws_ids_text(ids);
    chaos_log_info(call->context, "Setting tags on instances %s", text);
    return aws_call(call, "ec2", "CreateTags", tagging(ids, tags), ret_output, err);
}

/* File an instance under what `tag` says of it now: in `former` by value, or in `without`. One that
 * has the value already is not touched. */
static void file_instance(json_t *instance, json_t *tag, json_t *former, json_t *without)
{
    const json_t *held =
        aws_list_find(json_object_get(instance, "Tags"), "Key", json_text_of(tag, "Key"));
    const char *value = json_text_of(held, "Value");
    json_t *id = json_object_get(instance, "InstanceId");

    if (!held) {
        json_array_append(without, id);
        return;
    }
    if (!value || str_equal(value, json_text_of(tag, "Value")))
        return;
    if (!json_object_get(former, value))
        json_object_set_new(former, value, json_array());
    json_array_append(json_object_get(former, value), id);
}

/* What undoes one tag: its former value where there was one, else its removal, which only removes
 * the value that was set. */
static void undo_tag(const json_t *instances, const json_t *ids, json_t *tag, json_t *requests)
{
    AUTO(json) json_t *former = json_object();
    AUTO(json) json_t *without = json_array();
    AUTO(json) json_t *set = json_pack("[O]", tag);
    json_t *instance;
    json_t *resources;
    const char *value;
    size_t i;

    json_array_foreach (instances, i, instance)
        if (aws_list_holds(ids, json_object_get(instance, "InstanceId")))
            file_instance(instance, tag, former, without);
    json_object_foreach (former, value, resources) {
        AUTO(json)
        json_t *tags =
            json_pack("[{s:O, s:s}]", "Key", json_object_get(tag, "Key"), "Value", value);

        json_array_append_new(requests, aws_undo("ec2", "CreateTags", tagging(resources, tags)));
    }
    if (json_array_size(without))
        json_array_append_new(requests, aws_undo("ec2", "DeleteTags", tagging(without, set)));
}

int undo_set_tags(const struct chaos_call *call, json_t **ret_activity, struct chaos_error *err)
{
    AUTO(json) json_t *tags = NULL;
    AUTO(json) json_t *instances = NULL;
    AUTO(json) json_t *ids = NULL;
    AUTO(json) json_t *requests = json_array();
    json_t *tag;
    size_t i;

    if (select_untagged(call, &tags, &ids, &instances, err) < 0)
        return -(int)err->code;
    json_array_foreach (tags, i, tag)
        undo_tag(instances, ids, tag, requests);
    *ret_activity = aws_inverse(STEAL(requests));
    return 0;
}

/* The tags to remove, and the instances that have all of them with these values. */
static int select_tagged(const struct chaos_call *call, json_t **ret_tags, json_t **ret_ids,
                         struct chaos_error *err)
{
    AUTO(json) json_t *tags = NULL;
    AUTO(json) json_t *filters = json_array();
    AUTO(json) json_t *instances = NULL;
    json_t *tag;
    size_t i;

    if (aws_tags_read_pairs(argument(call, "tags"), &tags, err) < 0)
        return -(int)err->code;
    json_array_foreach (tags, i, tag)
        aws_filter_add_tag(filters, json_text_of(tag, "Key"), json_text_of(tag, "Value"));
    aws_instances_filter_zone(call, filters);
    if (aws_instances_list(call, json_pack("{s:O}", "Filters", filters), &instances, err) < 0)
        return -(int)err->code;
    *ret_ids = aws_instances_ids(instances, NULL);
    *ret_tags = STEAL(tags);
    return 0;
}

int undo_remove_tags(const struct chaos_call *call, json_t **ret_activity, struct chaos_error *err)
{
    AUTO(json) json_t *tags = NULL;
    AUTO(json) json_t *ids = NULL;

    if (select_tagged(call, &tags, &ids, err) < 0)
        return -(int)err->code;
    if (json_array_size(ids))
        *ret_activity = aws_inverse_one("ec2", "CreateTags", tagging(ids, tags));
    return 0;
}

int remove_tags_from_instances(const struct chaos_call *call, json_t **ret_output,
                               struct chaos_error *err)
{
    AUTO(json) json_t *tags = NULL;
    AUTO(json) json_t *ids = NULL;
    AUTO(str) char *text = NULL;

    if (select_tagged(call, &tags, &ids, err) < 0)
        return -(int)err->code;
    if (!json_array_size(ids))
        return aws_fail(call, "No instances with the tags {tags}", err);
    text = aws_ids_text(ids);
    chaos_log_info(call->context, "Removing tags from instances %s", text);
    return aws_call(call, "ec2", "DeleteTags", tagging(ids, tags), ret_output, err);
}
