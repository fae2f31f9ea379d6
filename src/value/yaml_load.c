// SPDX-License-Identifier: Apache-2.0
/* From the events of libyaml to values, in one pass: anchors, merge keys and limits. */
#include "value/yaml.h"

#include <string.h>

#include <yaml.h>

#include "base/mem.h"
#include "value/extended.h"
#include "value/json.h"
#include "value/utf8.h"
#include "value/yaml_scalar.h"

/* How many values a document may hold once its aliases are written out. */
#define YAML_NODES_MAX ((size_t)10 * 1000 * 1000)

/* A value as it was read. */
struct node {
    json_t *value;
    enum yaml_tag tag;
    size_t expanded; /* values in it, itself included, aliases written out */
    int height;      /* levels of containers in it, itself included */
    yaml_mark_t mark;
};

struct loader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    const char *text;
    json_t *anchors; /* name: index in `anchored`, null while that is being read */
    struct node *anchored;
    size_t n_anchored;
    int depth;
    struct chaos_error *err;
};

static int load_node(struct loader *l, struct node *ret_node);

static void node_clear(struct node *node)
{
    json_decref(node->value);
}
AUTO_CLEAR(node, struct node)

static void loader_clear(struct loader *l)
{
    yaml_event_delete(&l->event);
    yaml_parser_delete(&l->parser);
    for (size_t i = 0; i < l->n_anchored; i++)
        json_decref(l->anchored[i].value);
    free(l->anchored);
    json_decref(l->anchors);
}
AUTO_CLEAR(loader, struct loader)

static int prefix_place(struct loader *l, const yaml_mark_t *mark)
{
    return chaos_error_prefix(l->err, "line %zu, column %zu", mark->line + 1, mark->column + 1);
}

static int fail(struct loader *l, const yaml_mark_t *mark, const char *format, ...) PRINTF(3, 4);
static int fail(struct loader *l, const yaml_mark_t *mark, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    chaos_error_setv(l->err, CHAOS_E_INVALID, format, args);
    va_end(args);
    return prefix_place(l, mark);
}

static int fail_limit(struct loader *l, const yaml_mark_t *mark, const char *message)
{
    chaos_error_set(l->err, CHAOS_E_LIMIT, "%s", message);
    return prefix_place(l, mark);
}

/* Bytes that are no characters of YAML: libyaml names an offset only. */
static int fail_reader(struct loader *l)
{
    const yaml_parser_t *p = &l->parser;
    struct utf8_place place = utf8_place(l->text, p->problem_offset);

    if (p->problem_value == -1)
        return chaos_error_set(l->err, CHAOS_E_INVALID, "line %zu, column %zu: %s", place.line,
                               place.column, p->problem);
    return chaos_error_set(l->err, CHAOS_E_INVALID, "line %zu, column %zu: %s (#x%02X)", place.line,
                           place.column, p->problem, (unsigned)p->problem_value);
}

static int fail_parser(struct loader *l)
{
    const yaml_parser_t *p = &l->parser;

    if (p->error == YAML_READER_ERROR)
        return fail_reader(l);
    if (!p->problem)
        return chaos_error_set(l->err, CHAOS_E_INTERNAL, "libyaml gave up without a reason");
    if (!p->context)
        return fail(l, &p->problem_mark, "%s", p->problem);
    if (p->context_mark.line == p->problem_mark.line)
        return fail(l, &p->problem_mark, "%s, %s", p->problem, p->context);
    return fail(l, &p->problem_mark, "%s, %s that starts in line %zu", p->problem, p->context,
                p->context_mark.line + 1);
}

static int next_event(struct loader *l)
{
    yaml_event_delete(&l->event);
    return yaml_parser_parse(&l->parser, &l->event) ? 0 : fail_parser(l);
}

static const char *kind_name(const json_t *value)
{
    if (json_is_object(value))
        return "a mapping";
    return json_is_array(value) ? "a sequence" : "a scalar";
}

/* Count what a child adds to its container. */
static int count_child(struct loader *l, struct node *parent, const struct node *child)
{
    parent->expanded += child->expanded;
    if (child->height >= parent->height)
        parent->height = child->height + 1;
    if (parent->expanded > YAML_NODES_MAX)
        return fail_limit(l, &child->mark,
                          "with its aliases written out the document has more than 10 million "
                          "values");
    return 0;
}

