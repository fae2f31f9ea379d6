// SPDX-License-Identifier: Apache-2.0
#include "value/regex.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/mem.h"

struct search_case {
    const char *claim;
    const char *pattern;
    const char *text;
    bool found;
};

static const struct search_case search_cases[] = {
    { "a pattern is found anywhere", "b+", "aabbcc", true },
    { "an empty pattern is found in an empty text", "", "", true },
    { "\\Z is the very end", "a\\Z", "a\n", false },
    { "$ matches before a final newline", "a$", "a\n", true },
    { "$ does not match before another newline", "a$", "a\n\n", false },
    { "$ with (?m) matches at each line's end", "(?m)a$", "a\nb", true },
    { "^ with (?m) matches behind a final newline", "(?m)\\n^\\Z", "a\n", true },
    { "^ without (?m) is the start only", "^b", "a\nb", false },
    { "a carriage return is no line end", "(?m)^b", "a\rb", false },
    { "the dot takes a carriage return", "a.b", "a\rb", true },
    { "the dot does not take a newline", "a.b", "a\nb", false },
    { "the dot takes a newline with (?s)", "(?s)a.b", "a\nb", true },
    { "\\d takes digits of all scripts", "^\\d$", "\xd9\xa3", true },
    { "\\d takes ASCII alone with (?a)", "(?a)^\\d$", "\xd9\xa3", false },
    { "\\w takes letters of all scripts", "^\\w+$", "h\xc3\xa9", true },
    { "\\s takes the file separator", "^\\s$", "\x1c", true },
    { "\\b knows letters of all scripts", "h\\b", "h\xc3\xa9", false },
    { "\\B does not match in an empty text", "\\B", "", false },
    { "(?i) knows all scripts", "(?i)^\xc3\x89$", "\xc3\xa9", true },
    { "(?i) takes the dotless i for an i", "(?i)^i$", "\xc4\xb1", true },
    { "(?i) takes it within ranges too", "(?i)^[h-j]$", "\xc4\xb0", true },
    { "(?i) with (?a) knows ASCII alone", "(?ai)^\xc3\x89$", "\xc3\xa9", false },
    { "(?i) with (?a) knows ASCII", "(?ai)^[a-c]X$", "Bx", true },
    { "flags may hold for a group alone", "^(?i:a)b$", "Ab", true },
    { "behind such a group they do not hold", "^(?i:a)b$", "AB", false },
    { "flags may be turned off in a group", "(?i)^a(?-i:b)$", "AB", false },
    { "a name is referred to", "(?P<x>.)(?P=x)", "abb", true },
    { "a number is referred to", "(.)\\1", "abc", false },
    { "three octal digits are a character", "^\\101$", "A", true },
    { "\\0 is NUL, \\01 the character 1", "\\01", "\x01", true },
    { "a POSIX class is a set of its letters", "^[[:alpha:]]$", "l]", true },
    { "a bracket first in a set is one of it", "^[]a]+$", "]a", true },
    { "a caret later in a set is one of it", "^[a^]$", "^", true },
    { "{ without digits is text", "^a{b}$", "a{b}", true },
    { "{,2} starts at none", "^a{,2}$", "", true },
    { "{,2} is not text", "^a{,2}$", "aaa", false },
    { "possessive quantifiers give nothing back", "a++a", "aaa", false },
    { "atomic groups give nothing back", "(?>a|ab)c", "abc", false },
    { "a condition takes the yes branch", "^(a)?(?(1)b|c)$", "ab", true },
    { "a condition takes the no branch", "^(a)?(?(1)b|c)$", "c", true },
    { "a look-behind looks back", "(?<=ab)c", "abc", true },
    { "a look-behind takes fixed alternatives", "(?<!a|b)c", "bc", false },
    { "(?x) skips blanks and comments", "(?x) a b # comment\n c", "abc", true },
    { "(?x) keeps blanks in sets", "(?x)^[ ]$", " ", true },
    { "(?x) keeps a quantifier to the item before", "(?x)^a {2}$", "aa", true },
    { "comments mean nothing", "^a(?#no)b$", "ab", true },
    { "a comment does not part a quantifier from its item", "^a(?#no){2}$", "aa", true },
    { "a surrogate is in no text", "\\ud800", "a", false },
    { "a set without surrogates takes all", "[^\\ud800]", "a", true },
};

