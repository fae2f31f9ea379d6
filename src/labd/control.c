// SPDX-License-Identifier: Apache-2.0
#include "labd/control.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "value/json.h"

/* Of a request: a command and its environment, or a snapshot. */
#define REQUEST_MAX (64 * 1024 * 1024)
/* A listener that does not read so much is let go. */
#define UNSENT_MAX (4 * 1024 * 1024)

struct control_call {
    struct control *control;
    int fd;
    int fds[3];
    struct buffer in;
    struct buffer out;
    bool has_request;
    bool is_kept;
    bool is_finished;
    control_end end;
    control_line hear;
    void *data;
    struct control_call *next;
};

struct control {
    struct daemon *daemon;
    int listen_fd;
    struct control_call *calls;
};

static void drop(struct control_call *call)
{
    struct control_call **slot = &call->control->calls;

    while (*slot != call)
        slot = &(*slot)->next;
    *slot = call->next;
    if (call->end)
        call->end(call->data);
    loop_remove(call->control->daemon->loop, call->fd);
    close(call->fd);
    for (size_t i = 0; i < ARRAY_SIZE(call->fds); i++) {
        if (call->fds[i] >= 0)
            close(call->fds[i]);
    }
    buffer_clear(&call->in);
    buffer_clear(&call->out);
    free(call);
}

static void flush(struct control_call *call)
{
    while (call->out.length > 0) {
        ssize_t n = send(call->fd, call->out.data, call->out.length, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0)
            break;
        buffer_consume(&call->out, (size_t)n);
    }
    loop_change(call->control->daemon->loop, call->fd,
                EPOLLIN | (call->out.length ? EPOLLOUT : 0U));
}

void control_reply_text(struct control_call *call, const char *line, size_t length)
{
    if (call->out.length + length > UNSENT_MAX && call->is_kept) {
        call->is_finished = true;
        return;
    }
    buffer_add(&call->out, line, length);
    flush(call);
}

void control_reply(struct control_call *call, const json_t *line)
{
    AUTO(str) char *text = json_text(line, JSON_STYLE_LINE);

    buffer_add_text(&call->out, text);
    buffer_add_char(&call->out, '\n');
    flush(call);
}

void control_fail(struct control_call *call, const char *format, ...)
{
    AUTO(json) json_t *line = NULL;
    AUTO(str) char *text = NULL;
    va_list args;

    va_start(args, format);
    text = mem_vprintf(format, args);
    va_end(args);
    line = json_pack("{s:s}", "error", text);
    control_reply(call, line);
}

void control_keep(struct control_call *call, control_end end, void *data)
{
    call->is_kept = true;
    call->end = end;
    call->data = data;
}

void control_finish(struct control_call *call)
{
    call->is_kept = false;
    call->is_finished = true;
    flush(call); /* the loop finds it writable, or done, and closes it */
    loop_change(call->control->daemon->loop, call->fd, EPOLLIN | EPOLLOUT);
}

void control_listen(struct control_call *call, control_line hear)
{
    call->hear = hear;
}

void control_take_fds(struct control_call *call, int fds[3])
{
    memcpy(fds, call->fds, sizeof(call->fds));
    for (size_t i = 0; i < ARRAY_SIZE(call->fds); i++)
        call->fds[i] = -1;
}

static bool is_so(const json_t *item, const char *text)
{
    json_t *tag;
    size_t i;

    if (str_equal(json_text_of(item, "PrivateIpAddress"), text))
        return true;
    json_array_foreach (json_object_get(item, "Tags"), i, tag) {
        const char *key = json_text_of(tag, "Key");

        if ((str_equal(key, "Name") || str_equal(key, "State")) &&
            str_equal(json_text_of(tag, "Value"), text))
            return true;
    }
    return false;
}

static bool is_running(const json_t *item)
{
    return str_equal(json_text_of(json_object_get(item, "State"), "Name"), "running");
}

char *control_find_instance(const struct daemon *daemon, const char *text, struct chaos_error *err)
{
    const char *found = NULL;
    const char *id;
    json_t *record;
    size_t count = 0;

    json_object_foreach (json_walkable(cloud_instances(daemon->cloud)), id, record) {
        const json_t *item = json_object_get(record, "Item");

        if (strcmp(id, text) == 0)
            return mem_strdup(id);
        if (is_running(item) &&
            ((str_starts(text, "i-") && str_starts(id, text)) || is_so(item, text))) {
            found = id;
            count++;
        }
    }
    if (count == 1)
        return mem_strdup(found);
    if (count > 1)
        chaos_error_set(err, CHAOS_E_INVALID,
                        "'%s' fits %zu instances: name one by its id (see chaos lab status)", text,
                        count);
    else
        chaos_error_set(err, CHAOS_E_NOT_FOUND,
                        "no running instance is '%s' by its id, private address, Name or State "
                        "tag (see chaos lab status)",
                        text);
    return NULL;
}

