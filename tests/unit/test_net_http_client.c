// SPDX-License-Identifier: Apache-2.0
#include "net/http_client.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tests/support/http_server.h"

#define OK(headers, body) "HTTP/1.1 200 OK\r\n" headers "\r\n" body

/* "squeezed", by gzip. */
#define GZIPPED                                                                                    \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x2b\x2e\x2c\x4d\x4d\xad\x4a\x4d\x01\x00\xde\x26\x14\x00\x08\x00\x00\x00"
static const char gzip_answer[] =
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 28\r\n\r\n" GZIPPED;
static const char deflate_answer[] =
    "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 16\r\n\r\n"
    "\x78\xda\x2b\x2e\x2c\x4d\x4d\xad\x4a\x4d\x01\x00\x0f\x9e\x03\x67";
static const char raw_deflate_answer[] =
    "HTTP/1.1 200 OK\r\nContent-Encoding: Deflate\r\nContent-Length: 10\r\n\r\n"
    "\x2b\x2e\x2c\x4d\x4d\xad\x4a\x4d\x01\x00";

/* An address of numbers is asked without libcurl, a name with it: each claim is tried with both. */
static const char *host;
static char *big_answer;
static char away[128];

static struct http_rule rules[] = {
    { "/plain", OK("Content-Length: 5\r\nX-One:  padded \r\n", "hello"), 0, RULE_KEEP, 0 },
    { "/missing", "HTTP/1.1 404 Not Here\r\nContent-Length: 0\r\n\r\n", 0, RULE_KEEP, 0 },
    { "/chunked",
      OK("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2\r\nde\r\n0\r\nX-End: 1\r\n\r\n"), 0,
      RULE_KEEP, 0 },
    { "/gzip", gzip_answer, sizeof(gzip_answer) - 1, RULE_KEEP, 0 },
    { "/deflate", deflate_answer, sizeof(deflate_answer) - 1, RULE_KEEP, 0 },
    { "/raw-deflate", raw_deflate_answer, sizeof(raw_deflate_answer) - 1, RULE_KEEP, 0 },
    { "/identity", OK("Content-Encoding: identity\r\nContent-Length: 5\r\n", "plain"), 0, RULE_KEEP,
      0 },
    { "/empty-gzip", OK("Content-Encoding: gzip\r\nContent-Length: 0\r\n", ""), 0, RULE_KEEP, 0 },
    { "/until-close", OK("", "all of it"), 0, RULE_CLOSE, 0 },
    { "/continue", "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n" OK("Content-Length: 0\r\n", ""), 0,
      RULE_KEEP, 0 },
    { "/short", OK("Content-Length: 50\r\n", "half"), 0, RULE_CLOSE, 0 },
    { "/silent", "", 0, RULE_HANG, 0 },
    { "/stuck", OK("Content-Length: 50\r\n", "half"), 0, RULE_HANG, 0 },
    { "/drop", "", 0, RULE_CLOSE, 0 },
    { "/third", OK("Content-Length: 5\r\n", "third"), 0, RULE_KEEP, 2 },
    { "/301", "HTTP/1.1 301 Moved\r\nLocation: /plain\r\nContent-Length: 3\r\n\r\nold", 0,
      RULE_KEEP, 0 },
    { "/302", "HTTP/1.1 302 Found\r\nLocation: plain\r\nContent-Length: 0\r\n\r\n", 0, RULE_KEEP,
      0 },
    { "/307", "HTTP/1.1 307 Stay\r\nLocation: /plain\r\nContent-Length: 0\r\n\r\n", 0, RULE_KEEP,
      0 },
    { "/304", "HTTP/1.1 304 Not Modified\r\nLocation: /plain\r\n\r\n", 0, RULE_KEEP, 0 },
    { "/nowhere", "HTTP/1.1 302 Found\r\nLocation:\r\nContent-Length: 4\r\n\r\nstay", 0, RULE_KEEP,
      0 },
    { "/round", "HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n", 0, RULE_KEEP,
      0 },
    { "/file", "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", 0,
      RULE_KEEP, 0 },
    { "/cookie",
      "HTTP/1.1 302 Found\r\nLocation: /plain\r\nSet-Cookie: k=v\r\nContent-Length: 0\r\n\r\n", 0,
      RULE_KEEP, 0 },
    { "/away", away, 0, RULE_KEEP, 0 },
    { "/big", NULL, 0, RULE_KEEP, 0 },
    { "/not-http", "220 mail ready\r\n", 0, RULE_CLOSE, 0 },
    { "/torn", OK("no colon here\r\nContent-Length: 0\r\n", ""), 0, RULE_CLOSE, 0 },
    { "/bad-gzip", OK("Content-Encoding: gzip\r\nContent-Length: 5\r\n", "plain"), 0, RULE_KEEP,
      0 },
    { "/odd-coding", OK("Content-Encoding: UTF-8\r\nContent-Length: 5\r\n", "plain"), 0, RULE_KEEP,
      0 },
    { "/later", "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", 0, RULE_KEEP,
      0 },
    { "/much-later", "HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n", 0,
      RULE_KEEP, 0 },
    { NULL, NULL, 0, RULE_KEEP, 0 },
};

