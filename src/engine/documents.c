// SPDX-License-Identifier: Apache-2.0
#include "engine/documents.h"

void documents_collect(struct run *run, unsigned wanted, struct outgoing_documents *outgoing)
{
    for (int i = 0; i < DOCUMENT_COUNT; i++) {
        enum document_id id = (enum document_id)i;
        struct document *document = &run->documents[id];
        size_t at = outgoing->count;

        if (!(wanted & (1U << id)))
            continue;
        /* the journal changes with every event: it always travels */
        if (id == DOCUMENT_JOURNAL)
            document->version++;
        if (!document->sent || id == DOCUMENT_JOURNAL || outgoing->not_kept)
            outgoing->copies[at] = run_snapshot(run, id);
        outgoing->ids[at] = id;
        outgoing->items[at] = (struct guest_document){ document_name(id), outgoing->copies[at],
                                                       document->version + 1 };
        outgoing->count++;
    }
}

void documents_sent(struct run *run, struct outgoing_documents *outgoing)
{
    for (size_t i = 0; i < outgoing->count; i++) {
        struct document *document = &run->documents[outgoing->ids[i]];

        if (outgoing->copies[i] && !outgoing->not_kept &&
            outgoing->items[i].version == document->version + 1)
            document->sent = true;
        json_decref(outgoing->copies[i]);
    }
    outgoing->count = 0;
}

void documents_take(struct run *run, const json_t *changes)
{
    for (int i = 0; i < DOCUMENT_COUNT; i++) {
        const json_t *list = json_object_get(changes, document_name((enum document_id)i));

        if (json_array_size(list))
            run_amend(run, (enum document_id)i, list);
    }
}

void documents_unknown(struct run *run, const json_t *changes)
{
    for (int i = 0; i < DOCUMENT_COUNT; i++)
        if (json_object_get(changes, document_name((enum document_id)i)))
            run_touch(run, (enum document_id)i);
    if (json_object_get(changes, "context"))
        run_touch(run, DOCUMENT_EXPERIMENT);
}
