/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS service models: botocore's data in one file that is mapped and used where it lies.
 *
 * Everything handed out is a small value that borrows from the struct aws_models it came from.
 * The file is not checked as a whole when it is opened: every offset is checked when it is
 * followed. In a damaged file what lies outside is "", null, or a shape of AWS_TYPE_NONE. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"

struct aws_models;

/* Map the file. -CHAOS_E_INVALID when it is not a model file of this version and machine. */
MUST_USE int aws_models_open(const char *path, struct aws_models **ret_models,
                             struct chaos_error *err);
/* The file that belongs to this build: $CHAOS_AWS_MODELS, else where it is installed, else where it
 * was built. */
MUST_USE int aws_models_open_own(struct aws_models **ret_models, struct chaos_error *err);
/* The path of that file. */
const char *aws_models_own_path(void);
/* aws_models_open() over borrowed memory that outlives the result; `data` is aligned to 4 bytes. */
MUST_USE int aws_models_new(const void *data, size_t length, struct aws_models **ret_models,
                            struct chaos_error *err);
void aws_models_free(struct aws_models *models);
AUTO_FREE(aws_models, struct aws_models)

/* A JSON value inside the file. */
struct aws_node {
    const struct aws_models *models;
    uint32_t word;
};

enum aws_node_type {
    AWS_NODE_NULL,
    AWS_NODE_BOOLEAN,
    AWS_NODE_STRING,
    AWS_NODE_INTEGER,
    AWS_NODE_REAL,
    AWS_NODE_ARRAY,
    AWS_NODE_OBJECT,
};

enum aws_node_type aws_node_type(struct aws_node node);
bool aws_node_is_true(struct aws_node node);
/* NULL when it is not a string. */
const char *aws_node_text(struct aws_node node);
/* 0 when it is not a number. */
int64_t aws_node_integer(struct aws_node node);
double aws_node_real(struct aws_node node);
/* Items of an array, pairs of an object; else 0. */
size_t aws_node_count(struct aws_node node);
/* Item or member `index`; null outside. */
struct aws_node aws_node_at(struct aws_node node, size_t index);
/* The key of member `index`, "" outside. Keys are sorted bytewise. */
const char *aws_node_key_at(struct aws_node node, size_t index);
/* The member `key`, null when there is none or it is not an object. */
struct aws_node aws_node_get(struct aws_node node, const char *key);
/* aws_node_text(aws_node_get()). */
const char *aws_node_get_text(struct aws_node node, const char *key);
/* A new reference. -CHAOS_E_LIMIT for what a sound file does not hold. */
MUST_USE int aws_node_to_json(struct aws_node node, json_t **ret_value, struct chaos_error *err);

/* {"partitions": ..., "endpoints": ...} as botocore names the files. */
struct aws_node aws_models_root(const struct aws_models *models);

enum aws_protocol {
    AWS_PROTOCOL_NONE,
    AWS_PROTOCOL_EC2,
    AWS_PROTOCOL_QUERY,
    AWS_PROTOCOL_JSON,
    AWS_PROTOCOL_REST_JSON,
    AWS_PROTOCOL_REST_XML,
    AWS_PROTOCOL_CBOR, /* not spoken here */
    AWS_PROTOCOL_COUNT,
};

/* "ec2", "query", "json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"; "none". */
const char *aws_protocol_name(enum aws_protocol protocol);

enum aws_type {
    AWS_TYPE_NONE,
    AWS_TYPE_STRUCTURE,
    AWS_TYPE_LIST,
    AWS_TYPE_MAP,
    AWS_TYPE_STRING,
    AWS_TYPE_INTEGER,
    AWS_TYPE_LONG,
    AWS_TYPE_FLOAT,
    AWS_TYPE_DOUBLE,
    AWS_TYPE_BOOLEAN,
    AWS_TYPE_TIMESTAMP,
    AWS_TYPE_BLOB,
    AWS_TYPE_COUNT,
};

const char *aws_type_name(enum aws_type type);

enum aws_location {
    AWS_IN_BODY,
    AWS_IN_HEADER,
    AWS_IN_HEADERS, /* all headers with a prefix */
    AWS_IN_QUERY,
    AWS_IN_URI,
    AWS_IN_STATUS,
};

enum aws_flag {
    AWS_REQUIRED = 1 << 4,
    AWS_FLATTENED = 1 << 5,
    AWS_STREAMING = 1 << 6,
    AWS_IDEMPOTENCY_TOKEN = 1 << 7,
    AWS_HOST_LABEL = 1 << 8,
    AWS_JSON_VALUE = 1 << 9,
    AWS_XML_ATTRIBUTE = 1 << 10,
    AWS_EVENT_PAYLOAD = 1 << 11,
    AWS_EVENT_HEADER = 1 << 12,
    AWS_DEPRECATED = 1 << 13,
    AWS_SENSITIVE = 1 << 14,
    AWS_EXCEPTION = 1 << 15,
    AWS_FAULT = 1 << 16, /* the server's */
    AWS_UNION = 1 << 17,
    AWS_DOCUMENT = 1 << 18, /* any JSON value */
    AWS_EVENT_STREAM = 1 << 19,
    AWS_EVENT = 1 << 20,
    AWS_SPARSE = 1 << 21,
    AWS_REQUIRES_LENGTH = 1 << 22,
    AWS_RETRYABLE = 1 << 23,
};