/* What one test has. */
struct world {
    struct http_server *server;
    struct http_client *client;
    struct http_response response;
    struct chaos_error err;
    enum http_failure failure;
    char url[128];
};

static int set_up(void **state)
{
    struct world *world = mem_zero(1, sizeof(*world));

    world->server = http_server_start(rules);
    world->client = http_client_new();
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    http_response_clear(&world->response);
    chaos_error_clear(&world->err);
    http_client_free(world->client);
    http_server_stop(world->server);
    free(world);
    return 0;
}

/* Make `request` for `path`; its method is GET unless set. */
static int ask(struct world *world, const char *path, struct http_request request,
               const struct cancel *cancel)
{
    snprintf(world->url, sizeof(world->url), "http://%s:%d%s", host,
             http_server_port(world->server), path);
    if (!request.url)
        request.url = world->url;
    if (!request.method)
        request.method = "GET";
    http_response_clear(&world->response);
    chaos_error_clear(&world->err);
    return http_request(world->client, &request, cancel, &world->response, &world->failure,
                        &world->err);
}

static int get(struct world *world, const char *path)
{
    return ask(world, path, (struct http_request){ 0 }, NULL);
}

static void assert_last_has(struct world *world, const char *text)
{
    AUTO(str) char *last = http_server_last(world->server);

    if (!strstr(last, text))
        fail_msg("no \"%s\" in the request:\n%s", text, last);
}

static void assert_last_lacks(struct world *world, const char *text)
{
    AUTO(str) char *last = http_server_last(world->server);

    if (strcasestr(last, text))
        fail_msg("\"%s\" in the request:\n%s", text, last);
}

struct answer_case {
    const char *claim;
    const char *path;
    long status;
    const char *body;
};

static const struct answer_case answer_cases[] = {
    { "a body of known length is read", "/plain", 200, "hello" },
    { "a 404 is an answer", "/missing", 404, "" },
    { "chunks are joined", "/chunked", 200, "abcde" },
    { "a gzip body is unpacked", "/gzip", 200, "squeezed" },
    { "a deflate body is unpacked", "/deflate", 200, "squeezed" },
    { "one without its frame, too", "/raw-deflate", 200, "squeezed" },
    { "a coding that changes nothing is none", "/identity", 200, "plain" },
    { "nothing may be coded", "/empty-gzip", 200, "" },
    { "a coding nobody knows is left alone", "/odd-coding", 200, "plain" },
    { "a body may end with the connection", "/until-close", 200, "all of it" },
    { "an interim answer is passed over", "/continue", 200, "" },
    { "a 301 is followed", "/301", 200, "hello" },
    { "a relative redirect is followed", "/302", 200, "hello" },
    { "a redirect to nowhere is an answer", "/nowhere", 302, "stay" },
    { "a 304 with a location is not followed", "/304", 304, "" },
};

