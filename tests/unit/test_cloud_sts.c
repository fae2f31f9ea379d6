// SPDX-License-Identifier: Apache-2.0
// Keys that last for a while: STS and instance roles.
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_walk.h"
#include "cloud/sessions.h"
#include "tests/support/paper_cloud.h"

#define ROLE "'RoleArn': 'arn:aws:iam::000000000000:role/deploy', 'RoleSessionName': 'monday'"

static int open_paper(void **state)
{
    return paper_cloud_open(state, NULL);
}

static const char *text_in(const json_t *object, const char *key)
{
    const char *text = json_text_of(object, key);

    assert_non_null(text);
    return text;
}

static void the_owner_is_a_user_of_the_account(void **state)
{
    AUTO(json) json_t *me = paper_call(*state, "sts", "GetCallerIdentity", NULL);

    assert_string_equal(text_in(me, "Arn"), "arn:aws:iam::000000000000:user/lab");
    assert_string_equal(text_in(me, "Account"), "000000000000");
    assert_true(str_starts(text_in(me, "UserId"), "AIDA"));
}

static void the_owners_key_takes_no_token(void **state)
{
    struct paper_cloud *paper = *state;
    const json_t *key = cloud_owner_key(paper->cloud);
    const char *id = text_in(key, "AccessKeyId");
    struct cloud_caller caller;

    assert_string_equal(cloud_secret(paper->cloud, id, NULL, &caller),
                        text_in(key, "SecretAccessKey"));
    assert_null(cloud_secret(paper->cloud, id, "token", &caller));
    assert_null(cloud_secret(paper->cloud, "AKIAUNKNOWN", NULL, &caller));
    assert_null(cloud_secret(paper->cloud, NULL, NULL, &caller));
}

/* Become who the credentials say. */
static void become(struct paper_cloud *paper, const json_t *credentials)
{
    const char *secret = cloud_secret(paper->cloud, text_in(credentials, "AccessKeyId"),
                                      text_in(credentials, "SessionToken"), &paper->caller);

    assert_non_null(secret);
    assert_string_equal(secret, text_in(credentials, "SecretAccessKey"));
}

static void an_assumed_role_calls_under_its_session(void **state)
{
    AUTO(json) json_t *assumed = paper_call(*state, "sts", "AssumeRole", "{" ROLE "}");
    const json_t *user = json_object_get(assumed, "AssumedRoleUser");
    AUTO(json) json_t *me = NULL;

    assert_string_equal(text_in(user, "Arn"),
                        "arn:aws:sts::000000000000:assumed-role/deploy/monday");
    become(*state, json_object_get(assumed, "Credentials"));
    me = paper_call(*state, "sts", "GetCallerIdentity", NULL);
    assert_string_equal(text_in(me, "Arn"), text_in(user, "Arn"));
    assert_string_equal(text_in(me, "UserId"), text_in(user, "AssumedRoleId"));
}

static void a_path_is_no_part_of_the_session(void **state)
{
    AUTO(json)
    json_t *assumed = paper_call(*state, "sts", "AssumeRole",
                                 "{'RoleArn': 'arn:aws:iam::000000000000:role/a/b/deploy',"
                                 " 'RoleSessionName': 'monday', 'SourceIdentity': 'alice'}");

    assert_string_equal(text_in(json_object_get(assumed, "AssumedRoleUser"), "Arn"),
                        "arn:aws:sts::000000000000:assumed-role/deploy/monday");
    assert_string_equal(text_in(assumed, "SourceIdentity"), "alice");
}

static void a_role_keeps_its_id(void **state)
{
    AUTO(str) char *once = session_role_id("deploy");
    AUTO(str) char *again = session_role_id("deploy");
    AUTO(str) char *other = session_role_id("deploz");

    (void)state;
    assert_int_equal(strlen(once), 21);
    assert_string_equal(once, again);
    assert_string_not_equal(once, other);
}

