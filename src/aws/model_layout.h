/* SPDX-License-Identifier: Apache-2.0 */
/* The model file as tools/compile_models.py writes it (docs/design/aws-models.md): a header, then
 * tables of 32-bit words in the byte order of the machine. A text is an offset into the string
 * section, whose last byte is NUL; record 0 of shapes and members means "none". */
#pragma once

#include <stdint.h>

#define AWS_LAYOUT_MAGIC      "FRACASAW"
#define AWS_LAYOUT_BYTE_ORDER 0x01020304u
#define AWS_LAYOUT_VERSION    1u

enum aws_layout_section {
    AWS_LAYOUT_STRINGS,
    AWS_LAYOUT_WORDS,
    AWS_LAYOUT_SERVICES,
    AWS_LAYOUT_OPERATIONS,
    AWS_LAYOUT_SHAPES,
    AWS_LAYOUT_MEMBERS,
    AWS_LAYOUT_SECTION_COUNT,
};

struct aws_layout_header {
    char magic[8];
    uint32_t byte_order;
    uint32_t version;
    uint32_t file_size;
    uint32_t root; /* node: {"partitions": ..., "endpoints": ...} */
    struct {
        uint32_t offset; /* in bytes from the start, a multiple of 4 */
        uint32_t count;  /* in records; of strings in bytes */
    } sections[AWS_LAYOUT_SECTION_COUNT];
};

struct aws_layout_service {
    uint32_t name, id, full_name, endpoint_prefix, signing_name, api_version, signature_version;
    uint32_t protocol; /* enum aws_protocol */
    uint32_t json_version, target_prefix, xml_namespace;
    uint32_t first_operation, n_operations; /* sorted by name */
    uint32_t errors;                        /* words: 2n, then n pairs code, shape sorted by code */
    uint32_t paginators, waiters, ruleset, traits; /* nodes */
    uint32_t summary;
};

struct aws_layout_operation {
    uint32_t name, method, uri;
    uint32_t input, output; /* members; 0: none */
    uint32_t errors;        /* words: n, then n shapes */
    uint32_t traits;        /* node */
    uint32_t summary;
};

struct aws_layout_shape {
    uint32_t name;
    uint32_t flags; /* enum aws_type in the low four bits, enum aws_flag above */
    uint32_t first_member, n_members;
    uint32_t traits; /* node */
};

struct aws_layout_member {
    uint32_t name, location_name;
    uint32_t shape;
    uint32_t flags;  /* enum aws_location in the low four bits, enum aws_flag above */
    uint32_t traits; /* node */
};

/* A node is one word: the kind in the low three bits, above it a constant (0 null, 1 false,
 * 2 true), a number, a string offset or an index into the words. */
enum aws_layout_node {
    AWS_LAYOUT_CONSTANT,
    AWS_LAYOUT_STRING,
    AWS_LAYOUT_INTEGER, /* below 2^29 */
    AWS_LAYOUT_ARRAY,   /* words: n, then n nodes */
    AWS_LAYOUT_OBJECT,  /* words: n, then n pairs string, node sorted by key */
    AWS_LAYOUT_WIDE,    /* two words: a signed 64-bit number, low half first */
    AWS_LAYOUT_REAL,    /* two words: a double, low half first */
};
