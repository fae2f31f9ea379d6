// SPDX-License-Identifier: Apache-2.0
#include "engine/documents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_walk.h"
#include "base/str.h"
#include "tests/support/quoted.h"

/* A guest with two control modules: "keeper" has copies of its documents, "stranger" has none and
 * sets "x" of the configuration to how often it was called. What they got is noted. */
struct witness {
    json_t *got; /* by module: its calls, each the documents with their content or null */
    int strangers;
    int events;
};

static int import(void *self, const char *module, json_t **ret_hooks, char **ret_reason,
                  const struct cancel *cancel, struct chaos_error *err)
{
    (void)self;
    (void)module;
    (void)ret_reason;
    (void)cancel;
    (void)err;
    *ret_hooks = quoted_json("{'before_activity_control': ['context', 'configuration']}");
    return 0;
}

static void hook(void *self, const struct guest_hook *hook, struct guest_reply *reply)
{
    struct witness *witness = self;
    json_t *calls = json_object_get(witness->got, hook->module);
    json_t *documents = json_object();

    for (size_t i = 0; i < hook->n_documents; i++)
        json_object_set_new(documents, hook->documents[i].name,
                            hook->documents[i].value ? json_deep_copy(hook->documents[i].value)
                                                     : json_null());
    json_array_append_new(calls, documents);
    *reply = (struct guest_reply){ .status = CALL_SUCCEEDED };
    if (str_equal(hook->module, "stranger"))
        reply->changes = json_pack("{s:[[[s], i]]}", "configuration", "x", ++witness->strangers);
    else
        reply->handlers = 1;
}

static void event(void *self, const char *name, const json_t *arguments,
                  const struct guest_document *documents, size_t n_documents, enum call_place place,
                  struct guest_reply *reply)
{
    struct witness *witness = self;

    (void)arguments;
    (void)documents;
    (void)n_documents;
    (void)place;
    *reply = (struct guest_reply){ .status = CALL_SUCCEEDED, .handlers = 1 };
    witness->events += str_equal(name, "finish");
}

static bool is_stateless(void *self, const char *module)
{
    (void)self;
    return str_equal(module, "stranger");
}

static void do_nothing(void *self, const struct provider_call *call, struct call_result *result)
{
    (void)self;
    (void)call;
    (void)result;
}

/* The controls go by the names in `order`. Two activities are played. */
static void play(const char *order, struct witness *witness)
{
    static const struct provider provider = { .type = "none", .call = do_nothing };
    AUTO(json)
    json_t *experiment = quoted_json(
        "{'title': 't', 'description': 'd', 'configuration': {'x': 0, 'y': 1}, 'method': ["
        "{'type': 'action', 'name': 'a', 'provider': {'type': 'none'}},"
        "{'type': 'action', 'name': 'b', 'provider': {'type': 'none'}}]}");
    AUTO(json) json_t *names = quoted_json(order);
    AUTO(json) json_t *journal = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct guest guest = { witness, import, hook, event, NULL, is_stateless };
    struct run_options options = { .experiment = experiment,
                                   .providers = &provider,
                                   .n_providers = 1,
                                   .lib_version = "0",
                                   .guest = &guest };
    json_t *controls = json_array();
    json_t *name;
    size_t i;

    *witness = (struct witness){ .got = quoted_json("{'keeper': [], 'stranger': []}") };
    json_array_foreach (names, i, name)
        json_array_append_new(controls, json_pack("{s:O, s:{s:s, s:O}}", "name", name, "provider",
                                                  "type", "python", "module", name));
    json_object_set_new(experiment, "controls", controls);
    assert_int_equal(experiment_run(&options, &journal, &err), 0);
}

static json_t *got(const struct witness *witness, const char *module, size_t call,
                   const char *document)
{
    json_t *calls = json_object_get(witness->got, module);

    assert_int_equal(json_array_size(calls), 2);
    return json_object_get(json_array_get(calls, call), document);
}

static json_int_t x_of(const json_t *configuration)
{
    assert_true(json_is_object(configuration));
    return json_integer_value(json_object_get(configuration, "x"));
}

static void who_keeps_nothing_gets_whole_documents_each_time(void **state)
{
    struct witness witness;

    (void)state;
    play("['keeper', 'stranger']", &witness);
    for (size_t call = 0; call < 2; call++) {
        assert_true(json_is_object(got(&witness, "stranger", call, "experiment")));
        assert_int_equal(x_of(got(&witness, "stranger", call, "configuration")), call);
    }
    json_decref(witness.got);
}

static void what_only_they_were_sent_is_sent_to_the_guest(void **state)
{
    struct witness witness;

    (void)state;
    play("['stranger', 'keeper']", &witness);
    assert_true(json_is_object(got(&witness, "keeper", 0, "experiment")));
    assert_true(json_is_null(got(&witness, "keeper", 1, "experiment"))); /* it has that now */
    json_decref(witness.got);
}

static void what_they_changed_is_sent_to_the_guest(void **state)
{
    struct witness witness;

    (void)state;
    play("['keeper', 'stranger']", &witness);
    assert_int_equal(x_of(got(&witness, "keeper", 0, "configuration")), 0);
    assert_int_equal(x_of(got(&witness, "keeper", 1, "configuration")), 1);
    json_decref(witness.got);
}

static void the_handlers_of_the_guest_stay_registered(void **state)
{
    struct witness witness;

    (void)state;
    play("['keeper', 'stranger']", &witness);
    assert_int_equal(witness.events, 1);
    json_decref(witness.got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_keeps_nothing_gets_whole_documents_each_time),
        cmocka_unit_test(what_only_they_were_sent_is_sent_to_the_guest),
        cmocka_unit_test(what_they_changed_is_sent_to_the_guest),
        cmocka_unit_test(the_handlers_of_the_guest_stay_registered),
    };

    return cmocka_run_group_tests_name("documents of controls", tests, NULL, NULL);
}
