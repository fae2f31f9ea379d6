/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/rest.h"

#include <string.h>

#include "aws/rest_body.h"
#include "aws/rest_header.h"
#include "aws/scalar.h"
#include "base/json_walk.h"
#include "base/mem.h"

static int scalar_pair(const struct aws_member *member, const char *name, const json_t *value,
                       struct uri_pairs *pairs, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    int r = scalar_to_text(member, value, AWS_TIME_ISO8601, &text, err);

    if (r == 0)
        uri_pairs_add(pairs, name, buffer_text(&text));
    return r;
}

static int query_list(const struct aws_member *list, const char *name, const json_t *value,
                      struct uri_pairs *query, struct chaos_error *err)
{
    struct aws_member item = aws_shape_member(&list->shape, 0);
    size_t index;
    json_t *child;

    if (!json_is_array(value))
        return scalar_mismatch(list, value, err);
    json_array_foreach (value, index, child) {
        int r = json_is_null(child) ? 0 : scalar_pair(&item, name, child, query, err);

        if (r < 0)
            return chaos_error_prefix(err, "[%zu]", index);
    }
    return 0;
}

/* A map in the query gives each key as a parameter of its own; a member of that name wins. */
static int query_map(const struct aws_member *map, const json_t *value, struct uri_pairs *query,
                     struct chaos_error *err)
{
    struct aws_member item = aws_shape_member(&map->shape, 1);
    const char *key;
    json_t *child;

    if (!json_is_object(value))
        return scalar_mismatch(map, value, err);
    json_object_foreach (json_walkable(value), key, child) {
        int r;

        if (json_is_null(child) || uri_pairs_find(query, key))
            continue;
        r = item.shape.type == AWS_TYPE_LIST ? query_list(&item, key, child, query, err)
                                             : scalar_pair(&item, key, child, query, err);
        if (r < 0)
            return chaos_error_prefix(err, "['%s']", key);
    }
    return 0;
}

struct parts {
    struct uri_pairs labels;
    struct uri_pairs query;
};

static int encode_member(const struct aws_member *member, const json_t *value, struct parts *parts,
                         struct uri_pairs *headers, struct chaos_error *err)
{
    const char *name = aws_member_wire_name(member);

    switch (member->location) {
    case AWS_IN_URI:
        return scalar_pair(member, name, value, &parts->labels, err);
    case AWS_IN_QUERY:
        if (member->shape.type == AWS_TYPE_LIST)
            return query_list(member, name, value, &parts->query, err);
        if (member->shape.type == AWS_TYPE_MAP)
            return query_map(member, value, &parts->query, err);
        return scalar_pair(member, name, value, &parts->query, err);
    case AWS_IN_HEADER:
    case AWS_IN_HEADERS:
        return rest_header_encode(member, value, headers, err);
    case AWS_IN_BODY:
    case AWS_IN_STATUS:
        break;
    }
    return 0;
}

/* Maps in the query give way to members of the same name, so they come last. */
enum pass {
    PASS_MEMBERS,
    PASS_QUERY_MAPS,
};

static int encode_members(const struct aws_member *input, const json_t *params, enum pass pass,
                          struct parts *parts, struct uri_pairs *headers, struct chaos_error *err)
{
    size_t hint = 0;
    const char *key;
    json_t *item;

    json_object_foreach (json_walkable(params), key, item) {
        size_t place = aws_shape_find(&input->shape, key, &hint);
        struct aws_member member = aws_shape_member(&input->shape, place);
        bool is_map;
        int r;

        if (json_is_null(item))
            continue;
        if (place == SIZE_MAX)
            return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is not a known parameter", key);
        is_map = member.location == AWS_IN_QUERY && member.shape.type == AWS_TYPE_MAP;
        if (is_map != (pass == PASS_QUERY_MAPS))
            continue;
        r = encode_member(&member, item, parts, headers, err);
        if (r < 0)
            return chaos_error_prefix(err, "%s", key);
    }
    return 0;
}

