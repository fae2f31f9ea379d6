// SPDX-License-Identifier: Apache-2.0
#include "providers/http.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/support/http_server.h"
#include "value/json.h"

#define JSON_TYPE         "Content-Type: application/json\r\n"
#define OK(headers, body) "HTTP/1.1 200 OK\r\n" headers "Connection: close\r\n\r\n" body

static struct http_rule rules[] = {
    { "/text", OK("Content-Type: text/plain; charset=utf-8\r\n", "all quiet"), 0, RULE_CLOSE, 0 },
    { "/latin", OK("Content-Type: text/plain\r\n", "caf\xe9"), 0, RULE_CLOSE, 0 },
    { "/unknown", OK("", "caf\xc3\xa9"), 0, RULE_CLOSE, 0 },
    { "/json", OK(JSON_TYPE, "{\"a\": [1, 2.0, null]}"), 0, RULE_CLOSE, 0 },
    { "/json-charset", OK("Content-Type: application/json; charset=utf-8\r\n", "{\"a\":1}"), 0,
      RULE_CLOSE, 0 },
    { "/torn", OK(JSON_TYPE, "{oops"), 0, RULE_CLOSE, 0 },
    { "/empty-json", OK(JSON_TYPE, ""), 0, RULE_CLOSE, 0 },
    { "/headers",
      OK("X-A: one\r\nset-cookie: a=1\r\nx-a: two\r\nX-B: caf\xc3\xa9\r\nSet-Cookie: b=2\r\n", ""),
      0, RULE_CLOSE, 0 },
    { "/busy", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 0, RULE_CLOSE, 0 },
    { "/silent", "", 0, RULE_HANG, 0 },
    { "/drop", "", 0, RULE_CLOSE, 0 },
    { "/third", OK("", "third"), 0, RULE_CLOSE, 2 },
    { NULL, NULL, 0, RULE_KEEP, 0 },
};

/* What one test has. */
struct world {
    struct http_server *server;
    struct provider provider;
    struct call_result result;
};

static int set_up(void **state)
{
    struct world *world = mem_zero(1, sizeof(*world));

    world->server = http_server_start(rules);
    http_provider_init(&world->provider);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    call_result_clear(&world->result);
    http_provider_clear(&world->provider);
    http_server_stop(world->server);
    free(world);
    return 0;
}

/* JSON in which ' stands for " and PORT for the server's port. */
static json_t *parse(const struct world *world, const char *text)
{
    AUTO(buffer) struct buffer out = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *value = NULL;

    while (*text) {
        if (str_starts(text, "PORT")) {
            buffer_printf(&out, "%d", http_server_port(world->server));
            text += 4;
        } else {
            buffer_add_char(&out, *text == '\'' ? '"' : *text);
            text++;
        }
    }
    if (json_parse(buffer_text(&out), out.length, &value, &err) < 0)
        fail_msg("%s: %s", buffer_text(&out), chaos_error_text(&err));
    return value;
}

/* Call a provider of these members. */
static void call(struct world *world, const char *members, const char *configuration,
                 const struct cancel *cancel)
{
    AUTO(str) char *text = mem_printf("{'type': 'probe', 'name': 'p', 'provider': {%s}}", members);
    AUTO(json) json_t *activity = parse(world, text);
    AUTO(json) json_t *config = parse(world, configuration);
    AUTO(json) json_t *secrets = parse(world, "{}");
    struct provider_call from = {
        .activity = activity, .configuration = config, .secrets = secrets, .cancel = cancel
    };

    call_result_clear(&world->result);
    world->provider.call(world->provider.self, &from, &world->result);
}

static void assert_output(const struct world *world, const char *member, const char *expected)
{
    AUTO(str) char *text = NULL;

    if (world->result.status != CALL_SUCCEEDED)
        fail_msg("status %d: %s", world->result.status, world->result.message);
    text = json_text(json_object_get(world->result.output, member), JSON_STYLE_LINE);
    assert_string_equal(text, expected);
}

struct body_case {
    const char *claim;
    const char *path;
    const char *body; /* as JSON */
};

static const struct body_case body_cases[] = {
    { "text stays text", "/text", "\"all quiet\"" },
    { "text without a charset is ISO-8859-1", "/latin", "\"caf\xc3\xa9\"" },
    { "a body without a type is UTF-8 when it can be", "/unknown", "\"caf\xc3\xa9\"" },
    { "JSON is parsed", "/json", "{\"a\": [1, 2.0, null]}" },
    { "JSON with a charset is not parsed", "/json-charset", "\"{\\\"a\\\":1}\"" },
    { "JSON that is none stays text", "/torn", "\"{oops\"" },
    { "announced JSON may be empty", "/empty-json", "\"\"" },
};

