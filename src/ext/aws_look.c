// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_look.h"

#include <string.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "ext/aws_call.h"
#include "ext/aws_explain.h"
#include "value/json.h"

void aws_sight_clear(struct aws_sight *sight)
{
    buffer_clear(&sight->what);
    sight->state = AWS_AS_WANTED;
}

void aws_sight_add(struct aws_sight *sight, enum aws_state state, const char *format, ...)
{
    va_list args;

    if (state <= sight->state)
        return;
    sight->state = state;
    buffer_reset(&sight->what);
    va_start(args, format);
    buffer_vprintf(&sight->what, format, args);
    va_end(args);
}

void aws_see_status(struct aws_sight *sight, const char *name, const char *status,
                    const char *wanted, const char *const *on_its_way)
{
    if (!status)
        aws_sight_add(sight, AWS_OTHERWISE, "%s is not there", name);
    else if (!str_equal(status, wanted))
        aws_sight_add(sight, str_in(status, on_its_way) ? AWS_ON_ITS_WAY : AWS_OTHERWISE,
                      "%s is '%s', not '%s'", name, status, wanted);
}

void aws_see_there(struct aws_sight *sight, const char *name, bool is_there, bool is_wanted)
{
    if (is_there != is_wanted)
        aws_sight_add(sight, AWS_OTHERWISE, is_there ? "%s is there" : "%s is not there", name);
}

static bool holds(const json_t *value, const json_t *wanted);

static bool holds_one(const json_t *list, const json_t *wanted)
{
    json_t *one;
    size_t i;

    json_array_foreach (list, i, one)
        if (holds(one, wanted))
            return true;
    return false;
}

static bool holds_all(const json_t *list, const json_t *wanted)
{
    json_t *one;
    size_t i;

    json_array_foreach (wanted, i, one)
        if (!holds_one(list, one))
            return false;
    return json_array_size(list) == json_array_size(wanted);
}

static bool holds_members(const json_t *object, const json_t *wanted)
{
    const char *name;
    json_t *one;

    json_object_foreach (json_walkable(wanted), name, one)
        if (!holds(json_object_get(object, name), one))
            return false;
    return true;
}

/* What is empty and what is not there are the same to AWS. */
static bool is_nothing(const json_t *value)
{
    return !value || json_is_null(value) ||
           ((json_is_array(value) || json_is_object(value)) && !json_array_size(value) &&
            !json_object_size(value));
}

static bool holds(const json_t *value, const json_t *wanted)
{
    if (is_nothing(wanted))
        return is_nothing(value);
    if (json_is_array(wanted))
        return holds_all(value, wanted);
    if (json_is_object(wanted))
        return holds_members(value, wanted);
    return json_equal(json_walkable(value), json_walkable(wanted));
}

void aws_see_value(struct aws_sight *sight, const char *name, const char *member,
                   const json_t *value, const json_t *wanted)
{
    AUTO(str) char *is = NULL;
    AUTO(str) char *should_be = NULL;

    if (holds(value, wanted))
        return;
    is = value ? json_text(value, JSON_STYLE_COMPACT) : mem_strdup("null");
    should_be = wanted ? json_text(wanted, JSON_STYLE_COMPACT) : mem_strdup("null");
    aws_sight_add(sight, AWS_OTHERWISE, "%s of %s is %s, not %s", member, name, is, should_be);
}

void aws_see_given(struct aws_sight *sight, const char *name, const json_t *value,
                   const json_t *wanted, const char *const *members)
{
    for (; *members; members++)
        if (json_object_get(wanted, *members))
            aws_see_value(sight, name, *members, json_object_get(value, *members),
                          json_object_get(wanted, *members));
}

const struct aws_look *const aws_look_tables[] = { aws_looks_compute, aws_looks_services,
                                                   aws_looks_lambda_emr, aws_looks_made, NULL };

const struct aws_look *aws_look_find(const char *service, const char *operation)
{
    for (const struct aws_look *const *table = aws_look_tables; *table; table++)
        for (const struct aws_look *look = *table; look->service; look++)
            if (str_equal(look->service, service) && str_equal(look->operation, operation))
                return look;
    return NULL;
}

static json_t *params_of(const struct aws_look *look, const json_t *request)
{
    json_t *params;

    if (look->params)
        return look->params(request);
    params = json_object();
    for (const char *const *pair = look->pairs; *pair; pair += 2) {
        json_t *value = json_object_get(request, pair[1]);

        if (!value)
            continue;
        if (str_ends(pair[0], "[]"))
            json_object_setn_new(params, pair[0], strlen(pair[0]) - 2, json_pack("[O]", value));
        else
            json_object_set(params, pair[0], value);
    }
    return params;
}

int aws_look_at(const struct chaos_call *call, const struct aws_look *look, const json_t *request,
                struct aws_sight *sight, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (look->look)
        return look->look(call, request, sight, err);
    if (aws_pages(call, look->service, look->describe, params_of(look, request), &answer, err) <
        0) {
        if (!look->absent || !aws_refused_with(err, look->absent))
            return -(int)err->code;
        chaos_error_clear(err);
    }
    look->judge(answer, request, sight);
    return 0;
}
