// SPDX-License-Identifier: Apache-2.0
#include "net/http_upload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "tests/support/http_server.h"

#define PLAIN     (HTTP_RAW | HTTP_NO_REDIRECTS | HTTP_PATH_AS_IS)
#define OK        "HTTP/1.1 200 OK\r\n"
#define DENIED    "HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\ndenied"
#define BODY_SIZE ((size_t)8 * 1024 * 1024)
/* Of a source that breaks. */
#define BREAKS_AT ((uint64_t)1024 * 1024)

/* Byte i of the body; no power of two is a period of it. */
static char byte_at(uint64_t i)
{
    return (char)('a' + i % 23);
}

static ssize_t read_letters(void *data, char *piece, size_t size, uint64_t offset,
                            struct chaos_error *err)
{
    uint64_t *limit = data;

    if (offset >= *limit)
        return chaos_error_set(err, CHAOS_E_INVALID, "the source is broken");
    for (size_t i = 0; i < size; i++)
        piece[i] = byte_at(offset + i);
    return (ssize_t)size;
}

/* An upload over a socket pair: the other end is the server. */
struct pair {
    int fds[2];
    uint64_t limit;
    struct http_source source;
    struct http_request request;
    struct http_upload upload;
    struct cancel cancel;
    struct chaos_error err;
};

static int set_up_pair(void **state)
{
    struct pair *pair = mem_zero(1, sizeof(*pair));

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair->fds), 0);
    assert_int_equal(cancel_init(&pair->cancel, &pair->err), 0);
    pair->limit = UINT64_MAX;
    pair->source = (struct http_source){ read_letters, &pair->limit };
    pair->request = (struct http_request){ .source = &pair->source,
                                           .body_length = BODY_SIZE,
                                           .read_timeout_ms = 5 };
    pair->upload = (struct http_upload){ .fd = pair->fds[0],
                                         .request = &pair->request,
                                         .cancel = &pair->cancel };
    *state = pair;
    return 0;
}

static int tear_down_pair(void **state)
{
    struct pair *pair = *state;

    http_upload_clear(&pair->upload);
    for (size_t i = 0; i < 2; i++)
        if (pair->fds[i] >= 0)
            close(pair->fds[i]);
    cancel_clear(&pair->cancel);
    chaos_error_clear(&pair->err);
    free(pair);
    return 0;
}

static int run(struct pair *pair)
{
    chaos_error_clear(&pair->err);
    return http_upload_run(&pair->upload, &pair->err);
}

/* What the server can read now, compared with the body from `at` on; returns where it ends. */
static uint64_t drain(struct pair *pair, uint64_t at)
{
    char bytes[4096];
    ssize_t got;

    while ((got = read(pair->fds[1], bytes, sizeof(bytes))) > 0)
        for (ssize_t i = 0; i < got; i++, at++)
            assert_int_equal(bytes[i], byte_at(at));
    return at;
}

static void a_body_is_sent_in_order_however_slowly_it_is_read(void **state)
{
    struct pair *pair = *state;
    uint64_t at = 0;
    int r;

    while ((r = run(pair)) == -CHAOS_E_TIMEOUT)
        at = drain(pair, at);
    assert_int_equal(r, HTTP_UPLOAD_SENT);
    assert_int_equal(drain(pair, at), BODY_SIZE);
}

static void a_word_of_the_server_is_heard_between_two_pieces(void **state)
{
    struct pair *pair = *state;
    char word[8];

    assert_int_equal(run(pair), -CHAOS_E_TIMEOUT);
    assert_int_equal(write(pair->fds[1], "hm", 2), 2);
    assert_int_equal(run(pair), HTTP_UPLOAD_HEARD);
    assert_int_equal(read(pair->fds[0], word, sizeof(word)), 2);
    assert_true(drain(pair, 0) > 0);
    assert_int_equal(run(pair), -CHAOS_E_TIMEOUT);
}

static void a_server_that_hangs_up_is_heard(void **state)
{
    struct pair *pair = *state;

    assert_int_equal(run(pair), -CHAOS_E_TIMEOUT);
    close(pair->fds[1]);
    pair->fds[1] = -1;
    assert_int_equal(run(pair), HTTP_UPLOAD_HEARD);
}

static void a_server_that_reads_nothing_is_waited_for_no_longer_than_asked(void **state)
{
    struct pair *pair = *state;
    int64_t started = clock_now();

    assert_int_equal(run(pair), -CHAOS_E_TIMEOUT);
    assert_non_null(strstr(chaos_error_text(&pair->err), "takes no more"));
    pair->request.read_timeout_ms = 0;
    pair->request.deadline = clock_now() + 50 * CLOCK_NS_PER_MS;
    assert_int_equal(run(pair), -CHAOS_E_TIMEOUT);
    assert_true(clock_now() - started < 10 * CLOCK_NS_PER_S);
}

