// SPDX-License-Identifier: Apache-2.0
/* Completion for shells. The scripts only carry the words to `chaos complete` and the answers
 * back; where it has none, file names complete. */
#include "base/str.h"
#include "cli/root.h"

static const char bash_script[] =
    "_chaos()\n"
    "{\n"
    "    local word\n"
    "    COMPREPLY=()\n"
    "    while IFS=$'\\t' read -r word _; do\n"
    "        COMPREPLY+=(\"$word\")\n"
    "    done < <(\"${COMP_WORDS[0]}\" complete -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
    "}\n"
    "complete -o bashdefault -o default -F _chaos chaos\n";

static const char zsh_script[] =
    "#compdef chaos\n"
    "_chaos()\n"
    "{\n"
    "    local -a found\n"
    "    found=(\"${(@f)$(\"${words[1]}\" complete -- \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
    "    if [[ -n \"$found[1]\" ]]; then\n"
    "        found=(\"${(@)found/$'\\t'/:}\")\n"
    "        _describe chaos found\n"
    "    else\n"
    "        _files\n"
    "    fi\n"
    "}\n"
    "if [[ \"$funcstack[1]\" == _chaos ]]; then\n"
    "    _chaos \"$@\"\n"
    "else\n"
    "    compdef _chaos chaos\n"
    "fi\n";

static const char fish_script[] =
    "function __chaos_complete\n"
    "    set -l words (commandline -opc) (commandline -ct)\n"
    "    set -l found ($words[1] complete -- $words[2..-1] 2>/dev/null)\n"
    "    if test (count $found) -gt 0\n"
    "        printf '%s\\n' $found\n"
    "    else\n"
    "        __fish_complete_path (commandline -ct)\n"
    "    end\n"
    "end\n"
    "complete -c chaos -f -a '(__chaos_complete)'\n";

static const struct {
    const char *shell;
    const char *script;
} scripts[] = {
    { "bash", bash_script },
    { "zsh", zsh_script },
    { "fish", fish_script },
};

static const char *const shells[] = { "bash", "zsh", "fish", NULL };

static const struct cli_argument arguments[] = {
    { .name = "SHELL", .choices = shells, .help = "The shell the script is for." },
};

static int completion_run(const struct cli_call *call)
{
    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
        if (str_equal(scripts[i].shell, call->arguments[0]))
            fputs(scripts[i].script, stdout);
    return CLI_DONE;
}

const struct cli_command cmd_completion = {
    .name = "completion",
    .summary = "Print a script that completes chaos in a shell",
    .doc = "Print a script that makes a shell complete the commands, options and values of chaos. "
           "To use it now, in bash: source <(chaos completion bash); in zsh: source <(chaos "
           "completion zsh); in fish: chaos completion fish | source.",
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .offline = true,
    .run = completion_run,
};
