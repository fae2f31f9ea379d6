// SPDX-License-Identifier: Apache-2.0
// The rows of chaos.aws.inverses: what one request alone cannot undo. The write-ahead log holds
// their arguments, so they name where a secret is and read it when they are played.
#include "base/json_walk.h"
#include "base/str.h"
#include "ext/aws_forward.h"
#include "ext/aws_inverse.h"
#include "ext/aws_lists.h"
#include "ext/aws_parameter.h"
#include "ext/aws_row.h"
#include "value/jsonpath.h"

/* Between two looks at what is on its way; the deadline of the rollback ends them. */
#define WAIT_MS 5000

static bool is_done(const json_t *request, const struct chaos_error *err)
{
    json_t *code;
    size_t i;

    json_array_foreach (json_object_get(request, "done"), i, code)
        if (json_is_string(code) && aws_refused_with(err, json_string_value(code)))
            return true;
    return false;
}

/* Whether the answer has the state in which it must not stay. */
static int is_on_its_way(const json_t *answer, const json_t *state, bool *ret_is,
                         struct chaos_error *err)
{
    const char *text = json_text_of(state, "path");
    AUTO(jsonpath) struct jsonpath *path = NULL;
    AUTO(json) json_t *found = NULL;

    *ret_is = false;
    if (!text)
        return 0;
    if (jsonpath_parse(text, &path, err) < 0 || jsonpath_match(path, answer, &found, err) < 0)
        return chaos_error_prefix(err, "while.path");
    *ret_is = aws_list_holds(found, json_object_get(state, "is"));
    return 0;
}

/* One request; *ret_answer is null when there was nothing left to undo. */
static int undo_one(const struct chaos_call *call, const json_t *request, json_t **ret_answer,
                    struct chaos_error *err)
{
    const char *service = json_text_of(request, "service");
    const char *operation = json_text_of(request, "operation");
    json_t *params = json_object_get(request, "parameters");

    if (!service || !operation || !json_is_object(params))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "must have a \"service\", an \"operation\" and \"parameters\"");
    chaos_log_info(call->context, "Calling %s of %s", operation, service);
    if (aws_call(call, service, operation, json_incref(params), ret_answer, err) == 0)
        return 0;
    if (!is_done(request, err))
        return -(int)err->code;
    chaos_error_clear(err);
    *ret_answer = json_null();
    return 0;
}

static int undo_when_possible(const struct chaos_call *call, const json_t *request,
                              json_t **ret_answer, struct chaos_error *err)
{
    for (;;) {
        AUTO(json) json_t *answer = NULL;
        bool is_early;

        if (undo_one(call, request, &answer, err) < 0 ||
            is_on_its_way(answer, json_object_get(request, "while"), &is_early, err) < 0)
            return -(int)err->code;
        if (!is_early) {
            *ret_answer = STEAL(answer);
            return 0;
        }
        if (chaos_wait(call->context, -1, 0, WAIT_MS, err) < 0)
            return -(int)err->code;
    }
}

/* Each of them is made, also after one that failed: as much as can be undone is. */
static int requests(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *answers = json_array();
    json_t *request;
    size_t i;

    json_array_foreach (argument(call, "requests"), i, request) {
        AUTO(chaos_error) struct chaos_error failure = { 0 };
        AUTO(json) json_t *answer = NULL;

        if (undo_when_possible(call, request, &answer, &failure) == 0) {
            json_array_append(answers, answer);
            continue;
        }
        if (!err->message)
            chaos_error_set(err, failure.code, "requests[%zu]: %s", i, chaos_error_text(&failure));
        if (failure.code == CHAOS_E_CANCELLED)
            break;
    }
    if (err->message)
        return -(int)err->code;
    *ret_output = STEAL(answers);
    return 0;
}

