/* SPDX-License-Identifier: Apache-2.0 */
/* What the lab and the first process of a machine agree on. */
#pragma once

/* Where machines find the program itself: a share of every lab. */
#define MACHINE_INIT_NAME "chaos-machine-init"
#define MACHINE_INIT_PATH "/run/fracas/init/" MACHINE_INIT_NAME

/* Exit statuses of the first process where it is not ended by reboot(2). */
#define MACHINE_EXIT_REBOOT 71
#define MACHINE_EXIT_FAILED 70

#define MACHINE_OOM_SCORE "500"
