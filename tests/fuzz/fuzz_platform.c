/* SPDX-License-Identifier: Apache-2.0 */
/* Any platform file is refused in one line with its place, or becomes calls to the cloud that each
 * end. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "labctl/platform_file.h"
#include "labd/platform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct aws_models *models(void)
{
    static struct aws_models *own;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (!own && aws_models_open_own(&own, &err) < 0) {
        fprintf(stderr, "%s\n", chaos_error_text(&err));
        exit(1);
    }
    return own;
}

static void check_message(const struct chaos_error *err)
{
    if (!*chaos_error_text(err) || strchr(chaos_error_text(err), '\n'))
        abort();
}

static void apply(const json_t *platform)
{
    const json_t *zones = json_object_get(platform, "zones");
    struct cloud_options options = {
        .models = models(),
        .region = json_string_value(json_object_get(platform, "region")),
        .pools = json_object_get(platform, "public-addresses"),
        .delays = json_object_get(platform, "delays"),
        .n_zones = (size_t)json_integer_value(zones),
    };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(cloud) struct cloud *cloud = NULL;

    if (cloud_new(&options, &cloud, &err) < 0 || platform_apply(cloud, platform, &err) < 0 ||
        platform_tie(cloud, platform, &err) < 0)
        check_message(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *platform = NULL;

    /* Of the files it may name there is none. */
    if (platform_parse((const char *)data, size, "/nonexistent", &platform, &err) < 0)
        check_message(&err);
    else
        apply(platform);
    return 0;
}
