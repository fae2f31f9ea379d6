/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS models of this installation. */
#pragma once

#include "aws/model.h"

/* Opened once for the process: $FRACAS_AWS_MODELS, else the installed file, else that of the build
 * tree. Borrowed. The error says where it looked. */
MUST_USE int aws_models_shared(const struct aws_models **ret_models, struct chaos_error *err);
