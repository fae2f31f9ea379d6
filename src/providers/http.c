// SPDX-License-Identifier: Apache-2.0
#include "providers/http.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/http_client.h"
#include "net/http_text.h"
#include "providers/http_form.h"
#include "providers/http_result.h"
#include "value/extended.h"
#include "value/json.h"
#include "value/pytext.h"
#include "value/substitute.h"

/* Clients that wait for the next call: what they keep is memory set up, never a connection. */
#define IDLE_MAX 8

struct http_provider {
    pthread_mutex_t lock; /* guards all below */
    struct http_client *idle[IDLE_MAX];
    size_t n_idle;
};

static struct http_client *take_client(struct http_provider *self)
{
    struct http_client *client = NULL;

    pthread_mutex_lock(&self->lock);
    if (self->n_idle)
        client = self->idle[--self->n_idle];
    pthread_mutex_unlock(&self->lock);
    return client ? client : http_client_new();
}

static void give_client(struct http_provider *self, struct http_client *client)
{
    pthread_mutex_lock(&self->lock);
    if (self->n_idle < IDLE_MAX)
        self->idle[self->n_idle++] = STEAL(client);
    pthread_mutex_unlock(&self->lock);
    http_client_free(client);
}

/* All that one call needs, owned. */
struct call {
    char *url;
    char *method;
    struct http_header *headers; /* of texts */
    size_t n_headers;
    char **texts;      /* owned: a name and a value (may be NULL) for each header */
    json_t *arguments; /* NULL: none */
    struct buffer body;
    bool has_body;
    int64_t connect_timeout_ms;
    int64_t read_timeout_ms;
    unsigned max_retries;
    unsigned flags;
    char *ca_path;
};

static void call_clear(struct call *call)
{
    for (size_t i = 0; i < 2 * call->n_headers; i++)
        free(call->texts[i]);
    free(call->texts);
    free(call->headers);
    free(call->url);
    free(call->method);
    free(call->ca_path);
    json_decref(call->arguments);
    buffer_clear(&call->body);
    *call = (struct call){ 0 };
}
AUTO_CLEAR(call, struct call)

/* UTF-8 as ISO-8859-1, which is what a header may hold; NULL for what it lacks. */
static char *to_latin1(const char *text)
{
    AUTO(str) char *out = mem_alloc(strlen(text) + 1);
    char *end = out;

    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte >= 0x80) {
            if ((byte != 0xc2 && byte != 0xc3) || !text[1])
                return NULL;
            text++;
            byte = (unsigned char)((byte & 3) << 6 | ((unsigned char)*text & 0x3f));
        }
        *end++ = (char)byte;
    }
    *end = '\0';
    return STEAL(out);
}

/* There is room for it; `value` may be NULL. */
static void add_header_take(struct call *call, const char *name, char *value)
{
    char **texts = call->texts + 2 * call->n_headers;

    texts[0] = mem_strdup(name);
    texts[1] = value;
    call->headers[call->n_headers++] = (struct http_header){ .name = texts[0], .value = value };
}

static int add_header(struct call *call, const char *name, const json_t *value,
                      struct chaos_error *err)
{
    AUTO(str) char *sent = NULL;

    /* compat: the reference aborts the run here too, also when a pattern brought the number */
    if (!json_is_string(value) && !json_is_null(value))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "header '%s' must be text, not of type '%s': write it in quotes",
                               name, value_type_name(value));
    if (!json_is_null(value)) {
        sent = to_latin1(json_string_value(value));
        if (!sent)
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "header '%s' has characters that no header can carry", name);
    }
    add_header_take(call, name, STEAL(sent));
    return 0;
}

static int set_headers(struct call *call, const json_t *headers, struct chaos_error *err)
{
    /* One more for the Content-Type of a form. */
    size_t room = json_object_size(headers) + 1;
    const json_t *value;
    const char *name;

    if (value_is_true(headers) && !json_is_object(headers))
        return chaos_error_set(err, CHAOS_E_INVALID, "'headers' must be a mapping, not a %s",
                               value_type_name(headers));
    call->headers = mem_zero(room, sizeof(*call->headers));
    call->texts = mem_zero(2 * room, sizeof(*call->texts));
    json_object_foreach (json_walkable(headers), name, value) {
        int r = add_header(call, name, value, err);

        if (r < 0)
            return r;
    }
    return 0;
}

static bool has_header(const struct call *call, const char *name)
{
    for (size_t i = 0; i < call->n_headers; i++)
        if (strcasecmp(call->headers[i].name, name) == 0)
            return true;
    return false;
}

/* One timeout: null for none, else seconds above 0; text is read as a number. */
static int timeout_ms(const json_t *value, int64_t *ret_ms, struct chaos_error *err)
{
    double seconds = 0;
    char *end = NULL;

    if (!value || json_is_null(value)) {
        *ret_ms = 0;
        return 0;
    }
    if (json_is_number(value))
        seconds = json_number_value(value);
    else if (json_is_string(value) && extended_kind(value) == EXTENDED_NONE)
        seconds = strtod(json_string_value(value), &end);
    if (!(seconds > 0) || (end && *end)) {
        AUTO(str) char *text = json_text(value, JSON_STYLE_LINE);

        return chaos_error_set(err, CHAOS_E_INVALID,
                               "timeout %s is not a number of seconds above 0", text);
    }
    *ret_ms = seconds > 1e12 ? 0 : (int64_t)ceil(seconds * 1000);
    return 0;
}

