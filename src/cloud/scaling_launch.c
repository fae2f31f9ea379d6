// SPDX-License-Identifier: Apache-2.0
// A launch of a group is a call of RunInstances by "autoscaling.amazonaws.com", with what the
// group's launch configuration or template says.
#include "cloud/scaling_launch.h"

#include <inttypes.h>
#include <string.h>

#include "cloud/scaling_activity.h"
#include "cloud/scaling_group.h"
#include "cloud/templates.h"

static const char launching[] = "Launching a new EC2 instance";

json_t *scaling_template(struct cloud_call *call, const json_t *specification)
{
    AUTO(cloud_fault) struct cloud_fault fault = { 0 };
    struct cloud_call inner = *call;
    const char *version = json_text_of(specification, "Version");
    const json_t *item;

    inner.fault = &fault;
    if (!template_data(&inner, specification))
        return cloud_refuse(call, "ValidationError",
                            "You must use a valid fully-formed launch template. %s", fault.message);
    item = cloud_item(template_named(&inner, specification));
    return json_pack("{s:O, s:O, s:s}", "LaunchTemplateId",
                     json_object_get(item, "LaunchTemplateId"), "LaunchTemplateName",
                     json_object_get(item, "LaunchTemplateName"), "Version",
                     version && *version ? version : "$Default");
}

/* With the number that "$Latest" or "$Default" means now, a new reference. */
static json_t *resolved_template(const struct cloud *cloud, const json_t *specification)
{
    const json_t *record =
        cloud_find(cloud, CLOUD_TEMPLATE, json_text_of(specification, "LaunchTemplateId"));
    const json_t *version =
        record ? template_find_version(record, json_text_of(specification, "Version")) : NULL;
    json_t *resolved = json_deep_copy(specification);
    AUTO(str) char *number = NULL;

    if (version) {
        number = mem_printf("%" JSON_INTEGER_FORMAT,
                            json_integer_value(json_object_get(version, "VersionNumber")));
        cloud_set_text(resolved, "Version", number);
    }
    return resolved;
}

/* RunInstances takes the id or the name. */
static json_t *params_of_template(const json_t *specification)
{
    return json_pack("{s:{s:O, s:O}}", "LaunchTemplate", "LaunchTemplateId",
                     json_object_get(specification, "LaunchTemplateId"), "Version",
                     json_object_get(specification, "Version"));
}

static json_t *mappings_of(const json_t *configuration)
{
    json_t *mappings = json_deep_copy(json_object_get(configuration, "BlockDeviceMappings"));
    json_t *mapping;
    size_t i;

    json_array_foreach (mappings, i, mapping) {
        bool is_none = json_is_true(json_object_get(mapping, "NoDevice"));

        json_object_del(mapping, "NoDevice"); /* a flag here, a text in EC2 */
        if (is_none)
            cloud_set_text(mapping, "NoDevice", "");
    }
    return mappings;
}

static void add_groups(const json_t *configuration, json_t *params)
{
    json_t *ids = json_array();
    json_t *names = json_array();
    json_t *group;
    size_t i;

    json_array_foreach (json_object_get(configuration, "SecurityGroups"), i, group)
        json_array_append(str_starts(json_string_value(group), "sg-") ? ids : names, group);
    json_object_set_new(params, "SecurityGroupIds", ids);
    json_object_set_new(params, "SecurityGroups", names);
}

/* A launch configuration in RunInstances' words, a new reference. */
static json_t *params_of_configuration(const json_t *configuration)
{
    static const char *const same[] = { "ImageId",  "InstanceType", "KeyName",
                                        "UserData", "EbsOptimized", "MetadataOptions" };
    const char *profile = json_text_of(configuration, "IamInstanceProfile");
    const json_t *monitoring = json_object_get(configuration, "InstanceMonitoring");
    json_t *params = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
        json_t *value = json_object_get(configuration, same[i]);
        const char *text = json_string_value(value);

        if (value && (!text || *text)) /* what is not set is shown as "" */
            json_object_set(params, same[i], value);
    }
    add_groups(configuration, params);
    if (profile)
        json_object_set_new(
            params, "IamInstanceProfile",
            json_pack("{s:s}", str_starts(profile, "arn:") ? "Arn" : "Name", profile));
    if (monitoring)
        json_object_set_new(params, "Monitoring", json_deep_copy(monitoring));
    json_object_set_new(params, "BlockDeviceMappings", mappings_of(configuration));
    return params;
}

