// SPDX-License-Identifier: Apache-2.0
#include "engine/machine.h"

#include <sys/utsname.h>

#if defined(__GLIBC__)
#include <gnu/libc-version.h>
#endif

#include "base/mem.h"

char *machine_platform(void)
{
    struct utsname name;

    if (uname(&name) < 0)
        return mem_strdup("unknown");
#if defined(__GLIBC__)
    return mem_printf("%s-%s-%s-with-glibc%s", name.sysname, name.release, name.machine,
                      gnu_get_libc_version());
#else
    return mem_printf("%s-%s-%s", name.sysname, name.release, name.machine);
#endif
}

char *machine_node(void)
{
    struct utsname name;

    return mem_strdup(uname(&name) < 0 ? "" : name.nodename);
}
