// SPDX-License-Identifier: Apache-2.0
/* Bytes from a Python worker: frames, messages, results; what is understood is written again and
 * must read back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "providers/worker_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(json_t *body)
{
    AUTO(buffer) struct buffer out = { 0 };
    AUTO(buffer) struct buffer again = { 0 };
    AUTO(worker_message) struct worker_message message = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    size_t offset = 0;
    bool found = false;

    if (worker_frame_write(&out, body, &err) < 0)
        return;
    if (worker_frame_read(&out, &offset, &message, &found, &err) < 0 || !found ||
        worker_frame_write(&again, message.body, &err) < 0)
        abort();
    /* as text: json_equal() compares names only up to a NUL */
    if (out.length != again.length || memcmp(out.data, again.data, out.length) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buffer) struct buffer in = { 0 };
    size_t offset = 0;
    bool found = true;

    buffer_add(&in, data, size);
    while (found) {
        AUTO(worker_message) struct worker_message message = { 0 };
        AUTO(chaos_error) struct chaos_error err = { 0 };
        AUTO(call_result) struct call_result result = { 0 };
        bool stopped;

        if (worker_frame_read(&in, &offset, &message, &found, &err) < 0)
            return 0;
        if (found) {
            worker_reply_result(message.body, &result, &stopped);
            json_decref(worker_answer(message.id, &result));
            write_again(message.body);
        }
    }
    return 0;
}
