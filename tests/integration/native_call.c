// SPDX-License-Identifier: Apache-2.0
// Runs one activity on its native row, for the tests: no experiment, no engine. Where its provider
// names a native control, that hook is called, with its arguments "context" and "state" as a run's
// documents.
//
// usage: native_call [--check|--inverse] [--cancel-after-ms N] ACTIVITY [CONFIGURATION [SECRETS]]
//        native_call --list
//
// The arguments are JSON text. Prints one line of JSON: status, output, message, effect, took_ms.
// With --inverse nothing is called, and the output is the activity that would undo it, or null.
// --list: the actions that are built in, each with whether it declares an inverse, and the
// operations that put something back with those that look.
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "ext/aws_look.h"
#include "lib/extensions.h"
#include "lib/native_controls.h"
#include "providers/native.h"
#include "value/json.h"

static const char *const status_names[] = {
    [CALL_SUCCEEDED] = "succeeded",     [CALL_FAILED] = "failed", [CALL_CRASHED] = "crashed",
    [CALL_INTERRUPTED] = "interrupted", [CALL_EXITED] = "exited", [CALL_KEYBOARD] = "keyboard",
    [CALL_CANCELLED] = "cancelled",
};

struct order {
    bool check;
    bool inverse;
    int64_t cancel_after_ms; /* -1: never */
    json_t *activity;
    json_t *configuration;
    json_t *secrets;
    struct cancel cancel;
};

static json_t *parse(const char *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    if (json_parse(text, strlen(text), &value, &err) < 0)
        fprintf(stderr, "native_call: '%s': %s\n", text, chaos_error_text(&err));
    return value;
}

static int read_order(int argc, char **argv, struct order *order)
{
    static const struct option options[] = {
        { "check", no_argument, NULL, 'c' },
        { "inverse", no_argument, NULL, 'i' },
        { "cancel-after-ms", required_argument, NULL, 'a' },
        { 0 },
    };
    int option;

    order->cancel_after_ms = -1;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == '?')
            return -1;
        if (option == 'c')
            order->check = true;
        else if (option == 'i')
            order->inverse = true;
        else
            order->cancel_after_ms = strtoll(optarg, NULL, 10);
    }
    if (optind >= argc)
        return -1;
    order->activity = parse(argv[optind]);
    order->configuration = parse(optind + 1 < argc ? argv[optind + 1] : "{}");
    order->secrets = parse(optind + 2 < argc ? argv[optind + 2] : "{}");
    return order->activity && order->configuration && order->secrets ? 0 : -1;
}

static void *raise_later(void *argument)
{
    struct order *order = argument;

    (void)wait_until(clock_now() + order->cancel_after_ms * CLOCK_NS_PER_MS, NULL);
    cancel_raise(&order->cancel, 1);
    return NULL;
}

static void play(struct order *order, const struct chaos_function *function,
                 struct call_result *result)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct provider_call call = { .activity = order->activity,
                                  .configuration = order->configuration,
                                  .secrets = order->secrets,
                                  .cancel = &order->cancel };
    pthread_t thread;
    bool started = false;

    if (native_check(function, order->activity, &err) < 0) {
        call_set(result, CALL_FAILED, "%s", chaos_error_text(&err));
        return;
    }
    if (order->check)
        return;
    if (order->inverse) {
        if (native_inverse(function, &call, &result->output, &err) < 0)
            call_set(result, CALL_FAILED, "%s", chaos_error_text(&err));
        else
            result->status = CALL_SUCCEEDED;
        return;
    }
    if (order->cancel_after_ms >= 0)
        started = pthread_create(&thread, NULL, raise_later, order) == 0;
    native_call(function, &call, result);
    if (started)
        pthread_join(thread, NULL);
}

