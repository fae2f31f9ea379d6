// SPDX-License-Identifier: Apache-2.0
#include "lib/aws_command.h"

#include "aws/paginate.h"
#include "base/json_walk.h"
#include "base/str.h"
#include "lib/aws_names.h"
#include "lib/aws_words.h"

#define METADATA        "ResponseMetadata"
#define STATUS_OF_FAULT 500
#define STDOUT_WORD     "-"
#define STDOUT_PATH     "/dev/stdout"

/* A command whose names are found. */
struct plan {
    const struct aws_command *command;
    struct aws_operation operation;
    const char *waiter;    /* the model's name; NULL: none */
    bool waits_for_itself; /* the waiter asks with this very operation */
    const char *outfile;   /* NULL: none */
    json_t *params;
    json_t *waiter_params;
};

static void plan_clear(struct plan *plan)
{
    json_decref(plan->params);
    json_decref(plan->waiter_params);
}

AUTO_CLEAR(plan, struct plan)

/* Where "no-x" is no parameter but the boolean "x" is. */
static bool find_negated(const struct aws_operation *operation, const struct aws_given *given,
                         struct aws_member *ret_member)
{
    AUTO(chaos_error) struct chaos_error ignored = { 0 };

    return str_starts(given->name, "no-") &&
           aws_name_parameter(operation, given->name + 3, ret_member, &ignored) == 0 &&
           ret_member->shape.type == AWS_TYPE_BOOLEAN;
}

/* How many words a parameter can do with. What a list has too many cannot be told. */
static size_t words_of(const struct aws_member *member, const struct aws_given *given)
{
    if (member->shape.type == AWS_TYPE_LIST)
        return given->n_words;
    if (member->shape.type == AWS_TYPE_BOOLEAN && given->n_words)
        return str_equal(given->words[0], "true") || str_equal(given->words[0], "false");
    return 1;
}

/* As the AWS CLI has it: a word behind the value of a parameter says where the body goes. */
static void take_outfile(struct plan *plan, const struct aws_member *member,
                         struct aws_given *given)
{
    if (plan->outfile || !aws_has_raw_body(&plan->operation.output) ||
        given->n_words != words_of(member, given) + 1)
        return;
    plan->outfile = given->words[--given->n_words];
}

static int add_given(struct plan *plan, struct aws_given *given, struct chaos_error *err)
{
    AUTO(chaos_error) struct chaos_error why = { 0 };
    struct aws_member member;
    json_t *value = NULL;
    int r = aws_name_parameter(&plan->operation, given->name, &member, &why);
    bool is_negated = r < 0 && find_negated(&plan->operation, given, &member);

    if (r == 0 || is_negated)
        take_outfile(plan, &member, given);
    if (r < 0 && (!is_negated || given->n_words))
        return chaos_error_set(err, why.code, "%s", why.message);
    r = is_negated ? 0 : aws_words_parse(&member, given->words, given->n_words, &value, err);
    if (r < 0)
        return chaos_error_prefix(err, "--%s", given->name);
    if (is_negated)
        value = json_false();
    json_object_set_new(plan->params, member.name, value);
    return 0;
}

/* What the waiter's operation understands of the parameters. */
static int plan_wait(struct plan *plan, struct chaos_error *err)
{
    const struct aws_service *service = &plan->operation.service;
    struct aws_operation asked;
    const char *name;
    json_t *value;
    int r = aws_name_waiter(service, plan->command->waiter, &plan->waiter, err);

    if (r < 0)
        return r;
    name = aws_node_get_text(aws_node_get(service->waiters, plan->waiter), "operation");
    r = aws_operation_find(service, name ? name : "", &asked, err);
    if (r < 0)
        return r;
    plan->waits_for_itself = str_equal(asked.name, plan->operation.name);
    plan->waiter_params = json_object();
    json_object_foreach (plan->params, name, value) {
        size_t hint = 0;

        if (aws_shape_find(&asked.input.shape, name, &hint) != SIZE_MAX)
            json_object_set(plan->waiter_params, name, value);
    }
    if (!plan->waits_for_itself && !json_object_size(plan->waiter_params))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the waiter '%s' asks with %s, which takes none of the parameters "
                               "given: it would not know what to wait for",
                               plan->command->waiter, asked.name);
    return 0;
}

