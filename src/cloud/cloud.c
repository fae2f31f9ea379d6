// SPDX-License-Identifier: Apache-2.0
// A cloud from its options, and one call to it: found by name, its parameters checked against the
// model, handled.
#include "cloud/cloud.h"

#include <stdarg.h>
#include <string.h>

#include "aws/validate.h"
#include "cloud/images.h"
#include "cloud/network.h"
#include "cloud/sessions.h"
#include "cloud/state.h"
#include "cloud/unobeyed.h"

#define FAMILY(id) extern const struct cloud_family cloud_family_##id;
#include "cloud/families.list"
#undef FAMILY

static const struct cloud_family *const families[] = {
#define FAMILY(id) &cloud_family_##id,
#include "cloud/families.list"
#undef FAMILY
};

void cloud_fault_clear(struct cloud_fault *fault)
{
    free(fault->code);
    free(fault->message);
    *fault = (struct cloud_fault){ 0 };
}

json_t *cloud_refuse(struct cloud_call *call, const char *code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    cloud_fault_clear(call->fault);
    call->fault->code = mem_strdup(code);
    call->fault->message = mem_vprintf(format, args);
    va_end(args);
    return NULL;
}

static cloud_handler find_handler(const struct aws_operation *operation)
{
    for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
        const struct cloud_family *family = families[i];

        if (strcmp(family->service, operation->service.name) != 0)
            continue;
        for (size_t j = 0; j < family->n_actions; j++) {
            if (strcmp(family->actions[j].name, operation->name) == 0)
                return family->actions[j].handle;
        }
    }
    return NULL;
}

static bool is_ec2(const struct cloud_call *call)
{
    return call->operation->service.protocol == AWS_PROTOCOL_EC2;
}

static bool refuse_missing(struct cloud_call *call, const struct aws_member *member)
{
    if (is_ec2(call))
        cloud_refuse(call, "MissingParameter", "The request must contain the parameter %s",
                     member->name);
    else
        cloud_refuse(call, "ValidationError",
                     "1 validation error detected: Value null at '%s' failed to satisfy "
                     "constraint: Member must not be null",
                     member->name);
    return false;
}

/* The members that the model demands, at the top: what is deeper the handlers look at. */
static bool has_required(struct cloud_call *call)
{
    const struct aws_shape *input = &call->operation->input.shape;

    for (size_t i = 0; i < aws_shape_member_count(input); i++) {
        struct aws_member member = aws_shape_member(input, i);
        const json_t *value = json_object_get(call->params, member.name);

        if (!(member.flags & AWS_REQUIRED))
            continue;
        if (!value || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0))
            return refuse_missing(call, &member);
    }
    return true;
}

