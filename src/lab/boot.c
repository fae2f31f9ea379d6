// SPDX-License-Identifier: Apache-2.0
#include "lab/boot.h"

#include <string.h>

#include "aws/base64.h"
#include "base/mem.h"
#include "base/str.h"
#include "value/yaml.h"

#define HEADER "#cloud-config"

static struct boot_step *add_step(struct boot *boot, enum boot_kind kind)
{
    boot->steps = mem_resize(boot->steps, (boot->count + 1) * sizeof(*boot->steps));
    boot->steps[boot->count] = (struct boot_step){ .kind = kind };
    return &boot->steps[boot->count++];
}

/* A word of a command: text, or a number as it is written. NULL for what is neither. */
static char *word_of(const json_t *value)
{
    if (json_is_string(value))
        return strlen(json_string_value(value)) == json_string_length(value)
                   ? mem_strdup(json_string_value(value))
                   : NULL;
    if (json_is_number(value))
        return json_dumps(value, JSON_ENCODE_ANY);
    return NULL;
}

/* A text is for the shell, a list is executed as it is. */
static int add_command(struct boot *boot, const json_t *item, const char *key, size_t index,
                       struct chaos_error *err)
{
    struct boot_step *step = add_step(boot, BOOT_RUN);
    size_t count = json_array_size(item);
    const json_t *word;
    size_t i;

    if (json_is_string(item)) {
        step->argv = mem_zero(4, sizeof(char *));
        step->argv[0] = mem_strdup("/bin/sh");
        step->argv[1] = mem_strdup("-c");
        step->argv[2] = word_of(item);
        if (step->argv[2])
            return 0;
    } else if (count > 0) {
        step->argv = mem_zero(count + 1, sizeof(char *));
        for (i = 0; i < count; i++) {
            word = json_array_get(item, i);
            step->argv[i] = word_of(word);
            if (!step->argv[i])
                break;
        }
        if (i == count)
            return 0;
    }
    return chaos_error_set(err, CHAOS_E_INVALID,
                           "%s[%zu]: a command is a text, or a list of texts that is not empty",
                           key, index);
}

static int add_commands(struct boot *boot, const json_t *config, const char *key,
                        struct chaos_error *err)
{
    const json_t *list = json_object_get(config, key);
    const json_t *item;
    int r = 0;
    size_t i;

    if (!list || json_is_null(list))
        return 0;
    if (!json_is_array(list))
        return chaos_error_set(err, CHAOS_E_INVALID, "%s: must be a list of commands", key);
    json_array_foreach (list, i, item) {
        r = add_command(boot, item, key, i, err);
        if (r < 0)
            break;
    }
    return r;
}

/* "0644", or the number that YAML makes of 0644. */
static bool read_mode(const json_t *value, mode_t *ret_mode)
{
    const char *text = json_string_value(value);
    mode_t mode = 0;

    if (json_is_integer(value)) {
        if (json_integer_value(value) < 0 || json_integer_value(value) > 07777)
            return false;
        *ret_mode = (mode_t)json_integer_value(value);
        return true;
    }
    if (!text || !*text || strlen(text) > 6)
        return false;
    if (str_starts(text, "0o"))
        text += 2;
    for (; *text; text++) {
        if (*text < '0' || *text > '7')
            return false;
        mode = mode * 8 + (mode_t)(*text - '0');
    }
    *ret_mode = mode;
    return mode <= 07777;
}

static bool is_base64(const char *encoding)
{
    static const char *const names[] = { "b64", "base64", NULL };

    return str_in(encoding, names);
}

static int read_content(const json_t *file, struct boot_step *step, struct chaos_error *err)
{
    const json_t *content = json_object_get(file, "content");
    const json_t *encoding = json_object_get(file, "encoding");
    const char *name = encoding ? json_string_value(encoding) : "text/plain";
    AUTO(buffer) struct buffer bytes = { 0 };

    if (content && !json_is_string(content))
        return chaos_error_set(err, CHAOS_E_INVALID, "content: must be a text");
    if (!name || (!is_base64(name) && !str_equal(name, "text/plain")))
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "encoding: must be text/plain or b64 (gzip is not supported)");
    if (content && is_base64(name)) {
        if (!base64_decode(&bytes, json_string_value(content)))
            return chaos_error_set(err, CHAOS_E_INVALID, "content: is not base64");
    } else if (content) {
        buffer_add(&bytes, json_string_value(content), json_string_length(content));
    }
    step->length = bytes.length;
    step->text = buffer_take(&bytes);
    return 0;
}