static int load_alias(struct loader *l, struct node *ret_node)
{
    const char *name = (const char *)l->event.data.alias.anchor;
    const json_t *index = json_object_get(l->anchors, name);
    const yaml_mark_t *mark = &l->event.start_mark;
    const struct node *named;

    if (!index)
        return fail(l, mark, "alias '*%s' has no anchor before it", name);
    if (json_is_null(index))
        return fail(l, mark, "alias '*%s' stands within what it names", name);
    named = &l->anchored[json_integer_value(index)];
    if (l->depth + named->height > JSON_DEPTH_MAX)
        return fail_limit(l, mark, "nested deeper than 500 levels");
    *ret_node = *named;
    ret_node->mark = *mark;
    json_incref(ret_node->value);
    return 0;
}

/* Announce an anchor, before what it names is read. */
static int open_anchor(struct loader *l, const char *name)
{
    if (json_object_get(l->anchors, name))
        return fail(l, &l->event.start_mark, "anchor '&%s' is there for the second time", name);
    json_object_set_new_nocheck(l->anchors, name, json_null());
    return 0;
}

static void close_anchor(struct loader *l, const char *name, const struct node *node)
{
    if (!(l->n_anchored & (l->n_anchored - 1))) /* room doubles at powers of two */
        l->anchored =
            mem_resize(l->anchored, (l->n_anchored ? 2 * l->n_anchored : 1) * sizeof(*l->anchored));
    l->anchored[l->n_anchored] = *node;
    json_incref(node->value);
    json_object_set_new_nocheck(l->anchors, name, json_integer((json_int_t)l->n_anchored++));
}

/* Tags that no scalar, sequence or mapping of data can have are refused where they stand. */
static int check_tag(struct loader *l, const struct node *node)
{
    if (node->tag == TAG_MERGE)
        return fail(l, &node->mark, "'<<' merges mappings: it must be a key (or be quoted)");
    if (node->tag == TAG_VALUE)
        return fail(l, &node->mark, "a plain '=' has no meaning here: quote it");
    return 0;
}

/* A node that is a value, rather than a key. */
static int load_value(struct loader *l, struct node *ret_node)
{
    int code = load_node(l, ret_node);

    return code < 0 ? code : check_tag(l, ret_node);
}

static int load_scalar(struct loader *l, struct node *node)
{
    const char *tag = (const char *)l->event.data.scalar.tag;
    const char *text = (const char *)l->event.data.scalar.value;
    size_t length = l->event.data.scalar.length;

    if (l->event.data.scalar.plain_implicit || str_equal(tag, "!"))
        node->tag = yaml_tag_resolve(text, length);
    else
        node->tag = tag ? yaml_tag_parse(tag) : TAG_STR;
    if (node->tag == TAG_UNKNOWN)
        return fail(l, &node->mark, "the tag '%s' is not known", tag);
    if (node->tag >= TAG_SEQ && node->tag <= TAG_SET)
        return fail(l, &node->mark, "the tag '%s' does not go with a scalar", tag);
    if (yaml_scalar_value(node->tag, text, length, &node->value, l->err) < 0)
        return prefix_place(l, &node->mark);
    return 0;
}

/* The text of a key, as Python's json module writes keys that are not text. */
static int add_key_text(struct loader *l, const struct node *key, struct buffer *out)
{
    size_t length;
    AUTO(mem) unsigned char *data = NULL;

    if (json_is_object(key->value) || json_is_array(key->value))
        return fail(l, &key->mark, "%s cannot be a key", kind_name(key->value));
    switch (extended_kind(key->value)) {
    case EXTENDED_NONE:
        break;
    case EXTENDED_BYTES:
        data = extended_data(key->value, &length);
        utf8_add_lossy(out, data, length);
        return 0;
    default:
        buffer_add_text(out, extended_text(key->value));
        return 0;
    }
    if (json_is_string(key->value))
        buffer_add(out, json_string_value(key->value), json_string_length(key->value));
    else
        json_write(out, key->value, JSON_STYLE_COMPACT);
    return 0;
}

/* A mapping that is read. */
struct mapping {
    json_t *own;    /* its own members */
    json_t *merged; /* those that '<<' brings in; NULL: none */
};

static void mapping_clear(struct mapping *mapping)
{
    json_decref(mapping->own);
    json_decref(mapping->merged);
}
AUTO_CLEAR(mapping, struct mapping)

