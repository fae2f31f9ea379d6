// SPDX-License-Identifier: Apache-2.0
#include "engine/tolerance.h"

#include "base/log.h"
#include "base/str.h"
#include "value/decimal.h"
#include "value/extended.h"
#include "value/json.h"
#include "value/jsonpath.h"
#include "value/pytext.h"
#include "value/regex.h"
#include "value/substitute.h"

/* What a mapping is judged with. */
struct judging {
    const json_t *tolerance;
    const json_t *value; /* the target of the value, if the tolerance names one */
    const json_t *configuration;
    const json_t *secrets;
    struct chaos_error *err;
};

struct tolerance_kind {
    const char *name;
    int (*check)(const struct judging *judging, bool *ret_met);
    int (*validate)(const json_t *tolerance, struct chaos_error *err);
};

static bool is_text(const json_t *value)
{
    return json_is_string(value) && extended_kind(value) == EXTENDED_NONE;
}

static bool is_whole(const json_t *value)
{
    return json_is_integer(value) || extended_kind(value) == EXTENDED_INTEGER;
}

static bool is_number(const json_t *value)
{
    enum extended_kind kind = extended_kind(value);

    return json_is_number(value) || json_is_boolean(value) || kind == EXTENDED_INTEGER ||
           kind == EXTENDED_NAN || kind == EXTENDED_INFINITY;
}

/* The text of `key` after substitution; *ret_owner keeps it. */
static int substituted_text(const struct judging *judging, const char *key, json_t **ret_owner,
                            const char **ret_text)
{
    const json_t *text = json_object_get(judging->tolerance, key);
    AUTO(json) json_t *owner = NULL;
    int r;

    if (!text)
        return chaos_error_set(judging->err, CHAOS_E_INVALID, "the tolerance has no '%s'", key);
    r = substitute(text, judging->configuration, judging->secrets, &owner, judging->err);
    if (r < 0)
        return chaos_error_prefix(judging->err, "%s", key);
    if (!is_text(owner))
        return chaos_error_set(judging->err, CHAOS_E_INVALID, "%s must be text, not %s", key,
                               value_type_name(owner));
    *ret_text = json_string_value(owner);
    *ret_owner = STEAL(owner);
    return 0;
}

static int check_regex(const struct judging *judging, bool *ret_met)
{
    AUTO(json) json_t *owner = NULL;
    AUTO(regex) struct regex *regex = NULL;
    const char *pattern = NULL;
    int r = substituted_text(judging, "pattern", &owner, &pattern);

    if (r < 0)
        return r;
    log_debug("Applied pattern is: %s", pattern);
    r = regex_compile(pattern, &regex, judging->err);
    if (!r && !is_text(judging->value))
        return chaos_error_set(judging->err, CHAOS_E_INVALID,
                               "a pattern is searched in text, not in a value of type %s: name "
                               "the text by 'target'",
                               value_type_name(judging->value));
    if (!r)
        r = regex_search(regex, json_string_value(judging->value),
                         json_string_length(judging->value), ret_met, judging->err);
    return r < 0 ? chaos_error_prefix(judging->err, "pattern '%s'", pattern) : 0;
}

/* A path is matched in what a text says as JSON; text that is not JSON stays text. *ret_owner
 * stays NULL when the value is no text. */
static int read_document(const struct judging *judging, json_t **ret_owner)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(mem) unsigned char *bytes = NULL;
    const char *text = json_string_value(judging->value);
    size_t length = json_string_length(judging->value);
    int r;

    if (extended_kind(judging->value) == EXTENDED_BYTES) {
        bytes = extended_data(judging->value, &length);
        text = (const char *)bytes;
        if (!str_is_utf8(text, length))
            return chaos_error_set(judging->err, CHAOS_E_INVALID,
                                   "a path is matched in text, not in bytes that are not UTF-8");
    } else if (!is_text(judging->value)) {
        return 0;
    }
    r = json_parse(text, length, ret_owner, &err);
    if (r == -CHAOS_E_LIMIT)
        return chaos_error_set(judging->err, CHAOS_E_LIMIT, "%s", chaos_error_text(&err));
    if (r < 0)
        *ret_owner = json_stringn(text, length);
    return 0;
}

