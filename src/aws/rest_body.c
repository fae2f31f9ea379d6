/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/rest_body.h"

#include "aws/base64.h"
#include "aws/json_body.h"
#include "aws/scalar.h"
#include "aws/xml_body.h"
#include "base/json_walk.h"
#include "value/json.h"

bool rest_is_in_body(enum rest_side side, const struct aws_member *member)
{
    switch (member->location) {
    case AWS_IN_HEADER:
    case AWS_IN_HEADERS:
        return false;
    case AWS_IN_QUERY:
    case AWS_IN_URI:
        return side == REST_RESPONSE;
    case AWS_IN_STATUS:
        return side == REST_REQUEST;
    case AWS_IN_BODY:
        break;
    }
    return true;
}

static int encode_value(const struct rest_target *to, const struct aws_member *member,
                        const char *root, const json_t *value, struct chaos_error *err)
{
    struct xml_target xml = {
        .out = to->body,
        .side = to->side == REST_REQUEST ? XML_REQUEST : XML_RESPONSE,
    };
    AUTO(json) json_t *wire = NULL;
    int r;

    if (to->protocol == AWS_PROTOCOL_REST_XML)
        return xml_body_encode(member, root, value, &xml, err);
    r = json_body_encode(member, value, &wire, err);
    if (r < 0)
        return r;
    json_write(to->body, wire, JSON_STYLE_COMPACT);
    return 0;
}

static const char *content_type_of(enum aws_protocol protocol)
{
    return protocol == AWS_PROTOCOL_REST_XML ? "application/xml" : "application/json";
}

static void set_content_type(const char *type, struct uri_pairs *headers)
{
    if (!aws_header_find(headers, "Content-Type"))
        aws_header_set(headers, "Content-Type", type);
}

/* A payload of bytes or text is the body itself. */
static int encode_raw(const struct aws_member *payload, const json_t *value, struct buffer *body,
                      struct uri_pairs *headers, struct chaos_error *err)
{
    const char *text = json_string_value(value);

    if (!value || json_is_null(value))
        return 0;
    if (payload->shape.type == AWS_TYPE_STRING)
        set_content_type("text/plain", headers);
    else
        set_content_type("application/octet-stream", headers);
    if (payload->shape.type == AWS_TYPE_STRING)
        return scalar_to_text(payload, value, AWS_TIME_ISO8601, body, err);
    if (!text || !base64_decode(body, text))
        return chaos_error_set(err, CHAOS_E_INVALID, "expected bytes in base64");
    return 0;
}

static bool is_raw(const struct aws_member *payload)
{
    return payload->shape.type == AWS_TYPE_BLOB || payload->shape.type == AWS_TYPE_STRING;
}

static int encode_payload(const struct rest_target *to, const struct aws_member *payload,
                          const json_t *value, struct chaos_error *err)
{
    const char *root = payload->location_name[0] ? payload->location_name : payload->shape.name;
    int r = 0;

    if (payload->flags & AWS_EVENT_STREAM)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "event streams are not supported");
    if (is_raw(payload)) {
        r = encode_raw(payload, value, to->body, to->headers, err);
    } else if (value && !json_is_null(value)) {
        set_content_type(content_type_of(to->protocol), to->headers);
        r = encode_value(to, payload, root, value, err);
    } else if (to->protocol == AWS_PROTOCOL_REST_JSON) {
        set_content_type(content_type_of(to->protocol), to->headers);
        buffer_add_text(to->body, "{}");
    }
    return r < 0 ? chaos_error_prefix(err, "%s", payload->name) : 0;
}

static bool has_body_members(enum rest_side side, const struct aws_shape *shape)
{
    for (size_t i = 0; i < aws_shape_member_count(shape); i++) {
        struct aws_member member = aws_shape_member(shape, i);

        if (rest_is_in_body(side, &member))
            return true;
    }
    return false;
}

/* compat: without members, JSON sends "{}" where there could be some, an XML request nothing, and
 * an XML response its outermost element where there could be some. */