static bool is_rehearsal(struct cloud_call *call)
{
    if (!is_ec2(call) || !cloud_flag(call, "DryRun", false))
        return false;
    cloud_refuse(call, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
    call->fault->status = 412;
    return true;
}

json_t *cloud_call(struct cloud *cloud, const struct cloud_caller *caller,
                   const struct aws_operation *operation, const json_t *params,
                   struct cloud_fault *fault)
{
    AUTO(json) json_t *empty = json_object();
    cloud_handler handle = find_handler(operation);
    struct cloud_call call = { .cloud = cloud,
                               .caller = caller,
                               .operation = operation,
                               .params = params ? params : empty,
                               .fault = fault };

    if (!handle)
        return cloud_refuse(&call, "InvalidAction",
                            "The action %s is not one that this lab has; see docs/lab.md",
                            operation->name);
    if (!has_required(&call) || (is_ec2(&call) && !unobeyed_is_absent(&call, call.params)) ||
        is_rehearsal(&call))
        return NULL;
    return handle(&call);
}

/* What the decoder of a request makes sure of, of values from elsewhere. */
static int check_types(const struct aws_operation *operation, const json_t *params,
                       struct chaos_error *err)
{
    AUTO(json) json_t *empty = json_object();
    AUTO(str) char *wrong = aws_validate(operation, params ? params : empty);

    for (char *c = wrong; c && *c; c++)
        *c = *c == '\n' ? ' ' : *c;
    return wrong ? chaos_error_set(err, CHAOS_E_INVALID, "%s: %s", operation->name, wrong) : 0;
}

int cloud_do(struct cloud *cloud, const char *service, const char *operation, const json_t *params,
             json_t **ret_result, struct chaos_error *err)
{
    AUTO(cloud_fault) struct cloud_fault fault = { 0 };
    struct cloud_caller caller = { .access_key = json_text_of(cloud->owner_key, "AccessKeyId"),
                                   .arn = json_text_of(cloud->owner_key, "Arn"),
                                   .user_id = json_text_of(cloud->owner_key, "UserId"),
                                   .source_ip = "" };
    struct aws_service found;
    struct aws_operation meant;
    json_t *result;

    if (aws_service_find(cloud->models, service, &found, err) < 0 ||
        aws_operation_find(&found, operation, &meant, err) < 0 ||
        check_types(&meant, params, err) < 0)
        return -(int)err->code;
    result = cloud_call(cloud, &caller, &meant, params, &fault);
    if (!result)
        return chaos_error_set(err, CHAOS_E_INVALID, "%s: %s: %s", operation, fault.code,
                               fault.message);
    *ret_result = result;
    return 0;
}

const char *cloud_text(const struct cloud_call *call, const char *name)
{
    return json_text_of(call->params, name);
}

int64_t cloud_number(const struct cloud_call *call, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(call->params, name);

    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

/* Attributes of EC2 come as {"Value": true}, parameters as true. */
bool cloud_flag(const struct cloud_call *call, const char *name, bool otherwise)
{
    const json_t *value = json_object_get(call->params, name);

    if (json_is_object(value))
        value = json_object_get(value, "Value");
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

const json_t *cloud_param(const struct cloud_call *call, const char *name)
{
    const json_t *value = json_object_get(call->params, name);

    return json_is_array(value) || json_is_object(value) ? value : NULL;
}

void cloud_use_tables(struct cloud *cloud)
{
    for (size_t i = 0; i < CLOUD_KIND_COUNT; i++) {
        json_t *table = json_object_get(cloud->state, cloud_kinds[i].table);

        if (!table) {
            table = json_object();
            json_object_set_new(cloud->state, cloud_kinds[i].table, table);
        }
        cloud->tables[i] = table;
    }
}

static const char digits_and_capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static json_t *new_owner_key(const struct cloud *cloud)
{
    AUTO(str) char *id = cloud_random(digits_and_capitals, 16);
    AUTO(str) char *secret = cloud_random(base64_letters, 40);
    AUTO(str) char *access_key = mem_printf("AKIA%s", id);
    AUTO(str) char *user = cloud_random(digits_and_capitals, 17);
    AUTO(str) char *user_id = mem_printf("AIDA%s", user);
    AUTO(str) char *arn = mem_printf("arn:aws:iam::%s:user/lab", cloud->account);

    return json_pack("{s:s, s:s, s:s, s:s}", "AccessKeyId", access_key, "SecretAccessKey", secret,
                     "Arn", arn, "UserId", user_id);
}

int cloud_new(const struct cloud_options *options, struct cloud **ret_cloud,
              struct chaos_error *err)
{
    AUTO(cloud) struct cloud *cloud = mem_zero(1, sizeof(*cloud));

    cloud->models = options->models;
    if (options->host)
        cloud->host = *options->host;
    cloud->region = mem_strdup(options->region ? options->region : "us-east-1");
    cloud->account = mem_strdup(options->account ? options->account : "000000000000");
    cloud->pools =
        options->pools ? json_deep_copy(options->pools) : json_pack("[s]", "203.0.113.0/24");
    cloud->delays = options->delays ? json_deep_copy(options->delays) : json_object();
    cloud->n_zones = options->n_zones ? options->n_zones : 3;
    cloud->state = json_object();
    cloud->owner_key = new_owner_key(cloud);
    cloud->sessions = json_object();
    cloud->role_keys = json_object();
    cloud->tokens = json_object();
    cloud_use_tables(cloud);
    if (cloud_delays_check(cloud, err) < 0 || network_create(cloud, err) < 0)
        return -(int)err->code;
    images_create(cloud);
    *ret_cloud = STEAL(cloud);
    return 0;
}

void cloud_free(struct cloud *cloud)
{
    for (size_t i = 0; i < cloud->n_timers; i++)
        free(cloud->timers[i].id);
    free(cloud->timers);
    json_decref(cloud->state);
    json_decref(cloud->pools);
    json_decref(cloud->delays);
    json_decref(cloud->owner_key);
    json_decref(cloud->sessions);
    json_decref(cloud->role_keys);
    json_decref(cloud->tokens);
    free(cloud->region);
    free(cloud->account);
    free(cloud);
}

const json_t *cloud_instance(const struct cloud *cloud, const char *instance_id)
{
    return cloud_find(cloud, CLOUD_INSTANCE, instance_id);
}

const json_t *cloud_instances(const struct cloud *cloud)
{
    return cloud->tables[CLOUD_INSTANCE];
}

const json_t *cloud_addresses(const struct cloud *cloud)
{
    return cloud->tables[CLOUD_ADDRESS];
}

const json_t *cloud_scaling_groups(const struct cloud *cloud)
{
    return cloud->tables[CLOUD_SCALING_GROUP];
}

const json_t *cloud_subnet(const struct cloud *cloud, const char *subnet_id)
{
    return cloud_find(cloud, CLOUD_SUBNET, subnet_id);
}

const json_t *cloud_security_groups(const struct cloud *cloud)
{
    return cloud->tables[CLOUD_GROUP];
}

const json_t *cloud_owner_key(const struct cloud *cloud)
{
    return cloud->owner_key;
}
