// SPDX-License-Identifier: Apache-2.0
#include "value/regex_set.h"

#include <ctype.h>
#include <string.h>

#include "value/utf8.h"

#define SURROGATE_FIRST 0xd800u
#define SURROGATE_LAST  0xdfffu

/* Letters that are one to Python when case is ignored, yet not to PCRE2: found by comparing all
 * of Unicode. Zero ends a short row. */
static const uint32_t kin[][4] = {
    { 'i', 'I', 0x130, 0x131 },
    { 0x390, 0x1fd3, 0, 0 },
    { 0x3b0, 0x1fe3, 0, 0 },
    { 0xfb05, 0xfb06, 0, 0 },
};

struct class_text {
    char letter;
    const char *unicode;
    const char *ascii;
};

/* str.isdecimal(), str.isspace(), str.isalnum() or '_', and what each leaves out. PCRE2's own \w
 * and \s are other sets, which also change between its versions. */
static const struct class_text classes[] = {
    { 'd', "\\p{Nd}", "0-9" },
    { 'D', "\\P{Nd}", "\\x{0}-/:-\\x{10ffff}" },
    { 's',
      "\\x{9}-\\x{d}\\x{1c}-\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}"
      "\\x{202f}\\x{205f}\\x{3000}",
      "\\x{9}-\\x{d}\\x{20}" },
    { 'S',
      "\\x{0}-\\x{8}\\x{e}-\\x{1b}\\x{21}-\\x{84}\\x{86}-\\x{9f}\\x{a1}-\\x{167f}"
      "\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}"
      "\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}",
      "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{10ffff}" },
    { 'w', "\\p{L}\\p{N}_", "0-9A-Z_a-z" },
    { 'W',
      "\\p{C}\\p{M}\\p{S}\\p{Z}\\p{Pd}\\p{Ps}\\p{Pe}\\p{Pi}\\p{Pf}\\p{Po}"
      "\\x{203f}\\x{2040}\\x{2054}\\x{fe33}\\x{fe34}\\x{fe4d}-\\x{fe4f}\\x{ff3f}",
      "\\x{0}-/:-@[-^`{-\\x{10ffff}" },
};

static bool is_surrogate(uint32_t code)
{
    return code >= SURROGATE_FIRST && code <= SURROGATE_LAST;
}

static void add_code(struct buffer *out, uint32_t code)
{
    if (code >= 0x80)
        utf8_add(out, code);
    else if (isalnum((int)code))
        buffer_add_char(out, (char)code);
    else
        buffer_printf(out, "\\x{%x}", code);
}

static void add_range(struct buffer *out, uint32_t low, uint32_t high)
{
    add_code(out, low);
    if (low == high)
        return;
    buffer_add_char(out, '-');
    add_code(out, high);
}

/* The other case of the ASCII letters of the range. */
static void add_ascii_case(struct buffer *out, uint32_t low, uint32_t high)
{
    static const uint32_t firsts[] = { 'A', 'a' };

    for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
        uint32_t first = firsts[i];
        uint32_t other = firsts[!i];
        uint32_t from = low > first ? low : first;
        uint32_t to = high < first + 25 ? high : first + 25;

        if (from <= to)
            add_range(out, from - first + other, to - first + other);
    }
}

static void add_kin(struct buffer *out, uint32_t low, uint32_t high)
{
    for (size_t row = 0; row < ARRAY_SIZE(kin); row++) {
        bool member = false;

        for (size_t i = 0; i < ARRAY_SIZE(kin[row]); i++)
            member = member || (kin[row][i] && kin[row][i] >= low && kin[row][i] <= high);
        for (size_t i = 0; member && i < ARRAY_SIZE(kin[row]) && kin[row][i]; i++)
            add_code(out, kin[row][i]);
    }
}

void regex_set_range(struct buffer *out, uint32_t low, uint32_t high, enum regex_case letters)
{
    if (letters == REGEX_CASE_ASCII)
        add_ascii_case(out, low, high);
    else if (letters == REGEX_CASE_UNICODE)
        add_kin(out, low, high);
    /* No text holds surrogates, and PCRE2 does not take them. */
    if (is_surrogate(low))
        low = SURROGATE_LAST + 1;
    if (is_surrogate(high))
        high = SURROGATE_FIRST - 1;
    if (low <= high)
        add_range(out, low, high);
}

void regex_set_literal(struct buffer *out, uint32_t code, enum regex_case letters)
{
    AUTO(buffer) struct buffer more = { 0 };

    if (is_surrogate(code)) {
        buffer_add_text(out, "(?!)");
        return;
    }
    if (letters == REGEX_CASE_ASCII)
        add_ascii_case(&more, code, code);
    else if (letters == REGEX_CASE_UNICODE)
        add_kin(&more, code, code);
    if (!more.length) {
        add_code(out, code);
        return;
    }
    buffer_add_char(out, '[');
    buffer_add_text(out, buffer_text(&more));
    add_code(out, code);
    buffer_add_char(out, ']');
}

void regex_set_class(struct buffer *out, char letter, bool ascii)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
        if (classes[i].letter == letter)
            buffer_add_text(out, ascii ? classes[i].ascii : classes[i].unicode);
}
