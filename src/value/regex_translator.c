// SPDX-License-Identifier: Apache-2.0
#include "value/regex_translator.h"

#include <string.h>

#include "base/mem.h"
#include "value/codepoint.h"
#include "value/regex_set.h"

size_t translator_place(const struct translator *t, const char *at)
{
    return codepoint_count(t->pattern, (size_t)(at - t->pattern));
}

void translator_error(const struct translator *t, size_t back, const char *format, ...)
{
    size_t position = translator_place(t, t->next.at) - back;
    AUTO(str) char *text = NULL;
    va_list args;

    va_start(args, format);
    text = mem_vprintf(format, args);
    va_end(args);
    chaos_error_set(t->err, CHAOS_E_INVALID, "%s at position %zu", text, position);
}

int translator_advance(struct translator *t)
{
    const char *at = t->next.at + t->next.length;
    const char *end = at;
    struct symbol next = { .code = SYMBOL_END, .at = at };

    if (*at)
        next.code = codepoint_next(&end);
    if (next.code == '\\') {
        if (!*end)
            return chaos_error_set(t->err, CHAOS_E_INVALID,
                                   "bad escape (end of pattern) at position %zu",
                                   translator_place(t, at));
        next.escaped = codepoint_next(&end);
    }
    next.length = (size_t)(end - at);
    t->next = next;
    return 0;
}

bool symbol_is(const struct symbol *symbol, char c)
{
    return symbol->code == (unsigned char)c;
}

bool symbol_is_digit(const struct symbol *symbol, uint32_t highest)
{
    return symbol->code >= '0' && symbol->code <= highest;
}

int translator_match(struct translator *t, char c)
{
    int r;

    if (!symbol_is(&t->next, c))
        return 0;
    r = translator_advance(t);
    return r < 0 ? r : 1;
}

struct width width_of(uint64_t least, uint64_t most)
{
    return (struct width){ least, most };
}

uint64_t count_sum(uint64_t a, uint64_t b)
{
    uint64_t sum;

    return __builtin_add_overflow(a, b, &sum) ? UNLIMITED : sum;
}

uint64_t count_product(uint64_t a, uint64_t b)
{
    uint64_t product;

    return __builtin_mul_overflow(a, b, &product) ? UNLIMITED : product;
}

struct width width_sum(struct width a, struct width b)
{
    return width_of(count_sum(a.least, b.least), count_sum(a.most, b.most));
}

struct width width_either(struct width a, struct width b)
{
    return width_of(a.least < b.least ? a.least : b.least, a.most > b.most ? a.most : b.most);
}

enum regex_case translator_letters(const struct translator *t)
{
    if (!(t->flags & FLAG_IGNORECASE))
        return REGEX_CASE_EXACT;
    return t->flags & FLAG_ASCII ? REGEX_CASE_ASCII : REGEX_CASE_UNICODE;
}

void translator_item(struct translator *t, struct sequence *sequence, enum item_kind kind,
                     struct width width)
{
    sequence->width = width_sum(sequence->width, sequence->last_width);
    sequence->last = kind;
    sequence->last_at = t->out.length;
    sequence->last_width = width;
}

void translator_letter_item(struct translator *t, struct sequence *sequence, struct width width)
{
    bool caseless = translator_letters(t) == REGEX_CASE_UNICODE;

    if (caseless != t->caseless)
        buffer_add_text(&t->out, caseless ? "(?i)" : "(?-i)");
    t->caseless = caseless;
    translator_item(t, sequence, ITEM_OTHER, width);
}

void translator_literal(struct translator *t, struct sequence *sequence, uint32_t code)
{
    translator_letter_item(t, sequence, width_of(1, 1));
    regex_set_literal(&t->out, code, translator_letters(t));
}

void translator_assertion(struct translator *t, struct sequence *sequence, const char *text)
{
    translator_item(t, sequence, ITEM_PLACE, width_of(0, 0));
    buffer_add_text(&t->out, text);
}

int translator_check_reference(const struct translator *t, uint32_t group, size_t back)
{
    if (!t->groups[group].closed)
        return translator_fail(t, back, "cannot refer to an open group");
    if (t->lookbehind_groups && group >= t->lookbehind_groups)
        return translator_fail(t, 0,
                               "cannot refer to group defined in the same lookbehind subpattern");
    return 0;
}

void translator_reference(struct translator *t, struct sequence *sequence, uint32_t group)
{
    translator_letter_item(t, sequence, t->groups[group].width);
    buffer_printf(&t->out, "\\g{%u}", group);
}
