/* SPDX-License-Identifier: Apache-2.0 */
/* Any requests, one a line, are answered or refused, and what they leave can be snapshotted and
 * restored. A line is the service's letter (e, a, s) and the form that EC2, Auto Scaling or STS
 * would be sent; "~a" in it is the id of the newest instance, "~b" of the newest address, in the
 * order of kinds.list. A line that begins with '{' is a snapshot with its checksum put right. */
#include <stdint.h>
#include <string.h>

#include "aws/codec.h"
#include "cloud/state.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINES_MAX 40

static struct aws_models *models(void)
{
    static struct aws_models *own;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!own && aws_models_open_own(&own, &err) < 0) {
        fprintf(stderr, "%s\n", chaos_error_text(&err));
        exit(1);
    }
    return own;
}

static int boot(void *data, const json_t *record, struct chaos_error *err)
{
    json_int_t index = json_integer_value(json_object_get(cloud_item(record), "AmiLaunchIndex"));

    (void)data;
    return index == 3 ? chaos_error_set(err, CHAOS_E_IO, "this one does not boot") : 0;
}

static void secure(void *data, const char *instance_id)
{
    AUTO(json) json_t *rules = cloud_rules(*(struct cloud **)data, instance_id);

    if (!json_is_array(rules))
        abort();
}

static const struct cloud_host *paper_host(struct cloud **cloud)
{
    static struct cloud_host host = { .boot = boot, .secure = secure };

    host.data = cloud;
    return &host;
}

static struct cloud *new_cloud(struct cloud **slot)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct cloud_options options = { .models = models(), .host = paper_host(slot) };

    if (cloud_new(&options, slot, &err) < 0)
        abort();
    return *slot;
}

static const char *newest(const struct cloud *cloud, size_t kind)
{
    const char *newest_id = "";
    const char *id;
    json_t *record;

    json_object_foreach (cloud->tables[kind], id, record)
        newest_id = id;
    return newest_id;
}

/* The line with its "~x" replaced, owned. */
static char *filled_in(const struct cloud *cloud, const char *line, size_t length)
{
    struct buffer text = { 0 };

    for (size_t i = 0; i < length; i++) {
        size_t kind = i + 1 < length ? (size_t)(unsigned char)line[i + 1] - 'a' : CLOUD_KIND_COUNT;

        if (line[i] == '~' && kind < CLOUD_KIND_COUNT) {
            buffer_add_text(&text, newest(cloud, kind));
            i++;
        } else {
            buffer_add_char(&text, line[i]);
        }
    }
    return buffer_take(&text);
}

static void answer(const struct aws_operation *operation, const json_t *result,
                   const struct cloud_fault *fault)
{
    AUTO(aws_response) struct aws_response response = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_fault told = { .code = fault->code, .message = fault->message };
    int r;

    if (!result == !fault->code || (fault->code && !*fault->message))
        abort();
    r = result ? aws_response_encode(operation, result, "id", &response, &err)
               : aws_fault_encode(operation, &told, "id", &response, &err);
    if (r < 0)
        chaos_error_clear(&err); /* text that XML cannot carry */
}

static void request(struct cloud *cloud, const char *service_name, const char *form)
{
    const struct cloud_caller caller = { "AKIA", "arn:aws:iam::000000000000:user/lab", "AIDA",
                                         "127.0.0.1" };
    AUTO(aws_request) struct aws_request message = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(cloud_fault) struct cloud_fault fault = { 0 };
    AUTO(json) json_t *params = NULL;
    AUTO(json) json_t *result = NULL;
    struct aws_service service;
    struct aws_operation operation;

    message.method = mem_strdup("POST");
    message.path = mem_strdup("/");
    message.query = mem_strdup("");
    uri_pairs_add(&message.headers, "Content-Type", "application/x-www-form-urlencoded");
    buffer_add_text(&message.body, form);
    if (aws_service_find(models(), service_name, &service, &err) < 0)
        abort();
    if (aws_request_decode(&service, &message, &operation, &params, &err) < 0)
        return;
    result = cloud_call(cloud, &caller, &operation, params, &fault);
    answer(&operation, result, &fault);
}

static void restore(const char *text)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(chaos_error) struct chaos_error again = { 0 };
    AUTO(json) json_t *snapshot = NULL;
    struct cloud *slot = NULL;
    AUTO(cloud) struct cloud *cloud = new_cloud(&slot);
    const char *sum;

    if (json_parse(text, strlen(text), &snapshot, &err) < 0 || !json_is_object(snapshot))
        return;
    if (cloud_restore(cloud, snapshot, &err) == 0)
        return;
    sum = strstr(chaos_error_text(&err), "should be ");
    if (!sum)
        return;
    cloud_set_text(snapshot, "Checksum", sum + strlen("should be "));
    if (cloud_restore(cloud, snapshot, &again) == 0)
        cloud_tick(cloud, clock_now() + 10 * CLOCK_NS_PER_S);
}

/* Whatever calls made of it, a cloud's own snapshot is sound. */
static void come_back(const struct cloud *cloud)
{
    AUTO(json) json_t *snapshot = cloud_snapshot(cloud);
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct cloud *slot = NULL;
    AUTO(cloud) struct cloud *again = new_cloud(&slot);

    if (cloud_restore(again, snapshot, &err) < 0) {
        fprintf(stderr, "%s\n", chaos_error_text(&err));
        abort();
    }
    cloud_tick(again, clock_now() + 10 * CLOCK_NS_PER_S);
}

static void play(struct cloud *cloud, const char *line, size_t length)
{
    AUTO(str) char *text = filled_in(cloud, line, length);

    switch (text[0]) {
    case 'e':
        request(cloud, "ec2", text + 1);
        break;
    case 'a':
        request(cloud, "autoscaling", text + 1);
        break;
    case 's':
        request(cloud, "sts", text + 1);
        break;
    case '{':
        restore(text);
        break;
    default:
        return;
    }
    /* What takes some time is over before the next line. */
    cloud_tick(cloud, clock_now() + 2 * CLOCK_NS_PER_S);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cloud *slot = NULL;
    AUTO(cloud) struct cloud *cloud = new_cloud(&slot);
    const char *text = (const char *)data;
    size_t lines = 0;

    while (size > 0 && lines++ < LINES_MAX) {
        const char *end = memchr(text, '\n', size);
        size_t length = end ? (size_t)(end - text) : size;

        play(cloud, text, length);
        text += end ? length + 1 : length;
        size -= end ? length + 1 : length;
    }
    come_back(cloud);
    return 0;
}
