// SPDX-License-Identifier: Apache-2.0
#include "tests/support/script.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include "base/mem.h"

#define ARGUMENTS_MAX 8

struct script script_start(const char *name, const char *const *arguments)
{
    AUTO(str) char *path = mem_printf("%s/tests/support/%s", getenv("FRACAS_SOURCE_DIR"), name);
    char *argv[ARGUMENTS_MAX] = { (char[]){ "python3" }, path };
    struct script script = { 0 };
    posix_spawn_file_actions_t actions;
    char line[32] = "";
    int in[2];
    int out[2];

    for (size_t i = 0; arguments && arguments[i]; i++)
        argv[i + 2] = (char *)(uintptr_t)arguments[i];
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        abort();
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    if (posix_spawnp(&script.pid, argv[0], &actions, NULL, argv, environ) != 0)
        abort();
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    script.input = in[1];
    /* To the newline: Python may write that by itself, and must not find the pipe closed. */
    while (!strchr(line, '\n')) {
        size_t length = strlen(line);

        if (length + 1 == sizeof(line) || read(out[0], line + length, 1) <= 0)
            abort();
    }
    close(out[0]);
    script.port = (int)strtol(line, NULL, 10);
    return script;
}

void script_stop(struct script *script)
{
    close(script->input);
    waitpid(script->pid, NULL, 0);
}

int script_run(const char *const *argv)
{
    posix_spawn_file_actions_t actions;
    int status = -1;
    pid_t pid;
    int r;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    r = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (r != 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}
