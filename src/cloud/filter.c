// SPDX-License-Identifier: Apache-2.0
#include "cloud/filter.h"

#include <inttypes.h>
#include <string.h>

#include "aws/base64.h"

/* Backtracks to the last '*' only: linear in practice, never worse than the product of lengths. */
bool cloud_wildcard(const char *pattern, const char *text)
{
    const char *star = NULL;
    const char *resume = NULL;

    while (*text) {
        bool is_escaped = *pattern == '\\' && pattern[1];
        char want = is_escaped ? pattern[1] : *pattern;

        if (!is_escaped && *pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern && ((!is_escaped && want == '?') || want == *text)) {
            pattern += is_escaped ? 2 : 1;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

static bool is_one_of(const json_t *values, const char *text)
{
    json_t *value;
    size_t i;

    json_array_foreach (values, i, value) {
        if (json_is_string(value) && cloud_wildcard(json_string_value(value), text))
            return true;
    }
    return false;
}

static bool scalar_matches(const json_t *value, const json_t *values)
{
    AUTO(str) char *text = NULL;

    if (json_is_string(value))
        return is_one_of(values, json_string_value(value));
    if (json_is_boolean(value))
        return is_one_of(values, json_is_true(value) ? "true" : "false");
    if (!json_is_integer(value))
        return false;
    text = mem_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return is_one_of(values, text);
}

static bool path_matches(const json_t *value, const char *path, const json_t *values);

static bool any_matches(const json_t *list, const char *path, const json_t *values)
{
    json_t *item;
    size_t i;

    json_array_foreach (list, i, item) {
        if (path_matches(item, path, values))
            return true;
    }
    return false;
}

#define PATH_PART_MAX 64

/* "A.B[].C": each part is a member; "[]" goes through a list. */
static bool path_matches(const json_t *value, const char *path, const json_t *values)
{
    size_t length = strcspn(path, ".[");
    char part[PATH_PART_MAX];

    if (!*path)
        return scalar_matches(value, values);
    if (length > 0) {
        memcpy(part, path, length);
        part[length] = '\0';
        value = json_object_get(value, part);
        path += length;
    }
    if (str_starts(path, "[]"))
        return any_matches(value, path[2] == '.' ? path + 3 : path + 2, values);
    return value && path_matches(value, *path == '.' ? path + 1 : path, values);
}

static bool tag_matches(const json_t *item, const char *name, const json_t *values)
{
    if (str_starts(name, "tag:")) {
        const char *value = cloud_tag(item, name + strlen("tag:"));

        return value && is_one_of(values, value);
    }
    return path_matches(item, strcmp(name, "tag-key") == 0 ? "Tags[].Key" : "Tags[].Value", values);
}

static bool is_about_tags(const char *name)
{
    return (str_starts(name, "tag:") && name[strlen("tag:")]) || strcmp(name, "tag-key") == 0 ||
           strcmp(name, "tag-value") == 0;
}

static const struct cloud_filter *find_row(const struct cloud_filters *filters, const char *name)
{
    for (size_t i = 0; i < filters->n_rows; i++) {
        if (strcmp(filters->rows[i].name, name) == 0)
            return &filters->rows[i];
    }
    return NULL;
}

static bool record_matches(const json_t *record, const struct cloud_filters *filters,
                           const json_t *filter)
{
    const char *name = json_text_of(filter, "Name");
    const json_t *values = json_object_get(filter, "Values");
    const struct cloud_filter *row = find_row(filters, name);

    if (!row)
        return tag_matches(cloud_item(record), name, values);
    if (row->path[0] == '/')
        return path_matches(record, row->path + 1, values);
    return path_matches(cloud_item(record), row->path, values);
}

/* AWS allows 200 values a filter. */
#define VALUES_MAX 200

static bool filter_is_sound(struct cloud_call *call, const struct cloud_filters *filters,
                            const json_t *filter)
{
    const char *name = json_text_of(filter, "Name");
    size_t n_values = json_array_size(json_object_get(filter, "Values"));

    if (!name || !*name)
        cloud_refuse(call, "InvalidParameterValue", "The filter name is missing");
    else if (!is_about_tags(name) && !find_row(filters, name))
        cloud_refuse(call, "InvalidParameterValue", "The filter '%s' is invalid", name);
    else if (n_values == 0)
        cloud_refuse(call, "InvalidParameterValue", "The filter '%s' has no values", name);
    else if (n_values > VALUES_MAX)
        cloud_refuse(call, "FilterLimitExceeded",
                     "The maximum number of filter values specified on a single call is %d",
                     VALUES_MAX);
    else
        return true;
    return false;
}

json_t *cloud_filter(struct cloud_call *call, const struct cloud_filters *filters,
                     const json_t *records)
{
    const json_t *wanted = cloud_param(call, "Filters");
    AUTO(json) json_t *kept = json_array();
    json_t *filter;
    json_t *record;
    size_t i;
    size_t j;

    json_array_foreach (wanted, i, filter) {
        if (!filter_is_sound(call, filters, filter))
            return NULL;
    }
    json_array_foreach (records, i, record) {
        bool passes = true;

        json_array_foreach (wanted, j, filter)
            passes = passes && record_matches(record, filters, filter);
        if (passes)
            json_array_append(kept, record);
    }
    return STEAL(kept);
}

/* A token is base64 of the operation's name and the place of the next item. */
static bool token_place(struct cloud_call *call, size_t count, size_t *ret_place)
{
    const char *token = cloud_text(call, "NextToken");
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(str) char *prefix = mem_printf("%s:", call->operation->name);
    char *end;

    *ret_place = 0;
    if (!token || !*token)
        return true;
    if (base64_decode(&text, token) && str_starts(buffer_text(&text), prefix)) {
        const char *digits = buffer_text(&text) + strlen(prefix);
        uintmax_t place = strtoumax(digits, &end, 10);

        if (*digits >= '0' && *digits <= '9' && !*end) {
            *ret_place = place < count ? (size_t)place : count;
            return true;
        }
    }
    if (call->operation->service.protocol == AWS_PROTOCOL_EC2)
        cloud_refuse(call, "InvalidParameterValue",
                     "Unable to parse pagination token: '%s' is not one of this operation", token);
    else
        cloud_refuse(call, "InvalidNextToken", "The token '%s' is invalid.", token);
    return false;
}

static const char *limit_name(const struct cloud_call *call)
{
    return json_object_get(call->params, "MaxRecords") ? "MaxRecords" : "MaxResults";
}

json_t *cloud_page(struct cloud_call *call, const json_t *items, int64_t least, int64_t most,
                   char **ret_next)
{
    size_t count = json_array_size(items);
    const char *name = limit_name(call);
    int64_t limit = cloud_number(call, name, INT64_MAX);
    json_t *page;
    size_t place;

    *ret_next = NULL;
    if (!token_place(call, count, &place))
        return NULL;
    if (limit != INT64_MAX && (limit < least || limit > most))
        return cloud_refuse(call, "InvalidParameterValue",
                            "Value ( %" PRId64 " ) for parameter %s is invalid. Expecting a value "
                            "between %" PRId64 " and %" PRId64,
                            limit, name, least, most);
    page = json_array();
    for (; place < count && (int64_t)json_array_size(page) < limit; place++)
        json_array_append(page, json_array_get(items, place));
    if (place < count) {
        AUTO(str) char *plain = mem_printf("%s:%zu", call->operation->name, place);
        struct buffer token = { 0 };

        base64_encode(&token, plain, strlen(plain));
        *ret_next = buffer_take(&token);
    }
    return page;
}

json_t *cloud_describe_take(struct cloud_call *call, const struct cloud_filters *filters,
                            json_t *records, const char *key)
{
    AUTO(json) json_t *chosen = records;
    AUTO(json) json_t *kept = NULL;
    AUTO(json) json_t *page = NULL;
    AUTO(str) char *next = NULL;
    json_t *items;
    json_t *result;
    json_t *record;
    size_t i;

    if (!chosen)
        return NULL;
    kept = cloud_filter(call, filters, chosen);
    if (!kept)
        return NULL;
    page = cloud_page(call, kept, filters->page_min, filters->page_max, &next);
    if (!page)
        return NULL;
    items = json_array();
    json_array_foreach (page, i, record)
        json_array_append(items, cloud_item(record));
    result = json_pack("{s:o}", key, items);
    if (next)
        cloud_set_text(result, "NextToken", next);
    return result;
}
