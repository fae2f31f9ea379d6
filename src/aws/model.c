/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the model file, and records out of its tables. */
#include "aws/model.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/model_file.h"
#include "base/mem.h"
#include "base/str.h"
#include "config.h"

static const uint32_t record_sizes[AWS_LAYOUT_SECTION_COUNT] = {
    [AWS_LAYOUT_STRINGS] = 1,
    [AWS_LAYOUT_WORDS] = sizeof(uint32_t),
    [AWS_LAYOUT_SERVICES] = sizeof(struct aws_layout_service),
    [AWS_LAYOUT_OPERATIONS] = sizeof(struct aws_layout_operation),
    [AWS_LAYOUT_SHAPES] = sizeof(struct aws_layout_shape),
    [AWS_LAYOUT_MEMBERS] = sizeof(struct aws_layout_member),
};

static int check_header(const struct aws_layout_header *header, size_t length,
                        struct chaos_error *err)
{
    if (length < sizeof(*header) || memcmp(header->magic, AWS_LAYOUT_MAGIC, 8) != 0)
        return chaos_error_set(err, CHAOS_E_INVALID, "not an AWS model file");
    if (header->byte_order != AWS_LAYOUT_BYTE_ORDER)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "AWS model file made for a machine of the other byte order");
    if (header->version != AWS_LAYOUT_VERSION)
        return chaos_error_set(err, CHAOS_E_INVALID, "AWS model file of version %u, not %u",
                               header->version, AWS_LAYOUT_VERSION);
    if (header->file_size != length)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "AWS model file is damaged: %zu bytes instead of %u", length,
                               header->file_size);
    for (size_t i = 0; i < AWS_LAYOUT_SECTION_COUNT; i++) {
        uint64_t offset = header->sections[i].offset;
        uint64_t size = (uint64_t)header->sections[i].count * record_sizes[i];

        if (offset % 4 != 0 || offset + size > length)
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "AWS model file is damaged: section %zu lies outside", i);
    }
    return 0;
}

int aws_models_new(const void *data, size_t length, struct aws_models **ret_models,
                   struct chaos_error *err)
{
    AUTO(mem) struct aws_models *models = mem_zero(1, sizeof(*models));
    const struct aws_layout_header *header = data;
    const void *sections[AWS_LAYOUT_SECTION_COUNT];
    int r = check_header(header, length, err);

    if (r < 0)
        return r;
    for (size_t i = 0; i < AWS_LAYOUT_SECTION_COUNT; i++) {
        sections[i] = (const char *)data + header->sections[i].offset;
        models->counts[i] = header->sections[i].count;
    }
    models->strings = sections[AWS_LAYOUT_STRINGS];
    models->words = sections[AWS_LAYOUT_WORDS];
    models->services = sections[AWS_LAYOUT_SERVICES];
    models->operations = sections[AWS_LAYOUT_OPERATIONS];
    models->shapes = sections[AWS_LAYOUT_SHAPES];
    models->members = sections[AWS_LAYOUT_MEMBERS];
    models->root = header->root;
    /* With this NUL every offset inside the section is a terminated text. */
    if (models->counts[AWS_LAYOUT_STRINGS] == 0 ||
        models->strings[models->counts[AWS_LAYOUT_STRINGS] - 1] != '\0')
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "AWS model file is damaged: its texts do not end");
    *ret_models = STEAL(models);
    return 0;
}

int aws_models_open(const char *path, struct aws_models **ret_models, struct chaos_error *err)
{
    AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    size_t length;
    void *map;
    int r;

    if (fd < 0 || fstat(fd, &status) < 0)
        return chaos_error_set_errno(err, errno, "cannot open the AWS models '%s'", path);
    if (status.st_size <= 0 || status.st_size > UINT32_MAX)
        return chaos_error_set(err, CHAOS_E_INVALID, "'%s': not an AWS model file", path);
    length = (size_t)status.st_size;
    map = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return chaos_error_set_errno(err, errno, "cannot map the AWS models '%s'", path);
    r = aws_models_new(map, length, ret_models, err);
    if (r < 0) {
        munmap(map, length);
        return chaos_error_prefix(err, "'%s'", path);
    }
    (*ret_models)->map = map;
    (*ret_models)->map_length = length;
    return 0;
}

