// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.fis.probes and chaosaws.fis.actions.
#include "base/json_walk.h"
#include "base/str.h"
#include "ext/aws_fis.h"
#include "ext/aws_forward.h"
#include "ext/aws_row.h"
#include "ext/aws_tags.h"
#include "value/pytext.h"

#define FIS            "fis"
#define PAGE_SIZE      100
#define START_FAILED   "Start Experiment failed, reason was: {error}"
#define EXPERIMENT_KEY "chaostoolkit-experiment-key"
#define NO_ID          "You must pass a valid experiment id, id provided was empty"
/* IAM takes a moment until a new role can be assumed. */
#define ROLE_SETTLES_MS 5000

AWS_FORWARD(get_experiment, .service = FIS, .operation = "GetExperiment",
            .params = AWS_PAIRS("id", "experiment_id"), .needs = "experiment_id", .missing = NO_ID,
            .failed = "Get Experiment failed, reason was: {error}")
AWS_FORWARD(stop_experiment, .service = FIS, .operation = "StopExperiment",
            .params = AWS_PAIRS("id", "experiment_id"), .needs = "experiment_id", .missing = NO_ID,
            .log = "Stopping the experiment {experiment_id}",
            .failed = "Stop Experiment failed, reason was: {error}")

/* `tags` may be empty: then the experiment gets none. */
static int start(const struct chaos_call *call, json_t *template_id, json_t *tags,
                 json_t **ret_output, struct chaos_error *err)
{
    json_t *params = aws_params(call, AWS_PAIRS("clientToken", "?client_token"));

    json_object_set(params, "experimentTemplateId", template_id);
    if (json_object_size(tags))
        json_object_set(params, "tags", tags);
    chaos_log_info(call->context, "Starting an experiment of the template %s",
                   json_string_value(template_id));
    if (aws_call(call, FIS, "StartExperiment", params, ret_output, err) < 0)
        return aws_explain_failure(call, START_FAILED, err);
    return 0;
}

static int start_experiment(const struct chaos_call *call, json_t **ret_output,
                            struct chaos_error *err)
{
    AUTO(json) json_t *tags = NULL;

    if (!argument_given(call, "experiment_template_id"))
        return aws_fail(call, "You must pass a valid experiment template id, id provided was empty",
                        err);
    if (aws_tags_read(argument(call, "tags"), &tags, err) < 0)
        return -(int)err->code;
    return start(call, argument(call, "experiment_template_id"), tags, ret_output, err);
}

/* Whether the experiment has all of the tags. */
static bool is_tagged(const json_t *experiment, const json_t *tags)
{
    const char *key;
    json_t *value;

    json_object_foreach (json_walkable(tags), key, value)
        if (!json_equal(json_object_get(json_object_get(experiment, "tags"), key), value))
            return false;
    return true;
}

/* Stop what still goes on; one that is completed is done, but its template may go. */
static int stop_one(const struct chaos_call *call, const json_t *experiment, json_t *stopped,
                    json_t *templates, struct chaos_error *err)
{
    static const char *const active[] = { "pending", "initiating", "running", NULL };
    const char *status = json_text_of(json_object_get(experiment, "state"), "status");
    json_t *template_id = json_object_get(experiment, "experimentTemplateId");
    json_t *answer = NULL;

    if (!status || (!str_in(status, active) && !str_equal(status, "completed")))
        return 0;
    if (template_id)
        json_object_set(templates, json_string_value(template_id), template_id);
    if (!str_in(status, active))
        return 0;
    chaos_log_info(call->context, "Stopping the experiment %s", json_text_of(experiment, "id"));
    if (aws_call(call, FIS, "StopExperiment",
                 json_pack("{s:O}", "id", json_object_get(experiment, "id")), &answer, err) < 0)
        return aws_explain_failure(call, "Stop Experiment failed, reason was: {error}", err);
    json_array_append_new(stopped, answer);
    return 0;
}

static int delete_templates(const struct chaos_call *call, json_t *templates,
                            struct chaos_error *err)
{
    const char *id;
    json_t *value;