static void check_body(void **state)
{
    const struct body_case *c = *state;
    AUTO(str) char *members = mem_printf("'url': 'http://127.0.0.1:PORT%s'", c->path);

    set_up(state);
    call(*state, members, "{}", NULL);
    assert_output(*state, "status", "200");
    assert_output(*state, "body", c->body);
    tear_down(state);
}

struct request_case {
    const char *claim;
    const char *members; /* of the provider, besides its url */
    const char *sent;    /* in the request */
};

#define AS_JSON "'headers': {'Content-Type': 'application/json'}, "

static const struct request_case request_cases[] = {
    { "GET is the default", "", "GET /text " },
    { "the method is upper-cased", ",'method': 'delete'", "DELETE /text " },
    { "arguments of a GET are its query",
      ",'arguments': {'q': 'a b&c', 'n': 3, 'l': [1, 'two'], 'none': null, 't': true, 'e': ''}",
      "GET /text?q=a+b%26c&n=3&l=1&l=two&t=True&e= HTTP/1.1\r\n" },
    { "pairs are a query as well", ",'arguments': [['a', 1], ['b', [2, 3]]]",
      "GET /text?a=1&b=2&b=3 " },
    { "text is a query as it is", ",'arguments': 'x=1&y'", "GET /text?x=1&y " },
    { "no arguments are no query", ",'arguments': {}", "GET /text HTTP" },
    { "arguments are a form", ",'method': 'POST', 'arguments': {'ship': 'gull & co', 'n': 2.0}",
      "\r\n\r\nship=gull+%26+co&n=2.0" },
    { "lists in lists are spread",
      ",'method': 'POST', 'arguments': {'a': [1, null, [1, null, 'x'], {'k': 1}], 'd': {'x': 1}}",
      "\r\n\r\na=1&a=1&a=None&a=x&a=k&d=x" },
    { "a form announces itself", ",'method': 'POST', 'arguments': {'a': 1}",
      "Content-Type: application/x-www-form-urlencoded\r\n" },
    { "text is sent as it is",
      ",'method': 'POST', 'headers': {'Content-Type': 'text/plain'}, 'arguments': 'just text'",
      "\r\n\r\njust text" },
    { "arguments are JSON when so announced",
      "," AS_JSON "'method': 'POST', 'arguments': {'a': [1, null, true]}",
      "\r\n\r\n{\"a\": [1, null, true]}" },
    { "an empty mapping is JSON too", "," AS_JSON "'method': 'POST', 'arguments': {}",
      "\r\n\r\n{}" },
    { "nothing is no JSON", "," AS_JSON "'method': 'POST'", "Content-Length: 0\r\n" },
    { "JSON is announced exactly or not at all",
      ",'method': 'POST', 'headers': {'content-type': 'application/json'}, 'arguments': {'a': 1}",
      "\r\n\r\na=1" },
    { "a post without arguments has length 0", ",'method': 'POST'", "Content-Length: 0\r\n" },
    { "a header is sent as ISO-8859-1", ",'headers': {'X-Name': 'caf\xc3\xa9'}",
      "X-Name: caf\xe9\r\n" },
    { "headers and arguments are substituted",
      ",'headers': {'X-Pilot': '${pilot}'}, 'arguments': {'p': '${pilot}'}",
      "GET /text?p=ana HTTP" },
    { "the method is not substituted", ",'method': 'GET'", "GET " },
};

static void check_request(void **state)
{
    const struct request_case *c = *state;
    AUTO(str) char *members = mem_printf("'url': 'http://127.0.0.1:PORT/text'%s", c->members);
    AUTO(str) char *last = NULL;
    struct world *world;

    set_up(state);
    world = *state;
    call(world, members, "{'pilot': 'ana'}", NULL);
    assert_output(world, "body", "\"all quiet\"");
    last = http_server_last(world->server);
    if (!strstr(last, c->sent))
        fail_msg("no \"%s\" in the request:\n%s", c->sent, last);
    tear_down(state);
}

struct failure_case {
    const char *claim;
    const char *members;
    const char *message; /* its start; PORT is replaced */
};

