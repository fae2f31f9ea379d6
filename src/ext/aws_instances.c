// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_instances.h"

#include "base/json_walk.h"
#include "base/str.h"
#include "ext/arguments.h"
#include "ext/aws_call.h"
#include "ext/aws_inverse.h"
#include "ext/aws_tags.h"

static bool is_in_state(const json_t *instance, const char *const *states)
{
    const char *state = json_text_of(json_object_get(instance, "State"), "Name");

    return state && str_in(state, states);
}

bool aws_instance_is_alive(const json_t *instance)
{
    static const char *const dead[] = { "shutting-down", "terminated", NULL };

    return !is_in_state(instance, dead);
}

bool aws_instance_is_up(const json_t *instance)
{
    static const char *const up[] = { "pending", "running", NULL };

    return is_in_state(instance, up);
}

bool aws_instance_is_stopped(const json_t *instance)
{
    static const char *const stopped[] = { "stopping", "stopped", NULL };

    return is_in_state(instance, stopped);
}

int aws_instances_list(const struct chaos_call *call, json_t *params, json_t **ret_instances,
                       struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    json_t *reservation;
    size_t i;

    if (aws_pages(call, "ec2", "DescribeInstances", params, &answer, err) < 0)
        return -(int)err->code;
    *ret_instances = json_array();
    json_array_foreach (json_object_get(answer, "Reservations"), i, reservation)
        json_array_extend(*ret_instances, json_object_get(reservation, "Instances"));
    return 0;
}

void aws_instances_filter_zone(const struct chaos_call *call, json_t *filters)
{
    if (argument_given(call, "az"))
        aws_filter_add(filters, "availability-zone", argument_text(call, "az"));
}

json_t *aws_instances_filters(const struct chaos_call *call)
{
    json_t *filters = json_array();

    if (argument(call, "filters"))
        json_array_extend(filters, argument(call, "filters"));
    aws_instances_filter_zone(call, filters);
    return filters;
}

json_t *aws_instances_ids(const json_t *instances, bool (*is)(const json_t *instance))
{
    json_t *ids = json_array();
    json_t *instance;
    size_t i;

    json_array_foreach (instances, i, instance)
        if (!is || is(instance))
            json_array_append(ids, json_object_get(instance, "InstanceId"));
    return ids;
}

json_t *aws_instances_undo_stop(json_t *ids)
{
    if (!json_array_size(ids)) {
        json_decref(ids);
        return NULL;
    }
    return aws_inverse_one("ec2", "StartInstances", json_pack("{s:o}", "InstanceIds", ids));
}

json_t *aws_instances_by_type(const json_t *instances)
{
    json_t *by_type = json_object();
    json_t *instance;
    size_t i;

    json_array_foreach (instances, i, instance) {
        const char *type = json_text_of(instance, "InstanceLifecycle");
        json_t *ids;

        /* On-demand and reserved instances come without one. */
        if (!type)
            type = "normal";
        if (!json_object_get(by_type, type))
            json_object_set_new(by_type, type, json_array());
        ids = json_object_get(by_type, type);
        json_array_append(ids, json_object_get(instance, "InstanceId"));
    }
    return by_type;
}

char *aws_ids_text(const json_t *ids)
{
    AUTO(buffer) struct buffer text = { 0 };
    json_t *id;
    size_t i;

    json_array_foreach (ids, i, id)
        buffer_printf(&text, "%s%s", i ? ", " : "", json_string_value(id));
    return buffer_take(&text);
}

static void log_targets(const struct chaos_call *call, const char *doing, const json_t *ids)
{
    AUTO(str) char *text = aws_ids_text(ids);

    chaos_log_info(call->context, "%s %s", doing, text);
}

/* A persistent request would start the instance again. */
static int cancel_spot_requests(const struct chaos_call *call, json_t *ids, struct chaos_error *err)
{
    AUTO(json) json_t *instances = NULL;
    AUTO(json) json_t *requests = json_array();
    AUTO(json) json_t *ignored = NULL;
    json_t *instance;
    size_t i;

    if (aws_instances_list(call, json_pack("{s:O}", "InstanceIds", ids), &instances, err) < 0)
        return -(int)err->code;
    json_array_foreach (instances, i, instance)
        if (str_equal(json_text_of(instance, "InstanceLifecycle"), "spot"))
            json_array_append(requests, json_object_get(instance, "SpotInstanceRequestId"));
    log_targets(call, "Cancelling spot requests", requests);
    return aws_call(call, "ec2", "CancelSpotInstanceRequests",
                    json_pack("{s:O}", "SpotInstanceRequestIds", requests), &ignored, err);
}

static int terminate(const struct chaos_call *call, const char *type, json_t *ids, json_t *answers,
                     struct chaos_error *err)
{
    json_t *answer = NULL;

    if (str_equal(type, "spot") && cancel_spot_requests(call, ids, err) < 0)
        return -(int)err->code;
    log_targets(call, "Terminating instances", ids);
    if (aws_call(call, "ec2", "TerminateInstances", json_pack("{s:O}", "InstanceIds", ids), &answer,
                 err) < 0)
        return -(int)err->code;
    json_array_append_new(answers, answer);
    return 0;
}

int aws_instances_terminate(const struct chaos_call *call, const json_t *by_type,
                            json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *answers = json_array();
    const char *type;
    json_t *ids;

    json_object_foreach (json_walkable(by_type), type, ids)
        if (terminate(call, type, ids, answers, err) < 0)
            return -(int)err->code;
    *ret_output = STEAL(answers);
    return 0;
}

int aws_instances_stop(const struct chaos_call *call, const json_t *by_type, json_t **ret_output,
                       struct chaos_error *err)
{
    AUTO(json) json_t *answers = json_array();
    json_t *normal = json_object_get(by_type, "normal");
    json_t *spot = json_object_get(by_type, "spot");

    /* Before anything is stopped: half of the targets would be worse than none. */
    if (json_object_get(by_type, "scheduled"))
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED,
                               "Scheduled instances support is not implemented");
    if (normal) {
        json_t *answer = NULL;

        log_targets(call, "Stopping instances", normal);
        if (aws_call(call, "ec2", "StopInstances",
                     json_pack("{s:O, s:b}", "InstanceIds", normal, "Force",
                               argument_flag(call, "force")),
                     &answer, err) < 0)
            return -(int)err->code;
        json_array_append_new(answers, answer);
    }
    if (spot && terminate(call, "spot", spot, answers, err) < 0)
        return -(int)err->code;
    *ret_output = STEAL(answers);
    return 0;
}
