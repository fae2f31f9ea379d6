// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <string.h>

#include "base/fd.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/root.h"
#include "lib/aws_catalogue.h"
#include "lib/aws_command.h"
#include "value/json.h"
#include "value/jsonpath.h"

#define STDIN_NAME    "-"
#define JSON_MAX      ((size_t)256 << 20)
#define PRESIGN_MAX_S 604800
#define SECONDS_MAX   86400
#define NAME_WIDTH    34

enum {
    AWS_ALL_PAGES,
    AWS_CONNECT_TIMEOUT,
    AWS_ENDPOINT_URL,
    AWS_JSON,
    AWS_PRESIGN,
    AWS_PROFILE,
    AWS_QUERY,
    AWS_READ_TIMEOUT,
    AWS_REGION,
    AWS_WAIT,
};

static const struct cli_option options[] = {
    [AWS_ALL_PAGES] = { .name = "--all-pages",
                        .help = "Get all pages and print them as they come." },
    [AWS_CONNECT_TIMEOUT] = { .name = "--connect-timeout",
                              .kind = CLI_NUMBER,
                              .flags = CLI_SHOW_DEFAULT,
                              .metavar = "SECONDS",
                              .default_text = "60",
                              .help = "How long to wait for a connection." },
    [AWS_ENDPOINT_URL] = { .name = "--endpoint-url",
                           .kind = CLI_TEXT,
                           .metavar = "URL",
                           .help = "Send the request there, not to AWS." },
    [AWS_JSON] = { .name = "--json",
                   .kind = CLI_TEXT,
                   .metavar = "FILE",
                   .help = "Take the parameters from this file, a JSON object with the names that "
                           "boto3 has; - is the standard input. Parameters among the words replace "
                           "its members." },
    [AWS_PRESIGN] = { .name = "--presign",
                      .kind = CLI_NUMBER,
                      .metavar = "SECONDS",
                      .help = "Make no call. Print an address with which anybody can make it for "
                              "that long." },
    [AWS_PROFILE] = { .name = "--profile",
                      .kind = CLI_TEXT,
                      .metavar = "NAME",
                      .help = "The profile of the AWS configuration files to use." },
    [AWS_QUERY] = { .name = "--query",
                    .kind = CLI_TEXT,
                    .metavar = "JSONPATH",
                    .help = "Print the array of what this path finds in the answer, not the "
                            "answer." },
    [AWS_READ_TIMEOUT] = { .name = "--read-timeout",
                           .kind = CLI_NUMBER,
                           .flags = CLI_SHOW_DEFAULT,
                           .metavar = "SECONDS",
                           .default_text = "60",
                           .help = "How long the service may be silent before the call fails or "
                                   "is tried again." },
    [AWS_REGION] = { .name = "--region",
                     .kind = CLI_TEXT,
                     .metavar = "NAME",
                     .help = "The region to call." },
    [AWS_WAIT] = { .name = "--wait",
                   .kind = CLI_TEXT,
                   .metavar = "NAME",
                   .help = "Wait with this waiter: before the call when it asks with the same "
                           "operation, else after it." },
};

#define HELP_WORD "help"

static const struct cli_argument arguments[] = {
    { .name = "SERVICE", .help = "As boto3 names it: ec2, autoscaling, elbv2.", .optional = true },
    { .name = "OPERATION", .help = "With dashes: describe-instances.", .optional = true },
    { .name = "OUTFILE",
      .help = "Where the body of the answer goes, if it has one of its own; - is the standard "
              "output. The word help shows what the operation takes.",
      .optional = true },
};

static void print_entry(void *data, const char *name, const char *about)
{
    (void)data;
    if (*about)
        printf("%-*s  %s\n", NAME_WIDTH, name, about);
    else
        puts(name);
}

static bool is_help(const char *word)
{
    return !word || str_equal(word, HELP_WORD);
}

/* Lists of services and operations, and the page about an operation. */
static int show(const struct cli_call *call)
{
    const char *service = call->n_arguments > 0 ? call->arguments[0] : NULL;
    const char *operation = call->n_arguments > 1 ? call->arguments[1] : NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(buffer) struct buffer page = { 0 };
    int r;

    if (is_help(service))
        r = aws_catalogue_services(print_entry, NULL, &err);
    else if (is_help(operation))
        r = aws_catalogue_operations(service, print_entry, NULL, &err);
    else
        r = aws_catalogue_describe(service, operation, &page, &err);
    if (r == -CHAOS_E_NOT_FOUND)
        return cli_misuse(call, "%s", chaos_error_text(&err));
    if (r < 0)
        return cli_fail("%s", chaos_error_text(&err));
    fputs(buffer_text(&page), stdout);
    return CLI_DONE;
}

