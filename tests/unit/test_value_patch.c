// SPDX-License-Identifier: Apache-2.0
#include "value/patch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "value/json.h"

static json_t *parse(const char *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    if (json_parse(text, strlen(text), &value, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    return value;
}

/* `kept` names members of arrays: the item of the target and where it must be afterwards. */
struct patch_case {
    const char *claim;
    const char *target;
    const char *wanted;
    size_t from;
    size_t to;
};

static const struct patch_case cases[] = {
    { "an item keeps its identity when one comes before it", "[{\"a\": 1}]",
      "[{\"b\": 1}, {\"a\": 1}]", 0, 1 },
    { "an item keeps its identity when one before it goes", "[{\"b\": 1}, {\"a\": 1}]",
      "[{\"a\": 1}]", 1, 0 },
    { "an item keeps its identity between changes", "[1, {\"a\": 1}, 2]",
      "[3, 4, {\"a\": 1}, 5, 6]", 1, 2 },
    { "a changed item is changed in place", "[{\"a\": 1}]", "[{\"a\": 2}]", 0, 0 },
    { "a changed item after an equal one is changed in place", "[{\"a\": 1}, {\"b\": [1]}]",
      "[{\"a\": 1}, {\"b\": [1, 2]}, 3]", 1, 1 },
};

static void check_item(void **state)
{
    const struct patch_case *c = *state;
    AUTO(json) json_t *target = parse(c->target);
    AUTO(json) json_t *wanted = parse(c->wanted);
    AUTO(json) json_t *item = json_incref(json_array_get(target, c->from));

    value_patch(target, wanted);
    assert_true(json_equal(target, wanted));
    assert_ptr_equal(json_array_get(target, c->to), item);
}

static void members_keep_their_identity_and_take_the_wanted_order(void **state)
{
    AUTO(json) json_t *target = parse("{\"a\": {\"x\": 1}, \"b\": [1], \"gone\": 1}");
    AUTO(json) json_t *wanted = parse("{\"b\": [1, 2], \"new\": 1, \"a\": {\"x\": 2}}");
    AUTO(json) json_t *a = json_incref(json_object_get(target, "a"));
    AUTO(json) json_t *b = json_incref(json_object_get(target, "b"));
    AUTO(str) char *text = NULL;

    (void)state;
    value_patch(target, wanted);
    text = json_text(target, JSON_STYLE_COMPACT);
    assert_string_equal(text, "{\"b\":[1,2],\"new\":1,\"a\":{\"x\":2}}");
    assert_ptr_equal(json_object_get(target, "a"), a);
    assert_ptr_equal(json_object_get(target, "b"), b);
}

static void what_is_taken_over_is_a_copy(void **state)
{
    AUTO(json) json_t *target = parse("{}");
    AUTO(json) json_t *wanted = parse("{\"a\": [1]}");

    (void)state;
    value_patch(target, wanted);
    json_array_clear(json_object_get(wanted, "a"));
    assert_int_equal(json_array_size(json_object_get(target, "a")), 1);
}

static void a_container_in_two_places_can_become_two_values(void **state)
{
    AUTO(json) json_t *target = json_array();
    AUTO(json) json_t *shared = parse("{\"a\": 1}");
    AUTO(json) json_t *wanted = parse("[{\"a\": 2}, {\"a\": 3}]");

    (void)state;
    json_array_append(target, shared);
    json_array_append(target, shared);
    value_patch(target, wanted);
    assert_true(json_equal(target, wanted));
}

static void long_lists_are_patched_too(void **state)
{
    AUTO(json) json_t *target = json_array();
    AUTO(json) json_t *wanted = json_array();
    AUTO(json) json_t *kept = NULL;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        json_array_append_new(target, json_pack("{s:i}", "n", i));
        json_array_append_new(wanted, json_pack("{s:i}", "n", i % 2 ? i : -i - 1));
    }
    json_array_append_new(wanted, json_integer(1));
    kept = json_incref(json_array_get(target, 2501));
    value_patch(target, wanted);
    assert_true(json_equal(target, wanted));
    assert_ptr_equal(json_array_get(target, 2501), kept);
}

struct amend_case {
    const char *claim;
    const char *target;
    const char *changes;
    const char *after;
};

static const struct amend_case amend_cases[] = {
    { "a member is changed", "{\"a\":{\"b\":1,\"c\":2}}", "[[[\"a\",\"b\"],3]]",
      "{\"a\":{\"b\":3,\"c\":2}}" },
    { "a member comes", "{}", "[[[\"a\"],{\"b\":[]}]]", "{\"a\":{\"b\":[]}}" },
    { "a member goes", "[{\"a\":1,\"b\":2}]", "[[[0,\"a\"]]]", "[{\"b\":2}]" },
    { "an item is changed", "[1,[2]]", "[[[0],2],[[1,0],3]]", "[2,[3]]" },
    { "a list is replaced", "{\"a\":[1]}", "[[[\"a\"],[1,2]]]", "{\"a\":[1,2]}" },
    { "all is replaced", "{\"a\":1}", "[[[],{\"b\":2}]]", "{\"b\":2}" },
    { "what is nowhere is passed over", "{\"a\":[1]}",
      "[[[\"b\",\"c\"],1],[[\"a\",4],1],[[\"a\",-1],1],[[\"a\",\"x\"],1],[[\"z\"]],[[],1]]",
      "{\"a\":[1]}" },
    { "what is no change is passed over", "{\"a\":1}", "[1,[],[2,3],[null],{\"a\":2}]",
      "{\"a\":1}" },
};

static void check_amend(void **state)
{
    const struct amend_case *c = *state;
    AUTO(json) json_t *target = parse(c->target);
    AUTO(json) json_t *changes = parse(c->changes);
    AUTO(str) char *text = NULL;

    value_amend(target, changes);
    text = json_text(target, JSON_STYLE_COMPACT);
    assert_string_equal(text, c->after);
}

static void an_amended_container_keeps_its_identity(void **state)
{
    AUTO(json) json_t *target = parse("{\"a\": {\"b\": [1]}}");
    AUTO(json) json_t *changes = parse("[[[\"a\"], {\"b\": [2]}]]");
    AUTO(json) json_t *b = json_incref(json_object_get(json_object_get(target, "a"), "b"));

    (void)state;
    value_amend(target, changes);
    assert_ptr_equal(json_object_get(json_object_get(target, "a"), "b"), b);
    assert_int_equal(json_integer_value(json_array_get(b, 0)), 2);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U;
    return *state >> 8;
}

static json_t *random_value(uint32_t *state, int depth)
{
    uint32_t kind = next_random(state) % (depth < 4 ? 4 : 2);
    uint32_t count = next_random(state) % 5;
    json_t *value;

    if (kind == 0)
        return json_integer(count);
    if (kind == 1)
        return json_boolean(count > 2);
    value = kind == 2 ? json_array() : json_object();
    for (uint32_t i = 0; i < count; i++) {
        char key[] = { (char)('a' + next_random(state) % 6), '\0' };

        if (kind == 2)
            json_array_append_new(value, random_value(state, depth + 1));
        else
            json_object_set_new(value, key, random_value(state, depth + 1));
    }
    return value;
}

static void random_values_become_equal_in_text_too(void **state)
{
    uint32_t random = 1;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        AUTO(json) json_t *target = json_array();
        AUTO(json) json_t *wanted = json_array();
        AUTO(str) char *target_text = NULL;
        AUTO(str) char *wanted_text = NULL;

        for (uint32_t n = next_random(&random) % 8; n; n--)
            json_array_append_new(target, random_value(&random, 0));
        for (uint32_t n = next_random(&random) % 8; n; n--)
            json_array_append_new(wanted, random_value(&random, 0));
        value_patch(target, wanted);
        target_text = json_text(target, JSON_STYLE_COMPACT);
        wanted_text = json_text(wanted, JSON_STYLE_COMPACT);
        assert_string_equal(target_text, wanted_text);
    }
}

