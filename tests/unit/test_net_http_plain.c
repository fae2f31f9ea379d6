// SPDX-License-Identifier: Apache-2.0
#include "net/http_plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tests/support/http_server.h"

#define PLAIN (HTTP_RAW | HTTP_NO_REDIRECTS | HTTP_PATH_AS_IS)
#define IP    "http://127.0.0.1/"
#define OK    "HTTP/1.1 200 OK\r\n"

static struct http_rule rules[] = {
    { "/plain", OK "Content-Length: 5\r\n\r\nhello", 0, RULE_KEEP, 0 },
    { "/a%20b/../c", OK "Content-Length: 0\r\n\r\n", 0, RULE_KEEP, 0 },
    { "/chunked", OK "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 0, RULE_KEEP, 0 },
    { "/close", OK "Connection: close\r\nContent-Length: 1\r\n\r\nx", 0, RULE_CLOSE, 0 },
    { "/moved", "HTTP/1.1 301 No\r\nLocation: /plain\r\nContent-Length: 0\r\n\r\n", 0, RULE_KEEP,
      0 },
    { "/drop-one", OK "Content-Length: 1\r\n\r\ny", 0, RULE_KEEP, 1 },
    { "/drop", "", 0, RULE_CLOSE, 0 },
    { "/short", OK "Content-Length: 50\r\n\r\nhalf", 0, RULE_CLOSE, 0 },
    { "/silent", "", 0, RULE_HANG, 0 },
    { "/stuck", OK "Content-Length: 50\r\n\r\nhalf", 0, RULE_HANG, 0 },
    { "/mail", "220 mail ready\r\n", 0, RULE_CLOSE, 0 },
    { "/big", OK "Content-Length: 1001\r\n\r\n", 0, RULE_KEEP, 0 },
    { NULL, NULL, 0, RULE_KEEP, 0 },
};

struct world {
    struct http_server *server;
    struct http_plain plain;
    struct http_response response;
    struct chaos_error err;
    bool answered;
    enum http_failure failure;
    struct cancel cancel;
    char url[128];
};

static int set_up(void **state)
{
    struct world *world = mem_zero(1, sizeof(*world));

    world->server = http_server_start(rules);
    world->plain.fd = -1;
    assert_int_equal(cancel_init(&world->cancel, &world->err), 0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    http_response_clear(&world->response);
    chaos_error_clear(&world->err);
    http_plain_clear(&world->plain);
    http_server_stop(world->server);
    cancel_clear(&world->cancel);
    free(world);
    return 0;
}

static int ask(struct world *world, const char *path, struct http_request request)
{
    snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%d%s",
             http_server_port(world->server), path);
    request.url = world->url;
    if (!request.method)
        request.method = "GET";
    request.flags |= PLAIN;
    assert_true(http_plain_serves(&request));
    http_response_clear(&world->response);
    chaos_error_clear(&world->err);
    return http_plain_request(&world->plain, &request, &world->cancel, &world->response,
                              &world->answered, &world->failure, &world->err);
}

static void assert_body(struct world *world, const char *path, const char *body)
{
    assert_int_equal(ask(world, path, (struct http_request){ 0 }), 0);
    assert_string_equal(buffer_text(&world->response.body), body);
}

static void assert_last_has(struct world *world, const char *text)
{
    AUTO(str) char *last = http_server_last(world->server);

    if (!strstr(last, text))
        fail_msg("no \"%s\" in the request:\n%s", text, last);
}

static void a_connection_is_kept_for_the_next_request(void **state)
{
    struct world *world = *state;

    assert_body(world, "/plain", "hello");
    assert_true(world->response.connect_ns > 0);
    assert_body(world, "/chunked", "ab");
    assert_int_equal(world->response.connect_ns, 0);
    assert_body(world, "/plain", "hello");
    assert_int_equal(world->response.connect_ns, 0);
}

static void a_connection_that_ends_is_not_kept(void **state)
{
    struct world *world = *state;

    assert_body(world, "/close", "x");
    assert_int_equal(world->plain.fd, -1);
    assert_int_equal(ask(world, "/plain", (struct http_request){ .flags = HTTP_FRESH_CONNECTION }),
                     0);
    assert_int_equal(world->plain.fd, -1);
}

static void a_kept_connection_found_closed_is_replaced_once(void **state)
{
    struct world *world = *state;

    assert_body(world, "/plain", "hello");
    assert_body(world, "/drop-one", "y");
    assert_true(world->response.connect_ns > 0);
    assert_body(world, "/plain", "hello");
    assert_true(ask(world, "/drop", (struct http_request){ 0 }) < 0);
    assert_int_equal(world->failure, HTTP_FAILED_DROPPED);
}

static void requests_are_sent_as_they_are(void **state)
{
    struct world *world = *state;
    struct http_header headers[] = { { "Host", "other" }, { "X-A", "b c" }, { "User-Agent", "u" } };
    struct http_request request = {
        .method = "POST", .headers = headers, .n_headers = 3, .body = "a=b", .body_length = 3
    };

    assert_int_equal(ask(world, "/a%20b/../c?x=/../y", request), 0);
    assert_last_has(world, "POST /a%20b/../c?x=/../y HTTP/1.1\r\nHost: other\r\nX-A: b c\r\n"
                           "User-Agent: u\r\nContent-Length: 3\r\n\r\na=b");
    assert_int_equal(ask(world, "/plain", (struct http_request){ .method = "PUT" }), 0);
    assert_last_has(world, "Content-Length: 0\r\n");
    assert_last_has(world, "Host: 127.0.0.1:");
}

static void a_long_body_is_sent_whole(void **state)
{
    struct world *world = *state;
    size_t size = (size_t)1024 * 1024;
    AUTO(mem) char *body = mem_alloc(size + 1);
    AUTO(str) char *last = NULL;

    memset(body, 'b', size);
    body[size] = '\0';
    assert_int_equal(
        ask(world, "/plain",
            (struct http_request){ .method = "PUT", .body = body, .body_length = size }),
        0);
    last = http_server_last(world->server);
    assert_string_equal(strstr(last, "\r\n\r\n") + 4, body);
}

static void a_redirect_is_an_answer(void **state)
{
    struct world *world = *state;

    assert_int_equal(ask(world, "/moved", (struct http_request){ 0 }), 0);
    assert_int_equal(world->response.status, 301);
}

struct failure_case {
    const char *claim;
    const char *path;
    enum http_failure failure;
    int code;
    const char *text;
};

static const struct failure_case failure_cases[] = {
    { "a closed connection is dropped", "/drop", HTTP_FAILED_DROPPED, CHAOS_E_IO,
      "closed without an answer" },
    { "half a body is dropped", "/short", HTTP_FAILED_DROPPED, CHAOS_E_IO, "before the answer" },
    { "a silent server is timed out", "/silent", HTTP_FAILED_TIMEOUT, CHAOS_E_TIMEOUT, "in time" },
    { "a body that stops is timed out", "/stuck", HTTP_FAILED_TIMEOUT, CHAOS_E_TIMEOUT, "in time" },
    { "a greeting of mail is no answer", "/mail", HTTP_FAILED_OTHER, CHAOS_E_REMOTE, "HTTP" },
    { "a body above the limit is refused", "/big", HTTP_FAILED_LIMIT, CHAOS_E_LIMIT, "1000 bytes" },
};

static void check_failure(void **state)
{
    const struct failure_case *c = *state;
    struct http_request request = { .read_timeout_ms = 100, .body_limit = 1000 };
    struct world *world;

    set_up(state);
    world = *state;
    assert_int_equal(ask(world, c->path, request), -c->code);
    assert_int_equal(world->failure, c->failure);
    assert_non_null(strstr(chaos_error_text(&world->err), c->text));
    assert_non_null(strstr(chaos_error_text(&world->err), "127.0.0.1:"));
    assert_int_equal(world->plain.fd, -1);
    tear_down(state);
}

static void nobody_listening_is_a_failed_connection(void **state)
{
    struct world *world = *state;
    struct http_request request = { .method = "GET", .url = "http://127.0.0.1:1/", .flags = PLAIN };

    assert_true(http_plain_request(&world->plain, &request, &world->cancel, &world->response,
                                   &world->answered, &world->failure, &world->err) < 0);
    assert_false(world->answered);
    assert_int_equal(world->failure, HTTP_FAILED_CONNECT);
    assert_non_null(strstr(chaos_error_text(&world->err), "connection to 127.0.0.1:1 failed"));
}

static void a_deadline_and_a_stop_end_the_wait(void **state)
{
    struct world *world = *state;
    struct http_request request = { .deadline = clock_now() + 50 * CLOCK_NS_PER_MS };

    assert_int_equal(ask(world, "/silent", request), -CHAOS_E_TIMEOUT);
    cancel_raise(&world->cancel, 1);
    assert_int_equal(ask(world, "/silent", (struct http_request){ 0 }), -CHAOS_E_CANCELLED);
    assert_int_equal(world->failure, HTTP_FAILED_CANCELLED);
}

struct serves_case {
    const char *claim;
    struct http_request request;
    const char *proxy;
    const char *spared;
    bool serves;
};

static const struct serves_case serves_cases[] = {
    { "a plain address is served", { .url = "http://h:80/x?y", .flags = PLAIN }, NULL, NULL, true },
    { "an IPv6 address is served", { .url = "HTTP://[::1]:80", .flags = PLAIN }, NULL, NULL, true },
    { "TLS is not", { .url = "https://h/", .flags = PLAIN }, NULL, NULL, false },
    { "a user is not", { .url = "http://u@h/", .flags = PLAIN }, NULL, NULL, false },
    { "a port that is none is not", { .url = "http://h:x/", .flags = PLAIN }, NULL, NULL, false },
    { "port 0 is not", { .url = "http://h:0/", .flags = PLAIN }, NULL, NULL, false },
    { "no host is not", { .url = "http:///x", .flags = PLAIN }, NULL, NULL, false },
    { "a zone is not", { .url = "http://[fe80::1%25x]/", .flags = PLAIN }, NULL, NULL, false },
    { "a request that may be sent on is", { .method = "GET", .url = IP }, NULL, NULL, true },
    { "one with a body is not",
      { .method = "GET", .url = IP, .body = "x", .body_length = 1 },
      NULL,
      NULL,
      false },
    { "one that may not be repeated is not", { .method = "POST", .url = IP }, NULL, NULL, false },
    { "steps in a path that is tidied are not",
      { .method = "GET", .url = IP "a/../b" },
      NULL,
      NULL,
      false },
    { "hidden steps are not", { .method = "GET", .url = IP "a/%2E/b" }, NULL, NULL, false },
    { "points in a query are", { .method = "GET", .url = IP "a?b=/../c" }, NULL, NULL, true },
    { "a name with several addresses may not be",
      { .method = "GET", .url = "http://h/" },
      NULL,
      NULL,
      false },
    { "a sink is", { .url = "http://h/", .flags = PLAIN, .sink_fd = 1 }, NULL, NULL, true },
    { "a proxy is not", { .url = "http://h/", .flags = PLAIN }, "http://p", NULL, false },
    { "a proxy that is not wanted is",
      { .url = "http://h/", .flags = PLAIN | HTTP_NO_PROXY },
      "http://p",
      NULL,
      true },
    { "a host spared the proxy is",
      { .url = "http://h/", .flags = PLAIN },
      "http://p",
      "a, h,b",
      true },
    { "a host like it is not",
      { .url = "http://hh/", .flags = PLAIN },
      "http://p",
      "a, h,b",
      false },
};

static void set_or_unset(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void check_serves(void **state)
{
    static const char *const others[] = { "HTTP_PROXY", "ALL_PROXY", "all_proxy", "NO_PROXY" };
    const struct serves_case *c = *state;

    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        unsetenv(others[i]);
    set_or_unset("http_proxy", c->proxy);
    set_or_unset("no_proxy", c->spared);
    assert_int_equal(http_plain_serves(&c->request), c->serves);
}

static void libcurl_is_opened_only_when_it_is_needed(void **state)
{
    struct world *world = *state;
    AUTO(http_client) struct http_client *client = http_client_new();
    AUTO(http_response) struct http_response response = { 0 };
    struct http_request request = { .method = "GET", .url = world->url, .flags = PLAIN };

    snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%d/plain",
             http_server_port(world->server));
    assert_int_equal(http_request(client, &request, NULL, &response, &world->failure, &world->err),
                     0);
    assert_string_equal(buffer_text(&response.body), "hello");
    assert_string_equal(response.url, world->url);
    request.flags = 0;
    http_response_clear(&response);
    assert_int_equal(http_request(client, &request, NULL, &response, &world->failure, &world->err),
                     0);
    assert_string_equal(buffer_text(&response.body), "hello");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    struct CMUnitTest tests[ARRAY_SIZE(failure_cases) + ARRAY_SIZE(serves_cases) + 9] = {
        TEST(a_connection_is_kept_for_the_next_request),
        TEST(a_connection_that_ends_is_not_kept),
        TEST(a_kept_connection_found_closed_is_replaced_once),
        TEST(requests_are_sent_as_they_are),
        TEST(a_long_body_is_sent_whole),
        TEST(a_redirect_is_an_answer),
        TEST(nobody_listening_is_a_failed_connection),
        TEST(a_deadline_and_a_stop_end_the_wait),
        TEST(libcurl_is_opened_only_when_it_is_needed),
    };
    size_t count = 9;

    for (size_t i = 0; i < ARRAY_SIZE(failure_cases); i++)
        tests[count++] = (struct CMUnitTest){
            .name = failure_cases[i].claim,
            .test_func = check_failure,
            .initial_state = (void *)(uintptr_t)&failure_cases[i],
        };
    for (size_t i = 0; i < ARRAY_SIZE(serves_cases); i++)
        tests[count++] = (struct CMUnitTest){
            .name = serves_cases[i].claim,
            .test_func = check_serves,
            .initial_state = (void *)(uintptr_t)&serves_cases[i],
        };
    return cmocka_run_group_tests_name("HTTP without libcurl", tests, NULL, NULL);
}
