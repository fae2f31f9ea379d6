// SPDX-License-Identifier: Apache-2.0
#include "value/regex_python.h"

#include <string.h>

#include "base/mem.h"
#include "value/codepoint.h"
#include "value/regex_translator.h"

#define PATTERN_MAX ((size_t)256 * 1024)
/* What PCRE2 can count to; Python's own limit is 2^32. */
#define REPEAT_MAX 65535u

struct repeat {
    uint64_t least;
    uint64_t most;
    const char *at; /* the quantifier in the pattern */
    size_t length;  /* characters of it, for the place of errors */
};

static int read_count(struct translator *t, uint64_t *ret_count, bool *ret_given)
{
    uint64_t count = 0;
    bool given = false;

    while (symbol_is_digit(&t->next, '9')) {
        int r;

        given = true;
        count = count_sum(count_product(count, 10), t->next.code - '0');
        r = translator_advance(t);
        if (r < 0)
            return r;
    }
    *ret_given = given;
    if (given)
        *ret_count = count;
    return 0;
}

/* The rest of {least,most} behind the brace: 1, or 0 when it is no quantifier but text; then
 * nothing was read. */
static int read_braces(struct translator *t, struct repeat *repeat)
{
    struct symbol start = t->next;
    bool given;
    int r;

    if (symbol_is(&t->next, '}'))
        return 0;
    r = read_count(t, &repeat->least, &given);
    if (r < 0)
        return r;
    r = translator_match(t, ',');
    if (r > 0)
        r = read_count(t, &repeat->most, &given);
    else if (!r && given)
        repeat->most = repeat->least;
    if (r < 0)
        return r;
    r = translator_match(t, '}');
    if (r)
        return r;
    t->next = start;
    return 0;
}

/* Write the quantifier behind the last item. */
static int add_repeat(struct translator *t, struct sequence *sequence, const struct repeat *repeat)
{
    int lazy = translator_match(t, '?');
    int possessive = lazy ? 0 : translator_match(t, '+');
    struct width *width = &sequence->last_width;

    if (lazy < 0 || possessive < 0)
        return lazy < 0 ? lazy : possessive;
    if (t->flags & FLAG_TEMPLATE)
        t->template_repeat = true;
    if (repeat->least > REPEAT_MAX || (repeat->most > REPEAT_MAX && repeat->most != UNLIMITED))
        return chaos_error_set(t->err, CHAOS_E_LIMIT,
                               "a repetition of more than %u is not supported, at position %zu",
                               REPEAT_MAX, translator_place(t, repeat->at));
    /* PCRE2 takes no repeated assertion for one of a fixed width; once is enough to say it. */
    if (!width->most && repeat->least && t->lookbehind_groups) {
        sequence->last = ITEM_REPEAT;
        return 0;
    }
    if (repeat->most == UNLIMITED)
        buffer_printf(&t->out, "{%u,}", (unsigned)repeat->least);
    else
        buffer_printf(&t->out, "{%u,%u}", (unsigned)repeat->least, (unsigned)repeat->most);
    if (lazy || possessive)
        buffer_add_char(&t->out, lazy ? '?' : '+');
    width->least = count_product(width->least, repeat->least);
    width->most = count_product(width->most, repeat->most);
    sequence->last = ITEM_REPEAT;
    return 0;
}

/* *, +, ? or an opening brace, which was read. */
static int parse_repeat(struct translator *t, struct sequence *sequence,
                        const struct symbol *symbol)
{
    struct repeat repeat = { .most = UNLIMITED, .at = symbol->at };
    const char *here = t->next.at;
    size_t back;
    int r = 1;

    if (symbol->code == '?')
        repeat.most = 1;
    else if (symbol->code == '+')
        repeat.least = 1;
    else if (symbol->code == '{')
        r = read_braces(t, &repeat);
    if (r < 0)
        return r;
    if (!r) {
        translator_literal(t, sequence, '{');
        return 0;
    }
    back = codepoint_count(here, (size_t)(t->next.at - here));
    if (repeat.most < repeat.least)
        return translator_fail(t, back, "min repeat greater than max repeat");
    if (sequence->last == ITEM_NONE || sequence->last == ITEM_PLACE)
        return translator_fail(t, back + 1, "nothing to repeat");
    if (sequence->last == ITEM_REPEAT)
        return translator_fail(t, back + 1, "multiple repeat");
    return add_repeat(t, sequence, &repeat);
}

