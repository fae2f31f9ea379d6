/* SPDX-License-Identifier: Apache-2.0 */
/* A recursive-descent parser of Python's regular expressions that writes PCRE2 as it goes. Errors,
 * their texts and their places are those of Python's re.error. Functions return 0 or an error. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "value/regex_set.h"

#define UNLIMITED  UINT64_MAX
#define SYMBOL_END UINT32_MAX

enum regex_flag {
    FLAG_IGNORECASE = 1 << 0,
    FLAG_MULTILINE = 1 << 1,
    FLAG_DOTALL = 1 << 2,
    FLAG_VERBOSE = 1 << 3,
    FLAG_ASCII = 1 << 4,
    FLAG_UNICODE = 1 << 5,
    FLAG_TEMPLATE = 1 << 6, /* deprecated: refuses repetitions */
};

#define FLAGS_TYPE (FLAG_ASCII | FLAG_UNICODE)

/* How many characters something may match, both saturating at UNLIMITED. */
struct width {
    uint64_t least;
    uint64_t most;
};

struct group {
    char *name; /* NULL without one */
    bool closed;
    struct width width;
};

/* One character of the pattern, or two when the first is a backslash. */
struct symbol {
    uint32_t code;    /* SYMBOL_END at the end */
    uint32_t escaped; /* what follows the backslash, else 0 */
    const char *at;
    size_t length;
};

struct translator {
    const char *pattern;
    struct symbol next;
    struct buffer out;
    struct group *groups; /* number 0 stands for the whole pattern */
    uint32_t group_count;
    uint32_t lookbehind_groups; /* groups before the outermost look-behind, 0 outside of one */
    uint32_t highest_condition;
    const char *condition_at;
    unsigned flags;
    bool caseless; /* PCRE2's (?i) is on where the output ends */
    bool variable_lookbehind;
    bool template_repeat;
    int nested;
    struct chaos_error *err;
};

/* The last thing of a sequence, for a quantifier that may follow. */
enum item_kind {
    ITEM_NONE,
    ITEM_PLACE,
    ITEM_REPEAT,
    ITEM_OTHER
};

struct sequence {
    enum item_kind last;
    size_t last_at; /* in the output */
    struct width last_width;
    struct width width; /* of all before the last one */
};

/* How many characters lie before `at`. */
size_t translator_place(const struct translator *t, const char *at);
/* Set Python's error, `back` characters before the next symbol. */
void translator_error(const struct translator *t, size_t back, const char *format, ...)
    PRINTF(3, 4);
/* The same as an error to return; a macro, so that analyzers see that it is one. */
#define translator_fail(...) (translator_error(__VA_ARGS__), -CHAOS_E_INVALID)
/* Move to the next symbol. */
MUST_USE int translator_advance(struct translator *t);
/* Step over the next symbol if it is `c`: 1, else 0, or an error. */
MUST_USE int translator_match(struct translator *t, char c);
bool symbol_is(const struct symbol *symbol, char c);
/* '0' to `highest` */
bool symbol_is_digit(const struct symbol *symbol, uint32_t highest);

uint64_t count_sum(uint64_t a, uint64_t b);
uint64_t count_product(uint64_t a, uint64_t b);
struct width width_of(uint64_t least, uint64_t most);
struct width width_sum(struct width a, struct width b);
struct width width_either(struct width a, struct width b);

/* How letters compare here. */
enum regex_case translator_letters(const struct translator *t);
/* Start an item: what stood before it can no longer be repeated. */
void translator_item(struct translator *t, struct sequence *sequence, enum item_kind kind,
                     struct width width);
/* The same for an item that compares letters. */
void translator_letter_item(struct translator *t, struct sequence *sequence, struct width width);
/* A whole item: one character, or `text` that matches a place. */
void translator_literal(struct translator *t, struct sequence *sequence, uint32_t code);
void translator_assertion(struct translator *t, struct sequence *sequence, const char *text);
/* Whether the group may be referred to here; the error is placed as by translator_fail(). */
MUST_USE int translator_check_reference(const struct translator *t, uint32_t group, size_t back);
void translator_reference(struct translator *t, struct sequence *sequence, uint32_t group);

/* What follows a symbol that was read: an escape, '[' and '(' at `open`. */
MUST_USE int regex_parse_escape(struct translator *t, struct sequence *sequence,
                                const struct symbol *escape);
MUST_USE int regex_parse_set(struct translator *t, struct sequence *sequence, const char *open);
MUST_USE int regex_parse_group(struct translator *t, struct sequence *sequence, bool first,
                               const char *open);
/* a|b|c; `top` for the whole pattern, where global flags may stand first. */
MUST_USE int regex_parse_alternatives(struct translator *t, bool top, struct width *ret_width);
/* Items up to '|', ')' or the end. */
MUST_USE int regex_parse_sequence(struct translator *t, bool first, struct width *ret_width);
