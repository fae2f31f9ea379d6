/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/settings.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "aws/ini.h"
#include "base/fd.h"
#include "base/mem.h"

#define FILE_LIMIT ((size_t)4 * 1024 * 1024)

static const char *variable_of(const char *name)
{
    const char *value = name ? getenv(name) : NULL;

    return value && *value ? value : NULL;
}

/* A path with a leading "~/" put right; owned, NULL when there is no home. */
static char *expand_home(const char *path)
{
    const char *home = getenv("HOME");

    if (strncmp(path, "~/", 2) != 0)
        return mem_strdup(path);
    return home ? mem_printf("%s%s", home, path + 1) : NULL;
}

static int load_file(const char *variable, const char *otherwise, json_t **ret_sections,
                     struct chaos_error *err)
{
    const char *named = variable_of(variable);
    AUTO(str) char *path = expand_home(named ? named : otherwise);
    AUTO(buffer) struct buffer text = { 0 };
    int r;

    if (!path || access(path, R_OK) < 0) { /* compat: a file that is not there is empty */
        *ret_sections = json_object();
        return 0;
    }
    r = file_read(path, &text, FILE_LIMIT, err);
    if (r < 0)
        return r;
    r = ini_parse(buffer_text(&text), text.length, ret_sections, err);
    return r < 0 ? chaos_error_prefix(err, "'%s'", path) : 0;
}

static const json_t *config_profile(const struct aws_settings *settings, const char *name)
{
    AUTO(str) char *section = mem_printf("profile %s", name);
    const json_t *profile = json_object_get(settings->config, section);

    if (!profile && strcmp(name, "default") == 0)
        profile = json_object_get(settings->config, "default");
    return profile;
}

json_t *aws_settings_profile(const struct aws_settings *settings, const char *name)
{
    const json_t *config = config_profile(settings, name);
    json_t *credentials = json_object_get(settings->credentials, name);
    json_t *merged;

    if (!config && !credentials)
        return NULL;
    merged = config ? json_deep_copy(config) : json_object();
    if (credentials)
        json_object_update(merged, credentials);
    return merged;
}

int aws_settings_load(const char *profile, struct aws_settings *ret_settings,
                      struct chaos_error *err)
{
    AUTO(aws_settings) struct aws_settings settings = { .is_profile_given = profile != NULL };
    AUTO(json) json_t *found = NULL;
    const char *name = profile;
    int r = load_file("AWS_CONFIG_FILE", "~/.aws/config", &settings.config, err);

    if (r == 0)
        r = load_file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", &settings.credentials,
                      err);
    if (r < 0)
        return r;
    if (!name)
        name = variable_of("AWS_PROFILE");
    if (!name)
        name = variable_of("AWS_DEFAULT_PROFILE");
    settings.profile_name = mem_strdup(name ? name : "default");
    found = aws_settings_profile(&settings, settings.profile_name);
    if (name && !found)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND, "the AWS profile '%s' is in no config file",
                               name);
    *ret_settings = settings;
    settings = (struct aws_settings){ 0 };
    return 0;
}

void aws_settings_clear(struct aws_settings *settings)
{
    free(settings->profile_name);
    json_decref(settings->config);
    json_decref(settings->credentials);
    *settings = (struct aws_settings){ 0 };
}

const char *aws_setting(const struct aws_settings *settings, const char *variable, const char *key)
{
    const json_t *profile = config_profile(settings, settings->profile_name);
    const char *value = variable_of(variable);

    if (!value && key)
        value = json_string_value(json_object_get(profile, key));
    return value && *value ? value : NULL;
}

bool aws_setting_is_true(const struct aws_settings *settings, const char *variable, const char *key)
{
    const char *value = aws_setting(settings, variable, key);

    return value && strcasecmp(value, "true") == 0;
}

const char *aws_setting_nested(const struct aws_settings *settings, const char *group,
                               const char *key)
{
    const json_t *profile = config_profile(settings, settings->profile_name);

    return json_string_value(json_object_get(json_object_get(profile, group), key));
}

const char *aws_settings_region(const struct aws_settings *settings)
{
    const char *region = variable_of("AWS_REGION");

    return region ? region : aws_setting(settings, "AWS_DEFAULT_REGION", "region");
}

/* "Auto Scaling" as AUTO_SCALING or auto_scaling. */
static char *service_key(const char *service_id, int (*change)(int c))
{
    char *key = mem_strdup(service_id);

    for (char *p = key; *p; p++)
        *p = *p == ' ' || *p == '-' ? '_' : (char)(change((unsigned char)*p) & 0xff);
    return key;
}

const json_t *aws_settings_section(const struct aws_settings *settings, const char *kind,
                                   const char *name)
{
    AUTO(str) char *section = mem_printf("%s %s", kind, name);

    return json_object_get(settings->config, section);
}

const char *aws_settings_endpoint(const struct aws_settings *settings, const char *service_id)
{
    AUTO(str) char *upper = service_key(service_id, toupper);
    AUTO(str) char *lower = service_key(service_id, tolower);
    AUTO(str) char *variable = mem_printf("AWS_ENDPOINT_URL_%s", upper);
    const char *services, *url;

    if (aws_setting_is_true(settings, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                            "ignore_configured_endpoint_urls"))
        return NULL;
    url = variable_of(variable);
    if (url)
        return url;
    url = variable_of("AWS_ENDPOINT_URL");
    if (url)
        return url;
    services = aws_setting(settings, NULL, "services");
    if (services) {
        const json_t *section = aws_settings_section(settings, "services", services);

        url = json_string_value(json_object_get(json_object_get(section, lower), "endpoint_url"));
        if (url)
            return url;
    }
    return aws_setting(settings, NULL, "endpoint_url");
}
