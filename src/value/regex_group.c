// SPDX-License-Identifier: Apache-2.0
/* Everything that starts with a parenthesis in Python's re. */
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "value/codepoint.h"
#include "value/pytext.h"
#include "value/regex_translator.h"

#define NESTED_MAX 100
#define GROUPS_MAX 10000u

/* The text up to `close`, which is stepped over; owned. */
static int read_until(struct translator *t, char close, const char *what, char **ret_text)
{
    const char *start = t->next.at;
    size_t length;
    int r;

    while (!symbol_is(&t->next, close)) {
        if (t->next.code == SYMBOL_END && t->next.at == start)
            return translator_fail(t, 0, "missing %s", what);
        if (t->next.code == SYMBOL_END)
            return translator_fail(t, translator_place(t, t->next.at) - translator_place(t, start),
                                   "missing %c, unterminated name", close);
        r = translator_advance(t);
        if (r < 0)
            return r;
    }
    length = (size_t)(t->next.at - start);
    r = translator_advance(t);
    if (r < 0)
        return r;
    if (!length)
        return translator_fail(t, 1, "missing %s", what);
    *ret_text = mem_strndup(start, length);
    return 0;
}

/* str.isidentifier() for ASCII; whatever else is taken for a letter. */
static bool is_identifier(const char *name)
{
    if (isdigit((unsigned char)*name))
        return false;
    for (; *name; name++)
        if ((unsigned char)*name < 0x80 && !isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

static int bad_name(const struct translator *t, const char *name)
{
    AUTO(json) json_t *text = json_string(name);
    AUTO(buffer) struct buffer shown = { 0 };

    pytext_repr(&shown, text);
    return translator_fail(t, codepoint_count(name, strlen(name)) + 1,
                           "bad character in group name %s", buffer_text(&shown));
}

/* 0 when there is none: no name can be that of group 0. */
static uint32_t find_group(const struct translator *t, const char *name)
{
    for (uint32_t i = 1; i < t->group_count; i++)
        if (str_equal(t->groups[i].name, name))
            return i;
    return 0;
}

static int unknown_name(const struct translator *t, const char *name)
{
    return translator_fail(t, codepoint_count(name, strlen(name)) + 1, "unknown group name '%s'",
                           name);
}

/* (?P=name) */
static int parse_named_reference(struct translator *t, struct sequence *sequence)
{
    AUTO(str) char *name = NULL;
    uint32_t group;
    int r = read_until(t, ')', "group name", &name);

    if (r < 0)
        return r;
    if (!is_identifier(name))
        return bad_name(t, name);
    group = find_group(t, name);
    if (!group)
        return unknown_name(t, name);
    r = translator_check_reference(t, group, codepoint_count(name, strlen(name)) + 1);
    if (!r)
        translator_reference(t, sequence, group);
    return r;
}

static int close_group(struct translator *t, const char *open)
{
    int r = translator_match(t, ')');

    if (r < 0)
        return r;
    if (!r)
        return translator_fail(t, translator_place(t, t->next.at) - translator_place(t, open),
                               "missing ), unterminated subpattern");
    buffer_add_char(&t->out, ')');
    return 0;
}

static int enter_group(struct translator *t, const char *open)
{
    if (t->nested == NESTED_MAX)
        return chaos_error_set(t->err, CHAOS_E_LIMIT,
                               "groups nested deeper than %d at position %zu", NESTED_MAX,
                               translator_place(t, open));
    t->nested++;
    return 0;
}

/* The inside of a group, its start in the output already, and the closing parenthesis. */
static int parse_group_body(struct translator *t, const char *open, struct width *ret_width)
{
    bool caseless = t->caseless;
    unsigned flags = t->flags;
    int r = enter_group(t, open);

    if (r < 0)
        return r;
    r = regex_parse_alternatives(t, false, ret_width);
    if (!r)
        r = close_group(t, open);
    t->nested--;
    t->flags = flags;
    t->caseless = caseless;
    return r;
}

/* (...) and (?P<name>...) */
static int parse_capture(struct translator *t, struct sequence *sequence, char *name,
                         const char *open)
{
    uint32_t number = t->group_count;
    uint32_t other = name ? find_group(t, name) : 0;
    int r;

    if (other) {
        r = translator_fail(t, codepoint_count(name, strlen(name)) + 1,
                            "redefinition of group name '%s' as group %u; was group %u", name,
                            number, other);
        free(name);
        return r;
    }
    t->groups = mem_resize(t->groups, (number + 1) * sizeof(*t->groups));
    t->groups[number] = (struct group){ .name = name };
    t->group_count++;
    if (number == GROUPS_MAX)
        return chaos_error_set(t->err, CHAOS_E_LIMIT, "more than %u groups", GROUPS_MAX);
    translator_item(t, sequence, ITEM_OTHER, width_of(0, 0));
    buffer_add_char(&t->out, '(');
    r = parse_group_body(t, open, &sequence->last_width);
    t->groups[number].closed = true;
    t->groups[number].width = sequence->last_width;
    return r;
}

static int parse_plain_group(struct translator *t, struct sequence *sequence, const char *start,
                             const char *open)
{
    translator_item(t, sequence, ITEM_OTHER, width_of(0, 0));
    buffer_add_text(&t->out, start);
    return parse_group_body(t, open, &sequence->last_width);
}

static int parse_lookahead(struct translator *t, struct sequence *sequence, const char *start,
                           const char *open)
{
    int r = parse_plain_group(t, sequence, start, open);

    sequence->last_width = width_of(0, 0);
    return r;
}

/* (?<= and (?<!: "(?<" was read. */
static int parse_lookbehind(struct translator *t, struct sequence *sequence, const char *open)
{
    struct symbol kind = t->next;
    uint32_t outer = t->lookbehind_groups;
    int r;

    if (kind.code == SYMBOL_END)
        return translator_fail(t, 0, "unexpected end of pattern");
    r = translator_advance(t);
    if (r < 0)
        return r;
    if (kind.code != '=' && kind.code != '!')
        return translator_fail(t,
                               translator_place(t, t->next.at) - translator_place(t, kind.at) + 2,
                               "unknown extension ?<%.*s", (int)kind.length, kind.at);
    if (!outer)
        t->lookbehind_groups = t->group_count;
    r = parse_plain_group(t, sequence, kind.code == '=' ? "(?<=" : "(?<!", open);
    t->lookbehind_groups = outer;
    if (sequence->last_width.least != sequence->last_width.most)
        t->variable_lookbehind = true;
    sequence->last_width = width_of(0, 0);
    return r;
}

/* The group of a condition by its name or number. */
static int read_condition(struct translator *t, uint32_t *ret_group)
{
    AUTO(str) char *name = NULL;
    uint64_t number = 0;
    size_t length;
    int r = read_until(t, ')', "group name", &name);

    if (r < 0)
        return r;
    length = codepoint_count(name, strlen(name));
    if (is_identifier(name)) {
        *ret_group = find_group(t, name);
        return *ret_group ? 0 : unknown_name(t, name);
    }
    for (const char *at = name; *at; at++) {
        if (!isdigit((unsigned char)*at))
            return bad_name(t, name);
        number = count_sum(count_product(number, 10), (uint64_t)(*at - '0'));
    }
    if (!number)
        return translator_fail(t, length + 1, "bad group number");
    if (number > GROUPS_MAX)
        return translator_fail(t, length + 1, "invalid group reference %s", name);
    *ret_group = (uint32_t)number;
    if (*ret_group > t->highest_condition) {
        t->highest_condition = *ret_group;
        t->condition_at = t->next.at - strlen(name) - 1;
    }
    return 0;
}

/* (?(group)yes|no): "(?(" was read. */
static int parse_condition(struct translator *t, struct sequence *sequence, const char *open)
{
    struct width no = width_of(0, 0);
    bool caseless = t->caseless;
    uint32_t group = 0;
    int r = read_condition(t, &group);

    if (r < 0)
        return r;
    if (t->lookbehind_groups) {
        if (group >= t->group_count)
            return translator_fail(t, 0, "cannot refer to an open group");
        r = translator_check_reference(t, group, 0);
        if (r < 0)
            return r;
    }
    r = enter_group(t, open);
    if (r < 0)
        return r;
    translator_item(t, sequence, ITEM_OTHER, width_of(0, 0));
    buffer_printf(&t->out, "(?(%u)", group);
    r = regex_parse_sequence(t, false, &sequence->last_width);
    if (!r)
        r = translator_match(t, '|');
    if (r > 0) {
        buffer_add_char(&t->out, '|');
        r = regex_parse_sequence(t, false, &no);
        if (!r && symbol_is(&t->next, '|'))
            return translator_fail(t, 0, "conditional backref with more than two branches");
    }
    t->nested--;
    sequence->last_width = width_either(sequence->last_width, no);
    if (r >= 0)
        r = close_group(t, open);
    t->caseless = caseless;
    return r;
}

static unsigned flag_of(uint32_t letter)
{
    switch (letter) {
    case 'i':
        return FLAG_IGNORECASE;
    case 'm':
        return FLAG_MULTILINE;
    case 's':
        return FLAG_DOTALL;
    case 'x':
        return FLAG_VERBOSE;
    case 'a':
        return FLAG_ASCII;
    case 'u':
        return FLAG_UNICODE;
    case 't':
        return FLAG_TEMPLATE;
    default:
        return 0;
    }
}

/* The symbol behind a flag: `missing` says what would be right in its place. */
static int next_flag(struct translator *t, struct symbol *symbol, const char *missing)
{
    *symbol = t->next;
    if (symbol->code == SYMBOL_END)
        return translator_fail(t, 0, "missing %s", missing);
    return translator_advance(t);
}

static int bad_flag(const struct translator *t, const struct symbol *symbol, const char *missing)
{
    size_t length = symbol->escaped ? 2 : 1;

    if (symbol->code >= 0x80 || isalpha((int)symbol->code))
        return translator_fail(t, length, "unknown flag");
    return translator_fail(t, length, "missing %s", missing);
}

/* Flags to turn on, up to the symbol behind them, which is left in *symbol. */
static int read_flags_on(struct translator *t, struct symbol *symbol, unsigned *ret_flags)
{
    unsigned flags = 0;

    while (!symbol_is(symbol, ')') && !symbol_is(symbol, '-') && !symbol_is(symbol, ':')) {
        unsigned flag = flag_of(symbol->code);
        int r;

        if (symbol->code == 'L')
            return translator_fail(t, 0,
                                   "bad inline flags: cannot use 'L' flag with a str pattern");
        if (!flag)
            return bad_flag(t, symbol, "-, : or )");
        flags |= flag;
        if ((flag & FLAGS_TYPE) && (flags & FLAGS_TYPE) != flag)
            return translator_fail(t, 0,
                                   "bad inline flags: flags 'a', 'u' and 'L' are incompatible");
        r = next_flag(t, symbol, "-, : or )");
        if (r < 0)
            return r;
    }
    *ret_flags = flags;
    return 0;
}

/* Flags to turn off: the '-' was read. */
static int read_flags_off(struct translator *t, unsigned *ret_flags)
{
    struct symbol symbol;
    unsigned flags = 0;
    int r = next_flag(t, &symbol, "flag");

    if (r < 0)
        return r;
    do {
        unsigned flag = flag_of(symbol.code);

        if ((flag & FLAGS_TYPE) || symbol.code == 'L')
            return translator_fail(t, 0,
                                   "bad inline flags: cannot turn off flags 'a', 'u' and 'L'");
        if (!flag)
            return bad_flag(t, &symbol, flags ? ":" : "flag");
        flags |= flag;
        r = next_flag(t, &symbol, ":");
        if (r < 0)
            return r;
    } while (!symbol_is(&symbol, ':'));
    *ret_flags = flags;
    return 0;
}

/* (?flags) and (?flags-flags:...): the first symbol behind the question mark was read. */
static int parse_flags(struct translator *t, struct sequence *sequence, struct symbol symbol,
                       bool first, const char *open)
{
    unsigned outer = t->flags;
    unsigned on = 0;
    unsigned off = 0;
    int r = read_flags_on(t, &symbol, &on);

    if (r < 0)
        return r;
    if (symbol_is(&symbol, ')')) {
        if (!first || sequence->last != ITEM_NONE)
            return translator_fail(t, translator_place(t, t->next.at) - translator_place(t, open),
                                   "global flags not at the start of the expression");
        t->flags |= on;
        if ((t->flags & FLAGS_TYPE) == FLAGS_TYPE)
            return chaos_error_set(t->err, CHAOS_E_INVALID,
                                   "ASCII and UNICODE flags are incompatible");
        return 0;
    }
    if (on & FLAG_TEMPLATE)
        return translator_fail(t, 1, "bad inline flags: cannot turn on global flag");
    r = symbol_is(&symbol, '-') ? read_flags_off(t, &off) : 0;
    if (r < 0)
        return r;
    if (off & FLAG_TEMPLATE)
        return translator_fail(t, 1, "bad inline flags: cannot turn off global flag");
    if (on & off)
        return translator_fail(t, 1, "bad inline flags: flag turned on and off");
    translator_item(t, sequence, ITEM_OTHER, width_of(0, 0));
    buffer_add_text(&t->out, "(?:");
    if (on & FLAGS_TYPE)
        t->flags &= ~(unsigned)FLAGS_TYPE;
    t->flags = (t->flags | on) & ~off;
    r = parse_group_body(t, open, &sequence->last_width);
    t->flags = outer;
    return r;
}

/* (?#...): "(?#" was read. */
static int skip_comment(struct translator *t, const char *open)
{
    int r;

    do {
        if (t->next.code == SYMBOL_END)
            return translator_fail(t, translator_place(t, t->next.at) - translator_place(t, open),
                                   "missing ), unterminated comment");
        r = translator_match(t, ')');
        if (!r && translator_advance(t) < 0)
            return -CHAOS_E_INVALID;
    } while (!r);
    return r < 0 ? r : 0;
}

/* (?P...): "(?P" was read. */
static int parse_python_extension(struct translator *t, struct sequence *sequence, const char *open)
{
    struct symbol symbol = t->next;
    char *name = NULL;
    int r;

    if (symbol.code == SYMBOL_END)
        return translator_fail(t, 0, "unexpected end of pattern");
    r = translator_advance(t);
    if (r < 0)
        return r;
    if (symbol_is(&symbol, '='))
        return parse_named_reference(t, sequence);
    if (!symbol_is(&symbol, '<'))
        return translator_fail(t, symbol.escaped ? 4 : 3, "unknown extension ?P%.*s",
                               (int)symbol.length, symbol.at);
    r = read_until(t, '>', "group name", &name);
    if (r < 0)
        return r;
    if (!is_identifier(name)) {
        r = bad_name(t, name);
        free(name);
        return r;
    }
    return parse_capture(t, sequence, name, open);
}

/* (?...): "(?" was read. */
static int parse_extension(struct translator *t, struct sequence *sequence, bool first,
                           const char *open)
{
    struct symbol symbol = t->next;
    int r;

    if (symbol.code == SYMBOL_END)
        return translator_fail(t, 0, "unexpected end of pattern");
    r = translator_advance(t);
    if (r < 0)
        return r;
    switch (symbol.code) {
    case 'P':
        return parse_python_extension(t, sequence, open);
    case ':':
        return parse_plain_group(t, sequence, "(?:", open);
    case '>':
        return parse_plain_group(t, sequence, "(?>", open);
    case '=':
        return parse_lookahead(t, sequence, "(?=", open);
    case '!':
        return parse_lookahead(t, sequence, "(?!", open);
    case '<':
        return parse_lookbehind(t, sequence, open);
    case '(':
        return parse_condition(t, sequence, open);
    case '#':
        return skip_comment(t, open);
    default:
        break;
    }
    if (flag_of(symbol.code) || symbol.code == 'L' || symbol.code == '-')
        return parse_flags(t, sequence, symbol, first, open);
    return translator_fail(t, symbol.escaped ? 3 : 2, "unknown extension ?%.*s", (int)symbol.length,
                           symbol.at);
}

int regex_parse_group(struct translator *t, struct sequence *sequence, bool first, const char *open)
{
    int r = translator_match(t, '?');

    if (r < 0)
        return r;
    return r ? parse_extension(t, sequence, first, open) : parse_capture(t, sequence, NULL, open);
}
