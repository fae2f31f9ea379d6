// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/mem.h"

#define WIDTH_MIN    50
#define WIDTH_MAX    100
#define WIDTH_USUAL  80
#define COLUMN_MAX   30 /* where the help of an option starts at the latest */
#define COLUMN_GAP   2
#define INDENT       2
#define HELP_OPTION  "--help"
#define HELP_OF_HELP "Show this page and exit."

size_t help_width(void)
{
    struct winsize size = { 0 };

    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
        return WIDTH_USUAL;
    if (size.ws_col < WIDTH_MIN)
        return WIDTH_MIN;
    return size.ws_col > WIDTH_MAX ? WIDTH_MAX : size.ws_col;
}

void help_path(struct buffer *out, const struct cli_call *call)
{
    if (call->parent) {
        help_path(out, call->parent);
        buffer_add_char(out, ' ');
    }
    buffer_add_text(out, call->command->name);
}

void help_usage(struct buffer *out, const struct cli_call *call)
{
    const struct cli_command *command = call->command;

    buffer_add_text(out, "Usage: ");
    help_path(out, call);
    buffer_add_text(out, " [OPTIONS]");
    for (size_t i = 0; i < command->n_arguments; i++)
        buffer_printf(out,
                      command->arguments[i].variadic   ? " [%s]..."
                      : command->arguments[i].optional ? " [%s]"
                                                       : " %s",
                      command->arguments[i].name);
    if (command->takes_others)
        buffer_add_text(out, " [--PARAMETER VALUE...]...");
    if (command->subcommands)
        buffer_add_text(out, " COMMAND [ARGS]...");
    buffer_add_char(out, '\n');
}

char *help_metavar(const struct cli_option *option)
{
    AUTO(buffer) struct buffer choices = { 0 };

    if (option->metavar)
        return mem_strdup(option->metavar);
    switch (option->kind) {
    case CLI_FLAG:
        return mem_strdup("");
    case CLI_TEXT:
        return mem_strdup("TEXT");
    case CLI_NUMBER:
        return mem_strdup("NUMBER");
    case CLI_PATH:
        return mem_strdup("PATH");
    case CLI_CHOICE:
        break;
    }
    for (size_t i = 0; option->choices[i]; i++)
        buffer_printf(&choices, "%c%s", i ? '|' : '[', option->choices[i]);
    buffer_add_char(&choices, ']');
    return buffer_take(&choices);
}

/* Append the words of `text` (`length` bytes), the first line starting at column `column` where
 * the cursor already is, the others after `indent` blanks. */
static void wrap(struct buffer *out, const char *text, size_t length, size_t indent, size_t width)
{
    const char *end = text + length;
    size_t column = indent;

    while (text < end) {
        size_t word;

        while (text < end && (*text == ' ' || *text == '\n'))
            text++;
        for (word = 0; text + word < end && text[word] != ' ' && text[word] != '\n'; word++)
            continue;
        if (!word)
            break;
        if (column > indent && column + 1 + word > width) {
            buffer_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            buffer_add_char(out, ' ');
            column++;
        }
        buffer_add(out, text, word);
        column += word;
        text += word;
    }
    buffer_add_char(out, '\n');
}

static void add_paragraphs(struct buffer *out, const char *doc, size_t width)
{
    while (*doc) {
        const char *end = strstr(doc, "\n\n");
        size_t length = end ? (size_t)(end - doc) : strlen(doc);

        buffer_printf(out, "%*s", INDENT, "");
        wrap(out, doc, length, INDENT, width);
        buffer_add_char(out, '\n');
        doc += length;
        while (*doc == '\n')
            doc++;
    }
}

struct entry {
    char *left;
    char *right;
};

static void add_entries(struct buffer *out, const struct entry *entries, size_t count, size_t width)
{
    size_t column = 0;

    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(entries[i].left) + INDENT + COLUMN_GAP;

        if (length > column)
            column = length > COLUMN_MAX + COLUMN_GAP ? COLUMN_MAX + COLUMN_GAP : length;
    }
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(entries[i].left) + INDENT;

        buffer_printf(out, "%*s%s", INDENT, "", entries[i].left);
        if (length + COLUMN_GAP > column)
            buffer_printf(out, "\n%*s", (int)column, "");
        else
            buffer_printf(out, "%*s", (int)(column - length), "");
        wrap(out, entries[i].right, strlen(entries[i].right), column, width);
    }
}

