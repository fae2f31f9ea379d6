// SPDX-License-Identifier: Apache-2.0
/* A preload library for a clock that jumps: the wall clock is off by as many seconds as the file
 * named by CLOCK_JUMP says, at any time. What counts time and not dates is left alone. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TAKES_OVER __attribute__((visibility("default")))

static time_t offset(void)
{
    const char *path = getenv("CLOCK_JUMP");
    char text[32] = "";
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0)
        return 0;
    (void)!read(fd, text, sizeof(text) - 1);
    close(fd);
    return (time_t)strtoll(text, NULL, 10);
}

TAKES_OVER int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    int (*next)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int r = next(clock, ret_time);

    if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        ret_time->tv_sec += offset();
    return r;
}

TAKES_OVER time_t time(time_t *ret_time)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}
