/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/ruleset_function.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "aws/uri.h"
#include "base/mem.h"
#include "value/regex.h"

typedef int (*function)(const struct ruleset_call *call, json_t **ret_value,
                        struct chaos_error *err);

static const char *text_at(const struct ruleset_call *call, size_t index)
{
    return index < call->count ? json_string_value(call->arguments[index]) : NULL;
}

static bool flag_at(const struct ruleset_call *call, size_t index)
{
    return index < call->count && json_is_true(call->arguments[index]);
}

static int is_set(const struct ruleset_call *call, json_t **ret_value, struct chaos_error *err)
{
    (void)err;
    *ret_value = json_boolean(call->arguments[0] != NULL && !json_is_null(call->arguments[0]));
    return 0;
}

static int negate(const struct ruleset_call *call, json_t **ret_value, struct chaos_error *err)
{
    const json_t *value = call->arguments[0];

    (void)err;
    *ret_value = json_boolean(!value || json_is_false(value) || json_is_null(value));
    return 0;
}

static int boolean_equals(const struct ruleset_call *call, json_t **ret_value,
                          struct chaos_error *err)
{
    (void)err;
    *ret_value = json_boolean(flag_at(call, 0) == flag_at(call, 1));
    return 0;
}

static int string_equals(const struct ruleset_call *call, json_t **ret_value,
                         struct chaos_error *err)
{
    const char *a = text_at(call, 0), *b = text_at(call, 1);

    (void)err;
    *ret_value = json_boolean(a && b && strcmp(a, b) == 0);
    return 0;
}

const json_t *ruleset_attribute(const json_t *value, const char *path)
{
    while (value && *path) {
        size_t length = strcspn(path, ".[#");
        AUTO(str) char *name = mem_strndup(path, length);

        if (length)
            value = json_object_get(value, name);
        path += length;
        if (*path == '[') {
            char *end;
            long index = strtol(path + 1, &end, 10);

            value = index >= 0 ? json_array_get(value, (size_t)index)
                               : json_array_get(value, json_array_size(value) - (size_t)-index);
            path = *end == ']' ? end + 1 : end;
        }
        if (*path == '.' || *path == '#')
            path++;
    }
    return value;
}

static int get_attr(const struct ruleset_call *call, json_t **ret_value, struct chaos_error *err)
{
    const char *path = text_at(call, 1);
    AUTO(json) json_t *found = NULL;

    (void)err;
    if (path)
        found = json_deep_copy(ruleset_attribute(call->arguments[0], path));
    *ret_value = STEAL(found);
    return 0;
}

static int substring(const struct ruleset_call *call, json_t **ret_value, struct chaos_error *err)
{
    const char *text = text_at(call, 0);
    json_int_t start, stop;
    size_t length = text ? strlen(text) : 0;

    (void)err;
    *ret_value = NULL;
    if (!text || call->count < 4)
        return 0;
    start = json_integer_value(call->arguments[1]);
    stop = json_integer_value(call->arguments[2]);
    if (start < 0 || start >= stop || (size_t)stop > length)
        return 0;
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p >= 0x80)
            return 0;
    }
    if (flag_at(call, 3))
        *ret_value = json_stringn(text + (length - (size_t)stop), (size_t)(stop - start));
    else
        *ret_value = json_stringn(text + start, (size_t)(stop - start));
    return 0;
}

static int uri_encode(const struct ruleset_call *call, json_t **ret_value, struct chaos_error *err)
{
    const char *text = text_at(call, 0);
    AUTO(buffer) struct buffer out = { 0 };

    (void)err;
    if (text)
        uri_escape(&out, text, strlen(text), URI_ESCAPE_ALL);
    *ret_value = text ? json_string(buffer_text(&out)) : NULL;
    return 0;
}

/* RFC 1123: letters, digits and inner hyphens, at most 63. */
static bool is_label(const char *text, size_t length)
{
    if (length == 0 || length > 63 || !isalnum((unsigned char)text[0]))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)text[i]) && text[i] != '-')
            return false;
    }
    return true;
}

