/* SPDX-License-Identifier: Apache-2.0 */
/* Which user ids a lab has, and which of them its machines get. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "lab/space.h"

/* The ranges of a map of /proc/PID/uid_map, from its text: those ids that exist there at all. The
 * same ids onto themselves are written to `ret_map`; returns how many ids there are from 0 on
 * without a gap. */
uint64_t space_ids_identity(const char *text, struct buffer *ret_map);

/* The ids of machines in a lab that has `count` ids from 0 on: never those of the system's own
 * users, as long as there are others. Only one (count 1): that one. */
struct space_ids space_ids_machine(uint64_t count);
/* Ids that are neither those of the system nor those of machines; as many as a lab may want. */
struct space_ids space_ids_makers(uint64_t count);
