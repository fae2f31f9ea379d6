/* SPDX-License-Identifier: Apache-2.0 */
/* The documents as the worker last had them, for a worker that is started anew. They are the
 * engine's own snapshots, shared, not copied. */
#pragma once

#include "engine/guest.h"

struct python_documents;

struct python_documents *python_documents_new(void);
void python_documents_free(struct python_documents *documents);
/* Remember what is sent. */
void python_documents_note(struct python_documents *documents, const struct guest_document *sent,
                           size_t count);
/* Remember what the worker changed: in documents, and in the values at the two places (may be
 * NULL). */
void python_documents_take(struct python_documents *documents, const json_t *changes,
                           const struct guest_place *context, const struct guest_place *state);
/* [[name], [name, value], ...] as it travels: values as given. */
json_t *python_documents_pack(const struct guest_document *sent, size_t count);
/* The same with every value known, given or not. NULL when one was never sent. */
json_t *python_documents_pack_all(struct python_documents *documents,
                                  const struct guest_document *sent, size_t count);
