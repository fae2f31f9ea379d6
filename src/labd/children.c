// SPDX-License-Identifier: Apache-2.0
#include "labd/children.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/mem.h"

struct children {
    pid_t *expected;
    size_t count;
};

struct children *children_new(void)
{
    return mem_zero(1, sizeof(struct children));
}

void children_free(struct children *children)
{
    free(children->expected);
    free(children);
}

void children_expect(struct children *children, pid_t pid)
{
    children->expected =
        mem_resize(children->expected, (children->count + 1) * sizeof(*children->expected));
    children->expected[children->count++] = pid;
}

void children_forget(struct children *children, pid_t pid)
{
    for (size_t i = 0; i < children->count; i++) {
        if (children->expected[i] == pid)
            children->expected[i] = children->expected[--children->count];
    }
}

static bool is_expected(const struct children *children, pid_t pid)
{
    for (size_t i = 0; i < children->count; i++) {
        if (children->expected[i] == pid)
            return true;
    }
    return false;
}

/* A child that is waited for stands in the way of those behind it until it is collected: its
 * descriptor wakes the loop, so that is soon. */
void children_reap(struct children *children)
{
    siginfo_t info = { 0 };

    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
        if (is_expected(children, info.si_pid))
            return;
        waitpid(info.si_pid, NULL, WNOHANG);
        info.si_pid = 0;
    }
}
