// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

const struct cli_option *options_find(const struct cli_command *command, const char *name)
{
    for (size_t i = 0; i < command->n_options; i++)
        if (str_equal(command->options[i].name, name) ||
            (command->options[i].letter && str_equal(command->options[i].letter, name)))
            return &command->options[i];
    return NULL;
}

/* Append " Did you mean 'x'?" when a candidate starts like `name` or is close to it. */
static void add_suggestion(struct buffer *out, const char *name, const char *const *candidates)
{
    const char *best = NULL;

    for (size_t i = 0; candidates[i] && !best; i++)
        if (strlen(name) > 2 && str_starts(candidates[i], name))
            best = candidates[i];
    if (!best)
        best = str_suggest(name, candidates);
    if (best)
        buffer_printf(out, " Did you mean '%s'?", best);
}

static int unknown_option(const struct cli_command *command, const char *name,
                          struct chaos_error *err)
{
    AUTO(mem) const char **names = mem_zero(command->n_options + 2, sizeof(*names));
    AUTO(buffer) struct buffer hint = { 0 };
    size_t count = 0;

    names[count++] = "--help";
    for (size_t i = 0; i < command->n_options; i++)
        if (!(command->options[i].flags & CLI_HIDDEN))
            names[count++] = command->options[i].name;
    if (str_equal(name, "-h"))
        buffer_add_text(&hint, " Did you mean '--help'?");
    else
        add_suggestion(&hint, name, names);
    return chaos_error_set(err, CHAOS_E_INVALID, "No such option '%s'.%s", name,
                           buffer_text(&hint));
}

int options_find_command(const struct cli_command *group, const char *name,
                         const struct cli_command **ret_command, struct chaos_error *err)
{
    AUTO(mem) const char **names = NULL;
    AUTO(buffer) struct buffer hint = { 0 };
    size_t count = 0;
    size_t shown = 0;

    for (; group->subcommands[count]; count++)
        if (str_equal(group->subcommands[count]->name, name)) {
            *ret_command = group->subcommands[count];
            return 0;
        }
    names = mem_zero(count + 1, sizeof(*names));
    for (size_t i = 0; i < count; i++)
        if (!group->subcommands[i]->hidden)
            names[shown++] = group->subcommands[i]->name;
    add_suggestion(&hint, name, names);
    return chaos_error_set(err, CHAOS_E_NOT_FOUND, "No such command '%s'.%s", name,
                           buffer_text(&hint));
}

static void store(struct cli_value *value, const struct cli_option *option, const char *text)
{
    value->given = true;
    value->text = text;
    if (!(option->flags & CLI_REPEATABLE))
        return;
    value->list = mem_resize(value->list, (value->n_list + 1) * sizeof(*value->list));
    value->list[value->n_list++] = text;
}

/* Keep an option without a row. Whether it takes values only the command knows: all words up to the
 * next option are its. */
static void take_other(struct cli_call *call, char *const *words, size_t count, size_t *at)
{
    const char *word = words[(*at)++];
    const char *value = strchr(word, '=');
    struct cli_other *other;

    call->others = mem_resize(call->others, (call->n_others + 1) * sizeof(*call->others));
    other = &call->others[call->n_others++];
    *other = (struct cli_other){
        .name = value ? mem_strndup(word, (size_t)(value - word)) : mem_strdup(word),
        .values = mem_zero(count - *at + 2, sizeof(*other->values)),
    };
    if (value)
        other->values[other->n_values++] = value + 1;
    while (!value && *at < count && !str_starts(words[*at], "--"))
        other->values[other->n_values++] = words[(*at)++];
}

static bool is_other(const struct cli_command *command, const char *word)
{
    AUTO(str) char *name = mem_strndup(word, strcspn(word, "="));

    return command->takes_others && str_starts(word, "--") && !str_equal(name, "--help") &&
           !options_find(command, name);
}

/* Read the option words[*at]; *at moves to the word after it and its value. */
static int take_option(struct cli_call *call, char *const *words, size_t count, size_t *at,
                       struct chaos_error *err)
{
    const char *word = words[(*at)++];
    const char *value = strchr(word, '=');
    AUTO(str) char *name = value ? mem_strndup(word, (size_t)(value - word)) : mem_strdup(word);
    const struct cli_option *option = options_find(call->command, name);
    bool is_help = str_equal(name, "--help");

    if (value)
        value++;
    if (!option && !is_help)
        return unknown_option(call->command, name, err);
    if (is_help || option->kind == CLI_FLAG) {
        if (value)
            return chaos_error_set(err, CHAOS_E_INVALID, "Option '%s' does not take a value.",
                                   name);
        if (is_help)
            call->wants_help = true;
        else
            call->options[option - call->command->options].given = true;
        return 0;
    }
    if (!value && *at == count)
        return chaos_error_set(err, CHAOS_E_INVALID, "Option '%s' requires an argument.", name);
    if (!value)
        value = words[(*at)++];
    store(&call->options[option - call->command->options], option, value);
    return 0;
}

static int check_choice(const char *subject, const char *text, const char *const *choices,
                        size_t *ret_index, struct chaos_error *err)
{
    AUTO(buffer) struct buffer list = { 0 };

    for (size_t i = 0; choices[i]; i++) {
        if (str_equal(choices[i], text)) {
            *ret_index = i;
            return 0;
        }
        buffer_printf(&list, "%s'%s'", i ? ", " : "", choices[i]);
    }
    return chaos_error_set(err, CHAOS_E_INVALID, "Invalid value for '%s': '%s' is not one of %s.",
                           subject, text, buffer_text(&list));
}