/* Later ones win; of a list the first one does (YAML 1.1 merge key). */
static int merge(struct loader *l, struct mapping *mapping, const struct node *from)
{
    if (!mapping->merged)
        mapping->merged = json_object();
    if (json_is_object(from->value)) {
        json_object_update(mapping->merged, from->value);
        return 0;
    }
    if (!json_is_array(from->value))
        return fail(l, &from->mark, "'<<' merges a mapping or a list of mappings, not %s",
                    kind_name(from->value));
    for (size_t i = json_array_size(from->value); i-- > 0;) {
        json_t *item = json_array_get(from->value, i);

        if (!json_is_object(item))
            return fail(l, &from->mark, "'<<' merges mappings, and item %zu of the list is %s",
                        i + 1, kind_name(item));
        json_object_update(mapping->merged, item);
    }
    return 0;
}

/* A key is the current event: read it and its value. */
static int load_member(struct loader *l, struct node *node, struct mapping *mapping)
{
    AUTO(node) struct node key = { 0 };
    AUTO(node) struct node value = { 0 };
    AUTO(buffer) struct buffer text = { 0 };
    int code;

    code = load_node(l, &key);
    if (code < 0)
        return code;
    if (key.tag != TAG_MERGE) {
        code = add_key_text(l, &key, &text);
        if (code < 0)
            return code;
    }
    code = next_event(l);
    if (code < 0)
        return code;
    code = load_value(l, &value);
    if (code < 0)
        return code;
    code = count_child(l, node, &value);
    if (code < 0)
        return code;
    if (key.tag == TAG_MERGE)
        return merge(l, mapping, &value);
    json_object_setn_new_nocheck(mapping->own, buffer_text(&text), text.length, STEAL(value.value));
    return 0;
}

/* A set has no place in JSON: it becomes the list of its items. */
static json_t *set_items(json_t *members)
{
    json_t *items = json_array();

    for (void *at = json_object_iter(members); at; at = json_object_iter_next(members, at))
        json_array_append_new(
            items, json_stringn_nocheck(json_object_iter_key(at), json_object_iter_key_len(at)));
    return items;
}

static int load_mapping(struct loader *l, struct node *node)
{
    AUTO(mapping) struct mapping mapping = { .own = json_object() };
    int code;

    for (;;) {
        code = next_event(l);
        if (code < 0)
            return code;
        if (l->event.type == YAML_MAPPING_END_EVENT)
            break;
        code = load_member(l, node, &mapping);
        if (code < 0)
            return code;
    }
    if (mapping.merged) { /* merged members come first, own ones win */
        json_object_update(mapping.merged, mapping.own);
        json_decref(mapping.own);
        mapping.own = STEAL(mapping.merged);
    }
    node->value = node->tag == TAG_SET ? set_items(mapping.own) : STEAL(mapping.own);
    return 0;
}

/* An item of !!omap or !!pairs, a mapping with one member, is the current event: append it as a
 * list of key and value. */
static int load_pair(struct loader *l, struct node *node)
{
    json_t *pair = json_array();
    int n_children = 0;
    int code;

    json_array_append_new(node->value, pair);
    if (l->event.type != YAML_MAPPING_START_EVENT)
        return fail(l, &l->event.start_mark, "an item of this list must be a mapping");
    for (;;) {
        AUTO(node) struct node child = { 0 };

        code = next_event(l);
        if (code < 0)
            return code;
        if (l->event.type == YAML_MAPPING_END_EVENT)
            break;
        code = load_value(l, &child);
        if (code < 0)
            return code;
        child.height++; /* the pair is a level of its own */
        code = count_child(l, node, &child);
        if (code < 0)
            return code;
        json_array_append_new(pair, STEAL(child.value));
        n_children++;
    }
    if (n_children != 2)
        return fail(l, &l->event.start_mark,
                    "an item of this list must be a mapping with a single member, not %d",
                    n_children / 2);
    return 0;
}

static int load_item(struct loader *l, struct node *node)
{
    AUTO(node) struct node item = { 0 };
    int code;

    code = load_value(l, &item);
    if (code < 0)
        return code;
    json_array_append_new(node->value, STEAL(item.value));
    return count_child(l, node, &item);
}

