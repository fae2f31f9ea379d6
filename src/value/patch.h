/* SPDX-License-Identifier: Apache-2.0 */
/* Make a live value equal to another one while keeping the identity of what stayed: others hold
 * references into it, as Python code shares its dicts. */
#pragma once

#include "base/auto.h"

/* Change `target` in place so that it equals `wanted` (both objects, or both arrays). Members and
 * items that are equal keep their identity, also when items were inserted or removed around
 * them; nested containers are patched, not replaced, where their kind stays. Key order follows
 * `wanted` for new keys. `wanted` is borrowed; what is taken over from it is copied. */
void value_patch(json_t *target, const json_t *wanted);
/* Make single changes to `target`, an object or a list. `changes` is a list of [path, value], or of
 * [path] for a member that is gone; a path is a list of names and indices. So two who changed
 * different places do not undo each other. What is nowhere is passed over. */
void value_amend(json_t *target, const json_t *changes);
