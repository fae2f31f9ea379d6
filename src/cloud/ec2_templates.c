// SPDX-License-Identifier: Apache-2.0
// Launch templates and their versions.
#include <inttypes.h>
#include <string.h>

#include "aws/base64.h"
#include "cloud/filter.h"
#include "cloud/templates.h"

static bool name_is_sound(struct cloud_call *call, const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789().-/_";
    size_t length = strlen(name);
    const char *id;
    json_t *record;

    if (length < 3 || length > 128 || name[strspn(name, allowed)]) {
        cloud_refuse(call, "InvalidLaunchTemplateName.MalformedException",
                     "The launch template name '%s' must have 3 to 128 of a-z, A-Z, 0-9 and "
                     "().-/_",
                     name);
        return false;
    }
    json_object_foreach (call->cloud->tables[CLOUD_TEMPLATE], id, record) {
        if (str_equal(json_text_of(cloud_item(record), "LaunchTemplateName"), name)) {
            cloud_refuse(call, "InvalidLaunchTemplateName.AlreadyExistsException",
                         "Launch template name already in use.");
            return false;
        }
    }
    return true;
}

/* What launches only find out later is not looked at, as in EC2; user data that cannot be any is
 * refused. */
static bool data_is_sound(struct cloud_call *call)
{
    const json_t *data = cloud_param(call, "LaunchTemplateData");
    const char *user_data = json_text_of(data, "UserData");
    AUTO(buffer) struct buffer plain = { 0 };

    if (user_data && !base64_decode(&plain, user_data)) {
        cloud_refuse(call, "InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
        return false;
    }
    if (data)
        return true;
    cloud_refuse(call, "MissingParameter",
                 "The request must contain the parameter LaunchTemplateData");
    return false;
}

/* Add the next version with this data, and show it; borrowed. */
static json_t *add_version(struct cloud_call *call, json_t *record, const json_t *data)
{
    json_t *item = cloud_item(record);
    json_int_t number = json_integer_value(json_object_get(item, "LatestVersionNumber")) + 1;
    const char *description = cloud_text(call, "VersionDescription");
    AUTO(str) char *now = cloud_iso_now();
    json_t *version =
        json_pack("{s:O, s:O, s:I, s:s, s:s, s:b, s:o}", "LaunchTemplateId",
                  json_object_get(item, "LaunchTemplateId"), "LaunchTemplateName",
                  json_object_get(item, "LaunchTemplateName"), "VersionNumber", number,
                  "CreateTime", now, "CreatedBy", call->caller->arn, "DefaultVersion",
                  (int)(number == 1), "LaunchTemplateData", json_deep_copy(data));

    if (description)
        cloud_set_text(version, "VersionDescription", description);
    json_object_set_new(item, "LatestVersionNumber", json_integer(number));
    json_array_append_new(json_object_get(record, "Versions"), version);
    return version;
}

static json_t *create_launch_template(struct cloud_call *call)
{
    const char *name = cloud_text(call, "LaunchTemplateName");
    AUTO(json) json_t *tags = cloud_tags_specified(call, CLOUD_TEMPLATE);
    AUTO(str) char *id = cloud_new_id(CLOUD_TEMPLATE);
    AUTO(str) char *now = cloud_iso_now();
    json_t *record;
    json_t *result;

    if (!cloud_token_seen(call, "ClientToken", &result) || result)
        return result;
    if (!tags || !data_is_sound(call) || !name_is_sound(call, name))
        return NULL;
    record = cloud_add(call->cloud, CLOUD_TEMPLATE, id,
                       json_pack("{s:{s:s, s:s, s:s, s:s, s:i, s:i, s:O}, s:[]}", "Item",
                                 "LaunchTemplateId", id, "LaunchTemplateName", name, "CreateTime",
                                 now, "CreatedBy", call->caller->arn, "DefaultVersionNumber", 1,
                                 "LatestVersionNumber", 0, "Tags", tags, "Versions"));
    add_version(call, record, cloud_param(call, "LaunchTemplateData"));
    result = json_pack("{s:O}", "LaunchTemplate", cloud_item(record));
    cloud_token_keep(call, "ClientToken", result);
    return result;
}

static json_t *create_launch_template_version(struct cloud_call *call)
{
    const char *source = cloud_text(call, "SourceVersion");
    json_t *record = template_named(call, call->params);
    const json_t *base = record && source ? template_version(call, record, source) : NULL;
    AUTO(json) json_t *data = NULL;
    json_t *result;

    if (!cloud_token_seen(call, "ClientToken", &result) || result)
        return result;
    if (!record || (source && !base) || !data_is_sound(call))
        return NULL;
    data = base ? json_deep_copy(json_object_get(base, "LaunchTemplateData")) : json_object();
    json_object_update(data, json_walkable(cloud_param(call, "LaunchTemplateData")));
    result = json_pack("{s:O}", "LaunchTemplateVersion", add_version(call, record, data));
    cloud_token_keep(call, "ClientToken", result);
    return result;
}

static json_t *delete_launch_template(struct cloud_call *call)
{
    json_t *record = template_named(call, call->params);
    json_t *result;

    if (!record)
        return NULL;
    result = json_pack("{s:O}", "LaunchTemplate", cloud_item(record));
    cloud_drop(call->cloud, CLOUD_TEMPLATE,
               json_text_of(json_object_get(result, "LaunchTemplate"), "LaunchTemplateId"));
    return result;
}

/* One version that could be deleted or could not, as the answer lists it. */
static json_t *deletion(const json_t *record, const char *version, const char *code,
                        const char *message)
{
    const json_t *item = cloud_item(record);
    const json_t *found = template_find_version(record, version);
    json_t *one = json_pack("{s:O, s:O, s:I}", "LaunchTemplateId",
                            json_object_get(item, "LaunchTemplateId"), "LaunchTemplateName",
                            json_object_get(item, "LaunchTemplateName"), "VersionNumber",
                            found ? json_integer_value(json_object_get(found, "VersionNumber"))
                                  : (json_int_t)strtoll(version, NULL, 10));

    if (code)
        json_object_set_new(one, "ResponseError",
                            json_pack("{s:s, s:s}", "Code", code, "Message", message));
    return one;
}

static void drop_version(json_t *record, const json_t *version)
{
    json_t *versions = json_object_get(record, "Versions");

    for (size_t i = json_array_size(versions); i-- > 0;) {
        if (json_array_get(versions, i) == version)
            json_array_remove(versions, i);
    }
}

static json_t *delete_launch_template_versions(struct cloud_call *call)
{
    json_t *record = template_named(call, call->params);
    json_t *deleted;
    json_t *kept;
    json_t *text;
    size_t i;

    if (!record)
        return NULL;
    deleted = json_array();
    kept = json_array();
    json_array_foreach (cloud_param(call, "Versions"), i, text) {
        const char *version = json_string_value(text) ? json_string_value(text) : "";
        const json_t *found = template_find_version(record, version);

        if (!found) {
            json_array_append_new(kept,
                                  deletion(record, version, "launchTemplateVersionDoesNotExist",
                                           "There is no such version."));
        } else if (json_is_true(json_object_get(found, "DefaultVersion"))) {
            json_array_append_new(kept, deletion(record, version, "unexpectedError",
                                                 "You cannot delete the default version."));
        } else {
            json_array_append_new(deleted, deletion(record, version, NULL, NULL));
            drop_version(record, found);
        }
    }
    return json_pack("{s:o, s:o}", "SuccessfullyDeletedLaunchTemplateVersions", deleted,
                     "UnsuccessfullyDeletedLaunchTemplateVersions", kept);
}

static json_t *modify_launch_template(struct cloud_call *call)
{
    const char *wanted = cloud_text(call, "DefaultVersion");
    json_t *record = template_named(call, call->params);
    json_t *chosen = record ? template_version(call, record, wanted) : NULL;
    json_t *version;
    size_t i;

    if (!chosen)
        return NULL;
    json_array_foreach (json_object_get(record, "Versions"), i, version)
        json_object_set_new(version, "DefaultVersion", json_boolean(version == chosen));
    json_object_set(cloud_item(record), "DefaultVersionNumber",
                    json_object_get(chosen, "VersionNumber"));
    return json_pack("{s:O}", "LaunchTemplate", cloud_item(record));
}

static const struct cloud_filter template_filters[] = {
    { "create-time", "CreateTime" },
    { "launch-template-name", "LaunchTemplateName" },
};

static json_t *describe_launch_templates(struct cloud_call *call)
{
    AUTO(json) json_t *records = cloud_choose(call, CLOUD_TEMPLATE, "LaunchTemplateIds");
    const json_t *names = cloud_param(call, "LaunchTemplateNames");
    json_t *name;
    size_t i;

    if (records && json_array_size(names)) {
        json_array_clear(records);
        json_array_foreach (names, i, name) {
            AUTO(json) json_t *named = json_pack("{s:O}", "LaunchTemplateName", name);
            json_t *record = template_named(call, named);

            if (!record)
                return NULL;
            json_array_append(records, record);
        }
    }
    return cloud_describe_take(call, CLOUD_FILTERS_PAGED(template_filters, 1, 200), STEAL(records),
                               "LaunchTemplates");
}

static const struct cloud_filter version_filters[] = {
    { "create-time", "CreateTime" },
    { "ebs-optimized", "LaunchTemplateData.EbsOptimized" },
    { "host-resource-group-arn", "LaunchTemplateData.Placement.HostResourceGroupArn" },
    { "http-endpoint", "LaunchTemplateData.MetadataOptions.HttpEndpoint" },
    { "http-protocol-ipv4", "LaunchTemplateData.MetadataOptions.HttpProtocolIpv4" },
    { "http-tokens", "LaunchTemplateData.MetadataOptions.HttpTokens" },
    { "iam-instance-profile", "LaunchTemplateData.IamInstanceProfile.Arn" },
    { "image-id", "LaunchTemplateData.ImageId" },
    { "instance-type", "LaunchTemplateData.InstanceType" },
    { "is-default-version", "DefaultVersion" },
    { "kernel-id", "LaunchTemplateData.KernelId" },
    { "license-configuration-arn",
      "LaunchTemplateData.LicenseSpecifications[].LicenseConfigurationArn" },
    { "network-card-index", "LaunchTemplateData.NetworkInterfaces[].NetworkCardIndex" },
    { "ram-disk-id", "LaunchTemplateData.RamDiskId" },
};

static void list_version(json_t *list, json_t *version)
{
    json_array_append_new(list, json_pack("{s:O}", "Item", version));
}

/* The versions of one template that the call asks for, newest first; false with the fault set. */
static bool list_versions(struct cloud_call *call, const json_t *record, json_t *list)
{
    const json_t *wanted = cloud_param(call, "Versions");
    const json_t *versions = json_object_get(record, "Versions");
    const char *least = cloud_text(call, "MinVersion");
    const char *most = cloud_text(call, "MaxVersion");
    json_int_t first = least ? strtoll(least, NULL, 10) : 0;
    json_int_t last = most ? strtoll(most, NULL, 10) : INT64_MAX;
    json_t *text;
    size_t i;

    json_array_foreach (wanted, i, text) {
        json_t *version = template_version(call, record, json_string_value(text));

        if (!version)
            return false;
        list_version(list, version);
    }
    for (i = json_array_size(versions); i-- > 0 && !json_array_size(wanted);) {
        json_t *version = json_array_get(versions, i);
        json_int_t number = json_integer_value(json_object_get(version, "VersionNumber"));

        if (number >= first && number <= last)
            list_version(list, version);
    }
    return true;
}

/* Without a template: the latest or default versions of all. */
static bool list_all(struct cloud_call *call, json_t *list)
{
    const json_t *wanted = cloud_param(call, "Versions");
    const char *id;
    json_t *record;
    json_t *text;
    size_t i;

    json_array_foreach (wanted, i, text) {
        if (!str_equal(json_string_value(text), "$Latest") &&
            !str_equal(json_string_value(text), "$Default")) {
            cloud_refuse(call, "InvalidParameterValue",
                         "Without a launch template only $Latest and $Default can be described");
            return false;
        }
    }
    if (!json_array_size(wanted)) {
        cloud_refuse(call, "MissingParameter",
                     "The request must contain the launch template ID or name, or Versions with "
                     "$Latest or $Default");
        return false;
    }
    json_object_foreach (call->cloud->tables[CLOUD_TEMPLATE], id, record) {
        if (!list_versions(call, record, list))
            return false;
    }
    return true;
}

static json_t *describe_launch_template_versions(struct cloud_call *call)
{
    bool is_about_one =
        cloud_text(call, "LaunchTemplateId") || cloud_text(call, "LaunchTemplateName");
    const json_t *record = is_about_one ? template_named(call, call->params) : NULL;
    AUTO(json) json_t *list = json_array();

    if (is_about_one && !record)
        return NULL;
    if (!(record ? list_versions(call, record, list) : list_all(call, list)))
        return NULL;
    return cloud_describe_take(call, CLOUD_FILTERS_PAGED(version_filters, 1, 200), STEAL(list),
                               "LaunchTemplateVersions");
}

static const struct cloud_action actions[] = {
    { "CreateLaunchTemplate", create_launch_template },
    { "CreateLaunchTemplateVersion", create_launch_template_version },
    { "DeleteLaunchTemplate", delete_launch_template },
    { "DeleteLaunchTemplateVersions", delete_launch_template_versions },
    { "DescribeLaunchTemplateVersions", describe_launch_template_versions },
    { "DescribeLaunchTemplates", describe_launch_templates },
    { "ModifyLaunchTemplate", modify_launch_template },
};

const struct cloud_family cloud_family_ec2_templates = { "ec2", actions, ARRAY_SIZE(actions) };
