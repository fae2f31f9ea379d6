/* SPDX-License-Identifier: Apache-2.0 */
/* What a machine does at boot, from its user data: a script ("#!"), or the part of "#cloud-config"
 * that most use: bootcmd, write_files, runcmd. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/auto.h"

enum boot_kind {
    BOOT_SCRIPT, /* a text that begins with "#!", executed from a file */
    BOOT_RUN,    /* a command: argv */
    BOOT_WRITE,  /* a file: path, mode, text */
};

/* One step; they run one after the other and the next one runs even when one fails. */
struct boot_step {
    enum boot_kind kind;
    char *text; /* of the script or the file: `length` bytes */
    size_t length;
    char **argv; /* NULL-terminated */
    char *path;
    mode_t mode;
};

void boot_step_clear(struct boot_step *step);

struct boot {
    struct boot_step *steps;
    size_t count;
};

/* User data longer than that is refused, as in EC2 (16 KiB before its base64). */
#define BOOT_USER_DATA_MAX (16 * 1024)

/* The steps of a user data text, `length` bytes, which may be empty. What is neither a script nor a
 * cloud-config has none, like on EC2's images: `ret_note` then, or when keys are not supported, is
 * a line for the console (owned; else NULL). -CHAOS_E_INVALID names the key of what is wrong in a
 * cloud-config, or the line where it is not YAML. */
MUST_USE int boot_parse(const char *text, size_t length, struct boot *ret_boot, char **ret_note,
                        struct chaos_error *err);
void boot_clear(struct boot *boot);
AUTO_CLEAR(boot, struct boot)