static void check_answer(void **state)
{
    const struct answer_case *c = *state;

    assert_int_equal(set_up(state), 0);
    assert_int_equal(get(*state, c->path), 0);
    assert_int_equal(((struct world *)*state)->response.status, c->status);
    assert_string_equal(buffer_text(&((struct world *)*state)->response.body), c->body);
    tear_down(state);
}

struct failure_case {
    const char *claim;
    const char *path;
    enum http_failure failure;
    int code;
    const char *text; /* in the error */
};

static const struct failure_case failure_cases[] = {
    { "a closed connection is dropped", "/drop", HTTP_FAILED_DROPPED, CHAOS_E_IO,
      "closed without an answer" },
    { "half a body is dropped", "/short", HTTP_FAILED_DROPPED, CHAOS_E_IO, "before the answer" },
    { "a silent server is timed out", "/silent", HTTP_FAILED_TIMEOUT, CHAOS_E_TIMEOUT, "in time" },
    { "a body that stops is timed out", "/stuck", HTTP_FAILED_TIMEOUT, CHAOS_E_TIMEOUT, "in time" },
    { "a circle of redirects ends", "/round", HTTP_FAILED_LIMIT, CHAOS_E_LIMIT, "30 redirects" },
    { "a redirect to a file is refused", "/file", HTTP_FAILED_URL, CHAOS_E_INVALID, "http://" },
    { "a greeting of mail is no answer", "/not-http", HTTP_FAILED_OTHER, CHAOS_E_REMOTE, "HTTP" },
    { "a field without colon is no answer", "/torn", HTTP_FAILED_OTHER, CHAOS_E_REMOTE, "HTTP" },
    { "text announced as gzip is refused", "/bad-gzip", HTTP_FAILED_OTHER, CHAOS_E_REMOTE, "" },
    { "a body above the limit is refused", "/big", HTTP_FAILED_LIMIT, CHAOS_E_LIMIT, "1000 bytes" },
};

static void check_failure(void **state)
{
    const struct failure_case *c = *state;
    struct http_request request = { .read_timeout_ms = 100, .body_limit = 1000 };
    struct world *world;
    char origin[64];

    set_up(state);
    world = *state;
    assert_int_equal(ask(world, c->path, request, NULL), -c->code);
    assert_int_equal(world->failure, c->failure);
    assert_non_null(strstr(chaos_error_text(&world->err), c->text));
    snprintf(origin, sizeof(origin), "%s:%d", host, http_server_port(world->server));
    if (c->failure != HTTP_FAILED_URL)
        assert_non_null(strstr(chaos_error_text(&world->err), origin));
    assert_int_equal(world->response.n_headers, 0);
    tear_down(state);
}

struct url_case {
    const char *claim;
    const char *url;
};

static const struct url_case url_cases[] = {
    { "a URL without a scheme is refused", "harbour.example/json" },
    { "a URL of another scheme is refused", "ftp://127.0.0.1/x" },
    { "a URL without a host is refused", "http:///path" },
    { "a URL with a port that is none is refused", "http://127.0.0.1:x/" },
    { "an empty URL is refused", "" },
    { "a URL of another script is refused", "http://h\xc3\xb6.invalid/" },
    { "a URL of controls is refused", "http://\x01\x02/" },
};

static void check_url(void **state)
{
    const struct url_case *c = *state;
    struct world *world;

    set_up(state);
    world = *state;
    assert_int_equal(ask(world, "", (struct http_request){ .url = c->url }, NULL),
                     -CHAOS_E_INVALID);
    assert_int_equal(world->failure, HTTP_FAILED_URL);
    tear_down(state);
}

static void header_values_are_trimmed_and_found_in_any_case(void **state)
{
    struct world *world = *state;

    assert_int_equal(get(world, "/plain"), 0);
    assert_string_equal(http_header_find(&world->response, "x-one"), "padded");
    assert_string_equal(world->response.reason, "OK");
}

