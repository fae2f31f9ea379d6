/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/upload.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/sigv4.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/support/quoted.h"

#define MIB ((size_t)1024 * 1024)

struct world {
    struct aws_models *models;
    struct aws_operation store; /* its parameter Body is the body, as bytes */
    struct aws_upload upload;
    struct cancel cancel;
    char path[32];
    struct chaos_error err;
};

static int set_up(void **state)
{
    struct world *world = mem_zero(1, sizeof(*world));
    const char *folder = getenv("FRACAS_BUILD_DIR");
    AUTO(str) char *path = mem_printf("%s/tests/support/aws-toy.bin", folder ? folder : ".");
    struct aws_service service;

    assert_int_equal(aws_models_open(path, &world->models, &world->err), 0);
    assert_int_equal(aws_service_find(world->models, "toy-rest-json", &service, &world->err), 0);
    assert_int_equal(aws_operation_find(&service, "Store", &world->store, &world->err), 0);
    assert_int_equal(cancel_init(&world->cancel, &world->err), 0);
    snprintf(world->path, sizeof(world->path), "/tmp/fracas-upload-XXXXXX");
    close(mkostemp(world->path, O_CLOEXEC));
    world->upload.fd = -1;
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    aws_upload_clear(&world->upload);
    unlink(world->path);
    aws_models_free(world->models);
    cancel_clear(&world->cancel);
    chaos_error_clear(&world->err);
    free(world);
    return 0;
}

/* Byte i of a body; no power of two is a period of it. */
static void fill(const struct world *world, size_t length)
{
    AUTO(mem) char *body = mem_alloc(length + 1);
    AUTO(chaos_error) struct chaos_error err = { 0 };

    for (size_t i = 0; i < length; i++)
        body[i] = (char)('a' + i % 23);
    assert_int_equal(file_write_atomic(world->path, body, length, 0600, &err), 0);
}

static int take(struct world *world, const char *path)
{
    AUTO(json) json_t *params = json_pack("{s:{s:s}}", "Body", "file", path);
    int r;

    aws_upload_clear(&world->upload);
    chaos_error_clear(&world->err);
    r = aws_upload_take(&world->store, params, &world->cancel, &world->upload, &world->err);
    if (r == 0)
        assert_string_equal(json_string_value(json_object_get(params, "Body")), "");
    return r;
}

static ssize_t read_at(struct world *world, char *piece, size_t size, uint64_t offset)
{
    struct http_source source = aws_upload_source(&world->upload);

    chaos_error_clear(&world->err);
    return source.read(source.data, piece, size, offset, &world->err);
}

static void a_body_that_is_no_file_is_left_alone(void **state)
{
    static const char *const others[] = { "{}",
                                          "{'Body': 'AAE='}",
                                          "{'Body': {}}",
                                          "{'Body': {'file': 5}}",
                                          "{'Body': {'file': 'a', 'other': 'b'}}",
                                          "{'Other': {'file': 'a'}}",
                                          "[]" };
    struct world *world = *state;

    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        AUTO(json) json_t *params = quoted_json(others[i]);
        AUTO(json) json_t *before = json_deep_copy(params);

        assert_int_equal(aws_upload_take(&world->store, params, NULL, &world->upload, &world->err),
                         0);
        assert_int_equal(world->upload.fd, -1);
        assert_true(json_equal(params, before));
    }
}

static void the_file_is_read_from_where_it_is_asked(void **state)
{
    struct world *world = *state;
    char piece[4];

    fill(world, 10);
    assert_int_equal(take(world, world->path), 0);
    assert_int_equal(world->upload.length, 10);
    assert_int_equal(read_at(world, piece, 4, 6), 4);
    assert_memory_equal(piece, "ghij", 4);
    assert_int_equal(read_at(world, piece, 4, 0), 4);
    assert_memory_equal(piece, "abcd", 4);
}

