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
#include "base/json_walk.h"
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
    pthread_mutex_t lock; /* guards what follows, and keeps the records in order */
    struct buffer console_text;
    struct buffer file_text;
} sink = { .console_level = LOG_WARNING,
           .file_level = LOG_LEVEL_COUNT,
           .file = -1,
           .lock = PTHREAD_MUTEX_INITIALIZER };

#define UNTOLD_MAX 8
/* How long a record is put off while the thread has work but never waits. */
#define PUT_OFF_MAX_NS (10 * CLOCK_NS_PER_MS)

/* What a thread does with its records. */
static _Thread_local struct {
    int depth; /* above 0: they are put off */
    bool has_some;
    int64_t since;   /* of the first of them */
    size_t n_untold; /* not even formatted yet */
    struct {
        void (*tell)(const json_t *data);
        json_t *data;
    } untold[UNTOLD_MAX];
} deferral;

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

bool log_wants(enum log_level level)
{
    return level >= sink.console_level || level >= sink.file_level;
}

static void put(int fd, struct buffer *text)
{
    size_t done = 0;

    while (done < text->length) {
        ssize_t n = write(fd, text->data + done, text->length - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break; /* nobody is left to tell */
        done += (size_t)n;
    }
    buffer_reset(text);
}

/* The lock is held. */
static void put_all(void)
{
    put(STDERR_FILENO, &sink.console_text);
    put(sink.file, &sink.file_text);
    deferral.has_some = false;
}

static void tell_untold(void)
{
    size_t count = deferral.n_untold;

    deferral.n_untold = 0; /* telling logs, which begins with what is untold */
    for (size_t i = 0; i < count; i++) {
        deferral.untold[i].tell(deferral.untold[i].data);
        json_decref(deferral.untold[i].data);
    }
}

void log_hide(const struct mask *mask)
{
    tell_untold(); /* without the values of their time */
    atomic_store_explicit(&sink.mask, mask, memory_order_release);
}

void log_later(void (*tell)(const json_t *data), const json_t *data)
{
    if (!deferral.depth) {
        tell(data);
        return;
    }
    if (deferral.n_untold == UNTOLD_MAX)
        tell_untold();
    deferral.untold[deferral.n_untold].tell = tell;
    deferral.untold[deferral.n_untold++].data = json_incref(json_walkable(data));
}

void log_flush(void)
{
    tell_untold();
    if (!deferral.has_some)
        return;
    pthread_mutex_lock(&sink.lock);
    put_all();
    pthread_mutex_unlock(&sink.lock);
}

bool log_is_put_off(void)
{
    return deferral.has_some || deferral.n_untold;
}

void log_defer(void)
{
    deferral.depth++;
}

void log_defer_end(void)
{
    if (--deferral.depth == 0)
        log_flush();
}

void log_close(void)
{
    log_flush();
    if (sink.file >= 0)
        close(sink.file);
    sink.file = -1;
    sink.file_level = LOG_LEVEL_COUNT;
    sink.open = false;
    sink.console_level = LOG_WARNING;
    sink.format = LOG_FORMAT_STRING;
    sink.verbose = false;
    sink.colour = false;
    buffer_clear(&sink.console_text);
    buffer_clear(&sink.file_text);
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

static void add_line(struct buffer *out, const struct record *r, bool place, bool colour)
{
    char time_text[STAMP_SIZE];

    if (colour)
        buffer_add_text(out, colours[r->level]);
    buffer_add_char(out, '[');
    buffer_add_text(out, stamp(time_text));
    buffer_add_char(out, ' ');
    buffer_add_text(out, names[r->level]);
    buffer_add_char(out, ']');
    if (place) {
        buffer_add_text(out, " [");
        buffer_add_text(out, r->module);
        buffer_add_char(out, ':');
        buffer_add_integer(out, r->line);
        buffer_add_char(out, ']');
    }
    if (colour)
        buffer_add_text(out, "\033[39m");
    buffer_add_char(out, ' ');
    add_indented(out, r->text);
}

static void add_json(struct buffer *out, const struct record *r)
{
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
    buffer_add_text(out, text ? text : "{}");
    buffer_add_char(out, '\n');
}

/* Put a record off; false when the first of those put off has waited long enough. */
static bool put_off(void)
{
    int64_t now = clock_now();

    if (!deferral.has_some)
        deferral.since = now;
    deferral.has_some = true;
    return now - deferral.since <= PUT_OFF_MAX_NS;
}

void log_text(enum log_level level, const char *module, int line, const char *text)
{
    struct record r = { level, module, line, text };
    const struct mask *mask = atomic_load_explicit(&sink.mask, memory_order_acquire);
    AUTO(buffer) struct buffer masked = { 0 };
    bool is_for_file = sink.file >= 0 && level >= sink.file_level;

    if (level < sink.console_level && !is_for_file)
        return;
    tell_untold();
    if (mask && mask_text(mask, text, strlen(text), MASK_SHOWN, &masked))
        r.text = buffer_text(&masked);
    pthread_mutex_lock(&sink.lock);
    if (level >= sink.console_level && sink.format == LOG_FORMAT_JSON)
        add_json(&sink.console_text, &r);
    else if (level >= sink.console_level)
        add_line(&sink.console_text, &r, sink.verbose, sink.colour);
    if (is_for_file)
        add_line(&sink.file_text, &r, true, false);
    if (!deferral.depth || level >= LOG_WARNING || !put_off())
        put_all();
    pthread_mutex_unlock(&sink.lock);
}

void log_ready(enum log_level level, const char *file, int line, const char *text)
{
    const char *slash = strrchr(file, '/');
    const char *base = slash ? slash + 1 : file;
    size_t length = strcspn(base, ".");
    char module[64];

    if (length >= sizeof(module))
        length = sizeof(module) - 1;
    memcpy(module, base, length);
    module[length] = '\0';
    log_text(level, module, line, text);
}

void log_printf(enum log_level level, const char *file, int line, const char *format, ...)
{
    AUTO(buffer) struct buffer text = { 0 };
    va_list args;

    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    log_ready(level, file, line, buffer_text(&text));
}
