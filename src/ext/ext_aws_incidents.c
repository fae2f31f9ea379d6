// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.incidents.probes.
#include "base/json_walk.h"
#include "ext/aws_forward.h"
#include "ext/aws_row.h"
#include "ext/aws_time.h"

#define INCIDENTS "ssm-incidents"
#define PAGE_SIZE 10
#define FAILED    "SSM Incidents API failed: {error}"

static json_t *filter(const char *key, const char *relation, const char *type, json_t *value)
{
    return json_pack("{s:{s:{s:[o]}}, s:s}", "condition", relation, type, value, "key", key);
}

static int list_incidents(const struct chaos_call *call, const char *status, json_t **ret_output,
                          struct chaos_error *err)
{
    AUTO(json) json_t *filters = json_array();
    int64_t now = clock_wall();
    int64_t start = 0;

    if (aws_time_read(argument(call, "created_in_the_last"), now, &start, err) < 0)
        return -(int)err->code;
    json_array_append_new(filters, filter("impact", "equals", "integerValues",
                                          json_incref(argument(call, "impact"))));
    json_array_append_new(filters, json_pack("{s:{s:o}, s:s}", "condition", "after",
                                             aws_time(start), "key", "creationTime"));
    json_array_append_new(filters, filter("status", "equals", "stringValues", json_string(status)));
    if (argument_given(call, "created_by"))
        json_array_append_new(filters, filter("createdBy", "equals", "stringValues",
                                              json_incref(argument(call, "created_by"))));
    if (aws_pages(call, INCIDENTS, "ListIncidentRecords",
                  json_pack("{s:O, s:i}", "filters", filters, "maxResults", PAGE_SIZE), ret_output,
                  err) < 0)
        return aws_explain_failure(call, FAILED, err);
    return 0;
}

static int get_incidents(const struct chaos_call *call, json_t **ret_output,
                         struct chaos_error *err)
{
    return list_incidents(call, argument_text(call, "status"), ret_output, err);
}

static int get_active_incidents(const struct chaos_call *call, json_t **ret_output,
                                struct chaos_error *err)
{
    return list_incidents(call, "OPEN", ret_output, err);
}

static int get_resolved_incidents(const struct chaos_call *call, json_t **ret_output,
                                  struct chaos_error *err)
{
    return list_incidents(call, "RESOLVED", ret_output, err);
}

static int has_incident(const struct chaos_call *call, const char *status, json_t **ret_output,
                        struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (list_incidents(call, status, &answer, err) < 0)
        return -(int)err->code;
    *ret_output =
        json_boolean(json_array_size(json_object_get(answer, "incidentRecordSummaries")) > 0);
    return 0;
}

static int has_incident_been_opened(const struct chaos_call *call, json_t **ret_output,
                                    struct chaos_error *err)
{
    return has_incident(call, "OPEN", ret_output, err);
}

static int has_incident_been_resolved(const struct chaos_call *call, json_t **ret_output,
                                      struct chaos_error *err)
{
    return has_incident(call, "RESOLVED", ret_output, err);
}

/* The items of the first incident there is. */
static int list_items(const struct chaos_call *call, const char *status, json_t **ret_output,
                      struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    json_t *arn;

    if (list_incidents(call, status, &answer, err) < 0)
        return -(int)err->code;
    arn = json_object_get(json_array_get(json_object_get(answer, "incidentRecordSummaries"), 0),
                          "arn");
    if (!arn)
        return aws_fail(call, "there is no such incident of the last {created_in_the_last}", err);
    if (aws_pages(call, INCIDENTS, "ListRelatedItems",
                  json_pack("{s:O, s:i}", "incidentRecordArn", arn, "maxResults", PAGE_SIZE),
                  ret_output, err) < 0)
        return aws_explain_failure(call, FAILED, err);
    return 0;
}

static int get_active_incident_items(const struct chaos_call *call, json_t **ret_output,
                                     struct chaos_error *err)
{
    return list_items(call, "OPEN", ret_output, err);
}

static int get_resolved_incident_items(const struct chaos_call *call, json_t **ret_output,
                                       struct chaos_error *err)
{
    return list_items(call, "RESOLVED", ret_output, err);
}

#define IMPACT DEFAULT("impact", CHAOS_INTEGER, "1", "impact, from 1 (critical) to 5 (none)")
#define WHEN                                                                                       \
    DEFAULT("created_in_the_last", CHAOS_ANY, "\"3 minutes\"",                                     \
            "how long ago at most, or seconds since the epoch"),                                   \
        OPTIONAL("created_by", CHAOS_STRING, "ARN of who opened it")

static const struct chaos_param all_params[] = {
    IMPACT,
    DEFAULT("status", CHAOS_STRING, "\"OPEN\"", "\"OPEN\" or \"RESOLVED\""),
    WHEN,
};
static const struct chaos_param params[] = { IMPACT, WHEN };

#define TRUTH .result = CHAOS_BOOLEAN, .result_doc = "whether there is one"

static const struct chaos_function functions[] = {
    PROBE(get_active_incident_items, params, .summary = "the items of an open incident",
          AWS_RESPONSE),
    PROBE(get_active_incidents, params, .summary = "the open incidents", AWS_RESPONSE),
    PROBE(get_incidents, all_params, .summary = "incidents of some time", AWS_RESPONSE),
    PROBE(get_resolved_incident_items, params, .summary = "the items of a resolved incident",
          AWS_RESPONSE),
    PROBE(get_resolved_incidents, params, .summary = "the resolved incidents", AWS_RESPONSE),
    PROBE(has_incident_been_opened, params, .summary = "whether an incident is open", TRUTH),
    PROBE(has_incident_been_resolved, params, .summary = "whether an incident was resolved", TRUTH),
};

AWS_EXTENSION(ext_aws_incidents, "chaosaws.incidents.probes", "incidents, looked at");