/* What the tolerance asks of the values that were found: 'expect', else 'count', else any. */
static int judge_found(const struct judging *judging, const json_t *values, bool *ret_met)
{
    const json_t *count = json_object_get(judging->tolerance, "count");
    const json_t *expect = json_object_get(judging->tolerance, "expect");
    AUTO(json) json_t *found = json_integer((json_int_t)json_array_size(values));
    AUTO(json) json_t *expected = NULL;
    AUTO(json) json_t *list = NULL;
    int r;

    if (!expect) {
        *ret_met =
            count && !json_is_null(count) ? value_equal(found, count) : json_array_size(values) > 0;
        return 0;
    }
    r = substitute(expect, judging->configuration, judging->secrets, &expected, judging->err);
    if (r < 0)
        return chaos_error_prefix(judging->err, "expect");
    list = json_is_array(expected) ? json_incref(expected) : json_pack("[O]", expected);
    *ret_met = value_equal(values, list);
    return 0;
}

static int check_jsonpath(const struct judging *judging, bool *ret_met)
{
    AUTO(json) json_t *owner = NULL;
    AUTO(json) json_t *document = NULL;
    AUTO(json) json_t *values = NULL;
    AUTO(jsonpath) struct jsonpath *path = NULL;
    const char *text = NULL;
    int r = substituted_text(judging, "path", &owner, &text);

    if (r < 0)
        return r;
    log_debug("Applied jsonpath is: %s", text);
    r = jsonpath_parse(text, &path, judging->err);
    if (!r)
        r = read_document(judging, &document);
    if (!r)
        r = jsonpath_match(path, document ? document : judging->value, &values, judging->err);
    if (r < 0)
        return chaos_error_prefix(judging->err, "path '%s'", text);
    r = judge_found(judging, values, ret_met);
    if (!r && !*ret_met && log_wants(LOG_DEBUG)) {
        AUTO(str) char *shown = pytext_of(values);

        log_debug("jsonpath found '%s'", shown);
    }
    return r;
}

static int check_range(const struct judging *judging, bool *ret_met)
{
    const json_t *range = json_object_get(judging->tolerance, "range");
    bool inside = false;
    bool number = false;
    int r;

    r = decimal_in_range(judging->value, json_array_get(range, 0), json_array_get(range, 1),
                         &inside, &number, judging->err);
    if (r < 0)
        return chaos_error_prefix(judging->err, "range");
    if (!number)
        log_debug("range check expects a number value");
    *ret_met = inside;
    return 0;
}

static int validate_regex(const json_t *tolerance, struct chaos_error *err)
{
    const json_t *pattern = json_object_get(tolerance, "pattern");
    AUTO(regex) struct regex *regex = NULL;
    int r;

    if (!pattern)
        return chaos_error_set(err, CHAOS_E_INVALID, "a regex tolerance must have a 'pattern'");
    if (!is_text(pattern))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the pattern of a tolerance must be text, not %s",
                               value_type_name(pattern));
    r = regex_compile(json_string_value(pattern), &regex, err);
    return r < 0 ? chaos_error_prefix(err, "the tolerance's pattern '%s' is invalid",
                                      json_string_value(pattern))
                 : 0;
}

static int validate_jsonpath(const json_t *tolerance, struct chaos_error *err)
{
    const json_t *text = json_object_get(tolerance, "path");
    AUTO(jsonpath) struct jsonpath *path = NULL;
    AUTO(str) char *trimmed = NULL;
    int r;

    if (!text)
        return chaos_error_set(err, CHAOS_E_INVALID, "a jsonpath tolerance must have a 'path'");
    if (!is_text(text))
        return chaos_error_set(err, CHAOS_E_INVALID, "the path of a tolerance must be text, not %s",
                               value_type_name(text));
    trimmed = str_trim(json_string_value(text));
    if (!*trimmed)
        return chaos_error_set(err, CHAOS_E_INVALID, "the path of a tolerance must not be empty");
    r = jsonpath_parse(trimmed, &path, err);
    return r < 0 ? chaos_error_prefix(err, "the tolerance's path '%s' is invalid", trimmed) : 0;
}

static int validate_range(const json_t *tolerance, struct chaos_error *err)
{
    static const char *const bounds[] = { "lower", "upper" };
    const json_t *range = json_object_get(tolerance, "range");

    if (!range)
        return chaos_error_set(err, CHAOS_E_INVALID, "a range tolerance must have a 'range'");
    if (!json_is_array(range))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the range of a tolerance must be a list, not %s",
                               value_type_name(range));
    if (json_array_size(range) != 2)
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "the range of a tolerance must have two values, not %zu",
                               json_array_size(range));
    for (size_t i = 0; i < ARRAY_SIZE(bounds); i++)
        if (!is_number(json_array_get(range, i)))
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "the %s bound of a tolerance's range must be a number, not %s",
                                   bounds[i], value_type_name(json_array_get(range, i)));
    return 0;
}

