// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.asg.actions. The targets in all groups are chosen before any is touched.
#include <math.h>

#include "base/json_walk.h"
#include "base/str.h"
#include "ext/arguments.h"
#include "ext/aws_call.h"
#include "ext/aws_explain.h"
#include "ext/aws_groups.h"
#include "ext/aws_instances.h"
#include "ext/aws_inverse.h"
#include "ext/aws_pick.h"
#include "ext/aws_row.h"
#include "ext/aws_volumes.h"
#include "value/pytext.h"

#define AUTOSCALING "autoscaling"

static const char *name_of(const json_t *group)
{
    return json_text_of(group, "AutoScalingGroupName");
}

static json_t *in_service(const struct chaos_call *call, const json_t *group)
{
    const char *zone = argument_given(call, "az") ? argument_text(call, "az") : NULL;
    json_t *ids = json_array();
    json_t *instance;
    size_t i;

    json_array_foreach (json_object_get(group, "Instances"), i, instance)
        if (str_equal(json_text_of(instance, "LifecycleState"), "InService") &&
            (!zone || str_equal(json_text_of(instance, "AvailabilityZone"), zone)))
            json_array_append(ids, json_object_get(instance, "InstanceId"));
    return ids;
}

/* What the texts of one function say of too few instances; three values follow in both. */
enum shortage {
    SHORT_FOR_TERMINATION,
    SHORT_FOR_STOP,
    SHORT_FOR_DETACHING
};

static int fail_short(enum shortage shortage, const json_t *group, json_int_t wanted, size_t have,
                      struct chaos_error *err)
{
    if (shortage == SHORT_FOR_DETACHING)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "You are attempting to detach more instances than exist on asg %s",
                               name_of(group));
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "Not enough healthy instances in %s to satisfy %s count %lld (%zu)",
                           name_of(group), shortage == SHORT_FOR_STOP ? "stop" : "termination",
                           (long long)wanted, have);
}

/* The instances of a group that are drawn: all of the zone, or the count or percentage. */
static int draw_instances(const struct chaos_call *call, const json_t *group,
                          enum shortage shortage, json_t **ret_ids, struct chaos_error *err)
{
    AUTO(json) json_t *ids = in_service(call, group);
    size_t have = json_array_size(ids);
    json_int_t wanted = argument_integer(call, "instance_count");

    if (argument_given(call, "az")) {
        if (!have)
            return aws_fail(call, "No instances found in Availability Zone: {az}", err);
        wanted = (json_int_t)have;
    } else if (argument_given(call, "instance_percent")) {
        wanted = (json_int_t)((double)have * argument_number(call, "instance_percent") / 100);
    }
    if (wanted > (json_int_t)have)
        return fail_short(shortage, group, wanted, have, err);
    if (wanted < 1)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "that part of the %zu healthy instances in %s is none", have,
                               name_of(group));
    *ret_ids = aws_pick(call, ids, (size_t)wanted);
    return 0;
}

/* [{"AutoScalingGroupName", "InstanceIds"}] for each group. */
static int select_targets(const struct chaos_call *call, enum shortage shortage,
                          json_t **ret_targets, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *targets = json_array();
    json_t *group;
    size_t i;

    if (aws_groups_find(call, &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "AutoScalingGroups"), i, group) {
        json_t *ids = NULL;

        if (draw_instances(call, group, shortage, &ids, err) < 0)
            return -(int)err->code;
        json_array_append_new(targets, json_pack("{s:s, s:o}", "AutoScalingGroupName",
                                                 name_of(group), "InstanceIds", ids));
    }
    *ret_targets = STEAL(targets);
    return 0;
}

static int check_share(const struct chaos_call *call, struct chaos_error *err)
{
    bool count = argument_given(call, "instance_count");
    bool percent = argument_given(call, "instance_percent");
    bool zone = argument_given(call, "az");

    if (aws_groups_check(call, err) < 0)
        return -(int)err->code;
    if ((!count && !percent && !zone) || (count && percent && zone))
        return aws_fail(
            call, "Must specify one of \"instance_count\", \"instance_percent\", \"az\"", err);
    return 0;
}

