/* SPDX-License-Identifier: Apache-2.0 */
/* Machines: trees of real processes in namespaces of their own, nested in those of the lab. To be
 * called by the first process of the lab (space.h), from one thread. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/auto.h"
#include "base/str.h"
#include "lab/boot.h"
#include "lab/cidr.h"
#include "lab/link.h"
#include "lab/space.h"
#include "lab/volume.h"

struct machine_limits {
    uint64_t processes;  /* of each user, and together where ids allow; 0: 512 */
    uint64_t disk_bytes; /* of /var, /tmp, /etc and root's home together; 0: 64 MiB */
    uint64_t run_bytes;  /* of /run, and of /dev/shm; 0: 16 MiB each */
    uint64_t open_files; /* of each process; 0: 4096 */
};

struct machine_spec {
    const char *id;            /* "i-0123456789abcdef0" */
    const char *link;          /* unique for ever: link.h */
    const char *hostname;      /* "ip-10-0-1-11" */
    struct cidr address;       /* with the prefix of its subnet */
    struct in_addr gateway;    /* of its subnet */
    const struct cidr *routes; /* by way of the gateway; there is no default route */
    size_t route_count;
    const char *const *environment; /* "NAME=value", NULL-terminated; HOME and PATH are set when
                                       not among them */
    const struct boot_step *steps;  /* what runs once it is up: boot.h */
    size_t step_count;
    struct volume *disk; /* NULL: one of its own that goes with it */
    struct machine_limits limits;
};

/* The end of a machine. */
enum machine_end {
    MACHINE_RUNNING,
    MACHINE_OFF,    /* it was shut down, by the daemon or from inside */
    MACHINE_REBOOT, /* it wants to be started again */
    MACHINE_KILLED, /* power cut, or its first process was killed */
    MACHINE_FAILED, /* it could not be set up: the console says why */
};

/* How much of a console is kept; the oldest goes first. As EC2's GetConsoleOutput. */
#define MACHINE_CONSOLE_SIZE (64 * 1024)

struct machine {
    pid_t pid;             /* of its first process, as the daemon sees it */
    int pidfd;             /* readable when it has ended */
    int ready_fd;          /* until it is known whether it came up; then -1 */
    int console_fd;        /* readable when there is more; -1 after its end */
    struct buffer console; /* the last MACHINE_CONSOLE_SIZE bytes */
    enum machine_end end;
    bool is_up;                   /* once somebody has asked, by ready_fd */
    uint32_t number;              /* which of the lab's it is, from 0 on */
    struct machine_limits limits; /* as they are, nothing being 0 */
    struct link_port port;
    char link[LINK_NAME_SIZE];
};

/* Begin its life: on return its wire is plugged in and its first process under way, which sets the
 * machine up and takes the boot steps on its own. The spec is not needed any longer. Milliseconds.
 */
MUST_USE int machine_start(struct space *space, struct link_router *router,
                           const struct machine_spec *spec, struct machine **ret_machine,
                           struct chaos_error *err);
/* Kills what still runs, and forgets it. */
void machine_free(struct machine *machine);
AUTO_FREE(machine, struct machine)

/* A power cut: the wire goes dark, then every process ends at once, and is reaped. */
void machine_kill(struct link_router *router, struct machine *machine);
/* The power button: its first process ends the others in order, then itself: `pidfd` tells when.
 * The caller cuts the power when that takes too long. */
void machine_shutdown(struct machine *machine);
/* Ctrl-Alt-Del: as machine_shutdown(), but ends as MACHINE_REBOOT. */
void machine_reboot(struct machine *machine);
/* When `pidfd` is readable: collect the process and tell how it ended. */
enum machine_end machine_reap(struct machine *machine);
/* When `console_fd` is readable: take what is there, at most `limit` bytes, into `console`; returns
 * how many came, which are the last ones in it. */
size_t machine_console_read(struct machine *machine, size_t limit);

/* A command inside of a machine or of the client. What enters a machine waits until it is set up,
 * which takes milliseconds, and is refused when that failed. */
struct machine_exec {
    char *const *argv;              /* argv[0] is looked up in PATH of `environment` */
    const char *const *environment; /* all of it, NULL-terminated */
    const char *cwd;                /* NULL: the home directory in a machine, else "/" */
    int fds[3];                     /* 0, 1 and 2 of the command; borrowed, closed in no case */
};

/* Run it in a session of its own. It is a child of the caller, to be waited for by `ret_pid` or
 * `ret_pidfd` (owned); until it has been collected, its machine does not end. What cannot be
 * executed exits with 127, or 126, after a line on its standard error. */
MUST_USE int machine_exec(struct machine *machine, const struct machine_exec *exec, pid_t *ret_pid,
                          int *ret_pidfd, struct chaos_error *err);
/* The same at the client: the host's files, with the rights of whoever started the lab, and the
 * client's network. */
MUST_USE int machine_exec_client(const struct space *space, const struct machine_exec *exec,
                                 pid_t *ret_pid, int *ret_pidfd, struct chaos_error *err);

/* Attach a volume as "/dev/sdf": its files are in /volumes/sdf, and so says the link /dev/sdf. */
MUST_USE int machine_attach_volume(struct machine *machine, const struct volume *volume,
                                   const char *device, struct chaos_error *err);
/* -CHAOS_E_IO while it is in use, but for DETACH_FORCE, which pulls it out from under its users. */
enum machine_detach {
    DETACH_UNUSED,
    DETACH_FORCE
};
MUST_USE int machine_detach_volume(struct machine *machine, const char *device,
                                   enum machine_detach how, struct chaos_error *err);
