// SPDX-License-Identifier: Apache-2.0
#include "cli/lab.h"
#include "labctl/lab_client.h"

int lab_request(const char *name, json_t *request, json_t **ret_line)
{
    AUTO(json) json_t *taken = request;
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (lab_ask(name, taken, ret_line, &err) < 0)
        return cli_fail("%s", chaos_error_text(&err));
    return CLI_DONE;
}

static const struct cli_command *const subcommands[] = { &lab_down,   &lab_env,     &lab_events,
                                                         &lab_exec,   &lab_fail,    &lab_logs,
                                                         &lab_mend,   &lab_restore, &lab_snapshot,
                                                         &lab_status, &lab_up,      NULL };

const struct cli_command cmd_lab = {
    .name = "lab",
    .summary = "EC2 on this machine, with real processes",
    .doc = "A lab is a cloud with EC2's, Auto Scaling's and STS's API on this machine. Its "
           "instances are real processes in namespaces of their own, with addresses, Elastic IPs, "
           "security groups and instance metadata. It needs no root and has no way out to any "
           "other network; when its daemon ends, by whatever means, nothing of it is left.",
    .subcommands = subcommands,
};
