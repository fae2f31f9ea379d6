/* SPDX-License-Identifier: Apache-2.0 */
/* What AWS services there are and what their operations take, for people and for completion. */
#pragma once

#include "base/str.h"

/* One entry; both texts are borrowed for the call. */
typedef void (*aws_catalogue_entry)(void *data, const char *name, const char *about);

MUST_USE int aws_catalogue_services(aws_catalogue_entry entry, void *data, struct chaos_error *err);
/* "describe-instances", "Describes the specified instances or all instances". */
MUST_USE int aws_catalogue_operations(const char *service, aws_catalogue_entry entry, void *data,
                                      struct chaos_error *err);
/* "instance-running", "asks with describe-instances". */
MUST_USE int aws_catalogue_waiters(const char *service, aws_catalogue_entry entry, void *data,
                                   struct chaos_error *err);
/* "--instance-ids", "list of string". */
MUST_USE int aws_catalogue_parameters(const char *service, const char *operation,
                                      aws_catalogue_entry entry, void *data,
                                      struct chaos_error *err);
/* Append a page about an operation: its parameters with their types, its waiters, its errors. */
MUST_USE int aws_catalogue_describe(const char *service, const char *operation, struct buffer *out,
                                    struct chaos_error *err);