static void free_entries(struct entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(entries[i].left);
        free(entries[i].right);
    }
    free(entries);
}

static void add_options(struct buffer *out, const struct cli_command *command, size_t width)
{
    struct entry *entries = mem_zero(command->n_options + 1, sizeof(*entries));
    size_t count = 0;

    for (size_t i = 0; i < command->n_options; i++) {
        const struct cli_option *option = &command->options[i];
        AUTO(str) char *metavar = help_metavar(option);

        if (option->flags & CLI_HIDDEN)
            continue;
        entries[count].left =
            mem_printf("%s%s%s%s%s", option->letter ? option->letter : "",
                       option->letter ? ", " : "", option->name, *metavar ? " " : "", metavar);
        entries[count++].right =
            option->flags & CLI_SHOW_DEFAULT
                ? mem_printf("%s [default: %s]", option->help, option->default_text)
                : mem_strdup(option->help);
    }
    entries[count++] =
        (struct entry){ .left = mem_strdup(HELP_OPTION), .right = mem_strdup(HELP_OF_HELP) };
    buffer_add_text(out, "Options:\n");
    add_entries(out, entries, count, width);
    free_entries(entries, count);
}

static void add_arguments(struct buffer *out, const struct cli_command *command, size_t width)
{
    struct entry *entries = mem_zero(command->n_arguments + 1, sizeof(*entries));

    for (size_t i = 0; i < command->n_arguments; i++) {
        const struct cli_argument *argument = &command->arguments[i];
        AUTO(buffer) struct buffer text = { 0 };

        buffer_add_text(&text, argument->help);
        for (size_t c = 0; argument->choices && argument->choices[c]; c++)
            buffer_printf(&text, "%s%s", c ? "|" : " [", argument->choices[c]);
        if (argument->choices)
            buffer_add_char(&text, ']');
        entries[i] =
            (struct entry){ .left = mem_strdup(argument->name), .right = buffer_take(&text) };
    }
    buffer_add_text(out, "Arguments:\n");
    add_entries(out, entries, command->n_arguments, width);
    buffer_add_char(out, '\n');
    free_entries(entries, command->n_arguments);
}

static void add_commands(struct buffer *out, const struct cli_command *group, size_t width)
{
    struct entry *entries;
    size_t count = 0;
    size_t shown = 0;

    while (group->subcommands[count])
        count++;
    entries = mem_zero(count + 1, sizeof(*entries));
    for (size_t i = 0; i < count; i++)
        if (!group->subcommands[i]->hidden)
            entries[shown++] =
                (struct entry){ .left = mem_strdup(group->subcommands[i]->name),
                                .right = mem_strdup(group->subcommands[i]->summary) };
    buffer_add_text(out, "\nCommands:\n");
    add_entries(out, entries, shown, width);
    free_entries(entries, shown);
}

void help_page(struct buffer *out, const struct cli_call *call, size_t width)
{
    const struct cli_command *command = call->command;

    help_usage(out, call);
    buffer_add_char(out, '\n');
    if (command->doc)
        add_paragraphs(out, command->doc, width);
    else
        buffer_printf(out, "%*s%s.\n\n", INDENT, "", command->summary);
    if (command->n_arguments)
        add_arguments(out, command, width);
    add_options(out, command, width);
    if (command->subcommands)
        add_commands(out, command, width);
}

int cli_misuse(const struct cli_call *call, const char *format, ...)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(str) char *message = NULL;
    va_list args;

    va_start(args, format);
    message = mem_vprintf(format, args);
    va_end(args);
    help_usage(&text, call);
    buffer_add_text(&text, "Try '");
    help_path(&text, call);
    buffer_printf(&text, " --help' for help.\n\nError: %s\n", message);
    fputs(buffer_text(&text), stderr);
    return CLI_MISUSED;
}

int cli_fail(const char *format, ...)
{
    AUTO(str) char *message = NULL;
    va_list args;

    va_start(args, format);
    message = mem_vprintf(format, args);
    va_end(args);
    fprintf(stderr, "Error: %s\n", message);
    return CLI_FAILED;
}
