// SPDX-License-Identifier: Apache-2.0
/* Answers questions of match_compare.py, one JSON array a line:
 *   ["regex", pattern, text]  ["jsonpath", path, document]  ["decimal", value, lower, upper]
 *   ["tolerance", tolerance, value, configuration]
 * each with one line of JSON: {"value": ..} or {"error": text, "code": number}. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "engine/tolerance.h"
#include "value/decimal.h"
#include "value/json.h"
#include "value/jsonpath.h"
#include "value/regex.h"

static int ask_regex(const json_t *question, json_t **ret_value, struct chaos_error *err)
{
    AUTO(regex) struct regex *regex = NULL;
    const json_t *text = json_array_get(question, 2);
    bool found;
    int r = regex_compile(json_string_value(json_array_get(question, 1)), &regex, err);

    if (!r)
        r = regex_search(regex, json_string_value(text), json_string_length(text), &found, err);
    if (!r)
        *ret_value = json_boolean(found);
    return r;
}

static int ask_jsonpath(const json_t *question, json_t **ret_value, struct chaos_error *err)
{
    AUTO(jsonpath) struct jsonpath *path = NULL;
    int r = jsonpath_parse(json_string_value(json_array_get(question, 1)), &path, err);

    if (!r)
        r = jsonpath_match(path, json_array_get(question, 2), ret_value, err);
    return r;
}

static int ask_decimal(const json_t *question, json_t **ret_value, struct chaos_error *err)
{
    bool inside;
    bool number;
    int r = decimal_in_range(json_array_get(question, 1), json_array_get(question, 2),
                             json_array_get(question, 3), &inside, &number, err);

    if (!r)
        *ret_value = json_pack("[bb]", inside, number);
    return r;
}

/* [well formed, met or null] */
static int ask_tolerance(const json_t *question, json_t **ret_value, struct chaos_error *err)
{
    AUTO(chaos_error) struct chaos_error ignored = { 0 };
    const json_t *tolerance = json_array_get(question, 1);
    bool valid = tolerance_validate(tolerance, &ignored) == 0;
    bool met;
    int r = tolerance_check(tolerance, json_array_get(question, 2), json_array_get(question, 3),
                            NULL, &met, err);

    *ret_value = json_pack("[bo]", valid, r < 0 ? json_null() : json_boolean(met));
    return 0;
}

static int ask(const char *line, json_t **ret_value, struct chaos_error *err)
{
    AUTO(json) json_t *question = NULL;
    const char *what;
    int r = json_parse(line, strlen(line), &question, err);

    if (r < 0)
        return r;
    what = json_string_value(json_array_get(question, 0));
    if (str_equal(what, "regex"))
        return ask_regex(question, ret_value, err);
    if (str_equal(what, "jsonpath"))
        return ask_jsonpath(question, ret_value, err);
    if (str_equal(what, "decimal"))
        return ask_decimal(question, ret_value, err);
    if (str_equal(what, "tolerance"))
        return ask_tolerance(question, ret_value, err);
    return chaos_error_set(err, CHAOS_E_INVALID, "unknown question");
}

int main(void)
{
    size_t room = 0;
    AUTO(str) char *line = NULL;

    while (getline(&line, &room, stdin) > 0) {
        AUTO(chaos_error) struct chaos_error err = { 0 };
        AUTO(json) json_t *answer = json_object();
        AUTO(buffer) struct buffer out = { 0 };
        json_t *value = NULL;
        int r = ask(line, &value, &err);

        if (r < 0) {
            json_object_set_new(answer, "error", json_string(chaos_error_text(&err)));
            json_object_set_new(answer, "code", json_integer(-r));
        } else {
            json_object_set_new(answer, "value", value);
        }
        json_write(&out, answer, JSON_STYLE_LINE);
        puts(buffer_text(&out));
        fflush(stdout);
    }
    return 0;
}