static void log_targets(const struct chaos_call *call, const char *doing, const json_t *target)
{
    AUTO(str) char *text = aws_ids_text(json_object_get(target, "InstanceIds"));

    chaos_log_info(call->context, "%s %s of the group %s", doing, text, name_of(target));
}

struct blow {
    const char *operation;
    const char *doing;
    const char *member; /* of the answer */
    enum shortage shortage;
    bool has_force;
};

static int strike(const struct chaos_call *call, const struct blow *blow, json_t **ret_output,
                  struct chaos_error *err)
{
    AUTO(json) json_t *targets = NULL;
    AUTO(json) json_t *results = json_array();
    json_t *target;
    size_t i;

    if (check_share(call, err) < 0 || select_targets(call, blow->shortage, &targets, err) < 0)
        return -(int)err->code;
    json_array_foreach (targets, i, target) {
        json_t *params = json_pack("{s:O}", "InstanceIds", json_object_get(target, "InstanceIds"));
        AUTO(json) json_t *answer = NULL;

        if (blow->has_force)
            json_object_set_new(params, "Force", json_boolean(argument_flag(call, "force")));
        log_targets(call, blow->doing, target);
        if (aws_call(call, "ec2", blow->operation, params, &answer, err) < 0)
            return aws_explain_refusal(call, "{message}", err);
        json_array_append_new(results,
                              json_pack("{s:s, s:O*}", "AutoScalingGroupName", name_of(target),
                                        blow->member, json_object_get(answer, blow->member)));
    }
    *ret_output = STEAL(results);
    return 0;
}

static int terminate_random_instances(const struct chaos_call *call, json_t **ret_output,
                                      struct chaos_error *err)
{
    return strike(call,
                  &(const struct blow){ "TerminateInstances", "Terminating instances",
                                        "TerminatingInstances", SHORT_FOR_TERMINATION, false },
                  ret_output, err);
}

static int stop_random_instances(const struct chaos_call *call, json_t **ret_output,
                                 struct chaos_error *err)
{
    return strike(call,
                  &(const struct blow){ "StopInstances", "Stopping instances", "StoppingInstances",
                                        SHORT_FOR_STOP, true },
                  ret_output, err);
}

static int undo_stop_random_instances(const struct chaos_call *call, json_t **ret_activity,
                                      struct chaos_error *err)
{
    AUTO(json) json_t *targets = NULL;
    AUTO(json) json_t *ids = json_array();
    json_t *target;
    size_t i;

    if (check_share(call, err) < 0 || select_targets(call, SHORT_FOR_STOP, &targets, err) < 0)
        return -(int)err->code;
    json_array_foreach (targets, i, target)
        json_array_extend(ids, json_object_get(target, "InstanceIds"));
    *ret_activity = aws_instances_undo_stop(STEAL(ids));
    return 0;
}

static int check_detach(const struct chaos_call *call, struct chaos_error *err)
{
    if (aws_groups_check(call, err) < 0)
        return -(int)err->code;
    if (!argument_given(call, "instance_count") && !argument_given(call, "instance_percent"))
        return aws_fail(call, "You must specify either \"instance_count\" or \"instance_percent\"",
                        err);
    return 0;
}

static int detach_random_instances(const struct chaos_call *call, json_t **ret_output,
                                   struct chaos_error *err)
{
    AUTO(json) json_t *targets = NULL;
    AUTO(json) json_t *activities = json_array();
    json_t *target;
    size_t i;

    if (check_detach(call, err) < 0 || select_targets(call, SHORT_FOR_DETACHING, &targets, err) < 0)
        return -(int)err->code;
    json_array_foreach (targets, i, target) {
        json_t *params = json_copy(target);
        AUTO(json) json_t *answer = NULL;

        json_object_set_new(params, "ShouldDecrementDesiredCapacity",
                            json_boolean(argument_flag(call, "decrement_capacity")));
        log_targets(call, "Detaching instances", target);
        if (aws_call(call, AUTOSCALING, "DetachInstances", params, &answer, err) < 0)
            return -(int)err->code;
        json_array_extend(activities, json_object_get(answer, "Activities"));
    }
    *ret_output = json_pack("{s:O, s:O}", "Activities", activities, "DetachingInstances", targets);
    return 0;
}

