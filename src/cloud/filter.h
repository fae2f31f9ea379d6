/* SPDX-License-Identifier: Apache-2.0 */
/* EC2's filters: [{"Name": "tag:State", "Values": ["MASTER", "B*"]}, ..]. All filters must hold, of
 * each one value is enough; '*' stands for any characters, '?' for one, '\' takes their meaning.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
#pragma once

#include "cloud/state.h"

/* A filter's name and where its value stands: "State.Name", or "SecurityGroups[].GroupId" for any
 * of a list. Paths begin in the item, with "/" in the record. */
struct cloud_filter {
    const char *name;
    const char *path;
};

/* "tag:KEY", "tag-key" and "tag-value" are understood by every table. */
struct cloud_filters {
    const struct cloud_filter *rows;
    size_t n_rows;
    int64_t page_min; /* what MaxResults may be */
    int64_t page_max;
};

#define CLOUD_FILTERS(rows) CLOUD_FILTERS_PAGED(rows, 5, 1000)
#define CLOUD_FILTERS_PAGED(rows, least, most)                                                     \
    (&(struct cloud_filters){ rows, ARRAY_SIZE(rows), least, most })

/* Keep those of `records` that the parameter "Filters" lets through: a new reference to an array,
 * NULL with the fault set for a filter without a name, values, or a row. */
json_t *cloud_filter(struct cloud_call *call, const struct cloud_filters *filters,
                     const json_t *records);
/* Whether `text` is what the pattern says. */
bool cloud_wildcard(const char *pattern, const char *text);

/* One page of a result: `items` cut by the parameters `limit` ("MaxResults") and `token`
 * ("NextToken"); *ret_next is an owned token, or NULL on the last page. The page is a new
 * reference; NULL with the fault set for a token that is not ours or a limit outside of
 * [least, most]. */
json_t *cloud_page(struct cloud_call *call, const json_t *items, int64_t least, int64_t most,
                   char **ret_next);
/* filter, page and strip: what a Describe call of flat items answers: {key: [items],
 * "NextToken": ..}. Takes `records` (NULL: passes the fault on). */
json_t *cloud_describe_take(struct cloud_call *call, const struct cloud_filters *filters,
                            json_t *records, const char *key);
