// SPDX-License-Identifier: Apache-2.0
// Key pairs: made, imported, deleted, described.
#include <string.h>

#include "aws/base64.h"
#include "cloud/filter.h"
#include "cloud/ssh_key.h"

#define KEY_NAME_MAX 255

static json_t *find_by_name(const struct cloud *cloud, const char *name)
{
    const char *id;
    json_t *record;

    json_object_foreach (cloud->tables[CLOUD_KEY_PAIR], id, record) {
        if (str_equal(json_text_of(cloud_item(record), "KeyName"), name))
            return record;
    }
    return NULL;
}

static bool name_is_free(struct cloud_call *call, const char *name)
{
    if (!*name || strlen(name) > KEY_NAME_MAX) {
        cloud_refuse(call, "InvalidParameterValue",
                     "Value (%s) for parameter KeyName is invalid. It must have 1 to %d bytes",
                     name, KEY_NAME_MAX);
        return false;
    }
    if (!find_by_name(call->cloud, name))
        return true;
    cloud_refuse(call, "InvalidKeyPair.Duplicate", "The keypair '%s' already exists.", name);
    return false;
}

/* Add the key and show it as both calls do: a new reference. */
static json_t *keep(struct cloud_call *call, const struct ssh_key *key, const char *fingerprint,
                    json_t *tags)
{
    const char *name = cloud_text(call, "KeyName");
    AUTO(str) char *id = cloud_new_id(CLOUD_KEY_PAIR);
    AUTO(str) char *now = cloud_iso_now();
    AUTO(str) char *text = ssh_key_text(key);

    cloud_add(call->cloud, CLOUD_KEY_PAIR, id,
              json_pack("{s:{s:s, s:s, s:s, s:s, s:O, s:s}, s:s}", "Item", "KeyPairId", id,
                        "KeyFingerprint", fingerprint, "KeyName", name, "KeyType",
                        key->kind == KEYPAIR_RSA ? "rsa" : "ed25519", "Tags", tags, "CreateTime",
                        now, "PublicKey", text));
    return json_pack("{s:s, s:s, s:s, s:O}", "KeyFingerprint", fingerprint, "KeyName", name,
                     "KeyPairId", id, "Tags", tags);
}

static json_t *create_key_pair(struct cloud_call *call)
{
    const char *type = cloud_text(call, "KeyType");
    const char *format = cloud_text(call, "KeyFormat");
    enum keypair_kind kind = str_equal(type, "ed25519") ? KEYPAIR_ED25519 : KEYPAIR_RSA;
    AUTO(json) json_t *tags = cloud_tags_specified(call, CLOUD_KEY_PAIR);
    AUTO(keypair) struct keypair pair = { 0 };
    AUTO(ssh_key) struct ssh_key key = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *fingerprint = NULL;
    AUTO(str) char *text = NULL;
    json_t *result;

    if (!tags || !name_is_free(call, cloud_text(call, "KeyName")))
        return NULL;
    if (type && kind == KEYPAIR_RSA && strcmp(type, "rsa") != 0)
        return cloud_refuse(call, "InvalidParameterValue",
                            "Value (%s) for parameter KeyType is invalid. It must be rsa or "
                            "ed25519",
                            type);
    if (format && strcmp(format, "pem") != 0)
        return cloud_refuse(call, "UnsupportedOperation",
                            "A lab gives private keys in the format pem only, not %s", format);
    if (keypair_generate(kind, &pair, &err) == 0 && ssh_key_of(kind, &pair, &key))
        fingerprint = ssh_key_fingerprint(&key, &pair, &err);
    if (!fingerprint)
        return cloud_refuse(call, "InternalError", "No key can be made: %s",
                            chaos_error_text(&err));
    text = ssh_key_private_text(&key, &pair, cloud_text(call, "KeyName"));
    result = keep(call, &key, fingerprint, tags);
    cloud_set_text(result, "KeyMaterial", text);
    if (!json_array_size(tags))
        json_object_del(result, "Tags");
    return result;
}

static json_t *import_key_pair(struct cloud_call *call)
{
    const char *material = cloud_text(call, "PublicKeyMaterial");
    AUTO(json) json_t *tags = cloud_tags_specified(call, CLOUD_KEY_PAIR);
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(ssh_key) struct ssh_key key = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *fingerprint = NULL;

    if (!tags || !name_is_free(call, cloud_text(call, "KeyName")))
        return NULL;
    if (!base64_decode(&text, material) || !ssh_key_parse(buffer_text(&text), text.length, &key))
        return cloud_refuse(call, "InvalidKey.Format",
                            "Key is not in valid OpenSSH public key format");
    fingerprint = ssh_key_fingerprint(&key, NULL, &err);
    return fingerprint ? keep(call, &key, fingerprint, tags)
                       : cloud_refuse(call, "InternalError", "%s", chaos_error_text(&err));
}

/* What there is not is deleted, too. */
static json_t *delete_key_pair(struct cloud_call *call)
{
    const char *name = cloud_text(call, "KeyName");
    const char *id = cloud_text(call, "KeyPairId");
    json_t *record = id ? cloud_find(call->cloud, CLOUD_KEY_PAIR, id) : NULL;
    AUTO(str) char *found = NULL;

    if (!name && !id)
        return cloud_refuse(call, "MissingParameter",
                            "The request must contain the parameter KeyName or KeyPairId");
    if (!record && name)
        record = find_by_name(call->cloud, name);
    if (!record)
        return json_pack("{s:b}", "Return", 1);
    found = mem_strdup(json_text_of(cloud_item(record), "KeyPairId"));
    cloud_drop(call->cloud, CLOUD_KEY_PAIR, found);
    return json_pack("{s:b, s:s}", "Return", 1, "KeyPairId", found);
}

static const struct cloud_filter key_filters[] = {
    { "fingerprint", "KeyFingerprint" },
    { "key-name", "KeyName" },
    { "key-pair-id", "KeyPairId" },
};

/* The records as the call wants them, with the public key or without. */
static json_t *shown(const struct cloud_call *call, const json_t *records)
{
    json_t *list = json_array();
    json_t *record;
    size_t i;

    json_array_foreach (records, i, record) {
        json_t *item = json_copy(cloud_item(record));

        if (cloud_flag(call, "IncludePublicKey", false))
            json_object_set(item, "PublicKey", json_object_get(record, "PublicKey"));
        json_array_append_new(list, json_pack("{s:o}", "Item", item));
    }
    return list;
}

static json_t *describe_key_pairs(struct cloud_call *call)
{
    AUTO(json) json_t *records = cloud_choose(call, CLOUD_KEY_PAIR, "KeyPairIds");
    const json_t *names = cloud_param(call, "KeyNames");
    json_t *name;
    size_t i;

    if (!records)
        return NULL;
    if (json_array_size(names))
        json_array_clear(records);
    json_array_foreach (names, i, name) {
        json_t *record = find_by_name(call->cloud, json_string_value(name));

        if (!record)
            return cloud_refuse(call, "InvalidKeyPair.NotFound", "The key pair '%s' does not exist",
                                json_string_value(name));
        json_array_append(records, record);
    }
    return cloud_describe_take(call, CLOUD_FILTERS(key_filters), shown(call, records), "KeyPairs");
}

static const struct cloud_action actions[] = {
    { "CreateKeyPair", create_key_pair },
    { "DeleteKeyPair", delete_key_pair },
    { "DescribeKeyPairs", describe_key_pairs },
    { "ImportKeyPair", import_key_pair },
};

const struct cloud_family cloud_family_ec2_keys = { "ec2", actions, ARRAY_SIZE(actions) };