static int read_json(const char *path, json_t **ret_params, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    bool is_stdin = str_equal(path, STDIN_NAME);
    int r = file_read(is_stdin ? "/dev/stdin" : path, &text, JSON_MAX, err);

    if (r == 0)
        r = json_parse(buffer_text(&text), text.length, ret_params, err);
    return r < 0 ? chaos_error_prefix(err, "--json %s", path) : r;
}

/* The value of a number that must be from more than 0 up to `most`; false when it is not. */
static bool read_seconds(const struct cli_call *call, size_t option, double most,
                         double *ret_seconds)
{
    *ret_seconds = call->options[option].number;
    return !call->options[option].given || (*ret_seconds > 0 && *ret_seconds <= most);
}

/* All of the command but the parameters; an enum cli_exit when a value breaks a rule, else 0. */
static int read_options(const struct cli_call *call, struct aws_command *command)
{
    double connect_s, read_s, presign_s;

    if (!read_seconds(call, AWS_CONNECT_TIMEOUT, SECONDS_MAX, &connect_s))
        return cli_misuse(call, "--connect-timeout is more than 0 and at most %d.", SECONDS_MAX);
    if (!read_seconds(call, AWS_READ_TIMEOUT, SECONDS_MAX, &read_s))
        return cli_misuse(call, "--read-timeout is more than 0 and at most %d.", SECONDS_MAX);
    if (!read_seconds(call, AWS_PRESIGN, PRESIGN_MAX_S, &presign_s) ||
        (call->options[AWS_PRESIGN].given && presign_s < 1))
        return cli_misuse(call, "--presign is from 1 to %d.", PRESIGN_MAX_S);
    if (call->options[AWS_PRESIGN].given &&
        (cli_flag(call, AWS_ALL_PAGES) || cli_text(call, AWS_WAIT) || cli_text(call, AWS_QUERY)))
        return cli_misuse(call, "--presign makes no call: --all-pages, --query and --wait do not "
                                "go with it.");
    command->service = call->arguments[0];
    command->operation = call->arguments[1];
    command->outfile = call->n_arguments > 2 ? call->arguments[2] : NULL;
    command->waiter = cli_text(call, AWS_WAIT);
    command->all_pages = cli_flag(call, AWS_ALL_PAGES);
    command->presign_s = (int64_t)presign_s;
    command->profile = cli_text(call, AWS_PROFILE);
    command->region = cli_text(call, AWS_REGION);
    command->endpoint_url = cli_text(call, AWS_ENDPOINT_URL);
    command->connect_timeout_ms = (int64_t)(connect_s * 1000.0 + 0.5);
    command->read_timeout_ms = (int64_t)(read_s * 1000.0 + 0.5);
    return CLI_DONE;
}

/* Errors are one line; those of services may hold more. */
static int fail(enum aws_outcome outcome, const struct chaos_error *err)
{
    AUTO(str) char *line = mem_strdup(chaos_error_text(err));

    for (char *p = line; *p; p++)
        if (*p == '\n' || *p == '\r')
            *p = ' ';
    cli_fail("%s", line);
    return (int)outcome;
}

static int print_answer(const json_t *answer, const struct jsonpath *query)
{
    AUTO(json) json_t *found = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(str) char *text = NULL;

    if (json_is_string(answer)) {
        puts(json_string_value(answer));
        return CLI_DONE;
    }
    if (query && jsonpath_match(query, answer, &found, &err) < 0)
        return cli_fail("--query: %s", chaos_error_text(&err));
    text = json_text(query ? found : answer, JSON_STYLE_INDENT_4);
    puts(text);
    return CLI_DONE;
}

/* A document that is printed while its listing comes in. */
struct printed {
    bool has_begun; /* with `{ "key": [` */
    bool has_items;
};

/* Print a value as part of a document: all lines but the first moved to the right. */
static void print_within(const json_t *value, const char *indent)
{
    AUTO(str) char *text = json_text(value, JSON_STYLE_INDENT_4);
    const char *line = text;
    const char *end;

    while ((end = strchr(line, '\n'))) {
        fwrite(line, 1, (size_t)(end + 1 - line), stdout);
        fputs(indent, stdout);
        line = end + 1;
    }
    fputs(line, stdout);
}

static void print_items(void *data, const char *key, const json_t *items)
{
    struct printed *printed = data;
    size_t i;
    json_t *item;

    if (!printed->has_begun)
        printf("{\n    \"%s\": [", key);
    printed->has_begun = true;
    json_array_foreach (items, i, item) {
        fputs(printed->has_items ? ",\n        " : "\n        ", stdout);
        print_within(item, "        ");
        printed->has_items = true;
    }
}

