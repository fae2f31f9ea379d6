/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/codec_fault.h"

#include <string.h>

#include "aws/json_body.h"
#include "aws/rest.h"
#include "aws/xml_body.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "value/json.h"

/* What a status means, for answers that say nothing themselves. */
static const char *status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        { 301, "Moved Permanently" },
        { 302, "Found" },
        { 304, "Not Modified" },
        { 307, "Temporary Redirect" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 412, "Precondition Failed" },
        { 413, "Request Entity Too Large" },
        { 416, "Requested Range Not Satisfiable" },
        { 429, "Too Many Requests" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 502, "Bad Gateway" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        if (texts[i].status == status)
            return texts[i].text;
    }
    return "";
}

static json_t *fault_json(const char *code, const char *message)
{
    return json_pack("{s:{s:s, s:s}, s:{}}", "Error", "Message", message, "Code", code,
                     "ResponseMetadata");
}

static json_t *fault_of_status(const struct aws_response *response)
{
    AUTO(str) char *code = mem_printf("%d", response->status);

    return fault_json(code, status_text(response->status));
}

/* A proxy or load balancer in between answers for the service: no body, or a page for people. */
static bool is_generic(const struct aws_response *response)
{
    const char *text = buffer_text(&response->body);

    text += strspn(text, " \t\r\n");
    return response->status >= 500 && (!*text || str_starts(text, "<html>"));
}

static json_t *tree_json(const struct xml_node *node)
{
    json_t *object;

    if (!node->first)
        return json_string(node->text);
    object = json_object();
    for (const struct xml_node *child = node->first; child; child = child->next)
        json_object_set_new(object, child->name, tree_json(child));
    return object;
}

/* <ErrorResponse><Error>, <Response><Errors><Error>, or S3's <Error> itself. */
static const struct xml_node *find_error(const struct xml_node *root)
{
    const struct xml_node *errors = xml_child(root, "Errors");
    const struct xml_node *error = xml_child(errors ? errors : root, "Error");

    return error ? error : root;
}

static void add_request_id(const struct xml_node *root, const struct xml_node *error,
                           const struct aws_response *response, json_t *value)
{
    json_t *metadata = json_object();
    const char *id = xml_child_text(root, "RequestId");
    const char *host_id;

    if (!id)
        id = xml_child_text(root, "RequestID");
    if (!id)
        id = xml_child_text(root, "requestId");
    if (error == root) { /* S3: the headers count */
        const char *header = aws_header_find(&response->headers, "x-amz-request-id");

        host_id = aws_header_find(&response->headers, "x-amz-id-2");
        if (header) {
            id = header;
            json_object_set_new(metadata, "HostId", json_string(host_id ? host_id : ""));
        }
    }
    if (id)
        json_object_set_new(metadata, "RequestId", json_string(id));
    json_object_set_new(value, "ResponseMetadata", metadata);
}

static int add_xml_members(const struct aws_operation *operation,
                           const struct aws_response *response, const struct xml_node *root,
                           const struct xml_node *error, json_t *value, struct chaos_error *err)
{
    const char *code = json_string_value(json_object_get(json_object_get(value, "Error"), "Code"));
    struct aws_member member = { .name = "", .location_name = "" };
    AUTO(json) json_t *members = NULL;
    AUTO(json) json_t *nested = NULL;
    int r;

    if (!code || !aws_service_error(&operation->service, code, &member.shape))
        return 0;
    member.traits = (struct aws_node){ member.shape.models, 0 };
    r = xml_body_decode(&member, error, &members, err);
    if (r < 0)
        return r;
    /* Some services put an error's own members beside <Error>. */
    if (error != root) {
        r = xml_body_decode(&member, root, &nested, err);
        if (r < 0)
            return r;
        json_object_update_missing(members, nested);
    }
    if (operation->service.protocol == AWS_PROTOCOL_REST_XML) {
        AUTO(json) json_t *headers = NULL;
        struct aws_response bare = { .status = response->status, .headers = response->headers };

        r = rest_decode_response(AWS_PROTOCOL_REST_XML, &member, &bare, &headers, err);
        if (r < 0)
            return r;
        json_object_update_missing(members, headers);
    }
    json_object_update_missing(value, members);
    return 0;
}

static int decode_xml(const struct aws_operation *operation, const struct aws_response *response,
                      json_t **ret_value, struct chaos_error *err)
{
    AUTO(xml_document) struct xml_document *document = NULL;
    AUTO(json) json_t *value = NULL;
    const struct xml_node *root, *error;
    json_t *fields;
    int r = 0;

    if (response->body.length == 0)
        value = fault_of_status(response);
    else
        r = xml_parse(buffer_text(&response->body), response->body.length, &document, err);
    if (r < 0 && operation->service.protocol == AWS_PROTOCOL_REST_XML) {
        chaos_error_clear(err); /* compat: the status still says what happened */
        value = fault_of_status(response);
    } else if (r < 0) {
        return r;
    }
    if (value) {
        *ret_value = STEAL(value);
        return 0;
    }
    root = xml_document_root(document);
    error = find_error(root);
    fields = tree_json(error);
    if (!json_is_object(fields)) {
        json_decref(fields);
        fields = json_object();
    }
    if (error == root) {
        json_object_del(fields, "RequestId");
        json_object_del(fields, "HostId");
    }
    value = json_pack("{s:o}", "Error", fields);
    if (!json_object_get(fields, "Code"))
        json_object_set_new(fields, "Code", json_string(""));
    if (!json_object_get(fields, "Message"))
        json_object_set_new(fields, "Message", json_string(""));
    add_request_id(root, error, response, value);
    r = add_xml_members(operation, response, root, error, value, err);
    if (r < 0)
        return r;
    *ret_value = STEAL(value);
    return 0;
}

