// SPDX-License-Identifier: Apache-2.0
#include "cloud/autoscaling.h"

#include <inttypes.h>
#include <string.h>

#define NAME_MAX_LENGTH 255

json_t *autoscaling_group(struct cloud_call *call)
{
    const char *name = cloud_text(call, "AutoScalingGroupName");
    json_t *group = cloud_find(call->cloud, CLOUD_SCALING_GROUP, name);

    if (!group)
        return cloud_refuse(call, "ValidationError", "AutoScalingGroup name not found - %s", name);
    if (json_is_true(json_object_get(group, "IsDeleted")))
        return cloud_refuse(call, "ScalingActivityInProgress", "The group %s is being deleted",
                            name);
    return group;
}

bool autoscaling_obeys(struct cloud_call *call, const char *const *known)
{
    const char *name;
    json_t *value;

    json_object_foreach (json_walkable(call->params), name, value) {
        bool is_empty = json_is_null(value) || (json_is_array(value) && !json_array_size(value));

        if (str_in(name, known) || is_empty)
            continue;
        cloud_refuse(call, "ValidationError",
                     "%s is not a parameter that this lab obeys; see docs/lab-api.md", name);
        return false;
    }
    return true;
}

void autoscaling_translate(struct cloud_call *call)
{
    if (!call->fault->code || strcmp(call->fault->code, "InvalidNextToken") == 0)
        return;
    free(call->fault->code);
    call->fault->code = mem_strdup("ValidationError");
}

json_t *autoscaling_choose(struct cloud_call *call, enum cloud_kind kind, const char *ids)
{
    const json_t *wanted = cloud_param(call, ids);
    json_t *records;
    json_t *id;
    size_t i;

    if (!json_array_size(wanted))
        return cloud_choose(call, kind, ids);
    records = json_array();
    json_array_foreach (wanted, i, id) {
        json_t *record = cloud_find(call->cloud, kind, json_string_value(id));

        if (record)
            json_array_append(records, record);
    }
    return records;
}

/* A page where the caller asked for none: the service's default is its maximum or half of it. */
static int64_t page_size(struct cloud_call *call, int64_t most)
{
    int64_t usual = most == 100 ? 50 : most;
    int64_t size = cloud_number(call, "MaxRecords", usual);

    if (size >= 1 && size <= most)
        return size;
    cloud_refuse(call, "ValidationError",
                 "1 validation error detected: Value '%" PRId64 "' at 'maxRecords' failed to "
                 "satisfy constraint: Member must have value from 1 to %" PRId64,
                 size, most);
    return 0;
}

json_t *autoscaling_describe_take(struct cloud_call *call, json_t *records,
                                  const struct cloud_filters *filters, const char *key,
                                  int64_t most)
{
    AUTO(json) json_t *chosen = records;
    AUTO(json) json_t *kept = NULL;
    AUTO(json) json_t *page = NULL;
    AUTO(json) json_t *params = json_copy(json_walkable(call->params));
    AUTO(str) char *next = NULL;
    struct cloud_call paged = *call;
    int64_t size = page_size(call, most);
    json_t *items;
    json_t *result;
    json_t *record;
    size_t i;

    if (!size || !chosen)
        return NULL;
    json_object_set_new(params, "MaxRecords", json_integer(size));
    paged.params = params;
    kept = cloud_filter(&paged, filters, chosen);
    page = kept ? cloud_page(&paged, kept, 1, most, &next) : NULL;
    if (!page) {
        autoscaling_translate(call);
        return NULL;
    }
    items = json_array();
    json_array_foreach (page, i, record)
        json_array_append(items, cloud_item(record));
    result = json_pack("{s:o}", key, items);
    if (next)
        cloud_set_text(result, "NextToken", next);
    return result;
}

char *autoscaling_arn(const struct cloud *cloud, const char *kind, const char *name)
{
    AUTO(str) char *d = cloud_random("0123456789abcdef", 30);
    AUTO(str)
    char *rest = mem_printf("%s:%.8s-%.4s-4%.3s-a%.3s-%.12s:%sName/%s", kind, d, d + 8, d + 12,
                            d + 15, d + 18, kind, name);

    return cloud_arn(cloud, "autoscaling", rest);
}

bool autoscaling_name_is_sound(struct cloud_call *call, const char *member, const char *name)
{
    size_t length = strlen(name);
    bool is_printable = true;

    for (const char *c = name; *c; c++)
        is_printable = is_printable && (unsigned char)*c >= ' ' && *c != 127;
    if (length >= 1 && length <= NAME_MAX_LENGTH && is_printable && !strchr(name, ':'))
        return true;
    cloud_refuse(call, "ValidationError",
                 "%s must be 1 to %d characters, none of them a colon or a control character",
                 member, NAME_MAX_LENGTH);
    return false;
}

bool autoscaling_at_least(struct cloud_call *call, const char *member, int64_t least)
{
    int64_t value = cloud_number(call, member, least);

    if (value >= least)
        return true;
    cloud_refuse(call, "ValidationError",
                 "1 validation error detected: Value '%" PRId64 "' at '%s' failed to satisfy "
                 "constraint: Member must have value greater than or equal to %" PRId64,
                 value, member, least);
    return false;
}
