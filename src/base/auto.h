/* SPDX-License-Identifier: Apache-2.0 */
/* Scope-bound cleanup and the few macros every file uses. */
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "chaos/error.h"

/* A local that is destroyed when its scope ends: AUTO(str) char *text = NULL; */
#define AUTO(name) __attribute__((cleanup(name##_autop)))

/* Give an owned local away: the local becomes NULL and is no longer destroyed. */
#define STEAL(ptr)                                                                                 \
    ({                                                                                             \
        __typeof__(ptr) stolen_ = (ptr);                                                           \
        (ptr) = NULL;                                                                              \
        stolen_;                                                                                   \
    })

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define MUST_USE          CHAOS_MUST_USE
#define PRINTF(a, b)      CHAOS_PRINTF(a, b)
#define UNUSED            __attribute__((unused))

/* Declare the cleanup of a pointer type with its _free function. */
#define AUTO_FREE(name, type)                                                                      \
    static inline void name##_autop(type **slot)                                                   \
    {                                                                                              \
        if (*slot)                                                                                 \
            name##_free(*slot);                                                                    \
    }

/* Declare the cleanup of a struct in place with its _clear function. */
#define AUTO_CLEAR(name, type)                                                                     \
    static inline void name##_autop(type *slot)                                                    \
    {                                                                                              \
        name##_clear(slot);                                                                        \
    }

static inline void mem_autop(void *slot)
{
    free(*(void **)slot);
}

/* A heap string. */
static inline void str_autop(char **slot)
{
    free(*slot);
}

static inline void json_autop(json_t **slot)
{
    json_decref(*slot);
}

static inline void file_autop(FILE **slot)
{
    if (*slot)
        fclose(*slot);
}

/* A descriptor, -1 while there is none. */
static inline void fd_autop(const int *slot)
{
    if (*slot >= 0)
        close(*slot);
}

AUTO_CLEAR(chaos_error, struct chaos_error)
