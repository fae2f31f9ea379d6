// SPDX-License-Identifier: Apache-2.0
/* Any words, one a line, are a use of one of the commands, or misuse with one line to show. */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "cli/options.h"
#include "cli/root.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX 64

/* All that a call promises to those who use it. */
static void check(const struct cli_call *call)
{
    const struct cli_command *command = call->command;

    for (size_t i = 0; i < command->n_options; i++) {
        const struct cli_option *option = &command->options[i];
        const struct cli_value *value = &call->options[i];

        if (option->kind == CLI_CHOICE && value->text &&
            !str_equal(option->choices[value->choice], value->text))
            abort();
        if ((option->flags & CLI_REPEATABLE) && value->given != (value->n_list > 0))
            abort();
    }
    if (!command->subcommands && call->n_arguments < command->n_arguments &&
        !command->arguments[command->n_arguments - 1].variadic)
        abort();
}

static void parse(const struct cli_command *command, const struct cli_call *parent,
                  char *const *words, size_t count)
{
    AUTO(cli_call) struct cli_call call = { .command = command, .parent = parent };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    const struct cli_command *next;
    size_t used = 0;

    if (options_parse(&call, words, count, &used, &err) < 0) {
        if (!*chaos_error_text(&err))
            abort();
        return;
    }
    if (call.wants_help)
        return;
    check(&call);
    if (command->subcommands && used < count &&
        options_find_command(command, words[used], &next, &err) == 0)
        parse(next, &call, words + used + 1, count - used - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(str) char *text = mem_strndup(size ? (const char *)data : "", size);
    char *words[WORDS_MAX];
    size_t count = 0;
    char *rest = text;

    while (rest && count < WORDS_MAX)
        words[count++] = strsep(&rest, "\n");
    parse(&cmd_chaos, NULL, words, count);
    return 0;
}