static int make_plan(const struct aws_models *models, struct plan *plan, struct chaos_error *err)
{
    const struct aws_command *command = plan->command;
    struct aws_service service;
    int r = aws_service_find(models, command->service, &service, err);

    if (r == 0)
        r = aws_name_operation(&service, command->operation, &plan->operation, err);
    if (r < 0)
        return r;
    if (command->params && !json_is_object(command->params))
        return chaos_error_set(err, CHAOS_E_INVALID, "the parameters are not a JSON object");
    plan->params = command->params ? json_copy(json_walkable(command->params)) : json_object();
    plan->outfile = command->outfile;
    for (size_t i = 0; i < command->n_given && r == 0; i++) {
        struct aws_given given = command->given[i];

        r = add_given(plan, &given, err);
    }
    if (r == 0 && plan->outfile && command->presign_s > 0)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "an address that is presigned has no body "
                               "that could go to '%s'",
                               plan->outfile);
    return r == 0 && command->waiter ? plan_wait(plan, err) : r;
}

static bool breaks_model(const struct chaos_error *err)
{
    return err->code == CHAOS_E_INVALID &&
           str_starts(err->message, "Parameter validation failed"); /* see aws_session_call() */
}

static enum aws_outcome outcome_of(int r, const json_t *answer, const struct chaos_error *err)
{
    json_int_t status =
        json_integer_value(json_object_get(json_object_get(answer, METADATA), "HTTPStatusCode"));

    if (r == 0)
        return AWS_OUTCOME_DONE;
    if (breaks_model(err))
        return AWS_OUTCOME_MISUSE;
    if (!json_is_object(answer))
        return AWS_OUTCOME_NO_ANSWER;
    return status >= STATUS_OF_FAULT ? AWS_OUTCOME_SERVER_ERROR : AWS_OUTCOME_CLIENT_ERROR;
}

static enum aws_outcome wait(struct aws_session *session, const struct plan *plan,
                             struct chaos_error *err)
{
    int r =
        aws_wait(session, &plan->operation.service, plan->waiter, plan->waiter_params, NULL, err);

    if (r == -CHAOS_E_TIMEOUT || r == -CHAOS_E_REMOTE)
        return AWS_OUTCOME_WAIT_FAILED;
    return outcome_of(r, NULL, err);
}

static enum aws_outcome presign(struct aws_session *session, const struct plan *plan,
                                json_t **ret_value, struct chaos_error *err)
{
    AUTO(str) char *url = NULL;
    int r = aws_session_presign(session, &plan->operation, plan->params, plan->command->presign_s,
                                &url, err);

    if (r == 0)
        *ret_value = json_string(url);
    return outcome_of(r, NULL, err);
}

/* The body is all there is on the standard output. */
static bool is_piped(const struct plan *plan)
{
    return plan->outfile && str_equal(plan->outfile, STDOUT_WORD);
}

static enum aws_outcome call(struct aws_session *session, const struct plan *plan,
                             json_t **ret_value, struct chaos_error *err)
{
    const struct aws_items_visitor visitor = { plan->command->items, plan->command->items_data };
    AUTO(json) json_t *answer = NULL;
    enum aws_outcome outcome;
    int r;

    if (plan->outfile)
        r = aws_session_download(session, &plan->operation, plan->params,
                                 is_piped(plan) ? STDOUT_PATH : plan->outfile, &answer, err);
    else if (plan->command->all_pages)
        r = aws_call_each_page(session, &plan->operation, plan->params,
                               plan->command->items ? &visitor : NULL, &answer, err);
    else
        r = aws_session_call(session, &plan->operation, plan->params, &answer, err);
    outcome = outcome_of(r, answer, err);
    json_object_del(answer, METADATA);
    if (r == 0 && !is_piped(plan))
        *ret_value = STEAL(answer);
    return outcome;
}

enum aws_outcome aws_command_run(const struct aws_command *command, json_t **ret_value,
                                 struct chaos_error *err)
{
    AUTO(aws_models) struct aws_models *models = NULL;
    AUTO(plan) struct plan plan = { .command = command };
    AUTO(aws_session) struct aws_session *session = NULL;
    struct aws_session_options options = {
        .profile = command->profile,
        .region = command->region,
        .endpoint_url = command->endpoint_url,
        .connect_timeout_ms = command->connect_timeout_ms,
        .read_timeout_ms = command->read_timeout_ms,
    };
    enum aws_outcome outcome = AWS_OUTCOME_DONE;

    *ret_value = NULL;
    if (aws_models_open_own(&models, err) < 0)
        return AWS_OUTCOME_NO_ANSWER;
    options.models = models;
    if (make_plan(models, &plan, err) < 0)
        return AWS_OUTCOME_MISUSE;
    if (aws_session_new(&options, &session, err) < 0)
        return AWS_OUTCOME_NO_ANSWER;
    if (command->presign_s > 0)
        return presign(session, &plan, ret_value, err);
    if (plan.waits_for_itself)
        outcome = wait(session, &plan, err);
    if (outcome == AWS_OUTCOME_DONE)
        outcome = call(session, &plan, ret_value, err);
    if (outcome == AWS_OUTCOME_DONE && plan.waiter && !plan.waits_for_itself)
        outcome = wait(session, &plan, err);
    return outcome;
}
