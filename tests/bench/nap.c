// SPDX-License-Identifier: Apache-2.0
/* Sleep a second, and nothing else: no C library, which takes longer to start than all the rest of
 * a program in the background. What is left to measure is who starts it. */
#include <asm/unistd.h>

static long call(long number, long first, long second)
{
#if defined(__x86_64__)
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second)
                     : "rcx", "r11", "memory");
    return result;
#else
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = first;
    register long x1 __asm__("x1") = second;

    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
    return x0;
#endif
}

void _start(void);
void _start(void)
{
    static const long second[2] = { 1, 0 };

    call(__NR_exit_group, call(__NR_nanosleep, (long)second, 0) != 0, 0);
    __builtin_unreachable();
}