const char *aws_models_own_path(void)
{
    const char *named = getenv("CHAOS_AWS_MODELS");

    if (named && *named)
        return named;
    return access(FRACAS_AWS_MODELS, R_OK) == 0 ? FRACAS_AWS_MODELS : FRACAS_AWS_MODELS_BUILD;
}

int aws_models_open_own(struct aws_models **ret_models, struct chaos_error *err)
{
    return aws_models_open(aws_models_own_path(), ret_models, err);
}

void aws_models_free(struct aws_models *models)
{
    if (!models)
        return;
    if (models->map)
        munmap(models->map, models->map_length);
    free(models);
}

struct aws_node aws_models_root(const struct aws_models *models)
{
    return (struct aws_node){ models, models->root };
}

const char *aws_protocol_name(enum aws_protocol protocol)
{
    static const char *const names[] = {
        [AWS_PROTOCOL_NONE] = "none",
        [AWS_PROTOCOL_EC2] = "ec2",
        [AWS_PROTOCOL_QUERY] = "query",
        [AWS_PROTOCOL_JSON] = "json",
        [AWS_PROTOCOL_REST_JSON] = "rest-json",
        [AWS_PROTOCOL_REST_XML] = "rest-xml",
        [AWS_PROTOCOL_CBOR] = "smithy-rpc-v2-cbor",
    };
    _Static_assert(ARRAY_SIZE(names) == AWS_PROTOCOL_COUNT, "every protocol has a name");

    return names[protocol];
}

const char *aws_type_name(enum aws_type type)
{
    static const char *const names[] = {
        [AWS_TYPE_NONE] = "none",           [AWS_TYPE_STRUCTURE] = "structure",
        [AWS_TYPE_LIST] = "list",           [AWS_TYPE_MAP] = "map",
        [AWS_TYPE_STRING] = "string",       [AWS_TYPE_INTEGER] = "integer",
        [AWS_TYPE_LONG] = "long",           [AWS_TYPE_FLOAT] = "float",
        [AWS_TYPE_DOUBLE] = "double",       [AWS_TYPE_BOOLEAN] = "boolean",
        [AWS_TYPE_TIMESTAMP] = "timestamp", [AWS_TYPE_BLOB] = "blob",
    };
    _Static_assert(ARRAY_SIZE(names) == AWS_TYPE_COUNT, "every type has a name");

    return names[type];
}

/* The length of the list at `place`: a count, then that many words; 0 when it lies outside. */
static uint32_t list_length(const struct aws_models *models, uint32_t place)
{
    uint32_t count = models_word(models, place);

    return count && (uint64_t)place + count < models->counts[AWS_LAYOUT_WORDS] ? count : 0;
}

static struct aws_shape shape_at(const struct aws_models *models, uint32_t index)
{
    const struct aws_layout_shape *record;
    struct aws_shape shape = { .models = models, .name = "", .traits = { models, 0 } };

    if (index == 0 || index >= models->counts[AWS_LAYOUT_SHAPES])
        return shape;
    record = &models->shapes[index];
    if ((record->flags & 15) >= AWS_TYPE_COUNT)
        return shape;
    if ((uint64_t)record->first_member + record->n_members > models->counts[AWS_LAYOUT_MEMBERS])
        return shape;
    shape.type = (enum aws_type)(record->flags & 15);
    if ((shape.type == AWS_TYPE_LIST && record->n_members != 1) ||
        (shape.type == AWS_TYPE_MAP && record->n_members != 2)) {
        shape.type = AWS_TYPE_NONE;
        return shape;
    }
    shape.name = models_text(models, record->name);
    shape.flags = record->flags & ~15u;
    shape.first_member = record->first_member;
    shape.n_members = record->n_members;
    shape.traits.word = record->traits;
    return shape;
}

static struct aws_member member_at(const struct aws_models *models, uint32_t index)
{
    const struct aws_layout_member *record;
    struct aws_member member = { .name = "", .location_name = "", .traits = { models, 0 } };

