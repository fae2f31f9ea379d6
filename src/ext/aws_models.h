/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS models of this installation. */
#pragma once

#include "aws/model.h"

/* Opened once for the process, as aws_models_open_own() finds them. Borrowed. */
MUST_USE int aws_models_shared(const struct aws_models **ret_models, struct chaos_error *err);
