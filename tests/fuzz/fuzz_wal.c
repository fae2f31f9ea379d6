// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a log, and any events under a right seal, fold without a crash; what is due is known
 * afterwards. A line of the second kind is "event-name data". */
#include <stdint.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/journal.h"
#include "engine/ledger.h"
#include "engine/run.h"
#include "engine/wal.h"

#define SEAL_LENGTH 17

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_in(void *self, const struct wal_record *record)
{
    const struct run_past *past = self;
    struct event event = { record->type, record->wall, record->data };

    if (record->type == EVENT_TYPE_COUNT)
        return;
    ledger_apply(past->ledger, &event);
    journal_apply(past->journal, &event);
}

static void fold(const char *text, size_t length)
{
    struct run_past past = { .journal = journal_new(), .ledger = ledger_new() };
    struct run_options options = { .rollbacks = ROLLBACK_ALWAYS };
    AUTO(wal_scan) struct wal_scan scan = { 0 };
    AUTO(json) json_t *due = NULL;

    wal_read(text, length, take_in, &past, &scan);
    if (scan.length > length)
        abort();
    options.experiment = (json_t *)(uintptr_t)ledger_experiment(past.ledger);
    due = experiment_due(&options, &past);
    if (!json_is_array(due))
        abort();
    journal_free(past.journal);
    ledger_free(past.ledger);
}

static void add_sealed(struct buffer *log, const char *line, size_t length, int number)
{
    AUTO(buffer) struct buffer sealed = { 0 };
    char seal[SEAL_LENGTH + 1];
    const char *blank = memchr(line, ' ', length);
    size_t name = blank ? (size_t)(blank - line) : length;

    buffer_printf(&sealed, ",\"n\":%d,\"wall\":1,\"event\":\"", number);
    buffer_add(&sealed, line, name);
    buffer_add_text(&sealed, "\",\"data\":");
    buffer_add(&sealed, line + name, length - name);
    buffer_add_char(&sealed, '}');
    snprintf(seal, sizeof(seal), "{\"crc\":\"%08x\"",
             (unsigned)crc32c(buffer_text(&sealed), sealed.length));
    buffer_add_text(log, seal);
    buffer_add(log, sealed.data, sealed.length);
    buffer_add_char(log, '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(str) char *text = mem_strndup(size ? (const char *)data : "", size);
    AUTO(buffer) struct buffer log = { 0 };
    int number = 0;

    fold(size ? (const char *)data : "", size);
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, "\n");

        add_sealed(&log, at, length, number++);
        at += length + (at[length] == '\n');
    }
    fold(buffer_text(&log), log.length);
    return 0;
}
