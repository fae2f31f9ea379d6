// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.awslambda.actions. Layers and variables that are not the extension's own
// stay as they are.
#include <string.h>

#include "aws/base64.h"
#include "base/json_walk.h"
#include "base/str.h"
#include "ext/arguments.h"
#include "ext/aws_forward.h"
#include "ext/aws_inverse.h"
#include "ext/aws_row.h"
#include "value/json.h"
#include "value/pytext.h"

#define LAMBDA "lambda"

static json_t *encode(const json_t *value)
{
    AUTO(str) char *text = json_text(value, JSON_STYLE_LINE);
    AUTO(buffer) struct buffer coded = { 0 };

    base64_encode(&coded, text, strlen(text));
    return json_string(buffer_text(&coded));
}

/* A payload as the reference shows it: parsed when it is JSON, else as text. */
static int read_payload(json_t *answer, struct chaos_error *err)
{
    const char *coded = json_text_of(answer, "Payload");
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error not_json = { 0 };
    json_t *value = NULL;

    if (!coded)
        return 0;
    if (!base64_decode(&text, coded))
        return chaos_error_set(err, CHAOS_E_REMOTE, "the payload is not base64");
    if (json_parse(buffer_text(&text), text.length, &value, &not_json) < 0)
        value = json_stringn(buffer_text(&text), text.length);
    if (!value)
        return chaos_error_set(err, CHAOS_E_REMOTE, "the payload is not UTF-8");
    json_object_set_new(answer, "Payload", value);
    return 0;
}

static int invoke_function(const struct chaos_call *call, json_t **ret_output,
                           struct chaos_error *err)
{
    static const char *const pairs[] = { "FunctionName",
                                         "function_name",
                                         "InvocationType",
                                         "invocation_type",
                                         "Qualifier",
                                         "qualifier",
                                         NULL };
    json_t *params = aws_params(call, pairs);
    AUTO(json) json_t *answer = NULL;
    int r;

    json_object_set_new(params, "LogType", json_string("None"));
    if (argument(call, "function_arguments"))
        json_object_set_new(params, "Payload", encode(argument(call, "function_arguments")));
    if (argument(call, "client_context"))
        json_object_set_new(params, "ClientContext", encode(argument(call, "client_context")));
    r = aws_call(call, LAMBDA, "Invoke", params, &answer, err);
    if (r == 0)
        r = read_payload(answer, err);
    if (r < 0)
        return aws_explain_failure(call, "failed invoking function '{function_name}': '{error}'",
                                   err);
    *ret_output = STEAL(answer);
    return 0;
}

AWS_FORWARD(put_function_concurrency, .service = LAMBDA, .operation = "PutFunctionConcurrency",
            .params = AWS_PAIRS("FunctionName", "function_name", "ReservedConcurrentExecutions",
                                "concurrent_executions"),
            .needs = "function_name", .missing = "you must specify the lambda function name",
            .log = "Reserving {concurrent_executions} executions for {function_name}",
            .failed = "failed throttling lambda function '{function_name}': '{error}'")
AWS_FORWARD(delete_function_concurrency, .service = LAMBDA,
            .operation = "DeleteFunctionConcurrency",
            .params = AWS_PAIRS("FunctionName", "function_name"),
            .log = "Giving up the reserved executions of {function_name}")
AWS_FORWARD(put_function_timeout, .service = LAMBDA, .operation = "UpdateFunctionConfiguration",
            .params = AWS_PAIRS("FunctionName", "function_name", "Timeout", "timeout"),
            .log = "Setting the timeout of {function_name} to {timeout} s")
AWS_FORWARD(put_function_memory_size, .service = LAMBDA, .operation = "UpdateFunctionConfiguration",
            .params = AWS_PAIRS("FunctionName", "function_name", "MemorySize", "memory_size"),
            .log = "Setting the memory of {function_name} to {memory_size} MiB")
