// SPDX-License-Identifier: Apache-2.0
/* Scalars as PyYAML's emitter writes them with allow_unicode off: what is not ASCII is escaped, so
 * that plain and single quoted texts hold ASCII and line feeds only. */
#include <string.h>

#include "value/utf8.h"
#include "value/yaml_emit.h"
#include "value/yaml_scalar.h"

#define WIDTH 80
/* Characters of a key that needs no '?', less those of the "!!str" that PyYAML counts in. */
#define SIMPLE_KEY_MAX (127 - 5)

void emit_indicator(struct emitter *e, const char *text, unsigned flags)
{
    if ((flags & INDICATOR_APART) && !e->blank) {
        buffer_add_char(e->out, ' ');
        e->column++;
    }
    buffer_add_text(e->out, text);
    e->column += strlen(text);
    e->blank = flags & INDICATOR_BLANK;
    e->indention = e->indention && (flags & INDICATOR_INDENTION);
    e->open_ended = false;
}

void emit_line_break(struct emitter *e)
{
    buffer_add_char(e->out, '\n');
    e->column = 0;
    e->blank = true;
    e->indention = true;
}

void emit_indent(struct emitter *e)
{
    size_t indent = e->indent > 0 ? (size_t)e->indent : 0;

    if (!e->indention || e->column > indent || (e->column == indent && !e->blank))
        emit_line_break(e);
    if (e->column >= indent)
        return;
    for (; e->column < indent; e->column++)
        buffer_add_char(e->out, ' ');
    e->blank = true;
}

int emit_deeper(struct emitter *e)
{
    int before = e->indent;

    e->indent = before == EMITTER_NO_INDENT ? e->step : before + e->step;
    return before;
}

/* What a text contains, as far as the choice of its style depends on it. */
struct analysis {
    bool special;      /* needs an escape */
    bool line_breaks;  /* LF, NEL, LS or PS */
    bool indicators;   /* would mean something in a plain scalar */
    bool edge_blank;   /* starts or ends with a blank or a line feed */
    bool blank_after;  /* a line feed and then a blank */
    bool blank_before; /* a blank and then a line feed */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\n';
}

static bool is_unicode_break(const char *at, size_t left)
{
    return (left >= 2 && memcmp(at, "\xc2\x85", 2) == 0) ||
           (left >= 3 &&
            (memcmp(at, "\xe2\x80\xa8", 3) == 0 || memcmp(at, "\xe2\x80\xa9", 3) == 0));
}

static bool is_indicator(const char *text, size_t length, size_t i)
{
    bool blank_follows = i + 1 == length || is_blank(text[i + 1]);

    if (i == 0 && text[i] && strchr("#,[]{}&*!|>'\"%@`", text[i]))
        return true;
    if (i == 0 && (text[i] == '?' || text[i] == '-') && blank_follows)
        return true;
    if (text[i] == ':' && blank_follows)
        return true;
    return text[i] == '#' && i > 0 && is_blank(text[i - 1]);
}

static struct analysis analyse(const char *text, size_t length)
{
    struct analysis found = { 0 };

    if (length >= 3 && (memcmp(text, "---", 3) == 0 || memcmp(text, "...", 3) == 0))
        found.indicators = true;
    if (length && (is_blank(text[0]) || is_blank(text[length - 1])))
        found.edge_blank = true;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\n' && (text[i] < 0x20 || text[i] > 0x7e))
            found.special = true;
        if (text[i] == '\n' || is_unicode_break(text + i, length - i))
            found.line_breaks = true;
        if (is_indicator(text, length, i))
            found.indicators = true;
        if (i && text[i - 1] == '\n' && text[i] == ' ')
            found.blank_after = true;
        if (i && text[i - 1] == ' ' && text[i] == '\n')
            found.blank_before = true;
    }
    return found;
}

bool emit_is_simple_key(const char *text, size_t length)
{
    size_t characters = 0;

    for (size_t i = 0; i < length; i++)
        characters += ((unsigned char)text[i] & 0xc0) != 0x80;
    return length && characters <= SIMPLE_KEY_MAX && !analyse(text, length).line_breaks;
}

static void emit_run(struct emitter *e, const char *text, size_t length)
{
    buffer_add(e->out, text, length);
    e->column += length;
}

/* How many bytes from `text` on are in `set` (or are not). */
static size_t span(const char *text, size_t length, const char *set, bool in)
{
    size_t i = 0;

    while (i < length && (strchr(set, text[i]) != NULL) == in)
        i++;
    return i;
}

/* A single blank beyond the width becomes a line break. */
void emit_plain(struct emitter *e, const char *text, size_t length, enum scalar_place place)
{
    size_t i = 0;

    if (place == SCALAR_ROOT)
        e->open_ended = true;
    if (!e->blank)
        emit_run(e, " ", 1);
    e->blank = false;
    e->indention = false;
    while (i < length) {
        size_t words = span(text + i, length - i, " ", false);
        size_t blanks = span(text + i + words, length - i - words, " ", true);

        emit_run(e, text + i, words);
        i += words;
        if (blanks == 1 && e->column > WIDTH && place != SCALAR_KEY) {
            emit_indent(e);
            e->blank = false;
            e->indention = false;
        } else {
            emit_run(e, text + i, blanks);
        }
        i += blanks;
    }
}

