/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/codec.h"

#include <string.h>

#include "aws/codec_fault.h"
#include "aws/json_body.h"
#include "aws/query.h"
#include "aws/rest.h"
#include "aws/xml_body.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "value/json.h"

static int unsupported(const struct aws_service *service, struct chaos_error *err)
{
    return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                           "AWS service '%s' speaks only the protocol '%s', which is not supported",
                           service->name, aws_protocol_name(service->protocol));
}

/* Whether a member of the shape is a stream of events. */
static bool has_events(const struct aws_shape *shape)
{
    for (size_t i = 0; i < aws_shape_member_count(shape); i++) {
        if (aws_shape_member(shape, i).flags & AWS_EVENT_STREAM)
            return true;
    }
    return false;
}

static bool is_host_label(const char *text)
{
    return *text &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
               strlen(text);
}

/* "{AccountId}." of the model with the parameters put in. */
static int expand_host_prefix(const struct aws_operation *operation, const json_t *params,
                              char **ret_prefix, struct chaos_error *err)
{
    const char *prefix = aws_node_get_text(operation->traits, "hostPrefix");
    AUTO(buffer) struct buffer out = { 0 };

    *ret_prefix = NULL;
    if (!prefix)
        return 0;
    for (const char *p = prefix; *p; p++) {
        const char *end = *p == '{' ? strchr(p, '}') : NULL;

        if (!end) {
            buffer_add_char(&out, *p);
            continue;
        }
        AUTO(str) char *name = mem_strndup(p + 1, (size_t)(end - p - 1));
        const char *value = json_string_value(json_object_get(params, name));

        if (!value || !is_host_label(value))
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "parameter '%s' becomes part of the host's name: letters, "
                                   "digits, '-' and '.' only",
                                   name);
        buffer_add_text(&out, value);
        p = end;
    }
    *ret_prefix = buffer_take(&out);
    return 0;
}

static int encode_form(const struct aws_operation *operation, const json_t *params,
                       struct aws_request *request, struct chaos_error *err)
{
    AUTO(uri_pairs) struct uri_pairs form = { 0 };
    int r = 0;

    uri_pairs_add(&form, "Action", operation->name);
    uri_pairs_add(&form, "Version", operation->service.api_version);
    if (operation->input.shape.type != AWS_TYPE_NONE)
        r = query_encode(operation, params, &form, err);
    if (r < 0)
        return r;
    aws_header_set(&request->headers, "Content-Type",
                   "application/x-www-form-urlencoded; charset=utf-8");
    uri_pairs_write(&request->body, &form, URI_ESCAPE_FORM);
    request->path = mem_strdup("/");
    request->query = mem_strdup("");
    return 0;
}

static int encode_json(const struct aws_operation *operation, const json_t *params,
                       struct aws_request *request, struct chaos_error *err)
{
    AUTO(str) char *target = mem_printf("%s.%s", operation->service.target_prefix, operation->name);
    AUTO(str) char *type = mem_printf("application/x-amz-json-%s", operation->service.json_version);
    AUTO(json) json_t *wire = NULL;
    int r = 0;

    if (operation->input.shape.type == AWS_TYPE_NONE)
        wire = json_object();
    else
        r = json_body_encode(&operation->input, params, &wire, err);
    if (r < 0)
        return r;
    aws_header_set(&request->headers, "X-Amz-Target", target);
    aws_header_set(&request->headers, "Content-Type", type);
    if (aws_node_type(aws_node_get(operation->service.traits, "awsQueryCompatible")) !=
        AWS_NODE_NULL)
        aws_header_set(&request->headers, "x-amzn-query-mode", "true");
    json_write(&request->body, wire, JSON_STYLE_COMPACT);
    request->path = mem_strdup("/");
    request->query = mem_strdup("");
    return 0;
}

int aws_request_encode(const struct aws_operation *operation, const json_t *params,
                       struct aws_request *request, struct chaos_error *err)
{
    AUTO(json) json_t *none = json_object();
    int r;

    if (!params)
        params = none;
    if (!json_is_object(params))
        return chaos_error_set(err, CHAOS_E_INVALID, "the parameters are not a mapping");
    if (has_events(&operation->input.shape) || has_events(&operation->output.shape))
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                               "operation '%s' uses event streams, which are not supported",
                               operation->name);
    r = expand_host_prefix(operation, params, &request->host_prefix, err);
    if (r < 0)
        return r;
    request->method = mem_strdup(operation->method);
    switch (operation->service.protocol) {
    case AWS_PROTOCOL_EC2:
    case AWS_PROTOCOL_QUERY:
        return encode_form(operation, params, request, err);
    case AWS_PROTOCOL_JSON:
        return encode_json(operation, params, request, err);
    case AWS_PROTOCOL_REST_JSON:
    case AWS_PROTOCOL_REST_XML:
        return rest_encode_request(operation, params, request, err);
    case AWS_PROTOCOL_NONE:
    case AWS_PROTOCOL_CBOR:
    case AWS_PROTOCOL_COUNT:
        break;
    }
    return unsupported(&operation->service, err);
}