/* Blanks and comments of (?x): 1 when the symbol, which was read, is one. */
static int skip_verbose(struct translator *t, const struct symbol *symbol)
{
    if (!(t->flags & FLAG_VERBOSE) || symbol->code >= 0x80)
        return 0;
    if (symbol->code && strchr(" \t\n\r\v\f", (int)symbol->code))
        return 1;
    if (symbol->code != '#')
        return 0;
    while (t->next.code != SYMBOL_END) {
        bool last = t->next.code == '\n';
        int r = translator_advance(t);

        if (r < 0)
            return r;
        if (last)
            break;
    }
    return 1;
}

/* One symbol of a sequence, which was read. */
static int parse_symbol(struct translator *t, struct sequence *sequence, bool first,
                        const struct symbol *symbol)
{
    int r = skip_verbose(t, symbol);

    if (r)
        return r < 0 ? r : 0;
    switch (symbol->code) {
    case '\\':
        return regex_parse_escape(t, sequence, symbol);
    case '[':
        return regex_parse_set(t, sequence, symbol->at);
    case '*':
    case '+':
    case '?':
    case '{':
        return parse_repeat(t, sequence, symbol);
    case '(':
        return regex_parse_group(t, sequence, first, symbol->at);
    case '.':
        translator_item(t, sequence, ITEM_OTHER, width_of(1, 1));
        buffer_add_text(&t->out, t->flags & FLAG_DOTALL ? "." : "\\N");
        return 0;
    case '^':
        translator_assertion(t, sequence, t->flags & FLAG_MULTILINE ? "(?:\\A|(?<=\\n))" : "\\A");
        return 0;
    case '$':
        translator_assertion(t, sequence, t->flags & FLAG_MULTILINE ? "(?=\\n|\\z)" : "\\Z");
        return 0;
    default:
        translator_literal(t, sequence, symbol->code);
        return 0;
    }
}

int regex_parse_sequence(struct translator *t, bool first, struct width *ret_width)
{
    struct sequence sequence = { 0 };

    while (t->next.code != SYMBOL_END && t->next.code != '|' && t->next.code != ')') {
        struct symbol symbol = t->next;
        int r = translator_advance(t);

        if (!r)
            r = parse_symbol(t, &sequence, first, &symbol);
        if (r < 0)
            return r;
    }
    *ret_width = width_sum(sequence.width, sequence.last_width);
    return 0;
}

int regex_parse_alternatives(struct translator *t, bool top, struct width *ret_width)
{
    struct width width;
    int r = regex_parse_sequence(t, top, &width);

    while (!r && symbol_is(&t->next, '|')) {
        struct width other;

        r = translator_advance(t);
        if (r < 0)
            return r;
        buffer_add_char(&t->out, '|');
        r = regex_parse_sequence(t, false, &other);
        if (!r)
            width = width_either(width, other);
    }
    if (!r)
        *ret_width = width;
    return r;
}

static int translate(struct translator *t)
{
    struct width width;
    int r = translator_advance(t);

    if (!r)
        r = regex_parse_alternatives(t, true, &width);
    if (r < 0)
        return r;
    if (t->next.code != SYMBOL_END)
        return translator_fail(t, 0, "unbalanced parenthesis");
    if (t->highest_condition >= t->group_count)
        return chaos_error_set(t->err, CHAOS_E_INVALID,
                               "invalid group reference %u at position %zu", t->highest_condition,
                               translator_place(t, t->condition_at));
    if (t->template_repeat)
        return chaos_error_set(t->err, CHAOS_E_INVALID, "internal: unsupported template operator");
    if (t->variable_lookbehind)
        return chaos_error_set(t->err, CHAOS_E_INVALID, "look-behind requires fixed-width pattern");
    return 0;
}

int regex_translate(const char *pattern, char **ret_pcre, struct chaos_error *err)
{
    struct translator t = {
        .pattern = pattern,
        .next = { .at = pattern },
        .groups = mem_zero(1, sizeof(struct group)),
        .group_count = 1,
        .err = err,
    };
    size_t length = strlen(pattern);
    int r;

    if (length > PATTERN_MAX)
        r = chaos_error_set(err, CHAOS_E_LIMIT, "a pattern of more than %zu bytes", PATTERN_MAX);
    else if (!str_is_utf8(pattern, length))
        r = chaos_error_set(err, CHAOS_E_INVALID, "a pattern that is not UTF-8");
    else
        r = translate(&t);
    for (uint32_t i = 0; i < t.group_count; i++)
        free(t.groups[i].name);
    free(t.groups);
    if (!r)
        *ret_pcre = buffer_take(&t.out);
    buffer_clear(&t.out);
    return r;
}
