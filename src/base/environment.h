/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the environment of this process while other threads may read it or start children,
 * which setenv(3) does not allow. */
#pragma once

#include <jansson.h>

/* `changes` is an object: name -> its new text, or null to remove it. Names that cannot be one and
 * values of other types are left out. What was there before stays readable, so memory grows by one
 * copy of the table for each call that changes something. */
void environment_change(const json_t *changes);
