// SPDX-License-Identifier: Apache-2.0
#include "tests/support/paper_cloud.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/codec.h"
#include "base/clock.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "tests/support/quoted.h"

static int boot(void *data, const json_t *record, struct chaos_error *err)
{
    struct paper_cloud *paper = data;
    const char *id = json_text_of(json_object_get(record, "Item"), "InstanceId");

    buffer_printf(&paper->log, "boot %s\n", id);
    if (paper->boot_fails)
        return chaos_error_set(err, CHAOS_E_IO, "no room on paper");
    return 0;
}

static void power_off(void *data, const char *instance_id)
{
    struct paper_cloud *paper = data;

    buffer_printf(&paper->log, "off %s\n", instance_id);
}

static void forget(void *data, const char *instance_id)
{
    struct paper_cloud *paper = data;

    buffer_printf(&paper->log, "forget %s\n", instance_id);
}

static void map_address(void *data, const char *public_ip, const char *private_ip)
{
    struct paper_cloud *paper = data;

    buffer_printf(&paper->log, "map %s %s\n", public_ip, private_ip ? private_ip : "nobody");
}

static void secure(void *data, const char *instance_id)
{
    struct paper_cloud *paper = data;

    buffer_printf(&paper->log, "secure %s\n", instance_id);
}

static int attach_volume(void *data, const char *volume, int64_t size_gib, const char *instance,
                         const char *device, struct chaos_error *err)
{
    struct paper_cloud *paper = data;

    if (paper->boot_fails)
        return chaos_error_set(err, CHAOS_E_IO, "no room on paper");
    buffer_printf(&paper->log, "attach %s %dGiB %s %s\n", volume, (int)size_gib, instance, device);
    return 0;
}

static void detach_volume(void *data, const char *volume, const char *instance, const char *device)
{
    struct paper_cloud *paper = data;

    buffer_printf(&paper->log, "detach %s %s %s\n", volume, instance, device);
}

static void delete_volume(void *data, const char *volume)
{
    struct paper_cloud *paper = data;

    buffer_printf(&paper->log, "delete %s\n", volume);
}

int paper_cloud_open(void **state, const char *delays)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct paper_cloud *paper = mem_zero(1, sizeof(*paper));
    AUTO(json) json_t *seconds = delays ? quoted_json(delays) : NULL;
    struct cloud_options options = { .host = &paper->host, .delays = seconds };

    paper->host = (struct cloud_host){ .boot = boot,
                                       .power_off = power_off,
                                       .forget = forget,
                                       .map_address = map_address,
                                       .secure = secure,
                                       .attach_volume = attach_volume,
                                       .detach_volume = detach_volume,
                                       .delete_volume = delete_volume,
                                       .data = paper };
    if (aws_models_open_own(&paper->models, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    options.models = paper->models;
    if (cloud_new(&options, &paper->cloud, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    paper->now = clock_now();
    assert_non_null(cloud_secret(paper->cloud,
                                 json_text_of(cloud_owner_key(paper->cloud), "AccessKeyId"), NULL,
                                 &paper->caller));
    *state = paper;
    return 0;
}

int paper_cloud_close(void **state)
{
    struct paper_cloud *paper = *state;

    cloud_free(paper->cloud);
    aws_models_free(paper->models);
    json_decref(paper->result);
    cloud_fault_clear(&paper->fault);
    buffer_clear(&paper->log);
    free(paper);
    return 0;
}

/* Members of results that the models of Debian 12 do not have yet. */
static const char *const newer[] = { "ImageId", "RevokedSecurityGroupRules", "SecurityGroupArn",
                                     "SecurityGroupRuleArn", NULL };

/* What the model does not have no client sees: a slip of the pen, or newer than the model. */
static void assert_known(const struct aws_shape *shape, const json_t *value)
{
    const char *name;
    json_t *one;
    size_t i;

    json_array_foreach (value, i, one) {
        struct aws_member item = aws_shape_member(shape, 0);

        assert_known(&item.shape, one);
    }
    json_object_foreach (json_walkable(value), name, one) {
        size_t hint = 0;
        size_t place = shape->type == AWS_TYPE_MAP ? 1 : aws_shape_find(shape, name, &hint);
        struct aws_member member = aws_shape_member(shape, place);

        if (place == SIZE_MAX && !str_in(name, newer))
            fail_msg("%s has no member %s", shape->name, name);
        if (place != SIZE_MAX)
            assert_known(&member.shape, one);
    }
}

static void assert_encodes(const struct aws_operation *operation, const json_t *result)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(aws_response) struct aws_response response = { 0 };

    if (operation->output.shape.type != AWS_TYPE_NONE)
        assert_known(&operation->output.shape, result);
    if (aws_response_encode(operation, result, "id-1", &response, &err) < 0)
        fail_msg("%s: %s", operation->name, chaos_error_text(&err));
}

json_t *paper_try(struct paper_cloud *paper, const char *service, const char *operation,
                  const char *params)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *values = quoted_json(params ? params : "{}");
    struct aws_service found;
    struct aws_operation meant;
    json_t *result;

    if (aws_service_find(paper->models, service, &found, &err) < 0 ||
        aws_operation_find(&found, operation, &meant, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    cloud_fault_clear(&paper->fault);
    result = cloud_call(paper->cloud, &paper->caller, &meant, values, &paper->fault);
    if (result)
        assert_encodes(&meant, result);
    return result;
}

json_t *paper_call(struct paper_cloud *paper, const char *service, const char *operation,
                   const char *params)
{
    json_t *result = paper_try(paper, service, operation, params);

    if (!result)
        fail_msg("%s was refused: %s: %s", operation, paper->fault.code, paper->fault.message);
    assert_null(paper->fault.code);
    return result;
}

const char *paper_refused(struct paper_cloud *paper, const char *service, const char *operation,
                          const char *params)
{
    AUTO(json) json_t *result = paper_try(paper, service, operation, params);

    assert_null(result);
    assert_non_null(paper->fault.code);
    return paper->fault.code;
}

json_t *paper_callf(struct paper_cloud *paper, const char *service, const char *operation,
                    const char *format, ...)
{
    AUTO(str) char *params = NULL;
    va_list args;

    va_start(args, format);
    params = mem_vprintf(format, args);
    va_end(args);
    return paper_call(paper, service, operation, params);
}

const char *paper_refusedf(struct paper_cloud *paper, const char *service, const char *operation,
                           const char *format, ...)
{
    AUTO(str) char *params = NULL;
    va_list args;

    va_start(args, format);
    params = mem_vprintf(format, args);
    va_end(args);
    return paper_refused(paper, service, operation, params);
}

/* In small steps, as what is due makes other things due, counted from the real clock. */
void paper_wait(struct paper_cloud *paper, double seconds)
{
    int64_t until = paper->now + (int64_t)(seconds * 1e9);

    for (;;) {
        int64_t due = cloud_tick(paper->cloud, paper->now);

        if (due > until)
            break;
        paper->now = due > paper->now ? due : paper->now;
    }
    paper->now = until;
    (void)cloud_tick(paper->cloud, until);
}
