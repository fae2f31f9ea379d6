/* SPDX-License-Identifier: Apache-2.0 */
/* A model file of any content is refused or walked without leaving it. */
#include <stdint.h>
#include <string.h>

#include "aws/model.h"
#include "base/mem.h"

/* A damaged file may claim more of everything than is worth walking. */
#define WALK_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t seen(const char *text)
{
    return strlen(text);
}

static size_t walk_shape(const struct aws_shape *shape, int depth)
{
    size_t total = seen(shape->name);

    if (depth == 0)
        return total;
    for (size_t i = 0; i < aws_shape_member_count(shape) && i < WALK_MAX; i++) {
        struct aws_member member = aws_shape_member(shape, i);
        size_t hint = 0;

        total += seen(aws_member_wire_name(&member)) + aws_shape_find(shape, member.name, &hint);
        total += aws_node_count(aws_member_trait(&member, "enum"));
        total += seen(aws_type_name(member.shape.type));
        total += walk_shape(&member.shape, depth - 1);
    }
    return total + seen(aws_shape_payload(shape).name) + seen(aws_shape_error_code(shape));
}

static void walk_service(const struct aws_service *service)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *value = NULL;
    struct aws_operation operation;
    struct aws_shape error;

    for (size_t i = 0; i < aws_operation_count(service) && i < WALK_MAX; i++) {
        operation = aws_operation_at(service, i);
        walk_shape(&operation.input.shape, 3);
        walk_shape(&operation.output.shape, 2);
        for (size_t j = 0; j < aws_operation_error_count(&operation) && j < WALK_MAX; j++) {
            error = aws_operation_error(&operation, j);
            walk_shape(&error, 1);
        }
    }
    if (aws_service_error(service, "ToyNotFound", &error))
        walk_shape(&error, 1);
    if (aws_node_to_json(service->waiters, &value, &err) < 0)
        chaos_error_clear(&err);
    if (aws_operation_find(service, "Echo", &operation, &err) == 0)
        walk_shape(&operation.input.shape, 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(mem) void *aligned = mem_dup(data, size);
    AUTO(aws_models) struct aws_models *models = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (aws_models_new(aligned, size, &models, &err) < 0)
        return 0;
    for (size_t i = 0; i < aws_service_count(models) && i < WALK_MAX; i++) {
        struct aws_service service = aws_service_at(models, i);

        walk_service(&service);
    }
    return 0;
}
