// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_put_back.h"

#include "base/clock.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "ext/arguments.h"
#include "ext/aws_call.h"
#include "ext/aws_look.h"

/* Between two looks; the pause doubles from one to the other. */
#define FIRST_PAUSE_MS 250
#define LAST_PAUSE_MS  5000

/* One request, and what came of it. */
struct step {
    const struct aws_look *look;
    const json_t *request; /* borrowed */
    json_t *answer;        /* NULL: refused, or not asked for */
    char *refusal;
    char *unseen; /* why the last look failed */
    struct aws_sight sight;
    bool was_unseen; /* before it was asked for */
    bool was_so;
    bool is_asked;
    bool was_otherwise; /* by the look before it was last asked for */
    bool is_settled;
};

struct steps {
    struct step *all;
    size_t count;
};

static void steps_clear(struct steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        json_decref(steps->all[i].answer);
        free(steps->all[i].refusal);
        free(steps->all[i].unseen);
        aws_sight_clear(&steps->all[i].sight);
    }
    free(steps->all);
}

AUTO_CLEAR(steps, struct steps)

/* Keep why something failed; an end of the run is nobody's refusal and stays an error. */
static int keep(char **text, struct chaos_error *why, struct chaos_error *err)
{
    if (why->code == CHAOS_E_CANCELLED)
        return chaos_error_set(err, why->code, "%s", chaos_error_text(why));
    free(*text);
    *text = mem_strdup(chaos_error_text(why));
    return 0;
}

static int look(const struct chaos_call *call, struct step *step, struct chaos_error *err)
{
    AUTO(chaos_error) struct chaos_error why = { 0 };

    free(STEAL(step->unseen));
    aws_sight_clear(&step->sight);
    if (aws_look_at(call, step->look, step->request, &step->sight, &why) < 0)
        return keep(&step->unseen, &why, err);
    return 0;
}

static int make_request(const struct chaos_call *call, struct step *step, struct chaos_error *err)
{
    const struct aws_look *look = step->look;
    AUTO(json) json_t *params = NULL;

    if (!look->complete)
        params = json_copy(json_walkable(step->request));
    else if (look->complete(call, step->request, &params, err) < 0)
        return -(int)err->code;
    if (!params)
        return 0;
    chaos_log_info(call->context, "Calling %s of %s", look->operation, look->service);
    return aws_call(call, look->service, look->operation, STEAL(params), &step->answer, err);
}

static int ask(const struct chaos_call *call, struct step *step, struct chaos_error *err)
{
    AUTO(chaos_error) struct chaos_error why = { 0 };

    step->is_asked = true;
    step->was_otherwise = !step->unseen && step->sight.state == AWS_OTHERWISE;
    free(STEAL(step->refusal));
    if (make_request(call, step, &why) < 0)
        return keep(&step->refusal, &why, err);
    return 0;
}

static double patience_of(const struct chaos_call *call, const struct step *step)
{
    if (argument(call, "wait_s"))
        return argument_number(call, "wait_s");
    return step->look->patience_s > 0 ? step->look->patience_s : AWS_PATIENCE_S;
}

/* Whether a look tells that waiting for more would be in vain. A refusal is final where it was
 * otherwise before and after: what came to rest in between may be asked for again. */
static bool is_over(const struct step *step)
{
    if (step->unseen)
        return true;
    if (step->sight.state == AWS_OTHERWISE)
        return step->refusal && step->was_otherwise;
    return step->sight.state == AWS_AS_WANTED;
}

/* Look until it is so, or is not going to be; ask again while it is refused on its way, and where
 * it only seemed to be so. */
static int settle(const struct chaos_call *call, struct step *step, struct chaos_error *err)
{
    int64_t deadline = clock_deadline(patience_of(call, step));
    int64_t pause_ms = FIRST_PAUSE_MS;

    for (;;) {
        if (look(call, step, err) < 0)
            return -(int)err->code;
        if (!step->unseen && step->sight.state != AWS_AS_WANTED)
            step->was_so = false; /* the first look saw what was no longer true */
        if (is_over(step) || clock_now() >= deadline)
            return 0;
        if (chaos_wait(call->context, -1, 0, pause_ms, err) < 0 ||
            ((step->refusal || !step->is_asked) && ask(call, step, err) < 0))
            return -(int)err->code;
        pause_ms = pause_ms * 2 < LAST_PAUSE_MS ? pause_ms * 2 : LAST_PAUSE_MS;
    }
}