/* The parameter's value, decrypted, at a version (NULL: now). */
static int read_parameter(const struct chaos_call *call, const char *version, json_t **ret_value,
                          struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(buffer) struct buffer name = { 0 };

    buffer_printf(&name, "%s%s%s", json_text_of(argument(call, "parameter"), "Name"),
                  version ? ":" : "", version ? version : "");
    if (aws_call(call, "ssm", "GetParameter",
                 json_pack("{s:s, s:b}", "Name", buffer_text(&name), "WithDecryption", 1), &answer,
                 err) < 0)
        return -(int)err->code;
    *ret_value = json_incref(json_object_get(json_object_get(answer, "Parameter"), "Value"));
    if (!*ret_value)
        return chaos_error_set(err, CHAOS_E_REMOTE, "the parameter has no value");
    return 0;
}

/* Whether nothing is to be done: the parameter is what the argument says, with the value `former`.
 */
static int is_restored(const struct chaos_call *call, const struct aws_parameter *now,
                       const json_t *former, bool *ret_is, struct chaos_error *err)
{
    AUTO(json) json_t *value = NULL;

    if (read_parameter(call, NULL, &value, err) < 0)
        return -(int)err->code;
    *ret_is = json_equal(value, former) && json_equal(now->params, argument(call, "parameter"));
    return 0;
}

static int restore_parameter(const struct chaos_call *call, json_t **ret_output,
                             struct chaos_error *err)
{
    const char *name = json_text_of(argument(call, "parameter"), "Name");
    AUTO(json) json_t *former = NULL;
    AUTO(json) json_t *params = NULL;
    AUTO(buffer) struct buffer version = { 0 };
    AUTO(aws_parameter) struct aws_parameter now = { 0 };
    bool is_so = false;

    if (!name)
        return aws_fail(call, "parameter must have a \"Name\"", err);
    buffer_add_integer(&version, argument_integer(call, "version"));
    if (read_parameter(call, buffer_text(&version), &former, err) < 0 ||
        aws_parameter_describe(call, name, &now, err) < 0 ||
        is_restored(call, &now, former, &is_so, err) < 0)
        return -(int)err->code;
    if (is_so)
        return 0;
    aws_announce(call, "Setting the parameter to what its version {version} was");
    params = json_copy(argument(call, "parameter"));
    json_object_set(params, "Value", former);
    json_object_set_new(params, "Overwrite", json_true());
    if (now.tier) /* which cannot be lowered */
        json_object_set(params, "Tier", now.tier);
    return aws_call(call, "ssm", "PutParameter", json_incref(params), ret_output, err);
}

static int read_function(const struct chaos_call *call, json_t **ret_configuration,
                         struct chaos_error *err)
{
    return aws_call(call, "lambda", "GetFunctionConfiguration",
                    aws_params(call, AWS_PAIRS("FunctionName", "function_name")), ret_configuration,
                    err);
}

/* `now` with the variables of the argument as they were. */
static json_t *former_variables(const struct chaos_call *call, const json_t *now)
{
    json_t *variables = now ? json_copy(json_walkable(now)) : json_object();
    const char *name;
    json_t *value;

    json_object_foreach (argument(call, "variables"), name, value) {
        if (json_is_null(value))
            json_object_del(variables, name);
        else
            json_object_set(variables, name, value);
    }
    return variables;
}

static int restore_function(const struct chaos_call *call, json_t **ret_output,
                            struct chaos_error *err)
{
    AUTO(json) json_t *configuration = NULL;
    AUTO(json) json_t *layers = NULL;
    AUTO(json) json_t *variables = NULL;
    json_t *params;
    const json_t *now;

    if (read_function(call, &configuration, err) < 0)
        return -(int)err->code;
    now = json_object_get(json_object_get(configuration, "Environment"), "Variables");
    variables = former_variables(call, now);
    layers = aws_list_of(json_object_get(configuration, "Layers"), "Arn");
    if (json_equal(layers, argument(call, "layers")) &&
        (now ? json_equal(variables, now) : !json_object_size(variables)))
        return 0;
    params = aws_params(call, AWS_PAIRS("FunctionName", "function_name", "Layers", "layers"));
    if (json_object_size(argument(call, "variables")))
        json_object_set_new(params, "Environment", json_pack("{s:O}", "Variables", variables));
    aws_announce(call, "Restoring layers and variables of the function {function_name}");
    return aws_call(call, "lambda", "UpdateFunctionConfiguration", params, ret_output, err);
}

