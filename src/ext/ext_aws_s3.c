// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.s3.probes and chaosaws.s3.actions.
#include "base/json_walk.h"
#include "base/str.h"
#include "ext/aws_buckets.h"
#include "ext/aws_forward.h"
#include "ext/aws_inverse.h"
#include "ext/aws_row.h"

#define S3 "s3"

static int check_bucket(const struct chaos_call *call, struct chaos_error *err)
{
    bool found = false;

    if (aws_bucket_exists(call, &found, err) < 0)
        return -(int)err->code;
    return found ? 0 : aws_fail(call, "Bucket \"{bucket_name}\" does not exist!", err);
}

static int bucket_exists(const struct chaos_call *call, json_t **ret_output,
                         struct chaos_error *err)
{
    bool found = false;

    if (aws_bucket_exists(call, &found, err) < 0)
        return -(int)err->code;
    *ret_output = json_boolean(found);
    return 0;
}

#define OBJECT AWS_PAIRS("Bucket", "bucket_name", "Key", "object_key", "VersionId", "?version_id")

/* HeadObject, where the reference reads the whole object. */
static int object_exists(const struct chaos_call *call, json_t **ret_output,
                         struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (check_bucket(call, err) < 0)
        return -(int)err->code;
    if (aws_call(call, S3, "HeadObject", aws_params(call, OBJECT), &answer, err) < 0) {
        if (!aws_refused(err))
            return -(int)err->code;
        chaos_error_clear(err);
        *ret_output = json_false();
        return 0;
    }
    *ret_output = json_true();
    return 0;
}

static int delete_object(const struct chaos_call *call, json_t **ret_output,
                         struct chaos_error *err)
{
    AUTO(json) json_t *ignored = NULL;

    (void)ret_output;
    if (check_bucket(call, err) < 0)
        return -(int)err->code;
    aws_announce(call, "Deleting the object {object_key} of the bucket {bucket_name}");
    return aws_call(call, S3, "DeleteObject", aws_params(call, OBJECT), &ignored, err);
}

/* In a bucket with versions the object is only hidden, by a mark. A version that is named goes. */
static int undo_delete_object(const struct chaos_call *call, json_t **ret_activity,
                              struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    const char *version;

    if (argument_given(call, "version_id"))
        return 0;
    if (aws_call(call, S3, "HeadObject", aws_params(call, OBJECT), &answer, err) < 0) {
        if (!aws_refused_with(err, "404"))
            return -(int)err->code;
        chaos_error_clear(err);
        return 0;
    }
    version = json_text_of(answer, "VersionId");
    if (version && !str_equal(version, "null"))
        *ret_activity = aws_inverse_one(
            S3, "DeleteObject",
            json_pack("{s:O, s:O, s:s}", "Bucket", argument(call, "bucket_name"), "Key",
                      argument(call, "object_key"), "HiddenVersionId", version));
    return 0;
}

/* "Suspended" when it never was on. */
static int read_versioning(const struct chaos_call *call, json_t **ret_answer,
                           const char **ret_status, struct chaos_error *err)
{
    if (aws_call(call, S3, "GetBucketVersioning",
                 aws_params(call, AWS_PAIRS("Bucket", "bucket_name")), ret_answer, err) < 0)
        return -(int)err->code;
    *ret_status = json_text_of(*ret_answer, "Status");
    if (!*ret_status)
        *ret_status = "Suspended";
    return 0;
}

static int toggle_versioning(const struct chaos_call *call, json_t **ret_output,
                             struct chaos_error *err)
{
    static const char *const pairs[] = { "Bucket", "bucket_name",         "MFA",
                                         "?mfa",   "ExpectedBucketOwner", "?owner",
                                         NULL };
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *ignored = NULL;
    const char *status = NULL;
    json_t *params;

    (void)ret_output;
    if (check_bucket(call, err) < 0 || read_versioning(call, &answer, &status, err) < 0)
        return -(int)err->code;
    status = str_equal(status, "Suspended") ? "Enabled" : "Suspended";
    if (argument_given(call, "status"))
        status = argument_text(call, "status");
    params = aws_params(call, pairs);
    json_object_set_new(
        params, "VersioningConfiguration",
        json_pack("{s:s, s:O*}", "Status", status, "MFADelete",
                  argument_given(call, "mfa_delete") ? argument(call, "mfa_delete") : NULL));
    chaos_log_info(call->context, "Setting the versioning of the bucket %s to %s",
                   argument_text(call, "bucket_name"), status);
    return aws_call(call, S3, "PutBucketVersioning", params, &ignored, err);
}

/* A change that needs a token of a device cannot be undone by itself. */
static int undo_toggle_versioning(const struct chaos_call *call, json_t **ret_activity,
                                  struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    const char *status = NULL;

    if (argument_given(call, "mfa"))
        return 0;
    if (read_versioning(call, &answer, &status, err) < 0)
        return -(int)err->code;
    if (!str_equal(status, argument_text(call, "status")))
        *ret_activity =
            aws_inverse_one(S3, "PutBucketVersioning",
                            json_pack("{s:O, s:{s:s}}", "Bucket", argument(call, "bucket_name"),
                                      "VersioningConfiguration", "Status", status));
    return 0;
}

#define BUCKET  REQUIRED("bucket_name", CHAOS_STRING, "name of the bucket")
#define KEY     REQUIRED("object_key", CHAOS_STRING, "key of the object")
#define VERSION OPTIONAL("version_id", CHAOS_STRING, "a version of it; null: the current one")

static const struct chaos_param bucket_params[] = { BUCKET };
static const struct chaos_param object_params[] = { BUCKET, KEY, VERSION };
static const struct chaos_param versioning_params[] = {
    BUCKET,
    OPTIONAL("mfa_delete", CHAOS_STRING, "\"Enabled\" or \"Disabled\""),
    OPTIONAL("status", CHAOS_STRING, "\"Enabled\" or \"Suspended\"; null: the other one"),
    OPTIONAL("mfa", CHAOS_STRING, "serial number and token of the MFA device"),
    OPTIONAL("owner", CHAOS_STRING, "account that must own the bucket"),
};

static const struct chaos_function probes[] = {
    PROBE(bucket_exists, bucket_params, .summary = "whether a bucket is there",
          .result = CHAOS_BOOLEAN, .result_doc = "whether the account has it"),
    PROBE(object_exists, object_params, .summary = "whether an object is in a bucket",
          .result = CHAOS_BOOLEAN, .result_doc = "whether it is, and may be read"),
};

static const struct chaos_function actions[] = {
    ACTION(delete_object, object_params, .summary = "delete an object", .result_doc = "null",
           .inverse = undo_delete_object),
    ACTION(toggle_versioning, versioning_params, .summary = "change the versioning of a bucket",
           .result_doc = "null", .inverse = undo_toggle_versioning),
};

AWS_EXTENSION_OF(ext_aws_s3_probes, "chaosaws.s3.probes", "S3 buckets, looked at", probes);
AWS_EXTENSION_OF(ext_aws_s3_actions, "chaosaws.s3.actions", "S3 buckets, acted on", actions);