static void sending_can_be_cancelled(void **state)
{
    struct pair *pair = *state;

    assert_int_equal(run(pair), -CHAOS_E_TIMEOUT);
    cancel_raise(&pair->cancel, 1);
    assert_int_equal(run(pair), -CHAOS_E_CANCELLED);
}

static void a_source_that_breaks_ends_it_with_its_error(void **state)
{
    struct pair *pair = *state;
    uint64_t at = 0;
    int r;

    pair->limit = BREAKS_AT;
    while ((r = run(pair)) == -CHAOS_E_TIMEOUT)
        at = drain(pair, at);
    assert_int_equal(r, -CHAOS_E_INVALID);
    assert_string_equal(chaos_error_text(&pair->err), "the source is broken");
    assert_int_equal(drain(pair, at), BREAKS_AT);
}

static void the_first_byte_waits_for_leave(void **state)
{
    struct pair *pair = *state;

    pair->upload.hold_ms = 10000;
    assert_int_equal(write(pair->fds[1], "go", 2), 2);
    assert_int_equal(run(pair), HTTP_UPLOAD_HEARD);
    assert_int_equal(drain(pair, 0), 0);
}

static void a_server_that_gives_no_leave_is_sent_the_body_all_the_same(void **state)
{
    struct pair *pair = *state;

    pair->upload.hold_ms = 20;
    assert_int_equal(run(pair), -CHAOS_E_TIMEOUT);
    assert_true(drain(pair, 0) > 0);
}

/* The same over HTTP, with libcurl and without. */
static struct http_rule rules[] = {
    { "/put", OK "Content-Length: 0\r\n\r\n", 0, RULE_KEEP, 0 },
    { "/retried", OK "Content-Length: 0\r\n\r\n", 0, RULE_KEEP, 1 },
    { "/early", DENIED, 0, RULE_EARLY, 0 },
    { "/interim", "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 0\r\n\r\n", 0, RULE_KEEP, 0 },
    { "/get", OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", 0,
      RULE_KEEP, 0 },
    { "/denied", DENIED, 0, RULE_KEEP, 0 },
    { "/cut", OK "Content-Length: 50\r\n\r\nhalf", 0, RULE_CLOSE, 0 },
    { NULL, NULL, 0, RULE_KEEP, 0 },
};

struct world {
    struct http_server *server;
    struct http_client *client;
    struct http_response response;
    struct chaos_error err;
    enum http_failure failure;
};

static struct world *begin(void)
{
    struct world *world = mem_zero(1, sizeof(*world));

    world->server = http_server_start(rules);
    world->client = http_client_new();
    return world;
}

static void end(struct world *world)
{
    http_response_clear(&world->response);
    chaos_error_clear(&world->err);
    http_client_free(world->client);
    http_server_stop(world->server);
    free(world);
}

/* `state` points to the flags. */
static int ask(void **state, struct world *world, const char *path, struct http_request request)
{
    const unsigned *flags = *state;
    AUTO(str)
    char *url = mem_printf("http://127.0.0.1:%d%s", http_server_port(world->server), path);

    request.url = url;
    request.flags |= *flags;
    http_response_clear(&world->response);
    chaos_error_clear(&world->err);
    return http_request(world->client, &request, NULL, &world->response, &world->failure,
                        &world->err);
}

static int put(void **state, struct world *world, const char *path, uint64_t *limit)
{
    const struct http_source source = { read_letters, limit };
    struct http_header expect = { "Expect", "100-continue" };

    return ask(state, world, path,
               (struct http_request){ .method = "PUT",
                                      .source = &source,
                                      .headers = &expect,
                                      .n_headers = strcmp(path, "/interim") == 0,
                                      .body_length = BODY_SIZE });
}

static void assert_received(struct world *world)
{
    AUTO(str) char *last = http_server_last(world->server);
    AUTO(str) char *head = mem_printf("Content-Length: %zu\r\n", BODY_SIZE);
    const char *body = strstr(last, "\r\n\r\n") + 4;

    assert_non_null(strstr(last, head));
    assert_int_equal(strlen(body), BODY_SIZE);
    for (size_t i = 0; i < BODY_SIZE; i += 4093)
        assert_int_equal(body[i], byte_at(i));
}

static void a_source_is_sent_whole(void **state)
{
    struct world *world = begin();
    uint64_t limit = UINT64_MAX;

    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(put(state, world, "/put", &limit), 0);
        assert_int_equal(world->response.status, 200);
        assert_received(world);
    }
    end(world);
}

static void an_interim_answer_does_not_stop_it(void **state)
{
    struct world *world = begin();
    uint64_t limit = UINT64_MAX;

    assert_int_equal(put(state, world, "/interim", &limit), 0);
    assert_int_equal(world->response.status, 200);
    assert_received(world);
    end(world);
}

