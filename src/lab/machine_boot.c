// SPDX-License-Identifier: Apache-2.0
#include "lab/machine_boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fd.h"
#include "base/mem.h"
#include "lab/machine_root.h"

#define SCRIPT   "/var/lib/cloud/instance/scripts/part-001"
#define FINISHED "/var/lib/cloud/instance/boot-finished"

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void console_line(const char *format, ...)
{
    static int64_t begin; /* a process has one console */
    AUTO(str) char *text = NULL;
    AUTO(str) char *line = NULL;
    int64_t elapsed;
    va_list args;

    if (begin == 0)
        begin = now_us();
    elapsed = now_us() - begin;
    va_start(args, format);
    text = mem_vprintf(format, args);
    va_end(args);
    line = mem_printf("[%5d.%06d] %s\n", (int)(elapsed / 1000000), (int)(elapsed % 1000000), text);
    if (write(STDOUT_FILENO, line, strlen(line)) < 0)
        return; /* nobody reads the console: life goes on */
}

void machine_become_child(const struct plan *plan)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    clearenv();
    setenv("HOME", "/root", 1);
    setenv("PATH", MACHINE_PATH, 1);
    for (size_t i = 0; i < plan->environment_count; i++) {
        const char *equals = strchr(plan->environment[i], '=');
        AUTO(str) char *name = NULL;

        if (!equals)
            continue;
        name = mem_strndup(plan->environment[i], (size_t)(equals - plan->environment[i]));
        setenv(name, equals + 1, 1);
    }
}

/* Directories on the way to a file are made as they are missing. */
static void make_way(const char *path)
{
    AUTO(str) char *way = mem_strdup(path);

    for (char *slash = strchr(way + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(way, 0755);
        *slash = '/';
    }
}

static int write_out(const char *path, mode_t mode, const char *text, size_t length,
                     struct chaos_error *err)
{
    AUTO(fd) int fd = -1;

    make_way(path);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0 || fchmod(fd, mode) < 0)
        return chaos_error_set_errno(err, errno, "cannot write '%s'", path);
    if (fd_write_all(fd, text, length, err) < 0)
        return chaos_error_prefix(err, "'%s'", path);
    return 0;
}

/* Run it and wait, and tell the console when it fails. */
static void run(char *const *argv)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        execvp(argv[0], argv);
        console_line("cloud-init: %s: %m", argv[0]);
        _exit(127);
    }
    if (pid < 0) {
        console_line("cloud-init: cannot start %s: %m", argv[0]);
        return;
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status))
        console_line("cloud-init: %s was ended by signal %d", argv[0], WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        console_line("cloud-init: %s exited with %d", argv[0], WEXITSTATUS(status));
}

static void run_script(const struct boot_step *step, struct chaos_error *err)
{
    static char path[] = SCRIPT;
    char *const argv[] = { path, NULL };

    if (write_out(path, 0700, step->text, step->length, err) == 0)
        run(argv);
}

static void take_step(const struct boot_step *step, struct chaos_error *err)
{
    switch (step->kind) {
    case BOOT_SCRIPT:
        run_script(step, err);
        break;
    case BOOT_RUN:
        run(step->argv);
        break;
    case BOOT_WRITE:
        if (write_out(step->path, step->mode, step->text, step->length, err) < 0)
            break;
        break;
    }
}

void machine_run_steps(const struct plan *plan)
{
    AUTO(chaos_error) struct chaos_error last = { 0 };

    machine_become_child(plan);
    for (size_t i = 0; i < plan->step_count; i++) {
        AUTO(chaos_error) struct chaos_error err = { 0 };

        take_step(&plan->steps[i], &err);
        if (err.message)
            console_line("cloud-init: %s", err.message);
    }
    if (write_out(FINISHED, 0644, "", 0, &last) < 0)
        console_line("cloud-init: %s", last.message);
    console_line("cloud-init: finished");
    exit(0);
}
