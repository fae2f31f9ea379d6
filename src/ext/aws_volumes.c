// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_volumes.h"

#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "ext/arguments.h"
#include "ext/aws_call.h"
#include "ext/aws_explain.h"
#include "ext/aws_inverse.h"
#include "ext/aws_pick.h"

#define DETACHED_TAG "ChaosToolkitDetached"

static void origin_clear(struct aws_origin *origin)
{
    free(origin->device);
    free(origin->instance);
    free(origin->group);
}
AUTO_CLEAR(origin, struct aws_origin)

static bool is_root(const json_t *instance, const char *device)
{
    static const char *const usual[] = { "/dev/sda1", "/dev/xvda", NULL };

    return str_equal(device, json_text_of(instance, "RootDeviceName")) || str_in(device, usual);
}

/* The volumes of an instance but its root: device names by volume id. */
static json_t *list_devices(const json_t *instance)
{
    json_t *devices = json_object();
    json_t *mapping;
    size_t i;

    json_array_foreach (json_object_get(instance, "BlockDeviceMappings"), i, mapping) {
        const char *device = json_text_of(mapping, "DeviceName");
        const char *volume = json_text_of(json_object_get(mapping, "Ebs"), "VolumeId");

        if (device && volume && !is_root(instance, device))
            json_object_set_new(devices, volume, json_string(device));
    }
    return devices;
}

json_t *aws_volumes_draw(const struct chaos_call *call, const json_t *instances, const char *group)
{
    json_t *drawn = json_array();
    json_t *instance;
    size_t i;

    json_array_foreach (instances, i, instance) {
        AUTO(json) json_t *devices = list_devices(instance);
        AUTO(json) json_t *ids = json_array();
        const char *id;
        json_t *device;

        json_object_foreach (devices, id, device)
            json_array_append_new(ids, json_string(id));
        id = aws_pick_one(call, ids);
        if (id)
            json_array_append_new(drawn, json_pack("{s:O, s:O, s:s, s:s*}", "InstanceId",
                                                   json_object_get(instance, "InstanceId"),
                                                   "DeviceName", json_object_get(devices, id),
                                                   "VolumeId", id, "Group", group));
    }
    return drawn;
}

/* The parameters of the request that attaches it, or detaches it from there. */
static json_t *attachment_of(const json_t *volume)
{
    return json_pack("{s:O, s:O, s:O}", "Device", json_object_get(volume, "DeviceName"),
                     "InstanceId", json_object_get(volume, "InstanceId"), "VolumeId",
                     json_object_get(volume, "VolumeId"));
}

static json_t *tag_params(const json_t *volume)
{
    const char *group = json_text_of(volume, "Group");
    AUTO(buffer) struct buffer origin = { 0 };

    buffer_printf(&origin, "DeviceName=%s;InstanceId=%s", json_text_of(volume, "DeviceName"),
                  json_text_of(volume, "InstanceId"));
    if (group)
        buffer_printf(&origin, ";ASG=%s", group);
    return json_pack("{s:[O], s:[{s:s, s:s}]}", "Resources", json_object_get(volume, "VolumeId"),
                     "Tags", "Key", DETACHED_TAG, "Value", buffer_text(&origin));
}

/* Say in which volume's case the service refused. */
static int explain(const char *doing, const json_t *volume, const char *preposition,
                   struct chaos_error *err)
{
    AUTO(str) char *text = NULL;
    enum chaos_errc code = err->code;

    if (!aws_refused(err))
        return -(int)code;
    text = mem_printf("%s volume %s %s %s: %s", doing, json_text_of(volume, "VolumeId"),
                      preposition, json_text_of(volume, "InstanceId"), aws_refusal_message(err));
    chaos_error_clear(err);
    return chaos_error_set(err, code, "%s", text);
}

static int detach(const struct chaos_call *call, const json_t *volume, json_t *answers,
                  struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *ignored = NULL;
    json_t *params = attachment_of(volume);
    int r;

    json_object_set_new(params, "Force", json_boolean(argument_flag(call, "force")));
    chaos_log_info(call->context, "Detaching volume %s (%s) from %s",
                   json_text_of(volume, "VolumeId"), json_text_of(volume, "DeviceName"),
                   json_text_of(volume, "InstanceId"));
    r = aws_call(call, "ec2", "DetachVolume", params, &answer, err);
    if (r == 0)
        r = aws_call(call, "ec2", "CreateTags", tag_params(volume), &ignored, err);
    if (r < 0)
        return explain("unable to detach", volume, "from", err);
    json_array_append_new(answers, STEAL(answer));
    return 0;
}

static void undo_detach(const json_t *volume, json_t *requests)
{
    json_array_append_new(requests, aws_undo("ec2", "AttachVolume", attachment_of(volume)));
    json_array_append_new(requests, aws_undo("ec2", "DeleteTags", tag_params(volume)));
}

static void undo_attach(const json_t *volume, json_t *requests)
{
    json_array_append_new(requests, aws_undo("ec2", "DetachVolume", attachment_of(volume)));
}