static int write_target(const char *uri, const struct parts *parts, struct aws_request *request,
                        struct chaos_error *err)
{
    AUTO(buffer) struct buffer target = { 0 };
    AUTO(buffer) struct buffer query = { 0 };
    const char *mark;
    int r = uri_template_expand(uri, &parts->labels, &target, err);

    if (r < 0)
        return r;
    mark = strchr(uri, '?') ? strchr(buffer_text(&target), '?') : NULL;
    if (mark)
        buffer_add_text(&query, mark + 1);
    if (parts->query.count) {
        if (query.length)
            buffer_add_char(&query, '&');
        uri_pairs_write(&query, &parts->query, URI_ESCAPE_ALL);
    }
    request->path =
        mark ? mem_strndup(target.data, (size_t)(mark - target.data)) : buffer_take(&target);
    request->query = buffer_take(&query);
    return 0;
}

static void parts_clear(struct parts *parts)
{
    uri_pairs_clear(&parts->labels);
    uri_pairs_clear(&parts->query);
}

AUTO_CLEAR(parts, struct parts)

int rest_encode_request(const struct aws_operation *operation, const json_t *params,
                        struct aws_request *request, struct chaos_error *err)
{
    const struct aws_member *input = &operation->input;
    struct rest_target to = { operation->service.protocol, REST_REQUEST, &request->body,
                              &request->headers };
    AUTO(parts) struct parts parts = { 0 };
    int r;

    if (input->shape.type != AWS_TYPE_NONE) {
        r = encode_members(input, params, PASS_MEMBERS, &parts, &request->headers, err);
        if (r == 0)
            r = encode_members(input, params, PASS_QUERY_MAPS, &parts, &request->headers, err);
        if (r < 0)
            return r;
        r = rest_body_encode(&to, input,
                             input->location_name[0] ? input->location_name : input->shape.name,
                             params, err);
        if (r < 0)
            return r;
    }
    return write_target(operation->uri, &parts, request, err);
}

/* How well the literal query of a template ("?list-type=2") fits: the number of its parameters,
 * -1 when one is missing. */
static int query_rank(const char *uri, const struct uri_pairs *query)
{
    AUTO(uri_pairs) struct uri_pairs wanted = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const char *mark = strchr(uri, '?');

    if (!mark)
        return 0;
    if (uri_pairs_parse(&wanted, mark + 1, strlen(mark + 1), URI_ESCAPE_ALL, &err) < 0)
        return -1;
    for (size_t i = 0; i < wanted.count; i++) {
        const char *value = uri_pairs_find(query, wanted.items[i].name);

        if (!value || (*wanted.items[i].value && strcmp(value, wanted.items[i].value) != 0))
            return -1;
    }
    return (int)wanted.count;
}

/* Bytes of the path template outside labels: the more, the more exactly it says what it wants. */
static int literal_length(const char *uri)
{
    int count = 0;

    for (const char *p = uri; *p && *p != '?'; p++) {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;

        if (end)
            p = end;
        else
            count++;
    }
    return count;
}

/* How many parameters of the query the operation demands; -1 when one is missing. */
static int demand_rank(const struct aws_shape *shape, const struct uri_pairs *query)
{
    int rank = 0;

    for (size_t i = 0; i < aws_shape_member_count(shape); i++) {
        struct aws_member member = aws_shape_member(shape, i);

        if (member.location != AWS_IN_QUERY || !(member.flags & AWS_REQUIRED) ||
            member.shape.type == AWS_TYPE_MAP || member.shape.type == AWS_TYPE_LIST)
            continue;
        if (!uri_pairs_find(query, aws_member_wire_name(&member)))
            return -1;
        rank++;
    }
    return rank;
}

