// SPDX-License-Identifier: Apache-2.0
/* Backslash escapes and sets of Python's re. */
#include <ctype.h>
#include <string.h>

#include "value/codepoint.h"
#include "value/regex_set.h"
#include "value/regex_translator.h"

#define WORD_UNICODE "[\\p{L}\\p{N}_]"
#define WORD_ASCII   "[0-9A-Z_a-z]"
#define BOUNDARY(w)  "(?:(?<=" w ")(?!" w ")|(?<!" w ")(?=" w "))"
/* compat: \B does not match in an empty text (Python before 3.14). */
#define NO_BOUNDARY(w) "(?:(?!\\A\\z)(?:(?<=" w ")(?=" w ")|(?<!" w ")(?!" w ")))"

static unsigned hex_value(uint32_t digit)
{
    return isdigit((int)digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

/* \x, \u and \U: the digits are the next symbols. */
static int read_hex(struct translator *t, const struct symbol *escape, size_t digits,
                    uint32_t *ret_code)
{
    uint64_t code = 0;
    size_t count = 0;

    for (; count < digits && t->next.code < 0x80 && isxdigit((int)t->next.code); count++) {
        int r;

        code = code * 16 + hex_value(t->next.code);
        r = translator_advance(t);
        if (r < 0)
            return r;
    }
    if (count < digits)
        return translator_fail(t, count + 2, "incomplete escape %.*s", (int)(count + 2),
                               escape->at);
    if (code > CODEPOINT_MAX)
        return translator_fail(t, count + 2, "bad escape %.*s", (int)(count + 2), escape->at);
    *ret_code = (uint32_t)code;
    return 0;
}

/* Up to `more` octal digits behind the ones in *code. */
static int read_octal(struct translator *t, const struct symbol *escape, size_t more,
                      uint32_t *code)
{
    size_t count = 0;

    for (; count < more && symbol_is_digit(&t->next, '7'); count++) {
        int r;

        *code = *code * 8 + (t->next.code - '0');
        r = translator_advance(t);
        if (r < 0)
            return r;
    }
    if (*code > 0377)
        return translator_fail(t, 4, "octal escape value %.*s outside of range 0-0o377", 4,
                               escape->at);
    return 0;
}

/* Escapes that stand for one character both inside and outside of a set; 1 when it was one. */
static int read_character(struct translator *t, const struct symbol *escape, uint32_t *ret_code)
{
    static const char names[] = "afnrtv\\";
    static const char codes[] = "\a\f\n\r\t\v\\";
    const char *name = escape->escaped < 0x80 ? strchr(names, (int)escape->escaped) : NULL;
    int r = 0;

    if (name) {
        *ret_code = (unsigned char)codes[name - names];
        return 1;
    }
    switch (escape->escaped) {
    case 'x':
        r = read_hex(t, escape, 2, ret_code);
        return r < 0 ? r : 1;
    case 'u':
        r = read_hex(t, escape, 4, ret_code);
        return r < 0 ? r : 1;
    case 'U':
        r = read_hex(t, escape, 8, ret_code);
        return r < 0 ? r : 1;
    case 'N':
        return translator_fail(t, 2, "\\N{name} is not supported, write the character as \\uXXXX");
    default:
        break;
    }
    if (escape->escaped < 0x80 && isdigit((int)escape->escaped))
        return 0;
    if (escape->escaped < 0x80 && isalpha((int)escape->escaped))
        return translator_fail(t, 2, "bad escape \\%c", (char)escape->escaped);
    *ret_code = escape->escaped;
    return 1;
}

static bool is_class(uint32_t letter)
{
    return letter && letter < 0x80 && strchr("dDsSwW", (int)letter);
}

/* A backslash and a digit other than 0: three octal digits, or a group of one or two digits. */
static int parse_reference(struct translator *t, struct sequence *sequence,
                           const struct symbol *escape)
{
    uint32_t number = escape->escaped - '0';
    size_t length = 2;
    int r;

    if (symbol_is_digit(&t->next, '9')) {
        uint32_t second = t->next.code - '0';
        bool octal = number < 8 && second < 8;

        length = 3;
        r = translator_advance(t);
        if (r < 0)
            return r;
        if (octal && symbol_is_digit(&t->next, '7')) {
            number = number * 8 + second;
            r = read_octal(t, escape, 1, &number);
            if (!r)
                translator_literal(t, sequence, number);
            return r;
        }
        number = number * 10 + second;
    }
    if (number >= t->group_count)
        return translator_fail(t, length - 1, "invalid group reference %u", number);
    r = translator_check_reference(t, number, length);
    if (!r)
        translator_reference(t, sequence, number);
    return r;
}

int regex_parse_escape(struct translator *t, struct sequence *sequence, const struct symbol *escape)
{
    bool ascii = t->flags & FLAG_ASCII;
    uint32_t code = 0;
    int r;

    if (is_class(escape->escaped)) {
        translator_letter_item(t, sequence, width_of(1, 1));
        buffer_add_char(&t->out, '[');
        regex_set_class(&t->out, (char)escape->escaped, ascii);
        buffer_add_char(&t->out, ']');
        return 0;
    }
    switch (escape->escaped) {
    case 'A':
        translator_assertion(t, sequence, "\\A");
        return 0;
    case 'Z':
        translator_assertion(t, sequence, "\\z");
        return 0;
    case 'b':
        translator_assertion(t, sequence, ascii ? BOUNDARY(WORD_ASCII) : BOUNDARY(WORD_UNICODE));
        return 0;
    case 'B':
        translator_assertion(t, sequence,
                             ascii ? NO_BOUNDARY(WORD_ASCII) : NO_BOUNDARY(WORD_UNICODE));
        return 0;
    case '0':
        r = read_octal(t, escape, 2, &code);
        break;
    default:
        r = read_character(t, escape, &code);
        if (!r)
            return parse_reference(t, sequence, escape);
        break;
    }
    if (r >= 0)
        translator_literal(t, sequence, code);
    return r < 0 ? r : 0;
}

/* One end of a range, or a class such as \d, whose letter is *ret_class then (else 0). */
static int read_member(struct translator *t, const struct symbol *symbol, uint32_t *ret_code,
                       uint32_t *ret_class)
{
    int r;

    *ret_class = 0;
    *ret_code = symbol->code;
    if (symbol->code != '\\')
        return 0;
    if (is_class(symbol->escaped)) {
        *ret_class = symbol->escaped;
        return 0;
    }
    if (symbol->escaped == 'b') {
        *ret_code = '\b';
        return 0;
    }
    if (symbol->escaped >= '0' && symbol->escaped <= '7') {
        *ret_code = symbol->escaped - '0';
        return read_octal(t, symbol, 2, ret_code);
    }
    r = read_character(t, symbol, ret_code);
    if (!r)
        return translator_fail(t, 2, "bad escape \\%c", (char)symbol->escaped);
    return r < 0 ? r : 0;
}

static void add_member(struct translator *t, uint32_t code, uint32_t class)
{
    if (class)
        regex_set_class(&t->out, (char)class, t->flags & FLAG_ASCII);
    else
        regex_set_range(&t->out, code, code, translator_letters(t));
}

static int bad_range(const struct translator *t, const struct symbol *low,
                     const struct symbol *high)
{
    return translator_fail(
        t,
        translator_place(t, low->at + low->length) - translator_place(t, low->at) + 1 +
            translator_place(t, high->at + high->length) - translator_place(t, high->at),
        "bad character range %.*s-%.*s", (int)low->length, low->at, (int)high->length, high->at);
}

/* What follows "x-" in a set; *ret_closed when that was the end of it. */
static int parse_range(struct translator *t, const struct symbol *low, uint32_t code,
                       uint32_t class, bool *ret_closed)
{
    struct symbol high = t->next;
    uint32_t high_code;
    uint32_t high_class;
    int r;

    if (high.code == SYMBOL_END)
        return 0; /* the caller says so */
    r = translator_advance(t);
    if (r < 0)
        return r;
    if (symbol_is(&high, ']')) {
        add_member(t, code, class);
        add_member(t, '-', 0);
        *ret_closed = true;
        return 0;
    }
    r = read_member(t, &high, &high_code, &high_class);
    if (r < 0)
        return r;
    if (class || high_class || high_code < code)
        return bad_range(t, low, &high);
    regex_set_range(&t->out, code, high_code, translator_letters(t));
    return 0;
}

/* A set: the bracket at `open` was read. */
static int parse_members(struct translator *t, const char *open)
{
    bool closed = false;
    bool empty = true;

    while (!closed) {
        struct symbol symbol = t->next;
        uint32_t code;
        uint32_t class;
        int r;

        if (symbol.code == SYMBOL_END)
            return translator_fail(t, translator_place(t, t->next.at) - translator_place(t, open),
                                   "unterminated character set");
        r = translator_advance(t);
        if (r < 0)
            return r;
        if (symbol_is(&symbol, ']') && !empty)
            return 0;
        empty = false;
        r = read_member(t, &symbol, &code, &class);
        if (r < 0)
            return r;
        r = translator_match(t, '-');
        if (r < 0)
            return r;
        if (r)
            r = parse_range(t, &symbol, code, class, &closed);
        else
            add_member(t, code, class);
        if (r < 0)
            return r;
    }
    return 0;
}

int regex_parse_set(struct translator *t, struct sequence *sequence, const char *open)
{
    size_t content;
    int negated = translator_match(t, '^');
    int r;

    if (negated < 0)
        return negated;
    translator_letter_item(t, sequence, width_of(1, 1));
    buffer_add_text(&t->out, negated ? "[^" : "[");
    content = t->out.length;
    r = parse_members(t, open);
    if (r < 0)
        return r;
    if (t->out.length > content) {
        buffer_add_char(&t->out, ']');
        return 0;
    }
    /* Nothing but surrogates, which no text has. */
    t->out.length = sequence->last_at;
    buffer_add_text(&t->out, negated ? "." : "(?!)");
    return 0;
}