struct aws_shape {
    const struct aws_models *models;
    const char *name; /* "" for scalars */
    enum aws_type type;
    uint32_t flags;
    uint32_t first_member, n_members; /* list: "member"; map: "key", "value" */
    struct aws_node traits;           /* min max enum timestampFormat payload error xmlNamespace */
};

/* A shape where it is used: a member, an item, or the input or output of an operation. */
struct aws_member {
    const char *name;
    const char *location_name; /* its name on the wire; "" when the model gives none */
    enum aws_location location;
    uint32_t flags;         /* its own and those of its shape */
    struct aws_node traits; /* timestampFormat xmlNamespace queryName contextParam */
    struct aws_shape shape; /* AWS_TYPE_NONE: no such member */
};

size_t aws_shape_member_count(const struct aws_shape *shape);
struct aws_member aws_shape_member(const struct aws_shape *shape, size_t index);
/* The place of a member by its name; SIZE_MAX for none. The search starts at *hint, which is then
 * moved behind what was found: names that come in the model's order are found at once. */
size_t aws_shape_find(const struct aws_shape *shape, const char *name, size_t *hint);
/* The same by the name on the wire: location_name, or name without one. */
size_t aws_shape_find_wire(const struct aws_shape *shape, const char *name, size_t *hint);
/* A trait of the use or, failing that, of the shape; null when neither has it. */
struct aws_node aws_member_trait(const struct aws_member *member, const char *trait);
/* location_name, else the name. */
const char *aws_member_wire_name(const struct aws_member *member);
/* The member of a structure that is the whole body; type AWS_TYPE_NONE when there is none. */
struct aws_member aws_shape_payload(const struct aws_shape *shape);
/* Whether an operation's input or output has such a member, and it is bytes: botocore streams it.
 */
bool aws_has_raw_body(const struct aws_member *structure);

struct aws_service {
    const struct aws_models *models;
    const char *name; /* as boto3 names it: "ec2", "autoscaling", "elbv2" */
    const char *id;   /* "EC2", "Auto Scaling" */
    const char *full_name;
    const char *endpoint_prefix;
    const char *signing_name;
    const char *api_version;
    const char *signature_version;
    enum aws_protocol protocol;
    const char *json_version;
    const char *target_prefix;
    const char *xml_namespace;
    const char *summary;
    uint32_t first_operation, n_operations;
    uint32_t errors;
    struct aws_node paginators; /* {"Op": {"input_token": [..], "output_token": [..], ..}} */
    struct aws_node waiters;    /* as botocore's waiters-2.json */
    struct aws_node ruleset;    /* as botocore's endpoint-rule-set-1.json */
    struct aws_node
        traits; /* globalEndpoint protocolSettings clientContextParams awsQueryCompatible */
};

size_t aws_service_count(const struct aws_models *models);
struct aws_service aws_service_at(const struct aws_models *models, size_t index);
/* -CHAOS_E_NOT_FOUND names the closest one there is. */
MUST_USE int aws_service_find(const struct aws_models *models, const char *name,
                              struct aws_service *ret_service, struct chaos_error *err);
/* The exception with this code; false when the service has none. */
bool aws_service_error(const struct aws_service *service, const char *code,
                       struct aws_shape *ret_shape);

struct aws_operation {
    struct aws_service service;
    const char *name;
    const char *method;
    const char *uri; /* template: "/{Bucket}/{Key+}?tagging" */
    const char *summary;
    struct aws_member input; /* shape.type AWS_TYPE_NONE: none */
    struct aws_member output;
    uint32_t errors;
    struct aws_node
        traits; /* responseCode hostPrefix resultWrapper authtype auth httpChecksum .. */
};

size_t aws_operation_count(const struct aws_service *service);
struct aws_operation aws_operation_at(const struct aws_service *service, size_t index);
/* By its name ("DescribeInstances"). -CHAOS_E_NOT_FOUND names the closest one there is. */
MUST_USE int aws_operation_find(const struct aws_service *service, const char *name,
                                struct aws_operation *ret_operation, struct chaos_error *err);
size_t aws_operation_error_count(const struct aws_operation *operation);
struct aws_shape aws_operation_error(const struct aws_operation *operation, size_t index);
/* The code an exception has on the wire: its error.code, else its name. */
const char *aws_shape_error_code(const struct aws_shape *shape);
