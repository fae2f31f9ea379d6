/* SPDX-License-Identifier: Apache-2.0 */
/* A cloud on paper for cmocka tests: it has no machines, tells what it asked of them, and its time
 * goes by when the test says so. */
#pragma once

#include "base/str.h"
#include "cloud/cloud.h"

struct paper_cloud {
    struct aws_models *models;
    struct cloud *cloud;
    struct cloud_host host;
    struct cloud_caller caller; /* of paper_call(); the owner to begin with */
    json_t *result;             /* of the last paper_do() */
    struct cloud_fault fault;   /* of the last call that was refused */
    int64_t now;
    bool boot_fails;
    struct buffer log; /* "boot i-..\n", "off i-..\n", "secure i-..\n", "map
                          203.0.113.1 10.0.0.4\n", "attach vol-.. 8GiB i-.. /dev/sdf\n", .. */
};

/* For cmocka's setup and teardown: *state is a struct paper_cloud. `delays` is JSON in single
 * quotes, or NULL. */
int paper_cloud_open(void **state, const char *delays);
int paper_cloud_close(void **state);

/* A call with parameters as JSON in single quotes (NULL: none): a new reference to its result; a
 * refused call fails the test. */
json_t *paper_call(struct paper_cloud *paper, const char *service, const char *operation,
                   const char *params);
/* The same with a printf format. */
json_t *paper_callf(struct paper_cloud *paper, const char *service, const char *operation,
                    const char *format, ...) PRINTF(4, 5);
/* A call that must be refused: its code, borrowed until the next one. */
const char *paper_refused(struct paper_cloud *paper, const char *service, const char *operation,
                          const char *params);
const char *paper_refusedf(struct paper_cloud *paper, const char *service, const char *operation,
                           const char *format, ...) PRINTF(4, 5);
/* A call that may be refused or not: a new reference to its result, or NULL. */
json_t *paper_try(struct paper_cloud *paper, const char *service, const char *operation,
                  const char *params);
/* Let so many seconds go by. */
void paper_wait(struct paper_cloud *paper, double seconds);
