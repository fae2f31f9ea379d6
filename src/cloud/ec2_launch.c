// SPDX-License-Identifier: Apache-2.0
// RunInstances: what the parameters and the launch template say together, checked, then launched.
#include <inttypes.h>
#include <string.h>

#include "cloud/groups.h"
#include "cloud/instances.h"
#include "cloud/network.h"
#include "cloud/templates.h"
#include "cloud/unobeyed.h"
#include "cloud/volumes.h"

/* A lab is one machine. */
#define LAUNCH_MAX 500

/* The parameters over the template's data; a new reference, NULL with the fault set. */
static json_t *merged_params(struct cloud_call *call)
{
    const json_t *specification = cloud_param(call, "LaunchTemplate");
    const json_t *data = NULL;
    json_t *merged;

    if (specification) {
        data = template_data(call, specification);
        if (!data)
            return NULL;
    }
    merged = data ? json_deep_copy(data) : json_object();
    json_object_update(merged, json_walkable(call->params));
    return merged;
}

/* Groups by id and by name become ids; none is the default one. */
static bool resolve_groups(struct cloud_call *call, const json_t *subnet, json_t *params)
{
    const char *vpc = json_text_of(cloud_item(subnet), "VpcId");
    const json_t *interface = json_array_get(json_object_get(params, "NetworkInterfaces"), 0);
    const json_t *given = json_object_get(params, "SecurityGroupIds");
    AUTO(json) json_t *ids = json_array();
    json_t *value;
    json_t *group;
    size_t i;

    if (json_array_size(json_object_get(interface, "Groups")))
        given = json_object_get(interface, "Groups");
    json_array_foreach (given, i, value) {
        group = group_called(call, json_string_value(value), "", NULL);
        if (!group)
            return false;
        if (!str_equal(json_text_of(cloud_item(group), "VpcId"), vpc)) {
            cloud_refuse(call, "InvalidParameter",
                         "Security group %s and subnet %s belong to different networks.",
                         json_string_value(value), json_text_of(cloud_item(subnet), "SubnetId"));
            return false;
        }
        json_array_append(ids, value);
    }
    json_array_foreach (json_object_get(params, "SecurityGroups"), i, value) {
        group = group_called(call, NULL, json_string_value(value), vpc);
        if (!group)
            return false;
        json_array_append(ids, json_object_get(cloud_item(group), "GroupId"));
    }
    if (!json_array_size(ids)) {
        group = network_default_group(call->cloud, vpc);
        json_array_append(ids, json_object_get(cloud_item(group), "GroupId"));
    }
    json_object_set(params, "SecurityGroupIds", ids);
    return true;
}

static const json_t *choose_subnet(struct cloud_call *call, const json_t *params)
{
    const json_t *interface = json_array_get(json_object_get(params, "NetworkInterfaces"), 0);
    const char *id = json_text_of(params, "SubnetId");
    const char *zone = json_text_of(json_object_get(params, "Placement"), "AvailabilityZone");
    AUTO(str) char *first = NULL;
    const json_t *subnet;

    if (!id)
        id = json_text_of(interface, "SubnetId");
    if (id) {
        subnet = cloud_find(call->cloud, CLOUD_SUBNET, id);
        return subnet ? subnet : cloud_unknown(call, CLOUD_SUBNET, id);
    }
    if (zone && cloud_zone_index(call->cloud, zone) < 0)
        return cloud_refuse(call, "InvalidParameterValue", "Invalid availability zone: [%s]", zone);
    first = cloud_zone_name(call->cloud, 0);
    subnet = network_default_subnet(call->cloud, zone ? zone : first);
    return subnet ? subnet
                  : cloud_refuse(call, "MissingInput",
                                 "No subnets found for the default VPC in zone '%s'",
                                 zone ? zone : first);
}