int main(void)
{
    static const struct CMUnitTest more[] = {
        cmocka_unit_test(members_keep_their_identity_and_take_the_wanted_order),
        cmocka_unit_test(what_is_taken_over_is_a_copy),
        cmocka_unit_test(a_container_in_two_places_can_become_two_values),
        cmocka_unit_test(long_lists_are_patched_too),
        cmocka_unit_test(an_amended_container_keeps_its_identity),
        cmocka_unit_test(random_values_become_equal_in_text_too),
    };
    struct CMUnitTest tests[ARRAY_SIZE(cases) + ARRAY_SIZE(more) + ARRAY_SIZE(amend_cases)];
    size_t n = ARRAY_SIZE(cases) + ARRAY_SIZE(more);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = cases[i].claim,
            .test_func = check_item,
            .initial_state = (void *)(uintptr_t)&cases[i],
        };
    memcpy(&tests[ARRAY_SIZE(cases)], more, sizeof(more));
    for (size_t i = 0; i < ARRAY_SIZE(amend_cases); i++)
        tests[n++] = (struct CMUnitTest){ .name = amend_cases[i].claim,
                                          .test_func = check_amend,
                                          .initial_state = (void *)(uintptr_t)&amend_cases[i] };
    return cmocka_run_group_tests_name("patches", tests, NULL, NULL);
}
