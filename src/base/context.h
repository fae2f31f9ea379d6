/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the context that a native function is called with (chaos/extension.h). */
#pragma once

#include "base/cancel.h"
#include "chaos/extension.h"

/* Lives on the caller's stack for one call; what it points to is borrowed. */
struct chaos_context {
    const struct cancel *cancel; /* may be NULL: nobody can cancel */
    const char *activity;        /* its name, for the log; may be NULL */
    uint64_t seed;               /* of what is chosen at random; 0: that of the process */
    uint64_t drew;               /* set to the seed once something was chosen */
    char *effect;                /* owned; what chaos_tell_effect() told; NULL: nothing */
};
