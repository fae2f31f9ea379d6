// SPDX-License-Identifier: Apache-2.0
/* What can stand at the end of an unfinished command line: the shells' completion functions (see
 * cmd_completion.c) ask this, so that they never differ from the table of commands. */
#include <string.h>

#include "base/mem.h"
#include "cli/options.h"
#include "cli/root.h"

static const struct cli_argument arguments[] = {
    { .name = "WORD", .help = "The words after chaos; the last is unfinished.", .variadic = true },
};

/* Where the words before the last one lead. */
struct place {
    const struct cli_command *command;
    const struct cli_option *awaiting; /* the option whose value comes next, or NULL */
    const char **arguments;
    size_t n_arguments;
    bool in_other; /* among the values of an option without a row */
    bool options_ended;
    bool lost; /* a word made no sense: nothing can be offered */
};

static void step_option(struct place *place, const char *word)
{
    const struct cli_option *option = strchr(word, '=') ? NULL : options_find(place->command, word);

    place->awaiting = option && option->kind != CLI_FLAG ? option : NULL;
    place->in_other =
        place->command->takes_others && !option && !strchr(word, '=') && !str_equal(word, "--help");
}

static void step(struct place *place, const char *word)
{
    size_t at = 0;

    if (str_equal(word, "=")) /* bash splits --x=v in three */
        return;
    if (place->awaiting) {
        place->awaiting = NULL;
    } else if (!place->options_ended && str_equal(word, "--")) {
        place->options_ended = true;
        place->in_other = false;
    } else if (!place->options_ended && word[0] == '-') {
        step_option(place, word);
    } else if (place->command->subcommands) {
        while (place->command->subcommands[at] &&
               !str_equal(place->command->subcommands[at]->name, word))
            at++;
        place->lost = !place->command->subcommands[at];
        if (!place->lost)
            place->command = place->command->subcommands[at];
        place->options_ended = false;
    } else if (!place->in_other) {
        place->arguments[place->n_arguments++] = word;
    }
}

/* Print "word<tab>explanation", or just the word. */
void cli_offer(const char *word, const char *candidate, const char *help)
{
    if (str_starts(candidate, word))
        printf("%s%s%s\n", candidate, *help ? "\t" : "", help);
}

static void offer_choices(const char *start, const char *const *choices)
{
    for (size_t i = 0; choices && choices[i]; i++)
        cli_offer(start, choices[i], "");
}

static void offer_options(const char *start, const struct cli_command *command)
{
    for (size_t i = 0; i < command->n_options; i++)
        if (!(command->options[i].flags & CLI_HIDDEN))
            cli_offer(start, command->options[i].name, command->options[i].help);
    cli_offer(start, "--help", "Show help and exit.");
}

static void offer_joined(const char *word, const struct cli_command *command)
{
    const char *value = strchr(word, '=') + 1;

    for (size_t i = 0; i < command->n_options; i++) {
        const struct cli_option *option = &command->options[i];
        size_t length = strlen(option->name);

        if (!str_starts(word, option->name) || word + length + 1 != value)
            continue;
        for (size_t c = 0; option->choices && option->choices[c]; c++)
            if (str_starts(option->choices[c], value))
                printf("%s=%s\n", option->name, option->choices[c]);
    }
}

static void offer(struct place *place, const char *word)
{
    const struct cli_command *command = place->command;

    if (place->in_other && word[0] == '-')
        place->in_other = false;
    if (place->awaiting)
        offer_choices(str_equal(word, "=") ? "" : word, place->awaiting->choices);
    else if (!place->options_ended && word[0] == '-' && strchr(word, '='))
        offer_joined(word, command);
    else if (!place->options_ended && word[0] == '-')
        offer_options(word, command);
    else if (!place->in_other && place->n_arguments < command->n_arguments)
        offer_choices(word, command->arguments[place->n_arguments].choices);
    for (size_t i = 0; !place->awaiting && command->subcommands && command->subcommands[i]; i++)
        if (!command->subcommands[i]->hidden)
            cli_offer(word, command->subcommands[i]->name, command->subcommands[i]->summary);
    if (command->complete && !place->in_other)
        command->complete(&(struct cli_typing){
            .arguments = place->arguments,
            .n_arguments = place->n_arguments,
            .option = place->awaiting,
            .word = word,
        });
}

static int complete_run(const struct cli_call *call)
{
    AUTO(mem) const char **words = mem_zero(call->n_arguments + 1, sizeof(*words));
    struct place place = { .command = &cmd_chaos, .arguments = words };

    for (size_t i = 0; i + 1 < call->n_arguments && !place.lost; i++)
        step(&place, call->arguments[i]);
    if (call->n_arguments && !place.lost)
        offer(&place, call->arguments[call->n_arguments - 1]);
    return CLI_DONE;
}

const struct cli_command cmd_complete = {
    .name = "complete",
    .summary = "List what can complete a command line",
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .hidden = true,
    .offline = true,
    .run = complete_run,
};