/* What the answer has beside the listing. */
static void print_rest(const struct printed *printed, const json_t *answer)
{
    const char *key;
    json_t *value;

    fputs(printed->has_items ? "\n    ]" : "]", stdout);
    json_object_foreach (json_walkable(answer), key, value) {
        printf(",\n    \"%s\": ", key); /* a name of the model: nothing to escape */
        print_within(value, "    ");
    }
    puts("\n}");
}

static int run(const struct cli_call *call, struct aws_command *command,
               const struct jsonpath *query)
{
    AUTO(json) json_t *answer = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct printed printed = { 0 };
    enum aws_outcome outcome;
    int code = CLI_DONE;

    if (!query)
        command->items = print_items;
    command->items_data = &printed;
    outcome = aws_command_run(command, &answer, &err);
    if (answer && printed.has_begun)
        print_rest(&printed, answer);
    else if (answer)
        code = print_answer(answer, query);
    if (outcome == AWS_OUTCOME_MISUSE)
        return cli_misuse(call, "%s", chaos_error_text(&err));
    return outcome == AWS_OUTCOME_DONE ? code : fail(outcome, &err);
}

static int aws_run(const struct cli_call *call)
{
    AUTO(mem) struct aws_given *given = mem_zero(call->n_others + 1, sizeof(*given));
    AUTO(json) json_t *params = NULL;
    AUTO(jsonpath) struct jsonpath *query = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_command command = { .given = given, .n_given = call->n_others };
    int code;

    if (call->n_arguments < 2 && call->n_others)
        return cli_misuse(call, "Missing argument '%s' before '%s'.",
                          arguments[call->n_arguments].name, call->others[0].name);
    if (call->n_arguments < 2 || is_help(call->arguments[0]) || is_help(call->arguments[1]) ||
        (call->n_arguments > 2 && is_help(call->arguments[2])))
        return show(call);
    code = read_options(call, &command);
    if (code != CLI_DONE)
        return code;
    for (size_t i = 0; i < call->n_others; i++)
        given[i] = (struct aws_given){ .name = call->others[i].name + strlen("--"),
                                       .words = call->others[i].values,
                                       .n_words = call->others[i].n_values };
    if (cli_text(call, AWS_QUERY) && jsonpath_parse(cli_text(call, AWS_QUERY), &query, &err) < 0)
        return cli_misuse(call, "--query: %s", chaos_error_text(&err));
    if (cli_text(call, AWS_JSON) && read_json(cli_text(call, AWS_JSON), &params, &err) < 0)
        return cli_misuse(call, "%s", chaos_error_text(&err));
    command.params = params;
    return run(call, &command, query);
}

static void offer_entry(void *data, const char *name, const char *about)
{
    cli_offer(data, name, about);
}

static void aws_complete(const struct cli_typing *typing)
{
    const char *service = typing->n_arguments > 0 ? typing->arguments[0] : NULL;
    const char *operation = typing->n_arguments > 1 ? typing->arguments[1] : NULL;
    AUTO(chaos_error) struct chaos_error ignored = { 0 };
    AUTO(str) char *word = mem_strdup(typing->word);
    int r = 0;

    if (typing->option && typing->option != &options[AWS_WAIT])
        return;
    if (typing->option)
        r = service ? aws_catalogue_waiters(service, offer_entry, word, &ignored) : 0;
    else if (!service && *word != '-')
        r = aws_catalogue_services(offer_entry, word, &ignored);
    else if (!operation && *word != '-')
        r = aws_catalogue_operations(service, offer_entry, word, &ignored);
    else if (operation && typing->n_arguments == 2 && *word != '-')
        cli_offer(word, HELP_WORD, "");
    else if (operation && *word == '-')
        r = aws_catalogue_parameters(service, operation, offer_entry, word, &ignored);
    (void)r; /* a word that makes no sense: nothing can be offered */
}

const struct cli_command cmd_aws = {
    .name = "aws",
    .summary = "Call an operation of an AWS service",
    .doc = "Call an operation of an AWS service and print its answer as JSON.\n\n"
           "Alone it lists the services; with a service, its operations; with help, what an "
           "operation takes.\n\n"
           "A parameter is its name with dashes and its value: text, a number, true or false, "
           "several words for a list, JSON, or Name=value,Name=value for a structure; file://PATH "
           "stands for the content of a file. A body that the model streams is the path of a file, "
           "and the body of an answer goes to OUTFILE: both may be of any size.",
    .options = options,
    .n_options = ARRAY_SIZE(options),
    .arguments = arguments,
    .n_arguments = ARRAY_SIZE(arguments),
    .offline = true,
    .takes_others = true,
    .complete = aws_complete,
    .help = show,
    .run = aws_run,
};
