// SPDX-License-Identifier: Apache-2.0
#include "net/http_text.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "net/http_client.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static void add_escaped(struct buffer *out, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    const char text[3] = { '%', digits[byte >> 4], digits[byte & 15] };

    buffer_add(out, text, sizeof(text));
}

static bool is_unreserved(unsigned char byte)
{
    return byte < 0x80 && (isalnum(byte) || (byte && strchr("_.-~", byte)));
}

void http_quote_plus(struct buffer *out, const char *text)
{
    for (; *text; text++) {
        if (is_unreserved((unsigned char)*text))
            buffer_add_char(out, *text);
        else if (*text == ' ')
            buffer_add_char(out, '+');
        else
            add_escaped(out, (unsigned char)*text);
    }
}

/* The length of "scheme://authority" at the start of `url`, 0 without one. */
static size_t authority_end(const char *url)
{
    const char *mark = strstr(url, "://");

    return mark ? (size_t)(mark + 3 - url) + strcspn(mark + 3, "/?#") : 0;
}

char *http_url_quote(const char *url)
{
    AUTO(buffer) struct buffer out = { 0 };
    size_t plain;

    while (isspace((unsigned char)*url))
        url++;
    plain = authority_end(url);
    buffer_add(&out, url, plain);
    for (url += plain; *url; url++) {
        unsigned char byte = (unsigned char)*url;
        bool escape =
            byte == '%' && isxdigit((unsigned char)url[1]) && isxdigit((unsigned char)url[2]);

        if (is_unreserved(byte) || escape || strchr("!#$&'()*+,/:;=?@[]", byte))
            buffer_add_char(&out, *url);
        else
            add_escaped(&out, byte);
    }
    return buffer_take(&out);
}

char *http_url_masked(const char *url)
{
    size_t end = authority_end(url);
    const char *name = end ? strstr(url, "://") + 3 : url;
    const char *at = end ? memrchr(name, '@', end - (size_t)(name - url)) : NULL;
    const char *colon = at ? memchr(name, ':', (size_t)(at - name)) : NULL;

    if (!colon)
        return mem_strdup(url);
    return mem_printf("%.*s:***%s", (int)(colon - url), url, at);
}

void http_text_latin1(struct buffer *out, const char *data, size_t length)
{
    buffer_reserve(out, length);
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)data[i];

        if (byte < 0x80) {
            buffer_add_char(out, data[i]);
        } else {
            buffer_add_char(out, (char)(0xc0 | byte >> 6));
            buffer_add_char(out, (char)(0x80 | (byte & 0x3f)));
        }
    }
}

/* How many bytes at `data` form one character, or, negated, how many one replacement stands for:
 * the longest start of a well-formed sequence (Unicode, section 3.9, U+FFFD substitution). */
static int sequence_length(const unsigned char *data, size_t left)
{
    unsigned char first = data[0];
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    int length;

    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return -1;
    length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first == 0xe0)
        low = 0xa0; /* overlong below */
    else if (first == 0xed)
        high = 0x9f; /* surrogates above */
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f; /* beyond U+10FFFF above */
    for (int i = 1; i < length; i++) {
        if ((size_t)i >= left || data[i] < low || data[i] > high)
            return -i;
        low = 0x80;
        high = 0xbf;
    }
    return length;
}

static void add_utf8(struct buffer *out, const char *data, size_t length)
{
    size_t at = 0;

    if (str_is_utf8(data, length)) {
        buffer_add(out, data, length);
        return;
    }
    while (at < length) {
        int n = sequence_length((const unsigned char *)data + at, length - at);

        if (n > 0)
            buffer_add(out, data + at, (size_t)n);
        else
            buffer_add_text(out, REPLACEMENT);
        at += (size_t)(n > 0 ? n : -n);
    }
}