AWS_FORWARD(delete_event_source_mapping, .service = LAMBDA, .operation = "DeleteEventSourceMapping",
            .params = AWS_PAIRS("UUID", "event_uuid"),
            .log = "Deleting the event source mapping {event_uuid}", .refused = "{message}")
AWS_FORWARD(toggle_event_source_mapping_state, .service = LAMBDA,
            .operation = "UpdateEventSourceMapping",
            .params = AWS_PAIRS("UUID", "event_uuid", "Enabled", "enabled"),
            .log = "Setting the event source mapping {event_uuid} to {enabled}",
            .refused = "{message}")

static json_t *function_params(const struct chaos_call *call)
{
    return aws_params(call, AWS_PAIRS("FunctionName", "function_name"));
}

/* Give back the concurrency a function has now: a reservation, or none. */
static int undo_concurrency(const struct chaos_call *call, json_t **ret_activity,
                            struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    json_t *wanted = argument(call, "concurrent_executions");
    json_t *params;
    json_t *reserved;

    if (aws_call(call, LAMBDA, "GetFunctionConcurrency", function_params(call), &answer, err) < 0)
        return -(int)err->code;
    reserved = json_object_get(answer, "ReservedConcurrentExecutions");
    if (reserved == wanted || json_equal(reserved, wanted))
        return 0;
    params = function_params(call);
    if (reserved)
        json_object_set(params, "ReservedConcurrentExecutions", reserved);
    *ret_activity = aws_inverse_one(
        LAMBDA, reserved ? "PutFunctionConcurrency" : "DeleteFunctionConcurrency", params);
    return 0;
}

static int undo_toggle_event_source_mapping_state(const struct chaos_call *call,
                                                  json_t **ret_activity, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    const char *state;
    bool enabled;

    if (aws_call(call, LAMBDA, "GetEventSourceMapping",
                 aws_params(call, AWS_PAIRS("UUID", "event_uuid")), &answer, err) < 0)
        return -(int)err->code;
    state = json_text_of(answer, "State");
    enabled = str_equal(state, "Enabled") || str_equal(state, "Enabling");
    if (enabled != argument_flag(call, "enabled"))
        *ret_activity = aws_inverse_one(
            LAMBDA, "UpdateEventSourceMapping",
            json_pack("{s:O, s:b}", "UUID", argument(call, "event_uuid"), "Enabled", enabled));
    return 0;
}

static int read_configuration(const struct chaos_call *call, json_t **ret_answer,
                              struct chaos_error *err)
{
    return aws_call(call, LAMBDA, "GetFunctionConfiguration", function_params(call), ret_answer,
                    err);
}

/* The ARNs of a function's layers but `without` (NULL: all). */
static json_t *layers_of(const json_t *configuration, const char *without)
{
    json_t *arns = json_array();
    json_t *layer;
    size_t i;

    json_array_foreach (json_object_get(configuration, "Layers"), i, layer)
        if (!str_equal(json_text_of(layer, "Arn"), without))
            json_array_append(arns, json_object_get(layer, "Arn"));
    return arns;
}

static json_t *variables_of(const json_t *configuration)
{
    json_t *environment = json_object_get(configuration, "Environment");
    json_t *variables = json_object_get(environment, "Variables");

    return variables ? json_copy(variables) : json_object();
}

/* `layers` and `variables` are taken; NULL: left as they are. */
static int update(const struct chaos_call *call, json_t *layers, json_t *variables,
                  json_t **ret_output, struct chaos_error *err)
{
    json_t *params = function_params(call);

    json_object_set_new(params, "Layers", layers);
    if (variables)
        json_object_set_new(params, "Environment", json_pack("{s:o}", "Variables", variables));
    aws_announce(call, "Updating the layers of the function {function_name}");
    if (aws_call(call, LAMBDA, "UpdateFunctionConfiguration", params, ret_output, err) < 0)
        return aws_explain_refusal(call, "{message}", err);
    return 0;
}

