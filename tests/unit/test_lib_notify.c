// SPDX-License-Identifier: Apache-2.0
#include "lib/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/support/http_server.h"
#include "value/json.h"

static struct http_rule rules[] = {
    { "/bell", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, RULE_CLOSE, 0 },
    { "/broken", "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 0, RULE_CLOSE, 0 },
    { "/drop", "", 0, RULE_CLOSE, 0 },
    { NULL, NULL, 0, RULE_CLOSE, 0 },
};

static int start(void **state)
{
    *state = http_server_start(rules);
    return 0;
}

static int stop(void **state)
{
    http_server_stop(*state);
    return 0;
}

/* Settings with one channel of type http, described by `members` of JSON. */
static json_t *channel(struct http_server *server, const char *path, const char *members)
{
    AUTO(str)
    char *text = mem_printf("{\"notifications\": [{\"type\": \"http\", \"url\": "
                            "\"http://127.0.0.1:%d%s\"%s%s}]}",
                            http_server_port(server), path, *members ? ", " : "", members);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *settings = NULL;

    assert_int_equal(json_parse(text, strlen(text), &settings, &err), 0);
    return settings;
}

static char *body_of(struct http_server *server)
{
    AUTO(str) char *request = http_server_last(server);
    const char *body = request ? strstr(request, "\r\n\r\n") : NULL;

    assert_non_null(body);
    return mem_strdup(body + 4);
}

static const struct notify_event finished = { .name = "run-completed", .error = "none" };

static void an_event_is_posted_with_its_phase_and_payload(void **state)
{
    AUTO(json) json_t *settings = channel(*state, "/bell", "");
    AUTO(json) json_t *payload = json_string("caf\xc3\xa9");
    AUTO(json) json_t *sent = NULL;
    AUTO(str) char *body = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct notify_event event = { .name = "discovery-failed", .payload = payload, .error = "why" };

    notify_send(settings, NULL, &event);
    body = body_of(*state);
    assert_int_equal(json_parse(body, strlen(body), &sent, &err), 0);
    assert_string_equal(json_string_value(json_object_get(sent, "name")), "discovery-failed");
    assert_string_equal(json_string_value(json_object_get(sent, "phase")), "discovery");
    assert_string_equal(json_string_value(json_object_get(sent, "payload")), "caf\xc3\xa9");
    assert_string_equal(json_string_value(json_object_get(sent, "error")), "why");
    assert_true(json_is_real(json_object_get(sent, "ts")));
}

static void a_channel_hears_only_the_events_it_lists(void **state)
{
    AUTO(json) json_t *settings = channel(*state, "/bell", "\"events\": [\"run-started\"]");

    notify_send(settings, NULL, &finished);
    assert_int_equal(http_server_count(*state), 0);
    notify_send(settings, NULL, &(struct notify_event){ .name = "run-started" });
    assert_int_equal(http_server_count(*state), 1);
}

static void without_the_payload_it_is_a_get_without_body(void **state)
{
    AUTO(json) json_t *settings = channel(*state, "/bell", "\"forward_event_payload\": false");
    AUTO(str) char *request = NULL;
    AUTO(str) char *body = NULL;

    notify_send(settings, NULL, &finished);
    request = http_server_last(*state);
    body = body_of(*state);
    assert_memory_equal(request, "GET /bell ", 10);
    assert_string_equal(body, "");
}

static void headers_of_the_channel_are_sent(void **state)
{
    AUTO(json)
    json_t *settings =
        channel(*state, "/bell", "\"headers\": {\"X-Pitch\": \"high\", \"X-Count\": 3}");
    AUTO(str) char *request = NULL;

    notify_send(settings, NULL, &finished);
    request = http_server_last(*state);
    assert_non_null(strstr(request, "X-Pitch: high\r\n"));
    assert_non_null(strstr(request, "X-Count: 3\r\n"));
    assert_non_null(strstr(request, "Content-Type: application/json\r\n"));
}

static void a_content_type_of_the_channel_replaces_ours(void **state)
{
    AUTO(json)
    json_t *settings = channel(*state, "/bell", "\"headers\": {\"content-type\": \"text/x-bell\"}");
    AUTO(str) char *request = NULL;

    notify_send(settings, NULL, &finished);
    request = http_server_last(*state);
    assert_non_null(strstr(request, "content-type: text/x-bell\r\n"));
    assert_null(strstr(request, "Content-Type: application/json"));
}

static void a_failing_channel_does_not_keep_the_next_from_hearing(void **state)
{
    AUTO(json) json_t *settings = channel(*state, "/drop", "");
    AUTO(json) json_t *other = channel(*state, "/broken", "");
    AUTO(json) json_t *last = channel(*state, "/bell", "");
    json_t *channels = json_object_get(settings, "notifications");
    AUTO(str) char *request = NULL;

    json_array_insert_new(channels, 0, json_integer(3));
    json_array_append(channels, json_array_get(json_object_get(other, "notifications"), 0));
    json_array_append(channels, json_array_get(json_object_get(last, "notifications"), 0));
    notify_send(settings, NULL, &finished);
    request = http_server_last(*state);
    assert_non_null(strstr(request, "POST /bell "));
}

/* What a fake guest was told. */
struct told {
    int count;
    char *function;
};

static void take_note(void *self, const char *module, const char *function, const json_t *channel_,
                      const json_t *payload)
{
    struct told *told = self;

    assert_string_equal(module, "bell");
    assert_true(json_is_true(json_object_get(channel_, "loud")));
    assert_string_equal(json_string_value(json_object_get(payload, "name")), "run-completed");
    told->count++;
    told->function = mem_strdup(function);
}

static void a_plug_in_is_called_by_its_default_name(void **state)
{
    AUTO(json)
    json_t *settings = json_pack("{s:[{s:s, s:s, s:b}]}", "notifications", "type", "plugin",
                                 "module", "bell", "loud", 1);
    struct told told = { 0 };
    const struct guest guest = { .self = &told, .notify = take_note };

    (void)state;
    notify_send(settings, &guest, &finished);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.function, "notify");
    free(told.function);
}

static void settings_without_channels_notify_nobody(void **state)
{
    AUTO(json) json_t *settings = json_pack("{s:s}", "notifications", "none");

    (void)state;
    notify_send(NULL, NULL, &finished);
    notify_send(settings, NULL, &finished);
}

#define SERVED(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        SERVED(an_event_is_posted_with_its_phase_and_payload),
        SERVED(a_channel_hears_only_the_events_it_lists),
        SERVED(without_the_payload_it_is_a_get_without_body),
        SERVED(headers_of_the_channel_are_sent),
        SERVED(a_content_type_of_the_channel_replaces_ours),
        SERVED(a_failing_channel_does_not_keep_the_next_from_hearing),
        cmocka_unit_test(a_plug_in_is_called_by_its_default_name),
        cmocka_unit_test(settings_without_channels_notify_nobody),
    };

    return cmocka_run_group_tests_name("notifications", tests, NULL, NULL);
}
