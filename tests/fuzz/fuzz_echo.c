// SPDX-License-Identifier: Apache-2.0
/* The echo server's input: however it is cut, the answers are those of the whole, a model that
 * reads byte by byte agrees, and the log gets one line without control characters for each. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "echo/line.h"
#include "echo/log_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
    if (!claim)
        abort();
}

static void log_said(void *context, const char *text, size_t length)
{
    struct buffer *log = context;
    size_t before = log->length;

    log_line_says(log, "::1", text, length);
    for (size_t i = before; i + 1 < log->length; i++)
        must((unsigned char)log->data[i] >= ' ' && log->data[i] != 0x7f);
    must(str_is_utf8(log->data + before, log->length - before));
}

/* `cut` chooses the pieces: each is 1 to 16 bytes long; 0: one piece. */
static enum echo_verdict play(const char *text, size_t length, unsigned cut, size_t max_line,
                              struct buffer *answers)
{
    AUTO(echo_line) struct echo_line line = { 0 };
    AUTO(buffer) struct buffer log = { 0 };
    struct echo_sink sink = { answers, log_said, &log, max_line };
    size_t at = 0;

    while (at < length) {
        size_t left = length - at;
        size_t step = cut ? 1 + cut % 16 : left;
        AUTO(mem) void *piece = NULL;
        enum echo_verdict verdict;

        step = step < left ? step : left;
        piece = mem_dup(text + at, step);
        verdict = echo_line_feed(&line, &sink, piece, step);
        must(line.partial.length <= max_line);
        if (verdict != ECHO_MORE)
            return verdict;
        at += step;
        cut = cut * 5U + (cut ? 3U : 0U);
    }
    return echo_line_finish(&line, &sink);
}

static bool model_is_bye(const struct buffer *line)
{
    AUTO(buffer) struct buffer kept = { 0 };
    size_t first = 0;
    size_t last = line->length;

    while (first < last && (unsigned char)line->data[first] <= 32)
        first++;
    while (last > first && (unsigned char)line->data[last - 1] <= 32)
        last--;
    buffer_add(&kept, last > first ? line->data + first : "", last - first);
    return kept.length == 3 && str_equal(kept.data, "bye");
}

static enum echo_verdict model_end(struct buffer *line, struct buffer *answers)
{
    bool bye = model_is_bye(line);

    buffer_add(answers, buffer_text(line), line->length);
    buffer_add_char(answers, '\n');
    buffer_reset(line);
    return bye ? ECHO_BYE : ECHO_MORE;
}

static enum echo_verdict model(const char *text, size_t length, size_t max_line,
                               struct buffer *answers)
{
    AUTO(buffer) struct buffer line = { 0 };

    for (size_t i = 0; i < length; i++) {
        bool pair = text[i] == '\n' && i && text[i - 1] == '\r';

        if (pair)
            continue;
        if (text[i] == '\n' || text[i] == '\r') {
            if (model_end(&line, answers) == ECHO_BYE)
                return ECHO_BYE;
        } else if (line.length == max_line) {
            return ECHO_TOO_LONG;
        } else {
            buffer_add_char(&line, text[i]);
        }
    }
    return line.length ? model_end(&line, answers) : ECHO_MORE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buffer) struct buffer expected = { 0 };
    AUTO(buffer) struct buffer whole = { 0 };
    AUTO(buffer) struct buffer pieces = { 0 };
    const char *text = (const char *)data + 2;
    enum echo_verdict verdict;
    size_t max_line;

    if (size < 2)
        return 0;
    size -= 2;
    max_line = 1 + data[0];
    verdict = model(text, size, max_line, &expected);
    must(play(text, size, 0, max_line, &whole) == verdict);
    must(play(text, size, data[1], max_line, &pieces) == verdict);
    must(str_equal(buffer_text(&whole), buffer_text(&expected)) && whole.length == expected.length);
    must(pieces.length == whole.length);
    must(memcmp(buffer_text(&pieces), buffer_text(&whole), whole.length) == 0);
    return 0;
}
