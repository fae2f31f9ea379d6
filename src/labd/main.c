// SPDX-License-Identifier: Apache-2.0
// chaos-lab NAME PORT < platform.json: opens the sockets that belong to the host, makes the space,
// and leaves; its first process is the daemon. What it has to say goes to descriptor 3.
#include <arpa/inet.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "base/mem.h"
#include "config.h"
#include "labctl/lab_name.h"
#include "labd/daemon.h"
#include "value/json.h"

#define READY_FD     3
#define PLATFORM_MAX (16 * 1024 * 1024)

static int read_platform(json_t **ret_platform, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };

    if (fd_read_all(STDIN_FILENO, &text, PLATFORM_MAX, err) < 0)
        return chaos_error_prefix(err, "the platform");
    return json_parse(buffer_text(&text), text.length, ret_platform, err);
}

static int open_api(const char *port, int *ret_fd, uint16_t *ret_port, struct chaos_error *err)
{
    struct sockaddr_in place = { .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(place);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
        bind(fd, (const struct sockaddr *)(const void *)&place, length) < 0 ||
        listen(fd, SOMAXCONN) < 0 ||
        getsockname(fd, (struct sockaddr *)(void *)&place, &length) < 0)
        return chaos_error_set_errno(err, errno, "cannot listen on 127.0.0.1:%s", port);
    *ret_fd = fd;
    *ret_port = ntohs(place.sin_port);
    return 0;
}

static int open_control(const char *name, int *ret_fd, struct chaos_error *err)
{
    struct sockaddr_un place;
    socklen_t length = lab_name_address(name, getuid(), &place);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)(const void *)&place, length) < 0) {
        if (errno == EADDRINUSE)
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "a lab named '%s' is up already: take it down (chaos lab down "
                                   "%s) or give this one another name (--name)",
                                   name, name);
        return chaos_error_set_errno(err, errno, "cannot open the lab's socket");
    }
    if (listen(fd, SOMAXCONN) < 0)
        return chaos_error_set_errno(err, errno, "cannot listen on the lab's socket");
    *ret_fd = fd;
    return 0;
}

static int report(struct chaos_error *err)
{
    daemon_report(READY_FD, "error", chaos_error_text(err));
    chaos_error_clear(err);
    return 1;
}

static char *program_dir(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

    path[n > 0 ? n : 0] = '\0';
    return mem_strdup(dirname(path));
}

/* The programs that machines are to have: beside this one in a build folder, else those that are
 * installed. */
static const char *installed_or(const char *programs)
{
    AUTO(str) char *chaos = mem_printf("%s/chaos", programs);

    return access(chaos, X_OK) == 0 ? programs : FRACAS_BIN_DIR;
}

int main(int argc, char **argv)
{
    struct chaos_error err = { 0 };
    AUTO(json) json_t *platform = NULL;
    AUTO(str) char *programs = program_dir();
    struct daemon_options options = { .ready_fd = READY_FD };
    AUTO(str) char *models = realpath(aws_models_own_path(), NULL);
    AUTO(str) char *init = mem_printf("%s/chaos-machine-init", programs);
    struct space_share shares[] = { { installed_or(programs), WORLD_BIN }, { NULL, WORLD_SHARE } };
    struct space_options space = { .run = daemon_run,
                                   .data = &options,
                                   .init_path = init,
                                   .shares = shares,
                                   .share_count = ARRAY_SIZE(shares) };
    pid_t pid;
    int pidfd;

    if (argc != 3) {
        fputs("usage: chaos-lab NAME PORT (started by chaos lab up)\n", stderr);
        return 2;
    }
    options.name = argv[1];
    if (read_platform(&platform, &err) < 0 ||
        open_api(argv[2], &options.api_fd, &options.port, &err) < 0 ||
        open_control(argv[1], &options.control_fd, &err) < 0)
        return report(&err);
    options.platform = platform;
    if (!models) {
        chaos_error_set_errno(&err, errno, "cannot find the service models '%s'",
                              aws_models_own_path());
        return report(&err);
    }
    shares[1].path = dirname(models);
    if (space_create(&space, &pid, &pidfd, &err) < 0)
        return report(&err);
    return 0;
}
