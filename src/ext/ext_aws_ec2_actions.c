// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.ec2.actions. What is drawn is drawn from instances that still can be acted
// on; ids that are given are taken as they are.
#include <math.h>

#include "base/json_walk.h"
#include "base/str.h"
#include "ext/arguments.h"
#include "ext/aws_call.h"
#include "ext/aws_explain.h"
#include "ext/aws_forward.h"
#include "ext/aws_instance_tags.h"
#include "ext/aws_instances.h"
#include "ext/aws_inverse.h"
#include "ext/aws_lists.h"
#include "ext/aws_pick.h"
#include "ext/aws_row.h"
#include "ext/aws_tags.h"
#include "ext/aws_volumes.h"
#include "value/pytext.h"

/* How the arguments of a function name its targets. */
struct selection {
    const char *ids;       /* the argument with the ids: one text, or a list */
    const char *not_given; /* what to say when nothing names a target */
    const char *zone_only; /* what to warn of when only a zone does */
    const char *no_match;  /* what to say when nothing matches */
    bool (*is_candidate)(const json_t *instance);
    bool draws_one;
};

#define NO_INSTANCES   "No instances in availability zone: {az}"
#define GIVE_TERMINATE "instance-id, an Availability Zone, or provide a set of filters"

static const struct selection stop_one = {
    .ids = "instance_id",
    .not_given = "To stop an EC2 instance, you must specify either the instance id, an AZ to pick "
                 "a random instance from, or a set of filters.",
    .zone_only = "Based on configuration provided I am going to stop a random instance in AZ {az}!",
    .no_match = NO_INSTANCES,
    .is_candidate = aws_instance_is_up,
    .draws_one = true,
};
static const struct selection stop_all = {
    .ids = "instance_ids",
    .not_given = "To stop EC2 instances, you must specify either the instance ids, an AZ to pick "
                 "random instances from, or a set of filters.",
    .zone_only = "Based on configuration provided I am going to stop all instances in AZ {az}!",
    .no_match = NO_INSTANCES,
    .is_candidate = aws_instance_is_up,
};
static const struct selection terminate_one = {
    .ids = "instance_id",
    .not_given = "To terminate an EC2, you must specify the " GIVE_TERMINATE,
    .zone_only = "Based on configuration provided I am going to terminate a random instance in AZ "
                 "{az}!",
    .is_candidate = aws_instance_is_alive,
    .draws_one = true,
};
static const struct selection terminate_all = {
    .ids = "instance_ids",
    .not_given = "To terminate instances, you must specify the " GIVE_TERMINATE,
    .zone_only = "Based on configuration provided I am going to terminate all instances in AZ "
                 "{az}!",
    .is_candidate = aws_instance_is_alive,
};
static const struct selection start_all = {
    .ids = "instance_ids",
    .not_given = "To start instances, you must specify the " GIVE_TERMINATE,
    .zone_only = "Based on configuration provided I am going to start all instances in AZ {az}!",
    .is_candidate = aws_instance_is_alive,
};
static const struct selection restart_all = {
    .ids = "instance_ids",
    .not_given = "To restart instances, you must specify the " GIVE_TERMINATE,
    .zone_only = "Based on configuration provided I am going to restart all instances in AZ {az}!",
    .is_candidate = aws_instance_is_alive,
};

static json_t *make_params(const struct chaos_call *call, const struct selection *how)
{
    json_t *ids = argument(call, how->ids);

    if (!argument_given(call, how->ids))
        return json_pack("{s:o}", "Filters", aws_instances_filters(call));
    return json_pack(json_is_string(ids) ? "{s:[O]}" : "{s:O}", "InstanceIds", ids);
}

/* Without a text of its own the selection says which filters found nothing. */
static int no_match(const struct chaos_call *call, const struct selection *how,
                    struct chaos_error *err)
{
    AUTO(json) json_t *filters = aws_instances_filters(call);
    AUTO(str) char *text = pytext_of(filters);

    if (how->no_match)
        return aws_fail(call, how->no_match, err);
    return chaos_error_set(err, CHAOS_E_NOT_FOUND, "No instances found matching filters: %s", text);
}

static const json_t *find_instance(const json_t *instances, const char *id)
{
    return aws_list_find(instances, "InstanceId", id);
}

static json_t *keep_candidates(const json_t *instances, const struct selection *how)
{
    json_t *kept = json_array();
    json_t *instance;
    size_t i;

    json_array_foreach (instances, i, instance)
        if (how->is_candidate(instance))
            json_array_append(kept, instance);
    return kept;
}

