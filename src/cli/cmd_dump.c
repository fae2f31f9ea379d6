// SPDX-License-Identifier: Apache-2.0
/* The command table as JSON, for the check of the man pages. */
#include "cli/help.h"
#include "cli/root.h"

static json_t *describe(const struct cli_command *command)
{
    json_t *entry =
        json_pack("{s:s, s:s, s:b, s:[], s:[], s:[]}", "name", command->name, "summary",
                  command->summary, "hidden", command->hidden, "options", "arguments", "commands");

    for (size_t i = 0; i < command->n_options; i++) {
        const struct cli_option *option = &command->options[i];
        AUTO(str) char *metavar = help_metavar(option);

        if (!(option->flags & CLI_HIDDEN))
            json_array_append_new(json_object_get(entry, "options"),
                                  json_pack("{s:s, s:s, s:s, s:s?}", "name", option->name,
                                            "metavar", metavar, "help", option->help, "default",
                                            option->default_text));
    }
    for (size_t i = 0; i < command->n_arguments; i++)
        json_array_append_new(json_object_get(entry, "arguments"),
                              json_string(command->arguments[i].name));
    for (size_t i = 0; command->subcommands && command->subcommands[i]; i++)
        json_array_append_new(json_object_get(entry, "commands"),
                              describe(command->subcommands[i]));
    return entry;
}

static int dump_run(const struct cli_call *call)
{
    AUTO(json) json_t *table = describe(&cmd_chaos);
    AUTO(mem) char *text = json_dumps(table, JSON_INDENT(1) | JSON_ENSURE_ASCII);

    (void)call;
    puts(text);
    return CLI_DONE;
}

const struct cli_command cmd_dump = {
    .name = "dump",
    .summary = "Print the table of commands as JSON",
    .hidden = true,
    .offline = true,
    .run = dump_run,
};