static void a_kept_connection_found_closed_gets_the_body_again(void **state)
{
    struct world *world = begin();
    uint64_t limit = UINT64_MAX;

    assert_int_equal(put(state, world, "/put", &limit), 0);
    rules[1].drop_first = 1;
    assert_int_equal(put(state, world, "/retried", &limit), 0);
    assert_received(world);
    end(world);
}

static void an_answer_before_the_end_of_the_body_is_the_answer(void **state)
{
    struct world *world = begin();
    uint64_t limit = UINT64_MAX;

    assert_int_equal(put(state, world, "/early", &limit), 0);
    assert_int_equal(world->response.status, 403);
    assert_string_equal(buffer_text(&world->response.body), "denied");
    end(world);
}

static void a_broken_source_is_told(void **state)
{
    struct world *world = begin();
    uint64_t limit = BREAKS_AT;

    assert_int_equal(put(state, world, "/put", &limit), -CHAOS_E_INVALID);
    assert_int_equal(world->failure, HTTP_FAILED_OTHER);
    assert_non_null(strstr(chaos_error_text(&world->err), "the source is broken"));
    end(world);
}

static void only_the_body_of_a_success_goes_to_the_sink(void **state)
{
    struct world *world = begin();
    AUTO(file) FILE *file = tmpfile();
    AUTO(buffer) struct buffer text = { 0 };
    struct http_request request = { .method = "GET", .sink_fd = fileno(file), .body_limit = 8 };

    assert_int_equal(ask(state, world, "/get", request), 0);
    assert_int_equal(world->response.body.length, 0);
    assert_int_equal(ask(state, world, "/denied", request), 0);
    assert_string_equal(buffer_text(&world->response.body), "denied");
    rewind(file);
    assert_int_equal(fd_read_all(fileno(file), &text, 100, &world->err), 0);
    assert_string_equal(buffer_text(&text), "hello world");
    end(world);
}

static void an_answer_cut_short_is_a_failure_with_a_sink_too(void **state)
{
    struct world *world = begin();
    AUTO(file) FILE *file = tmpfile();
    struct http_request request = { .method = "GET", .sink_fd = fileno(file) };

    assert_true(ask(state, world, "/cut", request) < 0);
    assert_int_equal(world->failure, HTTP_FAILED_DROPPED);
    end(world);
}

static void a_sink_that_takes_nothing_is_told(void **state)
{
    struct world *world = begin();
    AUTO(file) FILE *file = fopen("/dev/full", "we");
    struct http_request request = { .method = "GET", .sink_fd = fileno(file) };

    assert_int_equal(ask(state, world, "/get", request), -CHAOS_E_IO);
    assert_int_equal(world->failure, HTTP_FAILED_OTHER);
    assert_non_null(strstr(chaos_error_text(&world->err), "No space left"));
    end(world);
}

#define OF_PAIR(name) cmocka_unit_test_setup_teardown(name, set_up_pair, tear_down_pair)
#define OF_BOTH(function)                                                                          \
    { .name = #function "_without_libcurl", .test_func = (function), .initial_state = &plain },    \
    {                                                                                              \
        .name = #function "_with_libcurl", .test_func = (function), .initial_state = &curl         \
    }

int main(void)
{
    static unsigned plain = PLAIN, curl;
    const struct CMUnitTest tests[] = {
        OF_PAIR(a_body_is_sent_in_order_however_slowly_it_is_read),
        OF_PAIR(a_word_of_the_server_is_heard_between_two_pieces),
        OF_PAIR(a_server_that_hangs_up_is_heard),
        OF_PAIR(a_server_that_reads_nothing_is_waited_for_no_longer_than_asked),
        OF_PAIR(sending_can_be_cancelled),
        OF_PAIR(a_source_that_breaks_ends_it_with_its_error),
        OF_PAIR(the_first_byte_waits_for_leave),
        OF_PAIR(a_server_that_gives_no_leave_is_sent_the_body_all_the_same),
        OF_BOTH(a_source_is_sent_whole),
        OF_BOTH(an_interim_answer_does_not_stop_it),
        OF_BOTH(a_kept_connection_found_closed_gets_the_body_again),
        OF_BOTH(an_answer_before_the_end_of_the_body_is_the_answer),
        OF_BOTH(a_broken_source_is_told),
        OF_BOTH(only_the_body_of_a_success_goes_to_the_sink),
        OF_BOTH(an_answer_cut_short_is_a_failure_with_a_sink_too),
        OF_BOTH(a_sink_that_takes_nothing_is_told),
    };

    unsetenv("http_proxy");
    return cmocka_run_group_tests_name("bodies that are sent from elsewhere", tests, NULL, NULL);
}
