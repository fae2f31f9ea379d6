// SPDX-License-Identifier: Apache-2.0
#include "net/http_upload.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"

#define PIECE_SIZE ((size_t)128 * 1024)

void http_upload_clear(struct http_upload *upload)
{
    free(upload->piece);
    *upload = (struct http_upload){ .fd = -1 };
}

int64_t http_request_until(const struct http_request *request, int64_t span_ms)
{
    int64_t until = span_ms > 0 ? clock_now() + span_ms * CLOCK_NS_PER_MS : CLOCK_NEVER;

    return request->deadline > 0 && request->deadline < until ? request->deadline : until;
}

/* Bytes to send into `next`: those of memory at once, those of a source a piece at a time. */
static int refill(struct http_upload *upload, struct chaos_error *err)
{
    const struct http_request *request = upload->request;
    size_t more = request->body_length - upload->taken;
    ssize_t got = (ssize_t)more;

    if (request->source) {
        if (!upload->piece)
            upload->piece = mem_alloc(PIECE_SIZE);
        got = request->source->read(request->source->data, upload->piece,
                                    more < PIECE_SIZE ? more : PIECE_SIZE, upload->taken, err);
    }
    if (got < 0)
        return (int)got;
    upload->next = request->source ? upload->piece : (const char *)request->body + upload->taken;
    upload->left = (size_t)got;
    upload->taken += (size_t)got;
    return 0;
}

/* A connection that is broken has its reason to read, and perhaps an answer before that. */
static bool send_some(struct http_upload *upload)
{
    ssize_t sent = send(upload->fd, upload->next, upload->left, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent < 0)
        return errno == EAGAIN || errno == EINTR;
    upload->next += sent;
    upload->left -= (size_t)sent;
    return true;
}

int http_upload_run(struct http_upload *upload, struct chaos_error *err)
{
    const struct http_request *request = upload->request;

    while (upload->left || upload->taken < request->body_length) {
        int64_t hold_ms = upload->hold_ms;
        struct pollfd peer = { .fd = upload->fd, .events = POLLIN };
        enum wait_result result;
        int r = upload->left ? 0 : refill(upload, err);

        if (r < 0)
            return r;
        if (!hold_ms)
            peer.events |= POLLOUT;
        upload->hold_ms = 0;
        result = wait_fds(&peer, 1,
                          http_request_until(request, hold_ms ? hold_ms : request->read_timeout_ms),
                          upload->cancel);
        if (result == WAIT_CANCELLED)
            return chaos_error_set(err, CHAOS_E_CANCELLED, "stopped while sending");
        if (result == WAIT_TIMEOUT && !hold_ms)
            return chaos_error_set(err, CHAOS_E_TIMEOUT, "the server takes no more of the request");
        if (result == WAIT_READY && (peer.revents != POLLOUT || !send_some(upload)))
            return HTTP_UPLOAD_HEARD;
    }
    return HTTP_UPLOAD_SENT;
}
