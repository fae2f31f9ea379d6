/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/xml_body.h"

#include <string.h>

#include "aws/scalar.h"
#include "base/json_walk.h"
#include "base/mem.h"

/* Structures with more members than this need a heap array while they are decoded. */
#define MEMBERS_ON_STACK 64

static void open_tag(const struct aws_member *member, const char *name, struct buffer *out)
{
    struct aws_node space = aws_member_trait(member, "xmlNamespace");
    const char *uri = aws_node_text(space) ? aws_node_text(space) : aws_node_get_text(space, "uri");
    const char *prefix = aws_node_get_text(space, "prefix");

    buffer_add_char(out, '<');
    buffer_add_text(out, name);
    if (!uri)
        return;
    buffer_add_text(out, " xmlns");
    if (prefix && *prefix) {
        buffer_add_char(out, ':');
        buffer_add_text(out, prefix);
    }
    buffer_add_text(out, "=\"");
    xml_escape(out, uri);
    buffer_add_char(out, '"');
}

static void close_tag(const char *name, struct buffer *out)
{
    buffer_add_text(out, "</");
    buffer_add_text(out, name);
    buffer_add_char(out, '>');
}

static const char *item_name(const struct aws_member *item, const char *otherwise)
{
    return item->location_name[0] ? item->location_name : otherwise;
}

/* What the elements of a member are called in a response. */
static const char *element_name(const struct aws_member *member)
{
    if (member->shape.type == AWS_TYPE_LIST && member->flags & AWS_FLATTENED) {
        struct aws_member item = aws_shape_member(&member->shape, 0);

        return item_name(&item, aws_member_wire_name(member));
    }
    return aws_member_wire_name(member);
}

static int encode_attributes(const struct aws_member *member, const json_t *value,
                             struct buffer *out, struct chaos_error *err)
{
    for (size_t i = 0; i < aws_shape_member_count(&member->shape); i++) {
        struct aws_member field = aws_shape_member(&member->shape, i);
        const json_t *item = json_object_get(value, field.name);
        AUTO(buffer) struct buffer text = { 0 };
        int r;

        if (!(field.flags & AWS_XML_ATTRIBUTE) || !item || json_is_null(item))
            continue;
        r = scalar_to_text(&field, item, AWS_TIME_ISO8601, &text, err);
        if (r < 0)
            return chaos_error_prefix(err, "%s", field.name);
        buffer_printf(out, " %s=\"", aws_member_wire_name(&field));
        xml_escape(out, buffer_text(&text));
        buffer_add_char(out, '"');
    }
    return 0;
}

int xml_body_encode_members(const struct aws_member *member, const json_t *value,
                            const struct xml_target *to, struct chaos_error *err)
{
    size_t hint = 0;
    const char *key;
    json_t *item;

    if (!json_is_object(value))
        return scalar_mismatch(member, value, err);
    json_object_foreach (json_walkable(value), key, item) {
        size_t place = aws_shape_find(&member->shape, key, &hint);
        struct aws_member field = aws_shape_member(&member->shape, place);
        int r;

        if (json_is_null(item) || field.flags & AWS_XML_ATTRIBUTE)
            continue;
        /* compat: what a server knows and older models do not, their clients do not see. */
        if (place == SIZE_MAX && to->side == XML_RESPONSE)
            continue;
        if (place == SIZE_MAX)
            return chaos_error_set(err, CHAOS_E_INVALID, "'%s' is not a known member", key);
        r = xml_body_encode(&field, aws_member_wire_name(&field), item, to, err);
        if (r < 0)
            return chaos_error_prefix(err, "%s", key);
    }
    return 0;
}