static int undo_detach_random_instances(const struct chaos_call *call, json_t **ret_activity,
                                        struct chaos_error *err)
{
    json_t *targets = NULL;

    if (check_detach(call, err) < 0 || select_targets(call, SHORT_FOR_DETACHING, &targets, err) < 0)
        return -(int)err->code;
    *ret_activity = aws_inverse_each(AUTOSCALING, "AttachInstances", targets);
    return 0;
}

static int check_processes(const struct chaos_call *call, struct chaos_error *err)
{
    AUTO(json)
    json_t *valid =
        json_pack("[s, s, s, s, s, s, s, s]", "Launch", "Terminate", "HealthCheck", "AZRebalance",
                  "AlarmNotification", "ScheduledActions", "AddToLoadBalancer", "ReplaceUnhealthy");
    AUTO(json) json_t *invalid = json_array();
    AUTO(str) char *invalid_text = NULL;
    AUTO(str) char *valid_text = pytext_of(valid);
    json_t *process;
    json_t *one;
    size_t i;
    size_t k;

    json_array_foreach (argument(call, "process_names"), i, process) {
        json_array_foreach (valid, k, one)
            if (json_equal(process, one))
                break;
        if (k == json_array_size(valid))
            json_array_append(invalid, process);
    }
    invalid_text = pytext_of(invalid);
    if (json_array_size(invalid))
        return chaos_error_set(err, CHAOS_E_INVALID, "invalid process(es): %s not in %s.",
                               invalid_text, valid_text);
    return 0;
}

static int change_processes(const struct chaos_call *call, const char *operation,
                            json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *names = NULL;
    AUTO(str) char *processes = pytext_of(json_object_get(call->arguments, "process_names"));
    json_t *name;
    size_t i;

    if (aws_groups_check(call, err) < 0 || check_processes(call, err) < 0 ||
        aws_groups_find(call, &answer, err) < 0)
        return -(int)err->code;
    names = aws_groups_names(answer);
    json_array_foreach (names, i, name) {
        bool some = argument_given(call, "process_names");
        AUTO(json) json_t *ignored = NULL;

        chaos_log_info(call->context, "%s of the group %s: %s", operation, json_string_value(name),
                       some ? processes : "all");
        if (aws_call(call, AUTOSCALING, operation,
                     json_pack("{s:O, s:O*}", "AutoScalingGroupName", name, "ScalingProcesses",
                               some ? argument(call, "process_names") : NULL),
                     &ignored, err) < 0)
            return -(int)err->code;
    }
    return aws_groups_by_name(call, names, "No ASG(s) found with name(s): ", ret_output, err);
}

static int suspend_processes(const struct chaos_call *call, json_t **ret_output,
                             struct chaos_error *err)
{
    return change_processes(call, "SuspendProcesses", ret_output, err);
}

static int resume_processes(const struct chaos_call *call, json_t **ret_output,
                            struct chaos_error *err)
{
    return change_processes(call, "ResumeProcesses", ret_output, err);
}

/* The processes of a group that an action on the argument's (or all) will change: those that are
 * not yet as it wants them. */
static json_t *changing_processes(const struct chaos_call *call, const json_t *group,
                                  bool are_suspended)
{
    AUTO(json)
    json_t *all = json_pack("[s, s, s, s, s, s, s, s, s]", "Launch", "Terminate",
                            "AddToLoadBalancer", "AlarmNotification", "AZRebalance", "HealthCheck",
                            "InstanceRefresh", "ReplaceUnhealthy", "ScheduledActions");
    json_t *changing = json_array();
    json_t *process;
    size_t i;

    json_array_foreach (
        argument_given(call, "process_names") ? argument(call, "process_names") : all, i, process)
        if (aws_group_suspends(group, json_string_value(process)) == are_suspended)
            json_array_append(changing, process);
    return changing;
}

static int undo_processes(const struct chaos_call *call, const char *operation, bool are_suspended,
                          json_t **ret_activity, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *requests = json_array();
    json_t *group;
    size_t i;

    if (aws_groups_find(call, &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "AutoScalingGroups"), i, group) {
        AUTO(json) json_t *processes = changing_processes(call, group, are_suspended);

        if (json_array_size(processes))
            json_array_append_new(requests,
                                  json_pack("{s:s, s:O}", "AutoScalingGroupName", name_of(group),
                                            "ScalingProcesses", processes));
    }
    *ret_activity = aws_inverse_each(AUTOSCALING, operation, STEAL(requests));
    return 0;
}

