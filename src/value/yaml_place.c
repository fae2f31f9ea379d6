// SPDX-License-Identifier: Apache-2.0
#include "value/yaml_place.h"

#include <string.h>

#include <yaml.h>

#include "base/mem.h"
#include "base/str.h"

struct search {
    yaml_document_t document;
    size_t line;
};

static void search_clear(struct search *search)
{
    yaml_document_delete(&search->document);
}
AUTO_CLEAR(search, struct search)

/* One part of a pointer, unescaped; owned. */
static char *next_part(const char **pointer)
{
    size_t length = strcspn(*pointer + 1, "/");
    struct buffer part = { 0 };

    for (const char *c = *pointer + 1; c < *pointer + 1 + length; c++) {
        if (c[0] == '~' && (c[1] == '0' || c[1] == '1'))
            buffer_add_char(&part, *++c == '0' ? '~' : '/');
        else
            buffer_add_char(&part, *c);
    }
    *pointer += 1 + length;
    return buffer_take(&part);
}

static yaml_node_t *member(struct search *search, const yaml_node_t *mapping, const char *key)
{
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
         pair < mapping->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(&search->document, pair->key);

        if (name->type == YAML_SCALAR_NODE &&
            strcmp((const char *)name->data.scalar.value, key) == 0) {
            search->line = name->start_mark.line + 1;
            return yaml_document_get_node(&search->document, pair->value);
        }
    }
    return NULL;
}

static yaml_node_t *item(struct search *search, const yaml_node_t *sequence, const char *index)
{
    const yaml_node_item_t *start = sequence->data.sequence.items.start;
    size_t count = (size_t)(sequence->data.sequence.items.top - start);
    size_t i = strtoul(index, NULL, 10);
    yaml_node_t *node;

    if (i >= count)
        return NULL;
    node = yaml_document_get_node(&search->document, start[i]);
    search->line = node->start_mark.line + 1;
    return node;
}

static void follow(struct search *search, const char *pointer)
{
    const yaml_node_t *node = yaml_document_get_root_node(&search->document);

    if (node)
        search->line = node->start_mark.line + 1;
    while (node && *pointer == '/') {
        AUTO(str) char *part = next_part(&pointer);

        if (node->type == YAML_MAPPING_NODE)
            node = member(search, node, part);
        else if (node->type == YAML_SEQUENCE_NODE)
            node = item(search, node, part);
        else
            node = NULL;
    }
}

size_t yaml_line_of(const char *text, size_t length, const char *pointer)
{
    AUTO(search) struct search search = { 0 };
    yaml_parser_t parser;
    bool is_read;

    if (!yaml_parser_initialize(&parser))
        return 0;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    is_read = yaml_parser_load(&parser, &search.document);
    yaml_parser_delete(&parser);
    if (!is_read)
        return 0;
    follow(&search, pointer);
    return search.line;
}
