/* SPDX-License-Identifier: Apache-2.0 */
/* XML as AWS services write it, read into a tree and written: elements, attributes, text, CDATA,
 * comments, the five named entities and character references, UTF-8. A document type is refused:
 * nothing here expands or fetches anything. */
#pragma once

#include "base/str.h"

/* Nesting deeper than this is CHAOS_E_LIMIT. */
#define XML_DEPTH_MAX 200

struct xml_attribute {
    const char *prefix; /* "" without one */
    const char *name;   /* without its prefix */
    const char *value;
    struct xml_attribute *next;
};

struct xml_node {
    const char *prefix;
    const char *name; /* without its prefix */
    const char *text; /* what stands before the first child; "" for nothing */
    struct xml_attribute *attributes;
    struct xml_node *first; /* child */
    struct xml_node *next;  /* sibling */
};

struct xml_document;

/* The text, which ends with a NUL behind `length` bytes, becomes part of the document: it is
 * overwritten, also by an error, and must outlive the document. Errors read "XML line 3: ...". */
MUST_USE int xml_parse_in_place(char *text, size_t length, struct xml_document **ret_document,
                                struct chaos_error *err);
/* The same with a copy of the text. */
MUST_USE int xml_parse(const char *text, size_t length, struct xml_document **ret_document,
                       struct chaos_error *err);
/* Never NULL. */
const struct xml_node *xml_document_root(const struct xml_document *document);
void xml_document_free(struct xml_document *document);
AUTO_FREE(xml_document, struct xml_document)

/* The first child of this name, whatever its prefix; NULL for none. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
/* The text of that child; NULL for none. */
const char *xml_child_text(const struct xml_node *node, const char *name);

/* Append text for use between tags or inside a quoted attribute. */
void xml_escape(struct buffer *out, const char *text);
