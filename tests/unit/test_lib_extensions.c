// SPDX-License-Identifier: Apache-2.0
#include "lib/extensions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int nothing(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    (void)call;
    (void)ret_output;
    (void)err;
    return 0;
}

#define FUNCTION(...)                                                                              \
    (const struct chaos_function[])                                                                \
    {                                                                                              \
        {                                                                                          \
            .name = "f", .summary = "does nothing", .run = nothing, __VA_ARGS__                    \
        }                                                                                          \
    }
#define EXTENSION_OF(...)                                                                          \
    {                                                                                              \
        .abi = CHAOS_EXTENSION_ABI, .module = "a.b", .functions = FUNCTION(__VA_ARGS__),           \
        .n_functions = 1                                                                           \
    }
#define PARAM(...)                                                                                 \
    EXTENSION_OF(.params =                                                                         \
                     (const struct chaos_param[]){                                                 \
                         { .name = "p", .doc = "a thing", .type = CHAOS_INTEGER, __VA_ARGS__ } },  \
                 .n_params = 1)

struct rule_case {
    const char *claim;
    struct chaos_extension extension;
    const char *error; /* part of it; NULL: none */
};

#pragma GCC diagnostic ignored "-Woverride-init" /* the macros give what a case then changes */
static const struct rule_case rule_cases[] = {
    { "a row that keeps the rules is accepted", PARAM(.default_json = "5"), NULL },
    { "another ABI is refused",
      { .abi = CHAOS_EXTENSION_ABI + 1, .module = "a.b" },
      "built for ABI 2 of chaos/extension.h, this chaos has 1" },
    { "a module that is no dotted name is refused",
      { .abi = CHAOS_EXTENSION_ABI, .module = "a..b" },
      "not a name" },
    { "a module that ends with a dot is refused",
      { .abi = CHAOS_EXTENSION_ABI, .module = "a." },
      "not a name" },
    { "an extension without functions is refused",
      { .abi = CHAOS_EXTENSION_ABI, .module = "a.b" },
      "module 'a.b' has no function" },
    { "a function without a name is refused", EXTENSION_OF(.name = NULL), "no proper name" },
    { "a function without a summary is refused", EXTENSION_OF(.summary = ""),
      "module 'a.b': function 'f': has no line of summary" },
    { "a function with nothing to run is refused", EXTENSION_OF(.run = NULL),
      "has nothing to run" },
    { "a function with a wrong kind is refused", EXTENSION_OF(.kind = (enum chaos_kind)7),
      "neither a probe nor an action" },
    { "a parameter without a doc is refused", PARAM(.doc = NULL), "no line of doc" },
    { "a parameter of an unknown type is refused", PARAM(.type = (enum chaos_type)99),
      "unknown type" },
    { "a minimum without a maximum is refused", PARAM(.min = 1),
      "parameter 'p' has its minimum above its maximum" },
    { "a default that is not JSON is refused", PARAM(.default_json = "five"),
      "parameter 'p': has a default that is not JSON" },
    { "a default of another type is refused", PARAM(.default_json = "\"5\""), "another type" },
    { "a default of a required parameter is refused", PARAM(.required = true, .default_json = "5"),
      "is required and has a default" },
};

static void check_rule(void **state)
{
    const struct rule_case *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    int r = extension_check(&c->extension, &err);

    if (!c->error) {
        assert_int_equal(r, 0);
        return;
    }
    assert_true(r < 0);
    if (!strstr(chaos_error_text(&err), c->error))
        fail_msg("'%s' does not say '%s'", chaos_error_text(&err), c->error);
}

static void every_built_in_row_keeps_the_rules_and_is_sorted(void **state)
{
    AUTO(extensions) struct extensions *extensions = extensions_new("");
    const struct extension_row *rows;
    size_t count;

    (void)state;
    rows = extensions_rows(extensions, &count);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        AUTO(chaos_error) struct chaos_error err = { 0 };

        assert_int_equal(extension_check(rows[i].extension, &err), 0);
        assert_ptr_equal(rows[i].function, extensions_lookup(extensions, rows[i].extension->module,
                                                             rows[i].function->name));
        /* As written, too: the table is what a reader looks through. */
        if (i && rows[i].extension == rows[i - 1].extension)
            assert_true(rows[i].function > rows[i - 1].function);
    }
}

static void a_built_in_module_is_found_without_opening_a_plug_in(void **state)
{
    /* A directory that does not exist would be a warning, were it looked at. */
    AUTO(extensions) struct extensions *extensions = extensions_new("/nonexistent");

    (void)state;
    assert_non_null(extensions_lookup(extensions, "chaos.net.probes", "tcp_echo"));
    assert_null(extensions_lookup(extensions, "chaos.net.probes", "no_such"));
}

static void check_find_error(const char *module, const char *function, const char *text)
{
    AUTO(extensions) struct extensions *extensions = extensions_new("");
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const struct chaos_function *found = NULL;

    assert_int_equal(extensions_find(extensions, module, function, &found, &err),
                     -CHAOS_E_NOT_FOUND);
    if (!strstr(chaos_error_text(&err), text))
        fail_msg("'%s' does not say '%s'", chaos_error_text(&err), text);
}

static void a_misspelt_name_gets_a_suggestion(void **state)
{
    (void)state;
    check_find_error("chaos.net.probe", "tcp_echo", "did you mean 'chaos.net.probes'?");
    check_find_error("chaos.net.probes", "tcp_ehco", "did you mean 'tcp_echo'?");
    check_find_error("chaos.net.probes", "frobnicate", "it has dns_lookup, http_get,");
}

static const struct CMUnitTest other_tests[] = {
    cmocka_unit_test(every_built_in_row_keeps_the_rules_and_is_sorted),
    cmocka_unit_test(a_built_in_module_is_found_without_opening_a_plug_in),
    cmocka_unit_test(a_misspelt_name_gets_a_suggestion),
};

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(rule_cases) + ARRAY_SIZE(other_tests)];

    for (size_t i = 0; i < ARRAY_SIZE(rule_cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = rule_cases[i].claim,
            .test_func = check_rule,
            .initial_state = (void *)(uintptr_t)&rule_cases[i],
        };
    memcpy(tests + ARRAY_SIZE(rule_cases), other_tests, sizeof(other_tests));
    return cmocka_run_group_tests_name("extensions", tests, NULL, NULL);
}
