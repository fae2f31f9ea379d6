// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum {
    LOUD,
    COLOUR,
    SPEED,
    TAG,
    FILE_PATH,
};

static const char *const colours[] = { "red", "green", NULL };
static const struct cli_option options[] = {
    [LOUD] = { .name = "--loud", .help = "." },
    [COLOUR] = { .name = "--colour", .kind = CLI_CHOICE, .choices = colours, .help = "." },
    [SPEED] = { .name = "--speed", .kind = CLI_NUMBER, .default_text = "1.5", .help = "." },
    [TAG] = { .name = "--tag", .kind = CLI_TEXT, .flags = CLI_REPEATABLE, .help = "." },
    [FILE_PATH] = { .name = "--file", .kind = CLI_PATH, .help = "." },
};
static const struct cli_argument arguments[] = {
    { .name = "SOURCE", .help = "." },
    { .name = "TINT", .choices = colours, .help = "." },
};
static const struct cli_argument rest[] = { { .name = "WORD", .variadic = true, .help = "." } };

static const struct cli_command paint = {
    .name = "paint",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
};
static const struct cli_command open_ended = {
    .name = "call",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .takes_others = true,
};
static const struct cli_command print = { .name = "print",
                                          .arguments = rest,
                                          .n_arguments = ARRAY_SIZE(rest) };
static const struct cli_command secret = { .name = "polish", .hidden = true };
static const struct cli_command *const children[] = { &paint, &secret, &print, NULL };
static const struct cli_command group = {
    .name = "art", .options = options, .n_options = ARRAY_SIZE(options), .subcommands = children
};

#define WORDS_MAX 8

static size_t count_words(char *const *words)
{
    size_t count = 0;

    while (words[count])
        count++;
    return count;
}

/* Parse NULL-terminated words, all of which must be used. */
static int parse(struct cli_call *call, char *const *words, struct chaos_error *err)
{
    size_t used = 0;
    int r = options_parse(call, words, count_words(words), &used, err);

    if (r == 0)
        assert_int_equal(used, count_words(words));
    return r;
}

