/* SPDX-License-Identifier: Apache-2.0 */
/* Launch templates, as launches see them. */
#pragma once

#include "cloud/state.h"

/* The data of the version that a LaunchTemplate specification ({"LaunchTemplateId" or
 * "LaunchTemplateName", "Version"}) means, borrowed; NULL with the fault set. */
const json_t *template_data(struct cloud_call *call, const json_t *specification);
