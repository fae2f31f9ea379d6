/* SPDX-License-Identifier: Apache-2.0 */
/* Launch templates. A record has its versions (LaunchTemplateVersion) under "Versions", oldest
 * first. */
#pragma once

#include "cloud/state.h"

/* The template that "LaunchTemplateId" or "LaunchTemplateName" of `names` names; NULL with the
 * fault set. */
json_t *template_named(struct cloud_call *call, const json_t *names);
/* The version that a text means: a number, "$Latest" or "$Default" (also for NULL); NULL for none.
 */
json_t *template_find_version(const json_t *record, const char *version);
/* The same; NULL with the fault set. */
json_t *template_version(struct cloud_call *call, const json_t *record, const char *version);
/* The data of the version that a LaunchTemplate specification ({"LaunchTemplateId" or
 * "LaunchTemplateName", "Version"}) means, borrowed; NULL with the fault set. */
const json_t *template_data(struct cloud_call *call, const json_t *specification);