static void check_search(void **state)
{
    const struct search_case *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(regex) struct regex *regex = NULL;
    bool found = !c->found;

    if (regex_compile(c->pattern, &regex, &err) < 0)
        fail_msg("%s", chaos_error_text(&err));
    assert_int_equal(regex_search(regex, c->text, strlen(c->text), &found, &err), 0);
    assert_int_equal(found, c->found);
}

struct refusal_case {
    const char *pattern;
    const char *error;
};

static const struct refusal_case refusal_cases[] = {
    { "(", "missing ), unterminated subpattern at position 0" },
    { ")", "unbalanced parenthesis at position 0" },
    { "a|*", "nothing to repeat at position 2" },
    { "^*", "nothing to repeat at position 1" },
    { "a**", "multiple repeat at position 2" },
    { "a{2,1}", "min repeat greater than max repeat at position 2" },
    { "[a", "unterminated character set at position 0" },
    { "[]", "unterminated character set at position 0" },
    { "[z-a]", "bad character range z-a at position 1" },
    { "[\\d-z]", "bad character range \\d-z at position 1" },
    { "\\", "bad escape (end of pattern) at position 0" },
    { "\\Q", "bad escape \\Q at position 0" },
    { "a\\K", "bad escape \\K at position 1" },
    { "\\h", "bad escape \\h at position 0" },
    { "\\z", "bad escape \\z at position 0" },
    { "\\x1", "incomplete escape \\x1 at position 0" },
    { "\\400", "octal escape value \\400 outside of range 0-0o377 at position 0" },
    { "\\1", "invalid group reference 1 at position 1" },
    { "(\\1)", "cannot refer to an open group at position 1" },
    { "(?P=x)", "unknown group name 'x' at position 4" },
    { "(?P<1>a)", "bad character in group name '1' at position 4" },
    { "(?P<x>a)(?P<x>b)", "redefinition of group name 'x' as group 2; was group 1 at position 12" },
    { "(?P>x)", "unknown extension ?P> at position 1" },
    { "(?<x>a)", "unknown extension ?<x at position 1" },
    { "(?R)", "unknown extension ?R at position 1" },
    { "(*FAIL)", "nothing to repeat at position 1" },
    { "(?|a)", "unknown extension ?| at position 1" },
    { "a(?i)b", "global flags not at the start of the expression at position 1" },
    { "(?L)a", "bad inline flags: cannot use 'L' flag with a str pattern at position 3" },
    { "(?i-i:a)", "bad inline flags: flag turned on and off at position 5" },
    { "(?<=a*)b", "look-behind requires fixed-width pattern" },
    { "(?(2)a)(b)", "invalid group reference 2 at position 3" },
    { "(a)(?(1)b|c|d)", "conditional backref with more than two branches at position 11" },
    { "\\N{DASH}", "\\N{name} is not supported, write the character as \\uXXXX at position 0" },
};

static void check_refusal(void **state)
{
    const struct refusal_case *c = *state;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct regex *regex;

    assert_int_equal(regex_compile(c->pattern, &regex, &err), -CHAOS_E_INVALID);
    assert_string_equal(chaos_error_text(&err), c->error);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void catastrophic_patterns_end_in_a_limit_soon(void **state)
{
    static const char *const patterns[] = {
        "(a+)+$", "(a|a)*b", "(?:a*)*b", "(.*)*(.*)*b", "(?i)(a|A)+(a|aa)+b", "^(\\w+\\s?)*$"
    };
    AUTO(str) char *text = mem_alloc(100001);

    (void)state;
    memset(text, 'a', 100000);
    text[99999] = '!';
    text[100000] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        AUTO(regex) struct regex *regex = NULL;
        double begun = seconds();
        bool found = false;
        int r;

        assert_int_equal(regex_compile(patterns[i], &regex, &err), 0);
        r = regex_search(regex, text, 100000, &found, &err);
        assert_true(r == -CHAOS_E_LIMIT || (!r && !found));
        assert_true(seconds() - begun < 5);
    }
}

