/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/customize.h"

#include <string.h>

#include "aws/base64.h"
#include "aws/uri.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "net/digest.h"
#include "value/json.h"

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void set_base64(json_t *params, const char *key, const void *data, size_t length)
{
    AUTO(buffer) struct buffer text = { 0 };

    base64_encode(&text, data, length);
    json_object_set_new(params, key, json_string(buffer_text(&text)));
}

/* Bucket names as S3 has ever allowed them, or the ARN of an access point. */
static int check_bucket(const json_t *params, struct chaos_error *err)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    const char *bucket = text_of(params, "Bucket");

    if (!bucket || str_starts(bucket, "arn:"))
        return 0;
    if (*bucket && strlen(bucket) <= 255 && strspn(bucket, allowed) == strlen(bucket))
        return 0;
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "Parameter validation failed: Invalid bucket name \"%s\": 1 to 255 "
                           "letters, digits, '.', '-' and '_', or the ARN of an access point",
                           bucket);
}

/* A customer's encryption key travels in base64, with its MD5. */
static int encode_customer_key(json_t *params, const char *prefix, struct chaos_error *err)
{
    AUTO(str) char *name = mem_printf("%sSSECustomerKey", prefix);
    AUTO(str) char *md5_name = mem_printf("%sMD5", name);
    AUTO(str) char *key = mem_strdup(text_of(params, name));
    unsigned char hash[DIGEST_MD5_SIZE];
    int r;

    if (!key || json_object_get(params, md5_name))
        return 0;
    r = digest_compute(DIGEST_MD5, key, strlen(key), hash, err);
    if (r < 0)
        return r;
    set_base64(params, name, key, strlen(key));
    set_base64(params, md5_name, hash, sizeof(hash));
    return 0;
}

/* "bucket/key?versionId=v" travels escaped; the version does not. */
static void escape_copy_source(json_t *params)
{
    const char *source = text_of(params, "CopySource");
    const char *version = source ? strstr(source, "?versionId=") : NULL;
    AUTO(buffer) struct buffer out = { 0 };

    if (!source)
        return;
    uri_escape(&out, source, version ? (size_t)(version - source) : strlen(source),
               URI_ESCAPE_KEEP_PATH);
    if (version)
        buffer_add_text(&out, version);
    json_object_set_new(params, "CopySource", json_string(buffer_text(&out)));
}

static bool is_listing(const struct aws_operation *operation)
{
    static const char *const names[] = { "ListObjects", "ListObjectsV2", "ListObjectVersions",
                                         NULL };

    return strcmp(operation->service.name, "s3") == 0 && str_in(operation->name, names);
}

static int customize_s3(const struct aws_operation *operation, json_t *params,
                        struct chaos_error *err)
{
    int r = check_bucket(params, err);

    if (r == 0)
        r = encode_customer_key(params, "", err);
    if (r == 0)
        r = encode_customer_key(params, "CopySource", err);
    escape_copy_source(params);
    /* Keys with control characters do not survive XML: ask for them escaped. */
    if (r == 0 && is_listing(operation) && !json_object_get(params, "EncodingType"))
        json_object_set_new(params, "EncodingType", json_string("url"));
    return r;
}

/* "/hostedzone/Z1", as Route 53 itself writes ids, means "Z1". */
static void strip_ids(const struct aws_operation *operation, json_t *params)
{
    const struct aws_shape *shape = &operation->input.shape;

    for (size_t i = 0; i < aws_shape_member_count(shape); i++) {
        struct aws_member member = aws_shape_member(shape, i);
        const char *id = text_of(params, member.name);
        const char *slash = id && str_ends(member.name, "Id") ? strrchr(id, '/') : NULL;

        if (slash) {
            AUTO(str) char *plain = mem_strdup(slash + 1);

            json_object_set_new(params, member.name, json_string(plain));
        }
    }
}

/* The text that an instance gets travels in base64. */
static void encode_user_data(json_t *params)
{
    AUTO(str) char *data = mem_strdup(text_of(params, "UserData"));

    if (data)
        set_base64(params, "UserData", data, strlen(data));
}

static bool is_operation(const struct aws_operation *operation, const char *service,
                         const char *name)
{
    return strcmp(operation->service.name, service) == 0 && strcmp(operation->name, name) == 0;
}

int customize_params(const struct aws_operation *operation, json_t *params, struct chaos_error *err)
{
    const char *service = operation->service.name;

    if (strcmp(service, "s3") == 0)
        return customize_s3(operation, params, err);
    if (strcmp(service, "route53") == 0)
        strip_ids(operation, params);
    if (is_operation(operation, "ec2", "RunInstances") ||
        is_operation(operation, "autoscaling", "CreateLaunchConfiguration"))
        encode_user_data(params);
    return 0;
}

void customize_request(const struct aws_operation *operation, struct aws_request *request)
{
    if (strcmp(operation->service.name, "glacier") == 0)
        aws_header_set(&request->headers, "x-amz-glacier-version", operation->service.api_version);
    if (strcmp(operation->service.name, "apigateway") == 0)
        aws_header_set(&request->headers, "Accept", "application/json");
}

static void unescape_member(json_t *object, const char *name)
{
    const char *text = text_of(object, name);
    AUTO(buffer) struct buffer plain = { 0 };
    json_t *value;

    if (!text)
        return;
    uri_unescape(&plain, text, strlen(text), URI_ESCAPE_FORM);
    value = json_string(buffer_text(&plain));
    if (value)
        json_object_set_new(object, name, value);
}

static void unescape_items(json_t *value, const char *list, const char *name)
{
    size_t index;
    json_t *item;

    json_array_foreach (json_object_get(value, list), index, item)
        unescape_member(item, name);
}

static void unescape_listing(json_t *value)
{
    static const char *const names[] = { "Delimiter", "Marker",        "NextMarker", "Prefix",
                                         "KeyMarker", "NextKeyMarker", "StartAfter" };

    if (!text_of(value, "EncodingType") || strcmp(text_of(value, "EncodingType"), "url") != 0)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        unescape_member(value, names[i]);
    unescape_items(value, "Contents", "Key");
    unescape_items(value, "Versions", "Key");
    unescape_items(value, "DeleteMarkers", "Key");
    unescape_items(value, "CommonPrefixes", "Prefix");
}

/* The policies of IAM are escaped JSON in a text: what they say takes its place. */
static void unescape_policies(json_t *value)
{
    static const char *const names[] = { "AssumeRolePolicyDocument",
                                         "AssumeRolePolicyDocumentTemplate", "Document",
                                         "PolicyDocument", NULL };
    const char *key;
    json_t *item;
    size_t i;

    json_array_foreach (value, i, item)
        unescape_policies(item);
    json_object_foreach (value, key, item) {
        const char *text = str_in(key, names) ? json_string_value(item) : NULL;
        AUTO(chaos_error) struct chaos_error ignored = { 0 };
        AUTO(buffer) struct buffer plain = { 0 };
        json_t *policy;

        unescape_policies(item);
        if (!text)
            continue;
        uri_unescape(&plain, text, strlen(text), URI_ESCAPE_ALL);
        if (json_parse(buffer_text(&plain), plain.length, &policy, &ignored) == 0)
            json_object_iter_set_new(value, json_object_key_to_iter(key), policy);
    }
}

void customize_result(const struct aws_operation *operation, const json_t *asked, json_t *value)
{
    /* Who asked for escaped keys gets them as they are. */
    if (is_listing(operation) && !json_object_get(asked, "EncodingType"))
        unescape_listing(value);
    if (str_equal(operation->service.name, "iam"))
        unescape_policies(value);
}
