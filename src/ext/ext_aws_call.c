// SPDX-License-Identifier: Apache-2.0
// The rows of chaos.aws.probes and chaos.aws.actions: any operation of any service, and those that
// put something back.
#include "ext/aws_forward.h"
#include "ext/aws_put_back.h"
#include "ext/aws_row.h"
#include "value/jsonpath.h"

/* One request, or its pages, with `params` (borrowed; NULL: none). */
static int request(const struct chaos_call *call, json_t *params, json_t **ret_answer,
                   struct chaos_error *err)
{
    const char *service = argument_text(call, "service");
    const char *operation = argument_text(call, "operation");

    json_incref(params);
    if (argument(call, "outfile"))
        return aws_call_download(call, service, operation, params, argument_text(call, "outfile"),
                                 ret_answer, err);
    if (argument_flag(call, "pages"))
        return aws_pages(call, service, operation, params, ret_answer, err);
    return aws_call(call, service, operation, params, ret_answer, err);
}

/* A list of parameters makes one request with each, and a list of answers. */
static int request_all(const struct chaos_call *call, json_t **ret_answer, struct chaos_error *err)
{
    json_t *params = argument(call, "parameters");
    AUTO(json) json_t *answers = json_array();
    json_t *one;
    size_t i;

    if (!params || json_is_object(params))
        return request(call, params, ret_answer, err);
    if (argument(call, "outfile"))
        return aws_fail(call, "outfile has room for the answer to one request", err);
    if (!json_is_array(params))
        return aws_fail(call, "parameters must be a mapping, or a list of mappings", err);
    json_array_foreach (params, i, one) {
        json_t *answer = NULL;

        if (!json_is_object(one))
            return chaos_error_set(err, CHAOS_E_INVALID, "parameters[%zu] must be a mapping", i);
        if (request(call, one, &answer, err) < 0)
            return chaos_error_prefix(err, "request %zu of %zu", i + 1, json_array_size(params));
        json_array_append_new(answers, answer);
    }
    *ret_answer = STEAL(answers);
    return 0;
}

static int wait_for(const struct chaos_call *call, struct chaos_error *err)
{
    const json_t *waiter = argument(call, "waiter");
    const char *name = json_string_value(waiter ? json_object_get(waiter, "name") : NULL);
    json_t *params = json_object_get(waiter, "parameters");

    if (json_is_string(waiter))
        name = json_string_value(waiter);
    else if (!name || (params && !json_is_object(params)))
        return aws_fail(
            call, "waiter must be its name, or a mapping of \"name\" and \"parameters\"", err);
    return aws_call_wait(call, argument_text(call, "service"), name, json_incref(params), err);
}

/* What the path finds: the one value, or a list. */
static int search(const char *text, const json_t *answer, json_t **ret_output,
                  struct chaos_error *err)
{
    AUTO(jsonpath) struct jsonpath *path = NULL;
    AUTO(json) json_t *found = NULL;

    if (jsonpath_parse(text, &path, err) < 0 || jsonpath_match(path, answer, &found, err) < 0)
        return chaos_error_prefix(err, "jsonpath");
    *ret_output = json_incref(json_array_size(found) == 1 ? json_array_get(found, 0) : found);
    return 0;
}

static int run(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (request_all(call, &answer, err) < 0)
        return -(int)err->code;
    if (argument(call, "waiter") && wait_for(call, err) < 0)
        return -(int)err->code;
    if (argument(call, "jsonpath"))
        return search(argument_text(call, "jsonpath"), answer, ret_output, err);
    *ret_output = STEAL(answer);
    return 0;
}

static int call_probe(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    return run(call, ret_output, err);
}

static int call_action(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    aws_announce(call, "Calling {operation} of {service}");
    return run(call, ret_output, err);
}

static const struct chaos_param params[] = {
    REQUIRED("service", CHAOS_STRING, "the service, as boto3 names it: \"ec2\", \"autoscaling\""),
    REQUIRED("operation", CHAOS_STRING, "the operation: \"DescribeInstances\""),
    OPTIONAL("parameters", CHAOS_ANY,
             "its parameters, as boto3 names them; one that is the body of the request may be "
             "{\"file\": path}; a list of them: one request with each"),
    DEFAULT("pages", CHAOS_BOOLEAN, "false", "read all pages into one answer"),
    OPTIONAL("outfile", CHAOS_STRING,
             "the file that gets the body of the answer, which is no part of the result then"),
    OPTIONAL("waiter", CHAOS_ANY,
             "a waiter to wait for after it: its name, or {\"name\", \"parameters\"}"),
    OPTIONAL("jsonpath", CHAOS_STRING, "path of what the result shall be; null: the whole answer"),
};

#define CALL(of, as)                                                                               \
    {                                                                                              \
        .name = "call", .kind = (as), .summary = "any operation of any AWS service",               \
        .doc = "Region, profile, role and credentials come from the configuration and the "        \
               "secrets, as for the functions of the AWS extension.",                              \
        .params = params, .n_params = sizeof(params) / sizeof(params[0]),                          \
        .result_doc = "the answer, as boto3 gives it; with a path what it finds: one value, or a " \
                      "list",                                                                      \
        .run = (of)                                                                                \
    }

static int put_back(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    return aws_put_back(call, ret_output, err);
}

static const struct chaos_param put_back_params[] = {
    REQUIRED(
        "requests", CHAOS_LIST,
        "what to do, in turn: a list of {\"service\", \"operation\", \"parameters\"}, as boto3 "
        "names them"),
    OPTIONAL("wait_s", CHAOS_NUMBER,
             "seconds that each may take until it is so; null: what the operation usually takes"),
};

static const struct chaos_function probes[] = { CALL(call_probe, CHAOS_PROBE) };
static const struct chaos_function actions[] = {
    CALL(call_action, CHAOS_ACTION),
    ACTION(put_back, put_back_params,
           .summary = "undo what an action did, and see that it is undone",
           .doc = "The inverses of the functions of the AWS extension are made of it. It looks "
                  "before and after it asks, and tells the effect: `restored`, `was already so`, "
                  "`could not: why`, or `not verified: why`. The operations that it knows how to "
                  "look at are listed in [aws.md](../aws.md).",
           .result = CHAOS_LIST,
           .result_doc = "the answers; null for a request that was refused "
                         "or left out since it was so already"),
};

AWS_EXTENSION_OF(ext_aws_call_probes, "chaos.aws.probes", "AWS, looked at", probes);
AWS_EXTENSION_OF(ext_aws_call_actions, "chaos.aws.actions", "AWS, acted on", actions);