/* The first of `versions` (newest first) that is of the key. */
static const json_t *newest_of(const struct chaos_call *call, const json_t *versions)
{
    return aws_list_find(versions, "Key", argument_text(call, "object_key"));
}

/* Only the mark that hides this very version goes: what came meanwhile stays. */
static int restore_object(const struct chaos_call *call, json_t **ret_output,
                          struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    const json_t *mark;

    if (aws_pages(call, "s3", "ListObjectVersions",
                  aws_params(call, AWS_PAIRS("Bucket", "bucket_name", "Prefix", "object_key")),
                  &answer, err) < 0)
        return -(int)err->code;
    mark = newest_of(call, json_object_get(answer, "DeleteMarkers"));
    if (!json_is_true(json_object_get(mark, "IsLatest")) ||
        !str_equal(json_text_of(newest_of(call, json_object_get(answer, "Versions")), "VersionId"),
                   argument_text(call, "version_id")))
        return 0;
    aws_announce(call, "Bringing the object {object_key} of the bucket {bucket_name} back");
    return aws_call(call, "s3", "DeleteObject",
                    json_pack("{s:O, s:O, s:O}", "Bucket", argument(call, "bucket_name"), "Key",
                              argument(call, "object_key"), "VersionId",
                              json_object_get(mark, "VersionId")),
                    ret_output, err);
}

static const struct chaos_param requests_params[] = {
    REQUIRED("requests", CHAOS_LIST,
             "what to do, in turn: a list of {\"service\", \"operation\", \"parameters\"}, each "
             "perhaps with \"done\" (error codes that say nothing is left to undo) and \"while\" "
             "({\"path\", \"is\"}: make it again while its answer has that value there)"),
};
static const struct chaos_param parameter_params[] = {
    REQUIRED("parameter", CHAOS_MAPPING, "the parameters of PutParameter, but for the value"),
    { .name = "version",
      .type = CHAOS_INTEGER,
      .required = true,
      .doc = "the version whose value it gets",
      .min = 1,
      .max = 9e15 },
};

static const struct chaos_param function_params[] = {
    REQUIRED("function_name", CHAOS_STRING, "name or ARN of the function"),
    REQUIRED("layers", CHAOS_LIST, "ARNs of all its layers"),
    REQUIRED("variables", CHAOS_MAPPING, "some of its variables; null for one that it had not"),
};

static const struct chaos_param object_params[] = {
    REQUIRED("bucket_name", CHAOS_STRING, "name of the bucket"),
    REQUIRED("object_key", CHAOS_STRING, "key of the object"),
    REQUIRED("version_id", CHAOS_STRING, "the version that was current"),
};

static const struct chaos_function functions[] = {
    ACTION(requests, requests_params,
           .summary = "requests to any services, all of them also when one fails",
           .result = CHAOS_LIST,
           .result_doc = "the answers; null for a request that found nothing left to undo"),
    ACTION(restore_function, function_params,
           .summary = "give a Lambda function its layers and some of its variables back",
           .doc = "Its other variables are left as they are, and are not written down.",
           .result = CHAOS_MAPPING,
           .result_doc = "the answer, as boto3 gives it; null when it was as wanted"),
    ACTION(restore_object, object_params,
           .summary = "take the mark away that hides an object of a bucket with versions",
           .result = CHAOS_MAPPING,
           .result_doc = "the answer, as boto3 gives it; null when nothing hides that version"),
    ACTION(restore_parameter, parameter_params,
           .summary = "set a parameter of Systems Manager to the value of an earlier version",
           .doc = "The value is read when it is needed, and not written down.",
           .result = CHAOS_MAPPING,
           .result_doc = "the answer, as boto3 gives it; null when it has that value"),
};

AWS_EXTENSION(ext_aws_inverses, AWS_INVERSES, "what undoes actions on AWS");
