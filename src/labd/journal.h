/* SPDX-License-Identifier: Apache-2.0 */
/* What happened in the lab: the latest events as lines of JSON, and who wants to hear of new ones.
 */
#pragma once

#include "base/str.h"

/* How many are kept. */
#define LAB_JOURNAL_MAX 10000

typedef void (*lab_journal_listener)(void *data, const char *line, size_t length);

struct lab_journal;

struct lab_journal *lab_journal_new(void);
void lab_journal_free(struct lab_journal *journal);
AUTO_FREE(lab_journal, struct lab_journal)

void lab_journal_add(struct lab_journal *journal, const json_t *event);
/* Call `listener` with each event that is kept, oldest first. */
void lab_journal_replay(const struct lab_journal *journal, lab_journal_listener listener,
                        void *data);
/* From now on `listener` hears each event, until lab_journal_leave() with the same data. */
void lab_journal_join(struct lab_journal *journal, lab_journal_listener listener, void *data);
void lab_journal_leave(struct lab_journal *journal, const void *data);
