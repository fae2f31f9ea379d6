/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/query_name.h"

#include "base/mem.h"

char *query_member_name(enum aws_protocol protocol, const struct aws_member *member)
{
    const char *name;

    if (protocol == AWS_PROTOCOL_EC2) {
        char *copy;

        name = aws_node_text(aws_member_trait(member, "queryName"));
        if (name)
            return mem_strdup(name);
        copy = mem_strdup(aws_member_wire_name(member));
        /* compat: only names that the model gives for the wire are capitalised. */
        if (member->location_name[0] && copy[0] >= 'a' && copy[0] <= 'z')
            copy[0] = (char)(copy[0] - 'a' + 'A');
        return copy;
    }
    if (member->shape.type == AWS_TYPE_LIST && member->flags & AWS_FLATTENED) {
        struct aws_member item = aws_shape_member(&member->shape, 0);

        if (item.location_name[0])
            return mem_strdup(item.location_name);
    }
    return mem_strdup(aws_member_wire_name(member));
}

const char *query_item_name(enum aws_protocol protocol, const struct aws_member *list)
{
    struct aws_member item = aws_shape_member(&list->shape, 0);

    if (protocol == AWS_PROTOCOL_EC2 || list->flags & AWS_FLATTENED)
        return NULL;
    return item.location_name[0] ? item.location_name : "member";
}

bool query_map_is_flat(const struct aws_member *map)
{
    return map->flags & AWS_FLATTENED;
}

static const char *half_name(const struct aws_member *map, size_t index, const char *otherwise)
{
    struct aws_member half = aws_shape_member(&map->shape, index);

    return half.location_name[0] ? half.location_name : otherwise;
}

const char *query_key_name(const struct aws_member *map)
{
    return half_name(map, 0, "key");
}

const char *query_value_name(const struct aws_member *map)
{
    return half_name(map, 1, "value");
}
