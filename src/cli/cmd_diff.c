// SPDX-License-Identifier: Apache-2.0
/* Two runs side by side. */
#include <string.h>

#include "base/json_walk.h"
#include "base/str.h"
#include "cli/root.h"
#include "cli/run_words.h"
#include "lib/history.h"
#include "value/json.h"

/* Of a value in a line for people, in bytes. */
#define SHOWN_MAX 200

/* As diff(1) does. */
enum {
    SAME = 0,
    DIFFERENT = 1,
    TROUBLE = 2,
};

enum {
    OPTION_JSON,
};

static const struct cli_option options[] = {
    [OPTION_JSON] = { .name = "--json",
                      .help =
                          "Print a JSON array of {\"where\", \"a\", \"b\"} with whole values." },
};

static const struct cli_argument arguments[] = {
    { .name = "A",
      .help = "The id of a run or a part of it, \"last\", \"last-1\", or the file of a journal." },
    { .name = "B", .help = "Likewise." },
};

/* The start of a value on one line. */
static void print_value(char mark, const json_t *value)
{
    AUTO(str) char *text = value ? json_text(value, JSON_STYLE_LINE) : NULL;
    size_t length = text ? strlen(text) : 0;

    if (length > SHOWN_MAX) {
        length = SHOWN_MAX;
        while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    if (!text)
        printf("  %c nothing\n", mark);
    else
        printf("  %c %.*s%s\n", mark, (int)length, text, text[length] ? "..." : "");
}

static void print_differences(const json_t *found)
{
    size_t i;
    json_t *one;

    json_array_foreach (found, i, one) {
        printf("%s\n", json_text_of(one, "where"));
        print_value('-', json_object_get(one, "a"));
        print_value('+', json_object_get(one, "b"));
    }
}

static int open_one(const char *word, struct history_run *ret_run)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (history_open(word, ret_run, &err) < 0) {
        cli_fail("%s", chaos_error_text(&err));
        return TROUBLE;
    }
    if (!ret_run->journal) {
        cli_fail("run %s ended before it began: there is nothing to compare", ret_run->id);
        return TROUBLE;
    }
    return SAME;
}

static int diff_run(const struct cli_call *call)
{
    AUTO(history_run) struct history_run a = { 0 };
    AUTO(history_run) struct history_run b = { 0 };
    AUTO(json) json_t *found = NULL;

    if (open_one(call->arguments[0], &a) != SAME || open_one(call->arguments[1], &b) != SAME)
        return TROUBLE;
    found = history_differences(a.journal, b.journal);
    if (cli_flag(call, OPTION_JSON)) {
        AUTO(str) char *text = json_text(found, JSON_STYLE_INDENT_2);

        puts(text);
    } else {
        print_differences(found);
    }
    return json_array_size(found) ? DIFFERENT : SAME;
}

const struct cli_command cmd_diff = {
    .name = "diff",
    .summary = "Compare two runs",
    .doc =
        "Show where run B differs from run A: outcome, steady state, activities (paired by name) "
        "and what they returned, rollbacks, and the experiment itself. Times and machines are "
        "not compared.\n\n"
        "Exits with 0 when nothing differs, 1 when something does, 2 when they cannot be "
        "compared.",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .complete = run_words_complete,
    .run = diff_run,
};
