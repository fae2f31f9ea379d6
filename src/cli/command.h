/* SPDX-License-Identifier: Apache-2.0 */
/* A command of `chaos`, as one row: parsing, help, completion and the checks of the man pages are
 * derived from it. To add one: cmd_<name>.c with its row, a line in commands.list and meson.build,
 * and docs/man/chaos-<name>.1.md. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/auto.h"

/* What the process ends with. */
enum cli_exit {
    CLI_DONE = 0,
    CLI_FAILED =
        1, /* it was tried and did not succeed; also what an interrupted command ends with */
    CLI_MISUSED = 2, /* the command line is wrong; nothing was tried */
};

enum cli_option_kind {
    CLI_FLAG,   /* takes no value */
    CLI_TEXT,   /* any text; also files that need not exist */
    CLI_CHOICE, /* one of `choices` */
    CLI_NUMBER, /* a decimal number; "inf" and "nan" are not */
    CLI_PATH,   /* a file or directory that must exist; looked at after --change-dir */
};

enum cli_option_flags {
    CLI_REPEATABLE = 1,   /* may be given several times: see cli_list() */
    CLI_SHOW_DEFAULT = 2, /* help ends with the default */
    CLI_HIDDEN = 4,       /* accepted, yet in no help, completion or man page */
};

struct cli_option {
    const char *name;   /* "--journal-path" */
    const char *letter; /* "-f", which means the same; NULL: none */
    enum cli_option_kind kind;
    unsigned flags;             /* enum cli_option_flags */
    const char *metavar;        /* of the value in help; NULL: by kind */
    const char *default_text;   /* as the user would write it; NULL: none */
    const char *const *choices; /* NULL-terminated, CLI_CHOICE only */
    const char *help;           /* sentences, with full stops */
};

struct cli_argument {
    const char *name;           /* "SOURCE" */
    const char *const *choices; /* NULL-terminated, or NULL: any text */
    const char *help;
    bool variadic; /* takes all that is left, perhaps nothing; only the last may */
    bool optional; /* need not be there; neither need those after it */
};

struct cli_call;

/* A word that is being typed, and where. */
struct cli_typing {
    const char *const *arguments; /* those before it */
    size_t n_arguments;
    const struct cli_option *option; /* it is a value of this option; NULL: of none */
    const char *word;                /* as far as it is typed; "-..." is the name of an option */
};

struct cli_command {
    const char *name;
    const char *summary; /* one line without a full stop, for lists of commands */
    const char *doc;     /* paragraphs of --help, separated by empty lines; NULL: the summary */
    const struct cli_option *options; /* --help is understood everywhere and not listed here */
    size_t n_options;
    const struct cli_argument *arguments;
    size_t n_arguments;
    const struct cli_command *const *subcommands; /* NULL-terminated; makes it a group */
    bool hidden;                                  /* in no list of commands */
    bool offline;      /* leaves the log, the directory and the settings alone */
    bool takes_others; /* options without a row are kept for the command: struct cli_other */
    /* Offer words that no row lists, each with cli_offer(). NULL: there are none. */
    void (*complete)(const struct cli_typing *typing);
    /* Print the help of a use with arguments; returns an enum cli_exit. NULL: as without any. */
    int (*help)(const struct cli_call *call);
    /* Do it; returns an enum cli_exit or the exit code of the run. NULL for groups. */
    int (*run)(const struct cli_call *call);
};

/* The value of one option. */
struct cli_value {
    bool given;
    const char *text;  /* the last one given, or the default, or NULL */
    double number;     /* CLI_NUMBER: `text` as a number, 0 without a text */
    size_t choice;     /* CLI_CHOICE: index of `text` in the choices */
    const char **list; /* CLI_REPEATABLE: all that were given, in order */
    size_t n_list;
};

/* An option that the command has no row for: "--name=value", or "--name" and all words up to the
 * next one that begins with "--". */
struct cli_other {
    char *name;          /* "--name" */
    const char **values; /* in order */
    size_t n_values;
};

/* What all commands know of the options before the command. */
struct cli_globals {
    char *settings_path; /* with ~ replaced in the default */
    const char *python;  /* --python, or NULL */
    char *log_file;      /* the absolute path, or NULL without one */
    bool verbose;
};

/* One use of a command. Everything in it lasts as long as the process. */
struct cli_call {
    const struct cli_command *command;
    const struct cli_call *parent;     /* of the group it belongs to; NULL for `chaos` itself */
    const struct cli_globals *globals; /* NULL for `chaos` itself and offline commands */
    struct cli_value *options;         /* one for each row of command->options */
    const char **arguments;            /* one for each row of command->arguments, then NULL;
                                        * with a variadic one: all of them, then NULL */
    size_t n_arguments;
    struct cli_other *others; /* only where the command takes them; in order */
    size_t n_others;
    bool wants_help;
};

/* Accessors: `option` is the index of the row in command->options. */
const char *cli_text(const struct cli_call *call, size_t option);
bool cli_flag(const struct cli_call *call, size_t option);
double cli_number(const struct cli_call *call, size_t option);
/* The index of the choice; meaningless when there is neither a value nor a default. */
size_t cli_choice(const struct cli_call *call, size_t option);
/* All values of a repeatable option; *ret_count of them. */
const char *const *cli_list(const struct cli_call *call, size_t option, size_t *ret_count);

/* Say on stderr how the command is used and what is wrong with this use ("Error: " and the
 * text); returns CLI_MISUSED. For `run` functions whose values break rules of their own. */
int cli_misuse(const struct cli_call *call, const char *format, ...) PRINTF(2, 3);
/* One line on stderr, "Error: " and the text; returns CLI_FAILED. */
int cli_fail(const char *format, ...) PRINTF(1, 2);

/* End the process with `code`, without taking apart what the command holds: for commands that are
 * through and hold a lot. What was written to stdout and the log is complete. */
void cli_leave(int code) __attribute__((noreturn));
/* For complete functions: offer `candidate` if it begins like `word`; `help` may be "". */
void cli_offer(const char *word, const char *candidate, const char *help);
