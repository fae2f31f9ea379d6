/* SPDX-License-Identifier: Apache-2.0 */
/* Whether AWS is as a request that puts something back wants it: asked before and after it is made
 * (aws_put_back.h). One row for each operation that an inverse may name. */
#pragma once

#include "base/auto.h"
#include "base/str.h"
#include "chaos/extension.h"

enum aws_state {
    AWS_AS_WANTED,
    AWS_ON_ITS_WAY, /* a state that ends by itself: the service may refuse until then */
    AWS_OTHERWISE,
};

/* What was seen: the state that is farthest from the wanted one, and the first thing in it. */
struct aws_sight {
    enum aws_state state;
    struct buffer what; /* "i-1 is 'stopping'"; empty while all is as wanted */
};

void aws_sight_clear(struct aws_sight *sight);
AUTO_CLEAR(aws_sight, struct aws_sight)
void aws_sight_add(struct aws_sight *sight, enum aws_state state, const char *format, ...)
    PRINTF(3, 4);

/* Add what the `status` of something (NULL: it is not there) means. `on_its_way`: NULL-terminated.
 */
void aws_see_status(struct aws_sight *sight, const char *name, const char *status,
                    const char *wanted, const char *const *on_its_way);
/* Add whether something is there, as wanted. */
void aws_see_there(struct aws_sight *sight, const char *name, bool is_there, bool is_wanted);
/* Add whether a member of something holds `wanted`: lists as sets, mappings by the members that
 * `wanted` has. Either may be NULL. */
void aws_see_value(struct aws_sight *sight, const char *name, const char *member,
                   const json_t *value, const json_t *wanted);
/* Add whether the `members` of `value` (NULL-terminated) are those of `wanted`; those that it
 * leaves out do not matter. */
void aws_see_given(struct aws_sight *sight, const char *name, const json_t *value,
                   const json_t *wanted, const char *const *members);

struct aws_look {
    const char *service; /* and the operation that puts something back */
    const char *operation;
    const char *describe;     /* the operation that shows how it is; all pages are read */
    const char *const *pairs; /* its parameters: pairs of a name and the member of the request it
                               * is; with "[]" behind the name a list of that one value */
    json_t *(*params)(const json_t *request); /* the same where pairs do not do; new; or NULL */
    const char *absent; /* the error code that says there is no such thing; NULL: none does */
    /* `answer` is NULL where there is no such thing. */
    void (*judge)(const json_t *answer, const json_t *request, struct aws_sight *sight);
    /* What one answer does not show: instead of all of the above but `describe`; or NULL. */
    int (*look)(const struct chaos_call *call, const json_t *request, struct aws_sight *sight,
                struct chaos_error *err);
    /* The request that is really made, where it takes more than what may be written down; new, and
     * NULL where nothing is to be asked for. NULL: `request` as it is. */
    int (*complete)(const struct chaos_call *call, const json_t *request, json_t **ret_params,
                    struct chaos_error *err);
    bool makes_new;    /* each time, as a version: asked for only where it is not as wanted */
    double patience_s; /* how long it may be on its way; 0: AWS_PATIENCE_S */
};

#define AWS_LOOK(service_, operation_, ...)                                                        \
    {                                                                                              \
        .service = (service_), .operation = (operation_), __VA_ARGS__                              \
    }
#define AWS_PATIENCE_S 60.0

/* The tables: each ends with a row without a service, and all of them with NULL. */
extern const struct aws_look aws_looks_compute[];
extern const struct aws_look aws_looks_services[];
extern const struct aws_look aws_looks_lambda_emr[];
extern const struct aws_look aws_looks_made[];
extern const struct aws_look *const aws_look_tables[];

/* The row of an operation; NULL: none. */
const struct aws_look *aws_look_find(const char *service, const char *operation);
/* Look at what `request`, one set of parameters, is to bring about. `sight` is empty before. */
MUST_USE int aws_look_at(const struct chaos_call *call, const struct aws_look *look,
                         const json_t *request, struct aws_sight *sight, struct chaos_error *err);
