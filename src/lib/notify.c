// SPDX-License-Identifier: Apache-2.0
#include "lib/notify.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/http_client.h"
#include "value/ascii.h"
#include "value/pytext.h"

#define CONNECT_TIMEOUT_MS 2000
#define READ_TIMEOUT_MS    5000
#define WHOLE_TIMEOUT_S    30.0 /* ours: an endpoint that answers drop by drop holds up no run */
#define ANSWER_MAX         (1u << 20)

static const struct {
    const char *prefix;
    const char *phase;
} phases[] = {
    { "discovery-", "discovery" },
    { "init-", "init" },
    { "run-", "run" },
    { "validate-", "validate" },
};

static json_t *describe(const struct notify_event *event)
{
    const char *phase = "unknown";
    json_t *document;

    for (size_t i = 0; i < ARRAY_SIZE(phases); i++)
        if (str_starts(event->name, phases[i].prefix))
            phase = phases[i].phase;
    document = json_pack("{s:s, s:o, s:s, s:f}", "name", event->name, "payload",
                         event->payload ? json_deep_copy(event->payload) : json_null(), "phase",
                         phase, "ts", (double)clock_wall() / (double)CLOCK_NS_PER_S);
    if (event->error)
        json_object_set_new(document, "error", json_string(event->error));
    return document;
}

/* `events` of a channel: a list of names, or (as Python's "in" has it) a text that contains them;
 * nothing at all means every event. */
static bool wants(const json_t *events, const char *name)
{
    const json_t *item;
    size_t i;

    if (!value_is_true(events))
        return true;
    if (json_is_string(events))
        return strstr(json_string_value(events), name) != NULL;
    json_array_foreach (events, i, item) {
        if (json_is_string(item) && str_equal(json_string_value(item), name))
            return true;
    }
    return false;
}

static bool is_enabled(const json_t *channel, const char *key)
{
    const json_t *value = json_object_get(channel, key);

    return !value || value_is_true(value);
}

/* The headers of the channel; their texts are kept alive by `texts`. */
static size_t add_headers(json_t *wanted, json_t *texts, struct http_header *headers)
{
    size_t count = 0;
    const char *name;
    json_t *value;

    json_object_foreach (wanted, name, value) {
        AUTO(str) char *text = pytext_of(value);
        json_t *copy = json_string(text);

        json_array_append_new(texts, copy);
        headers[count++] = (struct http_header){ .name = name, .value = json_string_value(copy) };
    }
    return count;
}

static bool has_header(const struct http_header *headers, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(headers[i].name, name) == 0)
            return true;
    return false;
}

static int request_channel(const json_t *channel, const char *url, const json_t *document,
                           struct http_response *response, struct chaos_error *err)
{
    json_t *extra = json_object_get(channel, "headers");
    bool forwards = is_enabled(channel, "forward_event_payload");
    AUTO(http_client) struct http_client *client = http_client_new();
    AUTO(mem) struct http_header *headers = mem_zero(json_object_size(extra) + 1, sizeof(*headers));
    AUTO(json) json_t *texts = json_array();
    AUTO(str) char *body = forwards ? json_text_ascii(document, JSON_STYLE_LINE) : NULL;
    struct http_request request = { .method = forwards ? "POST" : "GET",
                                    .url = url,
                                    .headers = headers,
                                    .n_headers = add_headers(extra, texts, headers),
                                    .body = body,
                                    .body_length = body ? strlen(body) : 0,
                                    .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                    .read_timeout_ms = READ_TIMEOUT_MS,
                                    .deadline = clock_deadline(WHOLE_TIMEOUT_S),
                                    .body_limit = ANSWER_MAX };

    if (!is_enabled(channel, "verify_tls"))
        request.flags |= HTTP_NO_VERIFY_TLS;
    if (body && !has_header(headers, request.n_headers, "Content-Type"))
        headers[request.n_headers++] =
            (struct http_header){ .name = "Content-Type", .value = "application/json" };
    return http_request(client, &request, NULL, response, NULL, err);
}

static void send_http(const json_t *channel, const json_t *document)
{
    const char *url = json_string_value(json_object_get(channel, "url"));
    AUTO(http_response) struct http_response response = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!url || !*url)
        log_debug("A notification channel of type http has no url");
    else if (request_channel(channel, url, document, &response, &err) < 0)
        log_debug("Notification not delivered: %s", chaos_error_text(&err));
    else if (response.status >= 400)
        log_debug("The notification sent to %s was answered with status %ld", url, response.status);
}

static void send_plugin(const struct guest *guest, const json_t *channel, const json_t *document)
{
    const char *module = json_string_value(json_object_get(channel, "module"));
    const char *function = json_string_value(json_object_get(channel, "func"));

    if (!module)
        log_debug("A notification channel of type plugin has no module");
    else if (!guest || !guest->notify)
        log_debug("The notification plug-in '%s' is passed over: there is no Python", module);
    else
        guest->notify(guest->self, module, function ? function : "notify", channel, document);
}

void notify_send(const json_t *settings, const struct guest *guest,
                 const struct notify_event *event)
{
    const json_t *channels = json_object_get(settings, "notifications");
    AUTO(json) json_t *document = NULL;
    const json_t *channel;
    size_t i;

    if (!json_array_size(channels))
        return;
    document = describe(event);
    json_array_foreach (channels, i, channel) {
        const char *type = json_string_value(json_object_get(channel, "type"));

        if (!wants(json_object_get(channel, "events"), event->name))
            continue;
        if (type && str_equal(type, "http"))
            send_http(channel, document);
        else if (type && str_equal(type, "plugin"))
            send_plugin(guest, channel, document);
        else
            log_debug("A notification channel is neither of type http nor of type plugin");
    }
}