/* What adds one kind of fault, and what takes it away. */
struct fault {
    const char *const *variables; /* pairs: a variable, and a template of its value */
    const char *const *removed;   /* the names of all of them */
};

/* Without `fault` only the layer changes. */
static int add_fault(const struct chaos_call *call, const struct fault *fault, json_t **ret_output,
                     struct chaos_error *err)
{
    AUTO(json) json_t *configuration = NULL;
    json_t *variables = NULL;
    json_t *layers;

    if (read_configuration(call, &configuration, err) < 0)
        return aws_explain_refusal(call, "{message}", err);
    if (fault)
        variables = variables_of(configuration);
    for (const char *const *pair = fault ? fault->variables : NULL; pair && *pair; pair += 2) {
        AUTO(buffer) struct buffer value = { 0 };

        aws_fill(&value, pair[1], call, NULL);
        json_object_set_new(variables, pair[0], json_string(buffer_text(&value)));
    }
    layers = layers_of(configuration, argument_text(call, "layer"));
    json_array_append(layers, argument(call, "layer"));
    return update(call, layers, variables, ret_output, err);
}

static int remove_fault(const struct chaos_call *call, const struct fault *fault,
                        json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *configuration = NULL;
    json_t *variables = NULL;

    if (read_configuration(call, &configuration, err) < 0)
        return aws_explain_refusal(call, "{message}", err);
    if (fault)
        variables = variables_of(configuration);
    for (const char *const *name = fault ? fault->removed : NULL; name && *name; name++)
        json_object_del(variables, *name);
    return update(call, layers_of(configuration, argument_text(call, "layer")), variables,
                  ret_output, err);
}

static const struct fault latency = {
    .variables = (const char *const[]){ "AWS_LAMBDA_EXEC_WRAPPER", "/opt/bootstrap",
                                        "CHAOSTOOLKIT_EXPERIMENT", "true",
                                        "CHAOS_EXTENSION__LAMBDA__ENABLE_LATENCY", "true",
                                        "CHAOS_EXTENSION__LAMBDA__LATENCY_VALUE", "{latency}",
                                        "CHAOS_EXTENSION__LAMBDA__LATENCY_PROBABILITY",
                                        "{probability}", NULL },
    .removed = (const char *const[]){ "AWS_LAMBDA_EXEC_WRAPPER", "CHAOSTOOLKIT_EXPERIMENT",
                                      "CHAOS_EXTENSION__LAMBDA__ENABLE_LATENCY",
                                      "CHAOS_EXTENSION__LAMBDA__LATENCY_VALUE",
                                      "CHAOS_EXTENSION__LAMBDA__LATENCY_PROBABILITY", NULL },
};

#define RESPONSE "CHAOS_EXTENSION__RESPONSE__"

static const struct fault error = {
    .variables =
        (const char *const[]){
            "AWS_LAMBDA_EXEC_WRAPPER", "/opt/bootstrap", "CHAOSTOOLKIT_EXPERIMENT", "true",
            RESPONSE "ENABLE_CHANGE_RESPONSE_BODY", "true", RESPONSE "DEFAULT_RESPONSE", "{body}",
            RESPONSE "CHANGE_RESPONSE_PROBABILITY", "{probability}", NULL },
    .removed =
        (const char *const[]){ "AWS_LAMBDA_EXEC_WRAPPER", "CHAOSTOOLKIT_EXPERIMENT",
                               RESPONSE "ENABLE_CHANGE_RESPONSE_BODY", RESPONSE "DEFAULT_RESPONSE",
                               RESPONSE "CHANGE_RESPONSE_PROBABILITY", NULL },
};

static int add_layer(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    return add_fault(call, NULL, ret_output, err);
}

static int remove_layer(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    return remove_fault(call, NULL, ret_output, err);
}

static int add_latency(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    return add_fault(call, &latency, ret_output, err);
}

