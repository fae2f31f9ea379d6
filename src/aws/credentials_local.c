/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials from this machine: a program, the container's endpoint, the instance's metadata. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>

#include "aws/credentials_source.h"
#include "aws/uri.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "value/json.h"

#define OUTPUT_LIMIT         ((size_t)1024 * 1024)
#define PROCESS_TIMEOUT_S    60
#define LOCAL_TIMEOUT_MS     1000
#define METADATA_TOKEN_TTL_S "21600"

/* Read the child's output until it ends; -CHAOS_E_TIMEOUT or -CHAOS_E_CANCELLED kill it. */
static int read_output(int fd, const struct cancel *cancel, struct buffer *out,
                       struct chaos_error *err)
{
    int64_t deadline = clock_deadline(PROCESS_TIMEOUT_S);

    for (;;) {
        ssize_t length;

        switch (wait_fd(fd, POLLIN, deadline, cancel)) {
        case WAIT_TIMEOUT:
            return chaos_error_set(err, CHAOS_E_TIMEOUT, "credential_process gave nothing in %d s",
                                   PROCESS_TIMEOUT_S);
        case WAIT_CANCELLED:
            return chaos_error_set(err, CHAOS_E_CANCELLED, "credential_process was interrupted");
        case WAIT_READY:
            break;
        }
        length = read(fd, buffer_reserve(out, 4096), 4096);
        if (length <= 0)
            return 0;
        buffer_added(out, (size_t)length);
        if (out->length > OUTPUT_LIMIT)
            return chaos_error_set(err, CHAOS_E_LIMIT, "credential_process wrote too much");
    }
}

/* Not proc_run(): such a program may ask for a password on the terminal, from which it could not
 * read in a process group of its own, and its standard error tells the user what it wants. */
static int run_command(const char *command, const struct cancel *cancel, struct buffer *out,
                       struct chaos_error *err)
{
    char shell[] = "/bin/sh", flag[] = "-c";
    AUTO(str) char *copy = mem_strdup(command);
    char *const arguments[] = { shell, flag, copy, NULL };
    posix_spawn_file_actions_t actions;
    int pipe_fds[2], status = 0, failed, r;
    pid_t child;

    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return chaos_error_set_errno(err, errno, "cannot run credential_process");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
    failed = posix_spawn(&child, shell, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_fds[1]);
    if (failed) {
        close(pipe_fds[0]);
        return chaos_error_set_errno(err, failed, "cannot run credential_process");
    }
    r = read_output(pipe_fds[0], cancel, out, err);
    close(pipe_fds[0]);
    if (r < 0)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (r == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
        return chaos_error_set(err, CHAOS_E_INVALID, "credential_process failed (exit status %d)",
                               WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return r;
}

/* A document with keys; what is wrong with it is said without quoting it. */
static int read_document(const struct buffer *text, const char *source, json_t **ret_document,
                         struct chaos_error *err)
{
    AUTO(chaos_error) struct chaos_error why = { 0 };

    if (json_parse(buffer_text(text), text->length, ret_document, &why) < 0)
        return chaos_error_set(err, CHAOS_E_INVALID, "%s gave no JSON document", source);
    return 0;
}

int credentials_from_process(const struct aws_credentials_context *context, const char *command,
                             struct aws_credentials *ret_credentials, struct chaos_error *err)
{
    AUTO(buffer) struct buffer out = { 0 };
    AUTO(json) json_t *document = NULL;
    int r = run_command(command, context->cancel, &out, err);

    if (r == 0)
        r = read_document(&out, "credential_process", &document, err);
    if (out.data)
        explicit_bzero(out.data, out.length);
    if (r < 0)
        return r;
    if (json_integer_value(json_object_get(document, "Version")) != 1)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "credential_process gave a Version other than 1");
    return credentials_from_document(document, "custom-process", ret_credentials, err);
}

/* One short request. */
struct question {
    const char *method;
    const char *url;
    const struct http_header *header; /* NULL: none */
    long status;                      /* of the answer; 0: there was none */
};

static int ask(const struct aws_credentials_context *context, struct question *question,
               struct buffer *body, struct chaos_error *err)
{
    AUTO(http_response) struct http_response response = { 0 };
    AUTO(chaos_error) struct chaos_error why = { 0 };
    enum http_failure failure = HTTP_FAILED_NOT;
    struct http_request request = {
        .method = question->method,
        .url = question->url,
        .headers = question->header,
        .n_headers = question->header ? 1 : 0,
        .connect_timeout_ms = LOCAL_TIMEOUT_MS,
        .read_timeout_ms = LOCAL_TIMEOUT_MS,
        .flags =
            HTTP_NO_REDIRECTS | HTTP_NO_PROXY | HTTP_FRESH_CONNECTION | HTTP_RAW | HTTP_PATH_AS_IS,
        .body_limit = OUTPUT_LIMIT,
    };

