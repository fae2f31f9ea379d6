/* SPDX-License-Identifier: Apache-2.0 */
/* The log of a command: records for the console (stderr) and for a file. One of the two mutable
 * globals of Fracas. Records may come from any thread; none is written in parts. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

struct mask;

enum log_level {
    LOG_DEBUG,
    LOG_INFO,
    LOG_WARNING,
    LOG_ERROR,
    LOG_CRITICAL,
    LOG_LEVEL_COUNT
};

enum log_format {
    LOG_FORMAT_STRING,
    LOG_FORMAT_JSON
};

struct log_options {
    enum log_level console_level;
    enum log_format console_format;
    bool verbose;          /* console records name the source file and line */
    const char *file_path; /* NULL: no file. Appended to, always as text. */
    enum log_level file_level;
};

/* Open the log. Until then, and after log_close(), warnings and worse go to stderr as plain text.
 * A log file that cannot be opened is an error; the console works all the same. */
MUST_USE int log_open(const struct log_options *options, struct chaos_error *err);
void log_close(void);
/* Write records without these values from now on; NULL: as they are. Borrowed. */
void log_hide(const struct mask *mask);
/* Whether a record of `level` would be written anywhere. */
bool log_wants(enum log_level level);
/* "INFO" and so on, as the reference (Python's logging) spells them. */
const char *log_level_name(enum log_level level);
/* LOG_LEVEL_COUNT for a name that is not one; upper and lower case alike. */
enum log_level log_level_parse(const char *name);

/* `module` is the base name of the source file without ".c" or ".py". Newlines in the text are
 * continued with four spaces, as the reference does. */
void log_text(enum log_level level, const char *module, int line, const char *text);
void log_printf(enum log_level level, const char *file, int line, const char *format, ...)
    PRINTF(4, 5);
/* The same for text that is ready. */
void log_ready(enum log_level level, const char *file, int line, const char *text);

/* From here on, records of this thread below LOG_WARNING are written when it is about to wait: then
 * it has the time. So each wait, and all that shows something elsewhere, calls log_flush() first. A
 * record of another thread, a warning, and one that comes 10 ms after the first that was put off,
 * takes along what was put off before it. May be nested. */
void log_defer(void);
/* The end of that; what was put off is written. */
void log_defer_end(void);
/* Call `tell` with `data`, to log what it says: at once, or where records are put off only when
 * they are written, and before the next record of this thread. `data` must not change until then.
 */
void log_later(void (*tell)(const json_t *data), const json_t *data);
/* Write what this thread put off. Costs nothing where there is nothing. */
void log_flush(void);
/* Whether there is something. */
bool log_is_put_off(void);

#define log_at(level, ...)                                                                         \
    do {                                                                                           \
        if (log_wants(level))                                                                      \
            log_printf(level, __FILE__, __LINE__, __VA_ARGS__);                                    \
    } while (0)
#define log_ready_at(level, text)                                                                  \
    do {                                                                                           \
        if (log_wants(level))                                                                      \
            log_ready(level, __FILE__, __LINE__, text);                                            \
    } while (0)
#define log_debug(...)    log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)     log_at(LOG_INFO, __VA_ARGS__)
#define log_warning(...)  log_at(LOG_WARNING, __VA_ARGS__)
#define log_error(...)    log_at(LOG_ERROR, __VA_ARGS__)
#define log_critical(...) log_at(LOG_CRITICAL, __VA_ARGS__)
