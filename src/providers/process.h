/* SPDX-License-Identifier: Apache-2.0 */
/* The process provider: a program, its arguments, its output (contract 1.6). */
#pragma once

#include "engine/provider.h"

struct provider process_provider(void);
