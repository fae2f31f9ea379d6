/* SPDX-License-Identifier: Apache-2.0 */
/* The cloud over HTTP: a request's signature checked, its operation called, its answer encoded as
 * AWS would. */
#pragma once

#include "cloud/cloud.h"
#include "net/http_exchange.h"

struct api {
    struct cloud *cloud;
    const struct aws_models *models;
    uint64_t requests; /* how many there were */
};

/* An http_serve function; `data` is a struct api. */
void api_serve(void *data, const struct http_request *request, struct http_answer *answer);
