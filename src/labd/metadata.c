// SPDX-License-Identifier: Apache-2.0
// What an instance may know of itself is a tree of values: a path walks down it, a text is an
// answer, an object a listing of its names.
#include "labd/metadata.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <sys/random.h>

#include "aws/base64.h"
#include "base/clock.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "value/json.h"

#define TTL_MAX_S 21600
/* An instance that asks for more tokens loses its oldest ones. */
#define TOKENS_MAX 64

struct metadata {
    struct cloud *cloud;
    json_t *tokens; /* instance id -> [{"Token", "Expires"}], oldest first */
};

struct metadata *metadata_new(struct cloud *cloud)
{
    struct metadata *metadata = mem_zero(1, sizeof(*metadata));

    metadata->cloud = cloud;
    metadata->tokens = json_object();
    return metadata;
}

void metadata_set_cloud(struct metadata *metadata, struct cloud *cloud)
{
    metadata->cloud = cloud;
}

void metadata_free(struct metadata *metadata)
{
    json_decref(metadata->tokens);
    free(metadata);
}

static const char *item_text(const json_t *item, const char *key)
{
    const char *text = json_text_of(item, key);

    return text ? text : "";
}

/* A leaf, where there is something to say. */
static void put(json_t *tree, const char *name, const char *text)
{
    if (text && *text)
        json_object_set_new(tree, name, json_string(text));
}

static char *group_names(const json_t *item, const char *key)
{
    struct buffer names = { 0 };
    json_t *group;
    size_t i;

    json_array_foreach (json_object_get(item, "SecurityGroups"), i, group) {
        if (i > 0)
            buffer_add_char(&names, '\n');
        buffer_add_text(&names, item_text(group, key));
    }
    return buffer_take(&names);
}

static json_t *interface_tree(const json_t *item, const json_t *interface)
{
    json_t *tree = json_object();
    AUTO(str) char *names = group_names(item, "GroupName");
    AUTO(str) char *ids = group_names(item, "GroupId");

    put(tree, "device-number", "0");
    put(tree, "interface-id", item_text(interface, "NetworkInterfaceId"));
    put(tree, "local-hostname", item_text(item, "PrivateDnsName"));
    put(tree, "local-ipv4s", item_text(item, "PrivateIpAddress"));
    put(tree, "mac", item_text(interface, "MacAddress"));
    put(tree, "owner-id", item_text(interface, "OwnerId"));
    put(tree, "public-hostname", item_text(item, "PublicDnsName"));
    put(tree, "public-ipv4s", item_text(item, "PublicIpAddress"));
    put(tree, "security-group-ids", ids);
    put(tree, "security-groups", names);
    put(tree, "subnet-id", item_text(item, "SubnetId"));
    put(tree, "vpc-id", item_text(item, "VpcId"));
    return tree;
}

/* The role has the name of the profile (the lab makes both of one). */
static const char *role_name(const json_t *item)
{
    const char *arn = json_text_of(json_object_get(item, "IamInstanceProfile"), "Arn");
    const char *slash = arn ? strrchr(arn, '/') : NULL;

    return slash ? slash + 1 : NULL;
}

static void put_role(struct metadata *metadata, const json_t *item, json_t *tree)
{
    const char *role = role_name(item);
    const json_t *profile = json_object_get(item, "IamInstanceProfile");
    AUTO(json) json_t *key = NULL;
    AUTO(json) json_t *info = NULL;
    AUTO(str) char *info_text = NULL;
    AUTO(str) char *key_text = NULL;

    if (!role)
        return;
    key = cloud_role_credentials(metadata->cloud, item_text(item, "InstanceId"));
    if (!key)
        return;
    info = json_pack("{s:s, s:s*, s:O, s:O}", "Code", "Success", "LastUpdated",
                     json_text_of(key, "LastUpdated"), "InstanceProfileArn",
                     json_object_get(profile, "Arn"), "InstanceProfileId",
                     json_object_get(profile, "Id"));
    info_text = json_text(info, JSON_STYLE_INDENT_2);
    key_text = json_text(key, JSON_STYLE_INDENT_2);
    json_object_set_new(
        tree, "iam",
        json_pack("{s:s, s:{s:s}}", "info", info_text, "security-credentials", role, key_text));
}