static void trailer_fields_are_no_headers(void **state)
{
    struct world *world = *state;

    assert_int_equal(get(world, "/chunked"), 0);
    assert_null(http_header_find(&world->response, "X-End"));
}

static void default_headers_can_be_replaced_and_removed(void **state)
{
    static const struct http_header headers[] = { { "accept", "text/x-log" },
                                                  { "User-Agent", NULL },
                                                  { "X-Empty", "" } };
    struct world *world = *state;

    assert_int_equal(get(world, "/plain"), 0);
    assert_last_has(world, "Accept: */*\r\n");
    assert_last_has(world, "Accept-Encoding: gzip, deflate\r\n");
    assert_last_has(world, "User-Agent: fracas/");
    assert_last_has(world, "Connection: keep-alive\r\n");
    assert_int_equal(
        ask(world, "/plain", (struct http_request){ .headers = headers, .n_headers = 3 }, NULL), 0);
    assert_last_has(world, "accept: text/x-log\r\n");
    assert_last_has(world, "X-Empty:\r\n");
    assert_last_lacks(world, "*/*");
    assert_last_lacks(world, "User-Agent");
}

static void nothing_of_a_request_is_left_in_the_next_one(void **state)
{
    static const struct http_header header = { "X-Mine", "1" };
    struct world *world = *state;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(get(world, "/plain"), 0);
        assert_int_equal(get(world, "/plain"), 0); /* made with what the one before set up */
        assert_last_has(world, "GET /plain HTTP/1.1\r\n");
        assert_last_has(world, "Accept-Encoding: gzip, deflate\r\n");
        assert_last_lacks(world, "X-Mine");
        assert_int_equal(ask(world, "/missing",
                             (struct http_request){ .headers = &header, .n_headers = 1 }, NULL),
                         0);
        assert_last_has(world, "X-Mine: 1\r\n");
        assert_int_equal(
            ask(world, "/plain",
                (struct http_request){ .method = "POST", .body = "sent", .body_length = 4 }, NULL),
            0);
        assert_last_has(world, "\r\n\r\nsent");
        assert_int_equal(ask(world, "/gzip", (struct http_request){ .flags = HTTP_RAW }, NULL), 0);
        assert_last_lacks(world, "Accept-Encoding");
        assert_last_lacks(world, "sent");
        assert_int_equal(world->response.body.length, 28);
    }
}

static void a_coding_nobody_knows_is_no_matter_for_the_next_answer(void **state)
{
    struct world *world = *state;

    assert_int_equal(get(world, "/odd-coding"), 0);
    assert_int_equal(get(world, "/gzip"), 0);
    assert_string_equal(buffer_text(&world->response.body), "squeezed");
}

static void a_failed_request_is_no_matter_for_the_next_one(void **state)
{
    struct world *world = *state;

    assert_true(get(world, "/torn") < 0);
    assert_int_equal(get(world, "/plain"), 0);
    assert_string_equal(buffer_text(&world->response.body), "hello");
}

static void a_password_in_an_address_is_for_that_request_only(void **state)
{
    struct world *world = *state;
    char url[128];

    snprintf(url, sizeof(url), "http://me:mine@127.0.0.1:%d/plain",
             http_server_port(world->server));
    assert_int_equal(get(world, "/plain"), 0);
    assert_int_equal(ask(world, "", (struct http_request){ .url = url }, NULL), 0);
    assert_last_has(world, "Authorization: Basic");
    assert_int_equal(get(world, "/plain"), 0);
    assert_last_lacks(world, "Authorization");
}

static void a_header_with_a_line_end_is_refused(void **state)
{
    static const struct http_header header = { "X-Evil", "a\r\nX-More: b" };
    struct world *world = *state;

    assert_int_equal(
        ask(world, "/plain", (struct http_request){ .headers = &header, .n_headers = 1 }, NULL),
        -CHAOS_E_INVALID);
    assert_int_equal(http_server_count(world->server), 0);
}

