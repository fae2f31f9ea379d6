// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.cloudwatch.probes.
#include <math.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "ext/aws_forward.h"
#include "ext/aws_row.h"
#include "ext/aws_time.h"
#include "value/pytext.h"

#define CLOUDWATCH "cloudwatch"

static int get_alarm_state_value(const struct chaos_call *call, json_t **ret_output,
                                 struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    const json_t *alarms;

    if (aws_call(call, CLOUDWATCH, "DescribeAlarms",
                 json_pack("{s:[O]}", "AlarmNames", argument(call, "alarm_name")), &answer,
                 err) < 0)
        return -(int)err->code;
    alarms = json_object_get(answer, "MetricAlarms");
    if (!json_array_size(alarms))
        return aws_fail(call, "CloudWatch alarm name {alarm_name} not found", err);
    *ret_output = json_incref(json_object_get(json_array_get(alarms, 0), "StateValue"));
    return 0;
}

/* The argument dimensions, or the one that name and value make; NULL for none. */
static json_t *dimensions_of(const struct chaos_call *call)
{
    if (argument_given(call, "dimensions"))
        return json_incref(argument(call, "dimensions"));
    if (!argument(call, "dimension_name") || !argument(call, "dimension_value"))
        return NULL;
    return json_pack("[{s:O, s:O}]", "Name", argument(call, "dimension_name"), "Value",
                     argument(call, "dimension_value"));
}

static int check_dimensions(const struct chaos_call *call, struct chaos_error *err)
{
    if (argument(call, "dimensions") || argument(call, "dimension_name") ||
        argument(call, "dimension_value"))
        return 0;
    return aws_fail(call, "You must supply argument for dimensions", err);
}

static int64_t seconds(const struct chaos_call *call, const char *name)
{
    return argument_integer(call, name) * CLOCK_NS_PER_S;
}

static json_t *statistics_params(const struct chaos_call *call)
{
    static const char *const pairs[] = { "Namespace",   "namespace", "MetricName",
                                         "metric_name", "Period",    "duration",
                                         "Unit",        "?unit",     NULL };
    json_t *params = aws_params(call, pairs);
    int64_t end = clock_wall() - seconds(call, "offset");
    json_t *dimensions = dimensions_of(call);

    json_object_set_new(params, "StartTime", aws_time(end - seconds(call, "duration")));
    json_object_set_new(params, "EndTime", aws_time(end));
    if (dimensions)
        json_object_set_new(params, "Dimensions", dimensions);
    if (argument_given(call, "statistic"))
        json_object_set_new(params, "Statistics", json_pack("[O]", argument(call, "statistic")));
    if (argument_given(call, "extended_statistic"))
        json_object_set_new(params, "ExtendedStatistics",
                            json_pack("[O]", argument(call, "extended_statistic")));
    return params;
}

static int get_metric_statistics(const struct chaos_call *call, json_t **ret_output,
                                 struct chaos_error *err)
{
    const char *extended = argument_text(call, "extended_statistic");
    const char *statistic = argument_text(call, "statistic");
    AUTO(json) json_t *answer = NULL;
    AUTO(str) char *text = NULL;
    const json_t *point;
    json_t *value;

    if (!statistic && !extended)
        return aws_fail(call, "You must supply argument for statistic or extended_statistic", err);
    if (check_dimensions(call, err) < 0 || aws_call(call, CLOUDWATCH, "GetMetricStatistics",
                                                    statistics_params(call), &answer, err) < 0)
        return -(int)err->code;
    point = json_array_get(json_object_get(answer, "Datapoints"), 0);
    if (!point) {
        *ret_output = json_integer(0);
        return 0;
    }
    value = argument_given(call, "statistic")
                ? json_object_get(point, statistic)
                : json_object_get(json_object_get(point, "ExtendedStatistics"), extended);
    text = pytext_of(point);
    if (!value)
        return chaos_error_set(err, CHAOS_E_REMOTE, "Unable to parse response '%s': it has no '%s'",
                               text, argument_given(call, "statistic") ? statistic : extended);
    *ret_output = json_incref(value);
    return 0;
}

