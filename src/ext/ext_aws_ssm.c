// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.ssm.actions. Arguments that are null are not sent.
#include "base/fd.h"
#include "ext/aws_forward.h"
#include "ext/aws_inverse.h"
#include "ext/aws_parameter.h"
#include "ext/aws_row.h"

#define SSM         "ssm"
#define NO_DOCUMENT "InvalidDocument"
/* Far above the service's own limit of 64 KiB. */
#define DOCUMENT_MAX (1 << 20)

static int create_document(const struct chaos_call *call, json_t **ret_output,
                           struct chaos_error *err)
{
    static const char *const pairs[] = { "Name",
                                         "name",
                                         "VersionName",
                                         "version_name",
                                         "DocumentType",
                                         "document_type",
                                         "DocumentFormat",
                                         "document_format",
                                         NULL };
    AUTO(buffer) struct buffer content = { 0 };
    json_t *params;
    json_t *text;

    if (file_read(argument_text(call, "path_content"), &content, DOCUMENT_MAX, err) < 0)
        return -(int)err->code;
    text = json_stringn(buffer_text(&content), content.length);
    if (!text)
        return aws_fail(call, "the document '{path_content}' is not UTF-8", err);
    params = aws_params(call, pairs);
    json_object_set_new(params, "Content", text);
    aws_announce(call, "Creating the document {name}");
    if (aws_call(call, SSM, "CreateDocument", params, ret_output, err) < 0)
        return aws_explain_refusal(call, "Failed to create document '{name}': '{message}'", err);
    return 0;
}

AWS_FORWARD(send_command, .service = SSM, .operation = "SendCommand",
            .params = AWS_PAIRS("DocumentName", "document_name", "DocumentVersion",
                                "document_version", "Targets", "targets", "TimeoutSeconds",
                                "timeout_seconds", "Parameters", "parameters", "MaxConcurrency",
                                "max_concurrency", "MaxErrors", "max_errors"),
            .needs = "document_name",
            .missing = "To run commands,you must specify the document_name",
            .log = "Running the document {document_name} on {targets}",
            .refused = "Failed to send command for document  '{document_name}': '{message}'")
AWS_FORWARD(delete_document, .service = SSM, .operation = "DeleteDocument",
            .params = AWS_PAIRS("Name", "name", "Force", "force", "VersionName", "?version_name"),
            .needs = "name", .missing = "To create a document,you must specify the  name",
            .log = "Deleting the document {name}",
            .refused = "Failed to delete  document '{name}': '{message}'")
AWS_FORWARD(forward_parameter, .service = SSM, .operation = "PutParameter",
            .params = AWS_PAIRS("Name", "name", "Description", "description", "Value", "value",
                                "Type", "type", "KeyId", "key_id", "Overwrite", "overwrite",
                                "AllowedPattern", "allowed_pattern", "Tags", "tags", "Tier", "tier",
                                "Policies", "policies", "DataType", "data_type"),
            .needs = "value", .missing = "To create a parameter, you must specify the value",
            .log = "Setting the parameter {name}",
            .refused = "Failed to put  parameter '{name}': '{message}'")

static int put_parameter(const struct chaos_call *call, json_t **ret_output,
                         struct chaos_error *err)
{
    if (!argument_given(call, "name"))
        return aws_fail(call, "To create a parameter, you must specify the name", err);
    return forward_parameter(call, ret_output, err);
}

/* The value there was is named by its version: it may be a secret, and this is written down. */
static int undo_put_parameter(const struct chaos_call *call, json_t **ret_activity,
                              struct chaos_error *err)
{
    AUTO(aws_parameter) struct aws_parameter former = { 0 };

    if (!argument_given(call, "name"))
        return 0;
    if (aws_parameter_describe(call, argument_text(call, "name"), &former, err) < 0)
        return -(int)err->code;
    if (!former.params)
        *ret_activity =
            aws_inverse_one(SSM, "DeleteParameter", aws_params(call, AWS_PAIRS("Name", "name")));
    else if (argument_flag(call, "overwrite")) {
        json_object_set_new(former.params, "Version", json_integer(former.version));
        *ret_activity = aws_inverse_one(SSM, "PutParameter", STEAL(former.params));
    }
    return 0;
}

