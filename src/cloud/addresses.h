/* SPDX-License-Identifier: Apache-2.0 */
/* Elastic IPs, as instances see them. */
#pragma once

#include "cloud/state.h"

/* The instance is gone: its addresses are nobody's. */
void addresses_release_instance(struct cloud *cloud, const json_t *instance);
/* The instance is there again: its addresses lead to it again. */
void addresses_restore_instance(struct cloud *cloud, const json_t *instance);
