// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8
#include "value/regex.h"

#include <string.h>
#include <time.h>

#include <pcre2.h>

#include "base/mem.h"
#include "base/str.h"
#include "value/regex_python.h"

/* PCRE2 counts steps anew for each place where a match may start; so the starts are tried in
 * windows, between which the processor time that the search took is looked at. */
#define STEPS_MAX     10000000u
#define HEAP_MAX_KIB  (256u * 1024u)
#define SEARCH_MAX_NS INT64_C(1000000000)
#define WINDOW_MAX_NS (SEARCH_MAX_NS / 100)
#define NS_PER_S      INT64_C(1000000000)

struct regex {
    pcre2_code *code;
};

static inline void pcre2_context_autop(pcre2_match_context **slot)
{
    pcre2_match_context_free(*slot);
}

static inline void pcre2_data_autop(pcre2_match_data **slot)
{
    pcre2_match_data_free(*slot);
}

static inline void pcre2_compiling_autop(pcre2_compile_context **slot)
{
    pcre2_compile_context_free(*slot);
}

/* What the translation took but PCRE2 does not: it is too large for it. */
static int refused(int number, struct chaos_error *err)
{
    PCRE2_UCHAR text[256];

    pcre2_get_error_message(number, text, sizeof(text));
    return chaos_error_set(err, CHAOS_E_LIMIT, "cannot be compiled: %s", (const char *)text);
}

int regex_compile(const char *pattern, struct regex **ret_regex, struct chaos_error *err)
{
    AUTO(pcre2_compiling) pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    AUTO(str) char *text = NULL;
    pcre2_code *code;
    PCRE2_SIZE offset;
    int number;
    int r = regex_translate(pattern, &text, err);

    if (r < 0)
        return r;
    if (!context)
        return chaos_error_set(err, CHAOS_E_LIMIT, "no memory left for a pattern");
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    code =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                      PCRE2_UTF | PCRE2_DOTALL | PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_BACKSLASH_C,
                      &number, &offset, context);
    if (!code)
        return refused(number, err);
    *ret_regex = mem_alloc(sizeof(**ret_regex));
    **ret_regex = (struct regex){ .code = code };
    return 0;
}

void regex_free(struct regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    free(regex);
}

static int64_t thread_time_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int search_failed(int number, struct chaos_error *err)
{
    switch (number) {
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_NOMEMORY:
        return chaos_error_set(err, CHAOS_E_LIMIT, "the pattern takes too many steps on this text");
    default:
        break;
    }
    if (number <= PCRE2_ERROR_UTF8_ERR1 && number >= PCRE2_ERROR_UTF8_ERR21)
        return chaos_error_set(err, CHAOS_E_INVALID, "a text that is not UTF-8");
    return chaos_error_set(err, CHAOS_E_INTERNAL, "PCRE2 failed with %d", number);
}

/* The start of the first character behind `offset`. */
static size_t next_start(const char *text, size_t length, size_t offset)
{
    do
        offset++;
    while (offset < length && ((unsigned char)text[offset] & 0xc0) == 0x80);
    return offset;
}

int regex_search(const struct regex *regex, const char *text, size_t length, bool *ret_found,
                 struct chaos_error *err)
{
    AUTO(pcre2_context) pcre2_match_context *context = pcre2_match_context_create(NULL);
    AUTO(pcre2_data) pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int64_t begun = thread_time_ns();
    int64_t before = begun;
    size_t window = 1;
    size_t start = 0;
    uint32_t options = 0;

    if (!context || !data)
        return search_failed(PCRE2_ERROR_NOMEMORY, err);
    pcre2_set_match_limit(context, STEPS_MAX);
    pcre2_set_heap_limit(context, HEAP_MAX_KIB);
    while (start <= length) {
        size_t last = window < length - start ? start + window : length;
        int64_t now;
        int r;

        pcre2_set_offset_limit(context, last);
        r = pcre2_match(regex->code, (PCRE2_SPTR)text, length, start, options, data, context);
        if (r >= 0 || r == PCRE2_ERROR_NOMATCH)
            *ret_found = r >= 0;
        else
            return search_failed(r, err);
        now = thread_time_ns();
        if (r >= 0 || last == length)
            return 0;
        if (now - begun > SEARCH_MAX_NS)
            return search_failed(PCRE2_ERROR_MATCHLIMIT, err);
        window = now - before < WINDOW_MAX_NS ? window * 2 : 1;
        before = now;
        start = next_start(text, length, last);
        options = PCRE2_NO_UTF_CHECK; /* the first call checked it all */
    }
    *ret_found = false;
    return 0;
}
