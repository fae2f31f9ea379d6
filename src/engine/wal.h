/* SPDX-License-Identifier: Apache-2.0 */
/* The write-ahead log of a run: its events, one JSON object a line, each with a checksum and a
 * number, so that a run whose process died can be told to its end (docs/design/world-put-back.md).
 *
 *   {"crc":"1b2c3d4e","n":3,"wall":1763819603000000000,"event":"method-started","data":{}}
 *
 * `crc` is the CRC-32C of what follows it up to the end of the line: ,"n":…} . Besides the events
 * of the engine there are lines about the log itself: log-opened (the first), log-taken,
 * log-closed. */
#pragma once

#include <stdbool.h>

#include "engine/event.h"

#define WAL_OPENED "log-opened" /* what a recovery must know besides the events */
#define WAL_TAKEN  "log-taken"  /* a recovery goes on with this log */
#define WAL_CLOSED "log-closed" /* the journal is written, nothing is left to do */

struct buffer;
struct mask;
struct wal;

/* Create the log at `path`, which must not exist; readable for its owner alone. */
MUST_USE int wal_create(const char *path, struct wal **ret_wal, struct chaos_error *err);
/* Go on with the log at `path`: its first `length` bytes are kept, the next line gets number
 * `number`. */
MUST_USE int wal_resume(const char *path, size_t length, int64_t number, struct wal **ret_wal,
                        struct chaos_error *err);
void wal_free(struct wal *wal);
AUTO_FREE(wal, struct wal)

/* Append one line with one write(2). After a failure nothing is written any more, and wal_sync()
 * tells why. From one thread at a time. */
void wal_append(struct wal *wal, const char *name, int64_t wall, const json_t *data);
/* The same in two steps: what is added to the buffer in between, JSON on one line, is the data. */
struct buffer *wal_begin(struct wal *wal, const char *name, int64_t wall);
void wal_end(struct wal *wal);
/* Append an event, without what other lines tell already, and without secrets (`mask` may be
 * NULL): the experiment stays as it is written, all else is masked. */
void wal_notice(struct wal *wal, const struct event *event, const struct mask *mask);
/* Wait until all that was appended before is on the disk. Fails when anything could not be
 * written. From any thread; threads that wait at the same time share one fdatasync(2). */
MUST_USE int wal_sync(struct wal *wal, struct chaos_error *err);

/* The same, but only where something was put on the disk before: what never had an effect may be
 * lost. */
void wal_finish(struct wal *wal);

/* A line as it is read. */
struct wal_record {
    const char *name;
    enum event_type
        type; /* EVENT_TYPE_COUNT for lines about the log, and for names of the future */
    int64_t wall;
    const json_t *data; /* an object, borrowed */
};

/* What was found besides the records. */
struct wal_scan {
    size_t records;
    size_t length; /* of the log up to the end of its last whole line */
    int64_t next_number;
    bool is_torn;   /* a last line without its end was dropped */
    json_t *damage; /* array of texts that name an offset; owned */
};

void wal_scan_clear(struct wal_scan *scan);
AUTO_CLEAR(wal_scan, struct wal_scan)

/* Read the text of a log: every whole and sound line goes to `visit`, in order. Never fails; what
 * cannot be read is in `ret_scan`. */
void wal_read(const char *text, size_t length,
              void (*visit)(void *self, const struct wal_record *record), void *self,
              struct wal_scan *ret_scan);
