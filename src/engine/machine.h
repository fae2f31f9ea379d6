/* SPDX-License-Identifier: Apache-2.0 */
/* What the journal says of the machine. */
#pragma once

/* As Python's platform.platform(): Linux-6.1.0-amd64-x86_64-with-glibc2.36. Owned. */
char *machine_platform(void);
/* The host name. Owned. */
char *machine_node(void);
