// SPDX-License-Identifier: Apache-2.0
#include "base/mem.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *checked(void *ptr)
{
    static const char text[] = "chaos: out of memory\n";

    if (!ptr) {
        (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
        abort();
    }
    return ptr;
}

void *mem_alloc(size_t size)
{
    return checked(malloc(size ? size : 1));
}

void *mem_zero(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1));
}

void *mem_resize(void *old, size_t size)
{
    return checked(realloc(old, size ? size : 1));
}

void *mem_dup(const void *data, size_t size)
{
    void *copy = mem_alloc(size);

    if (size)
        memcpy(copy, data, size);
    return copy;
}

char *mem_strdup(const char *text)
{
    return text ? mem_dup(text, strlen(text) + 1) : NULL;
}

char *mem_strndup(const char *text, size_t length)
{
    char *copy = mem_alloc(length + 1);

    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *mem_printf(const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = mem_vprintf(format, args);
    va_end(args);
    return text;
}

char *mem_vprintf(const char *format, va_list args)
{
    char *text = NULL;

    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    return checked(text);
}

#define HUGE_PAGE ((uintptr_t)2 * 1024 * 1024)
/* More than the heap keeps in reserve, so that it grows. */
#define PROBE_SIZE ((size_t)160 * 1024)
#define PAGE       ((uintptr_t)4096)

void mem_expect(size_t bytes)
{
    uintptr_t before = (uintptr_t)sbrk(0);
    /* A page that was written to before is not made part of a huge one: the probe lies below. */
    uintptr_t start = (before + PROBE_SIZE + PAGE + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);

    mallopt(M_TRIM_THRESHOLD, INT32_MAX);
    mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024); /* the most that there may be */
    mallopt(M_TOP_PAD, bytes < (size_t)1 << 30 ? (int)bytes : 1 << 30);
    (void)!sbrk((intptr_t)(start - PROBE_SIZE - PAGE - before)); /* left out, not used up */
    free(mem_alloc(PROBE_SIZE));
    if ((uintptr_t)sbrk(0) > start)
        (void)!madvise((void *)start, (uintptr_t)sbrk(0) - start, MADV_HUGEPAGE);
}
