// SPDX-License-Identifier: Apache-2.0
// A plug-in with one probe and one action. It needs the header of chaos and jansson, nothing else.
#include <chaos/extension.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MIB 1048576

static int free_percent(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    const char *path = json_string_value(json_object_get(call->arguments, "path"));
    struct statvfs space;

    if (statvfs(path, &space) < 0)
        return chaos_error_set_errno(err, errno, "cannot look at '%s'", path);
    if (space.f_blocks == 0)
        return chaos_error_set(err, CHAOS_E_UNSUPPORTED, "'%s' is on a file system without size",
                               path);
    *ret_output = json_real(100 * (double)space.f_bavail / (double)space.f_blocks);
    return 0;
}

/* The exact opposite of the call, asked for before anything changes. */
static int fill_inverse(const struct chaos_call *call, json_t **ret_activity,
                        struct chaos_error *err)
{
    const char *path = json_string_value(json_object_get(call->arguments, "path"));

    (void)err;
    *ret_activity = json_pack("{s:s, s:s, s:{s:s, s:s, s:[s, s]}}", "type", "action", "name",
                              "remove the filler", "provider", "type", "process", "path", "rm",
                              "arguments", "-f", path);
    return 0;
}

static int fill(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    const char *path = json_string_value(json_object_get(call->arguments, "path"));
    int64_t bytes = json_integer_value(json_object_get(call->arguments, "mib")) * MIB;
    int64_t pause_ms = json_integer_value(json_object_get(call->arguments, "settle_ms"));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int number;

    if (fd < 0)
        return chaos_error_set_errno(err, errno, "cannot create '%s'", path);
    number = posix_fallocate(fd, 0, bytes);
    close(fd);
    if (number) {
        unlink(path);
        return chaos_error_set_errno(err, number, "cannot fill '%s'", path);
    }
    chaos_log_info(call->context, "'%s' holds %lld bytes now", path, (long long)bytes);
    /* Every wait is chaos_wait(): it returns at once when the run is stopped. */
    if (chaos_wait(call->context, -1, 0, pause_ms, err) < 0)
        return -(int)err->code;
    *ret_output = json_integer(bytes);
    return 0;
}

static const struct chaos_param free_percent_params[] = {
    { .name = "path", .type = CHAOS_STRING, .default_json = "\"/\"", .doc = "where to look" },
};

static const struct chaos_param fill_params[] = {
    { .name = "path", .type = CHAOS_STRING, .required = true, .doc = "file to create" },
    { .name = "mib",
      .type = CHAOS_INTEGER,
      .required = true,
      .doc = "its size in MiB",
      .min = 1,
      .max = 1048576 },
    { .name = "settle_ms",
      .type = CHAOS_INTEGER,
      .default_json = "0",
      .doc = "milliseconds to wait afterwards",
      .min = 0,
      .max = 3600000 },
};

static const struct chaos_function functions[] = {
    {
        .name = "fill",
        .kind = CHAOS_ACTION,
        .summary = "take disk space with a file",
        .params = fill_params,
        .n_params = sizeof(fill_params) / sizeof(fill_params[0]),
        .result = CHAOS_INTEGER,
        .result_doc = "how many bytes were taken",
        .run = fill,
        .inverse = fill_inverse,
    },
    {
        .name = "free_percent",
        .kind = CHAOS_PROBE,
        .summary = "how much space a file system has left",
        .params = free_percent_params,
        .n_params = sizeof(free_percent_params) / sizeof(free_percent_params[0]),
        .result = CHAOS_NUMBER,
        .result_doc = "percent of the file system that any user may still take",
        .run = free_percent,
    },
};

static const struct chaos_extension disk = {
    .abi = CHAOS_EXTENSION_ABI,
    .module = "example.disk",
    .version = "1",
    .summary = "disk space",
    .functions = functions,
    .n_functions = sizeof(functions) / sizeof(functions[0]),
};

const struct chaos_extension *const *chaos_extension_entry(void)
{
    static const struct chaos_extension *const extensions[] = { &disk, NULL };

    return extensions;
}