static json_t *launch_params(const struct cloud *cloud, const json_t *group, const json_t *place)
{
    const char *name = json_text_of(cloud_item(group), "LaunchConfigurationName");
    const json_t *record = name ? cloud_find(cloud, CLOUD_LAUNCH_CONFIGURATION, name) : NULL;
    const char *subnet = json_text_of(place, "SubnetId");
    json_t *params;

    params = name ? params_of_configuration(cloud_item(record))
                  : params_of_template(json_object_get(cloud_item(group), "LaunchTemplate"));
    json_object_set_new(params, "MinCount", json_integer(1));
    json_object_set_new(params, "MaxCount", json_integer(1));
    if (subnet)
        cloud_set_text(params, "SubnetId", subnet);
    else
        json_object_set_new(params, "Placement",
                            json_pack("{s:O}", "AvailabilityZone", json_object_get(place, "Zone")));
    return params;
}

/* The id of the new instance, owned; NULL with the fault set. */
static char *run_instance(struct cloud *cloud, const json_t *params, struct cloud_fault *fault)
{
    static const struct cloud_caller caller = { .access_key = "",
                                                .arn = "autoscaling.amazonaws.com",
                                                .user_id = "autoscaling.amazonaws.com",
                                                .source_ip = "" };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *result = NULL;
    struct aws_service ec2;
    struct aws_operation operation;
    const json_t *instance;

    if (aws_service_find(cloud->models, "ec2", &ec2, &err) < 0 ||
        aws_operation_find(&ec2, "RunInstances", &operation, &err) < 0) {
        fault->code = mem_strdup("InternalFailure");
        fault->message = mem_strdup(chaos_error_text(&err));
        return NULL;
    }
    result = cloud_call(cloud, &caller, &operation, params, fault);
    instance = json_array_get(json_object_get(result, "Instances"), 0);
    return mem_strdup(json_text_of(instance, "InstanceId"));
}

static void adopt(struct cloud *cloud, json_t *group, const char *id)
{
    const json_t *item = cloud_item(group);
    const json_t *template = json_object_get(item, "LaunchTemplate");
    const char *configuration = json_text_of(item, "LaunchConfigurationName");
    json_t *entry =
        scaling_adopt(cloud, group, cloud_find(cloud, CLOUD_INSTANCE, id), LIFECYCLE_PENDING);

    if (configuration)
        cloud_set_text(entry, "LaunchConfigurationName", configuration);
    if (template)
        json_object_set_new(entry, "LaunchTemplate", resolved_template(cloud, template));
}

bool scaling_launch(struct cloud *cloud, json_t *group, const json_t *places, const char *cause)
{
    json_t *activity = activity_begin(cloud, group, NULL, launching, cause);
    AUTO(str) char *reason = NULL;
    json_t *place;
    size_t i;

    json_array_foreach (places, i, place) {
        AUTO(cloud_fault) struct cloud_fault fault = { 0 };
        AUTO(json) json_t *params = launch_params(cloud, group, place);
        AUTO(str) char *id = run_instance(cloud, params, &fault);

        if (id) {
            activity_set_instance(activity, launching, id);
            adopt(cloud, group, id);
            return true;
        }
        if (!reason)
            reason = mem_printf("%s: %s", fault.code, fault.message);
    }
    activity_end(activity, reason ? reason : "the group has no subnet or zone that there is");
    cloud_event(cloud, "group-launch-failed", scaling_name(group), "reason", reason, NULL);
    return false;
}