static const char *text_of(const json_t *request, const char *key)
{
    const char *text = json_text_of(request, key);

    return text ? text : "";
}

static void verb_down(struct daemon *daemon, struct control_call *call, const json_t *request)
{
    AUTO(json) json_t *line = json_pack("{s:b}", "down", 1);

    (void)request;
    daemon->is_ending = true;
    control_reply(call, line);
}

static void verb_env(struct daemon *daemon, struct control_call *call, const json_t *request)
{
    const json_t *key = cloud_owner_key(daemon->cloud);
    AUTO(str) char *endpoint = mem_printf("http://127.0.0.1:%u", daemon->port);
    AUTO(json)
    json_t *line =
        json_pack("{s:s, s:O, s:O, s:s, s:s, s:s}", "AWS_ENDPOINT_URL", endpoint,
                  "AWS_ACCESS_KEY_ID", json_object_get(key, "AccessKeyId"), "AWS_SECRET_ACCESS_KEY",
                  json_object_get(key, "SecretAccessKey"), "AWS_DEFAULT_REGION",
                  text_of(daemon->platform, "region"), "AWS_REGION",
                  text_of(daemon->platform, "region"), "AWS_EC2_METADATA_DISABLED", "true");

    (void)request;
    control_reply(call, line);
}

static void send_event(void *data, const char *line, size_t length)
{
    control_reply_text(data, line, length);
}

static void leave_journal(void *data)
{
    struct control_call *call = data;

    lab_journal_leave(call->control->daemon->journal, call);
}

static void verb_events(struct daemon *daemon, struct control_call *call, const json_t *request)
{
    lab_journal_replay(daemon->journal, send_event, call);
    if (json_is_true(json_object_get(request, "follow"))) {
        control_keep(call, leave_journal, call);
        lab_journal_join(daemon->journal, send_event, call);
    }
}

static void verb_logs(struct daemon *daemon, struct control_call *call, const json_t *request)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *id = control_find_instance(daemon, text_of(request, "instance"), &err);
    const struct cloud_host *host = world_host(daemon->world);
    AUTO(str) char *text = id ? host->console(host->data, id) : NULL;
    AUTO(json) json_t *line = NULL;

    if (!id) {
        control_fail(call, "%s", chaos_error_text(&err));
        return;
    }
    line = json_pack("{s:s, s:s%}", "instance", id, "console", text ? text : "",
                     text ? strlen(text) : (size_t)0);
    if (!line) /* it writes what is not UTF-8 */
        control_fail(call, "the console of %s is not UTF-8 text", id);
    else
        control_reply(call, line);
}

static void verb_snapshot(struct daemon *daemon, struct control_call *call, const json_t *request)
{
    AUTO(json) json_t *line = json_pack("{s:o}", "snapshot", cloud_snapshot(daemon->cloud));

    (void)request;
    control_reply(call, line);
}

static void verb_restore(struct daemon *daemon, struct control_call *call, const json_t *request)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *line = json_pack("{s:b}", "restored", 1);

    if (daemon_restore(daemon, json_object_get(request, "snapshot"), &err) < 0)
        control_fail(call, "%s", chaos_error_text(&err));
    else
        control_reply(call, line);
}

static int fail_instance(struct daemon *daemon, const char *what, const char *id,
                         struct chaos_error *err)
{
    AUTO(json) json_t *params = json_pack("{s:[s]}", "InstanceIds", id);
    AUTO(json) json_t *result = NULL;

    if (strcmp(what, "instance") == 0)
        return cloud_do(daemon->cloud, "ec2", "TerminateInstances", params, &result, err);
    return world_set_wire(daemon->world, id, WORLD_WIRE_CUT, err);
}

/* {"do": "fail" or "mend", "what": "instance", "link" or "zone", "target": .., "from": ..} */
static int fail_or_mend(struct daemon *daemon, const json_t *request, struct chaos_error *err)
{
    const char *what = text_of(request, "what");
    const char *target = text_of(request, "target");
    bool mends = strcmp(text_of(request, "do"), "mend") == 0;
    AUTO(str) char *id = NULL;

    if (strcmp(what, "zone") == 0)
        return world_set_zones(daemon->world, target, json_text_of(request, "from"),
                               mends ? WORLD_WIRE_WHOLE : WORLD_WIRE_CUT, err);
    id = control_find_instance(daemon, target, err);
    if (!id)
        return -(int)err->code;
    if (mends)
        return world_set_wire(daemon->world, id, WORLD_WIRE_WHOLE, err);
    return fail_instance(daemon, what, id, err);
}

