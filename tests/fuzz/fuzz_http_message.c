// SPDX-License-Identifier: Apache-2.0
/* An answer gives the same in pieces of any size, and with a sink all but the body. The first byte
 * is the size of the pieces; its highest bit: the connection ends behind them. */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "net/http_message.h"

#define LIMIT ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether all of it was taken. */
static bool read_in_pieces(struct http_message *message, const char *text, size_t size, size_t step,
                           bool ends)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    for (size_t at = 0; at < size; at += step)
        if (http_message_add(message, text + at, at + step < size ? step : size - at, &err) < 0)
            return false;
    return !ends || http_message_end(message);
}

static void check_sink(const struct http_message *kept, const char *text, size_t size, size_t step,
                       bool ends)
{
    AUTO(fd) int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    AUTO(http_response) struct http_response response = { 0 };
    AUTO(http_message)
    struct http_message message = { .response = &response, .body_limit = LIMIT, .sink_fd = fd };
    bool is_taken = read_in_pieces(&message, text, size, step, ends);

    assert(is_taken && message.state == kept->state && response.status == kept->response->status);
    assert(response.body.length ==
           (http_goes_to_sink(fd, response.status) ? 0 : kept->response->body.length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(http_response) struct http_response first = { 0 };
    AUTO(http_response) struct http_response second = { 0 };
    AUTO(http_message) struct http_message whole = { .response = &first, .body_limit = LIMIT };
    AUTO(http_message) struct http_message pieces = { .response = &second, .body_limit = LIMIT };
    const char *text = (const char *)data + 1;
    size_t step;
    bool ends, is_taken;

    if (!size)
        return 0;
    step = (size_t)(data[0] & 0x7f) + 1;
    ends = data[0] & 0x80;
    is_taken = read_in_pieces(&whole, text, size - 1, size, ends);
    assert(is_taken == read_in_pieces(&pieces, text, size - 1, step, ends));
    if (is_taken)
        check_sink(&whole, text, size - 1, step, ends);
    assert(whole.state == pieces.state);
    assert(first.status == second.status && first.n_headers == second.n_headers);
    assert(first.body.length <= LIMIT);
    if (whole.state == HTTP_MESSAGE_WHOLE)
        assert(first.body.length == second.body.length &&
               memcmp(buffer_text(&first.body), buffer_text(&second.body), first.body.length) == 0);
    return 0;
}