static int add_file(struct boot *boot, const json_t *file, struct chaos_error *err)
{
    struct boot_step *step = add_step(boot, BOOT_WRITE);
    const json_t *mode = json_object_get(file, "permissions");

    step->path = word_of(json_object_get(file, "path"));
    step->mode = 0644;
    if (!step->path || step->path[0] != '/')
        return chaos_error_set(err, CHAOS_E_INVALID,
                               "path: is missing, or does not begin with '/'");
    if (mode && !read_mode(mode, &step->mode))
        return chaos_error_set(err, CHAOS_E_INVALID, "permissions: must be octal, such as '0644'");
    if (json_is_true(json_object_get(file, "append")))
        return chaos_error_set(err, CHAOS_E_INVALID, "append: is not supported");
    return read_content(file, step, err);
}

static int add_files(struct boot *boot, const json_t *config, struct chaos_error *err)
{
    const json_t *list = json_object_get(config, "write_files");
    const json_t *file;
    size_t i;

    if (!list || json_is_null(list))
        return 0;
    if (!json_is_array(list))
        return chaos_error_set(err, CHAOS_E_INVALID, "write_files: must be a list of files");
    json_array_foreach (list, i, file)
        if (add_file(boot, file, err) < 0)
            return chaos_error_prefix(err, "write_files[%zu]", i);
    return 0;
}

/* What is left out must be seen to be. */
static char *note_unsupported(const json_t *config)
{
    static const char *const known[] = { "bootcmd", "write_files", "runcmd", NULL };
    AUTO(buffer) struct buffer note = { 0 };
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)config, key, value) {
        if (str_in(key, known))
            continue;
        buffer_printf(&note, "%s%.64s",
                      note.length ? ", " : "user data: these keys are not supported: ", key);
    }
    return note.length ? buffer_take(&note) : NULL;
}

static int parse_config(const char *text, size_t length, struct boot *boot, char **ret_note,
                        struct chaos_error *err)
{
    AUTO(json) json_t *config = NULL;
    int r = yaml_parse(text, length, &config, err);

    if (r < 0)
        return r;
    if (json_is_null(config))
        return 0;
    if (!json_is_object(config))
        return chaos_error_set(err, CHAOS_E_INVALID, "must be a mapping, such as 'runcmd: [...]'");
    r = add_commands(boot, config, "bootcmd", err);
    if (r == 0)
        r = add_files(boot, config, err);
    if (r == 0)
        r = add_commands(boot, config, "runcmd", err);
    if (r == 0)
        *ret_note = note_unsupported(config);
    return r;
}

static bool begins(const char *text, size_t length, const char *with)
{
    size_t size = strlen(with);

    return length >= size && memcmp(text, with, size) == 0;
}

/* The first line is the header and nothing else. */
static bool is_config(const char *text, size_t length)
{
    size_t size = strlen(HEADER);

    return begins(text, length, HEADER) &&
           (length == size || text[size] == '\n' || text[size] == '\r' || text[size] == ' ');
}

int boot_parse(const char *text, size_t length, struct boot *ret_boot, char **ret_note,
               struct chaos_error *err)
{
    AUTO(boot) struct boot boot = { 0 };
    AUTO(str) char *note = NULL;
    struct boot_step *step;

    if (length > BOOT_USER_DATA_MAX)
        return chaos_error_set(err, CHAOS_E_LIMIT, "user data is limited to %d bytes",
                               BOOT_USER_DATA_MAX);
    if (begins(text, length, "#!")) {
        step = add_step(&boot, BOOT_SCRIPT);
        step->text = mem_strndup(text, length);
        step->length = length;
    } else if (is_config(text, length)) {
        if (parse_config(text, length, &boot, &note, err) < 0)
            return chaos_error_prefix(err, "user data");
    } else if (length > 0) {
        note = mem_strdup("user data: begins with neither '#!' nor '#cloud-config': not executed");
    }
    *ret_boot = boot;
    boot = (struct boot){ 0 };
    *ret_note = STEAL(note);
    return 0;
}

void boot_clear(struct boot *boot)
{
    for (size_t i = 0; i < boot->count; i++)
        boot_step_clear(&boot->steps[i]);
    free(boot->steps);
    *boot = (struct boot){ 0 };
}
