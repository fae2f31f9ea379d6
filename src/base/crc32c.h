/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32C (Castagnoli; RFC 3720, appendix B.4): finds every error of up to 32 bits in a row. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The checksum of `length` bytes. */
uint32_t crc32c(const void *data, size_t length);
