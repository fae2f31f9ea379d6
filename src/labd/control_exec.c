// SPDX-License-Identifier: Apache-2.0
// Commands in instances and at the client: the descriptors are the caller's, the process is ours,
// and it ends when the caller leaves.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include "base/json_walk.h"
#include "base/mem.h"
#include "labd/children.h"
#include "labd/control.h"

struct running {
    struct daemon *daemon;
    struct control_call *call; /* NULL: the caller has left */
    pid_t pid;
    int pidfd;
};

static void finished(void *data, uint32_t events)
{
    struct running *running = data;
    AUTO(json) json_t *line = NULL;
    int status = 0;
    int code;

    (void)events;
    if (waitpid(running->pid, &status, WNOHANG) != running->pid)
        return;
    code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    loop_remove(running->daemon->loop, running->pidfd);
    children_forget(running->daemon->children, running->pid);
    close(running->pidfd);
    if (running->call) {
        line = json_pack("{s:i}", "exit", code);
        control_keep(running->call, NULL, NULL);
        control_reply(running->call, line);
        control_finish(running->call);
    }
    free(running);
}

/* The process leads a session of its own: the whole group is meant. */
static void signal_all(const struct running *running, int number)
{
    if (kill(-running->pid, number) < 0)
        kill(running->pid, number);
}

static void caller_left(void *data)
{
    struct running *running = data;

    running->call = NULL;
    signal_all(running, SIGHUP);
    signal_all(running, SIGCONT);
}

static void hear(void *data, const json_t *line)
{
    const struct running *running = data;
    const json_t *number = json_object_get(line, "signal");

    if (json_is_integer(number) && json_integer_value(number) > 0 &&
        json_integer_value(number) < SIGRTMAX)
        signal_all(running, (int)json_integer_value(number));
}

/* The texts of a list, NULL-terminated; the array is owned, the texts are borrowed. */
static const char **texts_of(const json_t *list, const char *const *also)
{
    size_t n_also = 0;
    size_t n = 0;
    const char **texts;
    json_t *item;
    size_t i;

    while (also && also[n_also])
        n_also++;
    texts = mem_zero(json_array_size(list) + n_also + 1, sizeof(*texts));
    json_array_foreach (list, i, item) {
        if (json_is_string(item))
            texts[n++] = json_string_value(item);
    }
    for (i = 0; i < n_also; i++)
        texts[n++] = also[i];
    return texts;
}

static int start(struct daemon *daemon, const char *id, const struct machine_exec *exec,
                 struct running *running, struct chaos_error *err)
{
    struct machine *machine;

    if (!id)
        return machine_exec_client(world_space(daemon->world), exec, &running->pid, &running->pidfd,
                                   err);
    machine = world_machine(daemon->world, id);
    if (!machine)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "instance %s is not running", id);
    return machine_exec(machine, exec, &running->pid, &running->pidfd, err);
}

static int prepare(struct daemon *daemon, const json_t *request, char **ret_id,
                   struct chaos_error *err)
{
    const char *on = json_text_of(request, "on");

    if (!json_array_size(json_object_get(request, "argv")))
        return chaos_error_set(err, CHAOS_E_INVALID, "no command is given");
    if (!on || strcmp(on, "client") == 0)
        return 0;
    *ret_id = control_find_instance(daemon, on, err);
    return *ret_id ? 0 : -(int)err->code;
}

void control_exec(struct daemon *daemon, struct control_call *call, const json_t *request)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *id = NULL;
    AUTO(mem) const char **argv = texts_of(json_object_get(request, "argv"), NULL);
    AUTO(mem) const char **environment = NULL;
    AUTO(mem) struct running *running = mem_zero(1, sizeof(*running));
    struct machine_exec exec = { 0 };
    AUTO(json) json_t *line = NULL;
    int r;

    control_take_fds(call, exec.fds);
    r = prepare(daemon, request, &id, &err);
    environment =
        texts_of(json_object_get(request, "env"), id ? world_environment(daemon->world) : NULL);
    exec.argv = (char *const *)(uintptr_t)argv;
    exec.environment = environment;
    exec.cwd = json_text_of(request, "cwd");
    running->daemon = daemon;
    running->call = call;
    if (r == 0 && exec.fds[2] < 0)
        r = chaos_error_set(&err, CHAOS_E_INVALID, "three descriptors must come with the request");
    if (r == 0)
        r = start(daemon, id, &exec, running, &err);
    for (size_t i = 0; i < ARRAY_SIZE(exec.fds); i++) {
        if (exec.fds[i] >= 0)
            close(exec.fds[i]);
    }
    if (r < 0) {
        control_fail(call, "%s", chaos_error_text(&err));
        return;
    }
    children_expect(daemon->children, running->pid);
    line = json_pack("{s:i}", "started", (int)running->pid);
    control_reply(call, line);
    control_keep(call, caller_left, running);
    control_listen(call, hear);
    r = loop_add(daemon->loop, running->pidfd, EPOLLIN, finished, running, &err);
    if (r < 0)
        control_fail(call, "%s", chaos_error_text(&err));
    STEAL(running);
}