static void a_post_turns_into_a_get_without_body_on_302(void **state)
{
    struct world *world = *state;
    struct http_request post = { .method = "POST", .body = "a=1", .body_length = 3 };

    assert_int_equal(ask(world, "/302", post, NULL), 0);
    assert_last_has(world, "GET /plain ");
    assert_last_lacks(world, "a=1");
    assert_last_lacks(world, "Content-Length");
}

static void a_put_stays_a_put_on_301_and_loses_its_body(void **state)
{
    struct world *world = *state;
    struct http_request put = { .method = "PUT", .body = "a=1", .body_length = 3 };

    assert_int_equal(ask(world, "/301", put, NULL), 0);
    assert_last_has(world, "PUT /plain ");
    assert_last_has(world, "Content-Length: 0\r\n");
}

static void a_post_is_sent_again_whole_on_307(void **state)
{
    struct world *world = *state;
    struct http_request post = { .method = "POST", .body = "a=1", .body_length = 3 };

    assert_int_equal(ask(world, "/307", post, NULL), 0);
    assert_last_has(world, "POST /plain ");
    assert_last_has(world, "\r\n\r\na=1");
}

static void a_body_without_a_content_type_gets_none(void **state)
{
    struct world *world = *state;
    struct http_request post = { .method = "POST", .body = "a=1", .body_length = 3 };

    assert_int_equal(ask(world, "/plain", post, NULL), 0);
    assert_last_lacks(world, "Content-Type");
    assert_last_lacks(world, "Expect");
}

static void head_has_no_body(void **state)
{
    struct world *world = *state;

    assert_int_equal(ask(world, "/missing", (struct http_request){ .method = "HEAD" }, NULL), 0);
    assert_last_has(world, "HEAD /missing ");
    assert_int_equal(world->response.body.length, 0);
}

static void authorization_stays_with_its_host(void **state)
{
    static const struct http_header header = { "Authorization", "Bearer abc" };
    struct http_request request = { .headers = &header, .n_headers = 1 };
    const char *other = strcmp(host, "localhost") == 0 ? "127.0.0.1" : "localhost";
    struct world *world = *state;

    assert_int_equal(ask(world, "/301", request, NULL), 0);
    assert_last_has(world, "Authorization: Bearer abc");
    snprintf(away, sizeof(away),
             "HTTP/1.1 302 Found\r\nLocation: http://%s:%d/plain\r\n"
             "Content-Length: 0\r\n\r\n",
             other, http_server_port(world->server));
    assert_int_equal(ask(world, "/away", request, NULL), 0);
    assert_last_has(world, other);
    assert_last_lacks(world, "Bearer");
}

static void cookies_last_for_one_request(void **state)
{
    struct world *world = *state;

    assert_int_equal(get(world, "/cookie"), 0);
    assert_last_has(world, "Cookie: k=v\r\n");
    assert_int_equal(get(world, "/plain"), 0);
    assert_last_lacks(world, "Cookie");
}

static void a_redirect_is_returned_when_asked_for(void **state)
{
    struct world *world = *state;

    assert_int_equal(ask(world, "/301", (struct http_request){ .flags = HTTP_NO_REDIRECTS }, NULL),
                     0);
    assert_int_equal(world->response.status, 301);
    assert_string_equal(buffer_text(&world->response.body), "old");
}

static void a_dropped_get_is_retried(void **state)
{
    struct world *world = *state;

    for (struct http_rule *rule = rules; rule->path; rule++)
        rule->drop_first = strcmp(rule->path, "/third") == 0 ? 2 : 0;
    assert_int_equal(ask(world, "/third", (struct http_request){ .max_retries = 1 }, NULL),
                     -CHAOS_E_IO);
    assert_int_equal(http_server_count(world->server), 2);
    assert_int_equal(ask(world, "/third", (struct http_request){ .max_retries = 1 }, NULL), 0);
}

