// SPDX-License-Identifier: Apache-2.0
// The control chaosaws.s3.controls.upload: the journal goes into a bucket when a run has ended.
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "aws/uri.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "ext/aws_buckets.h"
#include "ext/aws_forward.h"
#include "ext/aws_row.h"
#include "value/json.h"
#include "value/patch.h"
#include "value/yaml.h"

/* compat: as the reference names it: also "/journal.json" in the folder "". Owned. */
static char *object_key(const struct chaos_call *call)
{
    const char *folder = argument_text(call, "dirpath");
    const char *ending = argument_given(call, "as_yaml") ? "yaml" : "json";
    size_t length = strlen(folder);
    char moment[CLOCK_ISO_SIZE] = "";
    const char *dash = "";

    while (length && folder[length - 1] == '/')
        length--;
    if (argument_given(call, "suffix_with_timestamp")) {
        clock_iso(clock_wall(), moment);
        dash = "-";
    }
    return mem_printf("%.*s/journal%s%s.%s", (int)length, folder, dash, moment, ending);
}

/* Where the object will be; owned. The reference's address names the folder twice, and nothing is
 * there. */
static int object_url(const struct chaos_call *call, const char *key, char **ret_url,
                      struct chaos_error *err)
{
    AUTO(buffer) struct buffer url = { 0 };
    AUTO(str) char *region = NULL;

    if (aws_call_region(call, &region, err) < 0)
        return -(int)err->code;
    buffer_printf(&url, "https://%s.s3.%s.amazonaws.com/", argument_text(call, "bucket_name"),
                  region);
    uri_escape(&url, key, strlen(key), URI_ESCAPE_KEEP_PATH);
    *ret_url = buffer_take(&url);
    return 0;
}

/* The changes (value/patch.h) to a journal that put the address into it. */
static json_t *url_changes(const json_t *journal, const char *url)
{
    const json_t *extra = json_object_get(journal, "extra");

    if (json_is_object(json_object_get(extra, "journal")))
        return json_pack("[[[s, s, s], s]]", "extra", "journal", "url", url);
    if (json_is_object(extra))
        return json_pack("[[[s, s], {s:s}]]", "extra", "journal", "url", url);
    return json_pack("[[[s], {s:{s:s}}]]", "extra", "journal", "url", url);
}

/* What is uploaded: the journal with its own address in it. */
static void write_journal(const struct chaos_call *call, const json_t *changes, struct buffer *out)
{
    AUTO(json) json_t *journal = json_deep_copy(argument(call, "state"));

    value_amend(journal, changes);
    if (argument_given(call, "as_yaml"))
        yaml_write(out, journal, &(const struct yaml_style){ .indent = 2, .sort_keys = true });
    else
        json_write(out, journal, JSON_STYLE_LINES);
}

/* Bodies of any size come from files: this one is in memory, and nothing of it on a disk. */
static int put_object(const struct chaos_call *call, const char *key, const struct buffer *body,
                      struct chaos_error *err)
{
    AUTO(fd) int fd = memfd_create("journal", MFD_CLOEXEC);
    AUTO(str) char *path = mem_printf("/proc/self/fd/%d", fd);
    AUTO(json) json_t *answer = NULL;

    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot keep the journal in memory");
    if (fd_write_all(fd, body->data, body->length, err) < 0)
        return -(int)err->code;
    return aws_call(call, "s3", "PutObject",
                    json_pack("{s:O, s:s, s:{s:s}}", "Bucket", argument(call, "bucket_name"), "Key",
                              key, "Body", "file", path),
                    &answer, err);
}

static int after_experiment_control(const struct chaos_call *call, json_t **ret_output,
                                    struct chaos_error *err)
{
    AUTO(str) char *key = object_key(call);
    AUTO(str) char *url = NULL;
    AUTO(json) json_t *changes = NULL;
    AUTO(buffer) struct buffer body = { 0 };
    bool found = false;

    if (aws_bucket_exists(call, &found, err) < 0)
        return -(int)err->code;
    if (!found)
        return aws_fail(call,
                        "Bucket '{bucket_name}' does not exist! Cannot upload the experiment's "
                        "results",
                        err);
    if (object_url(call, key, &url, err) < 0)
        return -(int)err->code;
    changes = url_changes(argument(call, "state"), url);
    write_journal(call, changes, &body);
    if (put_object(call, key, &body, err) < 0)
        return -(int)err->code;
    log_debug("Results were uploaded to '%s'", key);
    *ret_output = json_pack("{s:O}", "state", changes);
    return 0;
}

static const struct chaos_param params[] = {
    REQUIRED("bucket_name", CHAOS_STRING, "name of the bucket"),
    REQUIRED("dirpath", CHAOS_STRING, "folder in the bucket"),
    REQUIRED("context", CHAOS_MAPPING, "the experiment, from the run"),
    REQUIRED("state", CHAOS_MAPPING, "the journal, from the run"),
    DEFAULT("as_yaml", CHAOS_ANY, "false", "whether the journal is written as YAML"),
    DEFAULT("suffix_with_timestamp", CHAOS_ANY, "false", "whether its name has the time in it"),
};

static const struct chaos_function functions[] = {
    ACTION(after_experiment_control, params, .summary = "put the journal of a run into a bucket",
           .result = CHAOS_MAPPING, .result_doc = "the address of the journal, for the journal"),
};

AWS_EXTENSION(ext_aws_s3_upload, "chaosaws.s3.controls.upload", "the journal, kept in S3");