/* The instances that the function will touch. */
static int select_instances(const struct chaos_call *call, const struct selection *how,
                            json_t **ret_instances, struct chaos_error *err)
{
    AUTO(json) json_t *found = NULL;
    AUTO(json) json_t *candidates = NULL;
    AUTO(json) json_t *ids = NULL;

    if (aws_instances_list(call, make_params(call, how), &found, err) < 0)
        return -(int)err->code;
    if (argument_given(call, how->ids)) {
        *ret_instances = STEAL(found);
        return 0;
    }
    candidates = keep_candidates(found, how);
    if (!json_array_size(candidates))
        return no_match(call, how, err);
    if (!how->draws_one) {
        *ret_instances = STEAL(candidates);
        return 0;
    }
    ids = aws_instances_ids(candidates, NULL);
    *ret_instances = json_pack("[O]", find_instance(candidates, aws_pick_one(call, ids)));
    return 0;
}

static bool names_targets(const struct chaos_call *call, const struct selection *how)
{
    return argument_given(call, how->ids) || argument_given(call, "az") ||
           argument_given(call, "filters");
}

static int select_checked(const struct chaos_call *call, const struct selection *how,
                          json_t **ret_instances, struct chaos_error *err)
{
    AUTO(buffer) struct buffer warning = { 0 };

    if (!names_targets(call, how))
        return aws_fail(call, how->not_given, err);
    if (!argument_given(call, how->ids) && !argument_given(call, "filters")) {
        aws_fill(&warning, how->zone_only, call, NULL);
        chaos_log_warning(call->context, "%s", buffer_text(&warning));
    }
    return select_instances(call, how, ret_instances, err);
}

/* aws_instances_stop() or aws_instances_terminate(). */
typedef int (*end_function)(const struct chaos_call *call, const json_t *by_type,
                            json_t **ret_output, struct chaos_error *err);

static int end_selected(const struct chaos_call *call, const struct selection *how,
                        end_function end, json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *instances = NULL;
    AUTO(json) json_t *by_type = NULL;

    if (select_checked(call, how, &instances, err) < 0)
        return -(int)err->code;
    by_type = aws_instances_by_type(instances);
    return end(call, by_type, ret_output, err);
}

static int stop_instance(const struct chaos_call *call, json_t **ret_output,
                         struct chaos_error *err)
{
    return end_selected(call, &stop_one, aws_instances_stop, ret_output, err);
}

static int stop_instances(const struct chaos_call *call, json_t **ret_output,
                          struct chaos_error *err)
{
    return end_selected(call, &stop_all, aws_instances_stop, ret_output, err);
}

/* Those of the instances that are up and will be stopped; spot instances do not come back. */
static bool comes_back(const json_t *instance)
{
    return aws_instance_is_up(instance) && !json_object_get(instance, "InstanceLifecycle");
}

static int unstop(const struct chaos_call *call, const struct selection *how, json_t **ret_activity,
                  struct chaos_error *err)
{
    AUTO(json) json_t *instances = NULL;

    if (!names_targets(call, how))
        return 0;
    if (select_instances(call, how, &instances, err) < 0)
        return -(int)err->code;
    *ret_activity = aws_instances_undo_stop(aws_instances_ids(instances, comes_back));
    return 0;
}

static int undo_stop_instance(const struct chaos_call *call, json_t **ret_activity,
                              struct chaos_error *err)
{
    return unstop(call, &stop_one, ret_activity, err);
}

static int undo_stop_instances(const struct chaos_call *call, json_t **ret_activity,
                               struct chaos_error *err)
{
    return unstop(call, &stop_all, ret_activity, err);
}

static int terminate_instance(const struct chaos_call *call, json_t **ret_output,
                              struct chaos_error *err)
{
    return end_selected(call, &terminate_one, aws_instances_terminate, ret_output, err);
}

static int terminate_instances(const struct chaos_call *call, json_t **ret_output,
                               struct chaos_error *err)
{
    return end_selected(call, &terminate_all, aws_instances_terminate, ret_output, err);
}

/* One request for each lifecycle; what `member` of the answers lists goes into the output. */
static int change_selected(const struct chaos_call *call, const struct selection *how,
                           const char *operation, const char *member, json_t **ret_output,
                           struct chaos_error *err)
{
    AUTO(json) json_t *instances = NULL;
    AUTO(json) json_t *by_type = NULL;
    AUTO(json) json_t *changed = json_array();
    const char *type;
    json_t *ids;

