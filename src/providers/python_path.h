/* SPDX-License-Identifier: Apache-2.0 */
/* Which Python, and where our code for it is. */
#pragma once

#include "base/auto.h"

/* The interpreter: `given` (--python), else $CHAOS_PYTHON, $VIRTUAL_ENV/bin/python, and python3
 * on PATH; owned. */
char *python_interpreter(const char *given);
/* The script of the worker: under `given`, else $FRACAS_PYTHON_DIR, else ../share/fracas/python
 * beside the program, where it was installed, or the source tree; owned. */
MUST_USE int python_worker_script(const char *given, char **ret_path, struct chaos_error *err);