static const struct tolerance_kind kinds[] = {
    { "jsonpath", check_jsonpath, validate_jsonpath },
    { "probe", NULL, NULL }, /* the caller's */
    { "range", check_range, validate_range },
    { "regex", check_regex, validate_regex },
};

/* NULL when the mapping's type is none of them. */
static const struct tolerance_kind *kind_of(const json_t *tolerance)
{
    const char *type = json_string_value(json_object_get(tolerance, "type"));

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (str_equal(type, kinds[i].name))
            return &kinds[i];
    return NULL;
}

/* The member of the value that the tolerance is about; the value itself when it has none. */
static int find_target(const json_t *tolerance, const json_t **value, struct chaos_error *err)
{
    const json_t *target = json_object_get(tolerance, "target");
    const json_t *member;

    if (!value_is_true(target))
        return 0;
    if (!json_is_object(*value))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "a target is looked up in a mapping, not in a value of type %s",
                               value_type_name(*value));
    if (json_is_object(target) || json_is_array(target))
        return chaos_error_set(err, CHAOS_E_INVALID, "target must be a name, not %s",
                               value_type_name(target));
    member = json_object_get(*value, json_string_value(target));
    if (member)
        *value = member;
    return 0;
}

static int check_mapping(struct judging *judging, bool *ret_met)
{
    const struct tolerance_kind *kind = kind_of(judging->tolerance);
    int r;

    if (!kind) {
        *ret_met = false;
        return 0;
    }
    if (!kind->check)
        return chaos_error_set(judging->err, CHAOS_E_UNSUPPORTED,
                               "a tolerance that is a probe is called, not compared");
    r = find_target(judging->tolerance, &judging->value, judging->err);
    return r < 0 ? r : kind->check(judging, ret_met);
}

static bool is_member(const json_t *value, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (value_equal(value, json_array_get(list, i)))
            return true;
    return false;
}

/* low <= high in Python; NaN has no order. */
static int at_most(const json_t *low, const json_t *high, bool *ret_holds, struct chaos_error *err)
{
    int order;
    int r = value_compare(low, high, &order, err);

    if (r < 0)
        return r;
    *ret_holds = order <= 0;
    return 0;
}

/* compat: a list of two is a range, but not for the output of a process or an HTTP call, whose
 * status must be one of the list. */
static int check_list(const json_t *tolerance, const json_t *value, bool *ret_met,
                      struct chaos_error *err)
{
    const json_t *status = json_object_get(value, "status");
    int r;

    if (status || json_array_size(tolerance) != 2) {
        *ret_met = is_member(status ? status : value, tolerance);
        return 0;
    }
    r = at_most(json_array_get(tolerance, 0), value, ret_met, err);
    if (r < 0 || !*ret_met)
        return r;
    return at_most(value, json_array_get(tolerance, 1), ret_met, err);
}

int tolerance_check(const json_t *tolerance, const json_t *value, const json_t *configuration,
                    const json_t *secrets, bool *ret_met, struct chaos_error *err)
{
    struct judging judging = { tolerance, value, configuration, secrets, err };
    const json_t *status = json_object_get(value, "status");
    bool met = false;
    int r = 0;

    if (json_is_boolean(tolerance) || is_text(tolerance))
        met = value_equal(value, tolerance);
    else if (is_whole(tolerance))
        met = value_equal(status ? status : value, tolerance);
    else if (json_is_array(tolerance))
        r = check_list(tolerance, value, &met, err);
    else if (json_is_object(tolerance))
        r = check_mapping(&judging, &met);
    /* compat: of other types, such as real numbers, no value is within tolerance */
    if (r < 0)
        return r;
    *ret_met = met;
    return 0;
}

int tolerance_validate(const json_t *tolerance, struct chaos_error *err)
{
    const struct tolerance_kind *kind;

    if (json_is_boolean(tolerance) || is_text(tolerance) || is_whole(tolerance) ||
        json_is_array(tolerance))
        return 0;
    if (!json_is_object(tolerance))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "a tolerance must be true or false, an integer, text, a list or a "
                               "mapping with a type, not %s",
                               value_type_name(tolerance));
    kind = kind_of(tolerance);
    if (!kind) {
        const json_t *type_given = json_object_get(tolerance, "type");
        AUTO(str) char *type = pytext_of(type_given ? type_given : json_null());

        return chaos_error_set(err, CHAOS_E_INVALID,
                               "a tolerance's type must be jsonpath, probe, range or regex, not "
                               "'%s'",
                               type);
    }
    return kind->validate ? kind->validate(tolerance, err) : 0;
}
