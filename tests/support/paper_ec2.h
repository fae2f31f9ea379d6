/* SPDX-License-Identifier: Apache-2.0 */
/* EC2 on paper: shorter words over paper_cloud.h for tests that call nothing else. */
#pragma once

#include "tests/support/paper_cloud.h"

/* The image that every lab has, for RunInstances. */
#define PAPER_IMAGE "ami-00000000000000001"

/* cmocka fixtures: *state is a struct paper_cloud without delays. */
int paper_setup(void **state);
#define WITH_PAPER(name) cmocka_unit_test_setup_teardown(name, paper_setup, paper_cloud_close)

/* The result of a call that must succeed, borrowed until the next one. */
const json_t *paper_do(struct paper_cloud *paper, const char *operation, const char *format, ...)
    PRINTF(3, 4);
/* The call must be refused with this code. */
void paper_refuses(struct paper_cloud *paper, const char *code, const char *operation,
                   const char *format, ...) PRINTF(4, 5);
/* The value at "Reservations.0.Instances.0.InstanceId", borrowed; fails the test without one. */
const json_t *paper_at(const json_t *value, const char *path);
const char *paper_text(const json_t *value, const char *path);
/* How many things the list at `path` has. */
size_t paper_count(const json_t *value, const char *path);
/* How often the host was asked for what begins so, since the log was reset. */
size_t paper_asked(const struct paper_cloud *paper, const char *beginning);
/* Let happen what calls began: no delay takes any time. */
void paper_settle(struct paper_cloud *paper);
/* Launch an instance that runs then; its id, owned. `more` are further parameters in single quotes,
 * with a comma at their end. */
char *paper_launch(struct paper_cloud *paper, const char *more);