static int decode_form(const struct aws_service *service, const struct aws_request *request,
                       struct aws_operation *ret_operation, json_t **ret_params,
                       struct chaos_error *err)
{
    AUTO(uri_pairs) struct uri_pairs form = { 0 };
    const char *action;
    int r = uri_pairs_parse(&form, request->query, strlen(request->query), URI_ESCAPE_FORM, err);

    if (r == 0)
        r = uri_pairs_parse(&form, buffer_text(&request->body), request->body.length,
                            URI_ESCAPE_FORM, err);
    if (r < 0)
        return r;
    action = uri_pairs_find(&form, "Action");
    if (!action)
        return chaos_error_set(err, CHAOS_E_INVALID, "the request has no Action");
    r = aws_operation_find(service, action, ret_operation, err);
    if (r < 0)
        return r;
    if (ret_operation->input.shape.type == AWS_TYPE_NONE) {
        *ret_params = json_object();
        return 0;
    }
    return query_decode(ret_operation, &form, ret_params, err);
}

static int decode_json(const struct aws_service *service, const struct aws_request *request,
                       struct aws_operation *ret_operation, json_t **ret_params,
                       struct chaos_error *err)
{
    const char *target = aws_header_find(&request->headers, "X-Amz-Target");
    const char *name = target ? strrchr(target, '.') : NULL;
    AUTO(json) json_t *wire = NULL;
    int r;

    if (!name)
        return chaos_error_set(err, CHAOS_E_INVALID, "the request has no X-Amz-Target");
    r = aws_operation_find(service, name + 1, ret_operation, err);
    if (r < 0)
        return r;
    if (ret_operation->input.shape.type == AWS_TYPE_NONE || request->body.length == 0) {
        *ret_params = json_object();
        return 0;
    }
    r = json_parse(buffer_text(&request->body), request->body.length, &wire, err);
    if (r < 0)
        return r;
    return json_body_decode(&ret_operation->input, wire, ret_params, err);
}

int aws_request_decode(const struct aws_service *service, const struct aws_request *request,
                       struct aws_operation *ret_operation, json_t **ret_params,
                       struct chaos_error *err)
{
    int r;

    switch (service->protocol) {
    case AWS_PROTOCOL_EC2:
    case AWS_PROTOCOL_QUERY:
        return decode_form(service, request, ret_operation, ret_params, err);
    case AWS_PROTOCOL_JSON:
        return decode_json(service, request, ret_operation, ret_params, err);
    case AWS_PROTOCOL_REST_JSON:
    case AWS_PROTOCOL_REST_XML:
        r = rest_find_operation(service, request, ret_operation, err);
        if (r < 0)
            return r;
        return rest_decode_request(ret_operation, request, ret_params, err);
    case AWS_PROTOCOL_NONE:
    case AWS_PROTOCOL_CBOR:
    case AWS_PROTOCOL_COUNT:
        break;
    }
    return unsupported(service, err);
}

/* The element around the members of a query response; NULL for none. */
static char *result_wrapper(const struct aws_operation *operation)
{
    const char *wrapper = aws_node_get_text(operation->traits, "resultWrapper");

    if (operation->service.protocol == AWS_PROTOCOL_EC2 ||
        operation->output.shape.type == AWS_TYPE_NONE)
        return NULL;
    return wrapper ? mem_strdup(wrapper) : mem_printf("%sResult", operation->name);
}

static int encode_query_response(const struct aws_operation *operation, const json_t *value,
                                 const char *request_id, struct buffer *out,
                                 struct chaos_error *err)
{
    AUTO(str) char *wrapper = result_wrapper(operation);
    bool is_ec2 = operation->service.protocol == AWS_PROTOCOL_EC2;
    struct xml_target to = { out, XML_RESPONSE };
    int r = 0;

    buffer_printf(out, "<%sResponse", operation->name);
    if (operation->service.xml_namespace[0]) {
        buffer_add_text(out, " xmlns=\"");
        xml_escape(out, operation->service.xml_namespace);
        buffer_add_char(out, '"');
    }
    buffer_add_char(out, '>');
    if (is_ec2)
        buffer_printf(out, "<requestId>%s</requestId>", request_id);
    if (wrapper)
        buffer_printf(out, "<%s>", wrapper);
    if (operation->output.shape.type != AWS_TYPE_NONE)
        r = xml_body_encode_members(&operation->output, value, &to, err);
    if (r < 0)
        return r;
    if (wrapper)
        buffer_printf(out, "</%s>", wrapper);
    if (!is_ec2)
        buffer_printf(out, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>",
                      request_id);
    buffer_printf(out, "</%sResponse>", operation->name);
    return 0;
}