/* What is refused is waited for before the next one is asked for, which may build on it. */
static int begin(const struct chaos_call *call, struct step *step, struct chaos_error *err)
{
    if (look(call, step, err) < 0)
        return -(int)err->code;
    step->was_unseen = step->unseen != NULL;
    step->was_so = !step->unseen && step->sight.state == AWS_AS_WANTED;
    if (step->was_so && step->look->makes_new)
        return 0;
    if (ask(call, step, err) < 0)
        return -(int)err->code;
    step->is_settled = step->refusal != NULL;
    return step->is_settled ? settle(call, step, err) : 0;
}

/* Why the request had no effect; NULL where it had, or nobody can tell. */
static const char *failure_of(const struct step *step)
{
    if (step->unseen)
        return step->refusal;
    if (step->sight.state == AWS_AS_WANTED)
        return NULL;
    if (step->refusal)
        return step->refusal;
    return step->sight.state == AWS_OTHERWISE ? buffer_text(&step->sight.what) : NULL;
}

/* What is not known about the effect of a request that was not refused; NULL: nothing. */
static const char *doubt_of(const struct step *step)
{
    if (step->unseen)
        return step->unseen;
    if (step->sight.state == AWS_ON_ITS_WAY)
        return buffer_text(&step->sight.what);
    return step->was_unseen ? "it is as it should be, and how it was before could not be seen"
                            : NULL;
}

static int tell(const struct chaos_call *call, const struct steps *steps, struct chaos_error *err)
{
    const char *doubt = NULL;
    bool was_so = true;

    for (size_t i = 0; i < steps->count; i++) {
        const char *failure = failure_of(&steps->all[i]);

        if (failure && steps->count > 1)
            return chaos_error_set(err, CHAOS_E_REMOTE, "request %zu of %zu: %s", i + 1,
                                   steps->count, failure);
        if (failure)
            return chaos_error_set(err, CHAOS_E_REMOTE, "%s", failure);
        if (!doubt)
            doubt = doubt_of(&steps->all[i]);
        was_so = was_so && steps->all[i].was_so;
    }
    if (doubt)
        chaos_tell_effect(call->context, CHAOS_NOT_VERIFIED, doubt);
    else
        chaos_tell_effect(call->context, was_so ? CHAOS_WAS_SO : CHAOS_RESTORED, NULL);
    return 0;
}

/* What is not refused is waited for when all are asked for; none is left out for another's refusal.
 */
static int play(const struct chaos_call *call, const struct steps *steps, struct chaos_error *err)
{
    for (size_t i = 0; i < steps->count; i++)
        if (begin(call, &steps->all[i], err) < 0)
            return -(int)err->code;
    for (size_t i = 0; i < steps->count; i++)
        if (!steps->all[i].is_settled && settle(call, &steps->all[i], err) < 0)
            return -(int)err->code;
    return tell(call, steps, err);
}

static int read_step(const json_t *request, struct step *ret_step, struct chaos_error *err)
{
    const char *service = json_text_of(request, "service");
    const char *operation = json_text_of(request, "operation");
    const json_t *params = json_object_get(request, "parameters");

    if (!service || !operation || !json_is_object(params))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "must have a \"service\", an \"operation\" and \"parameters\"");
    *ret_step = (struct step){ .look = aws_look_find(service, operation), .request = params };
    if (!ret_step->look)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "nothing tells how to look at what %s of %s puts back", operation,
                               service);
    return 0;
}

int aws_put_back(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    const json_t *requests = argument(call, "requests");
    AUTO(steps) struct steps steps = { 0 };

    steps.count = json_array_size(requests);
    steps.all = mem_zero(steps.count + 1, sizeof(*steps.all));
    for (size_t i = 0; i < steps.count; i++)
        if (read_step(json_array_get(requests, i), &steps.all[i], err) < 0)
            return chaos_error_prefix(err, "requests[%zu]", i);
    if (play(call, &steps, err) < 0)
        return -(int)err->code;
    *ret_output = json_array();
    for (size_t i = 0; i < steps.count; i++)
        json_array_append_new(*ret_output,
                              steps.all[i].answer ? STEAL(steps.all[i].answer) : json_null());
    return 0;
}