static void a_dropped_post_is_not_retried(void **state)
{
    struct world *world = *state;
    struct http_request post = { .method = "POST", .max_retries = 5 };

    assert_int_equal(ask(world, "/drop", post, NULL), -CHAOS_E_IO);
    assert_int_equal(http_server_count(world->server), 1);
}

static void a_busy_answer_is_asked_again_after_its_time(void **state)
{
    struct world *world = *state;

    assert_int_equal(ask(world, "/later", (struct http_request){ .max_retries = 2 }, NULL), 0);
    assert_int_equal(world->response.status, 503);
    assert_int_equal(http_server_count(world->server), 3);
}

static void the_deadline_ends_a_long_retry_after(void **state)
{
    struct world *world = *state;
    struct http_request request = { .max_retries = 2, .deadline = clock_deadline(0.05) };

    assert_int_equal(ask(world, "/much-later", request, NULL), -CHAOS_E_TIMEOUT);
    assert_int_equal(world->failure, HTTP_FAILED_TIMEOUT);
}

static void the_deadline_ends_a_silence(void **state)
{
    struct world *world = *state;
    struct http_request request = { .deadline = clock_deadline(0.05) };

    assert_int_equal(ask(world, "/silent", request, NULL), -CHAOS_E_TIMEOUT);
    assert_int_equal(world->failure, HTTP_FAILED_TIMEOUT);
}

static void a_refused_connection_says_so_with_its_port(void **state)
{
    struct world *world = *state;

    assert_int_equal(ask(world, "", (struct http_request){ .url = "http://127.0.0.1:1/" }, NULL),
                     -CHAOS_E_IO);
    assert_int_equal(world->failure, HTTP_FAILED_CONNECT);
    assert_non_null(strstr(chaos_error_text(&world->err), "127.0.0.1:1"));
    assert_non_null(strstr(chaos_error_text(&world->err), "Connection refused"));
}

static void *raise_when_asked(void *arg)
{
    struct world *world = ((void **)arg)[0];

    while (!http_server_count(world->server))
        sched_yield();
    cancel_raise(((void **)arg)[1], 1);
    return NULL;
}

static void a_wait_ends_when_cancelled(void **state)
{
    struct world *world = *state;
    struct cancel cancel;
    void *shared[] = { world, &cancel };
    pthread_t thread;

    assert_int_equal(cancel_init(&cancel, &world->err), 0);
    pthread_create(&thread, NULL, raise_when_asked, shared);
    assert_int_equal(ask(world, "/silent", (struct http_request){ 0 }, &cancel),
                     -CHAOS_E_CANCELLED);
    assert_int_equal(world->failure, HTTP_FAILED_CANCELLED);
    pthread_join(thread, NULL);
    cancel_clear(&cancel);
    assert_int_equal(get(world, "/plain"), 0); /* the client is usable after */
}

static void a_connection_is_reused_unless_told_not_to(void **state)
{
    struct world *world = *state;

    assert_int_equal(get(world, "/plain"), 0);
    assert_true(world->response.connect_ns > 0);
    assert_int_equal(get(world, "/plain"), 0);
    assert_int_equal(world->response.connect_ns, 0);
    assert_int_equal(
        ask(world, "/plain", (struct http_request){ .flags = HTTP_FRESH_CONNECTION }, NULL), 0);
    assert_true(world->response.connect_ns > 0);
    assert_true(world->response.total_ns >= world->response.first_byte_ns);
}

static void a_big_body_arrives_whole(void **state)
{
    struct world *world = *state;

    assert_int_equal(get(world, "/big"), 0);
    assert_int_equal(world->response.body.length, 4 * 1024 * 1024);
}

static void a_big_body_goes_to_the_sink(void **state)
{
    struct world *world = *state;
    AUTO(file) FILE *file = tmpfile();

    assert_int_equal(ask(world, "/big", (struct http_request){ .sink_fd = fileno(file) }, NULL), 0);
    assert_int_equal(world->response.body.length, 0);
    assert_int_equal(lseek(fileno(file), 0, SEEK_END), 4 * 1024 * 1024);
}