    if (select_checked(call, how, &instances, err) < 0)
        return -(int)err->code;
    by_type = aws_instances_by_type(instances);
    json_object_foreach (by_type, type, ids) {
        AUTO(json) json_t *answer = NULL;
        AUTO(str) char *text = aws_ids_text(ids);

        chaos_log_info(call->context, "%s %s", operation, text);
        if (aws_call(call, "ec2", operation, json_pack("{s:O}", "InstanceIds", ids), &answer, err) <
            0)
            return -(int)err->code;
        json_array_extend(changed, json_object_get(answer, member));
    }
    *ret_output = STEAL(changed);
    return 0;
}

static int start_instances(const struct chaos_call *call, json_t **ret_output,
                           struct chaos_error *err)
{
    return change_selected(call, &start_all, "StartInstances", "StartingInstances", ret_output,
                           err);
}

static int undo_start_instances(const struct chaos_call *call, json_t **ret_activity,
                                struct chaos_error *err)
{
    AUTO(json) json_t *instances = NULL;
    AUTO(json) json_t *ids = NULL;

    if (!names_targets(call, &start_all))
        return 0;
    if (select_instances(call, &start_all, &instances, err) < 0)
        return -(int)err->code;
    ids = aws_instances_ids(instances, aws_instance_is_stopped);
    if (json_array_size(ids))
        *ret_activity =
            aws_inverse_one("ec2", "StopInstances", json_pack("{s:O}", "InstanceIds", ids));
    return 0;
}

static int restart_instances(const struct chaos_call *call, json_t **ret_output,
                             struct chaos_error *err)
{
    return change_selected(call, &restart_all, "RebootInstances", "", ret_output, err);
}

/* The volumes that detach_random_volume() will detach. */
static int select_volumes(const struct chaos_call *call, json_t **ret_volumes,
                          struct chaos_error *err)
{
    bool by_id = argument_given(call, "instance_ids");
    AUTO(json)
    json_t *params = by_id ? aws_params(call, AWS_PAIRS("InstanceIds", "instance_ids"))
                           : aws_params(call, AWS_PAIRS("Filters", "filters"));
    AUTO(json) json_t *instances = NULL;
    AUTO(str) char *text = NULL;

    if (!by_id && !argument_given(call, "filters"))
        return aws_fail(call,
                        "To detach volumes, you must specify the instance_id or provide a set of "
                        "filters",
                        err);
    if (aws_instances_list(call, json_incref(params), &instances, err) < 0)
        return -(int)err->code;
    text = pytext_of(params);
    if (!json_array_size(instances))
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "no instances found matching: %s", text);
    *ret_volumes = aws_volumes_draw(call, instances, NULL);
    return 0;
}

static int detach_random_volume(const struct chaos_call *call, json_t **ret_output,
                                struct chaos_error *err)
{
    return aws_volumes_detach(call, select_volumes, ret_output, err);
}

static int undo_detach_random_volume(const struct chaos_call *call, json_t **ret_activity,
                                     struct chaos_error *err)
{
    return aws_volumes_undo_detach(call, select_volumes, ret_activity, err);
}

static bool is_of_instances(const struct aws_origin *origin, const json_t *ids)
{
    json_t *id;
    size_t i;

    json_array_foreach (ids, i, id)
        if (str_equal(json_string_value(id), origin->instance))
            return true;
    return !ids;
}

/* The volumes that attach_volume() will attach. */
static int select_lost_volumes(const struct chaos_call *call, json_t **ret_lost,
                               struct chaos_error *err)
{
    bool by_id = argument_given(call, "instance_ids");
    AUTO(json) json_t *instances = NULL;
    AUTO(json) json_t *ids = NULL;
    AUTO(json) json_t *volumes = NULL;

    if (by_id || argument_given(call, "filters")) {
        if (aws_instances_list(call,
                               by_id ? aws_params(call, AWS_PAIRS("InstanceIds", "instance_ids"))
                                     : aws_params(call, AWS_PAIRS("Filters", "filters")),
                               &instances, err) < 0)
            return -(int)err->code;
        ids = aws_instances_ids(instances, NULL);
    }
    if (aws_volumes_tagged(call, &volumes, err) < 0)
        return -(int)err->code;
    *ret_lost = aws_volumes_lost(volumes, is_of_instances, ids);
    return 0;
}