static int check_number(const struct cli_option *option, struct cli_value *value,
                        struct chaos_error *err)
{
    char *end = NULL;

    value->number = strtod(value->text, &end);
    if (end == value->text || *end || strpbrk(value->text, "xX") || !isfinite(value->number))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "Invalid value for '%s': '%s' is not a number.", option->name,
                               value->text);
    return 0;
}

static int check_values(struct cli_call *call, struct chaos_error *err)
{
    for (size_t i = 0; i < call->command->n_options; i++) {
        const struct cli_option *option = &call->command->options[i];
        struct cli_value *value = &call->options[i];
        int r = 0;

        if (!value->given)
            value->text = option->default_text;
        if (!value->text)
            continue;
        if (option->kind == CLI_CHOICE)
            r = check_choice(option->name, value->text, option->choices, &value->choice, err);
        else if (option->kind == CLI_NUMBER)
            r = check_number(option, value, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int missing_argument(const struct cli_argument *argument, struct chaos_error *err)
{
    AUTO(buffer) struct buffer choices = { 0 };

    if (argument->choices)
        buffer_add_text(&choices, " Choose from ");
    for (size_t i = 0; argument->choices && argument->choices[i]; i++)
        buffer_printf(&choices, "%s'%s'", i ? ", " : "", argument->choices[i]);
    if (argument->choices)
        buffer_add_char(&choices, '.');
    return chaos_error_set(err, CHAOS_E_INVALID, "Missing argument '%s'.%s", argument->name,
                           buffer_text(&choices));
}

static int check_arguments(const struct cli_call *call, struct chaos_error *err)
{
    const struct cli_command *command = call->command;
    bool open_end = command->n_arguments && command->arguments[command->n_arguments - 1].variadic;

    for (size_t i = 0; i < command->n_arguments; i++) {
        const struct cli_argument *argument = &command->arguments[i];
        size_t index;
        int r = 0;

        if (argument->variadic || (argument->optional && i >= call->n_arguments))
            continue;
        if (i >= call->n_arguments)
            return missing_argument(argument, err);
        if (argument->choices)
            r = check_choice(argument->name, call->arguments[i], argument->choices, &index, err);
        if (r < 0)
            return r;
    }
    if (!open_end && call->n_arguments > command->n_arguments) {
        AUTO(buffer) struct buffer extra = { 0 };

        for (size_t i = command->n_arguments; i < call->n_arguments; i++)
            buffer_printf(&extra, "%s%s", i > command->n_arguments ? " " : "", call->arguments[i]);
        return chaos_error_set(err, CHAOS_E_INVALID, "Got unexpected extra argument%s (%s)",
                               call->n_arguments > command->n_arguments + 1 ? "s" : "",
                               buffer_text(&extra));
    }
    return 0;
}

int options_parse(struct cli_call *call, char *const *words, size_t count, size_t *ret_used,
                  struct chaos_error *err)
{
    const struct cli_command *command = call->command;
    bool is_group = command->subcommands != NULL;
    bool options_ended = false;
    size_t at = 0;
    int r;

    call->options = mem_zero(command->n_options + 1, sizeof(*call->options));
    call->arguments = mem_zero(count + 1, sizeof(*call->arguments));
    while (at < count) {
        const char *word = words[at];

        if (options_ended || word[0] != '-' || !word[1]) {
            if (is_group)
                break;
            call->arguments[call->n_arguments++] = word;
            at++;
        } else if (str_equal(word, "--")) {
            options_ended = true;
            at++;
        } else if (is_other(command, word)) {
            take_other(call, words, count, &at);
        } else {
            r = take_option(call, words, count, &at, err);
            if (r < 0)
                return r;
        }
    }
    *ret_used = at;
    if (call->wants_help)
        return 0;
    r = check_values(call, err);
    if (r < 0)
        return r;
    return is_group ? 0 : check_arguments(call, err);
}

int options_check_paths(const struct cli_call *call, struct chaos_error *err)
{
    for (size_t i = 0; i < call->command->n_options; i++) {
        const struct cli_option *option = &call->command->options[i];
        const struct cli_value *value = &call->options[i];
        const char *const *paths = value->n_list ? (const char *const *)value->list : &value->text;
        size_t count = value->n_list ? value->n_list : 1;

        if (option->kind != CLI_PATH || !value->given)
            continue;
        for (size_t p = 0; p < count; p++)
            if (access(paths[p], F_OK) < 0)
                return chaos_error_set(err, CHAOS_E_INVALID,
                                       "Invalid value for '%s': Path '%s' does not exist.",
                                       option->name, paths[p]);
    }
    return 0;
}

void cli_call_clear(struct cli_call *call)
{
    for (size_t i = 0; call->options && i < call->command->n_options; i++)
        free(call->options[i].list);
    for (size_t i = 0; i < call->n_others; i++) {
        free(call->others[i].name);
        free(call->others[i].values);
    }
    free(call->others);
    free(call->options);
    free(call->arguments);
    *call = (struct cli_call){ 0 };
}

const char *cli_text(const struct cli_call *call, size_t option)
{
    return call->options[option].text;
}

bool cli_flag(const struct cli_call *call, size_t option)
{
    return call->options[option].given;
}

double cli_number(const struct cli_call *call, size_t option)
{
    return call->options[option].number;
}

size_t cli_choice(const struct cli_call *call, size_t option)
{
    return call->options[option].choice;
}

const char *const *cli_list(const struct cli_call *call, size_t option, size_t *ret_count)
{
    *ret_count = call->options[option].n_list;
    return (const char *const *)call->options[option].list;
}