static void a_long_text_is_searched_to_its_end(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(regex) struct regex *regex = NULL;
    AUTO(str) char *text = mem_alloc(1000000);
    bool found = false;

    (void)state;
    memset(text, '\xa9', 1000000);
    for (size_t i = 0; i < 1000000; i += 2)
        text[i] = '\xc3';
    memcpy(text + 999990, "needle\xc3\xa9\xc3\xa9", 10);
    assert_int_equal(regex_compile("n\\w+\xc3\xa9$", &regex, &err), 0);
    assert_int_equal(regex_search(regex, text, 1000000, &found, &err), 0);
    assert_true(found);
}

static void a_text_that_is_not_utf8_is_refused(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(regex) struct regex *regex = NULL;
    bool found;

    (void)state;
    assert_int_equal(regex_compile("a", &regex, &err), 0);
    assert_int_equal(regex_search(regex, "a\xff", 2, &found, &err), -CHAOS_E_INVALID);
}

static void a_nul_does_not_end_the_text(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(regex) struct regex *regex = NULL;
    bool found = false;

    (void)state;
    assert_int_equal(regex_compile("\\0b", &regex, &err), 0);
    assert_int_equal(regex_search(regex, "a\0b", 3, &found, &err), 0);
    assert_true(found);
}

static void *search_often(void *regex)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    size_t failures = 0;

    for (int i = 0; i < 1000; i++) {
        bool found = false;

        failures += regex_search(regex, "xxabab", 6, &found, &err) != 0 || !found;
    }
    return (void *)failures;
}

static void one_pattern_serves_several_threads(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(regex) struct regex *regex = NULL;
    pthread_t threads[4];

    (void)state;
    assert_int_equal(regex_compile("(ab)\\1", &regex, &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, search_often, regex), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        void *failures;

        pthread_join(threads[i], &failures);
        assert_null(failures);
    }
}

static void nesting_without_end_is_a_limit_and_not_a_crash(void **state)
{
    static const char *const openings[] = { "(", "(?:", "(?=", "(?<=", "(?i:", "(?>" };
    AUTO(str) char *pattern = mem_zero(1, 100001 * 4);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(openings); i++) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        struct regex *regex;
        size_t length = strlen(openings[i]);

        for (size_t j = 0; j < 40000; j++)
            memcpy(pattern + j * length, openings[i], length + 1);
        assert_int_equal(regex_compile(pattern, &regex, &err), -CHAOS_E_LIMIT);
    }
}

int main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(catastrophic_patterns_end_in_a_limit_soon),
        cmocka_unit_test(a_long_text_is_searched_to_its_end),
        cmocka_unit_test(a_text_that_is_not_utf8_is_refused),
        cmocka_unit_test(a_nul_does_not_end_the_text),
        cmocka_unit_test(one_pattern_serves_several_threads),
        cmocka_unit_test(nesting_without_end_is_a_limit_and_not_a_crash),
    };
    struct CMUnitTest
        tests[ARRAY_SIZE(search_cases) + ARRAY_SIZE(refusal_cases) + ARRAY_SIZE(plain)];
    struct CMUnitTest *next = tests;

    for (size_t i = 0; i < ARRAY_SIZE(search_cases); i++)
        *next++ = (struct CMUnitTest){ .name = search_cases[i].claim,
                                       .test_func = check_search,
                                       .initial_state = (void *)(uintptr_t)&search_cases[i] };
    for (size_t i = 0; i < ARRAY_SIZE(refusal_cases); i++)
        *next++ = (struct CMUnitTest){ .name = refusal_cases[i].pattern,
                                       .test_func = check_refusal,
                                       .initial_state = (void *)(uintptr_t)&refusal_cases[i] };
    memcpy(next, plain, sizeof(plain));
    return cmocka_run_group_tests_name("regular expression", tests, NULL, NULL);
}
