// SPDX-License-Identifier: Apache-2.0
#include "labctl/lab_client.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "config.h"
#include "labctl/lab_name.h"
#include "value/json.h"

#define DEFAULT_NAME "lab"
/* An answer: the state of a large lab. */
#define LINE_MAX_BYTES (256 * 1024 * 1024)
/* /proc/net/unix of a busy host. */
#define SOCKETS_MAX (64 * 1024 * 1024)
#define READY_MAX   (1024 * 1024)

json_t *lab_list(void)
{
    AUTO(str) char *prefix = mem_printf(" @fracas-lab/%u/", (unsigned)getuid());
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *names = json_object();
    json_t *list = json_array();
    const char *name;
    json_t *value;
    char *place;

    if (file_read("/proc/net/unix", &text, SOCKETS_MAX, &err) < 0 || !text.data)
        return list;
    for (place = strstr(text.data, prefix); place; place = strstr(place, prefix)) {
        AUTO(str) char *found = NULL;

        place += strlen(prefix);
        found = mem_strndup(place, strcspn(place, "\n"));
        json_object_set_new(names, found, json_true());
    }
    json_object_foreach (names, name, value)
        json_array_append_new(list, json_string(name));
    return list;
}

char *lab_name(const char *name)
{
    AUTO(json) json_t *labs = name ? NULL : lab_list();

    if (name)
        return mem_strdup(name);
    if (json_array_size(labs) == 1)
        return mem_strdup(json_string_value(json_array_get(labs, 0)));
    return mem_strdup(DEFAULT_NAME);
}

static int refuse_to_choose(const json_t *labs, struct chaos_error *err)
{
    AUTO(buffer) struct buffer names = { 0 };
    json_t *name;
    size_t i;

    json_array_foreach (labs, i, name)
        buffer_printf(&names, "%s%s", i ? ", " : "", json_string_value(name));
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "several labs are up: name one of them (--name): %s",
                           buffer_text(&names));
}

int lab_connect(const char *name, int *ret_fd, struct chaos_error *err)
{
    AUTO(json) json_t *labs = name ? NULL : lab_list();
    AUTO(str) char *meant = lab_name(name);
    AUTO(fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un place;
    socklen_t length = lab_name_address(meant, getuid(), &place);

    if (json_array_size(labs) > 1)
        return refuse_to_choose(labs, err);
    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot create a socket");
    if (connect(fd, (const struct sockaddr *)(const void *)&place, length) < 0) {
        if (errno == ECONNREFUSED || errno == ENOENT)
            return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                                   "no lab named '%s' is up: start one with chaos lab up", meant);
        return chaos_error_set_errno(err, errno, "cannot reach the lab '%s'", meant);
    }
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int lab_send(int fd, const json_t *request, enum lab_fds fds, struct chaos_error *err)
{
    AUTO(str) char *text = json_text(request, JSON_STYLE_LINE);
    AUTO(str) char *line = mem_printf("%s\n", text);
    _Alignas(struct cmsghdr) char ancillary[CMSG_SPACE(3 * sizeof(int))] = { 0 };
    const int standard[3] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
    struct iovec part = { line, strlen(line) };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    ssize_t n;

    if (fds == LAB_STANDARD_FDS) {
        struct cmsghdr *header;

        message.msg_control = ancillary;
        message.msg_controllen = sizeof(ancillary);
        header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(standard));
        memcpy(CMSG_DATA(header), standard, sizeof(standard));
    }
    n = sendmsg(fd, &message, MSG_NOSIGNAL);
    if (n < 0)
        return chaos_error_set_errno(err, errno, "cannot send to the lab");
    if ((size_t)n < part.iov_len)
        return fd_write_all(fd, line + n, part.iov_len - (size_t)n, err);
    return 0;
}

static int take_line(struct buffer *rest, size_t length, json_t **ret_line, struct chaos_error *err)
{
    AUTO(json) json_t *line = NULL;
    const char *refused;
    int r = json_parse(rest->data, length, &line, err);

    buffer_consume(rest, length + 1);
    if (r < 0)
        return chaos_error_prefix(err, "the lab's answer");
    refused = json_text_of(line, "error");
    if (refused)
        return chaos_error_set(err, CHAOS_E_REMOTE, "%s", refused);
    *ret_line = STEAL(line);
    return 0;
}

int lab_receive(int fd, struct buffer *rest, json_t **ret_line, struct chaos_error *err)
{
    *ret_line = NULL;
    for (;;) {
        const char *newline = rest->length ? memchr(rest->data, '\n', rest->length) : NULL;
        ssize_t n;

        if (newline)
            return take_line(rest, (size_t)(newline - rest->data), ret_line, err);
        if (rest->length > LINE_MAX_BYTES)
            return chaos_error_set(err, CHAOS_E_LIMIT, "the lab's answer is too long");
        n = read(fd, buffer_reserve(rest, 64 * 1024), 64 * 1024);
        if (n > 0)
            buffer_added(rest, (size_t)n);
        else if (n == 0)
            return 0;
        else
            return chaos_error_set_errno(err, errno, "cannot hear the lab");
    }
}

int lab_ask(const char *name, const json_t *request, json_t **ret_line, struct chaos_error *err)
{
    AUTO(buffer) struct buffer rest = { 0 };
    AUTO(fd) int fd = -1;
    int r;

    if (lab_connect(name, &fd, err) < 0 || lab_send(fd, request, LAB_NO_FDS, err) < 0)
        return -(int)err->code;
    r = lab_receive(fd, &rest, ret_line, err);
    if (r == 0 && !*ret_line)
        return chaos_error_set(err, CHAOS_E_REMOTE, "the lab ended without an answer");
    return r;
}

