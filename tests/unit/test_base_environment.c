// SPDX-License-Identifier: Apache-2.0
#include "base/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/auto.h"

static void change(const char *name, json_t *taken)
{
    AUTO(json) json_t *changes = json_pack("{s:o}", name, taken);

    environment_change(changes);
}

static void a_new_variable_is_seen(void **state)
{
    (void)state;
    change("FRACAS_A", json_string("one"));
    assert_string_equal(getenv("FRACAS_A"), "one");
}

static void a_variable_is_replaced_and_appears_once(void **state)
{
    size_t found = 0;

    (void)state;
    change("FRACAS_B", json_string("one"));
    change("FRACAS_B", json_string("two"));
    for (char **item = environ; *item; item++)
        found += strncmp(*item, "FRACAS_B=", 9) == 0;
    assert_string_equal(getenv("FRACAS_B"), "two");
    assert_int_equal(found, 1);
}

static void a_name_that_begins_another_is_its_own(void **state)
{
    (void)state;
    change("FRACAS_LONG", json_string("long"));
    change("FRACAS_LO", json_string("short"));
    assert_string_equal(getenv("FRACAS_LONG"), "long");
}

static void null_removes_a_variable_and_nothing_else(void **state)
{
    (void)state;
    change("FRACAS_C", json_string("one"));
    change("FRACAS_D", json_string("two"));
    change("FRACAS_C", json_null());
    assert_null(getenv("FRACAS_C"));
    assert_string_equal(getenv("FRACAS_D"), "two");
}

static void a_name_with_an_equals_sign_is_left_out(void **state)
{
    (void)state;
    change("FRACAS_E=F", json_string("one"));
    assert_null(getenv("FRACAS_E"));
}

static void setenv_still_works_afterwards(void **state)
{
    (void)state;
    change("FRACAS_G", json_string("one"));
    assert_int_equal(setenv("FRACAS_H", "two", 1), 0);
    change("FRACAS_G", json_string("three"));
    assert_string_equal(getenv("FRACAS_G"), "three");
    assert_string_equal(getenv("FRACAS_H"), "two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_variable_is_seen),
        cmocka_unit_test(a_variable_is_replaced_and_appears_once),
        cmocka_unit_test(a_name_that_begins_another_is_its_own),
        cmocka_unit_test(null_removes_a_variable_and_nothing_else),
        cmocka_unit_test(a_name_with_an_equals_sign_is_left_out),
        cmocka_unit_test(setenv_still_works_afterwards),
    };

    return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