static int encode_structure(const struct aws_member *member, const char *name, const json_t *value,
                            const struct xml_target *to, struct chaos_error *err)
{
    int r;

    if (!json_is_object(value))
        return scalar_mismatch(member, value, err);
    open_tag(member, name, to->out);
    r = encode_attributes(member, value, to->out, err);
    if (r < 0)
        return r;
    buffer_add_char(to->out, '>');
    r = xml_body_encode_members(member, value, to, err);
    if (r < 0)
        return r;
    close_tag(name, to->out);
    return 0;
}

static int encode_list(const struct aws_member *member, const char *name, const json_t *value,
                       const struct xml_target *to, struct chaos_error *err)
{
    struct aws_member item = aws_shape_member(&member->shape, 0);
    bool flattened = member->flags & AWS_FLATTENED;
    const char *element =
        flattened && to->side == XML_REQUEST ? name : item_name(&item, flattened ? name : "member");
    size_t index;
    json_t *child;

    if (!json_is_array(value))
        return scalar_mismatch(member, value, err);
    if (!flattened) {
        open_tag(member, name, to->out);
        buffer_add_char(to->out, '>');
    }
    json_array_foreach (value, index, child) {
        int r = json_is_null(child) ? 0 : xml_body_encode(&item, element, child, to, err);

        if (r < 0)
            return chaos_error_prefix(err, "[%zu]", index);
    }
    if (!flattened)
        close_tag(name, to->out);
    return 0;
}

static int encode_map(const struct aws_member *member, const char *name, const json_t *value,
                      const struct xml_target *to, struct chaos_error *err)
{
    struct aws_member key_member = aws_shape_member(&member->shape, 0);
    struct aws_member value_member = aws_shape_member(&member->shape, 1);
    bool flattened = member->flags & AWS_FLATTENED;
    const char *entry = flattened ? name : "entry";
    const char *key_name = item_name(&key_member, "key");
    const char *key;
    json_t *item;

    if (!json_is_object(value))
        return scalar_mismatch(member, value, err);
    if (!flattened) {
        open_tag(member, name, to->out);
        buffer_add_char(to->out, '>');
    }
    json_object_foreach (json_walkable(value), key, item) {
        int r;

        if (json_is_null(item))
            continue;
        buffer_printf(to->out, "<%s>", entry);
        open_tag(&key_member, key_name, to->out);
        buffer_add_char(to->out, '>');
        xml_escape(to->out, key);
        close_tag(key_name, to->out);
        r = xml_body_encode(&value_member, item_name(&value_member, "value"), item, to, err);
        if (r < 0)
            return chaos_error_prefix(err, "['%s']", key);
        close_tag(entry, to->out);
    }
    if (!flattened)
        close_tag(name, to->out);
    return 0;
}

int xml_body_encode(const struct aws_member *member, const char *name, const json_t *value,
                    const struct xml_target *to, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    int r;

    if (member->shape.type == AWS_TYPE_STRUCTURE)
        return encode_structure(member, name, value, to, err);
    if (member->shape.type == AWS_TYPE_LIST)
        return encode_list(member, name, value, to, err);
    if (member->shape.type == AWS_TYPE_MAP)
        return encode_map(member, name, value, to, err);
    r = scalar_to_text(member, value, AWS_TIME_ISO8601, &text, err);
    if (r < 0)
        return r;
    open_tag(member, name, to->out);
    buffer_add_char(to->out, '>');
    xml_escape(to->out, buffer_text(&text));
    close_tag(name, to->out);
    return 0;
}

/* Services write the members of a structure in an order of their own, and the items of a list all
 * alike: for some shapes it is remembered which member followed which. */
#define MEMO_BITS    6
#define MEMO_SLOTS   (1 << MEMO_BITS)
#define MEMO_MEMBERS 128

struct decoder {
    struct aws_item_sink *sink;  /* NULL: none */
    const struct xml_node *root; /* of whose members the sink may get one */
    struct {
        uint32_t first_member, n_members; /* of the shape; no members: a free slot */
    } shapes[MEMO_SLOTS];
    uint8_t next[MEMO_SLOTS][MEMO_MEMBERS]; /* what follows member i - 1; set when it is taken */
};