/* "aws.protocols#FooError:http://..." is FooError. */
static char *plain_code(const char *code)
{
    size_t length = strcspn(code, ":");
    const char *mark = memrchr(code, '#', length);

    if (mark)
        return mem_strndup(mark + 1, length - (size_t)(mark + 1 - code));
    return mem_strndup(code, length);
}

static const char *text_of(const json_t *object, const char *first, const char *second)
{
    const char *text = json_string_value(json_object_get(object, first));

    return text || !second ? text : json_string_value(json_object_get(object, second));
}

/* x-amzn-query-error, of services that once spoke the query protocol: "Code;Sender". */
static void apply_query_error(const char *header, char **code, json_t *error)
{
    const char *mark = strchr(header, ';');

    if (!mark || mark == header || strchr(mark + 1, ';'))
        return;
    json_object_set_new(error, "QueryErrorCode", json_string(*code));
    json_object_set_new(error, "Type", json_string(mark + 1));
    free(*code);
    *code = mem_strndup(header, (size_t)(mark - header));
}

static char *json_code(const struct aws_operation *operation, const struct aws_response *response,
                       const json_t *body)
{
    const char *type = aws_header_find(&response->headers, "x-amzn-errortype");
    const char *code = text_of(body, "__type", NULL);

    if (operation->service.protocol == AWS_PROTOCOL_REST_JSON) {
        if (type)
            code = type;
        else if (text_of(body, "code", "Code"))
            code = text_of(body, "code", "Code");
    } else if (!code) {
        code = type ? type : text_of(body, "code", NULL);
    }
    return code ? plain_code(code) : mem_printf("%d", response->status);
}

static int add_json_members(const struct aws_operation *operation,
                            const struct aws_response *response, const char *code,
                            const json_t *body, json_t *value, struct chaos_error *err)
{
    struct aws_member member = { .name = "", .location_name = "" };
    AUTO(json) json_t *members = NULL;
    int r;

    if (!aws_service_error(&operation->service, code, &member.shape))
        return 0;
    member.traits = (struct aws_node){ member.shape.models, 0 };
    if (operation->service.protocol == AWS_PROTOCOL_REST_JSON)
        r = rest_decode_response(AWS_PROTOCOL_REST_JSON, &member, response, &members, err);
    else
        r = json_body_decode(&member, body, &members, err);
    if (r == 0)
        json_object_update_missing(value, members);
    return r;
}

static int decode_json(const struct aws_operation *operation, const struct aws_response *response,
                       json_t **ret_value, struct chaos_error *err)
{
    const char *query_error = aws_header_find(&response->headers, "x-amzn-query-error");
    const char *request_id = aws_header_find(&response->headers, "x-amzn-requestid");
    const char *message;
    AUTO(chaos_error) struct chaos_error ignored = { 0 };
    AUTO(json) json_t *body = NULL;
    AUTO(json) json_t *value = NULL;
    AUTO(str) char *code = NULL;
    json_t *error;
    bool is_json = true;

    if (response->body.length &&
        json_parse(buffer_text(&response->body), response->body.length, &body, &ignored) < 0)
        is_json = false; /* compat: then the text is the message */
    if (!json_is_object(body)) {
        json_decref(body);
        body = json_object();
    }
    message = is_json ? text_of(body, "message", "Message") : buffer_text(&response->body);
    code = json_code(operation, response, body);
    value = fault_json("", message && str_is_utf8(message, strlen(message)) ? message : "");
    error = json_object_get(value, "Error");
    if (query_error)
        apply_query_error(query_error, &code, error);
    if (json_object_set_new(error, "Code", json_string(code)) < 0)
        return chaos_error_set(err, CHAOS_E_INVALID, "an error code that is not UTF-8");
    if (request_id)
        json_object_set_new(json_object_get(value, "ResponseMetadata"), "RequestId",
                            json_string(request_id));
    if (is_json) {
        int r = add_json_members(operation, response, code, body, value, err);

        if (r < 0)
            return r;
    }
    *ret_value = STEAL(value);
    return 0;
}