static int undo_suspend_processes(const struct chaos_call *call, json_t **ret_activity,
                                  struct chaos_error *err)
{
    return undo_processes(call, "ResumeProcesses", false, ret_activity, err);
}

static int undo_resume_processes(const struct chaos_call *call, json_t **ret_activity,
                                 struct chaos_error *err)
{
    return undo_processes(call, "SuspendProcesses", true, ret_activity, err);
}

static int change_subnets(const struct chaos_call *call, json_t **ret_output,
                          struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(buffer) struct buffer zones = { 0 };
    json_t *subnet;
    json_t *group;
    size_t i;

    (void)ret_output;
    json_array_foreach (argument(call, "subnets"), i, subnet)
        buffer_printf(&zones, "%s%s", i ? "," : "", json_string_value(subnet));
    if (aws_groups_find(call, &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "AutoScalingGroups"), i, group) {
        AUTO(json) json_t *ignored = NULL;

        chaos_log_info(call->context, "Moving the group %s from the subnets %s to %s",
                       name_of(group), json_text_of(group, "VPCZoneIdentifier"),
                       buffer_text(&zones));
        if (aws_call(call, AUTOSCALING, "UpdateAutoScalingGroup",
                     json_pack("{s:s, s:s}", "AutoScalingGroupName", name_of(group),
                               "VPCZoneIdentifier", buffer_text(&zones)),
                     &ignored, err) < 0)
            return -(int)err->code;
    }
    return 0;
}

static int undo_change_subnets(const struct chaos_call *call, json_t **ret_activity,
                               struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *requests = json_array();
    json_t *group;
    size_t i;

    if (aws_groups_find(call, &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "AutoScalingGroups"), i, group)
        json_array_append_new(requests, json_pack("{s:s, s:s*}", "AutoScalingGroupName",
                                                  name_of(group), "VPCZoneIdentifier",
                                                  json_text_of(group, "VPCZoneIdentifier")));
    *ret_activity = aws_inverse_each(AUTOSCALING, "UpdateAutoScalingGroup", STEAL(requests));
    return 0;
}

/* The volumes drawn from the instances of a group. */
static int draw_volumes(const struct chaos_call *call, const json_t *group, json_t **ret_volumes,
                        struct chaos_error *err)
{
    AUTO(json) json_t *ids = aws_instances_ids(json_object_get(group, "Instances"), NULL);
    AUTO(json) json_t *instances = NULL;

    if (!json_array_size(ids))
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "no instances found for asg: %s",
                               name_of(group));
    if (aws_instances_list(call, json_pack("{s:O}", "InstanceIds", ids), &instances, err) < 0)
        return aws_explain_refusal(call, "Unable to describe asg instances: {message}", err);
    *ret_volumes = aws_volumes_draw(call, instances, name_of(group));
    return 0;
}