/* The successors of the members of a shape; NULL when it is too large to be remembered. */
static uint8_t *memo_of(struct decoder *decoder, const struct aws_shape *shape)
{
    size_t slot = shape->first_member * UINT32_C(2654435769) >> (32 - MEMO_BITS);

    if (shape->n_members > MEMO_MEMBERS)
        return NULL;
    if (decoder->shapes[slot].first_member != shape->first_member ||
        decoder->shapes[slot].n_members != shape->n_members) {
        decoder->shapes[slot].first_member = shape->first_member;
        decoder->shapes[slot].n_members = shape->n_members;
        for (size_t i = 0; i < shape->n_members; i++)
            decoder->next[slot][i] = (uint8_t)i; /* the model's own order */
    }
    return decoder->next[slot];
}

static int decode(struct decoder *decoder, const struct aws_member *member,
                  const struct xml_node *node, json_t **ret_value, struct chaos_error *err);

static int decode_items(struct decoder *decoder, const struct aws_member *item,
                        const struct xml_node *first, const char *only, json_t **ret_value,
                        struct chaos_error *err)
{
    AUTO(json) json_t *list = json_array();

    for (const struct xml_node *node = first; node; node = node->next) {
        json_t *value = NULL;
        int r;

        if (only && strcmp(node->name, only) != 0)
            continue;
        r = decode(decoder, item, node, &value, err);
        if (r < 0)
            return chaos_error_prefix(err, "[%zu]", json_array_size(list));
        json_array_append_new(list, value);
    }
    *ret_value = STEAL(list);
    return 0;
}

static int decode_entry(struct decoder *decoder, const struct aws_member *member,
                        const struct xml_node *entry, json_t *map, struct chaos_error *err)
{
    struct aws_member key_member = aws_shape_member(&member->shape, 0);
    struct aws_member value_member = aws_shape_member(&member->shape, 1);
    const char *key = xml_child_text(entry, item_name(&key_member, "key"));
    const struct xml_node *node = xml_child(entry, item_name(&value_member, "value"));
    json_t *value = NULL;
    int r;

    if (!key || !node)
        return chaos_error_set(err, CHAOS_E_INVALID, "element <%s> lacks its <%s>", entry->name,
                               key ? item_name(&value_member, "value")
                                   : item_name(&key_member, "key"));
    r = decode(decoder, &value_member, node, &value, err);
    if (r < 0)
        return chaos_error_prefix(err, "['%s']", key);
    json_object_set_new(map, key, value);
    return 0;
}

/* Entries are the elements from `first` on, only those of name `only` unless that is NULL. */
static int decode_entries(struct decoder *decoder, const struct aws_member *member,
                          const struct xml_node *first, const char *only, json_t **ret_value,
                          struct chaos_error *err)
{
    AUTO(json) json_t *map = json_object();

    for (const struct xml_node *node = first; node; node = node->next) {
        int r = 0;

        if (!only || strcmp(node->name, only) == 0)
            r = decode_entry(decoder, member, node, map, err);
        if (r < 0)
            return r;
    }
    *ret_value = STEAL(map);
    return 0;
}

/* Whether the items of the member go to the sink. */
static bool is_sunk(const struct decoder *decoder, const struct aws_member *field,
                    const struct xml_node *parent)
{
    return decoder->sink && parent == decoder->root && field->shape.type == AWS_TYPE_LIST &&
           strcmp(field->name, decoder->sink->member) == 0;
}