#define PARSED(call, command_, ...)                                                                \
    AUTO(cli_call) struct cli_call call = { .command = (command_) };                               \
    AUTO(chaos_error) struct chaos_error call##_err = { 0 };                                       \
    char *const call##_words[] = { __VA_ARGS__, NULL };                                            \
    assert_int_equal(parse(&call, call##_words, &call##_err), 0)

/* String literals as the words of a command line. */
#define W(text) ((char[]){ text })

struct error_case {
    const char *claim;
    const char *words[WORDS_MAX];
    const char *message;
};

static const struct error_case error_cases[] = {
    { "an unknown option is named",
      { "--frobnicate", "a", "red" },
      "No such option '--frobnicate'." },
    { "an unknown option with a value is named without it",
      { "--frob=1", "a", "red" },
      "No such option '--frob'." },
    { "a near miss is told",
      { "--lowd", "a", "red" },
      "No such option '--lowd'. Did you mean '--loud'?" },
    { "the start of an option is not taken for it",
      { "--col", "red" },
      "No such option '--col'. Did you mean '--colour'?" },
    { "-h leads to --help", { "-h" }, "No such option '-h'. Did you mean '--help'?" },
    { "a flag takes no value",
      { "--loud=yes", "a", "red" },
      "Option '--loud' does not take a value." },
    { "an option at the end lacks its value",
      { "a", "red", "--colour" },
      "Option '--colour' requires an argument." },
    { "a value that is no choice is told with the choices",
      { "--colour", "blue", "a", "red" },
      "Invalid value for '--colour': 'blue' is not one of 'red', 'green'." },
    { "choices are case-sensitive",
      { "--colour=Red", "a", "red" },
      "Invalid value for '--colour': 'Red' is not one of 'red', 'green'." },
    { "the word after an option is its value, even with dashes",
      { "--colour", "--loud", "a", "red" },
      "Invalid value for '--colour': '--loud' is not one of 'red', 'green'." },
    { "text is not a number",
      { "--speed", "fast", "a", "red" },
      "Invalid value for '--speed': 'fast' is not a number." },
    { "infinity is not a number to work with",
      { "--speed", "inf", "a", "red" },
      "Invalid value for '--speed': 'inf' is not a number." },
    { "hexadecimal is not a number",
      { "--speed", "0x10", "a", "red" },
      "Invalid value for '--speed': '0x10' is not a number." },
    { "nothing is not a number",
      { "--speed=", "a", "red" },
      "Invalid value for '--speed': '' is not a number." },
    { "a missing argument is named", { "--loud" }, "Missing argument 'SOURCE'." },
    { "a missing argument is told with its choices",
      { "a" },
      "Missing argument 'TINT'. Choose from 'red', 'green'." },
    { "an argument that is no choice is told with the choices",
      { "a", "mauve" },
      "Invalid value for 'TINT': 'mauve' is not one of 'red', 'green'." },
    { "one argument too many is shown", { "a", "red", "b" }, "Got unexpected extra argument (b)" },
    { "all arguments too many are shown",
      { "a", "red", "b", "c" },
      "Got unexpected extra arguments (b c)" },
    { "an unknown option counts more than a wrong value",
      { "--colour", "blue", "--nope" },
      "No such option '--nope'." },
    { "options that are wrong count more than arguments that lack",
      { "--colour", "blue" },
      "Invalid value for '--colour': 'blue' is not one of 'red', 'green'." },
};

static void check_error(void **state)
{
    const struct error_case *c = *state;
    AUTO(cli_call) struct cli_call call = { .command = &paint };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    char words_text[WORDS_MAX][32];
    char *words[WORDS_MAX + 1] = { NULL };
    size_t count = 0;

    for (; count < WORDS_MAX && c->words[count]; count++) {
        snprintf(words_text[count], sizeof(words_text[count]), "%s", c->words[count]);
        words[count] = words_text[count];
    }
    assert_int_equal(parse(&call, words, &err), -CHAOS_E_INVALID);
    assert_string_equal(chaos_error_text(&err), c->message);
}

static void options_may_stand_anywhere_among_arguments(void **state)
{
    PARSED(call, &paint, W("--loud"), W("a"), W("--colour"), W("green"), W("red"), W("--speed=2"));
    (void)state;

    assert_true(cli_flag(&call, LOUD));
    assert_int_equal(cli_choice(&call, COLOUR), 1);
    assert_true(cli_number(&call, SPEED) == 2.0);
    assert_string_equal(call.arguments[0], "a");
    assert_string_equal(call.arguments[1], "red");
}

static void what_is_not_given_has_its_default(void **state)
{
    size_t count;
    PARSED(call, &paint, W("a"), W("red"));
    (void)state;

    assert_false(cli_flag(&call, LOUD));
    assert_null(cli_text(&call, COLOUR));
    assert_true(cli_number(&call, SPEED) == 1.5);
    cli_list(&call, TAG, &count);
    assert_int_equal(count, 0);
}

static void the_last_of_equal_options_counts(void **state)
{
    PARSED(call, &paint, W("--colour=red"), W("--colour=green"), W("a"), W("red"));
    (void)state;

    assert_string_equal(cli_text(&call, COLOUR), "green");
}

static void a_repeatable_option_keeps_all_values_in_order(void **state)
{
    size_t count;
    const char *const *tags;
    PARSED(call, &paint, W("--tag=x=1"), W("a"), W("--tag"), W(""), W("red"));
    (void)state;

    tags = cli_list(&call, TAG, &count);
    assert_int_equal(count, 2);
    assert_string_equal(tags[0], "x=1");
    assert_string_equal(tags[1], "");
}

static void two_dashes_end_the_options(void **state)
{
    PARSED(call, &paint, W("--"), W("--loud"), W("red"));
    (void)state;

    assert_false(cli_flag(&call, LOUD));
    assert_string_equal(call.arguments[0], "--loud");
}

static void one_dash_is_an_argument(void **state)
{
    PARSED(call, &paint, W("-"), W("red"));
    (void)state;

    assert_string_equal(call.arguments[0], "-");
}

static void help_needs_no_arguments(void **state)
{
    PARSED(call, &paint, W("--help"));
    (void)state;

    assert_true(call.wants_help);
}

static void help_does_not_hide_an_unknown_option(void **state)
{
    AUTO(cli_call) struct cli_call call = { .command = &paint };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    char *const words[] = { W("--help"), W("--nope"), NULL };

    (void)state;
    assert_int_equal(parse(&call, words, &err), -CHAOS_E_INVALID);
}

static void a_variadic_argument_takes_all_words(void **state)
{
    PARSED(call, &print, W("a"), W("b"), W("c"));
    (void)state;

    assert_int_equal(call.n_arguments, 3);
    assert_string_equal(call.arguments[2], "c");
    assert_null(call.arguments[3]);
}

static void a_group_leaves_what_follows_the_command_alone(void **state)
{
    AUTO(cli_call) struct cli_call call = { .command = &group };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    char *const words[] = { W("--loud"), W("paint"), W("--nope") };
    size_t used = 0;

    (void)state;
    assert_int_equal(options_parse(&call, words, 3, &used, &err), 0);
    assert_int_equal(used, 1);
}

static void a_command_close_to_a_wrong_one_is_suggested(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const struct cli_command *found = NULL;

    (void)state;
    assert_int_equal(options_find_command(&group, "paitn", &found, &err), -CHAOS_E_NOT_FOUND);
    assert_string_equal(chaos_error_text(&err), "No such command 'paitn'. Did you mean 'paint'?");
}

static void a_hidden_command_is_not_suggested(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const struct cli_command *found = NULL;

    (void)state;
    assert_int_equal(options_find_command(&group, "polihs", &found, &err), -CHAOS_E_NOT_FOUND);
    assert_string_equal(chaos_error_text(&err), "No such command 'polihs'.");
}

static void a_path_that_does_not_exist_is_named(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    PARSED(call, &paint, W("--file=/nonexistent/x"), W("a"), W("red"));
    (void)state;

    assert_int_equal(options_check_paths(&call, &err), -CHAOS_E_INVALID);
    assert_string_equal(chaos_error_text(&err), "Invalid value for '--file': Path "
                                                "'/nonexistent/x' does not exist.");
}

static void a_path_that_exists_is_taken(void **state)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    PARSED(call, &paint, W("--file=/"), W("a"), W("red"));
    (void)state;

    assert_int_equal(options_check_paths(&call, &err), 0);
}

static void a_command_may_take_options_without_a_row(void **state)
{
    PARSED(call, &open_ended, W("a"), W("--ids"), W("1"), W("-2"), W("--loud"), W("red"),
           W("--name=--x"), W("--dry"));
    (void)state;
    assert_true(cli_flag(&call, LOUD));
    assert_int_equal(call.n_arguments, 2);
    assert_string_equal(call.arguments[1], "red");
    assert_int_equal(call.n_others, 3);
    assert_string_equal(call.others[0].name, "--ids");
    assert_int_equal(call.others[0].n_values, 2);
    assert_string_equal(call.others[0].values[1], "-2");
    assert_string_equal(call.others[1].name, "--name");
    assert_int_equal(call.others[1].n_values, 1);
    assert_string_equal(call.others[1].values[0], "--x");
    assert_int_equal(call.others[2].n_values, 0);
}

static void options_without_a_row_end_where_options_end(void **state)
{
    PARSED(call, &open_ended, W("--ids"), W("1"), W("--"), W("a"), W("red"));
    (void)state;
    assert_int_equal(call.n_others, 1);
    assert_int_equal(call.others[0].n_values, 1);
    assert_int_equal(call.n_arguments, 2);
}

static void help_is_never_an_option_without_a_row(void **state)
{
    PARSED(call, &open_ended, W("a"), W("--ids"), W("1"), W("--help"));
    (void)state;
    assert_true(call.wants_help);
    assert_int_equal(call.n_others, 1);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(a_command_may_take_options_without_a_row),
        cmocka_unit_test(options_without_a_row_end_where_options_end),
        cmocka_unit_test(help_is_never_an_option_without_a_row),
        cmocka_unit_test(options_may_stand_anywhere_among_arguments),
        cmocka_unit_test(what_is_not_given_has_its_default),
        cmocka_unit_test(the_last_of_equal_options_counts),
        cmocka_unit_test(a_repeatable_option_keeps_all_values_in_order),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(one_dash_is_an_argument),
        cmocka_unit_test(help_needs_no_arguments),
        cmocka_unit_test(help_does_not_hide_an_unknown_option),
        cmocka_unit_test(a_variadic_argument_takes_all_words),
        cmocka_unit_test(a_group_leaves_what_follows_the_command_alone),
        cmocka_unit_test(a_command_close_to_a_wrong_one_is_suggested),
        cmocka_unit_test(a_hidden_command_is_not_suggested),
        cmocka_unit_test(a_path_that_does_not_exist_is_named),
        cmocka_unit_test(a_path_that_exists_is_taken),
    };
    struct CMUnitTest tests[ARRAY_SIZE(error_cases)];
    int failed;

    for (size_t i = 0; i < ARRAY_SIZE(error_cases); i++)
        tests[i] = (struct CMUnitTest){ .name = error_cases[i].claim,
                                        .test_func = check_error,
                                        .initial_state = (void *)(uintptr_t)&error_cases[i] };
    failed = cmocka_run_group_tests_name("usage errors", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("command lines", others, NULL, NULL);
}