static int encode_output(const struct aws_operation *operation, const json_t *value,
                         const char *request_id, struct aws_response *response,
                         struct chaos_error *err)
{
    const struct aws_member *output = &operation->output;
    enum aws_protocol protocol = operation->service.protocol;
    AUTO(json) json_t *wire = NULL;
    int r;

    switch (protocol) {
    case AWS_PROTOCOL_EC2:
    case AWS_PROTOCOL_QUERY:
        aws_header_set(&response->headers, "Content-Type", "text/xml;charset=UTF-8");
        return encode_query_response(operation, value, request_id, &response->body, err);
    case AWS_PROTOCOL_JSON: {
        AUTO(str)
        char *type = mem_printf("application/x-amz-json-%s", operation->service.json_version);

        aws_header_set(&response->headers, "Content-Type", type);
        aws_header_set(&response->headers, "x-amzn-RequestId", request_id);
        if (output->shape.type == AWS_TYPE_NONE)
            return 0;
        r = json_body_encode(output, value, &wire, err);
        if (r == 0)
            json_write(&response->body, wire, JSON_STYLE_COMPACT);
        return r;
    }
    case AWS_PROTOCOL_REST_JSON:
    case AWS_PROTOCOL_REST_XML:
        aws_header_set(&response->headers,
                       protocol == AWS_PROTOCOL_REST_XML ? "x-amz-request-id" : "x-amzn-RequestId",
                       request_id);
        if (output->shape.type == AWS_TYPE_NONE)
            return 0;
        return rest_encode_response(
            protocol, output, output->location_name[0] ? output->location_name : output->shape.name,
            value, response, err);
    case AWS_PROTOCOL_NONE:
    case AWS_PROTOCOL_CBOR:
    case AWS_PROTOCOL_COUNT:
        break;
    }
    return unsupported(&operation->service, err);
}

int aws_response_encode(const struct aws_operation *operation, const json_t *value,
                        const char *request_id, struct aws_response *response,
                        struct chaos_error *err)
{
    AUTO(json) json_t *own = value ? json_copy(json_walkable(value)) : json_object();
    int64_t status = aws_node_integer(aws_node_get(operation->traits, "responseCode"));

    if (!json_is_object(own))
        return chaos_error_set(err, CHAOS_E_INVALID, "the result is not a mapping");
    json_object_del(own, "ResponseMetadata");
    response->status = status >= 100 && status < 600 ? (int)status : 200;
    return encode_output(operation, own, request_id, response, err);
}

bool aws_response_is_error(const struct aws_response *response)
{
    return response->status >= 301;
}

static int decode_query_members(const struct aws_operation *operation, const struct xml_node *root,
                                struct aws_item_sink *sink, json_t **ret_value,
                                struct chaos_error *err)
{
    AUTO(str) char *wrapper = result_wrapper(operation);
    const struct xml_node *start = wrapper ? xml_child(root, wrapper) : root;

    if (operation->output.shape.type == AWS_TYPE_NONE) {
        *ret_value = json_object();
        return 0;
    }
    if (!start)
        return chaos_error_set(err, CHAOS_E_INVALID, "it has no <%s>", wrapper);
    return xml_body_decode_into(&operation->output, start, sink, ret_value, err);
}

static int decode_query_response(const struct aws_operation *operation,
                                 struct aws_response *response, struct aws_item_sink *sink,
                                 json_t **ret_value, struct chaos_error *err)
{
    AUTO(xml_document) struct xml_document *document = NULL;
    const struct xml_node *root, *metadata;
    const char *request_id;
    json_t *value = NULL;
    int r;

    if (response->body.length == 0 && aws_shape_member_count(&operation->output.shape) == 0) {
        *ret_value = json_object();
        return 0;
    }
    buffer_reserve(&response->body, 0); /* also an empty one has its NUL */
    r = xml_parse_in_place(response->body.data, response->body.length, &document, err);
    if (r < 0)
        return r;
    root = xml_document_root(document);
    r = decode_query_members(operation, root, sink, &value, err);
    if (r < 0)
        return r;
    if (operation->service.protocol == AWS_PROTOCOL_EC2) {
        request_id = xml_child_text(root, "requestId");
    } else {
        metadata = xml_child(root, "ResponseMetadata");
        request_id = metadata ? xml_child_text(metadata, "RequestId") : NULL;
    }
    if (request_id)
        json_object_set_new(value, "ResponseMetadata", json_pack("{s:s}", "RequestId", request_id));
    *ret_value = value;
    return 0;
}