static int set_timeouts(struct call *call, const json_t *timeout, struct chaos_error *err)
{
    int r;

    if (!json_is_array(timeout)) {
        r = timeout_ms(timeout, &call->connect_timeout_ms, err);
        call->read_timeout_ms = call->connect_timeout_ms;
        return r;
    }
    if (json_array_size(timeout) != 2)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "timeout must be a number of seconds or [connect, read], not a "
                               "list of %zu",
                               json_array_size(timeout));
    r = timeout_ms(json_array_get(timeout, 0), &call->connect_timeout_ms, err);
    if (r < 0)
        return r;
    return timeout_ms(json_array_get(timeout, 1), &call->read_timeout_ms, err);
}

/* compat: text is the path of a certificate file or folder; null means to verify. */
static void set_verification(struct call *call, const json_t *verify)
{
    if (!verify || json_is_null(verify))
        return;
    if (!value_is_true(verify))
        call->flags |= HTTP_NO_VERIFY_TLS;
    else if (json_is_string(verify))
        call->ca_path = mem_strdup(json_string_value(verify));
}

static int set_retries(struct call *call, const json_t *retries, struct chaos_error *err)
{
    if (!retries || json_is_null(retries) || json_is_boolean(retries)) {
        call->max_retries = json_is_true(retries);
        return 0;
    }
    if (!json_is_integer(retries))
        return chaos_error_set(err, CHAOS_E_INVALID, "max_retries must be an integer, not a %s",
                               value_type_name(retries));
    if (json_integer_value(retries) > 0)
        call->max_retries = json_integer_value(retries) > UINT_MAX
                                ? UINT_MAX
                                : (unsigned)json_integer_value(retries);
    return 0;
}

/* Put the query before the fragment, after what the URL has of one. */
static void add_query(struct call *call, const char *query)
{
    size_t plain = strcspn(call->url, "#");
    const char *mark = memchr(call->url, '?', plain);
    const char *joint = !mark ? "?" : mark + 1 == call->url + plain ? "" : "&";
    char *url = mem_printf("%.*s%s%s%s", (int)plain, call->url, joint, query, call->url + plain);

    free(call->url);
    call->url = url;
}

static int set_arguments(struct call *call, const json_t *headers, struct chaos_error *err)
{
    bool is_text = json_is_string(call->arguments);
    AUTO(buffer) struct buffer form = { 0 };
    int r;

    if (strcmp(call->method, "GET") != 0 &&
        str_equal(json_string_value(json_object_get(headers, "Content-Type")),
                  "application/json")) {
        if (!call->arguments || json_is_null(call->arguments))
            return 0;
        r = http_form_check_json(call->arguments, err);
        if (r < 0)
            return chaos_error_prefix(err, "arguments");
        json_write(&call->body, call->arguments, JSON_STYLE_LINE);
        call->has_body = true;
        return 0;
    }
    if (!value_is_true(call->arguments))
        return 0;
    r = http_form_encode(&form, call->arguments, err);
    if (r < 0)
        return r;
    if (strcmp(call->method, "GET") == 0) {
        if (form.length)
            add_query(call, buffer_text(&form));
        return 0;
    }
    buffer_add(&call->body, buffer_text(&form), form.length);
    call->has_body = true;
    if (!is_text && !has_header(call, "Content-Type"))
        add_header_take(call, "Content-Type", mem_strdup("application/x-www-form-urlencoded"));
    return 0;
}

static int resolve(const struct provider_call *from, const char *name, json_t **ret_value,
                   struct chaos_error *err)
{
    const json_t *value = json_object_get(json_object_get(from->activity, "provider"), name);

    if (!value) {
        *ret_value = NULL;
        return 0;
    }
    return substitute(value, from->configuration, from->secrets, ret_value, err);
}