static bool is_sent(const struct rest_target *to, const struct aws_shape *shape,
                    const json_t *members)
{
    if (json_object_size(members))
        return true;
    if (to->protocol == AWS_PROTOCOL_REST_XML && to->side == REST_REQUEST)
        return false;
    if (to->protocol == AWS_PROTOCOL_REST_JSON && to->side == REST_RESPONSE)
        return true;
    return has_body_members(to->side, shape);
}

int rest_body_encode(const struct rest_target *to, const struct aws_member *structure,
                     const char *root, const json_t *value, struct chaos_error *err)
{
    struct aws_member payload = aws_shape_payload(&structure->shape);
    AUTO(json) json_t *members = json_object();
    size_t hint = 0;
    const char *key;
    json_t *item;

    if (payload.shape.type != AWS_TYPE_NONE)
        return encode_payload(to, &payload, json_object_get(value, payload.name), err);
    json_object_foreach (json_walkable(value), key, item) {
        size_t place = aws_shape_find(&structure->shape, key, &hint);
        struct aws_member member = aws_shape_member(&structure->shape, place);

        if (place == SIZE_MAX)
            return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is not a known member", key);
        if (rest_is_in_body(to->side, &member) && !json_is_null(item))
            json_object_set(members, key, item);
    }
    if (!is_sent(to, &structure->shape, members))
        return 0;
    set_content_type(content_type_of(to->protocol), to->headers);
    return encode_value(to, structure, root, members, err);
}

static int decode_value(enum aws_protocol protocol, const struct aws_member *member,
                        const struct buffer *body, json_t **ret_value, struct chaos_error *err)
{
    AUTO(xml_document) struct xml_document *document = NULL;
    AUTO(json) json_t *wire = NULL;
    int r;

    if (protocol == AWS_PROTOCOL_REST_XML) {
        r = xml_parse(buffer_text(body), body->length, &document, err);
        if (r < 0)
            return r;
        return xml_body_decode(member, xml_document_root(document), ret_value, err);
    }
    r = json_parse(buffer_text(body), body->length, &wire, err);
    if (r < 0)
        return chaos_error_prefix(err, "JSON");
    return json_body_decode(member, wire, ret_value, err);
}

static int decode_raw(const struct aws_member *payload, const struct buffer *body,
                      json_t **ret_value, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };

    if (payload->shape.type == AWS_TYPE_STRING) {
        *ret_value = json_stringn(buffer_text(body), body->length);
    } else {
        base64_encode(&text, body->data, body->length);
        *ret_value = json_string(buffer_text(&text));
    }
    if (!*ret_value)
        return chaos_error_set(err, CHAOS_E_INVALID, "text that is not UTF-8");
    return 0;
}

static int decode_payload(enum aws_protocol protocol, const struct aws_member *payload,
                          const struct buffer *body, json_t *value, struct chaos_error *err)
{
    json_t *decoded;
    int r;

    if (payload->flags & AWS_EVENT_STREAM)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "event streams are not supported");
    if (is_raw(payload))
        r = decode_raw(payload, body, &decoded, err);
    else if (body->length == 0)
        return 0;
    else
        r = decode_value(protocol, payload, body, &decoded, err);
    if (r < 0)
        return chaos_error_prefix(err, "%s", payload->name);
    json_object_set_new(value, payload->name, decoded);
    return 0;
}

int rest_body_decode(enum aws_protocol protocol, const struct aws_member *structure,
                     const struct buffer *body, json_t *value, struct chaos_error *err)
{
    struct aws_member payload = aws_shape_payload(&structure->shape);
    AUTO(json) json_t *members = NULL;
    int r;

    if (payload.shape.type != AWS_TYPE_NONE)
        return decode_payload(protocol, &payload, body, value, err);
    if (body->length == 0)
        return 0;
    r = decode_value(protocol, structure, body, &members, err);
    if (r < 0)
        return r;
    json_object_update(value, members);
    return 0;
}
