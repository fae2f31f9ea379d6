// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/str.h"

static struct {
    bool open;
    bool verbose;
    bool colour;
    enum log_format format;
    enum log_level console_level;
    enum log_level file_level;
    int file;
    char context[37];
    _Atomic(const struct mask *) mask;
} sink = { .console_level = LOG_WARNING, .file_level = LOG_LEVEL_COUNT, .file = -1 };

/* Log time is local time to the second; a thread formats it once a second. */
#define STAMP_SIZE 24

static const char *const names[] = {
    [LOG_DEBUG] = "DEBUG", [LOG_INFO] = "INFO",         [LOG_WARNING] = "WARNING",
    [LOG_ERROR] = "ERROR", [LOG_CRITICAL] = "CRITICAL",
};
_Static_assert(ARRAY_SIZE(names) == LOG_LEVEL_COUNT, "every level has a name");

static const char *const colours[] = {
    [LOG_DEBUG] = "\033[36m", [LOG_INFO] = "\033[32m",     [LOG_WARNING] = "\033[33m",
    [LOG_ERROR] = "\033[31m", [LOG_CRITICAL] = "\033[31m",
};

const char *log_level_name(enum log_level level)
{
    return names[level];
}

enum log_level log_level_parse(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcasecmp(name, names[i]) == 0)
            return (enum log_level)i;
    return LOG_LEVEL_COUNT;
}

static void make_context(char text[37])
{
    unsigned char b[16] = { 0 };

    (void)!getrandom(b, sizeof(b), GRND_NONBLOCK);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* a version 4 UUID, RFC 9562 section 5.4 */
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(text, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
             b[14], b[15]);
}

int log_open(const struct log_options *options, struct chaos_error *err)
{
    const char *term = getenv("TERM");

    sink.open = true;
    sink.verbose = options->verbose;
    sink.format = options->console_format;
    sink.console_level = options->console_level;
    /* https://no-color.org: any value switches colours off. */
    sink.colour = isatty(STDERR_FILENO) && !getenv("NO_COLOR") && term && strcmp(term, "dumb") != 0;
    make_context(sink.context);
    if (!options->file_path)
        return 0;
    sink.file = open(options->file_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (sink.file < 0)
        return chaos_error_set_errno(err, errno, "cannot open the log file '%s'",
                                     options->file_path);
    sink.file_level = options->file_level;
    return 0;
}

void log_close(void)
{
    if (sink.file >= 0)
        close(sink.file);
    sink.file = -1;
    sink.file_level = LOG_LEVEL_COUNT;
    sink.open = false;
    sink.console_level = LOG_WARNING;
    sink.format = LOG_FORMAT_STRING;
    sink.verbose = false;
    sink.colour = false;
}

void log_hide(const struct mask *mask)
{
    atomic_store_explicit(&sink.mask, mask, memory_order_release);
}

bool log_wants(enum log_level level)
{
    return level >= sink.console_level || level >= sink.file_level;
}

static void put(int fd, const struct buffer *record)
{
    size_t done = 0;

    while (done < record->length) {
        ssize_t n = write(fd, record->data + done, record->length - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nobody is left to tell */
        done += (size_t)n;
    }
}

static const char *stamp(char text[STAMP_SIZE])
{
    static _Thread_local time_t shown = -1;
    static _Thread_local char cached[STAMP_SIZE];
    time_t now = time(NULL);

    if (now != shown) {
        struct tm tm;

        localtime_r(&now, &tm);
        strftime(cached, sizeof(cached), "%Y-%m-%d %H:%M:%S", &tm);
        shown = now;
    }
    return memcpy(text, cached, STAMP_SIZE);
}

static void add_indented(struct buffer *record, const char *text)
{
    const char *line;

    while ((line = strchr(text, '\n'))) {
        buffer_add(record, text, (size_t)(line - text) + 1);
        buffer_add_text(record, "    ");
        text = line + 1;
    }
    buffer_add_text(record, text);
    buffer_add_char(record, '\n');
}

struct record {
    enum log_level level;
    const char *module;
    int line;
    const char *text;
};

static void write_line(int fd, const struct record *r, bool place, bool colour)
{
    AUTO(buffer) struct buffer out = { 0 };
    char time_text[STAMP_SIZE];

    if (colour)
        buffer_add_text(&out, colours[r->level]);
    buffer_add_char(&out, '[');
    buffer_add_text(&out, stamp(time_text));
    buffer_add_char(&out, ' ');
    buffer_add_text(&out, names[r->level]);
    buffer_add_char(&out, ']');
    if (place)
        buffer_printf(&out, " [%s:%d]", r->module, r->line);
    if (colour)
        buffer_add_text(&out, "\033[39m");
    buffer_add_char(&out, ' ');
    add_indented(&out, r->text);
    put(fd, &out);
}

static void write_json(int fd, const struct record *r)
{
    AUTO(buffer) struct buffer out = { 0 };
    char asctime_text[STAMP_SIZE];
    char iso[CLOCK_ISO_SIZE];
    int64_t wall = clock_wall();
    AUTO(json) json_t *entry = NULL;
    AUTO(str) char *text = NULL;
    AUTO(str) char *precise = NULL;

    precise = mem_printf("%s,%03d", stamp(asctime_text),
                         (int)(wall / CLOCK_NS_PER_MS % 1000)); /* logging's default format */
    entry = json_pack("{s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:s}", "context_id", sink.context,
                      "process", (int)getpid(), "asctime", precise, "levelname", names[r->level],
                      "module", r->module, "lineno", r->line, "message", r->text, "timestamp",
                      clock_iso(wall, iso));
    text = entry ? json_dumps(entry, JSON_COMPACT) : NULL;
    buffer_add_text(&out, text ? text : "{}");
    buffer_add_char(&out, '\n');
    put(fd, &out);
}

void log_text(enum log_level level, const char *module, int line, const char *text)
{
    struct record r = { level, module, line, text };
    const struct mask *mask = atomic_load_explicit(&sink.mask, memory_order_acquire);
    AUTO(buffer) struct buffer masked = { 0 };

    if (mask && mask_text(mask, text, strlen(text), MASK_SHOWN, &masked))
        r.text = buffer_text(&masked);
    if (level >= sink.console_level) {
        if (sink.format == LOG_FORMAT_JSON)
            write_json(STDERR_FILENO, &r);
        else
            write_line(STDERR_FILENO, &r, sink.verbose, sink.colour);
    }
    if (sink.file >= 0 && level >= sink.file_level)
        write_line(sink.file, &r, true, false);
}

void log_printf(enum log_level level, const char *file, int line, const char *format, ...)
{
    const char *base = strrchr(file, '/');
    const char *dot;
    char module[64];
    AUTO(str) char *text = NULL;
    va_list args;

    base = base ? base + 1 : file;
    dot = strrchr(base, '.');
    snprintf(module, sizeof(module), "%.*s", (int)(dot ? dot - base : (long)strlen(base)), base);
    va_start(args, format);
    text = mem_vprintf(format, args);
    va_end(args);
    log_text(level, module, line, text);
}
