// SPDX-License-Identifier: Apache-2.0
#include "lib/runtime.h"

#include "base/json_walk.h"
#include "base/log.h"
#include "base/str.h"
#include "value/pytext.h"

int runtime_check(const json_t *experiment, struct chaos_error *err)
{
    const json_t *python = json_object_get(json_object_get(experiment, "runtime"), "python");

    if (!value_is_true(python))
        return 0;
    return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                           "runtime.python is not supported yet: install what the experiment needs "
                           "in a virtual environment and name its interpreter with --python");
}

struct choice {
    const char *key;    /* of the runtime block */
    const char *option; /* of the command line */
    const char *given;  /* on the command line, or NULL */
    const char *known;  /* all names, for the error */
};

/* The name of a strategy and who gave it. */
static const char *choose(const struct choice *choice, const json_t *experiment,
                          const json_t *settings, const char **ret_origin)
{
    const json_t *own = json_object_get(experiment, "runtime");
    const json_t *from = value_is_true(own) ? own : json_object_get(settings, "runtime");
    const char *name;

    if (choice->given) {
        *ret_origin = choice->option;
        return choice->given;
    }
    *ret_origin = value_is_true(own) ? "the runtime block of the experiment"
                                     : "the runtime block of the settings";
    name = json_text_of(json_object_get(from, choice->key), "strategy");
    return name ? name : "default";
}

static int unknown(const struct choice *choice, const char *name, const char *origin,
                   struct chaos_error *err)
{
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "'%s' is not a strategy for the %s (from %s): it can be %s", name,
                           choice->key, origin, choice->known);
}

static json_t *member_object(json_t *parent, const char *key)
{
    if (!json_is_object(json_object_get(parent, key)))
        json_object_set_new(parent, key, json_object());
    return json_object_get(parent, key);
}

/* compat: controls find the strategies of the run in the settings, wherever they came from */
static void remember(json_t *settings, const char *key, const char *name)
{
    AUTO(json) json_t *text = json_string(name);

    json_object_set(member_object(member_object(settings, "runtime"), key), "strategy", text);
}

int runtime_strategies(const json_t *experiment, json_t *settings, const char *hypothesis,
                       const char *rollbacks, struct run_options *options, struct chaos_error *err)
{
    struct choice choices[] = {
        { "hypothesis", "--hypothesis-strategy", hypothesis,
          "default, before-method-only, after-method-only, during-method-only, continuously or "
          "skip" },
        { "rollbacks", "--rollback-strategy", rollbacks, "default, always, never or deviated" },
    };
    const char *origin;
    const char *name = choose(&choices[0], experiment, settings, &origin);

    options->hypothesis = hypothesis_strategy_parse(name);
    if (options->hypothesis == HYPOTHESIS_STRATEGY_COUNT)
        return unknown(&choices[0], name, origin, err);
    if (str_equal(name, "continously"))
        log_warning("The hypothesis strategy 'continously' is an old misspelling that will go: "
                    "write 'continuously'");
    remember(settings, "hypothesis", name);
    name = choose(&choices[1], experiment, settings, &origin);
    options->rollbacks = rollback_strategy_parse(name);
    if (options->rollbacks == ROLLBACK_STRATEGY_COUNT)
        return unknown(&choices[1], name, origin, err);
    remember(settings, "rollbacks", name);
    return 0;
}