static json_t *meta_data_tree(struct metadata *metadata, const json_t *record)
{
    const json_t *item = json_object_get(record, "Item");
    const json_t *interface = json_array_get(json_object_get(item, "NetworkInterfaces"), 0);
    const char *zone = item_text(json_object_get(item, "Placement"), "AvailabilityZone");
    AUTO(str) char *region = mem_strndup(zone, *zone ? strlen(zone) - 1 : 0);
    AUTO(str) char *names = group_names(item, "GroupName");
    json_t *tree = json_object();

    put(tree, "ami-id", item_text(item, "ImageId"));
    put(tree, "ami-launch-index", "0");
    put(tree, "hostname", item_text(item, "PrivateDnsName"));
    put_role(metadata, item, tree);
    put(tree, "instance-action", "none");
    put(tree, "instance-id", item_text(item, "InstanceId"));
    put(tree, "instance-life-cycle", "on-demand");
    put(tree, "instance-type", item_text(item, "InstanceType"));
    put(tree, "local-hostname", item_text(item, "PrivateDnsName"));
    put(tree, "local-ipv4", item_text(item, "PrivateIpAddress"));
    put(tree, "mac", item_text(interface, "MacAddress"));
    json_object_set_new(tree, "network",
                        json_pack("{s:{s:{s:o}}}", "interfaces", "macs",
                                  item_text(interface, "MacAddress"),
                                  interface_tree(item, interface)));
    json_object_set_new(tree, "placement",
                        json_pack("{s:s, s:s, s:s}", "availability-zone", zone, "region", region,
                                  "tenancy", "default"));
    put(tree, "profile", "default-hvm");
    put(tree, "public-hostname", item_text(item, "PublicDnsName"));
    put(tree, "public-ipv4", item_text(item, "PublicIpAddress"));
    put(tree, "reservation-id", item_text(record, "ReservationId"));
    put(tree, "security-groups", names);
    json_object_set_new(tree, "services",
                        json_pack("{s:s, s:s}", "domain", "amazonaws.com", "partition", "aws"));
    json_object_set_new(tree, "tags", json_pack("{s:o}", "instance", cloud_tags(item)));
    return tree;
}

static char *identity_document(const json_t *item)
{
    const char *zone = item_text(json_object_get(item, "Placement"), "AvailabilityZone");
    const json_t *interface = json_array_get(json_object_get(item, "NetworkInterfaces"), 0);
    AUTO(str) char *region = mem_strndup(zone, *zone ? strlen(zone) - 1 : 0);
    AUTO(json)
    json_t *document =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "accountId",
                  item_text(interface, "OwnerId"), "architecture", "x86_64", "availabilityZone",
                  zone, "imageId", item_text(item, "ImageId"), "instanceId",
                  item_text(item, "InstanceId"), "instanceType", item_text(item, "InstanceType"),
                  "pendingTime", item_text(item, "LaunchTime"), "privateIp",
                  item_text(item, "PrivateIpAddress"), "region", region, "version", "2017-09-30");

    return json_text(document, JSON_STYLE_INDENT_2);
}

static json_t *whole_tree(struct metadata *metadata, const json_t *record)
{
    const json_t *item = json_object_get(record, "Item");
    AUTO(str) char *document = identity_document(item);
    AUTO(buffer) struct buffer data = { 0 };
    json_t *tree = json_pack("{s:o, s:{s:{s:s}}}", "meta-data", meta_data_tree(metadata, record),
                             "dynamic", "instance-identity", "document", document);

    if (base64_decode(&data, item_text(record, "UserData")) && data.length > 0)
        json_object_set_new(tree, "user-data", json_stringn(data.data, data.length));
    return tree;
}

static void refuse(struct http_answer *answer, int status, const char *title)
{
    answer->status = status;
    buffer_printf(&answer->body, "%d - %s\n", status, title);
    http_answer_header(answer, "Content-Type", "text/plain");
}

/* Names of a listing; those of branches end with '/'. */
static void list(const json_t *tree, struct buffer *out)
{
    const char *name;
    json_t *value;

    json_object_foreach (json_walkable(tree), name, value) {
        if (out->length)
            buffer_add_char(out, '\n');
        buffer_printf(out, "%s%s", name, json_is_object(value) ? "/" : "");
    }
}

/* "latest", "1.0" or a date; each is the newest. Moves *path behind it. */
static bool skip_version(const char **path)
{
    size_t length = strcspn(*path, "/");
    bool is_date = length == strlen("2021-01-03") && isdigit((unsigned char)**path);

    if (!is_date && strncmp(*path, "latest", length) != 0 && strncmp(*path, "1.0", length) != 0)
        return false;
    *path += length;
    *path += **path == '/';
    return length > 0;
}