static json_t *data_params(const struct chaos_call *call)
{
    static const char *const metric_pairs[] = { "Namespace", "namespace", "MetricName",
                                                "metric_name", NULL };
    static const char *const stat_pairs[] = { "Period", "period", "Stat", "statistic",
                                              "Unit",   "?unit",  NULL };
    int64_t now = clock_wall();
    json_t *metric = aws_params(call, metric_pairs);
    json_t *stat = aws_params(call, stat_pairs);
    json_t *dimensions = dimensions_of(call);

    if (dimensions)
        json_object_set_new(metric, "Dimensions", dimensions);
    json_object_set_new(stat, "Metric", metric);
    return json_pack("{s:[{s:s, s:o, s:O}], s:o, s:o}", "MetricDataQueries", "Id", "m1",
                     "MetricStat", stat, "Label", argument(call, "metric_name"), "StartTime",
                     aws_time(now - seconds(call, "duration")), "EndTime",
                     aws_time(now - seconds(call, "offset")));
}

/* The sum, minimum or maximum of `values` (at least one); for any other statistic the mean. */
static double combine(const json_t *values, const char *statistic)
{
    double sum = 0;
    double least = HUGE_VAL;
    double most = -HUGE_VAL;
    json_t *value;
    size_t i;

    json_array_foreach (values, i, value) {
        sum += json_number_value(value);
        least = fmin(least, json_number_value(value));
        most = fmax(most, json_number_value(value));
    }
    if (str_equal(statistic, "Sum"))
        return sum;
    if (str_equal(statistic, "Minimum"))
        return least;
    return str_equal(statistic, "Maximum") ? most : sum / (double)json_array_size(values);
}

/* Python's round(number, 2): correctly rounded from the decimal expansion, as printf does. */
static json_t *rounded(double number)
{
    AUTO(str) char *text = mem_printf("%.2f", number);

    return json_real(strtod(text, NULL));
}

static int get_metric_data(const struct chaos_call *call, json_t **ret_output,
                           struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(json) json_t *values = json_array();
    json_t *result;
    size_t i;

    if (check_dimensions(call, err) < 0 ||
        aws_pages(call, CLOUDWATCH, "GetMetricData", data_params(call), &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "MetricDataResults"), i, result)
        json_array_extend(values, json_object_get(result, "Values"));
    *ret_output = json_array_size(values)
                      ? rounded(combine(values, argument_text(call, "statistic")))
                      : json_integer(0);
    return 0;
}

#define METRIC                                                                                     \
    REQUIRED("namespace", CHAOS_STRING, "namespace of the metric"),                                \
        REQUIRED("metric_name", CHAOS_STRING, "name of the metric"),                               \
        OPTIONAL("dimension_name", CHAOS_STRING, "name of one dimension"),                         \
        OPTIONAL("dimension_value", CHAOS_STRING, "value of that dimension"),                      \
        OPTIONAL("dimensions", CHAOS_LIST, "more dimensions: a list of {\"Name\", \"Value\"}")
#define OFFSET DEFAULT("offset", CHAOS_INTEGER, "0", "seconds before now at which it ends")
#define UNIT   OPTIONAL("unit", CHAOS_STRING, "unit: \"Seconds\", \"Count\", …")
#define STATISTIC                                                                                  \
    OPTIONAL("statistic", CHAOS_STRING, "\"Average\", \"Sum\", \"Minimum\", \"Maximum\", …")

static const struct chaos_param alarm_params[] = {
    REQUIRED("alarm_name", CHAOS_STRING, "name of the alarm"),
};
static const struct chaos_param statistics_parameters[] = {
    METRIC,    DEFAULT("duration", CHAOS_INTEGER, "60", "seconds to look at, one period"), OFFSET,
    STATISTIC, OPTIONAL("extended_statistic", CHAOS_STRING, "a percentile: \"p99\""),      UNIT,
};
static const struct chaos_param data_parameters[] = {
    METRIC,
    STATISTIC,
    DEFAULT("duration", CHAOS_INTEGER, "300", "seconds to look at"),
    DEFAULT("period", CHAOS_INTEGER, "60", "seconds of one value"),
    OFFSET,
    UNIT,
};

static const struct chaos_function functions[] = {
    PROBE(get_alarm_state_value, alarm_params, .summary = "the state of an alarm",
          .result = CHAOS_STRING, .result_doc = "\"OK\", \"ALARM\" or \"INSUFFICIENT_DATA\""),
    PROBE(get_metric_data, data_parameters, .summary = "a metric over some time, as one number",
          .result = CHAOS_NUMBER,
          .result_doc = "the values combined by the statistic, with two decimals; 0 without any"),
    PROBE(get_metric_statistics, statistics_parameters, .summary = "a statistic of a metric",
          .result = CHAOS_NUMBER, .result_doc = "the value; 0 without any"),
};

AWS_EXTENSION(ext_aws_cloudwatch_probes, "chaosaws.cloudwatch.probes", "CloudWatch, looked at");