static bool counts_are_sound(struct cloud_call *call)
{
    int64_t least = cloud_number(call, "MinCount", 1);
    int64_t most = cloud_number(call, "MaxCount", 1);

    if (least < 1 || most < least) {
        cloud_refuse(call, "InvalidParameterValue",
                     "Value (%" PRId64 ") for parameter minCount is invalid. It must be at least "
                     "1 and at most maxCount (%" PRId64 ")",
                     least, most);
        return false;
    }
    if (least > LAUNCH_MAX) {
        cloud_refuse(call, "InstanceLimitExceeded",
                     "You have requested more instances (%" PRId64 ") than a lab holds (%d)", least,
                     LAUNCH_MAX);
        return false;
    }
    return true;
}

static bool image_is_known(struct cloud_call *call, const json_t *params)
{
    const char *image = json_text_of(params, "ImageId");

    if (!image) {
        cloud_refuse(call, "MissingParameter", "The request must contain the parameter ImageId");
        return false;
    }
    if (!cloud_find(call->cloud, CLOUD_IMAGE, image)) {
        cloud_unknown(call, CLOUD_IMAGE, image);
        return false;
    }
    return true;
}

static bool key_is_known(struct cloud_call *call, const json_t *params)
{
    const char *wanted = json_text_of(params, "KeyName");
    const char *id;
    json_t *key;

    if (!wanted)
        return true;
    json_object_foreach (call->cloud->tables[CLOUD_KEY_PAIR], id, key) {
        if (str_equal(json_text_of(cloud_item(key), "KeyName"), wanted))
            return true;
    }
    cloud_refuse(call, "InvalidKeyPair.NotFound", "The key pair '%s' does not exist", wanted);
    return false;
}

static json_t *reservation(const struct cloud *cloud, const char *id, json_t *instances)
{
    return json_pack("{s:s, s:s, s:[], s:o}", "ReservationId", id, "OwnerId", cloud->account,
                     "Groups", "Instances", instances);
}

static bool has_one_interface(struct cloud_call *call, const json_t *params)
{
    if (json_array_size(json_object_get(params, "NetworkInterfaces")) <= 1)
        return true;
    cloud_refuse(call, "UnsupportedOperation", "An instance of a lab has one network interface");
    return false;
}

static bool tenancy_is_default(struct cloud_call *call, const json_t *params)
{
    const char *tenancy = json_text_of(json_object_get(params, "Placement"), "Tenancy");

    if (!tenancy || strcmp(tenancy, "default") == 0)
        return true;
    cloud_refuse(call, "UnsupportedOperation",
                 "A lab is one machine: the tenancy can only be default, not %s", tenancy);
    return false;
}

static bool plan_is_sound(struct cloud_call *call, const json_t *params)
{
    return unobeyed_is_absent(call, params) && has_one_interface(call, params) &&
           tenancy_is_default(call, params) && counts_are_sound(call) &&
           image_is_known(call, params) && key_is_known(call, params) &&
           volumes_mappings_are_sound(call, json_object_get(params, "BlockDeviceMappings"));
}

static json_t *tags_of(struct cloud_call *call, const json_t *params, enum cloud_kind kind)
{
    struct cloud_call with_template = *call;

    with_template.params = params;
    return cloud_tags_specified(&with_template, kind);
}

/* All or none: what was launched before a failure is taken back. */
static json_t *launch_all(struct cloud_call *call, struct instance_plan *plan)
{
    int64_t least = cloud_number(call, "MinCount", 1);
    int64_t most = cloud_number(call, "MaxCount", 1);
    AUTO(json) json_t *instances = json_array();
    json_t *record;
    json_t *item;
    size_t i;

    for (int64_t n = 0; n < most && n < LAUNCH_MAX; n++) {
        plan->index = (size_t)n;
        record = instance_launch(call, plan);
        if (!record && n >= least) {
            cloud_fault_clear(call->fault);
            break;
        }
        if (!record) {
            json_array_foreach (instances, i, item)
                instance_terminate(
                    call->cloud,
                    cloud_find(call->cloud, CLOUD_INSTANCE, json_text_of(item, "InstanceId")),
                    "Server.InsufficientInstanceCapacity", "Server: no capacity");
            return NULL;
        }
        json_array_append(instances, cloud_item(record));
    }
    return reservation(call->cloud, plan->reservation, json_deep_copy(instances));
}

