// SPDX-License-Identifier: Apache-2.0
/* An answer gives the same in pieces of any size. The first byte is the size of the pieces; its
 * highest bit: the connection ends behind them. */
#include <assert.h>
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(http_response) struct http_response first = { 0 };
    AUTO(http_response) struct http_response second = { 0 };
    AUTO(http_message) struct http_message whole = { .response = &first, .body_limit = LIMIT };
    AUTO(http_message) struct http_message pieces = { .response = &second, .body_limit = LIMIT };
    const char *text = (const char *)data + 1;
    size_t step;
    bool ends;

    if (!size)
        return 0;
    step = (size_t)(data[0] & 0x7f) + 1;
    ends = data[0] & 0x80;
    assert(read_in_pieces(&whole, text, size - 1, size, ends) ==
           read_in_pieces(&pieces, text, size - 1, step, ends));
    assert(whole.state == pieces.state);
    assert(first.status == second.status && first.n_headers == second.n_headers);
    assert(first.body.length <= LIMIT);
    if (whole.state == HTTP_MESSAGE_WHOLE)
        assert(first.body.length == second.body.length &&
               memcmp(buffer_text(&first.body), buffer_text(&second.body), first.body.length) == 0);
    return 0;
}
