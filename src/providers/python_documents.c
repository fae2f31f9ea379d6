// SPDX-License-Identifier: Apache-2.0
#include "providers/python_documents.h"

#include <pthread.h>

#include "base/mem.h"
#include "value/patch.h"
#include "value/pointer.h"

struct python_documents {
    pthread_mutex_t lock;
    json_t *known; /* name -> value */
    json_t *own;   /* names of those that are changed in place; the others are shared */
};

struct python_documents *python_documents_new(void)
{
    struct python_documents *documents = mem_zero(1, sizeof(*documents));

    pthread_mutex_init(&documents->lock, NULL);
    documents->known = json_object();
    documents->own = json_object();
    return documents;
}

void python_documents_free(struct python_documents *documents)
{
    if (!documents)
        return;
    json_decref(documents->known);
    json_decref(documents->own);
    pthread_mutex_destroy(&documents->lock);
    free(documents);
}

void python_documents_note(struct python_documents *documents, const struct guest_document *sent,
                           size_t count)
{
    pthread_mutex_lock(&documents->lock);
    for (size_t i = 0; i < count; i++) {
        if (!sent[i].value)
            continue;
        json_object_set_new(documents->known, sent[i].name, json_pack("O", sent[i].value));
        json_object_del(documents->own, sent[i].name);
    }
    pthread_mutex_unlock(&documents->lock);
}

/* What is shared is changed in a copy, which then is our own. The lock is held. */
static void amend(struct python_documents *documents, const char *name, const char *pointer,
                  const json_t *changes)
{
    json_t *value = json_object_get(documents->known, name);
    json_t *target;

    if (!value)
        return;
    if (!json_object_get(documents->own, name)) {
        value = json_deep_copy(value);
        json_object_set_new(documents->known, name, value);
        json_object_set_new(documents->own, name, json_true());
    }
    target = pointer_find(value, pointer);
    if (target)
        value_amend(target, changes);
}

static void amend_place(struct python_documents *documents, const struct guest_place *place,
                        const json_t *changes)
{
    if (changes && place && place->document)
        amend(documents, place->document, place->pointer ? place->pointer : "", changes);
}

void python_documents_take(struct python_documents *documents, const json_t *changes,
                           const struct guest_place *context, const struct guest_place *state)
{
    AUTO(json) json_t *known = NULL;
    const char *document;
    json_t *ignored;

    if (!json_object_size(changes))
        return;
    pthread_mutex_lock(&documents->lock);
    amend_place(documents, context, json_object_get(changes, "context"));
    amend_place(documents, state, json_object_get(changes, "state"));
    known = json_copy(documents->known);
    json_object_foreach (known, document, ignored)
        if (json_object_get(changes, document))
            amend(documents, document, "", json_object_get(changes, document));
    pthread_mutex_unlock(&documents->lock);
}

static json_t *pack_one(const char *name, const json_t *value, long version)
{
    return value ? json_pack("[s, O, I]", name, value, (json_int_t)version)
                 : json_pack("[s]", name);
}

json_t *python_documents_pack(const struct guest_document *sent, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, pack_one(sent[i].name, sent[i].value, sent[i].version));
    return list;
}

json_t *python_documents_pack_all(struct python_documents *documents,
                                  const struct guest_document *sent, size_t count)
{
    AUTO(json) json_t *list = json_array();
    bool whole = true;

    pthread_mutex_lock(&documents->lock);
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(documents->known, sent[i].name);

        whole = whole && value;
        json_array_append_new(list, pack_one(sent[i].name, value, 0));
    }
    json_object_clear(documents->own); /* they travel now */
    pthread_mutex_unlock(&documents->lock);
    return whole ? STEAL(list) : NULL;
}