int aws_volumes_tagged(const struct chaos_call *call, json_t **ret_volumes, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (aws_pages(
            call, "ec2", "DescribeVolumes",
            json_pack("{s:[{s:s, s:[s]}]}", "Filters", "Name", "tag-key", "Values", DETACHED_TAG),
            &answer, err) < 0)
        return -(int)err->code;
    *ret_volumes = json_incref(json_object_get(answer, "Volumes"));
    if (!*ret_volumes)
        *ret_volumes = json_array();
    return 0;
}

/* What stands behind `key` in "DeviceName=/dev/sdb;InstanceId=i-1;ASG=web"; owned or NULL. */
static char *read_part(const char *value, const char *key)
{
    size_t length = strlen(key);

    while (*value) {
        size_t part = strcspn(value, ";");

        if (part > length && strncmp(value, key, length) == 0 && value[length] == '=')
            return mem_strndup(value + length + 1, part - length - 1);
        value += part;
        value += *value == ';';
    }
    return NULL;
}

static bool read_origin(const json_t *volume, struct aws_origin *origin)
{
    json_t *tag;
    size_t i;

    json_array_foreach (json_object_get(volume, "Tags"), i, tag) {
        const char *value = json_text_of(tag, "Value");

        if (!value || !str_equal(json_text_of(tag, "Key"), DETACHED_TAG))
            continue;
        origin->device = read_part(value, "DeviceName");
        origin->instance = read_part(value, "InstanceId");
        origin->group = read_part(value, "ASG");
    }
    return origin->device && origin->instance;
}

static int attach(const struct chaos_call *call, const json_t *volume, json_t *answers,
                  struct chaos_error *err)
{
    json_t *answer = NULL;

    chaos_log_info(call->context, "Attaching volume %s to %s as %s",
                   json_text_of(volume, "VolumeId"), json_text_of(volume, "InstanceId"),
                   json_text_of(volume, "DeviceName"));
    if (aws_call(call, "ec2", "AttachVolume", attachment_of(volume), &answer, err) < 0)
        return explain("Unable to attach", volume, "to instance", err);
    json_array_append_new(answers, answer);
    return 0;
}

/* One that is being detached is in use too, and has to be attached again all the same. */
static bool is_attached(const json_t *volume)
{
    const json_t *attachment = json_array_get(json_object_get(volume, "Attachments"), 0);

    return str_equal(json_text_of(volume, "State"), "in-use") &&
           !str_equal(json_text_of(attachment, "State"), "detaching");
}

json_t *aws_volumes_lost(const json_t *tagged,
                         bool (*is_wanted)(const struct aws_origin *origin, const json_t *names),
                         const json_t *names)
{
    json_t *lost = json_array();
    json_t *volume;
    size_t i;

    json_array_foreach (tagged, i, volume) {
        AUTO(origin) struct aws_origin origin = { 0 };

        if (is_attached(volume) || !read_origin(volume, &origin) || !is_wanted(&origin, names))
            continue;
        json_array_append_new(lost, json_pack("{s:s, s:s, s:O}", "DeviceName", origin.device,
                                              "InstanceId", origin.instance, "VolumeId",
                                              json_object_get(volume, "VolumeId")));
    }
    return lost;
}

/* `act` on each of the selected volumes; *ret_output: the answers. */
static int act_on_each(const struct chaos_call *call, aws_volumes_select select,
                       int (*act)(const struct chaos_call *call, const json_t *volume,
                                  json_t *answers, struct chaos_error *err),
                       json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *volumes = NULL;
    AUTO(json) json_t *answers = json_array();
    json_t *volume;
    size_t i;

    if (select(call, &volumes, err) < 0)
        return -(int)err->code;
    json_array_foreach (volumes, i, volume)
        if (act(call, volume, answers, err) < 0)
            return -(int)err->code;
    *ret_output = STEAL(answers);
    return 0;
}

static int undo_each(const struct chaos_call *call, aws_volumes_select select,
                     void (*undo)(const json_t *volume, json_t *requests), json_t **ret_activity,
                     struct chaos_error *err)
{
    AUTO(json) json_t *volumes = NULL;
    json_t *requests;
    json_t *volume;
    size_t i;

    if (select(call, &volumes, err) < 0)
        return -(int)err->code;
    requests = json_array();
    json_array_foreach (volumes, i, volume)
        undo(volume, requests);
    *ret_activity = aws_inverse(requests);
    return 0;
}

int aws_volumes_detach(const struct chaos_call *call, aws_volumes_select select,
                       json_t **ret_output, struct chaos_error *err)
{
    return act_on_each(call, select, detach, ret_output, err);
}

int aws_volumes_undo_detach(const struct chaos_call *call, aws_volumes_select select,
                            json_t **ret_activity, struct chaos_error *err)
{
    return undo_each(call, select, undo_detach, ret_activity, err);
}

int aws_volumes_attach(const struct chaos_call *call, aws_volumes_select select,
                       json_t **ret_output, struct chaos_error *err)
{
    return act_on_each(call, select, attach, ret_output, err);
}

int aws_volumes_undo_attach(const struct chaos_call *call, aws_volumes_select select,
                            json_t **ret_activity, struct chaos_error *err)
{
    return undo_each(call, select, undo_attach, ret_activity, err);
}