static bool is_host_label(const char *text, bool allow_dots)
{
    if (!allow_dots)
        return is_label(text, strlen(text));
    for (;;) {
        size_t length = strcspn(text, ".");

        if (!is_label(text, length))
            return false;
        if (!text[length])
            return true;
        text += length + 1;
    }
}

static int is_valid_host_label(const struct ruleset_call *call, json_t **ret_value,
                               struct chaos_error *err)
{
    const char *text = text_at(call, 0);

    (void)err;
    *ret_value = json_boolean(text && is_host_label(text, flag_at(call, 1)));
    return 0;
}

static bool is_ipv4(const char *text)
{
    struct in_addr address;

    return inet_pton(AF_INET, text, &address) == 1;
}

static int is_virtual_hostable(const struct ruleset_call *call, json_t **ret_value,
                               struct chaos_error *err)
{
    const char *text = text_at(call, 0);
    bool good = text && strlen(text) >= 3 && !is_ipv4(text);

    (void)err;
    for (const char *p = text; good && *p; p++)
        good = !(*p >= 'A' && *p <= 'Z');
    *ret_value = json_boolean(good && is_host_label(text, flag_at(call, 1)));
    return 0;
}

/* "arn:partition:service:region:account:resource"; nothing when it is none. */
static int parse_arn(const struct ruleset_call *call, json_t **ret_value, struct chaos_error *err)
{
    static const char *const names[] = { "partition", "service", "region", "accountId" };
    const char *text = text_at(call, 0);
    AUTO(json) json_t *arn = json_object();
    AUTO(json) json_t *resource = json_array();

    (void)err;
    *ret_value = NULL;
    if (!text || strncmp(text, "arn:", 4) != 0)
        return 0;
    text += 4;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *end = strchr(text, ':');

        if (!end || (i < 2 && end == text))
            return 0;
        json_object_set_new(arn, names[i], json_stringn(text, (size_t)(end - text)));
        text = end + 1;
    }
    if (!*text)
        return 0;
    for (;;) {
        size_t length = strcspn(text, ":/");

        json_array_append_new(resource, json_stringn(text, length));
        if (!text[length])
            break;
        text += length + 1;
    }
    json_object_set(arn, "resourceId", resource);
    *ret_value = STEAL(arn);
    return 0;
}

/* Whether "[::1]:80" or "127.0.0.1:80" names an address. */
static bool is_address(const char *authority)
{
    AUTO(str) char *host = NULL;
    struct in6_addr address;

    if (*authority == '[') {
        host = mem_strndup(authority + 1, strcspn(authority + 1, "]"));
        return inet_pton(AF_INET6, host, &address) == 1;
    }
    host = mem_strndup(authority, strcspn(authority, ":"));
    return is_ipv4(host);
}

static bool has_good_port(const char *authority)
{
    const char *colon = strrchr(authority, ':');

    if (!colon || strchr(colon, ']'))
        return true;
    return strspn(colon + 1, "0123456789") == strlen(colon + 1) && strlen(colon + 1) <= 5 &&
           strtol(colon + 1, NULL, 10) <= 65535;
}

