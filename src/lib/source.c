// SPDX-License-Identifier: Apache-2.0
#include "lib/source.h"

#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/json_walk.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/http_client.h"
#include "value/json.h"
#include "value/yaml.h"

#define SOURCE_LIMIT ((size_t)256 * 1024 * 1024)

static const char *extension_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');

    return dot ? dot : "";
}

static int parse_yaml(const struct buffer *text, json_t **ret_value, struct chaos_error *err)
{
    if (yaml_parse(buffer_text(text), text->length, ret_value, err) < 0)
        return chaos_error_prefix(err, "not valid YAML");
    return 0;
}

static int parse_json(const struct buffer *text, json_t **ret_value, struct chaos_error *err)
{
    if (json_parse(buffer_text(text), text->length, ret_value, err) < 0)
        return chaos_error_prefix(err, "not valid JSON");
    return 0;
}

/* Values take about half as many times the room of their text, and those of a journal as much
 * again. What is not used costs nothing. */
#define VALUE_RATIO  30
#define LARGE_SOURCE ((size_t)64 * 1024)

static int load_file(const char *path, json_t **ret_value, struct chaos_error *err)
{
    static const char *const yaml_names[] = { ".yaml", ".yml", NULL };
    const char *extension = extension_of(path);
    bool is_yaml = str_in(extension, yaml_names);
    AUTO(buffer) struct buffer text = { 0 };
    int r;

    if (!is_yaml && !str_equal(extension, ".json"))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the name of '%s' must end with .json, .yaml or .yml", path);
    r = file_read(path, &text, SOURCE_LIMIT, err);
    if (r < 0)
        return r;
    if (text.length >= LARGE_SOURCE)
        mem_expect(text.length * VALUE_RATIO);
    r = is_yaml ? parse_yaml(&text, ret_value, err) : parse_json(&text, ret_value, err);
    if (r < 0)
        return chaos_error_prefix(err, "%s", path);
    return 0;
}

/* The Authorization header for the source, or NULL: the environment wins over the settings. */
static char *find_authorization(const char *host, const json_t *settings)
{
    const char *token = getenv("CHAOSTOOLKIT_LOADER_AUTH_BEARER_TOKEN");
    const json_t *auth = json_object_get(json_object_get(settings, "auths"), host);
    const char *type = json_text_of(auth, "type");
    const char *value = json_text_of(auth, "value");

    if (token && *token) {
        AUTO(str) char *trimmed = str_trim(token);

        return mem_printf("bearer %s", trimmed);
    }
    if (auth && (!type || !value))
        log_warning("The settings' auths for '%s' need a type and a value, and are passed over",
                    host);
    return type && value ? mem_printf("%s %s", type, value) : NULL;
}

static int parse_answer(const struct http_response *response, json_t **ret_value,
                        struct chaos_error *err)
{
    const char *type = http_header_find(response, "Content-Type");
    AUTO(chaos_error) struct chaos_error not_json = { 0 };

    if (!type)
        type = "";
    if (strstr(type, "application/json"))
        return parse_json(&response->body, ret_value, err);
    if (strstr(type, "application/x-yaml") || strstr(type, "text/yaml"))
        return parse_yaml(&response->body, ret_value, err);
    if (!strstr(type, "text/plain"))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "it came as '%s': it must be application/json, application/x-yaml, "
                               "text/yaml or text/plain",
                               type);
    if (json_parse(buffer_text(&response->body), response->body.length, ret_value, &not_json) == 0)
        return 0;
    return parse_yaml(&response->body, ret_value, err);
}

static int fetch(const char *url, const char *host, const struct source_options *options,
                 struct http_response *response, struct chaos_error *err)
{
    AUTO(http_client) struct http_client *client = http_client_new();
    AUTO(str) char *authorization = find_authorization(host, options->settings);
    struct http_header headers[] = {
        { "Accept", "application/json, application/x-yaml" },
        { "Authorization", authorization },
    };
    struct http_request request = {
        .method = "GET",
        .url = url,
        .headers = headers,
        .n_headers = authorization ? 2 : 1,
        .flags = options->no_verify_tls ? HTTP_NO_VERIFY_TLS : 0,
        .body_limit = SOURCE_LIMIT,
    };

    return http_request(client, &request, options->cancel, response, NULL, err);
}

static int load_url(const char *url, const struct source_options *options, json_t **ret_value,
                    struct chaos_error *err)
{
    const char *start = strstr(url, "://") + 3;
    AUTO(str) char *host = mem_strndup(start, strcspn(start, "/?#"));
    AUTO(http_response) struct http_response response = { 0 };

    if (fetch(url, host, options, &response, err) < 0)
        return chaos_error_prefix(err, "Failed to fetch the experiment");
    if (response.status != 200)
        return chaos_error_set(
            err, CHAOS_E_REMOTE,
            "Failed to fetch the experiment: %s answered with status %ld: %.200s", url,
            response.status, buffer_text(&response.body));
    log_debug("Fetched the experiment from %s:\n%s", url, buffer_text(&response.body));
    if (parse_answer(&response, ret_value, err) < 0)
        return chaos_error_prefix(err, "the experiment at %s", url);
    return 0;
}

int source_load(const char *source, const struct source_options *options, json_t **ret_value,
                struct chaos_error *err)
{
    struct stat info;
    const char *colon;
    AUTO(str) char *scheme = NULL;

    if (stat(source, &info) == 0)
        return load_file(source, ret_value, err);
    colon = strstr(source, "://");
    if (!colon)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "Path \"%s\" does not exist", source);
    scheme = mem_strndup(source, (size_t)(colon - source));
    if (!str_equal(scheme, "http") && !str_equal(scheme, "https"))
        return chaos_error_set(
            err, CHAOS_E_INVALID,
            "'%s' is not a supported scheme of a source: it can be http or https", scheme);
    return load_url(source, options, ret_value, err);
}