    question->status = 0;
    if (http_request(context->http, &request, context->cancel, &response, &failure, &why) < 0) {
        if (failure == HTTP_FAILED_CANCELLED)
            return chaos_error_set(err, CHAOS_E_CANCELLED, "%s", why.message);
        return 0;
    }
    question->status = response.status;
    buffer_reset(body);
    buffer_add(body, response.body.data, response.body.length);
    return 0;
}

/* Plain http only goes to this machine and to the two addresses that container services use. */
static bool is_trusted_host(const char *url)
{
    const char *host = url + strlen("http://");
    AUTO(str) char *name = mem_strndup(host, strcspn(host, ":/"));

    if (strncasecmp(url, "https://", 8) == 0)
        return true;
    return str_starts(name, "127.") || strcmp(name, "localhost") == 0 ||
           str_starts(host, "[::1]") || strcmp(name, "169.254.170.2") == 0 ||
           strcmp(name, "169.254.170.23") == 0 || str_starts(host, "[fd00:ec2::23]");
}

static int container_token(struct buffer *token, struct chaos_error *err)
{
    const char *path = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *text = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    int r = 0;

    if (path && *path)
        r = file_read(path, token, OUTPUT_LIMIT, err);
    else if (text)
        buffer_add_text(token, text);
    if (r == 0 && strpbrk(buffer_text(token), "\r\n"))
        return chaos_error_set(err, CHAOS_E_INVALID, "the container's token has a line end in it");
    return r;
}

int credentials_from_container(const struct aws_credentials_context *context,
                               struct aws_credentials *ret_credentials, struct chaos_error *err)
{
    const char *relative = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    AUTO(str) char *url = NULL;
    AUTO(buffer) struct buffer body = { 0 };
    AUTO(buffer) struct buffer token = { 0 };
    AUTO(json) json_t *document = NULL;
    struct http_header header = { "Authorization", NULL };
    struct question question = { .method = "GET" };
    int r;

    if ((!relative || !*relative) && (!full || !*full))
        return 0;
    url = relative && *relative ? mem_printf("http://169.254.170.2%s", relative) : mem_strdup(full);
    if (!is_trusted_host(url))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor on this "
                               "machine");
    r = container_token(&token, err);
    if (r < 0)
        return r;
    header.value = buffer_text(&token);
    question.header = token.length ? &header : NULL;
    question.url = url;
    r = ask(context, &question, &body, err);
    if (r < 0)
        return r;
    if (question.status != 200)
        return chaos_error_set(err, CHAOS_E_REMOTE,
                               "Error retrieving metadata: the container's credentials endpoint "
                               "answered with status %ld",
                               question.status);
    r = read_document(&body, "the container's credentials endpoint", &document, err);
    return r < 0 ? r : credentials_from_document(document, "container-role", ret_credentials, err);
}

static char *metadata_base(const struct aws_settings *settings)
{
    const char *named =
        aws_setting(settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    const char *mode = aws_setting(settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                   "ec2_metadata_service_endpoint_mode");
    char *base;

    if (named)
        base = mem_strdup(named);
    else if (mode && strcasecmp(mode, "ipv6") == 0)
        base = mem_strdup("http://[fd00:ec2::254]");
    else
        base = mem_strdup("http://169.254.169.254");
    while (*base && base[strlen(base) - 1] == '/')
        base[strlen(base) - 1] = '\0';
    return base;
}

/* A session token of IMDSv2; an empty one means that only version 1 is spoken there. *ret_there is
 * false when nobody answers. */
static int metadata_token(const struct aws_credentials_context *context, const char *base,
                          struct buffer *token, bool *ret_there, struct chaos_error *err)
{
    static const struct http_header ttl = { "x-aws-ec2-metadata-token-ttl-seconds",
                                            METADATA_TOKEN_TTL_S };
    AUTO(str) char *url = mem_printf("%s/latest/api/token", base);
    struct question question = { .method = "PUT", .url = url, .header = &ttl };
    int r = ask(context, &question, token, err);

    if (r < 0)
        return r;
    *ret_there = question.status != 0 && question.status != 400;
    if (question.status == 200 && !strpbrk(buffer_text(token), "\r\n"))
        return 0;
    buffer_reset(token);
    if (*ret_there && aws_setting_is_true(context->settings, "AWS_EC2_METADATA_V1_DISABLED",
                                          "ec2_metadata_v1_disabled"))
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                               "the instance metadata service gives no token, and its version 1 is "
                               "disabled by configuration");
    return 0;
}

int credentials_from_metadata(const struct aws_credentials_context *context,
                              struct aws_credentials *ret_credentials, struct chaos_error *err)
{
    AUTO(str) char *base = metadata_base(context->settings);
    AUTO(str) char *roles_url = mem_printf("%s/latest/meta-data/iam/security-credentials/", base);
    AUTO(str) char *role_url = NULL;
    AUTO(buffer) struct buffer token = { 0 };
    AUTO(buffer) struct buffer body = { 0 };
    AUTO(json) json_t *document = NULL;
    struct http_header header = { "x-aws-ec2-metadata-token", NULL };
    struct question question = { .method = "GET", .url = roles_url };
    bool is_there = false;
    int r;

    if (aws_setting_is_true(context->settings, "AWS_EC2_METADATA_DISABLED", NULL))
        return 0;
    r = metadata_token(context, base, &token, &is_there, err);
    if (r < 0 || !is_there)
        return r;
    header.value = buffer_text(&token);
    question.header = token.length ? &header : NULL;
    r = ask(context, &question, &body, err);
    if (r < 0 || question.status != 200 || body.length == 0)
        return r;
    role_url = mem_printf("%s%.*s", roles_url, (int)strcspn(body.data, "\r\n"), body.data);
    question.url = role_url;
    r = ask(context, &question, &body, err);
    if (r < 0 || question.status != 200)
        return r;
    r = read_document(&body, "the instance metadata service", &document, err);
    return r < 0 ? r : credentials_from_document(document, "iam-role", ret_credentials, err);
}