static void walk(const json_t *tree, const char *path, struct http_answer *answer)
{
    while (*path && tree) {
        size_t length = strcspn(path, "/");
        AUTO(str) char *name = mem_strndup(path, length);

        if (length > 0)
            tree = json_object_get(tree, name);
        path += length;
        path += *path == '/';
    }
    if (!tree) {
        refuse(answer, 404, "Not Found");
        return;
    }
    answer->status = 200;
    http_answer_header(answer, "Content-Type", "text/plain");
    http_answer_header(answer, "Server", "EC2ws");
    if (json_is_string(tree))
        buffer_add(&answer->body, json_string_value(tree), json_string_length(tree));
    else
        list(tree, &answer->body);
}

static void issue_token(struct metadata *metadata, const char *id,
                        const struct http_request *request, struct http_answer *answer)
{
    const char *wanted = http_request_header(request, "X-aws-ec2-metadata-token-ttl-seconds");
    unsigned char bytes[42];
    struct buffer text = { 0 };
    json_t *tokens = json_object_get(metadata->tokens, id);
    char *end = NULL;
    long ttl = wanted ? strtol(wanted, &end, 10) : 0;
    AUTO(str) char *token = NULL;

    if (!wanted || !*wanted || *end || ttl < 1 || ttl > TTL_MAX_S ||
        getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes)) {
        refuse(answer, 400, "Bad Request");
        return;
    }
    base64_encode(&text, bytes, sizeof(bytes));
    token = buffer_take(&text);
    if (!tokens) {
        tokens = json_array();
        json_object_set_new(metadata->tokens, id, tokens);
    }
    if (json_array_size(tokens) >= TOKENS_MAX)
        json_array_remove(tokens, 0);
    json_array_append_new(tokens, json_pack("{s:s, s:I}", "Token", token, "Expires",
                                            (json_int_t)(clock_now() + ttl * CLOCK_NS_PER_S)));
    answer->status = 200;
    http_answer_header(answer, "Content-Type", "text/plain");
    http_answer_header(answer, "X-aws-ec2-metadata-token-ttl-seconds", wanted);
    buffer_add_text(&answer->body, token);
}

static bool token_is_good(const struct metadata *metadata, const char *id, const char *text)
{
    json_t *token;
    size_t i;

    json_array_foreach (json_object_get(metadata->tokens, id), i, token) {
        if (str_equal(json_text_of(token, "Token"), text))
            return json_integer_value(json_object_get(token, "Expires")) > clock_now();
    }
    return false;
}

/* IMDSv1, without a token, only where the instance's options leave tokens optional. */
static bool may_read(const struct metadata *metadata, const json_t *item,
                     const struct http_request *request)
{
    const char *token = http_request_header(request, "X-aws-ec2-metadata-token");
    const json_t *options = json_object_get(item, "MetadataOptions");

    if (token)
        return token_is_good(metadata, item_text(item, "InstanceId"), token);
    return strcmp(item_text(options, "HttpTokens"), "required") != 0;
}

static void read_tree(struct metadata *metadata, const json_t *record,
                      const struct http_request *request, struct http_answer *answer)
{
    AUTO(json) json_t *tree = NULL;
    const char *path = request->path + strspn(request->path, "/");

    if (!*path) {
        answer->status = 200;
        buffer_add_text(&answer->body, "1.0\n2021-01-03\nlatest");
        return;
    }
    if (!skip_version(&path)) {
        refuse(answer, 404, "Not Found");
        return;
    }
    tree = whole_tree(metadata, record);
    walk(tree, path, answer);
}

void metadata_serve(void *data, const struct http_request *request, struct http_answer *answer)
{
    struct metadata *metadata = data;
    char peer[INET_ADDRSTRLEN];
    const json_t *record;
    const json_t *item;

    inet_ntop(AF_INET, &request->peer, peer, sizeof(peer));
    record = cloud_instance_at(metadata->cloud, peer);
    item = json_object_get(record, "Item");
    /* As AWS: what a proxy passes on is not from the instance itself. */
    if (!record || http_request_header(request, "X-Forwarded-For")) {
        refuse(answer, 403, "Forbidden");
        return;
    }
    if (strcmp(request->path, "/latest/api/token") == 0) {
        if (strcmp(request->method, "PUT") == 0)
            issue_token(metadata, item_text(item, "InstanceId"), request, answer);
        else
            refuse(answer, 405, "Method Not Allowed");
        return;
    }
    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
        refuse(answer, 405, "Method Not Allowed");
    else if (!may_read(metadata, item, request))
        refuse(answer, 401, "Unauthorized");
    else
        read_tree(metadata, record, request, answer);
}