static int remove_latency(const struct chaos_call *call, json_t **ret_output,
                          struct chaos_error *err)
{
    return remove_fault(call, &latency, ret_output, err);
}

static int add_error(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    return add_fault(call, &error, ret_output, err);
}

static int remove_error(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    return remove_fault(call, &error, ret_output, err);
}

/* Give back what a function's configuration is now: the members that an action changes. */
static int undo_configuration(const struct chaos_call *call, json_t **ret_activity,
                              struct chaos_error *err)
{
    static const char *const members[] = { "Timeout", "MemorySize", NULL };
    static const char *const arguments[] = { "timeout", "memory_size", NULL };
    AUTO(json) json_t *configuration = NULL;
    json_t *params;

    if (read_configuration(call, &configuration, err) < 0)
        return -(int)err->code;
    params = function_params(call);
    for (size_t i = 0; members[i]; i++)
        if (argument(call, arguments[i]) && json_object_get(configuration, members[i]))
            json_object_set(params, members[i], json_object_get(configuration, members[i]));
    *ret_activity = aws_inverse_one(LAMBDA, "UpdateFunctionConfiguration", params);
    return 0;
}

/* Only the variables that the fault is made of: the others are often secrets, and an inverse is
 * written down. */
static int undo_fault(const struct chaos_call *call, const struct fault *fault,
                      json_t **ret_activity, struct chaos_error *err)
{
    AUTO(json) json_t *configuration = NULL;
    AUTO(json) json_t *variables = NULL;
    AUTO(json) json_t *former = json_object();
    json_t *params;

    if (read_configuration(call, &configuration, err) < 0)
        return -(int)err->code;
    variables = variables_of(configuration);
    for (const char *const *name = fault ? fault->removed : NULL; name && *name; name++) {
        json_t *value = json_object_get(variables, *name);

        json_object_set_new(former, *name, value ? json_incref(value) : json_null());
    }
    params = function_params(call);
    json_object_set_new(params, "Layers", layers_of(configuration, NULL));
    if (fault)
        json_object_set_new(params, "Environment", json_pack("{s:O}", "Variables", former));
    *ret_activity = aws_inverse_one(LAMBDA, "UpdateFunctionConfiguration", params);
    return 0;
}

static int undo_layer(const struct chaos_call *call, json_t **ret_activity, struct chaos_error *err)
{
    return undo_fault(call, NULL, ret_activity, err);
}

static int undo_latency(const struct chaos_call *call, json_t **ret_activity,
                        struct chaos_error *err)
{
    return undo_fault(call, &latency, ret_activity, err);
}

static int undo_error(const struct chaos_call *call, json_t **ret_activity, struct chaos_error *err)
{
    return undo_fault(call, &error, ret_activity, err);
}

#define FUNCTION REQUIRED("function_name", CHAOS_STRING, "name or ARN of the function")
#define EVENT    REQUIRED("event_uuid", CHAOS_STRING, "UUID of the event source mapping")
#define LAYER    REQUIRED("layer", CHAOS_STRING, "ARN of the layer's version")
#define CHAOS_LAYER                                                                                \
    DEFAULT("layer", CHAOS_STRING,                                                                 \
            "\"arn:aws:lambda:us-east-1:871265522301:layer:chaos-lambda-extension-x86_64-unknown-" \
            "linux-gnu-release:12\"",                                                              \
            "ARN of the version of the layer that injects the fault")
#define PROBABILITY                                                                                \
    {                                                                                              \
        .name = "probability", .type = CHAOS_NUMBER, .default_json = "0.9",                        \
        .doc = "share of the invocations that it hits", .min = 0, .max = 1                         \
    }

