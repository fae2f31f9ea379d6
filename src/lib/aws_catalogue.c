// SPDX-License-Identifier: Apache-2.0
#include "lib/aws_catalogue.h"

#include "aws/paginate.h"
#include "lib/aws_names.h"

#define NESTING_MAX 8 /* deeper structures are named only */
#define STEP        4
#define COLUMN      40
#define ENUM_MAX    12 /* longer lists of values are cut */

int aws_catalogue_services(aws_catalogue_entry entry, void *data, struct chaos_error *err)
{
    AUTO(aws_models) struct aws_models *models = NULL;
    int r = aws_models_open_own(&models, err);

    for (size_t i = 0; r == 0 && i < aws_service_count(models); i++) {
        struct aws_service service = aws_service_at(models, i);

        entry(data, service.name, service.full_name);
    }
    return r;
}

/* The service; its models are owned by the caller. */
static int find_service(const char *name, struct aws_models **ret_models,
                        struct aws_service *ret_service, struct chaos_error *err)
{
    int r = aws_models_open_own(ret_models, err);

    return r < 0 ? r : aws_service_find(*ret_models, name, ret_service, err);
}

static int find_operation(const char *service, const char *name, struct aws_models **ret_models,
                          struct aws_operation *ret_operation, struct chaos_error *err)
{
    struct aws_service found;
    int r = find_service(service, ret_models, &found, err);

    return r < 0 ? r : aws_name_operation(&found, name, ret_operation, err);
}

int aws_catalogue_operations(const char *service, aws_catalogue_entry entry, void *data,
                             struct chaos_error *err)
{
    AUTO(aws_models) struct aws_models *models = NULL;
    struct aws_service found;
    int r = find_service(service, &models, &found, err);

    for (size_t i = 0; r == 0 && i < aws_operation_count(&found); i++) {
        struct aws_operation operation = aws_operation_at(&found, i);
        AUTO(str) char *name = aws_name_dashed(operation.name);

        entry(data, name, operation.summary);
    }
    return r;
}

int aws_catalogue_waiters(const char *service, aws_catalogue_entry entry, void *data,
                          struct chaos_error *err)
{
    AUTO(aws_models) struct aws_models *models = NULL;
    struct aws_service found;
    int r = find_service(service, &models, &found, err);

    for (size_t i = 0; r == 0 && i < aws_node_count(found.waiters); i++) {
        struct aws_node waiter = aws_node_at(found.waiters, i);
        const char *asks = aws_node_get_text(waiter, "operation");
        AUTO(str) char *name = aws_name_dashed(aws_node_key_at(found.waiters, i));
        AUTO(str) char *operation = aws_name_dashed(asks ? asks : "");
        AUTO(buffer) struct buffer about = { 0 };

        buffer_printf(&about, "asks with %s", operation);
        entry(data, name, buffer_text(&about));
    }
    return r;
}

/* "string", "list of string", "map of string to integer", "red|green|blue". */
static void add_type(struct buffer *out, const struct aws_member *member)
{
    const struct aws_shape *shape = &member->shape;
    struct aws_node values = aws_node_get(shape->traits, "enum");
    size_t count = aws_node_count(values);

    if (shape->type == AWS_TYPE_LIST) {
        struct aws_member item = aws_shape_member(shape, 0);

        buffer_add_text(out, "list of ");
        add_type(out, &item);
    } else if (shape->type == AWS_TYPE_MAP) {
        struct aws_member key = aws_shape_member(shape, 0);
        struct aws_member value = aws_shape_member(shape, 1);

        buffer_add_text(out, "map of ");
        add_type(out, &key);
        buffer_add_text(out, " to ");
        add_type(out, &value);
    } else if (member->flags & AWS_DOCUMENT) {
        buffer_add_text(out, "any JSON");
    } else if (shape->type == AWS_TYPE_BLOB && member->flags & AWS_STREAMING) {
        buffer_add_text(out, "path of a file");
    } else if (count) {
        for (size_t i = 0; i < count && i < ENUM_MAX; i++)
            buffer_printf(out, "%s%s", i ? "|" : "", aws_node_text(aws_node_at(values, i)));
        buffer_add_text(out, count > ENUM_MAX ? "|..." : "");
    } else {
        buffer_add_text(out, aws_type_name(shape->type));
    }
}

static void add_traits(struct buffer *out, const struct aws_member *member)
{
    if (member->flags & AWS_REQUIRED)
        buffer_add_text(out, ", required");
    if (member->flags & AWS_DEPRECATED)
        buffer_add_text(out, ", deprecated");
}