    if (index >= models->counts[AWS_LAYOUT_MEMBERS])
        index = 0;
    if (models->counts[AWS_LAYOUT_MEMBERS] == 0) {
        member.shape = shape_at(models, 0);
        return member;
    }
    record = &models->members[index];
    member.name = models_text(models, record->name);
    member.location_name = models_text(models, record->location_name);
    member.shape = shape_at(models, record->shape);
    member.location = (record->flags & 15) <= AWS_IN_STATUS
                          ? (enum aws_location)(record->flags & 15)
                          : AWS_IN_BODY;
    member.flags = (record->flags & ~15u) | member.shape.flags;
    member.traits.word = record->traits;
    return member;
}

size_t aws_shape_member_count(const struct aws_shape *shape)
{
    return shape->n_members;
}

struct aws_member aws_shape_member(const struct aws_shape *shape, size_t index)
{
    return member_at(shape->models,
                     index < shape->n_members ? shape->first_member + (uint32_t)index : 0);
}

static const char *key_of(const struct aws_models *models, uint32_t index, bool wire)
{
    const struct aws_layout_member *record = &models->members[index];

    return models_text(models,
                       wire && record->location_name ? record->location_name : record->name);
}

static size_t find_member(const struct aws_shape *shape, const char *name, bool wire, size_t *hint)
{
    size_t start = *hint < shape->n_members ? *hint : 0;

    for (size_t i = 0; i < shape->n_members; i++) {
        size_t place = start + i < shape->n_members ? start + i : start + i - shape->n_members;

        const char *key = key_of(shape->models, shape->first_member + (uint32_t)place, wire);

        /* Most names differ at once; the call of strcmp() would be most of the cost. */
        if (*key == *name && strcmp(name, key) == 0) {
            *hint = place + 1;
            return place;
        }
    }
    return SIZE_MAX;
}

size_t aws_shape_find(const struct aws_shape *shape, const char *name, size_t *hint)
{
    return find_member(shape, name, false, hint);
}

size_t aws_shape_find_wire(const struct aws_shape *shape, const char *name, size_t *hint)
{
    return find_member(shape, name, true, hint);
}

struct aws_node aws_member_trait(const struct aws_member *member, const char *trait)
{
    struct aws_node node = { member->traits.models, 0 };

    if (member->traits.word)
        node = aws_node_get(member->traits, trait);
    if (!node.word && member->shape.traits.word)
        node = aws_node_get(member->shape.traits, trait);
    return node;
}

const char *aws_member_wire_name(const struct aws_member *member)
{
    return member->location_name[0] ? member->location_name : member->name;
}

struct aws_member aws_shape_payload(const struct aws_shape *shape)
{
    const char *name = aws_node_get_text(shape->traits, "payload");
    size_t hint = 0;
    size_t place = name ? aws_shape_find(shape, name, &hint) : SIZE_MAX;

    return aws_shape_member(shape, place);
}

bool aws_has_raw_body(const struct aws_member *structure)
{
    return aws_shape_payload(&structure->shape).shape.type == AWS_TYPE_BLOB;
}

size_t aws_service_count(const struct aws_models *models)
{
    return models->counts[AWS_LAYOUT_SERVICES];
}

struct aws_service aws_service_at(const struct aws_models *models, size_t index)
{
    static const struct aws_layout_service none;
    const struct aws_layout_service *record =
        index < aws_service_count(models) ? &models->services[index] : &none;
    struct aws_service service = {
        .models = models,
        .name = models_text(models, record->name),
        .id = models_text(models, record->id),
        .full_name = models_text(models, record->full_name),
        .endpoint_prefix = models_text(models, record->endpoint_prefix),
        .signing_name = models_text(models, record->signing_name),
        .api_version = models_text(models, record->api_version),
        .signature_version = models_text(models, record->signature_version),
        .json_version = models_text(models, record->json_version),
        .target_prefix = models_text(models, record->target_prefix),
        .xml_namespace = models_text(models, record->xml_namespace),
        .summary = models_text(models, record->summary),
        .errors = record->errors,
        .paginators = { models, record->paginators },
        .waiters = { models, record->waiters },
        .ruleset = { models, record->ruleset },
        .traits = { models, record->traits },
    };

    if (record->protocol < AWS_PROTOCOL_COUNT)
        service.protocol = (enum aws_protocol)record->protocol;
    if ((uint64_t)record->first_operation + record->n_operations <=
        models->counts[AWS_LAYOUT_OPERATIONS]) {
        service.first_operation = record->first_operation;
        service.n_operations = record->n_operations;
    }
    return service;
}

