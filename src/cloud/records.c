// SPDX-License-Identifier: Apache-2.0
// Records of resources: ids, finding them by the ids of a call, names of this account.
#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>

#include "aws/timestamp.h"
#include "cloud/state.h"

const struct cloud_kind_info cloud_kinds[CLOUD_KIND_COUNT] = {
#define KIND(id, table, prefix, type, unknown) [CLOUD_##id] = { table, prefix, type, unknown },
#include "cloud/kinds.list"
#undef KIND
};

/* EC2's ids have 17 digits since 2016. */
#define ID_DIGITS 17

char *cloud_random(const char *alphabet, size_t length)
{
    char *text = mem_alloc(length + 1);
    size_t n = strlen(alphabet);

    /* The first 256 bytes come whole or not at all (getrandom(2)). */
    for (size_t done = 0; done < length;) {
        unsigned char bytes[64];
        size_t i;

        if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
            memset(bytes, 0, sizeof(bytes));
        for (i = 0; i < sizeof(bytes) && done < length; i++)
            text[done++] = alphabet[bytes[i] % n];
    }
    text[length] = '\0';
    return text;
}

char *cloud_new_id(enum cloud_kind kind)
{
    AUTO(str) char *digits = cloud_random("0123456789abcdef", ID_DIGITS);

    return mem_printf("%s%s", cloud_kinds[kind].prefix, digits);
}

/* Of most resources AWS shows an empty list, of these nothing. */
static void hide_no_tags(enum cloud_kind kind, json_t *item)
{
    if ((kind == CLOUD_INSTANCE || kind == CLOUD_VOLUME) &&
        !json_array_size(json_object_get(item, "Tags")))
        json_object_del(item, "Tags");
}

json_t *cloud_add(struct cloud *cloud, enum cloud_kind kind, const char *id, json_t *record)
{
    hide_no_tags(kind, cloud_item(record));
    json_object_set_new(cloud->tables[kind], id, record);
    return record;
}

json_t *cloud_find(const struct cloud *cloud, enum cloud_kind kind, const char *id)
{
    return json_object_get(cloud->tables[kind], id);
}

void cloud_drop(struct cloud *cloud, enum cloud_kind kind, const char *id)
{
    json_object_del(cloud->tables[kind], id);
}

json_t *cloud_item(const json_t *record)
{
    return json_object_get(record, "Item");
}

void cloud_set_text(json_t *item, const char *key, const char *value)
{
    json_object_set_new(item, key, json_string(value));
}

char *cloud_iso_now(void)
{
    struct buffer text = { 0 };

    aws_timestamp_write(&text, clock_wall() / CLOCK_NS_PER_S * 1000000, AWS_TIME_RESULT);
    return buffer_take(&text);
}

/* "InvalidInstanceID.NotFound" -> "InvalidInstanceID.Malformed" */
static char *malformed_code(enum cloud_kind kind)
{
    const char *code = cloud_kinds[kind].unknown;

    if (kind == CLOUD_GROUP)
        return mem_strdup("InvalidGroupId.Malformed");
    if (kind == CLOUD_VOLUME)
        return mem_strdup("InvalidVolumeID.Malformed");
    return mem_printf("%.*s.Malformed", (int)strcspn(code, "."), code);
}

static bool is_well_formed(enum cloud_kind kind, const char *id)
{
    const char *prefix = cloud_kinds[kind].prefix;
    size_t length;

    if (!str_starts(id, prefix))
        return false;
    id += strlen(prefix);
    length = strspn(id, "0123456789abcdef");
    return id[length] == '\0' && (length == 8 || length == ID_DIGITS);
}

json_t *cloud_unknown(struct cloud_call *call, enum cloud_kind kind, const char *id)
{
    static const char *const nouns[CLOUD_KIND_COUNT] = {
        [CLOUD_INSTANCE] = "instance ID",
        [CLOUD_ADDRESS] = "allocation ID",
        [CLOUD_VPC] = "vpc ID",
        [CLOUD_SUBNET] = "subnet ID",
        [CLOUD_GROUP] = "security group",
        [CLOUD_RULE] = "security group rule",
        [CLOUD_VOLUME] = "volume",
        [CLOUD_IMAGE] = "image id",
        [CLOUD_KEY_PAIR] = "key pair",
        [CLOUD_TEMPLATE] = "launch template",
        [CLOUD_SCALING_GROUP] = "Auto Scaling group",
        [CLOUD_LAUNCH_CONFIGURATION] = "launch configuration",
        [CLOUD_ACTIVITY] = "activity",
    };
    AUTO(str) char *malformed = malformed_code(kind);
    bool is_named = cloud_kinds[kind].prefix[0] == '\0';

    if (!id)
        return cloud_refuse(call, "MissingParameter", "The request must contain the id of a %s",
                            nouns[kind]);
    if (!is_named && !is_well_formed(kind, id))
        return cloud_refuse(call, malformed, "Invalid id: \"%s\"", id);
    return cloud_refuse(call, cloud_kinds[kind].unknown, "The %s '%s' does not exist", nouns[kind],
                        id);
}