static void a_temporary_key_needs_its_token(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *result = paper_call(paper, "sts", "GetSessionToken", NULL);
    const json_t *credentials = json_object_get(result, "Credentials");
    const char *id = text_in(credentials, "AccessKeyId");
    struct cloud_caller caller;

    assert_true(str_starts(id, "ASIA"));
    assert_null(cloud_secret(paper->cloud, id, NULL, &caller));
    assert_null(cloud_secret(paper->cloud, id, "other", &caller));
    become(paper, credentials);
    assert_string_equal(paper->caller.arn, "arn:aws:iam::000000000000:user/lab");
}

static void an_expired_key_is_forgotten(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *dead = session_issue(paper->cloud, "arn:old", "OLD", -1);
    AUTO(json) json_t *living = session_issue(paper->cloud, "arn:new", "NEW", 900);
    struct cloud_caller caller;

    assert_null(cloud_secret(paper->cloud, text_in(dead, "AccessKeyId"),
                             text_in(dead, "SessionToken"), &caller));
    become(paper, living);
    assert_int_equal(json_object_size(paper->cloud->sessions), 1);
}

static void session_credentials_get_no_session_token(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *result = paper_call(paper, "sts", "GetSessionToken", NULL);

    become(paper, json_object_get(result, "Credentials"));
    assert_string_equal(paper_refused(paper, "sts", "GetSessionToken", NULL), "AccessDenied");
    assert_int_equal(paper->fault.status, 403);
}

static void a_chained_role_lasts_an_hour_at_most(void **state)
{
    AUTO(json)
    json_t *first = paper_call(*state, "sts", "AssumeRole", "{" ROLE ", 'DurationSeconds': 43200}");
    AUTO(json) json_t *second = NULL;

    become(*state, json_object_get(first, "Credentials"));
    second = paper_call(*state, "sts", "AssumeRole", "{" ROLE ", 'DurationSeconds': 3600}");
    assert_string_equal(
        paper_refused(*state, "sts", "AssumeRole", "{" ROLE ", 'DurationSeconds': 3601}"),
        "ValidationError");
}

struct refusal {
    const char *claim;
    const char *operation;
    const char *params;
    const char *code;
};

static const struct refusal refusals[] = {
    { "a role lasts 15 minutes at least", "AssumeRole", "{" ROLE ", 'DurationSeconds': 899}",
      "ValidationError" },
    { "a role lasts 12 hours at most", "AssumeRole", "{" ROLE ", 'DurationSeconds': 43201}",
      "ValidationError" },
    { "a session token lasts 36 hours at most", "GetSessionToken", "{'DurationSeconds': 129601}",
      "ValidationError" },
    { "a session's name has two characters at least", "AssumeRole",
      "{'RoleArn': 'arn:aws:iam::000000000000:role/deploy', 'RoleSessionName': 'm'}",
      "ValidationError" },
    { "a session's name has no blanks", "AssumeRole",
      "{'RoleArn': 'arn:aws:iam::000000000000:role/deploy', 'RoleSessionName': 'm n'}",
      "ValidationError" },
    { "a role has a name", "AssumeRole",
      "{'RoleArn': 'arn:aws:iam::000000000000:role/', 'RoleSessionName': 'monday'}",
      "ValidationError" },
    { "a user is no role", "AssumeRole",
      "{'RoleArn': 'arn:aws:iam::000000000000:user/deploy', 'RoleSessionName': 'monday'}",
      "ValidationError" },
    { "another account's roles are out of reach", "AssumeRole",
      "{'RoleArn': 'arn:aws:iam::111122223333:role/deploy', 'RoleSessionName': 'monday'}",
      "AccessDenied" },
    { "a session's name must be given", "AssumeRole",
      "{'RoleArn': 'arn:aws:iam::000000000000:role/deploy'}", "ValidationError" },
    { "a policy cannot narrow a session", "AssumeRole", "{" ROLE ", 'Policy': '{}'}",
      "UnsupportedOperation" },
    { "there are no second factors", "GetSessionToken",
      "{'SerialNumber': 'arn:aws:iam::000000000000:mfa/a', 'TokenCode': '123456'}",
      "AccessDenied" },
};

