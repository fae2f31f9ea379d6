/* SPDX-License-Identifier: Apache-2.0 */
/* What the environment and the AWS config files say, looked up as botocore does: environment
 * first, then the profile. */
#pragma once

#include <stdbool.h>

#include "base/auto.h"

struct aws_settings {
    char *profile_name;    /* "default" when none was asked for */
    bool is_profile_given; /* by the caller: then keys in the environment do not count */
    json_t *config;        /* sections of the config file */
    json_t *credentials;   /* sections of the credentials file */
};

/* Read the files: $AWS_CONFIG_FILE (~/.aws/config), $AWS_SHARED_CREDENTIALS_FILE
 * (~/.aws/credentials); missing ones are empty. `profile` may be NULL: $AWS_PROFILE,
 * $AWS_DEFAULT_PROFILE, "default". -CHAOS_E_NOT_FOUND when a profile that was named is in neither
 * file. */
MUST_USE int aws_settings_load(const char *profile, struct aws_settings *ret_settings,
                               struct chaos_error *err);
void aws_settings_clear(struct aws_settings *settings);
AUTO_CLEAR(aws_settings, struct aws_settings)

/* The first that is set and not empty: environment variable `variable` (NULL: none), `key` of the
 * profile in the config file (NULL: none); NULL when neither is. Borrowed. */
const char *aws_setting(const struct aws_settings *settings, const char *variable, const char *key);
/* The same as a switch: "true" in any case is true. */
bool aws_setting_is_true(const struct aws_settings *settings, const char *variable,
                         const char *key);
/* A key inside a nested mapping of the profile, such as s3.addressing_style. */
const char *aws_setting_nested(const struct aws_settings *settings, const char *group,
                               const char *key);
/* The region: $AWS_REGION, $AWS_DEFAULT_REGION, the profile's. */
const char *aws_settings_region(const struct aws_settings *settings);
/* A custom endpoint for the service with this id ("EC2", "Auto Scaling"):
 * $AWS_ENDPOINT_URL_AUTO_SCALING, $AWS_ENDPOINT_URL, the profile's services section, its
 * endpoint_url; NULL for none, or when $AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or
 * ignore_configured_endpoint_urls says so. */
const char *aws_settings_endpoint(const struct aws_settings *settings, const char *service_id);
/* A profile as both files describe it (the credentials file wins): a new reference, NULL when
 * there is none. */
json_t *aws_settings_profile(const struct aws_settings *settings, const char *name);
/* The section "sso-session NAME" or "services NAME"; borrowed, NULL for none. */
const json_t *aws_settings_section(const struct aws_settings *settings, const char *kind,
                                   const char *name);