static int parse_url(const struct ruleset_call *call, json_t **ret_value, struct chaos_error *err)
{
    const char *text = text_at(call, 0);
    const char *rest = text ? strstr(text, "://") : NULL;
    AUTO(str) char *scheme = rest ? mem_strndup(text, (size_t)(rest - text)) : NULL;
    AUTO(str) char *authority = NULL, *path = NULL;
    const char *end;

    (void)err;
    *ret_value = NULL;
    if (!rest || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
        return 0;
    rest += 3;
    end = rest + strcspn(rest, "/?#");
    authority = mem_strndup(rest, (size_t)(end - rest));
    path = mem_strndup(end, strcspn(end, "?#"));
    end += strlen(path);
    if ((*end == '?' && end[1] && end[1] != '#') || !has_good_port(authority))
        return 0;
    *ret_value = json_pack("{s:s, s:s, s:s, s:b}", "scheme", scheme, "authority", authority, "path",
                           path, "isIp", is_address(authority));
    if (path[0] && path[strlen(path) - 1] == '/')
        json_object_set_new(*ret_value, "normalizedPath", json_string(path));
    else
        json_object_set_new(*ret_value, "normalizedPath", json_sprintf("%s/", path));
    return 0;
}

static int partition_json(struct aws_node partition, json_t **ret_value, struct chaos_error *err)
{
    const char *id = aws_node_get_text(partition, "id");
    int r = aws_node_to_json(aws_node_get(partition, "outputs"), ret_value, err);

    if (r == 0 && id)
        json_object_set_new(*ret_value, "name", json_string(id));
    return r;
}

static int matches_region(struct aws_node partition, const char *region, bool *ret_matches,
                          struct chaos_error *err)
{
    const char *pattern = aws_node_get_text(partition, "regionRegex");
    AUTO(regex) struct regex *regex = NULL;
    int r = regex_compile(pattern ? pattern : "$^", &regex, err);

    return r < 0 ? r : regex_search(regex, region, strlen(region), ret_matches, err);
}

/* The partition that lists the region, else the one whose pattern fits, else the first. */
static int partition_of(const struct ruleset_call *call, json_t **ret_value,
                        struct chaos_error *err)
{
    struct aws_node list = aws_node_get(call->partitions, "partitions");
    const char *region = text_at(call, 0);

    for (size_t i = 0; region && i < aws_node_count(list); i++) {
        struct aws_node regions = aws_node_get(aws_node_at(list, i), "regions");

        if (aws_node_type(aws_node_get(regions, region)) != AWS_NODE_NULL)
            return partition_json(aws_node_at(list, i), ret_value, err);
    }
    for (size_t i = 0; region && i < aws_node_count(list); i++) {
        bool matches = false;
        int r = matches_region(aws_node_at(list, i), region, &matches, err);

        if (r < 0)
            return r;
        if (matches)
            return partition_json(aws_node_at(list, i), ret_value, err);
    }
    return partition_json(aws_node_at(list, 0), ret_value, err);
}

/* The first of its arguments that is set. */
static int coalesce(const struct ruleset_call *call, json_t **ret_value, struct chaos_error *err)
{
    (void)err;
    *ret_value = NULL;
    for (size_t i = 0; i < call->count && !*ret_value; i++) {
        if (call->arguments[i] && !json_is_null(call->arguments[i]))
            *ret_value = json_deep_copy(call->arguments[i]);
    }
    return 0;
}

static int if_then_else(const struct ruleset_call *call, json_t **ret_value,
                        struct chaos_error *err)
{
    size_t choice = flag_at(call, 0) ? 1 : 2;

    (void)err;
    *ret_value = choice < call->count ? json_deep_copy(call->arguments[choice]) : NULL;
    return 0;
}

int ruleset_function_call(const char *name, const struct ruleset_call *call, json_t **ret_value,
                          struct chaos_error *err)
{
    static const struct {
        const char *name;
        function run;
    } functions[] = {
        { "aws.isVirtualHostableS3Bucket", is_virtual_hostable },
        { "aws.parseArn", parse_arn },
        { "aws.partition", partition_of },
        { "booleanEquals", boolean_equals },
        { "coalesce", coalesce },
        { "getAttr", get_attr },
        { "isSet", is_set },
        { "isValidHostLabel", is_valid_host_label },
        { "ite", if_then_else },
        { "not", negate },
        { "parseURL", parse_url },
        { "stringEquals", string_equals },
        { "substring", substring },
        { "uriEncode", uri_encode },
    };

    for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
        if (strcmp(functions[i].name, name) == 0)
            return functions[i].run(call, ret_value, err);
    }
    return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "endpoint rules call '%s', which is not known",
                           name);
}
