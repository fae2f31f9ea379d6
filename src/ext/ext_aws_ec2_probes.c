// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.ec2.probes. All pages are read, and instances are counted, not reservations.
#include "ext/arguments.h"
#include "ext/aws_call.h"
#include "ext/aws_explain.h"
#include "ext/aws_forward.h"
#include "ext/aws_instances.h"
#include "ext/aws_row.h"

#include "base/json_walk.h"
#include "base/str.h"

static int describe_instances(const struct chaos_call *call, json_t **ret_output,
                              struct chaos_error *err)
{
    return aws_pages(call, "ec2", "DescribeInstances",
                     aws_params(call, AWS_PAIRS("Filters", "filters")), ret_output, err);
}

static int count(const struct chaos_call *call, size_t *ret_count, struct chaos_error *err)
{
    AUTO(json) json_t *instances = NULL;

    if (aws_instances_list(call, aws_params(call, AWS_PAIRS("Filters", "filters")), &instances,
                           err) < 0)
        return -(int)err->code;
    *ret_count = json_array_size(instances);
    return 0;
}

static int count_instances(const struct chaos_call *call, json_t **ret_output,
                           struct chaos_error *err)
{
    size_t found = 0;

    if (count(call, &found, err) < 0)
        return -(int)err->code;
    *ret_output = json_integer((json_int_t)found);
    return 0;
}

static int count_min_instances(const struct chaos_call *call, json_t **ret_output,
                               struct chaos_error *err)
{
    size_t found = 0;

    if (count(call, &found, err) < 0)
        return -(int)err->code;
    *ret_output = json_boolean((json_int_t)found >= argument_integer(call, "min_count"));
    return 0;
}

static int instance_state(const struct chaos_call *call, json_t **ret_output,
                          struct chaos_error *err)
{
    AUTO(json) json_t *instances = NULL;
    bool by_id = argument_given(call, "instance_ids");
    json_t *instance;
    size_t i;

    if (!by_id && !argument_given(call, "filters"))
        return aws_fail(call,
                        "Probe \"instance_state\" missing required parameter \"instance_ids\" or "
                        "\"filters\"",
                        err);
    if (aws_instances_list(call,
                           by_id ? aws_params(call, AWS_PAIRS("InstanceIds", "instance_ids"))
                                 : aws_params(call, AWS_PAIRS("Filters", "filters")),
                           &instances, err) < 0)
        return -(int)err->code;
    if (!json_array_size(instances))
        return aws_fail(call, "no instances found to compare with the state '{state}'", err);
    *ret_output = json_true();
    json_array_foreach (instances, i, instance)
        if (!str_equal(json_text_of(json_object_get(instance, "State"), "Name"),
                       argument_text(call, "state")))
            *ret_output = json_false();
    return 0;
}

#define FILTERS "filters of DescribeInstances: a list of {\"Name\", \"Values\"}"

static const struct chaos_param filter_params[] = {
    REQUIRED("filters", CHAOS_LIST, FILTERS),
};
static const struct chaos_param minimum_params[] = {
    REQUIRED("filters", CHAOS_LIST, FILTERS),
    DEFAULT("min_count", CHAOS_INTEGER, "0", "how many there must be"),
};
static const struct chaos_param state_params[] = {
    REQUIRED("state", CHAOS_STRING, "the state that is wanted: \"running\", \"stopped\", …"),
    OPTIONAL("instance_ids", CHAOS_LIST, "ids of the instances"),
    OPTIONAL("filters", CHAOS_LIST, FILTERS),
};

static const struct chaos_function functions[] = {
    PROBE(count_instances, filter_params, .summary = "how many instances match the filters",
          .result = CHAOS_INTEGER, .result_doc = "instances, of all reservations and pages"),
    PROBE(count_min_instances, minimum_params,
          .summary = "whether at least so many instances match the filters",
          .result = CHAOS_BOOLEAN, .result_doc = "whether there are at least `min_count`"),
    PROBE(describe_instances, filter_params, .summary = "the instances that match the filters",
          AWS_RESPONSE),
    PROBE(instance_state, state_params, .summary = "whether all instances are in a state",
          .result = CHAOS_BOOLEAN, .result_doc = "whether each of them is"),
};

AWS_EXTENSION(ext_aws_ec2_probes, "chaosaws.ec2.probes", "EC2 instances, looked at");
