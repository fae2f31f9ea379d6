/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Whether Python's repr() shows the character as it is (str.isprintable(), Unicode 14 as Python
 * 3.11 has it) rather than as an escape. */
bool printable(uint32_t point);
