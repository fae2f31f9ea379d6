// SPDX-License-Identifier: Apache-2.0
// Keys of the cloud: the owner's, those of STS, those of instances' roles. The temporary ones are
// records in cloud->sessions, which are dropped when they have expired.
#include "cloud/sessions.h"

#include <string.h>

#include "aws/timestamp.h"

#define US_PER_S INT64_C(1000000)

static const char capitals_and_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int64_t now_us(void)
{
    return clock_wall() / CLOCK_NS_PER_US;
}

static bool has_expired(const json_t *session, int64_t now)
{
    return json_integer_value(json_object_get(session, "Expires")) <= now;
}

static void drop_expired(struct cloud *cloud)
{
    int64_t now = now_us();
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(cloud->sessions, next, key, value)
    {
        if (has_expired(value, now))
            json_object_del(cloud->sessions, key);
    }
    json_object_foreach_safe(cloud->role_keys, next, key, value)
    {
        if (!json_object_get(cloud->sessions, json_string_value(value)))
            json_object_del(cloud->role_keys, key);
    }
}

static char *time_text(int64_t us, enum aws_time_format format)
{
    struct buffer text = { 0 };

    aws_timestamp_write(&text, us / US_PER_S * US_PER_S, format);
    return buffer_take(&text);
}

json_t *session_issue(struct cloud *cloud, const char *arn, const char *user_id, int64_t seconds)
{
    int64_t expires = now_us() / US_PER_S * US_PER_S + seconds * US_PER_S;
    AUTO(str) char *letters = cloud_random(capitals_and_digits, 16);
    AUTO(str) char *access_key = mem_printf("ASIA%s", letters);
    AUTO(str) char *secret = cloud_random(base64_letters, 40);
    AUTO(str) char *token = cloud_random(base64_letters, 200);
    AUTO(str) char *expiration = time_text(expires, AWS_TIME_RESULT);

    drop_expired(cloud);
    json_object_set_new(cloud->sessions, access_key,
                        json_pack("{s:s, s:s, s:I, s:s, s:s}", "SecretAccessKey", secret,
                                  "SessionToken", token, "Expires", (json_int_t)expires, "Arn", arn,
                                  "UserId", user_id));
    return json_pack("{s:s, s:s, s:s, s:s}", "AccessKeyId", access_key, "SecretAccessKey", secret,
                     "SessionToken", token, "Expiration", expiration);
}

/* The key as the caller's own pointers into the state: they live as long as it does. */
static const char *secret_of(const json_t *key, const char *access_key,
                             struct cloud_caller *ret_caller)
{
    *ret_caller = (struct cloud_caller){ .access_key = access_key,
                                         .arn = json_text_of(key, "Arn"),
                                         .user_id = json_text_of(key, "UserId"),
                                         .source_ip = "" };
    return json_text_of(key, "SecretAccessKey");
}

static const char *stored_key(const json_t *sessions, const char *access_key)
{
    return json_object_iter_key(json_object_iter_at(json_walkable(sessions), access_key));
}

const char *cloud_secret(struct cloud *cloud, const char *access_key, const char *token,
                         struct cloud_caller *ret_caller)
{
    const char *owner = json_text_of(cloud->owner_key, "AccessKeyId");
    const json_t *session;

    if (!access_key)
        return NULL;
    if (strcmp(access_key, owner) == 0)
        return token && *token ? NULL : secret_of(cloud->owner_key, owner, ret_caller);
    session = json_object_get(cloud->sessions, access_key);
    if (!session || !str_equal(token, json_text_of(session, "SessionToken")))
        return NULL;
    if (has_expired(session, now_us())) {
        drop_expired(cloud);
        return NULL;
    }
    return secret_of(session, stored_key(cloud->sessions, access_key), ret_caller);
}

char *session_role_id(const char *role)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a: the same id for the same role */
    char letters[18] = "";

    for (const char *c = role; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    for (size_t i = 0; i < sizeof(letters) - 1; i++) {
        letters[i] = capitals_and_digits[hash >> 59];
        hash = (hash ^ i) * UINT64_C(1099511628211);
    }
    return mem_printf("AROA%s", letters);
}

json_t *session_issue_role(struct cloud *cloud, const char *role, const char *name, int64_t seconds,
                           json_t **ret_user)
{
    const char *slash = strrchr(role, '/');
    const char *plain = slash ? slash + 1 : role;
    AUTO(str) char *role_id = session_role_id(plain);
    AUTO(str) char *user_id = mem_printf("%s:%s", role_id, name);
    AUTO(str)
    char *arn = mem_printf("arn:aws:sts::%s:assumed-role/%s/%s", cloud->account, plain, name);

    if (ret_user)
        *ret_user = json_pack("{s:s, s:s}", "AssumedRoleId", user_id, "Arn", arn);
    return session_issue(cloud, arn, user_id, seconds);
}

/* As EC2 does: good for six hours, and renewed while the old one is still good for a while. */
#define ROLE_SECONDS       (6 * 3600)
#define ROLE_RENEW_SECONDS (15 * 60)

/* The instance's key, renewed when that is due; borrowed. */
static const char *role_key(struct cloud *cloud, const char *instance_id, const char *role)
{
    const char *key = json_text_of(cloud->role_keys, instance_id);
    const json_t *session = key ? json_object_get(cloud->sessions, key) : NULL;
    AUTO(json) json_t *issued = NULL;

    if (session && !has_expired(session, now_us() + ROLE_RENEW_SECONDS * US_PER_S))
        return key;
    issued = session_issue_role(cloud, role, instance_id, ROLE_SECONDS, NULL);
    json_object_set(cloud->role_keys, instance_id, json_object_get(issued, "AccessKeyId"));
    return json_text_of(cloud->role_keys, instance_id);
}

json_t *cloud_role_credentials(struct cloud *cloud, const char *instance_id)
{
    const json_t *item = cloud_item(cloud_find(cloud, CLOUD_INSTANCE, instance_id));
    const char *profile = json_text_of(json_object_get(item, "IamInstanceProfile"), "Arn");
    const char *slash = profile ? strrchr(profile, '/') : NULL;
    AUTO(str) char *expiration = NULL;
    AUTO(str) char *updated = NULL;
    const char *key;
    const json_t *session;
    int64_t expires;

    if (!slash || !slash[1])
        return NULL;
    key = role_key(cloud, instance_id, slash + 1);
    session = json_object_get(cloud->sessions, key);
    expires = json_integer_value(json_object_get(session, "Expires"));
    expiration = time_text(expires, AWS_TIME_ISO8601);
    updated = time_text(expires - ROLE_SECONDS * US_PER_S, AWS_TIME_ISO8601);
    return json_pack("{s:s, s:s, s:s, s:s, s:O, s:O, s:s}", "Code", "Success", "LastUpdated",
                     updated, "Type", "AWS-HMAC", "AccessKeyId", key, "SecretAccessKey",
                     json_object_get(session, "SecretAccessKey"), "Token",
                     json_object_get(session, "SessionToken"), "Expiration", expiration);
}
