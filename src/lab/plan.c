// SPDX-License-Identifier: Apache-2.0
/* A sequence of fields: tag and length, 4 bytes each in the order of the machine, and the content.
 * Texts include their NUL. */
#include "lab/plan.h"

#include <string.h>

#include "base/mem.h"

enum tag {
    TAG_NUMBERS = 1,
    TAG_ID,
    TAG_HOSTNAME,
    TAG_WORK,
    TAG_ROUTE,
    TAG_SHARE,
    TAG_ENVIRONMENT,
    TAG_SCRIPT,
    TAG_RUN,   /* the arguments, each with its NUL */
    TAG_WRITE, /* uint32_t mode, the path with its NUL, the content */
};

static void put(struct buffer *out, enum tag tag, const void *data, size_t size)
{
    uint32_t head[2] = { tag, (uint32_t)size };

    buffer_add(out, head, sizeof(head));
    buffer_add(out, data, size);
}

static void put_text(struct buffer *out, enum tag tag, const char *text)
{
    put(out, tag, text, strlen(text) + 1);
}

static void put_step(struct buffer *out, const struct boot_step *step)
{
    AUTO(buffer) struct buffer content = { 0 };
    uint32_t mode = step->mode;

    switch (step->kind) {
    case BOOT_SCRIPT:
        put(out, TAG_SCRIPT, step->text, step->length);
        break;
    case BOOT_RUN:
        for (char **arg = step->argv; *arg; arg++)
            buffer_add(&content, *arg, strlen(*arg) + 1);
        put(out, TAG_RUN, content.data, content.length);
        break;
    case BOOT_WRITE:
        buffer_add(&content, &mode, sizeof(mode));
        buffer_add(&content, step->path, strlen(step->path) + 1);
        buffer_add(&content, step->text, step->length);
        put(out, TAG_WRITE, content.data, content.length);
        break;
    }
}

void plan_encode(const struct plan *plan, struct buffer *out)
{
    put(out, TAG_NUMBERS, &plan->numbers, sizeof(plan->numbers));
    put_text(out, TAG_ID, plan->id);
    put_text(out, TAG_HOSTNAME, plan->hostname);
    put_text(out, TAG_WORK, plan->work);
    for (size_t i = 0; i < plan->route_count; i++)
        put(out, TAG_ROUTE, &plan->routes[i], sizeof(plan->routes[i]));
    for (size_t i = 0; i < plan->share_count; i++)
        put_text(out, TAG_SHARE, plan->shares[i]);
    for (size_t i = 0; i < plan->environment_count; i++)
        put_text(out, TAG_ENVIRONMENT, plan->environment[i]);
    for (size_t i = 0; i < plan->step_count; i++)
        put_step(out, &plan->steps[i]);
}

/* --- and back ----------------------------------------------------------------------------- */

struct field {
    uint32_t tag;
    const char *data;
    size_t size;
};

static bool is_text(const char *data, size_t size)
{
    return size > 0 && memchr(data, '\0', size) == data + size - 1;
}

static bool take_text(const struct field *field, const char **slot)
{
    if (!is_text(field->data, field->size))
        return false;
    *slot = field->data;
    return true;
}

/* Lists are as long as the plan has fields: see plan_decode(). */
static bool take_arguments(const struct field *field, struct boot_step *step)
{
    size_t count = 0;
    size_t at = 0;

    if (field->size == 0 || field->data[field->size - 1] != '\0')
        return false;
    for (size_t i = 0; i < field->size; i++)
        count += field->data[i] == '\0';
    step->argv = mem_zero(count + 1, sizeof(char *));
    for (size_t i = 0; i < count; i++) {
        step->argv[i] = mem_strdup(field->data + at);
        at += strlen(field->data + at) + 1;
    }
    return true;
}

static bool take_file(const struct field *field, struct boot_step *step)
{
    const char *path = field->data + sizeof(uint32_t);
    const char *end;
    uint32_t mode;

    if (field->size <= sizeof(mode))
        return false;
    end = memchr(path, '\0', field->size - sizeof(mode));
    if (!end)
        return false;
    memcpy(&mode, field->data, sizeof(mode));
    step->mode = mode & 07777;
    step->path = mem_strdup(path);
    step->length = field->size - sizeof(mode) - (size_t)(end - path) - 1;
    step->text = mem_dup(end + 1, step->length);
    return true;
}

