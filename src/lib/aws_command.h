/* SPDX-License-Identifier: Apache-2.0 */
/* One call to AWS as a command line asks for it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/auto.h"

/* What became of it. */
enum aws_outcome {
    AWS_OUTCOME_DONE,
    AWS_OUTCOME_NO_ANSWER,    /* it could not be sent, or no answer came that could be read */
    AWS_OUTCOME_MISUSE,       /* names or parameters that do not fit the model: nothing was sent */
    AWS_OUTCOME_CLIENT_ERROR, /* the service says it is the caller's fault (4xx) */
    AWS_OUTCOME_SERVER_ERROR, /* the service says it is its own (5xx) */
    AWS_OUTCOME_WAIT_FAILED,  /* what was waited for did not or cannot come */
};

/* A parameter in words: see aws_words.h. */
struct aws_given {
    const char *name; /* "instance-ids", or "no-x" for a boolean that is false */
    const char *const *words;
    size_t n_words;
};

struct aws_command {
    const char *service;
    const char *operation; /* in any spelling: see aws_names.h */
    const json_t *params;  /* an object, or NULL: none */
    const struct aws_given *given;
    size_t n_given; /* they replace members of `params`; where the answer has a body of its own, a
                     * word too many for one of them is the outfile */
    const char *outfile; /* gets the body of the answer; "-" is the standard output; NULL: none */
    const char *waiter;  /* NULL: none */
    bool all_pages;
    /* With all pages, unless NULL: gets the items of the listing page by page instead of the
     * answer, which has the rest. */
    void (*items)(void *data, const char *key, const json_t *items);
    void *items_data;
    int64_t presign_s;   /* > 0: no call, an address for so many seconds */
    const char *profile; /* these are NULL or 0 where the environment decides */
    const char *region;
    const char *endpoint_url;
    int64_t connect_timeout_ms;
    int64_t read_timeout_ms;
};

/* *ret_value is a new reference or NULL: what the service answered, with boto3's names and without
 * ResponseMetadata, unless its body went to the standard output; or the presigned address. A wait
 * that fails may come after an answer.
 *
 * With a waiter of the same operation the call is made once more when the wait is over. Else the
 * call is made first, and the waiter gets those of its parameters that it knows: none is misuse.
 *
 * The error's text is one line unless the service sent more. */
MUST_USE enum aws_outcome aws_command_run(const struct aws_command *command, json_t **ret_value,
                                          struct chaos_error *err);