/* -1 when the request is not one of this operation, else the higher the better. */
static int rank_of(const struct aws_operation *operation, const struct aws_request *request,
                   const struct uri_pairs *query)
{
    AUTO(uri_pairs) struct uri_pairs labels = { 0 };
    int rank, demanded;

    if (strcmp(operation->method, request->method) != 0 ||
        !uri_template_match(operation->uri, request->path, &labels))
        return -1;
    rank = query_rank(operation->uri, query);
    demanded = rank < 0 ? -1 : demand_rank(&operation->input.shape, query);
    if (demanded < 0)
        return -1;
    /* An operation may have a successor at the same address. */
    return ((rank + demanded) * 1000 + literal_length(operation->uri)) * 2 +
           !aws_node_is_true(aws_node_get(operation->traits, "deprecated"));
}

int rest_find_operation(const struct aws_service *service, const struct aws_request *request,
                        struct aws_operation *ret_operation, struct chaos_error *err)
{
    AUTO(uri_pairs) struct uri_pairs query = { 0 };
    int best = -1;
    int r = uri_pairs_parse(&query, request->query, strlen(request->query), URI_ESCAPE_FORM, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < aws_operation_count(service); i++) {
        struct aws_operation operation = aws_operation_at(service, i);
        int rank = rank_of(&operation, request, &query);

        if (rank > best) {
            best = rank;
            *ret_operation = operation;
        }
    }
    if (best < 0)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "AWS service '%s' has no %s %s",
                               service->name, request->method, request->path);
    return 0;
}

static int decode_query_list(const struct aws_member *list, const char *name,
                             const struct uri_pairs *query, json_t **ret_value,
                             struct chaos_error *err)
{
    struct aws_member item = aws_shape_member(&list->shape, 0);
    AUTO(json) json_t *values = json_array();

    for (size_t i = 0; i < query->count; i++) {
        json_t *value;
        int r;

        if (strcmp(query->items[i].name, name) != 0)
            continue;
        r = scalar_from_text(&item, query->items[i].value, &value, err);
        if (r < 0)
            return r;
        json_array_append_new(values, value);
    }
    *ret_value = STEAL(values);
    return 0;
}

/* Parameters that no other member claims and the path template does not hold. */
static bool is_claimed(const struct aws_operation *operation, const char *name)
{
    const struct aws_shape *shape = &operation->input.shape;
    const char *mark = strchr(operation->uri, '?');
    AUTO(uri_pairs) struct uri_pairs literal = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    for (size_t i = 0; i < aws_shape_member_count(shape); i++) {
        struct aws_member member = aws_shape_member(shape, i);

        if (member.location == AWS_IN_QUERY && member.shape.type != AWS_TYPE_MAP &&
            strcmp(aws_member_wire_name(&member), name) == 0)
            return true;
    }
    return mark &&
           uri_pairs_parse(&literal, mark + 1, strlen(mark + 1), URI_ESCAPE_ALL, &err) == 0 &&
           uri_pairs_find(&literal, name);
}

static int decode_query_map(const struct aws_operation *operation, const struct aws_member *map,
                            const struct uri_pairs *query, json_t **ret_value,
                            struct chaos_error *err)
{
    struct aws_member item = aws_shape_member(&map->shape, 1);
    AUTO(json) json_t *values = json_object();

    for (size_t i = 0; i < query->count; i++) {
        const struct uri_pair *pair = &query->items[i];
        json_t *value;
        int r;

        if (json_object_get(values, pair->name) || is_claimed(operation, pair->name))
            continue;
        r = item.shape.type == AWS_TYPE_LIST
                ? decode_query_list(&item, pair->name, query, &value, err)
                : scalar_from_text(&item, pair->value, &value, err);
        if (r < 0)
            return r;
        if (json_object_set_new(values, pair->name, value) < 0)
            return chaos_error_set(err, CHAOS_E_INVALID, "a parameter name that is not UTF-8");
    }
    *ret_value = json_object_size(values) ? STEAL(values) : NULL;
    return 0;
}

