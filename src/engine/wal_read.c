// SPDX-License-Identifier: Apache-2.0
/* Reads a log back: what is whole is used, what is not is told with its place. */
#include <string.h>

#include "base/crc32c.h"
#include "base/json_walk.h"
#include "engine/wal.h"
#include "value/json.h"

#define SEAL        "{\"crc\":\""
#define SEAL_LENGTH 17

struct reading {
    void (*visit)(void *self, const struct wal_record *record);
    void *self;
    struct wal_scan *scan;
    int64_t unread; /* lines told as damaged since the last sound one */
};

void wal_scan_clear(struct wal_scan *scan)
{
    json_decref(scan->damage);
    scan->damage = NULL;
}

static void tell(struct wal_scan *scan, size_t offset, const char *what)
{
    json_array_append_new(scan->damage, json_sprintf("at byte %zu: %s", offset, what));
}

/* Whether the line has a seal, and it is right. */
static bool is_sound(const char *line, size_t length)
{
    char wanted[SEAL_LENGTH + 1];

    if (length <= SEAL_LENGTH)
        return false;
    snprintf(wanted, sizeof(wanted), SEAL "%08x\"",
             (unsigned)crc32c(line + SEAL_LENGTH, length - SEAL_LENGTH));
    return memcmp(line, wanted, SEAL_LENGTH) == 0;
}

/* The order of the lines: a number that went before is a line twice, a gap is a line lost. */
static bool follows(struct reading *reading, int64_t number, size_t offset)
{
    struct wal_scan *scan = reading->scan;

    if (number < scan->next_number || number == INT64_MAX) {
        tell(scan, offset, "a line that was there before; it is passed over");
        return false;
    }
    if (number - scan->next_number != reading->unread)
        tell(scan, offset, "lines before this one are missing");
    scan->next_number = number + 1;
    reading->unread = 0;
    return true;
}

static void read_line(struct reading *reading, const char *line, size_t length, size_t offset)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *value = NULL;
    const json_t *number;
    struct wal_record record = { 0 };

    if (!is_sound(line, length)) {
        reading->unread++;
        tell(reading->scan, offset, "the line does not have the content that was written");
        return;
    }
    if (json_parse(line, length, &value, &err) < 0) {
        tell(reading->scan, offset, chaos_error_text(&err));
        return;
    }
    number = json_object_get(value, "n");
    record.name = json_text_of(value, "event");
    record.data = json_object_get(value, "data");
    if (!json_is_integer(number) || !record.name || !json_is_object(record.data)) {
        tell(reading->scan, offset, "the line is no event");
        return;
    }
    if (!follows(reading, json_integer_value(number), offset))
        return;
    record.type = event_parse(record.name);
    record.wall = json_integer_value(json_object_get(value, "wall"));
    reading->scan->records++;
    reading->visit(reading->self, &record);
}

void wal_read(const char *text, size_t length,
              void (*visit)(void *self, const struct wal_record *record), void *self,
              struct wal_scan *ret_scan)
{
    struct reading reading = { visit, self, ret_scan, 0 };
    size_t offset = 0;

    *ret_scan = (struct wal_scan){ .damage = json_array() };
    while (offset < length) {
        const char *end = memchr(text + offset, '\n', length - offset);
        size_t size = end ? (size_t)(end - text) - offset : 0;

        if (!end) {
            ret_scan->is_torn = true;
            return;
        }
        read_line(&reading, text + offset, size, offset);
        offset += size + 1;
        ret_scan->length = offset;
    }
}
