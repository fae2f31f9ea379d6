/* SPDX-License-Identifier: Apache-2.0 */
/* The instance metadata service, IMDSv2 and, where an instance allows it, v1.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html */
#pragma once

#include "cloud/cloud.h"
#include "net/http_exchange.h"

struct metadata;

/* Borrows the cloud. */
struct metadata *metadata_new(struct cloud *cloud);
/* From now on answer for this one. */
void metadata_set_cloud(struct metadata *metadata, struct cloud *cloud);
void metadata_free(struct metadata *metadata);
AUTO_FREE(metadata, struct metadata)

/* An http_serve function; `data` is a struct metadata. Who asks is known by the address: packets
 * with another one do not leave an instance. */
void metadata_serve(void *data, const struct http_request *request, struct http_answer *answer);