int fault_decode(const struct aws_operation *operation, const struct aws_response *response,
                 json_t **ret_value, struct chaos_error *err)
{
    if (is_generic(response)) {
        *ret_value = fault_of_status(response);
        return 0;
    }
    switch (operation->service.protocol) {
    case AWS_PROTOCOL_EC2:
    case AWS_PROTOCOL_QUERY:
    case AWS_PROTOCOL_REST_XML:
        return decode_xml(operation, response, ret_value, err);
    case AWS_PROTOCOL_JSON:
    case AWS_PROTOCOL_REST_JSON:
        return decode_json(operation, response, ret_value, err);
    case AWS_PROTOCOL_NONE:
    case AWS_PROTOCOL_CBOR:
    case AWS_PROTOCOL_COUNT:
        break;
    }
    return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "the protocol '%s' is not supported",
                           aws_protocol_name(operation->service.protocol));
}

static int encode_xml(const struct aws_operation *operation, const struct aws_fault *fault,
                      const char *request_id, const struct aws_member *member,
                      struct aws_response *response, struct chaos_error *err)
{
    struct buffer *out = &response->body;
    struct xml_target to = { out, XML_RESPONSE };
    bool is_ec2 = operation->service.protocol == AWS_PROTOCOL_EC2;
    int r = 0;

    aws_header_set(&response->headers, "Content-Type", "text/xml;charset=UTF-8");
    buffer_add_text(out, is_ec2 ? "<Response><Errors><Error>" : "<ErrorResponse");
    if (!is_ec2 && operation->service.xml_namespace[0]) {
        buffer_add_text(out, " xmlns=\"");
        xml_escape(out, operation->service.xml_namespace);
        buffer_add_char(out, '"');
    }
    if (!is_ec2)
        buffer_printf(out, "><Error><Type>%s</Type>",
                      response->status < 500 ? "Sender" : "Receiver");
    buffer_add_text(out, "<Code>");
    xml_escape(out, fault->code);
    buffer_add_text(out, "</Code><Message>");
    xml_escape(out, fault->message);
    buffer_add_text(out, "</Message>");
    if (member->shape.type == AWS_TYPE_STRUCTURE && fault->members) {
        AUTO(json) json_t *members = json_copy(json_walkable(fault->members));

        json_object_del(members, "Message");
        json_object_del(members, "message");
        r = xml_body_encode_members(member, members, &to, err);
    }
    if (r < 0)
        return r;
    buffer_add_text(out, is_ec2 ? "</Error></Errors><RequestID>" : "</Error><RequestId>");
    xml_escape(out, request_id);
    buffer_add_text(out, is_ec2 ? "</RequestID></Response>" : "</RequestId></ErrorResponse>");
    return 0;
}

static int encode_json(const struct aws_operation *operation, const struct aws_fault *fault,
                       const char *request_id, const struct aws_member *member,
                       struct aws_response *response, struct chaos_error *err)
{
    AUTO(json) json_t *wire = NULL;
    bool is_rest = operation->service.protocol == AWS_PROTOCOL_REST_JSON;
    int r = 0;

    if (member->shape.type == AWS_TYPE_STRUCTURE && fault->members)
        r = json_body_encode(member, fault->members, &wire, err);
    if (r < 0)
        return r;
    if (!wire)
        wire = json_object();
    if (!text_of(wire, "message", "Message"))
        json_object_set_new(wire, "message", json_string(fault->message));
    if (is_rest)
        aws_header_set(&response->headers, "x-amzn-errortype", fault->code);
    else
        json_object_set_new(wire, "__type", json_string(fault->code));
    aws_header_set(&response->headers, "Content-Type",
                   is_rest ? "application/json" : "application/x-amz-json-1.1");
    aws_header_set(&response->headers, "x-amzn-RequestId", request_id);
    json_write(&response->body, wire, JSON_STYLE_COMPACT);
    return 0;
}

int aws_fault_encode(const struct aws_operation *operation, const struct aws_fault *fault,
                     const char *request_id, struct aws_response *response, struct chaos_error *err)
{
    struct aws_member member = { .name = "", .location_name = "" };
    int64_t status = fault->status;

    if (aws_service_error(&operation->service, fault->code, &member.shape)) {
        struct aws_node error = aws_node_get(member.shape.traits, "error");

        member.traits = (struct aws_node){ member.shape.models, 0 };
        member.flags = member.shape.flags;
        if (!status)
            status = aws_node_integer(aws_node_get(error, "httpStatusCode"));
    }
    response->status = status >= 301 && status < 600 ? (int)status : 400;
    switch (operation->service.protocol) {
    case AWS_PROTOCOL_EC2:
    case AWS_PROTOCOL_QUERY:
    case AWS_PROTOCOL_REST_XML:
        return encode_xml(operation, fault, request_id, &member, response, err);
    case AWS_PROTOCOL_JSON:
    case AWS_PROTOCOL_REST_JSON:
        return encode_json(operation, fault, request_id, &member, response, err);
    case AWS_PROTOCOL_NONE:
    case AWS_PROTOCOL_CBOR:
    case AWS_PROTOCOL_COUNT:
        break;
    }
    return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "the protocol '%s' is not supported",
                           aws_protocol_name(operation->service.protocol));
}
