/* SPDX-License-Identifier: Apache-2.0 */
/* Listings page by page, and waiting until something is in a state, as the models describe it. */
#pragma once

#include "aws/session.h"

/* Whether the service has pages for the operation. */
bool aws_has_pages(const struct aws_operation *operation);
/* Sees every page, whose value is borrowed; false ends it. */
struct aws_page_visitor {
    bool (*page)(void *data, const json_t *value);
    void *data;
    struct aws_item_sink *sink; /* gets one list of each page; NULL: none */
};

/* Ask page after page. -CHAOS_E_UNSUPPORTED when the model has no pages for the operation. After
 * an error of the service *ret_value is its answer, as with aws_session_call(); else NULL. */
MUST_USE int aws_paginate(struct aws_session *session, const struct aws_operation *operation,
                          const json_t *params, const struct aws_page_visitor *visitor,
                          json_t **ret_value, struct chaos_error *err);
/* Takes items of a listing as they come; `key` is its name in the result. Both are borrowed. Called
 * at least once for each page, perhaps with no items. */
struct aws_items_visitor {
    void (*items)(void *data, const char *key, const json_t *items);
    void *data;
};

/* All pages as one result, like boto3's build_full_result(): lists joined, numbers added, texts
 * joined; of what does not change from page to page, and of ResponseMetadata, the first. An
 * operation without pages is called once. */
MUST_USE int aws_call_all_pages(struct aws_session *session, const struct aws_operation *operation,
                                const json_t *params, json_t **ret_value, struct chaos_error *err);
/* The same, but the operation's first listing goes to the visitor as it comes, so that no more than
 * a page is ever in memory; *ret_value has the rest. Without such a listing the visitor is not
 * called. */
MUST_USE int aws_call_each_page(struct aws_session *session, const struct aws_operation *operation,
                                const json_t *params, const struct aws_items_visitor *visitor,
                                json_t **ret_value, struct chaos_error *err);

struct aws_waiter_options {
    int64_t delay_s;  /* 0: what the model says */
    int max_attempts; /* 0: what the model says */
};

/* Call the waiter's operation until it is in the state waited for. -CHAOS_E_NOT_FOUND for a name
 * the service does not have, -CHAOS_E_TIMEOUT after the last attempt, -CHAOS_E_REMOTE when a state
 * is reached from which it cannot be: in botocore's words ("Waiter InstanceRunning failed: ...").
 */
MUST_USE int aws_wait(struct aws_session *session, const struct aws_service *service,
                      const char *waiter, const json_t *params,
                      const struct aws_waiter_options *options, struct chaos_error *err);
