// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.awslambda.probes.
#include "ext/aws_forward.h"
#include "ext/aws_row.h"

static int read_member(const struct chaos_call *call, const char *operation, const char *member,
                       json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (aws_call(
            call, "lambda", operation,
            aws_params(call, AWS_PAIRS("FunctionName", "function_name", "Qualifier", "qualifier")),
            &answer, err) < 0)
        return -(int)err->code;
    *ret_output = json_incref(json_object_get(answer, member));
    return 0;
}

static int get_function_concurrency(const struct chaos_call *call, json_t **ret_output,
                                    struct chaos_error *err)
{
    return read_member(call, "GetFunctionConcurrency", "ReservedConcurrentExecutions", ret_output,
                       err);
}

static int get_function_timeout(const struct chaos_call *call, json_t **ret_output,
                                struct chaos_error *err)
{
    return read_member(call, "GetFunctionConfiguration", "Timeout", ret_output, err);
}

static int get_function_memory_size(const struct chaos_call *call, json_t **ret_output,
                                    struct chaos_error *err)
{
    return read_member(call, "GetFunctionConfiguration", "MemorySize", ret_output, err);
}

static int list_event_source_mapping(const struct chaos_call *call, json_t **ret_output,
                                     struct chaos_error *err)
{
    static const char *const pairs[] = { "EventSourceArn", "?source_arn", "FunctionName",
                                         "?function_name", NULL };

    if (!argument_given(call, "source_arn") && !argument_given(call, "function_name"))
        return aws_fail(call, "must specify at least one of \"source_arn\" or \"function_name\"",
                        err);
    if (aws_pages(call, "lambda", "ListEventSourceMappings", aws_params(call, pairs), ret_output,
                  err) < 0)
        return aws_explain_refusal(call, "{message}", err);
    return 0;
}

#define FUNCTION  REQUIRED("function_name", CHAOS_STRING, "name or ARN of the function")
#define QUALIFIER OPTIONAL("qualifier", CHAOS_STRING, "version or alias")

static const struct chaos_param function_params[] = { FUNCTION };
static const struct chaos_param version_params[] = { FUNCTION, QUALIFIER };
static const struct chaos_param mapping_params[] = {
    OPTIONAL("source_arn", CHAOS_STRING, "ARN of the event source"),
    OPTIONAL("function_name", CHAOS_STRING, "name or ARN of the function"),
};

static const struct chaos_function functions[] = {
    PROBE(get_function_concurrency, function_params,
          .summary = "the concurrency reserved for a function", .result = CHAOS_INTEGER,
          .result_doc = "concurrent executions; null without a reservation"),
    PROBE(get_function_memory_size, version_params, .summary = "the memory of a function",
          .result = CHAOS_INTEGER, .result_doc = "MiB"),
    PROBE(get_function_timeout, version_params, .summary = "the timeout of a function",
          .result = CHAOS_INTEGER, .result_doc = "seconds"),
    PROBE(list_event_source_mapping, mapping_params,
          .summary = "the event sources of a function, or the functions of a source", AWS_RESPONSE),
};

AWS_EXTENSION(ext_aws_lambda_probes, "chaosaws.awslambda.probes", "Lambda functions, looked at");
