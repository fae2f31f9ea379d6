// SPDX-License-Identifier: Apache-2.0
/* Promises that every row of the table of commands keeps. */
#include "cli/root.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

/* Say which row breaks the promise, then fail. */
#define promise(held, command, what)                                                               \
    do {                                                                                           \
        if (!(held))                                                                               \
            fail_msg("'%s': %s", (command)->name, what);                                           \
    } while (0)

static void for_each(const struct cli_command *command, void (*check)(const struct cli_command *))
{
    check(command);
    for (size_t i = 0; command->subcommands && command->subcommands[i]; i++)
        for_each(command->subcommands[i], check);
}

static void check_summary(const struct cli_command *command)
{
    promise(command->summary && *command->summary, command, "has no summary");
    promise(!str_ends(command->summary, "."), command, "its summary ends with a full stop");
    promise(!command->doc || str_ends(command->doc, "."), command,
            "its doc ends without a full stop");
}

static void every_command_says_what_it_does(void **state)
{
    (void)state;
    for_each(&cmd_chaos, check_summary);
}

static void check_role(const struct cli_command *command)
{
    promise(!command->run == (command->subcommands != NULL), command,
            "must either run or have subcommands");
    promise(!command->subcommands || !command->n_arguments, command,
            "a group takes no arguments of its own");
}

static void every_command_runs_or_is_a_group(void **state)
{
    (void)state;
    for_each(&cmd_chaos, check_role);
}

static void check_order(const struct cli_command *command)
{
    for (size_t i = 1;
         command->subcommands && command->subcommands[i - 1] && command->subcommands[i]; i++)
        promise(strcmp(command->subcommands[i - 1]->name, command->subcommands[i]->name) < 0,
                command, "its subcommands are not sorted, or one is there twice");
}

static void subcommands_are_sorted_and_unique(void **state)
{
    (void)state;
    for_each(&cmd_chaos, check_order);
}

static bool is_choice(const struct cli_option *option, const char *text)
{
    return str_in(text, option->choices);
}

static void check_option(const struct cli_command *command, size_t at)
{
    const struct cli_option *option = &command->options[at];

    promise(option->name && str_starts(option->name, "--"), command, "an option has no name");
    promise(option->help && str_ends(option->help, "."), command,
            "the help of an option is no sentence");
    promise((option->kind == CLI_CHOICE) == (option->choices != NULL), command,
            "an option has choices without being one, or is one without choices");
    promise(option->kind != CLI_CHOICE || !option->default_text ||
                is_choice(option, option->default_text),
            command, "the default of an option is none of its choices");
    promise(!(option->flags & CLI_SHOW_DEFAULT) || option->default_text, command,
            "an option shows a default it does not have");
    promise(option->kind != CLI_FLAG || !option->default_text, command, "a flag has a default");
    for (size_t i = 0; i < at; i++)
        promise(!str_equal(command->options[i].name, option->name), command,
                "an option is there twice");
}

static void check_options(const struct cli_command *command)
{
    for (size_t i = 0; i < command->n_options; i++)
        check_option(command, i);
}

static void every_option_is_described_and_consistent(void **state)
{
    (void)state;
    for_each(&cmd_chaos, check_options);
}

static void check_arguments(const struct cli_command *command)
{
    for (size_t i = 0; i < command->n_arguments; i++) {
        promise(command->arguments[i].name && command->arguments[i].help, command,
                "an argument lacks its name or its help");
        promise(!command->arguments[i].variadic || i + 1 == command->n_arguments, command,
                "only the last argument may take the rest");
    }
}

static void every_argument_is_described(void **state)
{
    (void)state;
    for_each(&cmd_chaos, check_arguments);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_says_what_it_does),
        cmocka_unit_test(every_command_runs_or_is_a_group),
        cmocka_unit_test(subcommands_are_sorted_and_unique),
        cmocka_unit_test(every_option_is_described_and_consistent),
        cmocka_unit_test(every_argument_is_described),
    };

    return cmocka_run_group_tests_name("the table of commands", tests, NULL, NULL);
}