static void play_hook(struct order *order, const struct guest *guest, struct call_result *result)
{
    const json_t *provider = json_object_get(order->activity, "provider");
    const json_t *arguments = json_object_get(provider, "arguments");
    const struct guest_document documents[] = {
        { "configuration", order->configuration, 1 },
        { "secrets", order->secrets, 1 },
        { "experiment", json_object_get(arguments, "context"), 1 },
        { "journal", json_object_get(arguments, "state"), 1 },
    };
    const struct guest_place context = { .document = "experiment", .pointer = "" };
    const struct guest_place state = { .document = "journal", .pointer = "" };
    const struct guest_hook hook = {
        .module = json_string_value(json_object_get(provider, "module")),
        .function = json_string_value(json_object_get(provider, "func")),
        .arguments = arguments,
        .documents = documents,
        .n_documents = ARRAY_SIZE(documents),
        .context = &context,
        .state = &state,
        .control = order->activity,
        .cancel = &order->cancel,
    };
    AUTO(guest_reply) struct guest_reply reply = { 0 };

    guest->hook(guest->self, &hook, &reply);
    result->status = reply.status;
    result->message = STEAL(reply.message);
}

static void print_result(const struct call_result *result, int64_t took_ns)
{
    AUTO(json) json_t *line = json_object();
    AUTO(str) char *text = NULL;

    json_object_set_new(line, "status", json_string(status_names[result->status]));
    json_object_set_new(line, "output", result->output ? json_incref(result->output) : json_null());
    json_object_set_new(line, "message",
                        result->message ? json_string(result->message) : json_null());
    json_object_set_new(line, "effect", result->effect ? json_string(result->effect) : json_null());
    json_object_set_new(line, "took_ms", json_real((double)took_ns / CLOCK_NS_PER_MS));
    text = json_text(line, JSON_STYLE_LINE);
    puts(text);
}

static json_t *list_actions(struct extensions *extensions)
{
    json_t *actions = json_object();
    size_t count;
    const struct extension_row *rows = extensions_rows(extensions, &count);

    for (size_t i = 0; i < count; i++) {
        AUTO(buffer) struct buffer name = { 0 };

        buffer_printf(&name, "%s.%s", rows[i].extension->module, rows[i].function->name);
        if (rows[i].function->kind == CHAOS_ACTION)
            json_object_set_new(actions, buffer_text(&name),
                                json_boolean(rows[i].function->inverse));
    }
    return actions;
}

static json_t *list_looks(void)
{
    json_t *looks = json_array();

    for (const struct aws_look *const *table = aws_look_tables; *table; table++)
        for (const struct aws_look *look = *table; look->service; look++)
            json_array_append_new(
                looks, json_pack("[s, s, s]", look->service, look->operation, look->describe));
    return looks;
}

static void print_list(struct extensions *extensions)
{
    AUTO(json)
    json_t *both =
        json_pack("{s:o, s:o}", "actions", list_actions(extensions), "looks", list_looks());
    AUTO(str) char *text = json_text(both, JSON_STYLE_LINE);

    puts(text);
}

int main(int argc, char **argv)
{
    AUTO(extensions) struct extensions *extensions = extensions_new(NULL);
    AUTO(call_result) struct call_result result = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct order order = { .cancel = { .fd = -1 } };
    const struct chaos_function *function = NULL;
    struct native_controls controls = { NULL, NULL };
    struct guest guest = native_controls_guest(&controls);
    const char *module;
    const char *name;
    int64_t start = clock_now();

    if (argc == 2 && str_equal(argv[1], "--list")) {
        print_list(extensions);
        return 0;
    }
    if (read_order(argc, argv, &order) < 0 || cancel_init(&order.cancel, &err) < 0)
        return 2;
    module = json_text_of(json_object_get(order.activity, "provider"), "module");
    name = json_text_of(json_object_get(order.activity, "provider"), "func");
    if (guest.is_stateless(guest.self, module))
        play_hook(&order, &guest, &result);
    else if (extensions_find(extensions, module, name, &function, &err) < 0)
        call_set(&result, CALL_FAILED, "%s", chaos_error_text(&err));
    else
        play(&order, function, &result);
    print_result(&result, clock_now() - start);
    cancel_clear(&order.cancel);
    json_decref(order.activity);
    json_decref(order.configuration);
    json_decref(order.secrets);
    return result.status == CALL_SUCCEEDED ? 0 : 1;
}