static void a_file_that_changes_is_not_sent_to_its_end(void **state)
{
    struct world *world = *state;
    char piece[10];
    int fd;

    fill(world, 10);
    assert_int_equal(take(world, world->path), 0);
    fd = open(world->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, "more", 4), 4);
    assert_int_equal(read_at(world, piece, 4, 0), 4);
    assert_int_equal(read_at(world, piece, 10, 0), -CHAOS_E_INVALID);
    assert_non_null(strstr(chaos_error_text(&world->err), "has changed while it was being sent"));
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(read_at(world, piece, 4, 0), -CHAOS_E_INVALID);
    close(fd);
}

static void what_cannot_be_read_is_named_with_its_parameter(void **state)
{
    struct world *world = *state;

    assert_true(take(world, "/no/such/file") < 0);
    assert_non_null(strstr(chaos_error_text(&world->err), "Body: cannot open '/no/such/file'"));
    assert_true(take(world, "/tmp") < 0);
    assert_non_null(strstr(chaos_error_text(&world->err), "'/tmp' is a directory"));
}

/* The standard input is `fd` while one body is taken. */
static int take_stdin(struct world *world, int fd)
{
    int old = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    int r;

    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    r = take(world, "/dev/stdin");
    assert_int_equal(dup2(old, STDIN_FILENO), STDIN_FILENO);
    close(old);
    return r;
}

static void what_a_pipe_gives_is_kept_to_be_read_again(void **state)
{
    struct world *world = *state;
    char piece[16];
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(write(fds[1], "from a pipe", 11), 11);
    close(fds[1]);
    assert_int_equal(take_stdin(world, fds[0]), 0);
    close(fds[0]);
    assert_int_equal(world->upload.length, 11);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(read_at(world, piece, 11, 0), 11);
        assert_memory_equal(piece, "from a pipe", 11);
    }
}

static void a_pipe_that_gives_nothing_can_be_left(void **state)
{
    struct world *world = *state;
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    cancel_raise(&world->cancel, 1);
    assert_int_equal(take_stdin(world, fds[0]), -CHAOS_E_CANCELLED);
    close(fds[0]);
    close(fds[1]);
}