static int attach_volume(const struct chaos_call *call, json_t **ret_output,
                         struct chaos_error *err)
{
    return aws_volumes_attach(call, select_lost_volumes, ret_output, err);
}

static int undo_attach_volume(const struct chaos_call *call, json_t **ret_activity,
                              struct chaos_error *err)
{
    return aws_volumes_undo_attach(call, select_lost_volumes, ret_activity, err);
}

/* The instances that stop_instances_by_incremental_steps() will stop. */
static int select_steps(const struct chaos_call *call, json_t **ret_ids, json_t **ret_instances,
                        struct chaos_error *err)
{
    AUTO(json) json_t *filters = json_array();
    AUTO(json) json_t *tags = NULL;
    AUTO(json) json_t *found = NULL;
    AUTO(json) json_t *ids = NULL;
    const char *key;
    json_t *value;

    if (aws_tags_read(argument(call, "tags"), &tags, err) < 0)
        return -(int)err->code;
    json_object_foreach (tags, key, value)
        aws_filter_add_tag(filters, key, json_string_value(value));
    aws_instances_filter_zone(call, filters);
    if (aws_instances_list(call, json_pack("{s:O}", "Filters", filters), &found, err) < 0)
        return -(int)err->code;
    ids = aws_instances_ids(found, aws_instance_is_up);
    if (!json_array_size(ids))
        return aws_fail(call, NO_INSTANCES, err);
    *ret_ids =
        aws_pick(call, ids, aws_pick_share(json_array_size(ids), argument_number(call, "volume")));
    *ret_instances = STEAL(found);
    return 0;
}

/* Stop ids[first..first+count). */
static int stop_step(const struct chaos_call *call, const json_t *instances, const json_t *ids,
                     size_t first, size_t count, json_t *answers, struct chaos_error *err)
{
    AUTO(json) json_t *now = json_array();
    AUTO(json) json_t *by_type = NULL;
    AUTO(json) json_t *stopped = NULL;

    for (size_t i = first; i < first + count && i < json_array_size(ids); i++)
        json_array_append(now, json_walkable(find_instance(
                                   instances, json_string_value(json_array_get(ids, i)))));
    by_type = aws_instances_by_type(now);
    if (aws_instances_stop(call, by_type, &stopped, err) < 0)
        return -(int)err->code;
    json_array_extend(answers, stopped);
    return 0;
}

static int stop_instances_by_incremental_steps(const struct chaos_call *call, json_t **ret_output,
                                               struct chaos_error *err)
{
    AUTO(json) json_t *ids = NULL;
    AUTO(json) json_t *instances = NULL;
    AUTO(json) json_t *answers = json_array();
    size_t step = (size_t)argument_integer(call, "step_quantity");
    int64_t pause_ms = (int64_t)(argument_number(call, "step_duration") * 1000);

    if (select_steps(call, &ids, &instances, err) < 0)
        return -(int)err->code;
    for (size_t first = 0; first < json_array_size(ids); first += step) {
        if (first && chaos_wait(call->context, -1, 0, pause_ms, err) < 0)
            return -(int)err->code;
        if (stop_step(call, instances, ids, first, step, answers, err) < 0)
            return -(int)err->code;
    }
    *ret_output = STEAL(answers);
    return 0;
}

static int undo_stop_steps(const struct chaos_call *call, json_t **ret_activity,
                           struct chaos_error *err)
{
    AUTO(json) json_t *ids = NULL;
    AUTO(json) json_t *instances = NULL;
    AUTO(json) json_t *chosen = json_array();
    json_t *id;
    size_t i;

    if (select_steps(call, &ids, &instances, err) < 0)
        return -(int)err->code;
    json_array_foreach (ids, i, id)
        json_array_append(chosen, json_walkable(find_instance(instances, json_string_value(id))));
    *ret_activity = aws_instances_undo_stop(aws_instances_ids(chosen, comes_back));
    return 0;
}

#define INSTANCE_ID  OPTIONAL("instance_id", CHAOS_STRING, "id of the instance")
#define INSTANCE_IDS OPTIONAL("instance_ids", CHAOS_LIST, "ids of the instances")
#define ZONE         OPTIONAL("az", CHAOS_STRING, "availability zone to look in")
#define FILTERS                                                                                    \
    OPTIONAL("filters", CHAOS_LIST,                                                                \
             "filters of DescribeInstances: a list of {\"Name\", \"Values\"}")