/* As AWS does: what was launched from a template says so in its tags. */
static void add_template_tags(struct cloud_call *call, json_t *tags)
{
    const json_t *specification = cloud_param(call, "LaunchTemplate");
    const json_t *record = specification ? template_named(call, specification) : NULL;
    const json_t *version =
        record ? template_find_version(record, json_text_of(specification, "Version")) : NULL;

    if (!version)
        return;
    json_array_append_new(tags, json_pack("{s:s, s:O}", "Key", "aws:ec2launchtemplate:id", "Value",
                                          json_object_get(version, "LaunchTemplateId")));
    json_array_append_new(
        tags,
        json_pack("{s:s, s:o}", "Key", "aws:ec2launchtemplate:version", "Value",
                  json_sprintf("%" JSON_INTEGER_FORMAT,
                               json_integer_value(json_object_get(version, "VersionNumber")))));
}

/* What a repeated call is answered with: the instances of its reservation, as they are now. */
static json_t *launched_before(const struct cloud *cloud, const char *id)
{
    json_t *instances = json_array();
    const char *key;
    json_t *record;

    json_object_foreach (cloud->tables[CLOUD_INSTANCE], key, record) {
        if (str_equal(json_text_of(record, "ReservationId"), id))
            json_array_append_new(instances, json_deep_copy(cloud_item(record)));
    }
    return reservation(cloud, id, instances);
}

/* The reservation's id is kept, not the answer, which may be of hundreds of instances. */
static void keep_token(struct cloud_call *call, const char *id)
{
    AUTO(json) json_t *kept = json_pack("{s:s}", "ReservationId", id);

    cloud_token_keep(call, "ClientToken", kept);
}

static json_t *run_instances(struct cloud_call *call)
{
    AUTO(json) json_t *params = NULL;
    AUTO(json) json_t *tags = NULL;
    AUTO(json) json_t *volume_tags = NULL;
    AUTO(str) char *digits = cloud_random("0123456789abcdef", 17);
    AUTO(str) char *id = mem_printf("r-%s", digits);
    struct instance_plan plan = { .reservation = id };
    AUTO(json) json_t *before = NULL;
    json_t *result;

    if (!cloud_token_seen(call, "ClientToken", &before))
        return NULL;
    if (before)
        return launched_before(call->cloud, json_text_of(before, "ReservationId"));
    params = merged_params(call);
    if (!params || !plan_is_sound(call, params))
        return NULL;
    plan.subnet = choose_subnet(call, params);
    if (!plan.subnet || !resolve_groups(call, plan.subnet, params))
        return NULL;
    tags = tags_of(call, params, CLOUD_INSTANCE);
    volume_tags = tags ? tags_of(call, params, CLOUD_VOLUME) : NULL;
    if (!volume_tags)
        return NULL;
    add_template_tags(call, tags);
    plan.params = params;
    plan.tags = tags;
    plan.volume_tags = volume_tags;
    plan.private_ip = json_text_of(params, "PrivateIpAddress");
    if (!plan.private_ip)
        plan.private_ip = json_text_of(
            json_array_get(json_object_get(params, "NetworkInterfaces"), 0), "PrivateIpAddress");
    if (plan.private_ip && cloud_number(call, "MaxCount", 1) > 1)
        return cloud_refuse(call, "InvalidParameterCombination",
                            "A private address can be given to one instance only");
    result = launch_all(call, &plan);
    if (result)
        keep_token(call, id);
    return result;
}

static const struct cloud_action actions[] = {
    { "RunInstances", run_instances },
};

const struct cloud_family cloud_family_ec2_launch = { "ec2", actions, ARRAY_SIZE(actions) };
