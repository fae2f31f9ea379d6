/* SPDX-License-Identifier: Apache-2.0 */
/* What a platform file asks for, as calls to the cloud. The file is read, checked and completed
 * by the one who sends it (labctl/platform_file.h); here it is a value of this form:
 *
 * {"region": "us-east-1", "zones": 2, "public-addresses": ["203.0.113.0/24"], "delays": {..},
 *  "security-groups": {NAME: {"allow": [{"protocol", "ports", "from"}]}},
 *  "templates": {NAME: {"image", "type", "user-data", "security-groups", "profile", "tags"}},
 *  "instances": [{"template", "zone", "count", "tags", "address", "private-address"}],
 *  "scaling-groups": {NAME: {"template", "min", "max", "desired", "zones", "tags"}},
 *  "addresses": {NAME: {"public", "instance"}}} */
#pragma once

#include "cloud/cloud.h"

/* Make all of it. The error names the part: "scaling-groups: echo: ..". */
MUST_USE int platform_apply(struct cloud *cloud, const json_t *platform, struct chaos_error *err);
/* Give the addresses to the instances that the platform names: to be called when those run. */
MUST_USE int platform_tie(struct cloud *cloud, const json_t *platform, struct chaos_error *err);