#define FORCE(json) DEFAULT("force", CHAOS_BOOLEAN, json, "do not let the system shut down cleanly")
#define TAGS                                                                                       \
    REQUIRED("tags", CHAOS_ANY, "\"k=v,x=y\", or a list of {\"Key\", \"Value\"} or a mapping")

static const struct chaos_param stop_one_params[] = { INSTANCE_ID, ZONE, FORCE("false"), FILTERS };
static const struct chaos_param stop_params[] = { INSTANCE_IDS, ZONE, FILTERS, FORCE("false") };
static const struct chaos_param one_params[] = { INSTANCE_ID, ZONE, FILTERS };
static const struct chaos_param many_params[] = { INSTANCE_IDS, ZONE, FILTERS };
static const struct chaos_param detach_params[] = {
    INSTANCE_IDS,
    FILTERS,
    DEFAULT("force", CHAOS_BOOLEAN, "true", "detach without waiting for the system to let go"),
};
static const struct chaos_param attach_params[] = { INSTANCE_IDS, FILTERS };
static const struct chaos_param step_params[] = {
    { .name = "volume",
      .type = CHAOS_NUMBER,
      .required = true,
      .doc = "percent of the instances to stop",
      .min = 0,
      .max = 100 },
    { .name = "step_quantity",
      .type = CHAOS_INTEGER,
      .required = true,
      .doc = "instances to stop at each step",
      .min = 1,
      .max = HUGE_VAL },
    { .name = "step_duration",
      .type = CHAOS_NUMBER,
      .required = true,
      .doc = "seconds between two steps",
      .min = 0,
      .max = 1e9 },
    ZONE,
    OPTIONAL("tags", CHAOS_ANY, "\"k=v,x=y\" or a mapping: tags the instances must have"),
    FORCE("false"),
};
static const struct chaos_param tag_params[] = {
    TAGS,
    { .name = "percentage",
      .type = CHAOS_NUMBER,
      .default_json = "100",
      .doc = "percent of the instances to tag, at least one",
      .min = 0,
      .max = 100 },
    ZONE,
    FILTERS,
};
static const struct chaos_param untag_params[] = { TAGS, ZONE };

#define ANSWERS .result = CHAOS_LIST, .result_doc = "the answers, one for each kind of instance"

static const struct chaos_function functions[] = {
    ACTION(attach_volume, attach_params,
           .summary = "attach volumes again that detach_random_volume detached",
           .doc = "Without ids or filters, all of them. Volumes in use are left alone.",
           .result = CHAOS_LIST, .result_doc = "the answers, one for each volume",
           .inverse = undo_attach_volume),
    ACTION(detach_random_volume, detach_params,
           .summary = "detach from each instance one volume that is not its root",
           .result = CHAOS_LIST, .result_doc = "the answers, one for each volume",
           .inverse = undo_detach_random_volume),
    ACTION(remove_tags_from_instances, untag_params,
           .summary = "remove tags from the instances that have them", AWS_RESPONSE,
           .inverse = undo_remove_tags),
    ACTION(restart_instances, many_params, .summary = "restart instances", .result = CHAOS_LIST,
           .result_doc = "an empty list"),
    ACTION(set_tags_on_instances, tag_params, .summary = "set tags on a part of the instances",
           AWS_RESPONSE, .inverse = undo_set_tags),
    ACTION(start_instances, many_params, .summary = "start instances", .result = CHAOS_LIST,
           .result_doc = "the instances with their states before and after",
           .inverse = undo_start_instances),
    ACTION(stop_instance, stop_one_params,
           .summary = "stop an instance: the given one, or one drawn at random", ANSWERS,
           .inverse = undo_stop_instance),
    ACTION(stop_instances, stop_params,
           .summary = "stop instances: the given ones, or all of a zone or of filters", ANSWERS,
           .inverse = undo_stop_instances),
    ACTION(stop_instances_by_incremental_steps, step_params,
           .summary = "stop a part of the instances, some at a time", ANSWERS,
           .inverse = undo_stop_steps),
    ACTION(terminate_instance, one_params,
           .summary = "terminate an instance: the given one, or one drawn at random", ANSWERS),
    ACTION(terminate_instances, many_params,
           .summary = "terminate instances: the given ones, or all of a zone or of filters",
           ANSWERS),
};

AWS_EXTENSION(ext_aws_ec2_actions, "chaosaws.ec2.actions", "EC2 instances, acted on");
