// SPDX-License-Identifier: Apache-2.0
#include "cloud/templates.h"

const json_t *template_data(struct cloud_call *call, const json_t *specification)
{
    return cloud_unknown(call, CLOUD_TEMPLATE, json_text_of(specification, "LaunchTemplateId"));
}
