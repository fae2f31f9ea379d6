// SPDX-License-Identifier: Apache-2.0
/* Reading JSON: one pass, one function a rule of the grammar (RFC 8259 section 2). */
#include "value/json.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "value/extended.h"
#include "value/utf8.h"
#include "value/whole.h"

struct reader {
    const char *start;
    const char *at;
    const char *end;
    int depth;
    struct chaos_error *err;
};

static int read_value(struct reader *r, json_t **ret_value);

/* "'x'", "a line break" and so on: what stands at `at`, for an error. */
static void describe(struct buffer *out, const struct reader *r, const char *at)
{
    uint32_t point = 0;
    size_t length = at < r->end ? utf8_decode(at, (size_t)(r->end - at), &point) : 0;

    if (at >= r->end)
        buffer_add_text(out, "the end of the text");
    else if (*at == '\n' || *at == '\r')
        buffer_add_text(out, "a line break");
    else if (!length || point < 0x20 || point == 0x7f)
        buffer_printf(out, "byte 0x%02x", (unsigned)(unsigned char)*at);
    else
        buffer_printf(out, "'%.*s'", (int)length, at);
}

/* "line 3, column 7: " and the message, at `at`. */
static int fail(struct reader *r, const char *at, const char *message)
{
    struct utf8_place place = utf8_place(r->start, (size_t)(at - r->start));

    return chaos_error_set(r->err, CHAOS_E_INVALID, "line %zu, column %zu: %s", place.line,
                           place.column, message);
}