    json_object_foreach (templates, id, value) {
        AUTO(json) json_t *ignored = NULL;
        AUTO(buffer) struct buffer text = { 0 };

        chaos_log_info(call->context, "Deleting the experiment template %s", id);
        if (aws_call(call, FIS, "DeleteExperimentTemplate", json_pack("{s:O}", "id", value),
                     &ignored, err) == 0)
            continue;
        buffer_printf(&text, "Delete Experiment template %s failed, reason was: {error}", id);
        return aws_explain_failure(call, buffer_text(&text), err);
    }
    return 0;
}

static int stop_tagged(const struct chaos_call *call, const json_t *tags, json_t **ret_output,
                       struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *stopped = json_array();
    AUTO(json) json_t *templates = json_object();
    json_t *experiment;
    size_t i;

    if (aws_pages(call, FIS, "ListExperiments", json_pack("{s:i}", "maxResults", PAGE_SIZE),
                  &answer, err) < 0)
        return aws_explain_failure(call, "Listing Experiments failed, reason was: {error}", err);
    json_array_foreach (json_object_get(answer, "experiments"), i, experiment)
        if (is_tagged(experiment, tags) && stop_one(call, experiment, stopped, templates, err) < 0)
            return -(int)err->code;
    if (argument_flag(call, "delete_templates") && delete_templates(call, templates, err) < 0)
        return -(int)err->code;
    *ret_output = STEAL(stopped);
    return 0;
}

static int stop_experiments_by_tags(const struct chaos_call *call, json_t **ret_output,
                                    struct chaos_error *err)
{
    AUTO(json) json_t *tags = NULL;

    if (aws_tags_read(argument(call, "tags"), &tags, err) < 0)
        return -(int)err->code;
    if (!json_object_size(tags))
        return aws_fail(call, "give tags: without any, every experiment would be stopped", err);
    return stop_tagged(call, tags, ret_output, err);
}

static json_t *logging_to(const json_t *group)
{
    return json_pack("{s:i, s:{s:O}}", "logSchemaVersion", 2, "cloudWatchLogsConfiguration",
                     "logGroupArn", group);
}

/* Create the template (`params` is taken) and start an experiment of it. */
static int create_template(const struct chaos_call *call, json_t *params, json_t **ret_id,
                           struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    json_object_set_new(params, "stopConditions", json_pack("[{s:s}]", "source", "none"));
    if (argument_given(call, "client_token"))
        json_object_set(params, "clientToken", argument(call, "client_token"));
    if (argument_given(call, "log_group_arn"))
        json_object_set_new(params, "logConfiguration",
                            logging_to(argument(call, "log_group_arn")));
    if (aws_call(call, FIS, "CreateExperimentTemplate", params, &answer, err) < 0)
        return -(int)err->code;
    *ret_id = json_incref(json_object_get(json_object_get(answer, "experimentTemplate"), "id"));
    if (!*ret_id)
        return chaos_error_set(err, CHAOS_E_REMOTE, "the new experiment template has no id");
    return 0;
}

static json_t *scenario_tags(const json_t *tags)
{
    json_t *all = json_pack("{s:s, s:s}", "chaosengineering", "true", "chaostoolkit", "true");

    json_object_update(all, json_walkable(tags));
    return all;
}

static json_t *pod_delete_targets(const struct chaos_call *call)
{
    static const char *const pairs[] = {
        "clusterIdentifier", "cluster_identifier", "namespace", "namespace",
        "selectorValue",     "label_selector",     NULL
    };
    json_t *parameters = aws_params(call, pairs);

    json_object_set_new(parameters, "selectorType", json_string("labelSelector"));
    return json_pack("{s:{s:s, s:s, s:o}}", "EksPodDeleteTarget", "resourceType", "aws:eks:pod",
                     "selectionMode", "ALL", "parameters", parameters);
}

static int start_stress_pod_delete_scenario(const struct chaos_call *call, json_t **ret_output,
                                            struct chaos_error *err)
{
    AUTO(json) json_t *tags = NULL;
    AUTO(json) json_t *id = NULL;
    json_t *params;

    if (aws_tags_read(argument(call, "tags"), &tags, err) < 0)
        return -(int)err->code;
    params = aws_params(call, AWS_PAIRS("description", "description", "roleArn", "role_arn"));
    json_object_set_new(params, "targets", pod_delete_targets(call));
    json_object_set_new(params, "actions",
                        json_pack("{s:{s:s, s:{s:O}, s:{s:s}}}", "EksPodDelete", "actionId",
                                  "aws:eks:pod-delete", "parameters", "kubernetesServiceAccount",
                                  argument(call, "service_account"), "targets", "Pods",
                                  "EksPodDeleteTarget"));
    json_object_set_new(params, "tags", scenario_tags(tags));
    if (create_template(call, params, &id, err) < 0)
        return -(int)err->code;
    return start(call, id, tags, ret_output, err);
}

