// SPDX-License-Identifier: Apache-2.0
/* The server that HTTP probes are measured with: it listens on a free port of 127.0.0.1, prints the
 * port, and gives every connection the same short answer, one after the other. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void answer(int fd)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                               "Content-Length: 2\r\nConnection: close\r\n\r\nok";
    char head[4096] = "";
    size_t length = 0;

    while (length < sizeof(head) - 1 && !strstr(head, "\r\n\r\n")) {
        ssize_t n = recv(fd, head + length, sizeof(head) - 1 - length, 0);

        if (n <= 0)
            return;
        length += (size_t)n;
        head[length] = '\0';
    }
    (void)!send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL);
}

int main(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, size) < 0 ||
        listen(listener, SOMAXCONN) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) < 0) {
        perror("http_answer");
        return 1;
    }
    printf("%u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0)
            continue;
        answer(fd);
        close(fd);
    }
}