/* As decode_items(), to the sink; *ret_value is an empty list. */
static int sink_items(struct decoder *decoder, const struct aws_member *field,
                      const struct xml_node *node, json_t **ret_value, struct chaos_error *err)
{
    bool flattened = field->flags & AWS_FLATTENED;
    struct aws_member item = aws_shape_member(&field->shape, 0);

    for (const struct xml_node *at = flattened ? node : node->first; at; at = at->next) {
        AUTO(json) json_t *value = NULL;
        int r;

        if (flattened && strcmp(at->name, node->name) != 0)
            continue;
        r = decode(decoder, &item, at, &value, err);
        if (r < 0)
            return chaos_error_prefix(err, "[%zu]", decoder->sink->count);
        decoder->sink->item(decoder->sink->data, value);
        decoder->sink->count++;
    }
    *ret_value = json_array();
    return 0;
}

/* `node` is the first element of the member; of a flattened one more siblings may follow. */
static int decode_member(struct decoder *decoder, const struct aws_member *member,
                         const struct xml_node *node, json_t **ret_value, struct chaos_error *err)
{
    bool flattened = member->flags & AWS_FLATTENED;
    struct aws_member item;

    if (flattened && member->shape.type == AWS_TYPE_LIST) {
        item = aws_shape_member(&member->shape, 0);
        return decode_items(decoder, &item, node, node->name, ret_value, err);
    }
    if (flattened && member->shape.type == AWS_TYPE_MAP)
        return decode_entries(decoder, member, node, node->name, ret_value, err);
    return decode(decoder, member, node, ret_value, err);
}

/* compat: as botocore, an attribute with any prefix answers to the model's prefix. */
static const char *attribute_of(const struct aws_member *field, const struct xml_node *node)
{
    const char *wire = aws_member_wire_name(field);
    const char *colon = strchr(wire, ':');
    const char *local = colon ? colon + 1 : wire;

    for (const struct xml_attribute *a = node->attributes; a; a = a->next) {
        if (strcmp(a->name, local) == 0 && (a->prefix[0] != '\0') == (colon != NULL))
            return a->value;
    }
    return NULL;
}

static bool is_elsewhere(const struct aws_member *field)
{
    return field->location == AWS_IN_HEADER || field->location == AWS_IN_HEADERS ||
           field->location == AWS_IN_STATUS || field->flags & AWS_EVENT_HEADER;
}

/* The member that a child belongs to: SIZE_MAX for none. `*hint` is where to look first. */
static size_t find_place(const struct aws_shape *shape, const char *name, size_t *hint)
{
    size_t place = aws_shape_find_wire(shape, name, hint);

    for (size_t i = 0; place == SIZE_MAX && i < aws_shape_member_count(shape); i++) {
        struct aws_member field = aws_shape_member(shape, i);

        if (field.flags & AWS_FLATTENED && strcmp(element_name(&field), name) == 0)
            place = i;
    }
    return place;
}

/* The first element of each member, in the order of the model; *ret_unknown is the last element
 * that is no member, NULL when there is none. */
static void find_elements(struct decoder *decoder, const struct aws_shape *shape,
                          const struct xml_node *node, const struct xml_node **elements,
                          const struct xml_node **ret_unknown)
{
    uint8_t *next = memo_of(decoder, shape);
    size_t previous = 0; /* the place of the child before, plus 1 */

    *ret_unknown = NULL;
    for (const struct xml_node *child = node->first; child; child = child->next) {
        bool is_remembered = next && previous < shape->n_members;
        size_t hint = is_remembered ? next[previous] : previous;
        size_t place = find_place(shape, child->name, &hint);

        if (place == SIZE_MAX) {
            *ret_unknown = child;
            continue;
        }
        if (!elements[place])
            elements[place] = child;
        if (is_remembered)
            next[previous] = (uint8_t)place;
        previous = place + 1;
    }
}

