/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/model_layout.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"

static char *toy_path(void)
{
    const char *folder = getenv("FRACAS_BUILD_DIR");

    return mem_printf("%s/tests/support/aws-toy.bin", folder ? folder : ".");
}

static int open_toys(void **state)
{
    AUTO(str) char *path = toy_path();
    struct chaos_error err = { 0 };
    struct aws_models *models;

    if (aws_models_open(path, &models, &err) < 0) {
        print_error("%s\n", chaos_error_text(&err));
        chaos_error_clear(&err);
        return -1;
    }
    *state = models;
    return 0;
}

static int close_toys(void **state)
{
    aws_models_free(*state);
    return 0;
}

static struct aws_operation operation_of(struct aws_models *models, const char *service,
                                         const char *name)
{
    struct chaos_error err = { 0 };
    struct aws_service found;
    struct aws_operation operation;

    assert_int_equal(aws_service_find(models, service, &found, &err), 0);
    assert_int_equal(aws_operation_find(&found, name, &operation, &err), 0);
    return operation;
}

static struct aws_member member_of(const struct aws_shape *shape, const char *name)
{
    size_t hint = 0;
    size_t place = aws_shape_find(shape, name, &hint);

    assert_true(place < shape->n_members);
    return aws_shape_member(shape, place);
}

static void a_service_carries_its_metadata(void **state)
{
    struct chaos_error err = { 0 };
    struct aws_service service;

    assert_int_equal(aws_service_find(*state, "toy-json", &service, &err), 0);
    assert_int_equal(service.protocol, AWS_PROTOCOL_JSON);
    assert_string_equal(service.json_version, "1.1");
    assert_string_equal(service.target_prefix, "Toy_20260101");
    assert_string_equal(service.signing_name, "toy");
    assert_string_equal(service.api_version, "2026-01-01");
    assert_int_equal(aws_service_count(*state), 5);
}

static void an_unknown_service_names_the_closest_one(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_service service;

    assert_int_equal(aws_service_find(*state, "toy-jsom", &service, &err), -CHAOS_E_NOT_FOUND);
    assert_string_equal(err.message, "no AWS service 'toy-jsom'; did you mean 'toy-json'?");
}

static void an_unknown_operation_names_the_service_and_the_closest_one(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_service service;
    struct aws_operation operation;

    assert_int_equal(aws_service_find(*state, "toy-ec2", &service, &err), 0);
    assert_int_equal(aws_operation_find(&service, "ListToy", &operation, &err), -CHAOS_E_NOT_FOUND);
    assert_string_equal(err.message,
                        "AWS service 'toy-ec2': no operation 'ListToy'; did you mean 'ListToys'?");
}

static void an_operation_carries_http_summary_and_errors(void **state)
{
    struct aws_operation operation = operation_of(*state, "toy-rest-json", "Echo");
    struct aws_shape error;

    assert_string_equal(operation.method, "POST");
    assert_string_equal(operation.uri, "/echo/{id}?mode=plain");
    assert_string_equal(operation.summary, "Returns what it was given");
    assert_int_equal(aws_operation_error_count(&operation), 1);
    error = aws_operation_error(&operation, 0);
    assert_string_equal(aws_shape_error_code(&error), "ToyNotFound");
    assert_int_equal(aws_operation_error(&operation, 1).type, AWS_TYPE_NONE);
}

static void an_operation_without_input_has_none(void **state)
{
    struct aws_operation operation = operation_of(*state, "toy-ec2", "Rest");

    assert_int_equal(operation.input.shape.type, AWS_TYPE_NONE);
    assert_int_equal(operation.output.shape.type, AWS_TYPE_NONE);
}

static void members_carry_places_flags_and_traits(void **state)
{
    struct aws_operation operation = operation_of(*state, "toy-rest-xml", "Echo");
    struct aws_member member = member_of(&operation.input.shape, "Id");

    assert_int_equal(member.location, AWS_IN_URI);
    assert_true(member.flags & AWS_REQUIRED);
    assert_string_equal(aws_member_wire_name(&member), "id");
    assert_int_equal(member_of(&operation.input.shape, "Meta").location, AWS_IN_HEADERS);
    member = member_of(&operation.input.shape, "Flat");
    assert_true(member.flags & AWS_FLATTENED);
    assert_int_equal(member.shape.type, AWS_TYPE_LIST);
    assert_string_equal(aws_shape_member(&member.shape, 0).location_name, "item");
    member = member_of(&operation.input.shape, "Count");
    assert_int_equal(aws_node_integer(aws_member_trait(&member, "max")), 1000);
    assert_string_equal(
        aws_node_get_text(aws_member_trait(&operation.input, "xmlNamespace"), "uri"),
        "http://toy.example/doc/");
}