static int decode_place(const struct aws_operation *operation, const struct aws_member *member,
                        const struct parts *parts, const struct aws_request *request,
                        json_t **ret_value, struct chaos_error *err)
{
    const char *name = aws_member_wire_name(member);
    const char *text = NULL;

    *ret_value = NULL;
    switch (member->location) {
    case AWS_IN_HEADER:
    case AWS_IN_HEADERS:
        return rest_header_decode(member, &request->headers, ret_value, err);
    case AWS_IN_QUERY:
        text = uri_pairs_find(&parts->query, name);
        if (member->shape.type == AWS_TYPE_MAP)
            return decode_query_map(operation, member, &parts->query, ret_value, err);
        if (text && member->shape.type == AWS_TYPE_LIST)
            return decode_query_list(member, name, &parts->query, ret_value, err);
        break;
    case AWS_IN_URI:
        text = uri_pairs_find(&parts->labels, name);
        break;
    case AWS_IN_BODY:
    case AWS_IN_STATUS:
        break;
    }
    return text ? scalar_from_text(member, text, ret_value, err) : 0;
}

int rest_decode_request(const struct aws_operation *operation, const struct aws_request *request,
                        json_t **ret_params, struct chaos_error *err)
{
    const struct aws_shape *shape = &operation->input.shape;
    AUTO(parts) struct parts parts = { 0 };
    AUTO(json) json_t *params = json_object();
    int r =
        uri_pairs_parse(&parts.query, request->query, strlen(request->query), URI_ESCAPE_FORM, err);

    if (r < 0)
        return r;
    if (shape->type == AWS_TYPE_NONE) {
        *ret_params = STEAL(params);
        return 0;
    }
    if (!uri_template_match(operation->uri, request->path, &parts.labels))
        return chaos_error_set(err, CHAOS_E_INVALID, "the path '%s' does not fit '%s'",
                               request->path, operation->uri);
    if (request->body.length)
        r = rest_body_decode(operation->service.protocol, &operation->input, &request->body, params,
                             err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < aws_shape_member_count(shape); i++) {
        struct aws_member member = aws_shape_member(shape, i);
        json_t *value;

        r = decode_place(operation, &member, &parts, request, &value, err);
        if (r < 0)
            return chaos_error_prefix(err, "%s", member.name);
        if (value)
            json_object_set_new(params, member.name, value);
    }
    *ret_params = STEAL(params);
    return 0;
}

int rest_encode_response(enum aws_protocol protocol, const struct aws_member *output,
                         const char *root, const json_t *value, struct aws_response *response,
                         struct chaos_error *err)
{
    struct rest_target to = { protocol, REST_RESPONSE, &response->body, &response->headers };
    const struct aws_shape *shape = &output->shape;

    for (size_t i = 0; i < aws_shape_member_count(shape); i++) {
        struct aws_member member = aws_shape_member(shape, i);
        const json_t *item = json_object_get(value, member.name);
        int r = 0;

        if (!item || json_is_null(item))
            continue;
        if (member.location == AWS_IN_STATUS && json_is_integer(item))
            response->status = (int)json_integer_value(item);
        else if (!rest_is_in_body(REST_RESPONSE, &member))
            r = rest_header_encode(&member, item, &response->headers, err);
        if (r < 0)
            return chaos_error_prefix(err, "%s", member.name);
    }
    return rest_body_encode(&to, output, root, value, err);
}

int rest_decode_response(enum aws_protocol protocol, const struct aws_member *output,
                         const struct aws_response *response, json_t **ret_value,
                         struct chaos_error *err)
{
    const struct aws_shape *shape = &output->shape;
    AUTO(json) json_t *value = json_object();
    int r;

    for (size_t i = 0; i < aws_shape_member_count(shape); i++) {
        struct aws_member member = aws_shape_member(shape, i);
        json_t *decoded = NULL;

        r = 0;
        if (member.location == AWS_IN_STATUS)
            decoded = json_integer(response->status);
        else if (!rest_is_in_body(REST_RESPONSE, &member))
            r = rest_header_decode(&member, &response->headers, &decoded, err);
        if (r < 0)
            return chaos_error_prefix(err, "%s", member.name);
        if (decoded)
            json_object_set_new(value, member.name, decoded);
    }
    r = rest_body_decode(protocol, output, &response->body, value, err);
    if (r < 0)
        return r;
    *ret_value = STEAL(value);
    return 0;
}