static json_t *all_records(const struct cloud *cloud, enum cloud_kind kind)
{
    json_t *records = json_array();
    const char *id;
    json_t *record;

    json_object_foreach (cloud->tables[kind], id, record)
        json_array_append(records, record);
    return records;
}

json_t *cloud_choose(struct cloud_call *call, enum cloud_kind kind, const char *ids)
{
    const json_t *wanted = cloud_param(call, ids);
    AUTO(json) json_t *records = NULL;
    json_t *id;
    size_t i;

    if (!json_array_size(wanted))
        return all_records(call->cloud, kind);
    records = json_array();
    json_array_foreach (wanted, i, id) {
        json_t *record = cloud_find(call->cloud, kind, json_string_value(id));

        if (!record)
            return cloud_unknown(call, kind, json_string_value(id));
        json_array_append(records, record);
    }
    return STEAL(records);
}

char *cloud_arn(const struct cloud *cloud, const char *service, const char *rest)
{
    return mem_printf("arn:aws:%s:%s:%s:%s", service, cloud->region, cloud->account, rest);
}

char *cloud_zone_name(const struct cloud *cloud, size_t index)
{
    return mem_printf("%s%c", cloud->region, (char)('a' + index));
}

/* us-east-1 is "use1", ap-southeast-2 "apse2": of each word the beginning. */
char *cloud_zone_id(const struct cloud *cloud, size_t index)
{
    static const char *const words[] = { "north", "south", "east", "west", "central" };
    size_t first = strcspn(cloud->region, "-");
    const char *rest = cloud->region + first;
    AUTO(buffer) struct buffer text = { 0 };

    buffer_add(&text, cloud->region, first);
    while (*rest) {
        size_t skip = 1;

        for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
            if (str_starts(rest, words[i]))
                skip = strlen(words[i]);
        }
        if (*rest != '-')
            buffer_add_char(&text, *rest);
        rest += skip;
    }
    buffer_printf(&text, "-az%zu", index + 1);
    return buffer_take(&text);
}

int cloud_zone_index(const struct cloud *cloud, const char *zone)
{
    for (size_t i = 0; i < cloud->n_zones; i++) {
        AUTO(str) char *name = cloud_zone_name(cloud, i);

        if (strcmp(name, zone) == 0)
            return (int)i;
    }
    return -1;
}

void cloud_event(const struct cloud *cloud, const char *event, const char *resource, ...)
{
    AUTO(json) json_t *record = NULL;
    char now[CLOCK_ISO_SIZE];
    const char *key;
    va_list args;

    if (!cloud->host.event)
        return;
    record = json_pack("{s:s, s:s, s:s}", "time", clock_iso(clock_wall(), now), "event", event,
                       "resource", resource);
    va_start(args, resource);
    while ((key = va_arg(args, const char *))) {
        const char *value = va_arg(args, const char *);

        json_object_set_new(record, key, value ? json_string(value) : json_null());
    }
    va_end(args);
    cloud->host.event(cloud->host.data, record);
}

static json_t *token_slot(struct cloud_call *call, const char *name, char **ret_key)
{
    const char *token = cloud_text(call, name);

    if (!token || !*token)
        return NULL;
    *ret_key = mem_printf("%s/%s", call->operation->name, token);
    return json_object_get(call->cloud->tokens, *ret_key);
}

bool cloud_token_seen(struct cloud_call *call, const char *name, json_t **ret_again)
{
    AUTO(str) char *key = NULL;
    const json_t *slot = token_slot(call, name, &key);

    *ret_again = NULL;
    if (!slot)
        return true;
    if (!json_equal(json_object_get(slot, "Params"), call->params)) {
        cloud_refuse(call, "IdempotentParameterMismatch",
                     "The request uses the same client token as a previous, but non-identical "
                     "request. Do not reuse a client token with different requests, unless the "
                     "requests are identical");
        return false;
    }
    *ret_again = json_deep_copy(json_object_get(slot, "Result"));
    return true;
}

/* AWS forgets a token a day after its call. */
#define TOKENS_MAX 1000

void cloud_token_keep(struct cloud_call *call, const char *name, const json_t *result)
{
    json_t *tokens = call->cloud->tokens;
    AUTO(str) char *key = NULL;

    if (json_object_size(tokens) >= TOKENS_MAX) /* the oldest one */
        json_object_del(tokens, json_object_iter_key(json_object_iter(tokens)));
    if (!token_slot(call, name, &key) && key)
        json_object_set_new(call->cloud->tokens, key,
                            json_pack("{s:o, s:o}", "Params", json_deep_copy(call->params),
                                      "Result", json_deep_copy(result)));
}