static void of_a_file_on_the_standard_input_the_rest_is_the_body(void **state)
{
    struct world *world = *state;
    char piece[8];
    int fd;

    fill(world, 10);
    fd = open(world->path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(lseek(fd, 4, SEEK_SET), 4);
    assert_int_equal(take_stdin(world, fd), 0);
    close(fd);
    assert_int_equal(world->upload.length, 6);
    assert_int_equal(read_at(world, piece, 6, 0), 6);
    assert_memory_equal(piece, "efghij", 6);
}

/* What botocore's calculate_tree_hash() gives for fill()'s bodies. */
static const struct {
    size_t length;
    const char *tree;
} trees[] = {
    { 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { 5, "36bbe50ed96841d10443bcb670d6554f0a34b761be67ec9c4a8ad2c0c44ca42c" },
    { MIB, "721a1eda841e84c75414ed81909fe08b41dcb229e03254d2b9943291508fb6d7" },
    { MIB + 1, "be34b00b5425933ccc3c20ec9621c1813efbc58ca64d8c7d3a4eda4e9fe1ee2d" },
    { 3 * MIB, "cda7ed6c8f087606e64e12c65145a2eaeb83bd4e188b721994bdc4160e21da16" },
    { 5 * MIB + 7, "f860b926b6de3ebc8c0f48a7782945e6d9f8af36eb0b4a133fb2d3380c552c39" },
};

static void all_hashes_come_of_one_reading(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
        AUTO(buffer) struct buffer body = { 0 };
        unsigned char wanted[DIGEST_SIZE_MAX];
        char hex[2 * DIGEST_SHA256_SIZE + 1];
        struct http_source source;
        struct payload_hash *hash = &world->upload.hash;

        fill(world, trees[i].length);
        assert_int_equal(take(world, world->path), 0);
        source = aws_upload_source(&world->upload);
        assert_int_equal(payload_hash_add(hash, PAYLOAD_SHA256 | PAYLOAD_MD5 | PAYLOAD_TREE,
                                          &source, world->upload.length, &world->err),
                         0);
        assert_string_equal(hash->tree, trees[i].tree);
        assert_int_equal(file_read(world->path, &body, 8 * MIB, &world->err), 0);
        assert_int_equal(
            digest_compute(DIGEST_SHA256, buffer_text(&body), body.length, wanted, &world->err), 0);
        digest_hex(wanted, DIGEST_SHA256_SIZE, hex);
        assert_string_equal(hash->sha256, hex);
        assert_int_equal(
            digest_compute(DIGEST_MD5, buffer_text(&body), body.length, wanted, &world->err), 0);
        assert_memory_equal(hash->md5, wanted, DIGEST_MD5_SIZE);
    }
}

static void hashes_that_are_known_are_not_computed_again(void **state)
{
    struct world *world = *state;
    struct http_source source;

    fill(world, 10);
    assert_int_equal(take(world, world->path), 0);
    source = aws_upload_source(&world->upload);
    assert_int_equal(
        payload_hash_add(&world->upload.hash, PAYLOAD_SHA256, &source, 10, &world->err), 0);
    assert_int_equal(truncate(world->path, 0), 0); /* it could not be read now */
    assert_int_equal(
        payload_hash_add(&world->upload.hash, PAYLOAD_SHA256, &source, 10, &world->err), 0);
    assert_int_equal(payload_hash_add(&world->upload.hash, PAYLOAD_MD5, &source, 10, &world->err),
                     -CHAOS_E_INVALID);
}

static struct aws_request request_with(const char *body)
{
    struct aws_request request = { .method = mem_strdup("PUT"),
                                   .path = mem_strdup("/b/k"),
                                   .query = mem_strdup("") };

    aws_header_set(&request.headers, "Host", "127.0.0.1");
    buffer_add_text(&request.body, body);
    return request;
}

static void a_body_elsewhere_is_signed_by_its_hash_as_one_that_is_here(void **state)
{
    struct world *world = *state;
    struct sigv4_key key = { .access_key = "AKIDEXAMPLE", .secret_key = "not-a-secret" };
    struct sigv4_scope scope = { .region = "r", .service = "s3", .flags = SIGV4_CONTENT_HASH };
    AUTO(aws_request) struct aws_request here = request_with("hello");
    AUTO(aws_request) struct aws_request elsewhere = request_with("");
    AUTO(aws_request) struct aws_request empty = request_with("");

    assert_int_equal(sigv4_sign(&key, &scope, &here, &world->err), 0);
    assert_int_equal(sigv4_sign(&key, &scope, &empty, &world->err), 0);
    scope.body_hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert_int_equal(sigv4_sign(&key, &scope, &elsewhere, &world->err), 0);
    assert_string_equal(aws_header_find(&here.headers, "Authorization"),
                        aws_header_find(&elsewhere.headers, "Authorization"));
    assert_string_equal(aws_header_find(&elsewhere.headers, "X-Amz-Content-SHA256"),
                        scope.body_hash);
    assert_string_not_equal(aws_header_find(&empty.headers, "Authorization"),
                            aws_header_find(&elsewhere.headers, "Authorization"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_that_is_no_file_is_left_alone),
        TEST(the_file_is_read_from_where_it_is_asked),
        TEST(a_file_that_changes_is_not_sent_to_its_end),
        TEST(what_cannot_be_read_is_named_with_its_parameter),
        TEST(what_a_pipe_gives_is_kept_to_be_read_again),
        TEST(a_pipe_that_gives_nothing_can_be_left),
        TEST(of_a_file_on_the_standard_input_the_rest_is_the_body),
        TEST(all_hashes_come_of_one_reading),
        TEST(hashes_that_are_known_are_not_computed_again),
        TEST(a_body_elsewhere_is_signed_by_its_hash_as_one_that_is_here),
    };

    return cmocka_run_group_tests_name("bodies in files", tests, NULL, NULL);
}