static void a_blank_in_the_path_is_escaped(void **state)
{
    struct world *world = *state;

    assert_int_equal(get(world, "/a b?q=caf\xc3\xa9"), 0);
    assert_last_has(world, "GET /a%20b?q=caf%C3%A9 ");
}

static void dots_in_the_path_stay_when_asked_for(void **state)
{
    struct world *world = *state;

    assert_int_equal(get(world, "/x/../plain"), 0);
    assert_last_has(world, "GET /plain ");
    assert_int_equal(
        ask(world, "/x/../plain", (struct http_request){ .flags = HTTP_PATH_AS_IS }, NULL), 0);
    assert_last_has(world, "GET /x/../plain ");
}

static void credentials_of_the_url_are_sent(void **state)
{
    struct world *world = *state;
    AUTO(str)
    char *url =
        mem_printf("http://ana:pil%%6ft@127.0.0.1:%d/plain", http_server_port(world->server));

    assert_int_equal(ask(world, "", (struct http_request){ .url = url }, NULL), 0);
    assert_last_has(world, "Authorization: Basic YW5hOnBpbG90\r\n");
}

static void a_password_is_kept_out_of_errors(void **state)
{
    struct world *world = *state;

    assert_int_equal(ask(world, "", (struct http_request){ .url = "http://ana:pilot@:x/" }, NULL),
                     -CHAOS_E_INVALID);
    assert_non_null(strstr(chaos_error_text(&world->err), "ana:***@"));
    assert_null(strstr(chaos_error_text(&world->err), "pilot"));
}

static void a_netrc_gives_credentials_unless_the_request_has_some(void **state)
{
    static const struct http_header header = { "Authorization", "Bearer abc" };
    struct http_request request = { .headers = &header, .n_headers = 1 };
    struct world *world = *state;
    char path[] = "/tmp/fracas-netrc-XXXXXX";
    AUTO(fd) int fd = mkstemp(path);

    assert_true(fd >= 0);
    dprintf(fd, "machine %s login ana password pilot\n", host);
    setenv("NETRC", path, 1);
    http_client_free(STEAL(world->client));
    world->client = http_client_new();
    unsetenv("NETRC");
    assert_int_equal(get(world, "/plain"), 0);
    assert_last_has(world, "Authorization: Basic YW5hOnBpbG90\r\n");
    assert_int_equal(ask(world, "/plain", request, NULL), 0);
    assert_last_has(world, "Authorization: Bearer abc\r\n");
    assert_last_lacks(world, "Basic");
    unlink(path);
}