/* The place of `name` among `count` sorted names that `name_at` yields; SIZE_MAX for none. */
static size_t find_sorted(const void *table, size_t count, const char *name,
                          const char *(*name_at)(const void *table, size_t index))
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, name_at(table, middle));

        if (order == 0)
            return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return SIZE_MAX;
}

static int unknown_name(const void *table, size_t count, const char *what, const char *name,
                        const char *(*name_at)(const void *table, size_t index),
                        struct chaos_error *err)
{
    AUTO(mem) const char **names = mem_zero(count + 1, sizeof(*names));
    const char *near;

    for (size_t i = 0; i < count; i++)
        names[i] = name_at(table, i);
    near = str_suggest(name, names);
    if (near)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "no %s '%s'; did you mean '%s'?", what, name,
                               near);
    return chaos_error_set(err, CHAOS_E_NOT_FOUND, "no %s '%s'", what, name);
}

static const char *service_name_at(const void *table, size_t index)
{
    const struct aws_models *models = table;

    return models_text(models, models->services[index].name);
}

int aws_service_find(const struct aws_models *models, const char *name,
                     struct aws_service *ret_service, struct chaos_error *err)
{
    size_t count = aws_service_count(models);
    size_t place = find_sorted(models, count, name, service_name_at);

    if (place == SIZE_MAX)
        return unknown_name(models, count, "AWS service", name, service_name_at, err);
    *ret_service = aws_service_at(models, place);
    return 0;
}

bool aws_service_error(const struct aws_service *service, const char *code,
                       struct aws_shape *ret_shape)
{
    const struct aws_models *models = service->models;
    uint64_t low = 0, high = list_length(models, service->errors) / 2;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        uint64_t place = service->errors + 1 + 2 * middle;
        int order = strcmp(code, models_text(models, models_word(models, place)));

        if (order == 0) {
            *ret_shape = shape_at(models, models_word(models, place + 1));
            return ret_shape->type == AWS_TYPE_STRUCTURE;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

size_t aws_operation_count(const struct aws_service *service)
{
    return service->n_operations;
}

struct aws_operation aws_operation_at(const struct aws_service *service, size_t index)
{
    static const struct aws_layout_operation none;
    const struct aws_models *models = service->models;
    const struct aws_layout_operation *record =
        index < service->n_operations ? &models->operations[service->first_operation + index]
                                      : &none;

    return (struct aws_operation){
        .service = *service,
        .name = models_text(models, record->name),
        .method = models_text(models, record->method),
        .uri = models_text(models, record->uri),
        .summary = models_text(models, record->summary),
        .input = member_at(models, record->input),
        .output = member_at(models, record->output),
        .errors = record->errors,
        .traits = { models, record->traits },
    };
}

static const char *operation_name_at(const void *table, size_t index)
{
    const struct aws_service *service = table;

    return models_text(service->models,
                       service->models->operations[service->first_operation + index].name);
}

int aws_operation_find(const struct aws_service *service, const char *name,
                       struct aws_operation *ret_operation, struct chaos_error *err)
{
    size_t place = find_sorted(service, service->n_operations, name, operation_name_at);

    if (place == SIZE_MAX) {
        unknown_name(service, service->n_operations, "operation", name, operation_name_at, err);
        return chaos_error_prefix(err, "AWS service '%s'", service->name);
    }
    *ret_operation = aws_operation_at(service, place);
    return 0;
}

size_t aws_operation_error_count(const struct aws_operation *operation)
{
    return list_length(operation->service.models, operation->errors);
}

struct aws_shape aws_operation_error(const struct aws_operation *operation, size_t index)
{
    const struct aws_models *models = operation->service.models;
    uint32_t shape = index < aws_operation_error_count(operation)
                         ? models_word(models, (uint64_t)operation->errors + 1 + index)
                         : 0;

    return shape_at(models, shape);
}

const char *aws_shape_error_code(const struct aws_shape *shape)
{
    const char *code = aws_node_get_text(aws_node_get(shape->traits, "error"), "code");

    return code ? code : shape->name;
}