/* Append `data` as iconv(3) reads it; false when the C library lacks the encoding. */
static bool add_converted(struct buffer *out, const char *charset, const char *data, size_t length)
{
    iconv_t converter = iconv_open("UTF-8", charset);
    char *in = (char *)(uintptr_t)data; // NOLINT(performance-no-int-to-ptr): iconv() only reads it
    char chunk[4096];

    if (converter == (iconv_t)-1) // NOLINT(performance-no-int-to-ptr): as POSIX spells it
        return false;
    while (length) {
        char *end = chunk;
        size_t room = sizeof(chunk);
        size_t r = iconv(converter, &in, &length, &end, &room);
        int why = errno;

        buffer_add(out, chunk, sizeof(chunk) - room);
        if (r != (size_t)-1 || why == E2BIG)
            continue;
        buffer_add_text(out, REPLACEMENT);
        if (why == EINVAL)
            break; /* the last character is cut off */
        in++;
        length--;
    }
    iconv_close(converter);
    return true;
}

/* What iconv(3) is let near: encodings met on the web (WHATWG), under their usual names. */
static const char *const charsets[] = {
    "big5",         "cp1250",       "cp1251",       "cp1252",       "cp437",        "cp850",
    "euc-jp",       "euc-kr",       "gb18030",      "gb2312",       "gbk",          "iso-8859-10",
    "iso-8859-13",  "iso-8859-14",  "iso-8859-15",  "iso-8859-16",  "iso-8859-2",   "iso-8859-3",
    "iso-8859-4",   "iso-8859-5",   "iso-8859-6",   "iso-8859-7",   "iso-8859-8",   "iso-8859-9",
    "koi8-r",       "koi8-u",       "shift_jis",    "utf-16",       "utf-16be",     "utf-16le",
    "utf-32",       "utf-32be",     "utf-32le",     "windows-1250", "windows-1251", "windows-1252",
    "windows-1253", "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258",
    NULL,
};

static const char *const latin1_names[] = { "iso-8859-1", "iso8859-1", "iso_8859-1",
                                            "latin1",     "latin-1",   NULL };

#define CHARSET_SIZE 32

/* Where the value of the charset parameter starts, NULL without one. */
static const char *find_charset(const char *content_type)
{
    const char *at = content_type;

    while (at && (at = strchr(at, ';'))) {
        at += 1 + strspn(at + 1, " \t");
        if (strncasecmp(at, "charset", 7) != 0)
            continue;
        at += 7 + strspn(at + 7, " \t");
        if (*at == '=')
            return at + 1 + strspn(at + 1, " \t\"'");
    }
    return NULL;
}

/* The charset in lower case, "" without one; "?" for what cannot be the name of one. */
static void read_charset(const char *content_type, char name[CHARSET_SIZE])
{
    const char *value = find_charset(content_type);
    size_t length = value ? strcspn(value, "; \t\"'") : 0;

    for (size_t i = 0; i < length && i < CHARSET_SIZE; i++)
        name[i] = (char)tolower((unsigned char)value[i]);
    if (length >= CHARSET_SIZE) {
        name[0] = '?';
        length = 1;
    }
    name[length] = '\0';
}

/* Whether the media type, without its parameters, contains `part`. */
static bool media_type_has(const char *content_type, const char *part)
{
    size_t length = content_type ? strcspn(content_type, ";") : 0;

    return length && memmem(content_type, length, part, strlen(part));
}

static bool is_binary(const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)data[i] < 0x20 && !strchr("\t\n\v\f\r\x1b", data[i] ? data[i] : 1))
            return true;
    return false;
}

static void add_guessed(struct buffer *out, const char *data, size_t length)
{
    bool utf16 =
        length >= 2 && (memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0);

    if (utf16 && add_converted(out, "utf-16", data, length))
        return;
    if (str_is_utf8(data, length) || is_binary(data, length) ||
        !add_converted(out, "cp1252", data, length))
        add_utf8(out, data, length);
}

void http_text_decode(struct buffer *out, const char *content_type, const char *data, size_t length)
{
    char charset[CHARSET_SIZE] = "";

    if (!length)
        return;
    read_charset(content_type, charset);
    if (!charset[0] && media_type_has(content_type, "text"))
        snprintf(charset, sizeof(charset), "%s", latin1_names[0]);
    if (!charset[0] && !media_type_has(content_type, "application/json"))
        add_guessed(out, data, length);
    else if (str_in(charset, latin1_names))
        http_text_latin1(out, data, length);
    else if (!str_in(charset, charsets) || !add_converted(out, charset, data, length))
        add_utf8(out, data, length);
}
