/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a YAML text a value stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/auto.h"
#include "value/yaml_place.h"

struct place_case {
    const char *claim;
    const char *text;
    const char *pointer;
    size_t line;
};

static const struct place_case cases[] = {
    { "the document is where it begins", "\n\na: 1\n", "", 3 },
    { "a member is where its key is", "a: 1\nb:\n  c: 2\n", "/b/c", 3 },
    { "an item is where it begins", "a:\n  - 1\n  - x: 2\n", "/a/1", 3 },
    { "a member of an item is found", "a:\n  - x: 1\n    y: 2\n", "/a/0/y", 3 },
    { "a pointer that leads nowhere gives how far it led", "a:\n  b: 1\n", "/a/c/d", 1 },
    { "an index beyond the end gives the sequence", "a:\n- 1\n", "/a/7", 1 },
    { "escaped slashes and tildes are part of a key", "x: 1\na/b~: 2\n", "/a~1b~0", 2 },
    { "flow style counts lines too", "a: {b: 1,\n  c: 2}\n", "/a/c", 2 },
    { "an alias is where it was first written", "a: &x\n  b: 1\nc: *x\n", "/c/b", 2 },
    { "what is not YAML has no lines", "a: [\n", "/a", 0 },
    { "an empty text has no lines", "", "/a", 0 },
};

static void check_place(void **state)
{
    const struct place_case *c = *state;

    assert_int_equal(yaml_line_of(c->text, strlen(c->text), c->pointer), c->line);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(cases)];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = cases[i].claim,
            .test_func = check_place,
            .initial_state = (void *)(uintptr_t)&cases[i],
        };
    return cmocka_run_group_tests_name("places in YAML", tests, NULL, NULL);
}
