// SPDX-License-Identifier: Apache-2.0
#include "cloud/templates.h"

#include <inttypes.h>
#include <string.h>

static json_t *find_by_name(const struct cloud *cloud, const char *name)
{
    const char *id;
    json_t *record;

    json_object_foreach (cloud->tables[CLOUD_TEMPLATE], id, record) {
        if (str_equal(json_text_of(cloud_item(record), "LaunchTemplateName"), name))
            return record;
    }
    return NULL;
}

json_t *template_named(struct cloud_call *call, const json_t *names)
{
    const char *id = json_text_of(names, "LaunchTemplateId");
    const char *name = json_text_of(names, "LaunchTemplateName");
    json_t *record;

    if (id && name)
        return cloud_refuse(call, "InvalidParameterCombination",
                            "Specify either the launch template ID or name, but not both.");
    if (id) {
        record = cloud_find(call->cloud, CLOUD_TEMPLATE, id);
        return record ? record : cloud_unknown(call, CLOUD_TEMPLATE, id);
    }
    if (!name)
        return cloud_refuse(call, "MissingParameter",
                            "The request must contain the launch template ID or name");
    record = find_by_name(call->cloud, name);
    return record ? record
                  : cloud_refuse(call, "InvalidLaunchTemplateName.NotFoundException",
                                 "The specified launch template, with template name %s, does not "
                                 "exist.",
                                 name);
}

static json_int_t wanted_number(const json_t *record, const char *version)
{
    const json_t *item = cloud_item(record);
    size_t digits;

    if (!version || !*version || strcmp(version, "$Default") == 0)
        return json_integer_value(json_object_get(item, "DefaultVersionNumber"));
    if (strcmp(version, "$Latest") == 0)
        return json_integer_value(json_object_get(item, "LatestVersionNumber"));
    digits = strspn(version, "0123456789");
    return digits < 10 && !version[digits] ? strtoll(version, NULL, 10) : -1;
}

json_t *template_find_version(const json_t *record, const char *version)
{
    json_int_t number = wanted_number(record, version);
    json_t *one;
    size_t i;

    json_array_foreach (json_object_get(record, "Versions"), i, one) {
        if (json_integer_value(json_object_get(one, "VersionNumber")) == number)
            return one;
    }
    return NULL;
}

json_t *template_version(struct cloud_call *call, const json_t *record, const char *version)
{
    json_t *found = template_find_version(record, version);

    return found ? found
                 : cloud_refuse(call, "InvalidLaunchTemplateId.VersionNotFound",
                                "Could not find the specified version %s for the launch template "
                                "with ID %s.",
                                version, json_text_of(cloud_item(record), "LaunchTemplateId"));
}

const json_t *template_data(struct cloud_call *call, const json_t *specification)
{
    const json_t *record = template_named(call, specification);
    const json_t *version =
        record ? template_version(call, record, json_text_of(specification, "Version")) : NULL;

    return version ? json_object_get(version, "LaunchTemplateData") : NULL;
}