int aws_catalogue_parameters(const char *service, const char *operation, aws_catalogue_entry entry,
                             void *data, struct chaos_error *err)
{
    AUTO(aws_models) struct aws_models *models = NULL;
    struct aws_operation found;
    int r = find_operation(service, operation, &models, &found, err);
    const struct aws_shape *shape = &found.input.shape;

    for (size_t i = 0; r == 0 && i < aws_shape_member_count(shape); i++) {
        struct aws_member member = aws_shape_member(shape, i);
        AUTO(str) char *dashed = aws_name_dashed(member.name);
        AUTO(buffer) struct buffer name = { 0 };
        AUTO(buffer) struct buffer about = { 0 };

        buffer_printf(&name, "--%s", dashed);
        add_type(&about, &member);
        add_traits(&about, &member);
        entry(data, buffer_text(&name), buffer_text(&about));
    }
    return r;
}

/* The structure inside lists and maps; AWS_TYPE_NONE for none. */
static struct aws_shape inner_structure(struct aws_shape shape)
{
    while (shape.type == AWS_TYPE_LIST || shape.type == AWS_TYPE_MAP)
        shape = aws_shape_member(&shape, shape.type == AWS_TYPE_MAP ? 1 : 0).shape;
    if (shape.type != AWS_TYPE_STRUCTURE)
        shape.type = AWS_TYPE_NONE;
    return shape;
}

/* The structures a page is inside of: one within itself is not shown again. */
struct nesting {
    const char *names[NESTING_MAX];
    size_t depth;
};

static bool is_open(const struct nesting *nesting, const char *name)
{
    for (size_t i = 0; i < nesting->depth; i++)
        if (str_equal(nesting->names[i], name))
            return true;
    return nesting->depth == NESTING_MAX;
}

static void add_member(struct buffer *out, const struct aws_member *member, const char *name,
                       struct nesting *nesting)
{
    struct aws_shape inner = inner_structure(member->shape);
    int indent = (int)(nesting->depth + 1) * STEP - 2;
    int width = COLUMN - indent;

    buffer_printf(out, "%*s%-*s  ", indent, "", width > 0 ? width : 0, name);
    add_type(out, member);
    add_traits(out, member);
    buffer_add_char(out, '\n');
    if (inner.type == AWS_TYPE_NONE || member->flags & AWS_DOCUMENT || is_open(nesting, inner.name))
        return;
    nesting->names[nesting->depth++] = inner.name;
    for (size_t i = 0; i < aws_shape_member_count(&inner); i++) {
        struct aws_member child = aws_shape_member(&inner, i);

        add_member(out, &child, child.name, nesting);
    }
    nesting->depth--;
}

static void add_parameters(struct buffer *out, const struct aws_shape *shape)
{
    size_t count = aws_shape_member_count(shape);

    buffer_add_text(out, count ? "\nParameters:\n" : "\nIt takes no parameters.\n");
    for (size_t i = 0; i < count; i++) {
        struct aws_member member = aws_shape_member(shape, i);
        AUTO(str) char *dashed = aws_name_dashed(member.name);
        AUTO(buffer) struct buffer name = { 0 };
        struct nesting nesting = { 0 };

        buffer_printf(&name, "--%s", dashed);
        add_member(out, &member, buffer_text(&name), &nesting);
    }
}

static void add_waiters(struct buffer *out, const struct aws_operation *operation)
{
    struct aws_node waiters = operation->service.waiters;
    const char *before = "\nWaiters that ask with it: ";

    for (size_t i = 0; i < aws_node_count(waiters); i++) {
        const char *asks = aws_node_get_text(aws_node_at(waiters, i), "operation");
        AUTO(str) char *name = aws_name_dashed(aws_node_key_at(waiters, i));

        if (!str_equal(asks, operation->name))
            continue;
        buffer_printf(out, "%s%s", before, name);
        before = ", ";
    }
    if (*before == ',')
        buffer_add_char(out, '\n');
}

static void add_errors(struct buffer *out, const struct aws_operation *operation)
{
    size_t count = aws_operation_error_count(operation);

    for (size_t i = 0; i < count; i++) {
        struct aws_shape error = aws_operation_error(operation, i);

        buffer_printf(out, "%s%s", i ? ", " : "\nErrors: ", aws_shape_error_code(&error));
    }
    if (count)
        buffer_add_char(out, '\n');
}

int aws_catalogue_describe(const char *service, const char *operation, struct buffer *out,
                           struct chaos_error *err)
{
    AUTO(aws_models) struct aws_models *models = NULL;
    struct aws_operation found;
    int r = find_operation(service, operation, &models, &found, err);
    AUTO(str) char *name = NULL;

    if (r < 0)
        return r;
    name = aws_name_dashed(found.name);
    buffer_printf(out, "%s %s (%s)\n", found.service.name, name, found.name);
    if (*found.summary)
        buffer_printf(out, "\n  %s\n", found.summary);
    add_parameters(out, &found.input.shape);
    if (aws_has_raw_body(&found.output))
        buffer_add_text(out, "\nThe body of its answer goes to OUTFILE, if one is given.\n");
    if (aws_has_pages(&found))
        buffer_add_text(out, "\nIts answer comes in pages: --all-pages gets them all.\n");
    add_waiters(out, &found);
    add_errors(out, &found);
    return 0;
}
