/* SPDX-License-Identifier: Apache-2.0 */
/* Where a lab is found: the abstract socket "fracas-lab/UID/NAME" of the host (unix(7)), which is
 * gone with the daemon. */
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#define LAB_NAME_MAX 64

/* Fill in the address of the lab `name` of user `uid`; returns its length. */
static inline socklen_t lab_name_address(const char *name, uid_t uid, struct sockaddr_un *ret_place)
{
    int n;

    memset(ret_place, 0, sizeof(*ret_place));
    ret_place->sun_family = AF_UNIX;
    n = snprintf(ret_place->sun_path + 1, sizeof(ret_place->sun_path) - 1, "fracas-lab/%u/%.*s",
                 (unsigned)uid, LAB_NAME_MAX, name);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}