/* One that is there already is not ours: it is not created again. */
static int undo_create_document(const struct chaos_call *call, json_t **ret_activity,
                                struct chaos_error *err)
{
    AUTO(json) json_t *ignored = NULL;

    if (aws_call(call, SSM, "DescribeDocument", aws_params(call, AWS_PAIRS("Name", "name")),
                 &ignored, err) == 0)
        return 0;
    if (!aws_refused_with(err, NO_DOCUMENT))
        return -(int)err->code;
    chaos_error_clear(err);
    *ret_activity =
        aws_inverse_one(SSM, "DeleteDocument", aws_params(call, AWS_PAIRS("Name", "name")));
    return 0;
}

static const struct chaos_param create_params[] = {
    REQUIRED("path_content", CHAOS_STRING, "file with the document"),
    REQUIRED("name", CHAOS_STRING, "name of the document"),
    OPTIONAL("version_name", CHAOS_STRING, "name of its version"),
    OPTIONAL("document_type", CHAOS_STRING, "\"Command\", \"Automation\", …"),
    OPTIONAL("document_format", CHAOS_STRING, "\"JSON\", \"YAML\" or \"TEXT\""),
};
static const struct chaos_param command_params[] = {
    REQUIRED("document_name", CHAOS_STRING, "name of the document"),
    OPTIONAL("targets", CHAOS_LIST, "instances: a list of {\"Key\", \"Values\"}"),
    OPTIONAL("document_version", CHAOS_STRING, "version of the document"),
    OPTIONAL("parameters", CHAOS_MAPPING, "parameters of the document: names and lists of texts"),
    OPTIONAL("timeout_seconds", CHAOS_INTEGER, "seconds in which it must start"),
    OPTIONAL("max_concurrency", CHAOS_STRING, "how many instances at once: \"10\" or \"10%\""),
    OPTIONAL("max_errors", CHAOS_STRING, "how many errors until it is given up"),
    OPTIONAL("region", CHAOS_STRING, "not used: the configuration names the region"),
};
static const struct chaos_param delete_params[] = {
    REQUIRED("name", CHAOS_STRING, "name of the document"),
    OPTIONAL("version_name", CHAOS_STRING, "name of the version; null: all"),
    DEFAULT("force", CHAOS_BOOLEAN, "true", "also when it is in use"),
};
static const struct chaos_param parameter_params[] = {
    REQUIRED("name", CHAOS_STRING, "name of the parameter"),
    REQUIRED("value", CHAOS_STRING, "its value"),
    OPTIONAL("description", CHAOS_STRING, "what it is"),
    OPTIONAL("type", CHAOS_STRING, "\"String\", \"StringList\" or \"SecureString\""),
    OPTIONAL("key_id", CHAOS_STRING, "KMS key of a SecureString"),
    DEFAULT("overwrite", CHAOS_BOOLEAN, "false", "replace a value that is there"),
    OPTIONAL("allowed_pattern", CHAOS_STRING, "regular expression the value must match"),
    OPTIONAL("tags", CHAOS_LIST, "tags: a list of {\"Key\", \"Value\"}"),
    OPTIONAL("tier", CHAOS_STRING, "\"Standard\", \"Advanced\" or \"Intelligent-Tiering\""),
    OPTIONAL("policies", CHAOS_STRING, "policies, as JSON text"),
    OPTIONAL("data_type", CHAOS_STRING, "\"text\", \"aws:ec2:image\", …"),
};

static const struct chaos_function functions[] = {
    ACTION(create_document, create_params, .summary = "create a document from a file", AWS_RESPONSE,
           .inverse = undo_create_document),
    ACTION(delete_document, delete_params, .summary = "delete a document", AWS_RESPONSE),
    ACTION(put_parameter, parameter_params, .summary = "set a parameter", AWS_RESPONSE,
           .inverse = undo_put_parameter),
    ACTION(send_command, command_params, .summary = "run a document on instances", AWS_RESPONSE),
};

AWS_EXTENSION(ext_aws_ssm, "chaosaws.ssm.actions", "Systems Manager, acted on");
