// SPDX-License-Identifier: Apache-2.0
#include "engine/control_select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/support/quoted.h"

struct select_case {
    const char *claim;
    enum control_level level;
    const char *top;      /* controls of the experiment */
    const char *global;   /* global ones */
    const char *own;      /* those of the context */
    const char *selected; /* names, in order */
};

static const struct select_case cases[] = {
    { "controls of the experiment come before those of an activity", LEVEL_ACTIVITY,
      "[{'name': 'a'}, {'name': 'b'}]", "[]", "[{'name': 'c'}]", "a b c" },
    { "a control that is not automatic stays at its own level", LEVEL_ACTIVITY,
      "[{'name': 'a', 'automatic': false}]", "[]", "[]", "" },
    { "a control that is not automatic is applied to the experiment", LEVEL_EXPERIMENT,
      "[{'name': 'a', 'automatic': false}]", "[]", "[{'name': 'a'}]", "a" },
    { "a control of an activity hides the one of the same name above", LEVEL_ACTIVITY,
      "[{'name': 'a'}, {'name': 'b'}]", "[]", "[{'name': 'a'}]", "b a" },
    { "two controls of an activity do not repeat those above", LEVEL_ACTIVITY, "[{'name': 'a'}]",
      "[]", "[{'name': 'x'}, {'name': 'y'}]", "a x y" },
    { "global controls apply to the method beside those of the experiment", LEVEL_METHOD,
      "[{'name': 'a'}]", "[{'name': 'g'}]", "[]", "a g" },
    { "global controls alone apply everywhere", LEVEL_ROLLBACK, "[]", "[{'name': 'g'}]", "[]",
      "g" },
    { "a reference stands for the control of the experiment it names", LEVEL_ACTIVITY,
      "[{'name': 'a', 'automatic': false}]", "[]", "[{'ref': 'a'}]", "a" },
    { "a reference that names nothing is passed over", LEVEL_ACTIVITY, "[{'name': 'a'}]", "[]",
      "[{'ref': 'ghost'}]", "a" },
};

static void check_selection(void **state)
{
    const struct select_case *c = *state;
    AUTO(json) json_t *experiment = json_pack("{s:o}", "controls", quoted_json(c->top));
    AUTO(json) json_t *context = json_pack("{s:o}", "controls", quoted_json(c->own));
    AUTO(json) json_t *global = quoted_json(c->global);
    AUTO(json)
    json_t *selected = controls_select(
        experiment, global, c->level,
        c->level == LEVEL_EXPERIMENT || c->level == LEVEL_ACTIVITY ? context : experiment);
    AUTO(buffer) struct buffer names = { 0 };
    size_t i;
    json_t *control;

    json_array_foreach (selected, i, control)
        buffer_printf(&names, "%s%s", i ? " " : "", json_text_of(control, "name"));
    assert_string_equal(buffer_text(&names), c->selected);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(cases)];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = cases[i].claim,
            .test_func = check_selection,
            .initial_state = (void *)(uintptr_t)&cases[i],
        };
    return cmocka_run_group_tests_name("which controls apply", tests, NULL, NULL);
}
