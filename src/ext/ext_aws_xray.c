// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.xray.probes.
#include <math.h>
#include <string.h>

#include "base/json_walk.h"
#include "ext/aws_forward.h"
#include "ext/aws_lists.h"
#include "ext/aws_row.h"
#include "ext/aws_time.h"
#include "value/json.h"

#define XRAY "xray"
/* The most ids that one BatchGetTraces takes. */
#define TRACES_MAX 5

/* StartTime and EndTime of the arguments. */
static int add_window(const struct chaos_call *call, json_t *params, struct chaos_error *err)
{
    int64_t start = 0;
    int64_t end = 0;

    if (aws_time_read(argument(call, "end_time"), clock_wall(), &end, err) < 0 ||
        aws_time_read(argument(call, "start_time"), end, &start, err) < 0)
        return -(int)err->code;
    json_object_set_new(params, "StartTime", aws_time(start));
    json_object_set_new(params, "EndTime", aws_time(end));
    return 0;
}

static int get_traces_summaries(const struct chaos_call *call, json_t **ret_output,
                                struct chaos_error *err)
{
    static const char *const pairs[] = { "TimeRangeType",
                                         "time_range_type",
                                         "FilterExpression",
                                         "filter_expression",
                                         "Sampling",
                                         "sampling",
                                         NULL };
    AUTO(json) json_t *params = aws_params(call, pairs);
    json_t *strategy = argument(call, "sampling_strategy");

    json_object_set_new(params, "SamplingStrategy",
                        strategy ? json_incref(strategy) : json_object());
    if (add_window(call, params, err) < 0 ||
        aws_pages(call, XRAY, "GetTraceSummaries", STEAL(params), ret_output, err) < 0)
        return aws_explain_failure(call, "XRay trace summaries failed: {error}", err);
    return 0;
}

/* The last `quantity` traces of the window. */
static int read_traces(const struct chaos_call *call, json_int_t quantity, json_t **ret_output,
                       struct chaos_error *err)
{
    AUTO(json) json_t *summaries = NULL;
    AUTO(json) json_t *ids = NULL;
    size_t total;
    size_t wanted = quantity > TRACES_MAX ? TRACES_MAX : (size_t)quantity;

    if (get_traces_summaries(call, &summaries, err) < 0)
        return -(int)err->code;
    ids = aws_list_of(json_object_get(summaries, "TraceSummaries"), "Id");
    total = json_array_size(ids);
    if (!total) {
        *ret_output = json_pack("{s:[], s:[]}", "Traces", "UnprocessedTraceIds");
        return 0;
    }
    if (aws_pages(call, XRAY, "BatchGetTraces",
                  json_pack("{s:o}", "TraceIds",
                            aws_list_slice(ids, total > wanted ? total - wanted : 0, wanted)),
                  ret_output, err) < 0)
        return aws_explain_failure(call, "XRay batch traces failed: {error}", err);
    return 0;
}

static int get_traces(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    return read_traces(call, argument_integer(call, "quantity"), ret_output, err);
}

/* The documents of the first trace's segments. */
static int read_segments(const json_t *traces, json_t **ret_output, struct chaos_error *err)
{
    AUTO(json) json_t *documents = json_array();
    const json_t *trace = json_array_get(json_object_get(traces, "Traces"), 0);
    json_t *segment;
    size_t i;

    if (!trace) {
        *ret_output = json_object();
        return 0;
    }
    json_array_foreach (json_object_get(trace, "Segments"), i, segment) {
        const char *text = json_text_of(segment, "Document");
        json_t *document = NULL;

        if (json_parse(text ? text : "", text ? strlen(text) : 0, &document, err) < 0)
            return chaos_error_prefix(err, "segment %zu of the trace", i);
        json_array_append_new(documents, document);
    }
    *ret_output = STEAL(documents);
    return 0;
}

static int get_most_recent_trace(const struct chaos_call *call, json_t **ret_output,
                                 struct chaos_error *err)
{
    AUTO(json) json_t *traces = NULL;

    if (read_traces(call, 1, &traces, err) < 0)
        return -(int)err->code;
    if (argument_flag(call, "raw_segments"))
        return read_segments(traces, ret_output, err);
    *ret_output = STEAL(traces);
    return 0;
}

static int get_service_graph(const struct chaos_call *call, json_t **ret_output,
                             struct chaos_error *err)
{
    AUTO(json)
    json_t *params =
        aws_params(call, AWS_PAIRS("GroupName", "?group_name", "GroupARN", "?group_arn"));

    if (add_window(call, params, err) < 0 ||
        aws_pages(call, XRAY, "GetServiceGraph", STEAL(params), ret_output, err) < 0)
        return aws_explain_failure(call, "XRay service graph failed: {error}", err);
    return 0;
}

#define WINDOW                                                                                     \
    DEFAULT("start_time", CHAOS_ANY, "\"3 minutes\"",                                              \
            "\"now\", time before end_time (\"3 minutes\"), or seconds since the epoch"),          \
        DEFAULT("end_time", CHAOS_ANY, "\"now\"", "the same, before now")
#define SELECTION                                                                                  \
    WINDOW,                                                                                        \
        DEFAULT("time_range_type", CHAOS_STRING, "\"TraceId\"",                                    \
                "\"TraceId\", \"Event\" or "                                                       \
                "\"Service\""),                                                                    \
        DEFAULT("filter_expression", CHAOS_STRING, "\"groupname = \\\"Default\\\"\"",              \
                "which traces"),                                                                   \
        DEFAULT("sampling", CHAOS_BOOLEAN, "false", "only a sample of them"),                      \
        OPTIONAL("sampling_strategy", CHAOS_MAPPING, "`Name` and `Value` of the sampling")

static const struct chaos_param summary_params[] = { SELECTION };
static const struct chaos_param trace_params[] = {
    SELECTION,
    { .name = "quantity",
      .type = CHAOS_INTEGER,
      .default_json = "5",
      .doc = "how many, of the last; at most 5",
      .min = 1,
      .max = HUGE_VAL },
};
static const struct chaos_param recent_params[] = {
    SELECTION,
    DEFAULT("raw_segments", CHAOS_BOOLEAN, "false", "only its segments, as they were recorded"),
};
static const struct chaos_param graph_params[] = {
    WINDOW,
    DEFAULT("group_name", CHAOS_STRING, "\"Default\"", "name of the group"),
    OPTIONAL("group_arn", CHAOS_STRING, "ARN of the group"),
};

static const struct chaos_function functions[] = {
    PROBE(get_most_recent_trace, recent_params, .summary = "the last trace",
          .result_doc = "the answer, as boto3 gives it; of raw segments a list of documents"),
    PROBE(get_service_graph, graph_params, .summary = "the services and their connections",
          AWS_RESPONSE),
    PROBE(get_traces, trace_params, .summary = "the last traces", AWS_RESPONSE),
    PROBE(get_traces_summaries, summary_params, .summary = "summaries of traces", AWS_RESPONSE),
};

AWS_EXTENSION(ext_aws_xray, "chaosaws.xray.probes", "X-Ray traces, looked at");