static const struct failure_case failure_cases[] = {
    { "a refused connection names the URL", "'url': 'http://127.0.0.1:1/x'",
      "failed to connect to http://127.0.0.1:1/x: connection to 127.0.0.1:1 failed after 0" },
    { "a URL without scheme fails the activity", "'url': 'harbour.example/json'",
      "'harbour.example/json' is not an http:// or https:// URL" },
    { "a silence fails in the words of the reference",
      "'url': 'http://127.0.0.1:PORT/silent', 'timeout': 0.05",
      "activity took too long to complete" },
    { "the second timeout is for reading",
      "'url': 'http://127.0.0.1:PORT/silent', 'timeout': [5, 0.05]",
      "activity took too long to complete" },
    { "a timeout may be substituted",
      "'url': 'http://127.0.0.1:PORT/silent', 'timeout': '${patience}'",
      "activity took too long to complete" },
    { "a timeout of 0 is refused", "'url': 'http://127.0.0.1:PORT/text', 'timeout': 0",
      "timeout 0 is not a number of seconds above 0" },
    { "three timeouts are refused", "'url': 'http://127.0.0.1:PORT/text', 'timeout': [1, 2, 3]",
      "timeout must be a number of seconds or [connect, read]" },
    { "a timeout of words is refused", "'url': 'http://127.0.0.1:PORT/text', 'timeout': 'soon'",
      "timeout \"soon\" is not a number" },
    { "a dropped connection fails", "'url': 'http://127.0.0.1:PORT/drop'",
      "failed to connect to http://127.0.0.1:" },
    { "a header of a list is refused",
      "'url': 'http://127.0.0.1:PORT/text', 'headers': {'X-A': [1]}",
      "header 'X-A' must be text, not of type 'list'" },
    { "a header that is a number is refused",
      "'url': 'http://127.0.0.1:PORT/text', 'headers': {'X-A': 3}",
      "header 'X-A' must be text, not of type 'int'" },
    { "a header no header can carry is refused",
      "'url': 'http://127.0.0.1:PORT/text', 'headers': {'X-A': '\xe2\x82\xac'}",
      "header 'X-A' has characters" },
    { "NaN is no JSON",
      "'url': 'http://127.0.0.1:PORT/text', 'method': 'POST', " AS_JSON "'arguments': {'a': NaN}",
      "arguments: 'a': JSON has no NaN" },
    { "triples are no form",
      "'url': 'http://127.0.0.1:PORT/text', 'method': 'POST', 'arguments': [[1, 2, 3]]",
      "arguments[0] is not a pair" },
    { "a method with a blank is refused", "'url': 'http://127.0.0.1:PORT/text', 'method': 'GET X'",
      "'GET X' is not an HTTP method" },
    { "a password stays out of the message", "'url': 'http://ana:pilot@127.0.0.1:1/'",
      "failed to connect to http://ana:***@127.0.0.1:1/: " },
};

static void check_failure(void **state)
{
    const struct failure_case *c = *state;
    struct world *world;

    set_up(state);
    world = *state;
    call(world, c->members, "{'patience': 0.05}", NULL);
    /* what cannot be asked at all aborts the experiment, as in the reference */
    assert_true(world->result.status == CALL_FAILED || world->result.status == CALL_CRASHED);
    if (!str_starts(world->result.message, c->message))
        fail_msg("not \"%s\" but \"%s\"", c->message, world->result.message);
    tear_down(state);
}

static void headers_of_one_name_are_joined(void **state)
{
    call(*state, "'url': 'http://127.0.0.1:PORT/headers'", "{}", NULL);
    assert_output(*state, "headers",
                  "{\"X-A\": \"one, two\", \"set-cookie\": \"a=1, b=2\", "
                  "\"X-B\": \"caf\xc3\x83\xc2\xa9\", \"Connection\": \"close\"}");
}

static void a_head_of_json_has_an_empty_body(void **state)
{
    call(*state, "'url': 'http://127.0.0.1:PORT/empty-json', 'method': 'HEAD'", "{}", NULL);
    assert_output(*state, "body", "\"\"");
}

static void a_url_of_one_pattern_is_resolved(void **state)
{
    call(*state, "'url': '${where}'", "{'where': 'http://127.0.0.1:PORT/text'}", NULL);
    assert_output(*state, "status", "200");
}

static void arguments_are_left_alone_without_anything_to_substitute(void **state)
{
    struct world *world = *state;
    AUTO(str) char *last = NULL;

    call(world, "'url': 'http://127.0.0.1:PORT/text', 'arguments': {'a': '$$'}", "{}", NULL);
    last = http_server_last(world->server);
    assert_non_null(strstr(last, "a=%24%24"));
}