static int decode_fields(struct decoder *decoder, const struct aws_member *member,
                         const struct xml_node *node, const struct xml_node *const *elements,
                         json_t *value, struct chaos_error *err)
{
    for (size_t i = 0; i < aws_shape_member_count(&member->shape); i++) {
        struct aws_member field;
        json_t *decoded = NULL;
        const char *text;
        int r = 0;

        if (!elements[i] && !node->attributes)
            continue;
        field = aws_shape_member(&member->shape, i);
        if (is_elsewhere(&field))
            continue;
        if (elements[i] && is_sunk(decoder, &field, node))
            r = sink_items(decoder, &field, elements[i], &decoded, err);
        else if (elements[i])
            r = decode_member(decoder, &field, elements[i], &decoded, err);
        else if (field.flags & AWS_XML_ATTRIBUTE && (text = attribute_of(&field, node)))
            r = scalar_from_text(&field, text, &decoded, err);
        if (r < 0)
            return chaos_error_prefix(err, "%s", field.name);
        if (decoded) /* a name of the model: ASCII */
            json_object_set_new_nocheck(value, field.name, decoded);
    }
    return 0;
}

static int decode_structure(struct decoder *decoder, const struct aws_member *member,
                            const struct xml_node *node, json_t **ret_value,
                            struct chaos_error *err)
{
    const struct xml_node *on_stack[MEMBERS_ON_STACK] = { NULL };
    size_t count = aws_shape_member_count(&member->shape);
    AUTO(mem)
    const struct xml_node **on_heap =
        count > MEMBERS_ON_STACK ? mem_zero(count, sizeof(*on_heap)) : NULL;
    const struct xml_node **elements = on_heap ? on_heap : on_stack;
    AUTO(json) json_t *value = json_object();
    const struct xml_node *unknown;
    int r;

    find_elements(decoder, &member->shape, node, elements, &unknown);
    if (member->flags & AWS_UNION && unknown && unknown == node->first && !unknown->next) {
        *ret_value = json_pack("{s:{s:s}}", "SDK_UNKNOWN_MEMBER", "name", unknown->name);
        return 0;
    }
    r = decode_fields(decoder, member, node, elements, value, err);
    if (r < 0)
        return r;
    *ret_value = STEAL(value);
    return 0;
}

static int decode(struct decoder *decoder, const struct aws_member *member,
                  const struct xml_node *node, json_t **ret_value, struct chaos_error *err)
{
    struct aws_member item;
    int r;

    switch (member->shape.type) {
    case AWS_TYPE_STRUCTURE:
        return decode_structure(decoder, member, node, ret_value, err);
    case AWS_TYPE_LIST:
        item = aws_shape_member(&member->shape, 0);
        return decode_items(decoder, &item, node->first, NULL, ret_value, err);
    case AWS_TYPE_MAP:
        return decode_entries(decoder, member, node->first, NULL, ret_value, err);
    case AWS_TYPE_NONE:
    case AWS_TYPE_STRING:
    case AWS_TYPE_INTEGER:
    case AWS_TYPE_LONG:
    case AWS_TYPE_FLOAT:
    case AWS_TYPE_DOUBLE:
    case AWS_TYPE_BOOLEAN:
    case AWS_TYPE_TIMESTAMP:
    case AWS_TYPE_BLOB:
    case AWS_TYPE_COUNT:
        break;
    }
    if (member->shape.type == AWS_TYPE_STRING) { /* the parser checked that it is UTF-8 */
        *ret_value = json_string_nocheck(node->text);
        return 0;
    }
    r = scalar_from_text(member, node->text, ret_value, err);
    return r < 0 ? chaos_error_prefix(err, "element <%s>", node->name) : 0;
}

int xml_body_decode_into(const struct aws_member *member, const struct xml_node *node,
                         struct aws_item_sink *sink, json_t **ret_value, struct chaos_error *err)
{
    struct decoder decoder;

    decoder.sink = sink;
    decoder.root = node;
    memset(decoder.shapes, 0, sizeof(decoder.shapes));
    return decode(&decoder, member, node, ret_value, err);
}

int xml_body_decode(const struct aws_member *member, const struct xml_node *node,
                    json_t **ret_value, struct chaos_error *err)
{
    return xml_body_decode_into(member, node, NULL, ret_value, err);
}