/* Blanks in single quotes, which start at `i`. */
static void emit_blanks(struct emitter *e, size_t i, size_t blanks, size_t length, bool split)
{
    if (blanks == 1 && e->column > WIDTH && split && i != 0 && i + 1 != length) {
        emit_indent(e);
        return;
    }
    for (; blanks; blanks--)
        emit_run(e, " ", 1);
}

static void emit_single_quoted(struct emitter *e, const char *text, size_t length, bool split)
{
    size_t i = 0;

    emit_indicator(e, "'", INDICATOR_APART);
    while (i < length) {
        size_t words = span(text + i, length - i, " \n'", false);
        size_t blanks = span(text + i, length - i, " ", true);
        size_t breaks = span(text + i, length - i, "\n", true);

        emit_run(e, text + i, words);
        if (blanks) {
            emit_blanks(e, i, blanks, length, split);
        } else if (breaks) { /* the first one alone would read as a blank */
            for (size_t n = 0; n < breaks + 1; n++)
                emit_line_break(e);
            emit_indent(e);
        }
        i += words + blanks + breaks;
        if (!words && !blanks && !breaks) {
            emit_run(e, "''", 2);
            i++;
        }
    }
    emit_indicator(e, "'", 0);
}

static void emit_escape(struct emitter *e, uint32_t point)
{
    static const struct {
        uint32_t point;
        char name;
    } names[] = {
        { 0x00, '0' },  { 0x07, 'a' }, { 0x08, 'b' }, { 0x09, 't' },   { 0x0a, 'n' },
        { 0x0b, 'v' },  { 0x0c, 'f' }, { 0x0d, 'r' }, { 0x1b, 'e' },   { '"', '"' },
        { '\\', '\\' }, { 0x85, 'N' }, { 0xa0, '_' }, { 0x2028, 'L' }, { 0x2029, 'P' },
    };
    size_t before = e->out->length;

    for (size_t i = 0; i < ARRAY_SIZE(names) && e->out->length == before; i++)
        if (names[i].point == point)
            buffer_printf(e->out, "\\%c", names[i].name);
    if (e->out->length == before && point <= 0xff)
        buffer_printf(e->out, "\\x%02X", (unsigned)point);
    else if (e->out->length == before && point <= 0xffff)
        buffer_printf(e->out, "\\u%04X", (unsigned)point);
    else if (e->out->length == before)
        buffer_printf(e->out, "\\U%08X", (unsigned)point);
    e->column += e->out->length - before;
}

/* Break the line in double quotes; a blank that the next line starts with is kept by a '\'. */
static void emit_fold(struct emitter *e, char next)
{
    emit_run(e, "\\", 1);
    emit_indent(e);
    e->blank = false;
    e->indention = false;
    if (next == ' ')
        emit_run(e, "\\", 1);
}

static void emit_double_quoted(struct emitter *e, const char *text, size_t length, bool split)
{
    size_t run = 0; /* from here on nothing is written yet */
    size_t next;

    emit_indicator(e, "\"", INDICATOR_APART);
    for (size_t i = 0; i < length; i = next) {
        uint32_t point = UTF8_REPLACEMENT;
        size_t taken = utf8_decode(text + i, length - i, &point);
        bool escape = point < 0x20 || point > 0x7e || point == '"' || point == '\\';
        size_t width;

        next = i + (taken ? taken : 1);
        if (escape) {
            emit_run(e, text + run, i - run);
            emit_escape(e, point);
            run = next;
        }
        /* compat: after an escape PyYAML counts one character less than is written. */
        width = escape ? e->column - 1 : e->column + (i - run);
        if (!split || i == 0 || next >= length || width <= WIDTH)
            continue;
        if (escape || run == i || point == ' ') {
            if (run < i) {
                emit_run(e, text + run, i - run);
                run = i;
            }
            emit_fold(e, text[run]);
        }
    }
    emit_run(e, text + run, length - run);
    emit_indicator(e, "\"", 0);
}

void emit_text(struct emitter *e, const char *text, size_t length, enum scalar_place place)
{
    struct analysis found = analyse(text, length);
    bool single = !found.special && !found.blank_after && !found.blank_before;
    bool plain = single && !found.line_breaks && !found.indicators && !found.edge_blank &&
                 yaml_tag_resolve(text, length) == TAG_STR;

    if (plain)
        emit_plain(e, text, length, place);
    else if (single && !(place == SCALAR_KEY && found.line_breaks))
        emit_single_quoted(e, text, length, place != SCALAR_KEY);
    else
        emit_double_quoted(e, text, length, place != SCALAR_KEY);
}