/* The same for what should stand where the reader is. */
static int fail_expected(struct reader *r, const char *expected)
{
    AUTO(buffer) struct buffer text = { 0 };

    buffer_printf(&text, "expected %s, found ", expected);
    describe(&text, r, r->at);
    return fail(r, r->at, buffer_text(&text));
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

/* Whether `c` comes next, after blanks; it is taken then. */
static bool take(struct reader *r, char c)
{
    skip_blanks(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool take_word(struct reader *r, const char *word)
{
    size_t length = strlen(word);

    if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
        return false;
    r->at += length;
    return true;
}

/* The four digits of \uXXXX, whose backslash is at `escape`. */
static int read_hex(struct reader *r, const char *escape, uint32_t *ret_unit)
{
    uint32_t unit = 0;

    for (int i = 0; i < 4; i++, r->at++) {
        char c = (char)(r->at < r->end ? *r->at : '\0');

        if (!isxdigit((unsigned char)c))
            return fail(r, escape, "expected four hexadecimal digits after '\\u'");
        unit = unit << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    *ret_unit = unit;
    return 0;
}

/* After "\u": one character, which may take a pair of escapes. */
static int read_unicode_escape(struct reader *r, const char *escape, struct buffer *out)
{
    uint32_t unit = 0;
    uint32_t low = 0;
    int code;

    code = read_hex(r, escape, &unit);
    if (code < 0)
        return code;
    if (unit >= 0xd800 && unit <= 0xdbff && r->end - r->at >= 2 && memcmp(r->at, "\\u", 2) == 0) {
        const char *second = r->at;

        r->at += 2;
        code = read_hex(r, second, &low);
        if (code < 0)
            return code;
        if (low >= 0xdc00 && low <= 0xdfff)
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        else
            r->at = second; /* not its other half: it counts for itself */
    }
    utf8_add(out, unit >= 0xd800 && unit <= 0xdfff ? UTF8_REPLACEMENT : unit);
    return 0;
}

static int read_escape(struct reader *r, struct buffer *out)
{
    static const char names[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char *escape = r->at++;
    const char *name;

    if (r->at == r->end)
        return fail_expected(r, "the rest of an escape");
    if (*r->at == 'u') {
        r->at++;
        return read_unicode_escape(r, escape, out);
    }
    name = memchr(names, *r->at, sizeof(names) - 1);
    if (!name)
        return fail_expected(r, "one of \"\\/bfnrtu after '\\'");
    buffer_add_char(out, meanings[name - names]);
    r->at++;
    return 0;
}

/* The end of the run of characters that stand for themselves. */
static const char *plain_end(const struct reader *r)
{
    const char *at = r->at;

    while (at < r->end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
        at++;
    return at;
}

/* After the opening quote at `quote`. The text lies in the input, or in *scratch when there were
 * escapes. */
static int read_text(struct reader *r, struct buffer *scratch, const char **ret_text,
                     size_t *ret_length)
{
    const char *quote = r->at - 1;
    const char *run = r->at;
    int code;

    r->at = plain_end(r);
    if (r->at < r->end && *r->at == '"') {
        *ret_text = run;
        *ret_length = (size_t)(r->at++ - run);
        return 0;
    }
    for (;;) {
        buffer_add(scratch, run, (size_t)(r->at - run));
        if (r->at == r->end)
            return fail(r, quote, "this text has no closing '\"'");
        if (*r->at == '"')
            break;
        if (*r->at != '\\')
            return fail(r, r->at, "a control character in a text must be written as an escape");
        code = read_escape(r, scratch);
        if (code < 0)
            return code;
        run = r->at;
        r->at = plain_end(r);
    }
    r->at++;
    *ret_text = scratch->data;
    *ret_length = scratch->length;
    return 0;
}

static int read_string(struct reader *r, json_t **ret_value)
{
    AUTO(buffer) struct buffer scratch = { 0 };
    const char *text = NULL;
    size_t length = 0;
    int code;

    code = read_text(r, &scratch, &text, &length);
    if (code < 0)
        return code;
    *ret_value = json_stringn_nocheck(text, length);
    return 0;
}

static void skip_digits(struct reader *r)
{
    while (r->at < r->end && isdigit((unsigned char)*r->at))
        r->at++;
}

/* Take a fraction or an exponent when one comes. A part that lacks its digits is not taken: what
 * follows the number is then wrong, as Python sees it. */
static bool take_part(struct reader *r, const char *leads, const char *signs)
{
    const char *start = r->at;
    const char *digits;

    if (r->at == r->end || !*r->at || !strchr(leads, *r->at))
        return false;
    r->at++;
    if (r->at < r->end && *r->at && strchr(signs, *r->at))
        r->at++;
    digits = r->at;
    skip_digits(r);
    if (r->at > digits)
        return true;
    r->at = start;
    return false;
}

static json_t *integer_value(const char *text)
{
    bool negative = text[0] == '-';
    json_int_t number = 0;

    for (const char *at = text + negative; *at; at++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_sub_overflow(number, *at - '0', &number))
            return extended_new(EXTENDED_INTEGER, text);
    if (!negative && __builtin_sub_overflow(0, number, &number))
        return extended_new(EXTENDED_INTEGER, text);
    return json_integer(number);
}

static int read_number(struct reader *r, json_t **ret_value)
{
    const char *start = r->at;
    AUTO(buffer) struct buffer text = { 0 };
    bool too_long;
    bool real;

    if (*r->at == '-')
        r->at++;
    if (r->at == r->end || !isdigit((unsigned char)*r->at))
        return fail_expected(r, "a digit after '-'");
    if (*r->at == '0')
        r->at++;
    else
        skip_digits(r);
    too_long = r->at - start > WHOLE_DIGITS_MAX + (*start == '-');
    real = take_part(r, ".", "");
    real = take_part(r, "eE", "+-") || real;
    if (too_long && !real)
        return fail(r, start, "a whole number may have 4300 digits at most");
    buffer_add(&text, start, (size_t)(r->at - start));
    *ret_value = real ? extended_real(strtod(text.data, NULL)) : integer_value(text.data);
    return 0;
}

static int read_array(struct reader *r, json_t **ret_value)
{
    AUTO(json) json_t *array = json_array();

    if (!take(r, ']')) {
        do {
            json_t *item = NULL;
            int code = read_value(r, &item);

            if (code < 0)
                return code;
            json_array_append_new(array, item);
        } while (take(r, ','));
        if (!take(r, ']'))
            return fail_expected(r, "',' or ']' after an item");
    }
    *ret_value = STEAL(array);
    return 0;
}

static int read_member(struct reader *r, json_t *object)
{
    AUTO(buffer) struct buffer scratch = { 0 };
    const char *key = NULL;
    size_t length = 0;
    json_t *value = NULL;
    int code;

    if (!take(r, '"'))
        return fail_expected(r, json_object_size(object) ? "a name in double quotes after ','"
                                                         : "a name in double quotes or '}'");
    code = read_text(r, &scratch, &key, &length);
    if (code < 0)
        return code;
    if (!take(r, ':'))
        return fail_expected(r, "':' after a name");
    code = read_value(r, &value);
    if (code < 0)
        return code;
    json_object_setn_new_nocheck(object, key, length, value);
    return 0;
}

static int read_object(struct reader *r, json_t **ret_value)
{
    AUTO(json) json_t *object = json_object();

    if (!take(r, '}')) {
        do {
            int code = read_member(r, object);

            if (code < 0)
                return code;
        } while (take(r, ','));
        if (!take(r, '}'))
            return fail_expected(r, "',' or '}' after a member");
    }
    *ret_value = STEAL(object);
    return 0;
}

static int read_container(struct reader *r, json_t **ret_value)
{
    bool is_object = *r->at == '{';
    int code;

    if (r->depth >= JSON_DEPTH_MAX) {
        fail(r, r->at, "nested deeper than 500 levels");
        r->err->code = CHAOS_E_LIMIT;
        return -CHAOS_E_LIMIT;
    }
    r->at++;
    r->depth++;
    code = is_object ? read_object(r, ret_value) : read_array(r, ret_value);
    r->depth--;
    return code;
}

static json_t *read_word(struct reader *r)
{
    if (take_word(r, "true"))
        return json_true();
    if (take_word(r, "false"))
        return json_false();
    if (take_word(r, "null"))
        return json_null();
    if (take_word(r, "NaN"))
        return extended_new(EXTENDED_NAN, "NaN");
    if (take_word(r, "Infinity"))
        return extended_new(EXTENDED_INFINITY, "Infinity");
    if (take_word(r, "-Infinity"))
        return extended_new(EXTENDED_INFINITY, "-Infinity");
    return NULL;
}

static int read_value(struct reader *r, json_t **ret_value)
{
    json_t *word;
    char c;

    skip_blanks(r);
    c = (char)(r->at < r->end ? *r->at : '\0');
    if (c == '{' || c == '[')
        return read_container(r, ret_value);
    if (c == '"') {
        r->at++;
        return read_string(r, ret_value);
    }
    if (isdigit((unsigned char)c))
        return read_number(r, ret_value);
    word = read_word(r);
    if (word) {
        *ret_value = word;
        return 0;
    }
    return c == '-' ? read_number(r, ret_value) : fail_expected(r, "a value");
}

static int check_utf8(struct reader *r)
{
    const char *at = r->at;
    size_t taken = 1;

    if (str_is_utf8(at, (size_t)(r->end - at)))
        return 0;
    for (; taken; at += taken) {
        uint32_t point;

        taken = utf8_decode(at, (size_t)(r->end - at), &point);
    }
    return fail(r, at, "this is not UTF-8 text");
}

int json_parse(const char *text, size_t length, json_t **ret_value, struct chaos_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t skip = length >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    struct reader r = { .start = text + skip, .at = text + skip, .end = text + length, .err = err };
    AUTO(json) json_t *value = NULL;
    int code;

    code = check_utf8(&r);
    if (code < 0)
        return code;
    code = read_value(&r, &value);
    if (code < 0)
        return code;
    skip_blanks(&r);
    if (r.at < r.end)
        return fail_expected(&r, "nothing after the value");
    *ret_value = STEAL(value);
    return 0;
}
