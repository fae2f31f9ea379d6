// SPDX-License-Identifier: Apache-2.0
#include "labd/journal.h"

#include <string.h>

#include "base/mem.h"
#include "value/json.h"

struct listener {
    lab_journal_listener hear;
    void *data;
    struct listener *next;
};

struct lab_journal {
    char **lines; /* a ring */
    size_t first;
    size_t count;
    struct listener *listeners;
};

struct lab_journal *lab_journal_new(void)
{
    struct lab_journal *journal = mem_zero(1, sizeof(*journal));

    journal->lines = mem_zero(LAB_JOURNAL_MAX, sizeof(*journal->lines));
    return journal;
}

void lab_journal_free(struct lab_journal *journal)
{
    for (size_t i = 0; i < LAB_JOURNAL_MAX; i++)
        free(journal->lines[i]);
    free(journal->lines);
    while (journal->listeners)
        lab_journal_leave(journal, journal->listeners->data);
    free(journal);
}

void lab_journal_add(struct lab_journal *journal, const json_t *event)
{
    AUTO(str) char *text = json_text(event, JSON_STYLE_LINE);
    char *line = mem_printf("%s\n", text);
    size_t place = (journal->first + journal->count) % LAB_JOURNAL_MAX;
    struct listener *next;

    free(journal->lines[place]);
    journal->lines[place] = line;
    if (journal->count < LAB_JOURNAL_MAX)
        journal->count++;
    else
        journal->first = (journal->first + 1) % LAB_JOURNAL_MAX;
    for (struct listener *listener = journal->listeners; listener; listener = next) {
        next = listener->next; /* it may leave */
        listener->hear(listener->data, line, strlen(line));
    }
}

void lab_journal_replay(const struct lab_journal *journal, lab_journal_listener listener,
                        void *data)
{
    for (size_t i = 0; i < journal->count; i++) {
        const char *line = journal->lines[(journal->first + i) % LAB_JOURNAL_MAX];

        listener(data, line, strlen(line));
    }
}

void lab_journal_join(struct lab_journal *journal, lab_journal_listener listener, void *data)
{
    struct listener *joined = mem_zero(1, sizeof(*joined));

    *joined = (struct listener){ .hear = listener, .data = data, .next = journal->listeners };
    journal->listeners = joined;
}

void lab_journal_leave(struct lab_journal *journal, const void *data)
{
    struct listener **slot = &journal->listeners;

    while (*slot) {
        struct listener *listener = *slot;

        if (listener->data != data) {
            slot = &listener->next;
            continue;
        }
        *slot = listener->next;
        free(listener);
    }
}
