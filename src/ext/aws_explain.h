/* SPDX-License-Identifier: Apache-2.0 */
/* Why a request to AWS failed, in the words of the function that made it. */
#pragma once

#include "base/auto.h"
#include "base/str.h"
#include "chaos/extension.h"

/* The text of a refusal by the service is boto3's: "An error occurred (CODE) when calling the
 * OPERATION operation: MESSAGE". */
bool aws_refused(const struct chaos_error *err);
/* Whether the service refused with this code. */
bool aws_refused_with(const struct chaos_error *err, const char *code);
/* The MESSAGE of a refusal, else the whole text. Borrowed from the error. */
const char *aws_refusal_message(const struct chaos_error *err);

/* Append `template` with its {places} filled: {message}, {error} and {code} from `err` (which may
 * be NULL), any other from the argument of that name as Python's str() shows it. */
void aws_fill(struct buffer *out, const char *template, const struct chaos_call *call,
              const struct chaos_error *err);
/* Set an unset error to a filled template; -CHAOS_E_INVALID. */
int aws_fail(const struct chaos_call *call, const char *template, struct chaos_error *err);
/* Replace the text of a refusal by a filled template; other errors stay. Returns -code. */
int aws_explain_refusal(const struct chaos_call *call, const char *template,
                        struct chaos_error *err);
/* The same for any error but that of a run that is being stopped. */
int aws_explain_failure(const struct chaos_call *call, const char *template,
                        struct chaos_error *err);
/* A line in the log of the run, from a template. */
void aws_announce(const struct chaos_call *call, const char *template);
