/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a request that stays in its file until it is sent: the parameter that is the body
 * says {"file": PATH} where it would else say its bytes. */
#pragma once

#include <sys/stat.h>

#include "aws/model.h"
#include "aws/payload_hash.h"
#include "base/cancel.h"

struct aws_upload {
    int fd;           /* -1: there is none */
    char *path;       /* as it was given */
    uint64_t start;   /* where in the file the body begins */
    uint64_t length;  /* in bytes */
    struct stat seen; /* the file when it was opened */
    struct payload_hash hash;
};

/* Take the file that `params` name for the body: an empty one stands there afterwards. Without such
 * a parameter upload->fd is -1. What is no regular file ("/dev/stdin", a pipe) is copied to a
 * nameless file in $TMPDIR (or /var/tmp) first, up to its end: its length must be known. The error
 * is one line with the path. */
MUST_USE int aws_upload_take(const struct aws_operation *operation, json_t *params,
                             const struct cancel *cancel, struct aws_upload *ret_upload,
                             struct chaos_error *err);
void aws_upload_clear(struct aws_upload *upload);
AUTO_CLEAR(aws_upload, struct aws_upload)

/* Reads the body, from its begin as often as it must be; -CHAOS_E_INVALID when the file is not what
 * it was when it was opened. Borrows. */
struct http_source aws_upload_source(struct aws_upload *upload);
