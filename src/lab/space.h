/* SPDX-License-Identifier: Apache-2.0 */
/* The lab's piece of the kernel: a process in user, network, mount, pid, UTS and IPC namespaces of
 * its own, under which all else of the lab lives. When it dies, by whatever means, the kernel ends
 * every process under it and removes every interface, rule and mount: nothing is on the host that
 * would have to be removed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/auto.h"

/* The ids of a user namespace: `count` of them from 0 on are `first` on in the one outside. */
struct space_ids {
    uint32_t first;
    uint32_t count;
};

/* What the first process of a lab finds; borrowed by `run`, valid until it returns. */
struct space {
    /* A tmpfs that only the lab sees. `work_fd` is its directory. */
    const char *work;
    int work_fd;
    /* What machines start from: the host's root file system without the places of its users and
     * its state, recursively read-only. A path under `work`. */
    const char *root;
    /* Namespaces of the client: a network of its own, and the host's mounts as they are. */
    int client_net_fd;
    int client_mount_fd;
    /* How machines map their ids: never to those that own the host's files, but where there is
     * only one to map (`is_rootless`). */
    struct space_ids machine_ids;
    /* Ids that are nobody's, each for the making of a machine; none (count 0) in a rootless lab. */
    struct space_ids maker_ids;
    bool is_rootless;
    uint32_t machines_begun; /* counted by machine.c */
    int init_fd;             /* of chaos-machine-init */
    /* Those of the options; machines find share i under `work` as "shares/i". */
    const struct space_share *shares;
    size_t share_count;
};

/* A directory of the host that machines see, read-only, wherever it lies and whoever may enter it
 * there. */
struct space_share {
    const char *path;   /* of the host, absolute */
    const char *target; /* in machines: under "/run/fracas/", "/run/fracas/bin" */
};

#define SPACE_SHARES_MAX 16

struct space_options {
    /* Called as PID 1 of the new tree, its return value being its exit status. Descriptors that the
     * caller has are inherited: sockets that it listens on stay in the network of the host. */
    int (*run)(struct space *space, void *data);
    void *data;
    const char *init_path;            /* of chaos-machine-init */
    const struct space_share *shares; /* at most SPACE_SHARES_MAX */
    size_t share_count;
};

/* Make the tree and return, in the caller, when its first process has set everything up and is
 * about to call `run`: `ret_pidfd` is it, and `ret_pid` its id where the caller is. The caller may
 * have no other threads. -CHAOS_E_UNSUPPORTED, with what to do about it, where namespaces are not
 * allowed. */
MUST_USE int space_create(const struct space_options *options, pid_t *ret_pid, int *ret_pidfd,
                          struct chaos_error *err);
