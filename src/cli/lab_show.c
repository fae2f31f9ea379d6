// SPDX-License-Identifier: Apache-2.0
// What a lab holds and what happens in it, for people and for programs.
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/lab.h"
#include "cli/style.h"
#include "labctl/lab_client.h"
#include "value/json.h"

void lab_show_event(const json_t *event)
{
    const char *time = json_text_of(event, "time");
    const char *what = json_text_of(event, "event");
    const char *resource = json_text_of(event, "resource");
    const char *name;
    json_t *value;

    /* The time of the day with milliseconds. */
    printf("%.12s  %-22s %s", time && strlen(time) > 23 ? time + 11 : "", what ? what : "",
           resource ? resource : "");
    json_object_foreach (json_walkable(event), name, value) {
        bool is_shown = strcmp(name, "time") == 0 || strcmp(name, "event") == 0 ||
                        strcmp(name, "resource") == 0;

        if (!is_shown && json_is_string(value) && *json_string_value(value))
            printf("  %s=%s", name, json_string_value(value));
    }
    putchar('\n');
    fflush(stdout);
}

static void print_json(const json_t *value, enum json_style style)
{
    AUTO(str) char *text = json_text(value, style);

    puts(text);
    fflush(stdout);
}

enum {
    EVENTS_NAME,
    EVENTS_FOLLOW,
    EVENTS_JSON,
};

static const struct cli_option events_options[] = {
    [EVENTS_NAME] = LAB_NAME_OPTION,
    [EVENTS_FOLLOW] = { .name = "--follow",
                        .letter = "-f",
                        .help = "Go on with those that come, until the lab ends." },
    [EVENTS_JSON] = { .name = "--json", .help = "One JSON object a line." },
};

static bool show_event(void *data, const json_t *event)
{
    const struct cli_call *call = data;

    if (cli_flag(call, EVENTS_JSON))
        print_json(event, JSON_STYLE_LINE);
    else
        lab_show_event(event);
    return true;
}

static int events_run(const struct cli_call *call)
{
    AUTO(json)
    json_t *request =
        json_pack("{s:s, s:b}", "do", "events", "follow", (int)cli_flag(call, EVENTS_FOLLOW));
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (lab_ask_all(cli_text(call, EVENTS_NAME), request, show_event, (void *)(uintptr_t)call,
                    &err) < 0)
        return cli_fail("%s", chaos_error_text(&err));
    return CLI_DONE;
}

const struct cli_command lab_events = {
    .name = "events",
    .offline = true,
    .summary = "Show what happened in a lab",
    .options = events_options,
    .n_options = ARRAY_SIZE(events_options),
    .run = events_run,
};

enum {
    STATUS_NAME,
    STATUS_WATCH,
    STATUS_JSON,
};

static const struct cli_option status_options[] = {
    [STATUS_NAME] = LAB_NAME_OPTION,
    [STATUS_WATCH] = { .name = "--watch", .help = "Show it again every half second." },
    [STATUS_JSON] = { .name = "--json", .help = "All of it as JSON." },
};

static const char *text_or(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_text_of(object, key);

    return text && *text ? text : otherwise;
}

static int64_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* "2m05s" since a launch. */
static char *age_of(const json_t *instance)
{
    const char *launched = json_text_of(instance, "launch-time");
    struct tm broken = { 0 };
    int64_t seconds;

    if (!launched || !strptime(launched, "%Y-%m-%dT%H:%M:%S", &broken))
        return mem_strdup("-");
    seconds = clock_wall() / CLOCK_NS_PER_S - (int64_t)timegm(&broken);
    if (seconds < 60)
        return mem_printf("%" PRId64 "s", seconds < 0 ? 0 : seconds);
    if (seconds < 3600)
        return mem_printf("%" PRId64 "m%02" PRId64 "s", seconds / 60, seconds % 60);
    return mem_printf("%" PRId64 "h%02" PRId64 "m", seconds / 3600, seconds / 60 % 60);
}

/* Tags as "Name=a State=b", without those of AWS. */
static char *tags_of(const json_t *instance)
{
    struct buffer text = { 0 };
    const char *key;
    json_t *value;

    json_object_foreach (json_object_get(instance, "tags"), key, value) {
        if (!str_starts(key, "aws:"))
            buffer_printf(&text, "%s%s=%s", text.length ? " " : "", key, json_string_value(value));
    }
    return buffer_take(&text);
}