static void retries_reach_the_third_attempt(void **state)
{
    for (struct http_rule *rule = rules; rule->path; rule++)
        rule->drop_first = strcmp(rule->path, "/third") == 0 ? 2 : 0;
    call(*state, "'url': 'http://127.0.0.1:PORT/third', 'max_retries': 2", "{}", NULL);
    assert_output(*state, "body", "\"third\"");
}

static void a_raised_cancel_stops_the_call(void **state)
{
    struct world *world = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct cancel cancel;

    assert_int_equal(cancel_init(&cancel, &err), 0);
    cancel_raise(&cancel, 1);
    call(world, "'url': 'http://127.0.0.1:PORT/silent'", "{}", &cancel);
    assert_int_equal(world->result.status, CALL_CANCELLED);
    cancel_clear(&cancel);
}

static void each_call_has_a_connection_of_its_own(void **state)
{
    call(*state, "'url': 'http://127.0.0.1:PORT/text'", "{}", NULL);
    call(*state, "'url': 'http://127.0.0.1:PORT/text'", "{}", NULL);
    assert_output(*state, "status", "200");
}

static void *call_often(void *arg)
{
    for (int i = 0; i < 5; i++) {
        struct world world = *(struct world *)arg;

        world.result = (struct call_result){ 0 };
        call(&world, "'url': 'http://127.0.0.1:PORT/text'", "{}", NULL);
        assert_output(&world, "body", "\"all quiet\"");
        call_result_clear(&world.result);
    }
    return NULL;
}

static void calls_may_come_from_several_threads(void **state)
{
    pthread_t threads[4];

    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        pthread_create(&threads[i], NULL, call_often, *state);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(http_server_count(((struct world *)*state)->server), 20);
}

static void check_refuses_what_the_reference_refuses(void **state)
{
    struct world *world = *state;
    AUTO(json) json_t *no_url = parse(world, "{'name': 'lost', 'provider': {'type': 'http'}}");
    AUTO(json)
    json_t *list = parse(world, "{'name': 'lost', 'provider': {'url': 'x', 'headers': ['a']}}");
    AUTO(json)
    json_t *fine = parse(world, "{'name': 'p', 'provider': {'url': 'x', 'headers': null}}");
    AUTO(chaos_error) struct chaos_error err = { 0 };

    assert_int_equal(world->provider.check(NULL, no_url, &err), -CHAOS_E_INVALID);
    assert_non_null(strstr(chaos_error_text(&err), "'lost'"));
    assert_non_null(strstr(chaos_error_text(&err), "'url'"));
    chaos_error_clear(&err);
    assert_int_equal(world->provider.check(NULL, list, &err), -CHAOS_E_INVALID);
    assert_non_null(strstr(chaos_error_text(&err), "must be a mapping, not a list"));
    chaos_error_clear(&err);
    assert_int_equal(world->provider.check(NULL, fine, &err), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const struct CMUnitTest single_tests[] = {
    TEST(headers_of_one_name_are_joined),
    TEST(a_head_of_json_has_an_empty_body),
    TEST(a_url_of_one_pattern_is_resolved),
    TEST(arguments_are_left_alone_without_anything_to_substitute),
    TEST(retries_reach_the_third_attempt),
    TEST(a_raised_cancel_stops_the_call),
    TEST(each_call_has_a_connection_of_its_own),
    TEST(calls_may_come_from_several_threads),
    TEST(check_refuses_what_the_reference_refuses),
};

#define N_TESTS                                                                                    \
    (ARRAY_SIZE(single_tests) + ARRAY_SIZE(body_cases) + ARRAY_SIZE(request_cases) +               \
     ARRAY_SIZE(failure_cases))

#define ADD_TABLE(table, check)                                                                    \
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)                                                 \
        tests[n++] = (struct CMUnitTest)                                                           \
        {                                                                                          \
            .name = (table)[i].claim, .test_func = (check),                                        \
            .initial_state = (void *)(uintptr_t) & (table)[i]                                      \
        }

int main(void)
{
    struct CMUnitTest tests[N_TESTS];
    size_t n = ARRAY_SIZE(single_tests);

    memcpy(tests, single_tests, sizeof(single_tests));
    ADD_TABLE(body_cases, check_body);
    ADD_TABLE(request_cases, check_request);
    ADD_TABLE(failure_cases, check_failure);
    return cmocka_run_group_tests_name("http provider", tests, NULL, NULL);
}
