/* SPDX-License-Identifier: Apache-2.0 */
/* Small allocations, which end the process with a line on stderr when there is no memory left.
 * What outside input sizes is checked against a limit before it comes here. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/auto.h"

void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
/* `count` zeroed items of `size` bytes. */
void *mem_zero(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull, alloc_size(1, 2)));
void *mem_resize(void *old, size_t size) __attribute__((returns_nonnull));
void *mem_dup(const void *data, size_t size) __attribute__((malloc, returns_nonnull));

/* A copy of `text`, or NULL for NULL. */
char *mem_strdup(const char *text);
char *mem_strndup(const char *text, size_t length) __attribute__((malloc, returns_nonnull));
char *mem_printf(const char *format, ...) PRINTF(1, 2) __attribute__((malloc, returns_nonnull));
char *mem_vprintf(const char *format, va_list args) PRINTF(1, 0)
    __attribute__((malloc, returns_nonnull));

/* Tell that about `bytes` of small allocations are to come: they are then taken from the system at
 * once and, where it has them, in huge pages, which spares most of the page faults. */
void mem_expect(size_t bytes);