static void add_header_metadata(const struct aws_response *response, json_t *value)
{
    const char *id = aws_header_find(&response->headers, "x-amzn-requestid");
    const char *s3_id = aws_header_find(&response->headers, "x-amz-request-id");
    const char *host_id = aws_header_find(&response->headers, "x-amz-id-2");
    json_t *metadata = json_object();

    if (id || s3_id)
        json_object_set_new(metadata, "RequestId", json_string(id ? id : s3_id));
    if (!id && s3_id)
        json_object_set_new(metadata, "HostId", json_string(host_id ? host_id : ""));
    json_object_set_new(value, "ResponseMetadata", metadata);
}

static int decode_json_response(const struct aws_operation *operation,
                                const struct aws_response *response, json_t **ret_value,
                                struct chaos_error *err)
{
    AUTO(json) json_t *wire = NULL;
    int r;

    if (operation->output.shape.type == AWS_TYPE_NONE || response->body.length == 0) {
        *ret_value = json_object();
        return 0;
    }
    r = json_parse(buffer_text(&response->body), response->body.length, &wire, err);
    if (r < 0)
        return chaos_error_prefix(err, "JSON");
    return json_body_decode(&operation->output, wire, ret_value, err);
}

static int decode_output(const struct aws_operation *operation, struct aws_response *response,
                         struct aws_item_sink *sink, json_t **ret_value, struct chaos_error *err)
{
    int r;

    switch (operation->service.protocol) {
    case AWS_PROTOCOL_EC2:
    case AWS_PROTOCOL_QUERY:
        return decode_query_response(operation, response, sink, ret_value, err);
    case AWS_PROTOCOL_JSON:
        r = decode_json_response(operation, response, ret_value, err);
        break;
    case AWS_PROTOCOL_REST_JSON:
    case AWS_PROTOCOL_REST_XML:
        if (operation->output.shape.type == AWS_TYPE_NONE) {
            *ret_value = json_object();
            r = 0;
        } else {
            r = rest_decode_response(operation->service.protocol, &operation->output, response,
                                     ret_value, err);
        }
        break;
    case AWS_PROTOCOL_NONE:
    case AWS_PROTOCOL_CBOR:
    case AWS_PROTOCOL_COUNT:
    default: /* so that `r` is seen to be set */
        return unsupported(&operation->service, err);
    }
    if (r == 0)
        add_header_metadata(response, *ret_value);
    return r;
}

/* Add a header; several of one name are one, with commas. */
static void add_header(json_t *object, const char *name, const char *value)
{
    const char *there = json_string_value(json_object_get(object, name));
    AUTO(str) char *joined = there ? mem_printf("%s, %s", there, value) : NULL;

    json_object_set_new(object, name, json_string(joined ? joined : value));
}

/* Header names in lower case, as boto3 shows them. */
static json_t *headers_json(const struct uri_pairs *headers)
{
    json_t *object = json_object();

    for (size_t i = 0; i < headers->count; i++) {
        AUTO(str) char *name = mem_strdup(headers->items[i].name);
        const char *value = headers->items[i].value;

        for (char *p = name; *p; p++) {
            if (*p >= 'A' && *p <= 'Z')
                *p = (char)(*p - 'A' + 'a');
        }
        if (str_is_utf8(name, strlen(name)) && str_is_utf8(value, strlen(value)))
            add_header(object, name, value);
    }
    return object;
}

int aws_response_decode(const struct aws_operation *operation, struct aws_response *response,
                        struct aws_item_sink *sink, json_t **ret_value, struct chaos_error *err)
{
    json_t *value = NULL, *metadata;
    int r = aws_response_is_error(response) ? fault_decode(operation, response, &value, err)
                                            : decode_output(operation, response, sink, &value, err);

    if (r < 0 && response->status >= 300)
        return chaos_error_prefix(err, "%s.%s: answer with status %d", operation->service.name,
                                  operation->name, response->status);
    if (r < 0)
        return chaos_error_prefix(err, "%s.%s: answer", operation->service.name, operation->name);
    metadata = json_object_get(value, "ResponseMetadata");
    if (!json_is_object(metadata)) {
        metadata = json_object();
        json_object_set_new(value, "ResponseMetadata", metadata);
    }
    json_object_set_new(metadata, "HTTPStatusCode", json_integer(response->status));
    json_object_set_new(metadata, "HTTPHeaders", headers_json(&response->headers));
    *ret_value = value;
    return 0;
}
