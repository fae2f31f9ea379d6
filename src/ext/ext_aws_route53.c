// SPDX-License-Identifier: Apache-2.0
// The rows of chaosaws.route53.probes and chaosaws.route53.actions.
#include "base/json_walk.h"
#include "base/str.h"
#include "ext/aws_forward.h"
#include "ext/aws_inverse.h"
#include "ext/aws_row.h"

#define ROUTE53 "route53"

AWS_FORWARD(get_hosted_zone, .service = ROUTE53, .operation = "GetHostedZone",
            .params = AWS_PAIRS("Id", "zone_id"), .refused = "Hosted Zone {zone_id} not found.")
AWS_FORWARD(get_dns_answer, .service = ROUTE53, .operation = "TestDNSAnswer",
            .params = AWS_PAIRS("HostedZoneId", "zone_id", "RecordName", "record_name",
                                "RecordType", "record_type"),
            .refused = "{message}")
AWS_FORWARD(read_health_check, .service = ROUTE53, .operation = "GetHealthCheckStatus",
            .params = AWS_PAIRS("HealthCheckId", "check_id"), .refused = "{message}")

static int get_health_check_status(const struct chaos_call *call, json_t **ret_output,
                                   struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;

    if (read_health_check(call, &answer, err) < 0)
        return -(int)err->code;
    if (!json_array_size(json_object_get(answer, "HealthCheckObservations")))
        return aws_fail(call, "No results found for {check_id}", err);
    *ret_output = STEAL(answer);
    return 0;
}

static json_t *association(const struct chaos_call *call)
{
    json_t *params = aws_params(call, AWS_PAIRS("HostedZoneId", "zone_id", "Comment", "?comment"));

    json_object_set_new(params, "VPC",
                        aws_params(call, AWS_PAIRS("VPCId", "vpc_id", "VPCRegion", "vpc_region")));
    return params;
}

static int associate_vpc_with_zone(const struct chaos_call *call, json_t **ret_output,
                                   struct chaos_error *err)
{
    aws_announce(call, "Associating the VPC {vpc_id} with the zone {zone_id}");
    if (aws_call(call, ROUTE53, "AssociateVPCWithHostedZone", association(call), ret_output, err) <
        0)
        return aws_explain_refusal(call, "{message}", err);
    return 0;
}

static int disassociate_vpc_from_zone(const struct chaos_call *call, json_t **ret_output,
                                      struct chaos_error *err)
{
    aws_announce(call, "Disassociating the VPC {vpc_id} from the zone {zone_id}");
    if (aws_call(call, ROUTE53, "DisassociateVPCFromHostedZone", association(call), ret_output,
                 err) < 0)
        return aws_explain_refusal(call, "{message}", err);
    return 0;
}

/* `operation` when the zone's having the VPC is as `associated` says: then something changes. */
static int undo(const struct chaos_call *call, bool associated, const char *operation,
                json_t **ret_activity, struct chaos_error *err)
{
    AUTO(json) json_t *answer = NULL;
    bool found = false;
    json_t *vpc;
    size_t i;

    if (get_hosted_zone(call, &answer, err) < 0)
        return -(int)err->code;
    json_array_foreach (json_object_get(answer, "VPCs"), i, vpc)
        found = found || str_equal(json_text_of(vpc, "VPCId"), argument_text(call, "vpc_id"));
    if (found == associated)
        *ret_activity = aws_inverse_one(ROUTE53, operation, association(call));
    return 0;
}

static int undo_associate(const struct chaos_call *call, json_t **ret_activity,
                          struct chaos_error *err)
{
    return undo(call, false, "DisassociateVPCFromHostedZone", ret_activity, err);
}

static int undo_disassociate(const struct chaos_call *call, json_t **ret_activity,
                             struct chaos_error *err)
{
    return undo(call, true, "AssociateVPCWithHostedZone", ret_activity, err);
}

#define ZONE REQUIRED("zone_id", CHAOS_STRING, "id of the hosted zone")

static const struct chaos_param zone_params[] = { ZONE };
static const struct chaos_param check_params[] = {
    REQUIRED("check_id", CHAOS_STRING, "id of the health check"),
};
static const struct chaos_param answer_params[] = {
    ZONE,
    REQUIRED("record_name", CHAOS_STRING, "name of the record"),
    REQUIRED("record_type", CHAOS_STRING, "its type: \"A\", \"CNAME\", …"),
};
static const struct chaos_param vpc_params[] = {
    ZONE,
    REQUIRED("vpc_id", CHAOS_STRING, "id of the VPC"),
    REQUIRED("vpc_region", CHAOS_STRING, "its region"),
    OPTIONAL("comment", CHAOS_STRING, "what is noted about it"),
};

static const struct chaos_function probes[] = {
    PROBE(get_dns_answer, answer_params, .summary = "what Route 53 answers for a record",
          AWS_RESPONSE),
    PROBE(get_health_check_status, check_params, .summary = "the status of a health check",
          AWS_RESPONSE),
    PROBE(get_hosted_zone, zone_params, .summary = "a hosted zone", AWS_RESPONSE),
};
static const struct chaos_function actions[] = {
    ACTION(associate_vpc_with_zone, vpc_params, .summary = "associate a VPC with a private zone",
           AWS_RESPONSE, .inverse = undo_associate),
    ACTION(disassociate_vpc_from_zone, vpc_params,
           .summary = "disassociate a VPC from a private zone", AWS_RESPONSE,
           .inverse = undo_disassociate),
};

AWS_EXTENSION_OF(ext_aws_route53_probes, "chaosaws.route53.probes", "Route 53, looked at", probes);
AWS_EXTENSION_OF(ext_aws_route53_actions, "chaosaws.route53.actions", "Route 53, acted on",
                 actions);
