/* SPDX-License-Identifier: Apache-2.0 */
/* What a command says about itself. */
#pragma once

#include "base/str.h"
#include "cli/command.h"

/* Append "Usage: chaos run [OPTIONS] SOURCE" and a newline. */
void help_usage(struct buffer *out, const struct cli_call *call);
/* Append "chaos run". */
void help_path(struct buffer *out, const struct cli_call *call);
/* Append the whole page, wrapped at `width` columns. */
void help_page(struct buffer *out, const struct cli_call *call, size_t width);
/* The columns of the terminal on stdout, within reason; 80 without one. */
size_t help_width(void);
/* What stands for the option's value: its metavar, "[a|b]", "TEXT"; "" for a flag. Owned. */
char *help_metavar(const struct cli_option *option);
