// SPDX-License-Identifier: Apache-2.0
// The small ones: down, env, fail, mend, snapshot, restore.
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "cli/lab.h"
#include "labctl/lab_client.h"
#include "value/json.h"

#define SNAPSHOT_MAX (256 * 1024 * 1024)

static const struct cli_option name_options[] = { LAB_NAME_OPTION };

static int down_run(const struct cli_call *call)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (lab_end(cli_text(call, 0), &err) < 0)
        return cli_fail("%s", chaos_error_text(&err));
    return CLI_DONE;
}

const struct cli_command lab_down = {
    .name = "down",
    .offline = true,
    .summary = "Take a lab down",
    .options = name_options,
    .n_options = ARRAY_SIZE(name_options),
    .run = down_run,
};

/* What the caller has, and the lab does not set. */
static void unset_foreign(const json_t *lab)
{
    for (char **variable = environ; *variable; variable++) {
        AUTO(str) char *name = mem_strndup(*variable, strcspn(*variable, "="));

        if (lab_is_foreign(name) && !json_object_get(lab, name))
            printf("unset %s\n", name);
    }
}

static int env_run(const struct cli_call *call)
{
    AUTO(json) json_t *line = NULL;
    int code = lab_request(cli_text(call, 0), json_pack("{s:s}", "do", "env"), &line);
    const char *name;
    json_t *value;

    if (code != CLI_DONE)
        return code;
    json_object_foreach (line, name, value) /* letters, digits, ':', '/', '+' and '.' only */
        printf("export %s='%s'\n", name, json_string_value(value));
    unset_foreign(line);
    return CLI_DONE;
}

const struct cli_command lab_env = {
    .name = "env",
    .offline = true,
    .summary = "Print the variables that point AWS clients at a lab",
    .doc =
        "Print shell commands that set the endpoint, the keys and the region of a lab, and unset "
        "what would lead elsewhere (session token, profile, other endpoints): eval "
        "\"$(chaos lab env)\".",
    .options = name_options,
    .n_options = ARRAY_SIZE(name_options),
    .run = env_run,
};

static const char *const faults[] = { "instance", "link", "zone", NULL };
static const char *const mendable[] = { "link", "zone", NULL };

enum {
    FAIL_NAME,
    FAIL_FROM,
};

static const struct cli_option fail_options[] = {
    [FAIL_NAME] = LAB_NAME_OPTION,
    [FAIL_FROM] = { .name = "--from",
                    .kind = CLI_TEXT,
                    .metavar = "ZONE",
                    .help = "Of a zone: cut it from this zone only, not from all." },
};

static const struct cli_argument fail_arguments[] = {
    { .name = "WHAT",
      .choices = faults,
      .help = "instance: its power is cut. link: its wire is. zone: all wires out of it are." },
    { .name = "TARGET", .help = "An instance (id, private address, Name or State tag) or a zone." },
};

static const struct cli_argument mend_arguments[] = {
    { .name = "WHAT", .choices = mendable, .help = "What was made to fail." },
    { .name = "TARGET", .help = "As it was given to fail." },
};

static int change(const struct cli_call *call, const char *verb)
{
    AUTO(json) json_t *line = NULL;

    return lab_request(cli_text(call, FAIL_NAME),
                       json_pack("{s:s, s:s, s:s, s:s*}", "do", verb, "what", call->arguments[0],
                                 "target", call->arguments[1], "from", cli_text(call, FAIL_FROM)),
                       &line);
}

static int fail_run(const struct cli_call *call)
{
    return change(call, "fail");
}

static int mend_run(const struct cli_call *call)
{
    return change(call, "mend");
}

const struct cli_command lab_fail = {
    .name = "fail",
    .offline = true,
    .summary = "Make an instance, its wire or a zone fail",
    .options = fail_options,
    .n_options = ARRAY_SIZE(fail_options),
    .arguments = fail_arguments,
    .n_arguments = ARRAY_SIZE(fail_arguments),
    .run = fail_run,
};

const struct cli_command lab_mend = {
    .name = "mend",
    .offline = true,
    .summary = "Join a wire or a zone again that was made to fail",
    .options = fail_options,
    .n_options = ARRAY_SIZE(fail_options),
    .arguments = mend_arguments,
    .n_arguments = ARRAY_SIZE(mend_arguments),
    .run = mend_run,
};

static const struct cli_argument file_arguments[] = {
    { .name = "FILE", .help = "The file of the snapshot." },
};

static int snapshot_run(const struct cli_call *call)
{
    AUTO(json) json_t *line = NULL;
    AUTO(str) char *text = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    int code = lab_request(cli_text(call, 0), json_pack("{s:s}", "do", "snapshot"), &line);

    if (code != CLI_DONE)
        return code;
    text = json_text(json_object_get(line, "snapshot"), JSON_STYLE_INDENT_2);
    /* It holds the keys of the lab. */
    if (file_write_atomic(call->arguments[0], text, strlen(text), 0600, &err) < 0)
        return cli_fail("%s", chaos_error_text(&err));
    return CLI_DONE;
}

const struct cli_command lab_snapshot = {
    .name = "snapshot",
    .offline = true,
    .summary = "Write the state of a lab to a file",
    .doc = "Write what the API shows, with its ids, addresses and keys, to a file. What is in the "
           "memory and on the disks of instances is not in it.",
    .options = name_options,
    .n_options = ARRAY_SIZE(name_options),
    .arguments = file_arguments,
    .n_arguments = ARRAY_SIZE(file_arguments),
    .run = snapshot_run,
};

static int restore_run(const struct cli_call *call)
{
    AUTO(buffer) struct buffer text = { 0 };
    AUTO(json) json_t *snapshot = NULL;
    AUTO(json) json_t *line = NULL;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (file_read(call->arguments[0], &text, SNAPSHOT_MAX, &err) < 0)
        return cli_fail("%s", chaos_error_text(&err));
    if (json_parse(buffer_text(&text), text.length, &snapshot, &err) < 0)
        return cli_fail("%s: %s", call->arguments[0], chaos_error_text(&err));
    return lab_request(cli_text(call, 0),
                       json_pack("{s:s, s:O}", "do", "restore", "snapshot", snapshot), &line);
}

const struct cli_command lab_restore = {
    .name = "restore",
    .offline = true,
    .summary = "Put the state of a snapshot in the place of what a lab holds",
    .doc = "Put the state of a snapshot in the place of what a lab holds. What ran then is booted "
           "again, under the same ids and addresses.",
    .options = name_options,
    .n_options = ARRAY_SIZE(name_options),
    .arguments = file_arguments,
    .n_arguments = ARRAY_SIZE(file_arguments),
    .run = restore_run,
};
