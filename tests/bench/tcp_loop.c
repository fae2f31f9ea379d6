// SPDX-License-Identifier: Apache-2.0
/* The yardstick for TCP probes: tcp_loop PORT COUNT sends a line to a server on 127.0.0.1 and waits
 * for it to come back, COUNT times, each over a connection of its own. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static const char line[] = "hello\n";
    const size_t length = sizeof(line) - 1;
    struct sockaddr_in server = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons(argc == 3 ? (uint16_t)strtoul(argv[1], NULL, 10) : 0),
    };
    long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

    if (count < 1) {
        fprintf(stderr, "usage: tcp_loop PORT COUNT\n");
        return 2;
    }
    while (count-- > 0) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        char answer[sizeof(line)];

        if (fd < 0 || connect(fd, (const struct sockaddr *)&server, sizeof(server)) < 0 ||
            send(fd, line, length, MSG_NOSIGNAL) != (ssize_t)length ||
            recv(fd, answer, length, MSG_WAITALL) != (ssize_t)length ||
            memcmp(answer, line, length) != 0) {
            perror("tcp_loop");
            return 1;
        }
        close(fd);
    }
    return 0;
}