static void each_refusal_has_its_code(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
        const struct refusal *refusal = &refusals[i];
        const char *code = paper_refused(*state, "sts", refusal->operation, refusal->params);

        if (strcmp(code, refusal->code) != 0)
            fail_msg("%s: %s", refusal->claim, code);
    }
}

/* An instance with what RunInstances would have recorded. */
static void add_instance(struct paper_cloud *paper, const char *id, const char *profile)
{
    json_t *record = cloud_add(paper->cloud, CLOUD_INSTANCE, id,
                               json_pack("{s:{s:s}}", "Item", "InstanceId", id));

    if (profile)
        json_object_set_new(cloud_item(record), "IamInstanceProfile",
                            json_pack("{s:s}", "Arn", profile));
}

static void an_instance_without_a_profile_has_no_credentials(void **state)
{
    struct paper_cloud *paper = *state;

    add_instance(paper, "i-1", NULL);
    assert_null(cloud_role_credentials(paper->cloud, "i-1"));
    assert_null(cloud_role_credentials(paper->cloud, "i-unknown"));
}

static void an_instances_role_calls_as_the_instance(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *shown = NULL;

    add_instance(paper, "i-1", "arn:aws:iam::000000000000:instance-profile/node");
    shown = cloud_role_credentials(paper->cloud, "i-1");
    assert_string_equal(text_in(shown, "Code"), "Success");
    assert_string_equal(text_in(shown, "Type"), "AWS-HMAC");
    assert_true(str_ends(text_in(shown, "Expiration"), "Z"));
    assert_true(strcmp(text_in(shown, "LastUpdated"), text_in(shown, "Expiration")) < 0);
    assert_string_equal(cloud_secret(paper->cloud, text_in(shown, "AccessKeyId"),
                                     text_in(shown, "Token"), &paper->caller),
                        text_in(shown, "SecretAccessKey"));
    assert_string_equal(paper->caller.arn, "arn:aws:sts::000000000000:assumed-role/node/i-1");
    assert_true(str_ends(paper->caller.user_id, ":i-1"));
}

static void role_credentials_stay_until_they_are_close_to_their_end(void **state)
{
    struct paper_cloud *paper = *state;
    AUTO(json) json_t *first = NULL;
    AUTO(json) json_t *same = NULL;
    AUTO(json) json_t *renewed = NULL;
    struct cloud_caller caller;
    json_t *session;

    add_instance(paper, "i-1", "arn:aws:iam::000000000000:instance-profile/node");
    first = cloud_role_credentials(paper->cloud, "i-1");
    same = cloud_role_credentials(paper->cloud, "i-1");
    assert_string_equal(text_in(same, "AccessKeyId"), text_in(first, "AccessKeyId"));
    session = json_object_get(paper->cloud->sessions, text_in(first, "AccessKeyId"));
    json_object_set_new(session, "Expires",
                        json_integer(clock_wall() / CLOCK_NS_PER_US + INT64_C(600000000)));
    renewed = cloud_role_credentials(paper->cloud, "i-1");
    assert_string_not_equal(text_in(renewed, "AccessKeyId"), text_in(first, "AccessKeyId"));
    assert_non_null(cloud_secret(paper->cloud, text_in(first, "AccessKeyId"),
                                 text_in(first, "Token"), &caller));
}

#define CLAIM(function) cmocka_unit_test_setup_teardown(function, open_paper, paper_cloud_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLAIM(the_owner_is_a_user_of_the_account),
        CLAIM(the_owners_key_takes_no_token),
        CLAIM(an_assumed_role_calls_under_its_session),
        CLAIM(a_path_is_no_part_of_the_session),
        CLAIM(a_role_keeps_its_id),
        CLAIM(a_temporary_key_needs_its_token),
        CLAIM(an_expired_key_is_forgotten),
        CLAIM(session_credentials_get_no_session_token),
        CLAIM(a_chained_role_lasts_an_hour_at_most),
        CLAIM(each_refusal_has_its_code),
        CLAIM(an_instance_without_a_profile_has_no_credentials),
        CLAIM(an_instances_role_calls_as_the_instance),
        CLAIM(role_credentials_stay_until_they_are_close_to_their_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