static void a_proxy_of_the_environment_is_asked_unless_told_not_to(void **state)
{
    struct world *world = *state;
    AUTO(str) char *proxy = mem_printf("http://127.0.0.1:%d", http_server_port(world->server));
    AUTO(str) char *before = mem_strdup(getenv("http_proxy"));
    struct http_request request = { .url = "http://harbour.invalid/plain" };

    setenv("http_proxy", proxy, 1);
    assert_int_equal(ask(world, "", request, NULL), 0);
    assert_last_has(world, "GET http://harbour.invalid/plain ");
    unsetenv("http_proxy");
    setenv("HTTP_PROXY", proxy, 1);
    assert_int_equal(ask(world, "", request, NULL), 0);
    assert_int_equal(http_server_count(world->server), 2);
    setenv("no_proxy", "127.0.0.1,localhost,harbour.invalid", 1);
    assert_int_equal(ask(world, "", request, NULL), -CHAOS_E_IO);
    setenv("no_proxy", "127.0.0.1,localhost", 1);
    request.flags = HTTP_NO_PROXY;
    assert_int_equal(ask(world, "", request, NULL), -CHAOS_E_IO);
    assert_int_equal(world->failure, HTTP_FAILED_CONNECT);
    assert_int_equal(http_server_count(world->server), 2);
    unsetenv("HTTP_PROXY");
    if (before)
        setenv("http_proxy", before, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const struct CMUnitTest single_tests[] = {
    TEST(header_values_are_trimmed_and_found_in_any_case),
    TEST(trailer_fields_are_no_headers),
    TEST(default_headers_can_be_replaced_and_removed),
    TEST(nothing_of_a_request_is_left_in_the_next_one),
    TEST(a_coding_nobody_knows_is_no_matter_for_the_next_answer),
    TEST(a_failed_request_is_no_matter_for_the_next_one),
    TEST(a_password_in_an_address_is_for_that_request_only),
    TEST(a_header_with_a_line_end_is_refused),
    TEST(a_post_turns_into_a_get_without_body_on_302),
    TEST(a_put_stays_a_put_on_301_and_loses_its_body),
    TEST(a_post_is_sent_again_whole_on_307),
    TEST(a_body_without_a_content_type_gets_none),
    TEST(head_has_no_body),
    TEST(authorization_stays_with_its_host),
    TEST(cookies_last_for_one_request),
    TEST(a_redirect_is_returned_when_asked_for),
    TEST(a_dropped_get_is_retried),
    TEST(a_dropped_post_is_not_retried),
    TEST(a_busy_answer_is_asked_again_after_its_time),
    TEST(the_deadline_ends_a_long_retry_after),
    TEST(the_deadline_ends_a_silence),
    TEST(a_refused_connection_says_so_with_its_port),
    TEST(a_wait_ends_when_cancelled),
    TEST(a_connection_is_reused_unless_told_not_to),
    TEST(a_big_body_arrives_whole),
    TEST(a_big_body_goes_to_the_sink),
    TEST(a_blank_in_the_path_is_escaped),
    TEST(dots_in_the_path_stay_when_asked_for),
    TEST(credentials_of_the_url_are_sent),
    TEST(a_password_is_kept_out_of_errors),
    TEST(a_netrc_gives_credentials_unless_the_request_has_some),
    TEST(a_proxy_of_the_environment_is_asked_unless_told_not_to),
};

#define N_TESTS                                                                                    \
    (ARRAY_SIZE(single_tests) + ARRAY_SIZE(answer_cases) + ARRAY_SIZE(failure_cases) +             \
     ARRAY_SIZE(url_cases))

static char *make_big_answer(void)
{
    AUTO(buffer) struct buffer answer = { 0 };
    size_t size = (size_t)4 * 1024 * 1024;

    buffer_printf(&answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
    memset(buffer_reserve(&answer, size), 'x', size);
    answer.length += size;
    answer.data[answer.length] = '\0';
    return buffer_take(&answer);
}

int main(void)
{
    struct CMUnitTest tests[N_TESTS];
    size_t n = ARRAY_SIZE(single_tests);
    int failed;

    big_answer = make_big_answer();
    for (struct http_rule *rule = rules; rule->path; rule++)
        if (!rule->answer)
            rule->answer = big_answer;
    memcpy(tests, single_tests, sizeof(single_tests));
    for (size_t i = 0; i < ARRAY_SIZE(answer_cases); i++)
        tests[n++] = (struct CMUnitTest){ .name = answer_cases[i].claim,
                                          .test_func = check_answer,
                                          .initial_state = (void *)(uintptr_t)&answer_cases[i] };
    for (size_t i = 0; i < ARRAY_SIZE(failure_cases); i++)
        tests[n++] = (struct CMUnitTest){ .name = failure_cases[i].claim,
                                          .test_func = check_failure,
                                          .initial_state = (void *)(uintptr_t)&failure_cases[i] };
    for (size_t i = 0; i < ARRAY_SIZE(url_cases); i++)
        tests[n++] = (struct CMUnitTest){ .name = url_cases[i].claim,
                                          .test_func = check_url,
                                          .initial_state = (void *)(uintptr_t)&url_cases[i] };
    host = "127.0.0.1";
    failed = cmocka_run_group_tests_name("http client, without libcurl", tests, NULL, NULL);
    host = "localhost";
    failed += cmocka_run_group_tests_name("http client, with libcurl", tests, NULL, NULL);
    free(big_answer);
    return failed;
}