static const struct chaos_param invoke_params[] = {
    FUNCTION,
    OPTIONAL("function_arguments", CHAOS_ANY, "what the function gets, as JSON"),
    DEFAULT("invocation_type", CHAOS_STRING, "\"RequestResponse\"",
            "\"RequestResponse\", \"Event\" or \"DryRun\""),
    OPTIONAL("client_context", CHAOS_MAPPING, "what the function gets as its client context"),
    OPTIONAL("qualifier", CHAOS_STRING, "version or alias"),
};
static const struct chaos_param name_params[] = { FUNCTION };
static const struct chaos_param concurrency_params[] = {
    FUNCTION,
    REQUIRED("concurrent_executions", CHAOS_INTEGER, "executions to reserve"),
};
static const struct chaos_param timeout_params[] = {
    FUNCTION,
    REQUIRED("timeout", CHAOS_INTEGER, "seconds"),
};
static const struct chaos_param memory_params[] = {
    FUNCTION,
    REQUIRED("memory_size", CHAOS_INTEGER, "MiB"),
};
static const struct chaos_param event_params[] = { EVENT };
static const struct chaos_param toggle_params[] = {
    EVENT,
    REQUIRED("enabled", CHAOS_BOOLEAN, "on or off"),
};
static const struct chaos_param layer_params[] = { FUNCTION, LAYER };
static const struct chaos_param unfault_params[] = { FUNCTION, CHAOS_LAYER };
static const struct chaos_param latency_params[] = {
    FUNCTION,
    DEFAULT("latency", CHAOS_NUMBER, "1", "seconds to add"),
    PROBABILITY,
    CHAOS_LAYER,
};
static const struct chaos_param error_params[] = {
    FUNCTION,
    DEFAULT("body", CHAOS_STRING,
            "\"{\\\"statusCode\\\": 500, \\\"body\\\": \\\"Greeting from Chaos Toolkit\\\"}\"",
            "what the function answers instead"),
    PROBABILITY,
    CHAOS_LAYER,
};

static const struct chaos_function functions[] = {
    ACTION(add_error, error_params, .summary = "make a function answer with an error", AWS_RESPONSE,
           .inverse = undo_error),
    ACTION(add_latency, latency_params, .summary = "make a function slow", AWS_RESPONSE,
           .inverse = undo_latency),
    ACTION(add_layer, layer_params, .summary = "add a layer to a function", AWS_RESPONSE,
           .inverse = undo_layer),
    ACTION(delete_event_source_mapping, event_params, .summary = "delete an event source mapping",
           AWS_RESPONSE),
    ACTION(delete_function_concurrency, name_params,
           .summary = "give up the concurrency reserved for a function", AWS_RESPONSE,
           .inverse = undo_concurrency),
    ACTION(invoke_function, invoke_params, .summary = "invoke a function", .result = CHAOS_MAPPING,
           .result_doc = "the answer, as boto3 gives it, with its `Payload` read"),
    ACTION(put_function_concurrency, concurrency_params,
           .summary = "reserve concurrency for a function, which also limits it", AWS_RESPONSE,
           .inverse = undo_concurrency),
    ACTION(put_function_memory_size, memory_params, .summary = "change the memory of a function",
           AWS_RESPONSE, .inverse = undo_configuration),
    ACTION(put_function_timeout, timeout_params, .summary = "change the timeout of a function",
           AWS_RESPONSE, .inverse = undo_configuration),
    ACTION(remove_error, unfault_params, .summary = "take the fault of add_error away",
           AWS_RESPONSE, .inverse = undo_error),
    ACTION(remove_latency, unfault_params, .summary = "take the fault of add_latency away",
           AWS_RESPONSE, .inverse = undo_latency),
    ACTION(remove_layer, layer_params, .summary = "remove a layer from a function", AWS_RESPONSE,
           .inverse = undo_layer),
    ACTION(toggle_event_source_mapping_state, toggle_params,
           .summary = "turn an event source mapping on or off", AWS_RESPONSE,
           .inverse = undo_toggle_event_source_mapping_state),
};

AWS_EXTENSION(ext_aws_lambda_actions, "chaosaws.awslambda.actions", "Lambda functions, acted on");
