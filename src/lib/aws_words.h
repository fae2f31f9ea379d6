/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a command line as a value of the type that the AWS model wants:
 *
 *   scalar      its text; a blob is base64 text
 *   list        one word an item, or one word that is a JSON array
 *   structure   JSON, or Name=value,Other=v1,v2 where the values are scalars or lists of them
 *   map         JSON, or key=value,...
 *   body        of a request, where the model calls it streaming: the path of a file, - is the
 *               standard input; the value is {"file": PATH}
 *   anything    file://PATH stands for the content of the file; fileb://PATH for a blob's bytes
 */
#pragma once

#include "aws/model.h"

/* No word at all is true for a boolean and the empty list for a list. What cannot be read is
 * -CHAOS_E_INVALID; whether it fits otherwise is aws_validate()'s to say. */
MUST_USE int aws_words_parse(const struct aws_member *member, const char *const *words,
                             size_t count, json_t **ret_value, struct chaos_error *err);
