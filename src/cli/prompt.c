// SPDX-License-Identifier: Apache-2.0
#include "cli/prompt.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "cli/style.h"
#include "value/json.h"
#include "value/pytext.h"

#define ANSWER_MAX (64u << 10)

/* One line without its newline; NULL at the end of the input. */
static char *read_answer(void)
{
    AUTO(buffer) struct buffer line = { 0 };
    int c;

    fflush(stdout);
    while ((c = getchar()) != EOF && c != '\n')
        if (line.length < ANSWER_MAX)
            buffer_add_char(&line, (char)c);
    if (c == EOF && !line.length)
        return NULL;
    return buffer_take(&line);
}

static char *ask(enum style style, const char *question, const char *hint)
{
    printf("%s%s%s%s: ", style_on(style), question, style_on(STYLE_PLAIN), hint);
    return read_answer();
}

int prompt_text(const char *question, char **ret_answer)
{
    for (;;) {
        AUTO(str) char *answer = ask(STYLE_QUESTION, question, "");

        if (!answer)
            return -1;
        if (!*answer)
            continue;
        if (!str_is_utf8(answer, strlen(answer))) {
            puts("That is not text in UTF-8.");
            continue;
        }
        *ret_answer = STEAL(answer);
        return 0;
    }
}

int prompt_confirm(const char *question, bool *ret_yes)
{
    for (;;) {
        AUTO(str) char *raw = ask(STYLE_CHOICE, question, " [y/N]");
        AUTO(str) char *answer = raw ? str_trim(raw) : NULL;

        if (!answer)
            return -1;
        if (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0) {
            *ret_yes = true;
            return 0;
        }
        if (!*answer || strcasecmp(answer, "n") == 0 || strcasecmp(answer, "no") == 0) {
            *ret_yes = false;
            return 0;
        }
        puts("Please answer y or n.");
    }
}

static bool parse_integer(const char *text, long long *ret_number)
{
    AUTO(str) char *trimmed = str_trim(text);
    char *end = NULL;

    errno = 0;
    *ret_number = strtoll(trimmed, &end, 10);
    return *trimmed && !*end && !errno;
}

int prompt_index(const char *question, size_t most, size_t *ret_index)
{
    for (;;) {
        AUTO(str) char *answer = ask(STYLE_QUESTION, question, "");
        long long number;

        if (!answer)
            return -1;
        if (!*answer)
            continue;
        if (parse_integer(answer, &number) && number >= 0 && (unsigned long long)number <= most) {
            *ret_index = (size_t)number;
            return 0;
        }
        printf("'%s' is not a number from 0 to %zu.\n", answer, most);
    }
}

/* Each sets *ret_value for an answer that fits its type. */
static bool read_integer(const char *answer, json_t **ret_value)
{
    long long number;

    if (!parse_integer(answer, &number))
        return false;
    *ret_value = json_integer(number);
    return true;
}

static bool read_number(const char *answer, json_t **ret_value)
{
    AUTO(str) char *trimmed = str_trim(answer);
    char *end = NULL;
    double number = strtod(trimmed, &end);

    if (!*trimmed || *end || !isfinite(number))
        return false;
    *ret_value = json_real(number);
    return true;
}

static bool read_boolean(const char *answer, json_t **ret_value)
{
    static const char *const yes[] = { "1", "true", "t", "yes", "y", "on" };
    static const char *const no[] = { "0", "false", "f", "no", "n", "off" };
    AUTO(str) char *trimmed = str_trim(answer);

    for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
        if (strcasecmp(trimmed, yes[i]) == 0)
            *ret_value = json_true();
        if (strcasecmp(trimmed, no[i]) == 0)
            *ret_value = json_false();
    }
    return *ret_value != NULL;
}

static bool read_text(const char *answer, json_t **ret_value)
{
    *ret_value = json_string(answer);
    return *ret_value != NULL; /* NULL when it is not UTF-8 */
}

static bool read_json(const char *answer, json_t **ret_value)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    return json_parse(answer, strlen(answer), ret_value, &err) == 0;
}

static bool read_list(const char *answer, json_t **ret_value)
{
    AUTO(json) json_t *value = NULL;

    if (!read_json(answer, &value) || !json_is_array(value))
        return false;
    *ret_value = STEAL(value);
    return true;
}

static bool read_mapping(const char *answer, json_t **ret_value)
{
    AUTO(json) json_t *value = NULL;

    if (!read_json(answer, &value) || !json_is_object(value))
        return false;
    *ret_value = STEAL(value);
    return true;
}

static bool read_any(const char *answer, json_t **ret_value)
{
    return read_json(answer, ret_value) || read_text(answer, ret_value);
}

static const struct reader {
    const char *type;
    bool (*read)(const char *answer, json_t **ret_value);
    const char *wanted;
} readers[] = {
    { "integer", read_integer, "a whole number" },
    { "number", read_number, "a number" },
    { "boolean", read_boolean, "true or false" },
    { "string", read_text, "text in UTF-8" },
    { "byte", read_text, "text in UTF-8" },
    { "list", read_list, "a list in JSON, such as [\"a\", \"b\"]" },
    { "set", read_list, "a list in JSON, such as [\"a\", \"b\"]" },
    { "tuple", read_list, "a list in JSON, such as [\"a\", \"b\"]" },
    { "mapping", read_mapping, "a mapping in JSON, such as {\"a\": 1}" },
    { NULL, read_any, "text in UTF-8, or JSON" },
};

static const struct reader *find_reader(const char *type)
{
    const struct reader *reader = readers;

    while (reader->type && !(type && str_equal(reader->type, type)))
        reader++;
    return reader;
}

/* " [storm]": what a return stands for. No value at all is "[]". */
static char *default_hint(const json_t *value)
{
    AUTO(str) char *text = NULL;

    if (!value)
        return mem_strdup("");
    if (json_is_array(value) || json_is_object(value))
        text = json_text(value, JSON_STYLE_LINE);
    else
        text = json_is_null(value) ? mem_strdup("") : pytext_of(value);
    return mem_printf(" [%s]", text);
}

int prompt_value(const struct prompt_value *wanted, json_t **ret_value)
{
    const struct reader *reader = find_reader(wanted->type);
    AUTO(str) char *hint = default_hint(wanted->default_value);

    for (;;) {
        AUTO(str) char *answer = ask(STYLE_VALUE, wanted->question, hint);
        json_t *value = NULL;

        if (!answer)
            return -1;
        if (!*answer && !wanted->default_value)
            continue;
        if (!*answer)
            value = json_deep_copy(wanted->default_value);
        else if (!reader->read(answer, &value)) {
            printf("'%s' is not %s.\n", answer, reader->wanted);
            continue;
        }
        *ret_value = value;
        return 0;
    }
}