/* The role of the argument, or one made for the purpose. */
static int find_role(const struct chaos_call *call, const char *suffix, const json_t *tags,
                     json_t **ret_arn, struct chaos_error *err)
{
    AUTO(json) json_t *pairs = NULL;

    if (argument_given(call, "role_arn")) {
        *ret_arn = json_incref(argument(call, "role_arn"));
        return 0;
    }
    if (!argument_flag(call, "autocreate_necessary_role"))
        return aws_fail(call, "give a role_arn, or let autocreate_necessary_role make one", err);
    pairs = aws_tags_as_pairs(tags);
    return aws_fis_create_role(call, suffix, pairs, ret_arn, err);
}

static int start_availability_zone_power_interruption_scenario(const struct chaos_call *call,
                                                               json_t **ret_output,
                                                               struct chaos_error *err)
{
    AUTO(str) char *suffix = aws_fis_suffix();
    AUTO(json) json_t *tags = NULL;
    AUTO(json) json_t *all_tags = NULL;
    AUTO(json) json_t *role = NULL;
    AUTO(json) json_t *id = NULL;
    json_t *params;

    if (aws_tags_read(argument(call, "tags"), &tags, err) < 0)
        return -(int)err->code;
    all_tags = scenario_tags(NULL);
    json_object_set_new(all_tags, EXPERIMENT_KEY, json_string(suffix));
    json_object_update(all_tags, tags);
    if (find_role(call, suffix, all_tags, &role, err) < 0)
        return -(int)err->code;
    params =
        json_pack("{s:O, s:o, s:o, s:O, s:O, s:{s:s, s:s}}", "description",
                  argument(call, "description"), "targets", aws_fis_targets(call), "actions",
                  aws_fis_actions(call), "roleArn", role, "tags", all_tags, "experimentOptions",
                  "accountTargeting", "single-account", "emptyTargetResolutionMode", "skip");
    if (create_template(call, params, &id, err) < 0)
        return -(int)err->code;
    if (!argument_given(call, "role_arn") &&
        chaos_wait(call->context, -1, 0, ROLE_SETTLES_MS, err) < 0)
        return -(int)err->code;
    return start(call, id, json_object_size(tags) ? all_tags : NULL, ret_output, err);
}

static int restore_availability_zone_power_after_interruption(const struct chaos_call *call,
                                                              json_t **ret_output,
                                                              struct chaos_error *err)
{
    AUTO(str) char *suffix = aws_fis_suffix();
    AUTO(json) json_t *tags = NULL;
    AUTO(json) json_t *stopped = NULL;

    if (aws_tags_read(argument(call, "tags"), &tags, err) < 0)
        return -(int)err->code;
    if (!json_object_size(tags))
        json_object_set_new(tags, EXPERIMENT_KEY, json_string(suffix));
    if (stop_tagged(call, tags, &stopped, err) < 0)
        return -(int)err->code;
    if (argument_flag(call, "delete_roles_and_policies") &&
        aws_fis_delete_role(call, suffix, err) < 0)
        return -(int)err->code;
    *ret_output = STEAL(stopped);
    return 0;
}

#define TAGS_DOC         "\"k=v,x=y\" or a mapping"
#define TOKEN(json)      DEFAULT("client_token", CHAOS_STRING, json, "makes a repeated request the same")
#define TARGET(of, what) DEFAULT(of, CHAOS_BOOLEAN, "true", what)