static void a_member_is_found_by_its_wire_name_from_any_hint(void **state)
{
    struct aws_operation operation = operation_of(*state, "toy-ec2", "Echo");
    const struct aws_shape *shape = &operation.input.shape;
    size_t count = aws_shape_member_count(shape);

    for (size_t start = 0; start <= count + 1; start++) {
        size_t hint = start;
        size_t place = aws_shape_find_wire(shape, "colour", &hint);

        assert_string_equal(aws_shape_member(shape, place).name, "Colour");
        assert_int_equal(hint, place + 1);
        assert_int_equal(aws_shape_find_wire(shape, "Colour", &hint), SIZE_MAX);
    }
}

static void a_recursive_shape_leads_back_to_itself(void **state)
{
    struct aws_operation operation = operation_of(*state, "toy-query", "Echo");
    struct aws_member tree = member_of(&operation.output.shape, "Tree");
    struct aws_member children = member_of(&tree.shape, "Children");
    struct aws_member child = aws_shape_member(&children.shape, 0);

    assert_int_equal(child.shape.first_member, tree.shape.first_member);
}

static void an_error_is_found_by_its_code(void **state)
{
    struct aws_operation operation = operation_of(*state, "toy-query", "Echo");
    struct aws_shape error;

    assert_true(aws_service_error(&operation.service, "ToyNotFound", &error));
    assert_string_equal(error.name, "NoSuchToy");
    assert_false(aws_service_error(&operation.service, "NoSuchToy", &error));
}

static void paginators_and_waiters_are_nodes(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_operation operation = operation_of(*state, "toy-json", "ListToys");
    struct aws_node row = aws_node_get(operation.service.paginators, "ListToys");
    AUTO(json) json_t *waiter = NULL;

    assert_string_equal(aws_node_text(aws_node_at(aws_node_get(row, "output_token"), 0)),
                        "NextMarker");
    assert_int_equal(
        aws_node_to_json(aws_node_get(operation.service.waiters, "ToyReady"), &waiter, &err), 0);
    assert_int_equal(json_integer_value(json_object_get(waiter, "maxAttempts")), 3);
    assert_int_equal(aws_node_type(aws_node_get(row, "nothing")), AWS_NODE_NULL);
}

static void what_is_not_a_model_file_is_refused(void **state)
{
    static const uint32_t words[32] = { 1, 2, 3 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_models *models;

    (void)state;
    assert_int_equal(aws_models_new(words, sizeof(words), &models, &err), -CHAOS_E_INVALID);
    assert_string_equal(err.message, "not an AWS model file");
}

static void a_cut_file_is_refused(void **state)
{
    AUTO(str) char *path = toy_path();
    AUTO(buffer) struct buffer file = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_models *models;

    (void)state;
    assert_int_equal(file_read(path, &file, 1 << 24, &err), 0);
    assert_int_equal(aws_models_new(file.data, file.length - 4, &models, &err), -CHAOS_E_INVALID);
    assert_non_null(strstr(err.message, "damaged"));
}

static void a_section_outside_the_file_is_refused(void **state)
{
    AUTO(str) char *path = toy_path();
    AUTO(buffer) struct buffer file = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_layout_header header;
    struct aws_models *models;

    (void)state;
    assert_int_equal(file_read(path, &file, 1 << 24, &err), 0);
    memcpy(&header, file.data, sizeof(header));
    header.sections[AWS_LAYOUT_MEMBERS].count += 1;
    memcpy(file.data, &header, sizeof(header));
    assert_int_equal(aws_models_new(file.data, file.length, &models, &err), -CHAOS_E_INVALID);
    assert_non_null(strstr(err.message, "lies outside"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_carries_its_metadata),
        cmocka_unit_test(an_unknown_service_names_the_closest_one),
        cmocka_unit_test(an_unknown_operation_names_the_service_and_the_closest_one),
        cmocka_unit_test(an_operation_carries_http_summary_and_errors),
        cmocka_unit_test(an_operation_without_input_has_none),
        cmocka_unit_test(members_carry_places_flags_and_traits),
        cmocka_unit_test(a_member_is_found_by_its_wire_name_from_any_hint),
        cmocka_unit_test(a_recursive_shape_leads_back_to_itself),
        cmocka_unit_test(an_error_is_found_by_its_code),
        cmocka_unit_test(paginators_and_waiters_are_nodes),
        cmocka_unit_test(what_is_not_a_model_file_is_refused),
        cmocka_unit_test(a_cut_file_is_refused),
        cmocka_unit_test(a_section_outside_the_file_is_refused),
    };

    return cmocka_run_group_tests_name("aws model", tests, open_toys, close_toys);
}