static void verb_fail(struct daemon *daemon, struct control_call *call, const json_t *request)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *line = json_pack("{s:b}", "done", 1);
    AUTO(json) json_t *event = NULL;
    char now[CLOCK_ISO_SIZE];

    if (fail_or_mend(daemon, request, &err) < 0) {
        control_fail(call, "%s", chaos_error_text(&err));
        return;
    }
    event = json_pack("{s:s, s:s, s:s, s:s}", "time", clock_iso(clock_wall(), now), "event",
                      text_of(request, "do"), "resource", text_of(request, "target"), "what",
                      text_of(request, "what"));
    lab_journal_add(daemon->journal, event);
    control_reply(call, line);
}

static const struct {
    const char *name;
    control_verb run;
} verbs[] = {
    { "down", verb_down },        { "env", verb_env },         { "events", verb_events },
    { "exec", control_exec },     { "fail", verb_fail },       { "logs", verb_logs },
    { "mend", verb_fail },        { "restore", verb_restore }, { "snapshot", verb_snapshot },
    { "status", control_status },
};

static void run_request(struct control_call *call, const json_t *request)
{
    const char *name = text_of(request, "do");

    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        if (strcmp(verbs[i].name, name) == 0) {
            verbs[i].run(call->control->daemon, call, request);
            return;
        }
    }
    control_fail(call, "this lab does not know '%s': it may be of another version", name);
}

static void take_line(struct control_call *call, const char *text, size_t length)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *line = NULL;

    if (json_parse(text, length, &line, &err) < 0) {
        control_fail(call, "the request is not JSON: %s", chaos_error_text(&err));
        return;
    }
    if (!call->has_request) {
        call->has_request = true;
        run_request(call, line);
    } else if (call->hear) {
        call->hear(call->data, line);
    }
}

static void take_lines(struct control_call *call)
{
    char *newline;

    while (call->in.length && (newline = memchr(call->in.data, '\n', call->in.length))) {
        size_t length = (size_t)(newline - call->in.data);
        AUTO(str) char *text = mem_strndup(call->in.data, length);

        buffer_consume(&call->in, length + 1);
        take_line(call, text, length);
    }
}

static void keep_fds(struct control_call *call, struct msghdr *message)
{
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
         header = CMSG_NXTHDR(message, header)) {
        size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        int fds[3];

        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS || n > 3)
            continue;
        memcpy(fds, CMSG_DATA(header), n * sizeof(int));
        for (size_t i = 0; i < n; i++) {
            if (call->fds[i] >= 0)
                close(call->fds[i]);
            call->fds[i] = fds[i];
        }
    }
}

/* false when the other side is through. */
static bool receive(struct control_call *call)
{
    char data[16 * 1024];
    _Alignas(struct cmsghdr) char ancillary[CMSG_SPACE(3 * sizeof(int))];
    struct iovec part = { data, sizeof(data) };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = ancillary,
                              .msg_controllen = sizeof(ancillary) };
    ssize_t n = recvmsg(call->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    keep_fds(call, &message);
    buffer_add(&call->in, data, (size_t)n);
    return call->in.length <= REQUEST_MAX;
}

static void ready(void *data, uint32_t events)
{
    struct control_call *call = data;

    if (events & EPOLLOUT)
        flush(call);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        if (!receive(call)) {
            drop(call);
            return;
        }
        take_lines(call);
    }
    if (call->out.length == 0 && call->has_request && (!call->is_kept || call->is_finished))
        drop(call);
}

static bool is_allowed(int fd)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
        return false;
    /* As this user namespace sees it: the lab's user is who this process is. */
    return peer.uid == getuid();
}

static void accepted(void *data, uint32_t events)
{
    struct control *control = data;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    int fd = accept4(control->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct control_call *call;

    (void)events;
    if (fd < 0)
        return;
    if (!is_allowed(fd)) {
        close(fd);
        return;
    }
    call = mem_zero(1, sizeof(*call));
    *call = (struct control_call){
        .control = control, .fd = fd, .fds = { -1, -1, -1 }, .next = control->calls
    };
    control->calls = call;
    if (loop_add(control->daemon->loop, fd, EPOLLIN, ready, call, &err) < 0)
        drop(call);
}

int control_new(struct daemon *daemon, int listen_fd, struct control **ret_control,
                struct chaos_error *err)
{
    AUTO(control) struct control *control = mem_zero(1, sizeof(*control));

    control->daemon = daemon;
    control->listen_fd = listen_fd;
    /* Again, in this process: the other side learns from the kernel who listens (SO_PEERCRED). */
    if (listen(listen_fd, SOMAXCONN) < 0)
        return chaos_error_set_errno(err, errno, "cannot listen on the lab's socket");
    if (fd_set_nonblocking(listen_fd, err) < 0 ||
        loop_add(daemon->loop, listen_fd, EPOLLIN, accepted, control, err) < 0)
        return -(int)err->code;
    *ret_control = STEAL(control);
    return 0;
}

void control_free(struct control *control)
{
    while (control->calls)
        drop(control->calls);
    loop_remove(control->daemon->loop, control->listen_fd);
    free(control);
}
