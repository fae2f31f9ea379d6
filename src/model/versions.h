/* SPDX-License-Identifier: Apache-2.0 */
/* The versions Fracas claims. Journals, discoveries and `chaos info core` carry those of the
 * Chaos Toolkit it stands in for, since tools that read them compare them; its own follows as a
 * local version label (PEP 440). */
#pragma once

#include "config.h"

#define VERSIONS_COMPATIBLE_CLI "1.21.4"
#define VERSIONS_COMPATIBLE_LIB "1.45.1"

#define VERSIONS_CLI VERSIONS_COMPATIBLE_CLI "+fracas." FRACAS_VERSION
#define VERSIONS_LIB VERSIONS_COMPATIBLE_LIB "+fracas." FRACAS_VERSION
