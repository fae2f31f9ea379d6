// SPDX-License-Identifier: Apache-2.0
/* The reference bundles guides for coding agents; Fracas has none, and says so. */
#include "cli/root.h"

static const char *const targets[] = { "claude", "codex", "opencode", NULL };
static const char *const scopes[] = { "workspace", "home", NULL };

static const struct cli_option install_options[] = {
    { .name = "--target",
      .kind = CLI_CHOICE,
      .choices = targets,
      .help = "The agent to install the skills for." },
    { .name = "--scope",
      .kind = CLI_CHOICE,
      .choices = scopes,
      .help = "Install in this directory or in the home directory." },
    { .name = "--skill",
      .kind = CLI_TEXT,
      .flags = CLI_REPEATABLE,
      .help = "Install only this skill. May be given several times." },
    { .name = "--force", .help = "Replace installed skills that were changed." },
    { .name = "--with-fault", .help = "Install the skill of the fault tool too." },
    { .name = "--no-fault", .help = "Do not install the skill of the fault tool." },
};

static const struct cli_argument show_arguments[] = {
    { .name = "NAME", .help = "The skill." },
};

static int refuse(const struct cli_call *call)
{
    (void)call;
    return cli_fail(
        "skills are not supported yet: the Chaos Toolkit's own `chaos skills` has them");
}

static const struct cli_command skills_install = {
    .name = "install",
    .summary = "Install the skills for a coding agent (not supported yet)",
    .options = install_options,
    .n_options = ARRAY_SIZE(install_options),
    .offline = true,
    .run = refuse,
};

static const struct cli_command skills_list = {
    .name = "list",
    .summary = "List the skills (not supported yet)",
    .offline = true,
    .run = refuse,
};

static const struct cli_command skills_show = {
    .name = "show",
    .summary = "Print a skill (not supported yet)",
    .arguments = show_arguments,
    .n_arguments = ARRAY_SIZE(show_arguments),
    .offline = true,
    .run = refuse,
};

static const struct cli_command *const subcommands[] = { &skills_install, &skills_list,
                                                         &skills_show, NULL };

const struct cli_command cmd_skills = {
    .name = "skills",
    .summary = "Guides for coding agents (not supported yet)",
    .subcommands = subcommands,
};