int lab_ask_all(const char *name, const json_t *request, lab_visit visit, void *data,
                struct chaos_error *err)
{
    AUTO(buffer) struct buffer rest = { 0 };
    AUTO(fd) int fd = -1;

    if (lab_connect(name, &fd, err) < 0 || lab_send(fd, request, LAB_NO_FDS, err) < 0)
        return -(int)err->code;
    for (;;) {
        AUTO(json) json_t *line = NULL;
        int r = lab_receive(fd, &rest, &line, err);

        if (r < 0)
            return r;
        if (!line || !visit(data, line))
            return 0;
    }
}

/* The daemon at the other end as a pidfd, -1 for none. */
static int peer_pidfd(int fd)
{
    struct ucred peer = { 0 };
    socklen_t length = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 || peer.pid <= 0)
        return -1;
    return (int)syscall(SYS_pidfd_open, peer.pid, 0);
}

/* Longer than any end takes: a lab of 500 instances needs a second or two. */
#define END_MAX_MS 60000

int lab_end(const char *name, struct chaos_error *err)
{
    AUTO(json) json_t *request = json_pack("{s:s}", "do", "down");
    AUTO(fd) int fd = -1;
    AUTO(fd) int pidfd = -1;
    struct pollfd end = { .events = POLLIN };

    if (lab_connect(name, &fd, err) < 0)
        return -(int)err->code;
    pidfd = peer_pidfd(fd);
    if (lab_send(fd, request, LAB_NO_FDS, err) < 0)
        return -(int)err->code;
    end.fd = pidfd;
    if (pidfd >= 0 && poll(&end, 1, END_MAX_MS) == 0)
        return chaos_error_set(err, CHAOS_E_TIMEOUT, "the lab does not end");
    return 0;
}

/* Beside this program (a build folder), or where it is installed; owned. */
static char *daemon_path(void)
{
    char own[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
    char *beside;

    own[n > 0 ? n : 0] = '\0';
    beside = mem_printf("%s/chaos-lab", dirname(own));
    if (access(beside, X_OK) == 0)
        return beside;
    free(beside);
    return mem_strdup(FRACAS_LIBEXEC_DIR "/chaos-lab");
}

#define READY_FD 3

/* In the child: nothing but the two pipes, in a session of its own. */
static void become_daemon(const struct lab_start *start, int platform_fd, int ready_fd)
{
    AUTO(str) char *path = daemon_path();
    AUTO(str) char *port = mem_printf("%u", start->port);
    int null = open("/dev/null", O_RDWR);
    int ready = fcntl(ready_fd, F_DUPFD, 10);

    setsid();
    dup2(platform_fd, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (!start->is_watched)
        dup2(null, STDERR_FILENO);
    dup2(ready, READY_FD);
    close_range(READY_FD + 1, ~0U, 0);
    execl(path, "chaos-lab", start->name, port, NULL);
    dprintf(READY_FD, "{\"error\": \"cannot run '%s'\"}", path);
    _exit(127);
}

static int make_pipe(int ends[2], struct chaos_error *err)
{
    return pipe2(ends, O_CLOEXEC) < 0 ? chaos_error_set_errno(err, errno, "cannot make a pipe") : 0;
}

static int hear_ready(int fd, char **ret_endpoint, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(json) json_t *line = NULL;

    if (fd_read_all(fd, &text, READY_MAX, err) < 0)
        return -(int)err->code;
    if (text.length == 0 || json_parse(text.data, text.length, &line, err) < 0) {
        chaos_error_clear(err);
        return chaos_error_set(err, CHAOS_E_REMOTE, "the lab's daemon ended before it was ready");
    }
    if (json_text_of(line, "error"))
        return chaos_error_set(err, CHAOS_E_REMOTE, "%s", json_text_of(line, "error"));
    *ret_endpoint = mem_strdup(json_text_of(line, "endpoint"));
    return 0;
}

int lab_start(const struct lab_start *start, char **ret_endpoint, struct chaos_error *err)
{
    AUTO(str) char *text = json_text(start->platform, JSON_STYLE_LINE);
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    struct chaos_error ignored = { 0 };
    int platform[2];
    int ready[2];
    pid_t pid;
    int r;

    if (strlen(start->name) > LAB_NAME_MAX)
        return chaos_error_set(err, CHAOS_E_INVALID, "a lab's name has at most %d characters",
                               LAB_NAME_MAX);
    if (make_pipe(platform, err) < 0 || make_pipe(ready, err) < 0)
        return -(int)err->code;
    pid = fork();
    if (pid == 0)
        become_daemon(start, platform[0], ready[1]);
    close(platform[0]);
    close(ready[1]);
    if (pid < 0) {
        r = chaos_error_set_errno(err, errno, "cannot start the lab's daemon");
    } else {
        /* One that ends before it has read all says why at the other pipe. */
        sigaction(SIGPIPE, &ignore, NULL);
        (void)!fd_write_all(platform[1], text, strlen(text), &ignored);
        chaos_error_clear(&ignored);
        close(platform[1]);
        r = hear_ready(ready[0], ret_endpoint, err);
        waitpid(pid, NULL, 0); /* the launcher, which has left by now */
    }
    close(ready[0]);
    return r;
}