/* The volumes that detach_random_volume() will detach. */
static int select_volumes(const struct chaos_call *call, json_t **ret_volumes,
                          struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *volumes = json_array();
    json_t *group;
    size_t i;

    if (aws_groups_find(call, &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "AutoScalingGroups"), i, group) {
        AUTO(json) json_t *drawn = NULL;

        if (draw_volumes(call, group, &drawn, err) < 0)
            return -(int)err->code;
        json_array_extend(volumes, drawn);
    }
    *ret_volumes = STEAL(volumes);
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

static bool is_of_groups(const struct aws_origin *origin, const json_t *names)
{
    json_t *name;
    size_t i;

    json_array_foreach (names, i, name)
        if (str_equal(json_string_value(name), origin->group))
            return true;
    return false;
}

/* The volumes that attach_volume() will attach. */
static int select_lost_volumes(const struct chaos_call *call, json_t **ret_lost,
                               struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *names = NULL;
    AUTO(json) json_t *volumes = NULL;

    if (aws_groups_find(call, &answer, err) < 0 || aws_volumes_tagged(call, &volumes, err) < 0)
        return -(int)err->code;
    if (!json_array_size(volumes))
        return aws_fail(call, "No volumes detached by ChaosTookit found", err);
    names = aws_groups_names(answer);
    *ret_lost = aws_volumes_lost(volumes, is_of_groups, names);
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

#define GROUPS                                                                                     \
    OPTIONAL("asg_names", CHAOS_LIST, "names of the groups"),                                      \
        OPTIONAL("tags", CHAOS_LIST,                                                               \
                 "tags the groups must have, all of them: a list of {\"Key\", \"Value\"}")
#define PROCESSES OPTIONAL("process_names", CHAOS_LIST, "\"Launch\", \"Terminate\", …; null: all")
#define COUNT                                                                                      \
    {                                                                                              \
        .name = "instance_count", .type = CHAOS_INTEGER, .doc = "instances of each group",         \
        .min = 0, .max = HUGE_VAL                                                                  \
    }
#define PERCENT                                                                                    \
    {                                                                                              \
        .name = "instance_percent", .type = CHAOS_NUMBER,                                          \
        .doc = "percent of the instances of each group, rounded down", .min = 0, .max = 100        \
    }
#define ZONE OPTIONAL("az", CHAOS_STRING, "availability zone: all instances of the group in it")

static const struct chaos_param group_params[] = { GROUPS };
static const struct chaos_param process_params[] = { GROUPS, PROCESSES };
static const struct chaos_param terminate_params[] = { GROUPS, COUNT, PERCENT, ZONE };
static const struct chaos_param stop_params[] = {
    GROUPS,
    COUNT,
    PERCENT,
    ZONE,
    DEFAULT("force", CHAOS_BOOLEAN, "false", "do not let the system shut down cleanly"),
};
static const struct chaos_param detach_params[] = {
    GROUPS,
    COUNT,
    PERCENT,
    DEFAULT("decrement_capacity", CHAOS_BOOLEAN, "false", "do not replace them"),
};
static const struct chaos_param subnet_params[] = {
    REQUIRED("subnets", CHAOS_LIST, "ids of the subnets"),
    GROUPS,
};
static const struct chaos_param volume_params[] = {
    GROUPS,
    DEFAULT("force", CHAOS_BOOLEAN, "true", "detach without waiting for the system to let go"),
};

#define VOLUME_ANSWERS  .result = CHAOS_LIST, .result_doc = "the answers, one for each volume"
#define OF_GROUPS(what) .result = CHAOS_LIST, .result_doc = "of each group its name and " what

static const struct chaos_function functions[] = {
    ACTION(attach_volume, group_params,
           .summary = "attach volumes again that detach_random_volume detached", VOLUME_ANSWERS,
           .inverse = undo_attach_volume),
    ACTION(change_subnets, subnet_params, .summary = "move groups to other subnets",
           .result_doc = "null", .inverse = undo_change_subnets),
    ACTION(detach_random_instances, detach_params,
           .summary = "detach instances drawn at random from their groups", .result = CHAOS_MAPPING,
           .result_doc = "`Activities`, and `DetachingInstances`: of each group its name and ids",
           .inverse = undo_detach_random_instances),
    ACTION(detach_random_volume, volume_params,
           .summary = "detach from each instance of groups one volume that is not its root",
           VOLUME_ANSWERS, .inverse = undo_detach_random_volume),
    ACTION(resume_processes, process_params, .summary = "resume scaling processes of groups",
           AWS_RESPONSE, .inverse = undo_resume_processes),
    ACTION(stop_random_instances, stop_params,
           .summary = "stop instances of groups, drawn at random", OF_GROUPS("`StoppingInstances`"),
           .inverse = undo_stop_random_instances),
    ACTION(suspend_processes, process_params, .summary = "suspend scaling processes of groups",
           AWS_RESPONSE, .inverse = undo_suspend_processes),
    ACTION(terminate_random_instances, terminate_params,
           .summary = "terminate instances of groups, drawn at random",
           OF_GROUPS("`TerminatingInstances`")),
};

AWS_EXTENSION(ext_aws_asg_actions, "chaosaws.asg.actions", "auto scaling groups, acted on");