static int load_sequence(struct loader *l, struct node *node)
{
    bool of_pairs = node->tag == TAG_OMAP || node->tag == TAG_PAIRS;
    int code;

    node->value = json_array();
    for (;;) {
        code = next_event(l);
        if (code < 0)
            return code;
        if (l->event.type == YAML_SEQUENCE_END_EVENT)
            return 0;
        code = of_pairs ? load_pair(l, node) : load_item(l, node);
        if (code < 0)
            return code;
    }
}

/* Of a sequence or a mapping. */
static int container_tag(struct loader *l, bool is_mapping, struct node *node)
{
    const char *tag = (const char *)(is_mapping ? l->event.data.mapping_start.tag
                                                : l->event.data.sequence_start.tag);
    bool fits;

    node->tag = is_mapping ? TAG_MAP : TAG_SEQ;
    if (!tag || strcmp(tag, "!") == 0)
        return 0;
    node->tag = yaml_tag_parse(tag);
    if (node->tag == TAG_UNKNOWN)
        return fail(l, &node->mark, "the tag '%s' is not known", tag);
    fits = is_mapping ? node->tag == TAG_MAP || node->tag == TAG_SET
                      : node->tag == TAG_SEQ || node->tag == TAG_OMAP || node->tag == TAG_PAIRS;
    if (!fits)
        return fail(l, &node->mark, "the tag '%s' does not go with a %s", tag,
                    is_mapping ? "mapping" : "sequence");
    return 0;
}

static int load_container(struct loader *l, struct node *node)
{
    bool is_mapping = l->event.type == YAML_MAPPING_START_EVENT;
    int code;

    code = container_tag(l, is_mapping, node);
    if (code < 0)
        return code;
    if (l->depth >= JSON_DEPTH_MAX)
        return fail_limit(l, &node->mark, "nested deeper than 500 levels");
    node->height = 1;
    l->depth++;
    code = is_mapping ? load_mapping(l, node) : load_sequence(l, node);
    l->depth--;
    return code;
}

static const char *event_anchor(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return (const char *)event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return (const char *)event->data.sequence_start.anchor;
    default:
        return (const char *)event->data.mapping_start.anchor;
    }
}

/* The node that starts with the current event; the last of its events is current after. */
static int load_node(struct loader *l, struct node *ret_node)
{
    AUTO(str) char *anchor = NULL;
    AUTO(node) struct node node = { .expanded = 1, .mark = l->event.start_mark };
    int code;

    if (l->event.type == YAML_ALIAS_EVENT)
        return load_alias(l, ret_node);
    anchor = mem_strdup(event_anchor(&l->event));
    if (anchor) {
        code = open_anchor(l, anchor);
        if (code < 0)
            return code;
    }
    if (l->event.type == YAML_SCALAR_EVENT)
        code = load_scalar(l, &node);
    else
        code = load_container(l, &node);
    if (code < 0)
        return code;
    if (anchor)
        close_anchor(l, anchor, &node);
    *ret_node = node;
    node.value = NULL;
    return 0;
}

/* The only document of the stream. */
static int load_stream(struct loader *l, struct node *ret_root)
{
    int code;

    do { /* the start of the stream, then that of a document, or its end */
        code = next_event(l);
        if (code < 0)
            return code;
    } while (l->event.type == YAML_STREAM_START_EVENT);
    if (l->event.type == YAML_STREAM_END_EVENT) {
        ret_root->value = json_null();
        return 0;
    }
    code = next_event(l);
    if (code < 0)
        return code;
    code = load_value(l, ret_root);
    if (code < 0)
        return code;
    do {
        code = next_event(l);
        if (code < 0)
            return code;
    } while (l->event.type == YAML_DOCUMENT_END_EVENT);
    if (l->event.type != YAML_STREAM_END_EVENT)
        return fail(l, &l->event.start_mark, "expected a single document, found another one");
    return 0;
}

int yaml_parse(const char *text, size_t length, json_t **ret_value, struct chaos_error *err)
{
    AUTO(loader) struct loader l = { .text = text, .err = err };
    AUTO(node) struct node root = { 0 };
    int code;

    if (!yaml_parser_initialize(&l.parser))
        return chaos_error_set(err, CHAOS_E_INTERNAL, "libyaml cannot start");
    l.anchors = json_object();
    yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* of a Windows editor */
        l.text = text += 3;
        length -= 3;
    }
    yaml_parser_set_input_string(&l.parser, (const unsigned char *)text, length);
    code = load_stream(&l, &root);
    if (code < 0)
        return code;
    *ret_value = STEAL(root.value);
    return 0;
}
