/* SPDX-License-Identifier: Apache-2.0 */
/* Values of secrets, and how they are kept out of what is written down. Those who act (providers,
 * controls, handlers) get the values as they are; those who write (the log, the write-ahead log,
 * the journal's file, the events file, notifications, reports) write them masked. */
#pragma once

#include "base/mask.h"

/* Learn the values in `resolved` that do not stand in the experiment itself (`declared`): those
 * from the environment, Vault, variable files and controls. From the first on this process leaves
 * no core. A value that is a word of every journal
 * ("succeeded", "process") cannot be hidden without making journals useless: it is not, and the log
 * says so. */
void taint_learn(struct mask *mask, const json_t *declared, const json_t *resolved);

/* A copy of `value` in whose texts, numbers and bytes no secret is left. Keys stay, but for those
 * in an `output`. A new reference, `value` itself where there is nothing to hide; `mask` may be
 * NULL. */
json_t *taint_mask(const struct mask *mask, json_t *value, enum mask_style style);