static void show_instances(const json_t *status)
{
    json_t *instance;
    size_t i;

    printf("%s%-20s %-13s %-11s %-13s %-15s %5s %7s  %s%s\n", style_on(STYLE_HEADING), "INSTANCE",
           "STATE", "ZONE", "ADDRESS", "ELASTIC IP", "PROCS", "UP", "TAGS", style_on(STYLE_PLAIN));
    json_array_foreach (json_object_get(status, "instances"), i, instance) {
        AUTO(str) char *age = age_of(instance);
        AUTO(str) char *tags = tags_of(instance);

        printf("%-20s %-13s %-11s %-13s %-15s %5" PRId64 " %7s  %s\n", text_or(instance, "id", "-"),
               text_or(instance, "state", "-"), text_or(instance, "zone", "-"),
               text_or(instance, "private-address", "-"), text_or(instance, "public-address", "-"),
               number_of(instance, "processes"), age, tags);
    }
}

static void show_status(const json_t *status)
{
    json_t *item;
    size_t i;

    printf("%s  %s  %s  up %.0f s\n\n", text_or(status, "name", "lab"),
           text_or(status, "endpoint", ""), text_or(status, "region", ""),
           json_number_value(json_object_get(status, "uptime")));
    show_instances(status);
    json_array_foreach (json_object_get(status, "addresses"), i, item)
        printf("%s%s %s\n", i == 0 ? "\n" : "", text_or(item, "address", "-"),
               json_string_length(json_object_get(item, "instance")) ? text_or(item, "instance", "")
                                                                     : "nobody's");
    json_array_foreach (json_object_get(status, "groups"), i, item)
        printf("%sscaling group %s: %" PRId64 " of %" PRId64 " (%" PRId64 " to %" PRId64 ")\n",
               i == 0 ? "\n" : "", text_or(item, "name", "-"), number_of(item, "instances"),
               number_of(item, "desired"), number_of(item, "min"), number_of(item, "max"));
}

static int status_run(const struct cli_call *call)
{
    const char *name = cli_text(call, STATUS_NAME);
    struct timespec half = { .tv_nsec = 500 * 1000 * 1000 };

    for (;;) {
        AUTO(json) json_t *status = NULL;
        int code = lab_request(name, json_pack("{s:s}", "do", "status"), &status);

        if (code != CLI_DONE)
            return code;
        if (cli_flag(call, STATUS_JSON)) {
            print_json(status, JSON_STYLE_INDENT_2);
            return CLI_DONE;
        }
        if (cli_flag(call, STATUS_WATCH))
            fputs("\033[H\033[2J", stdout); /* ECMA-48: home, erase the page */
        show_status(status);
        fflush(stdout);
        if (!cli_flag(call, STATUS_WATCH))
            return CLI_DONE;
        nanosleep(&half, NULL);
    }
}

const struct cli_command lab_status = {
    .name = "status",
    .offline = true,
    .summary = "Show what a lab holds",
    .options = status_options,
    .n_options = ARRAY_SIZE(status_options),
    .run = status_run,
};

enum {
    LOGS_NAME,
    LOGS_FOLLOW,
};

static const struct cli_option logs_options[] = {
    [LOGS_NAME] = LAB_NAME_OPTION,
    [LOGS_FOLLOW] = { .name = "--follow",
                      .letter = "-f",
                      .help = "Go on with what it writes, until it ends." },
};

static const struct cli_argument logs_arguments[] = {
    { .name = "INSTANCE", .help = "An id, private address, Name or State tag." },
};

/* What is new in a console that is cut at its beginning when it is long. */
static const char *news(const char *former, const char *console)
{
    size_t length = strlen(former);

    for (size_t cut = 0; cut <= length; cut++) {
        if (str_starts(console, former + cut))
            return console + (length - cut);
    }
    return console;
}

static int logs_run(const struct cli_call *call)
{
    struct timespec moment = { .tv_nsec = 200 * 1000 * 1000 };
    AUTO(str) char *former = mem_strdup("");
    AUTO(str) char *instance = mem_strdup(call->arguments[0]);

    for (;;) {
        AUTO(json) json_t *line = NULL;
        int code = lab_request(cli_text(call, LOGS_NAME),
                               json_pack("{s:s, s:s}", "do", "logs", "instance", instance), &line);
        const char *console = json_text_of(line, "console");

        if (code != CLI_DONE)
            return code;
        fputs(news(former, console), stdout);
        fflush(stdout);
        if (!cli_flag(call, LOGS_FOLLOW))
            return CLI_DONE;
        free(former);
        former = mem_strdup(console);
        free(instance); /* a tag may move to another one meanwhile */
        instance = mem_strdup(json_text_of(line, "instance"));
        nanosleep(&moment, NULL);
    }
}

const struct cli_command lab_logs = {
    .name = "logs",
    .offline = true,
    .summary = "Show the console of an instance",
    .options = logs_options,
    .n_options = ARRAY_SIZE(logs_options),
    .arguments = logs_arguments,
    .n_arguments = ARRAY_SIZE(logs_arguments),
    .run = logs_run,
};
