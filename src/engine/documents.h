/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange of living documents with the guest: what changed since is sent, what came back
 * changed is taken over. */
#pragma once

#include "engine/state.h"

/* Documents on their way to the guest; the copies in it live until documents_sent(). */
struct outgoing_documents {
    struct guest_document items[DOCUMENT_COUNT];
    enum document_id ids[DOCUMENT_COUNT];
    json_t *copies[DOCUMENT_COUNT];
    size_t count;
    bool not_kept; /* set before documents_collect(): who gets them keeps nothing */
};

/* Collect the documents of the bit set `wanted` (1 << id): with their content where the guest is
 * not known to have it, without it where it is and keeps it. The lock is held. */
void documents_collect(struct run *run, unsigned wanted, struct outgoing_documents *outgoing);
/* The guest has answered: what did not change meanwhile counts as sent, if it was kept. Free what
 * was collected. The lock is held. */
void documents_sent(struct run *run, struct outgoing_documents *outgoing);
/* Take over the documents among `changes` (guest.h); may be NULL. The lock is held. */
void documents_take(struct run *run, const json_t *changes);
/* Tell that who made these changes keeps nothing: the guest has yet to learn of them. The lock is
 * held. */
void documents_unknown(struct run *run, const json_t *changes);
