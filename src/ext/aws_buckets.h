/* SPDX-License-Identifier: Apache-2.0 */
/* S3 buckets, as the extension looks for them. */
#pragma once

#include "base/auto.h"
#include "chaos/extension.h"

/* Whether the account has the bucket that the argument bucket_name names. */
MUST_USE int aws_bucket_exists(const struct chaos_call *call, bool *ret_found,
                               struct chaos_error *err);