static int set_method(struct call *call, const json_t *method, struct chaos_error *err)
{
    if (method && !json_is_string(method))
        return chaos_error_set(err, CHAOS_E_INVALID, "method must be text, not a %s",
                               value_type_name(method));
    call->method = mem_strdup(method ? json_string_value(method) : "GET");
    for (char *c = call->method; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return 0;
}

/* compat: arguments are left alone, "$$" too, when there is nothing to substitute from. */
static int set_resolved(struct call *call, const struct provider_call *from, json_t **ret_headers,
                        struct chaos_error *err)
{
    const json_t *provider = json_object_get(from->activity, "provider");
    AUTO(json) json_t *url = NULL;
    AUTO(json) json_t *timeout = NULL;
    int r;

    r = resolve(from, "url", &url, err);
    if (r == 0)
        r = resolve(from, "headers", ret_headers, err);
    if (r == 0)
        r = resolve(from, "timeout", &timeout, err);
    if (r < 0)
        return r;
    call->url = pytext_of(url);
    if (value_is_true(from->configuration) || value_is_true(from->secrets)) {
        r = resolve(from, "arguments", &call->arguments, err);
        if (r < 0)
            return r;
    } else {
        call->arguments = json_incref(json_object_get(provider, "arguments"));
    }
    r = set_headers(call, *ret_headers, err);
    if (r < 0)
        return r;
    return set_timeouts(call, timeout, err);
}

static int prepare(struct call *call, const struct provider_call *from, struct chaos_error *err)
{
    const json_t *provider = json_object_get(from->activity, "provider");
    AUTO(json) json_t *headers = NULL;
    int r;

    call->flags = HTTP_FRESH_CONNECTION;
    set_verification(call, json_object_get(provider, "verify_tls"));
    r = set_method(call, json_object_get(provider, "method"), err);
    if (r == 0)
        r = set_retries(call, json_object_get(provider, "max_retries"), err);
    if (r == 0)
        r = set_resolved(call, from, &headers, err);
    if (r == 0)
        r = set_arguments(call, headers, err);
    return r;
}

static void report_failure(const struct call *call, enum http_failure failure,
                           const struct chaos_error *err, struct call_result *result)
{
    AUTO(str) char *url = http_url_masked(call->url);

    if (failure == HTTP_FAILED_CANCELLED)
        call_set(result, CALL_CANCELLED, "the request to %s was stopped", url);
    else if (failure == HTTP_FAILED_TIMEOUT)
        call_set(result, CALL_FAILED, "activity took too long to complete");
    else if (failure == HTTP_FAILED_URL || err->code == CHAOS_E_INVALID)
        call_set(result, CALL_CRASHED, "%s", chaos_error_text(err));
    else if (failure == HTTP_FAILED_LIMIT || failure == HTTP_FAILED_OTHER)
        call_set(result, CALL_FAILED, "failed to read the answer of %s: %s", url,
                 chaos_error_text(err));
    else
        call_set(result, CALL_FAILED, "failed to connect to %s: %s", url, chaos_error_text(err));
}

static void report_answer(const struct provider_call *from, const struct http_response *response,
                          struct call_result *result)
{
    const char *name = json_string_value(json_object_get(from->activity, "name"));
    AUTO(str) char *warning = NULL;

    result->status = CALL_SUCCEEDED;
    result->output = http_result_new(response, &warning);
    if (warning)
        log_warning("'%s': %s", name ? name : "http", warning);
    /* In a hypothesis the status may be just what is hoped for. */
    if (response->status > 399 && !json_object_get(from->activity, "tolerance"))
        log_warning("'%s': the answer has status %ld, so the request may not have done its work",
                    name ? name : "http", response->status);
}

static void call_http(void *self, const struct provider_call *from, struct call_result *result)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(call) struct call call = { 0 };
    AUTO(http_response) struct http_response response = { 0 };
    enum http_failure failure = HTTP_FAILED_NOT;
    struct http_client *client;
    struct http_request request;
    int r;

    if (prepare(&call, from, &err) < 0) {
        call_set(result, CALL_CRASHED, "%s", chaos_error_text(&err));
        return;
    }
    client = take_client(self);
    request = (struct http_request){
        .method = call.method,
        .url = call.url,
        .headers = call.headers,
        .n_headers = call.n_headers,
        .body = call.has_body ? buffer_text(&call.body) : NULL,
        .body_length = call.body.length,
        .connect_timeout_ms = call.connect_timeout_ms,
        .read_timeout_ms = call.read_timeout_ms,
        .flags = call.flags,
        .ca_path = call.ca_path,
        .max_retries = call.max_retries,
    };
    r = http_request(client, &request, from->cancel, &response, &failure, &err);
    give_client(self, client);
    if (r < 0)
        report_failure(&call, failure, &err, result);
    else
        report_answer(from, &response, result);
}

static int check_http(void *self UNUSED, const json_t *activity, struct chaos_error *err)
{
    const json_t *provider = json_object_get(activity, "provider");
    const json_t *headers = json_object_get(provider, "headers");
    const char *name = json_string_value(json_object_get(activity, "name"));

    if (!value_is_true(json_object_get(provider, "url")))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "activity '%s': its http provider needs a 'url'", name ? name : "");
    if (value_is_true(headers) && !json_is_object(headers))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "activity '%s': 'headers' of its http provider must be a mapping, "
                               "not a %s",
                               name ? name : "", value_type_name(headers));
    return 0;
}

void http_provider_init(struct provider *ret_provider)
{
    struct http_provider *self = mem_zero(1, sizeof(*self));

    pthread_mutex_init(&self->lock, NULL);
    *ret_provider =
        (struct provider){ .type = "http", .self = self, .check = check_http, .call = call_http };
}

void http_provider_clear(struct provider *provider)
{
    struct http_provider *self = provider->self;

    if (!self)
        return;
    while (self->n_idle)
        http_client_free(self->idle[--self->n_idle]);
    pthread_mutex_destroy(&self->lock);
    free(self);
    *provider = (struct provider){ 0 };
}