static bool take_step(const struct field *field, struct plan *plan)
{
    struct boot_step *step = &plan->steps[plan->step_count++];

    if (field->tag == TAG_RUN) {
        step->kind = BOOT_RUN;
        return take_arguments(field, step);
    }
    if (field->tag == TAG_WRITE) {
        step->kind = BOOT_WRITE;
        return take_file(field, step);
    }
    step->kind = BOOT_SCRIPT;
    step->length = field->size;
    step->text = mem_dup(field->data, field->size);
    return true;
}

static bool take_numbers(const struct field *field, struct plan_numbers *numbers)
{
    if (field->size != sizeof(*numbers))
        return false;
    memcpy(numbers, field->data, sizeof(*numbers));
    return numbers->address.prefix <= 32;
}

static bool take_route(const struct field *field, struct plan *plan)
{
    struct cidr *route = &plan->routes[plan->route_count++];

    if (field->size != sizeof(*route))
        return false;
    memcpy(route, field->data, sizeof(*route));
    return route->prefix <= 32;
}

static bool take(const struct field *field, struct plan *plan)
{
    switch (field->tag) {
    case TAG_NUMBERS:
        return take_numbers(field, &plan->numbers);
    case TAG_ID:
        return take_text(field, &plan->id);
    case TAG_HOSTNAME:
        return take_text(field, &plan->hostname);
    case TAG_WORK:
        return take_text(field, &plan->work);
    case TAG_ROUTE:
        return take_route(field, plan);
    case TAG_SHARE:
        return take_text(field, &plan->shares[plan->share_count++]);
    case TAG_ENVIRONMENT:
        return take_text(field, &plan->environment[plan->environment_count++]);
    case TAG_SCRIPT:
    case TAG_RUN:
    case TAG_WRITE:
        return take_step(field, plan);
    default:
        return false;
    }
}

/* Advance `at`; false at the end and for what is cut short. */
static bool next_field(const char *bytes, size_t size, size_t *at, struct field *field)
{
    uint32_t head[2];

    if (size - *at < sizeof(head))
        return false;
    memcpy(head, bytes + *at, sizeof(head));
    if (head[1] > size - *at - sizeof(head))
        return false;
    *field = (struct field){ head[0], bytes + *at + sizeof(head), head[1] };
    *at += sizeof(head) + head[1];
    return true;
}

int plan_decode(const char *bytes, size_t size, struct plan *ret_plan, struct chaos_error *err)
{
    AUTO(plan) struct plan plan = { 0 };
    struct field field;
    size_t count = 0;
    size_t at = 0;

    while (next_field(bytes, size, &at, &field))
        count++;
    if (at != size || count > PLAN_LIST_MAX)
        return chaos_error_set(err, CHAOS_E_INVALID, "the plan of a machine is cut short");
    plan.routes = mem_zero(count + 1, sizeof(*plan.routes));
    plan.shares = mem_zero(count + 1, sizeof(*plan.shares));
    plan.environment = mem_zero(count + 1, sizeof(*plan.environment));
    plan.steps = mem_zero(count + 1, sizeof(*plan.steps));
    at = 0;
    while (next_field(bytes, size, &at, &field))
        if (!take(&field, &plan))
            return chaos_error_set(err, CHAOS_E_INVALID, "field %u of a machine's plan is wrong",
                                   field.tag);
    if (!plan.id || !plan.hostname || !plan.work)
        return chaos_error_set(err, CHAOS_E_INVALID, "the plan of a machine lacks a name");
    *ret_plan = plan;
    plan = (struct plan){ 0 };
    return 0;
}

void plan_clear(struct plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++)
        boot_step_clear(&plan->steps[i]);
    free(plan->routes);
    free(plan->shares);
    free(plan->environment);
    free(plan->steps);
    *plan = (struct plan){ 0 };
}