static const struct chaos_param id_params[] = {
    REQUIRED("experiment_id", CHAOS_STRING, "id of the experiment"),
};
static const struct chaos_param start_params[] = {
    REQUIRED("experiment_template_id", CHAOS_STRING, "id of the experiment template"),
    OPTIONAL("client_token", CHAOS_STRING, "makes a repeated request the same"),
    OPTIONAL("tags", CHAOS_ANY, "tags of the experiment: " TAGS_DOC),
};
static const struct chaos_param stop_params[] = {
    REQUIRED("tags", CHAOS_ANY, "tags the experiments must have: " TAGS_DOC),
    DEFAULT("delete_templates", CHAOS_BOOLEAN, "false", "delete their templates too"),
};
static const struct chaos_param pod_params[] = {
    REQUIRED("label_selector", CHAOS_STRING, "selector of the pods: \"app=web\""),
    REQUIRED("tags", CHAOS_ANY, "tags of the experiment: " TAGS_DOC),
    REQUIRED("role_arn", CHAOS_STRING, "role with which FIS acts"),
    REQUIRED("log_group_arn", CHAOS_STRING, "log group for its log"),
    REQUIRED("cluster_identifier", CHAOS_STRING, "name or ARN of the EKS cluster"),
    DEFAULT("namespace", CHAOS_STRING, "\"default\"", "namespace of the pods"),
    DEFAULT("service_account", CHAOS_STRING, "\"default\"", "service account of Kubernetes"),
    TOKEN("\"\""),
    DEFAULT("description", CHAOS_STRING, "\"Delete one or more EKS pods\"", "of the template"),
};
static const struct chaos_param zone_params[] = {
    REQUIRED("az", CHAOS_STRING, "availability zone"),
    DEFAULT("tags", CHAOS_ANY, "\"\"", "tags of the experiment: " TAGS_DOC),
    DEFAULT("role_arn", CHAOS_STRING, "\"\"", "role with which FIS acts"),
    DEFAULT("autocreate_necessary_role", CHAOS_BOOLEAN, "true", "without role_arn, make one"),
    DEFAULT("duration", CHAOS_STRING, "\"PT30M\"", "how long, as an ISO 8601 duration"),
    DEFAULT("target_iam_roles", CHAOS_BOOLEAN, "false", "let launches by iam_roles fail"),
    OPTIONAL("iam_roles", CHAOS_LIST, "ARNs of roles"),
    TARGET("target_subnet", "cut subnets off"),
    TARGET("target_ebs_volumes", "pause the I/O of volumes"),
    TARGET("target_ec2_instances", "stop instances"),
    TARGET("target_asg", "let auto scaling groups fail to launch"),
    TARGET("target_asg_ec2_instances", "stop instances of auto scaling groups"),
    TARGET("target_rds_cluster", "fail databases over"),
    TARGET("target_easticache_cluster", "interrupt caches"),
    DEFAULT("log_group_arn", CHAOS_STRING, "\"\"", "log group for its log"),
    TOKEN("\"\""),
    DEFAULT("description", CHAOS_STRING,
            "\"Affect multiple resource types in a single AZ to approximate power interruption\"",
            "of the template"),
};
static const struct chaos_param restore_params[] = {
    OPTIONAL("tags", CHAOS_ANY, "tags of the experiments; null: those this process started"),
    DEFAULT("delete_roles_and_policies", CHAOS_BOOLEAN, "true", "delete the role it made"),
    DEFAULT("delete_templates", CHAOS_BOOLEAN, "true", "delete the templates it made"),
};

#define STOPPED .result = CHAOS_LIST, .result_doc = "the answers, one for each stopped experiment"

static const struct chaos_function probes[] = {
    PROBE(get_experiment, id_params, .summary = "an experiment", AWS_RESPONSE),
};
static const struct chaos_function actions[] = {
    ACTION(restore_availability_zone_power_after_interruption, restore_params,
           .summary = "end the power interruption and take its role away", STOPPED),
    ACTION(start_availability_zone_power_interruption_scenario, zone_params,
           .summary = "approximate a power interruption in an availability zone", AWS_RESPONSE),
    ACTION(start_experiment, start_params, .summary = "start an experiment", AWS_RESPONSE),
    ACTION(start_stress_pod_delete_scenario, pod_params, .summary = "delete pods of an EKS cluster",
           AWS_RESPONSE),
    ACTION(stop_experiment, id_params, .summary = "stop an experiment", AWS_RESPONSE),
    ACTION(stop_experiments_by_tags, stop_params, .summary = "stop the experiments with these tags",
           STOPPED),
};

AWS_EXTENSION_OF(ext_aws_fis_probes, "chaosaws.fis.probes", "Fault Injection Service, looked at",
                 probes);
AWS_EXTENSION_OF(ext_aws_fis_actions, "chaosaws.fis.actions", "Fault Injection Service, acted on",
                 actions);
