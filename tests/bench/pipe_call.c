// SPDX-License-Identifier: Apache-2.0
/* The yardstick for calls of Python functions: pipe_call PYTHON COUNT starts the interpreter, sends
 * it COUNT calls as lines of JSON, each after the answer to the last, and prints the median and the
 * 99th percentile of what a call took, in milliseconds. */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char program[] = "import json, sys\n"
                              "def add(left, right=2): return left + right\n"
                              "for line in sys.stdin.buffer:\n"
                              "    answer = json.dumps(add(**json.loads(line)))\n"
                              "    sys.stdout.buffer.write(answer.encode() + b'\\n')\n"
                              "    sys.stdout.buffer.flush()\n";

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a;
    int64_t other = *(const int64_t *)b;

    return one < other ? -1 : one > other;
}

static pid_t start(char *python, int *ret_in, int *ret_out)
{
    char flag[] = "-c";
    char *text = strdup(program);
    char *argv[] = { python, flag, text, NULL };
    posix_spawn_file_actions_t actions;
    int in[2];
    int out[2];
    pid_t pid;

    if (!text || pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        fail("pipe_call");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    if (posix_spawnp(&pid, python, &actions, NULL, argv, environ) != 0)
        fail(python);
    posix_spawn_file_actions_destroy(&actions);
    free(text);
    close(in[0]);
    close(out[1]);
    *ret_in = in[1];
    *ret_out = out[0];
    return pid;
}

static int64_t call_once(int in, int out)
{
    static const char call[] = "{\"left\": 1}\n";
    const ssize_t length = sizeof(call) - 1;
    int64_t began = now_ns();
    char answer[16];

    if (write(in, call, (size_t)length) != length || read(out, answer, sizeof(answer)) != 2)
        fail("pipe_call: the interpreter");
    return now_ns() - began;
}

int main(int argc, char **argv)
{
    size_t count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    int64_t *times = calloc(count + 1, sizeof(*times));
    int in;
    int out;
    pid_t pid;

    if (!count || !times) {
        fprintf(stderr, "usage: pipe_call PYTHON COUNT\n");
        return 2;
    }
    pid = start(argv[1], &in, &out);
    (void)call_once(in, out); /* the interpreter starts */
    for (size_t i = 0; i < count; i++)
        times[i] = call_once(in, out);
    close(in);
    waitpid(pid, NULL, 0);
    qsort(times, count, sizeof(*times), compare);
    printf("a call: median %.3f ms, p99 %.3f ms\n", (double)times[count / 2] / 1e6,
           (double)times[count * 99 / 100] / 1e6);
    free(times);
    return 0;
}
