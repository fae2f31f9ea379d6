// SPDX-License-Identifier: Apache-2.0
#include "model/settings.h"

#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "value/yaml.h"

#define SETTINGS_SIZE_MAX (16u << 20)
#define SETTINGS_MODE     0600 /* they hold tokens */

static int read_settings(const char *path, json_t **ret_settings, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(json) json_t *settings = NULL;
    int r;

    r = file_read(path, &text, SETTINGS_SIZE_MAX, err);
    if (r < 0)
        return r;
    r = yaml_parse(buffer_text(&text), text.length, &settings, err);
    if (r < 0)
        return chaos_error_prefix(err, "'%s'", path);
    if (json_is_null(settings)) {
        json_decref(settings);
        settings = json_object();
    }
    if (!json_is_object(settings))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "'%s': the settings must be a mapping of names to values", path);
    *ret_settings = STEAL(settings);
    return 0;
}

json_t *settings_load(const char *path)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    json_t *settings = NULL;

    if (access(path, F_OK) < 0) {
        log_debug("There is no settings file '%s'", path);
        return NULL;
    }
    if (read_settings(path, &settings, &err) < 0)
        log_error("Going on without settings: %s", chaos_error_text(&err));
    return settings;
}

int settings_save(const char *path, const json_t *settings, struct chaos_error *err)
{
    AUTO(buffer) struct buffer text = { 0 };

    yaml_write(&text, settings, &(struct yaml_style){ .indent = 2, .sort_keys = true });
    return file_write_atomic(path, buffer_text(&text), text.length, SETTINGS_MODE, err);
}

void settings_place_clear(struct settings_place *place)
{
    free(place->key);
    *place = (struct settings_place){ 0 };
}

/* Cut the next part off *rest: up to a dot that no backslash precedes, all backslashes removed.
 * NULL at the end. */
static char *next_part(const char **rest)
{
    AUTO(buffer) struct buffer part = { 0 };
    const char *at = *rest;

    if (!at)
        return NULL;
    for (; *at && !(*at == '.' && (at == *rest || at[-1] != '\\')); at++)
        if (*at != '\\')
            buffer_add_char(&part, *at);
    *rest = *at ? at + 1 : NULL;
    return buffer_take(&part);
}

/* Cut "[12]" off the end of `part`; false when there is none. */
static bool split_index(char *part, size_t *ret_index)
{
    char *open = strrchr(part, '[');
    char *end = NULL;
    unsigned long long index;

    if (!open || open[1] < '0' || open[1] > '9')
        return false;
    index = strtoull(open + 1, &end, 10);
    if (!str_equal(end, "]"))
        return false;
    *open = '\0';
    *ret_index = (size_t)index;
    return true;
}

int settings_locate(json_t *settings, const char *key, struct settings_place *ret_place,
                    struct chaos_error *err)
{
    AUTO(settings_place) struct settings_place place = { .value = settings };
    const char *rest = key;

    for (;;) {
        AUTO(str) char *part = next_part(&rest);
        bool indexed = part && split_index(part, &place.index);

        if (!part)
            break;
        place.parent = place.value;
        place.value = json_object_get(place.parent, part);
        if (!place.value)
            return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                                   "there is no setting '%s': '%s' is not a key there", key, part);
        free(place.key);
        place.key = NULL;
        if (!indexed) {
            place.key = STEAL(part);
            continue;
        }
        place.parent = place.value;
        place.value = json_array_get(place.parent, place.index);
        if (!place.value)
            return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                                   "there is no setting '%s': '%s' has no item %zu", key, part,
                                   place.index);
    }
    *ret_place = (struct settings_place){
        .parent = place.parent, .value = place.value, .key = STEAL(place.key), .index = place.index
    };
    return 0;
}
