/* SPDX-License-Identifier: Apache-2.0 */
/* The journal of a run: a fold over its events and nothing else. */
#pragma once

#include <stdbool.h>

#include "engine/event.h"

struct journal;

struct journal *journal_new(void);
void journal_free(struct journal *journal);
AUTO_FREE(journal, struct journal)
/* Take in one event. */
void journal_apply(struct journal *journal, const struct event *event);
/* The journal as it stands, in the reference's form (contract 1.10); borrowed, living: it changes
 * as events come. NULL before the first event. */
json_t *journal_value(const struct journal *journal);

/* Whether one of `runs`, a list of a journal's runs of activities, did not succeed. */
bool journal_has_failure(const json_t *runs);
