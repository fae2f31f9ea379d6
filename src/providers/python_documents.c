// SPDX-License-Identifier: Apache-2.0
#include "providers/python_documents.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

struct python_documents {
    pthread_mutex_t lock;
    json_t *known; /* name -> value, shared with others: never changed in place */
};

struct python_documents *python_documents_new(void)
{
    struct python_documents *documents = mem_zero(1, sizeof(*documents));

    pthread_mutex_init(&documents->lock, NULL);
    documents->known = json_object();
    return documents;
}

void python_documents_free(struct python_documents *documents)
{
    if (!documents)
        return;
    json_decref(documents->known);
    pthread_mutex_destroy(&documents->lock);
    free(documents);
}

void python_documents_note(struct python_documents *documents, const struct guest_document *sent,
                           size_t count)
{
    pthread_mutex_lock(&documents->lock);
    for (size_t i = 0; i < count; i++)
        if (sent[i].value)
            json_object_set_new(documents->known, sent[i].name, json_pack("O", sent[i].value));
    pthread_mutex_unlock(&documents->lock);
}

/* The next part of a pointer (RFC 6901), unescaped; *at moves behind it. NULL at the end. */
static char *next_part(const char **at)
{
    AUTO(buffer) struct buffer part = { 0 };

    if (**at != '/')
        return NULL;
    for (++*at; **at && **at != '/'; ++*at) {
        if (**at == '~' && ((*at)[1] == '0' || (*at)[1] == '1'))
            buffer_add_char(&part, *++*at == '0' ? '~' : '/');
        else
            buffer_add_char(&part, **at);
    }
    return buffer_take(&part);
}

/* A copy of `value` with `wanted` where `pointer` points; NULL when that is nowhere. */
static json_t *replaced(const json_t *value, const char *pointer, json_t *wanted)
{
    AUTO(str) char *part = next_part(&pointer);
    AUTO(json) json_t *member = NULL;
    AUTO(json) json_t *borrowed = NULL;
    json_t *copy;

    if (!part)
        return json_incref(wanted);
    if (json_is_object(value)) {
        member = replaced(json_object_get(value, part), pointer, wanted);
    } else if (json_is_array(value) && *part && strspn(part, "0123456789") == strlen(part)) {
        member = replaced(json_array_get(value, strtoul(part, NULL, 10)), pointer, wanted);
    }
    if (!member)
        return NULL;
    borrowed = json_pack("O", value);
    copy = json_copy(borrowed);
    if (json_is_object(copy))
        json_object_set_nocheck(copy, part, member);
    else
        json_array_set(copy, strtoul(part, NULL, 10), member);
    return copy;
}

void python_documents_take(struct python_documents *documents, const json_t *changes,
                           const struct guest_place *place, const char *name)
{
    json_t *part = json_object_get(changes, name);
    AUTO(json) json_t *all = NULL;
    const char *document;
    json_t *value;

    if (!changes)
        return;
    pthread_mutex_lock(&documents->lock);
    if (part && place && place->document) {
        json_t *whole = replaced(json_object_get(documents->known, place->document),
                                 place->pointer ? place->pointer : "", part);

        if (whole)
            json_object_set_new(documents->known, place->document, whole);
    }
    all = json_copy(documents->known);
    json_object_foreach (all, document, value)
        if (json_object_get(changes, document))
            json_object_set(documents->known, document, json_object_get(changes, document));
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
    pthread_mutex_unlock(&documents->lock);
    return whole ? STEAL(list) : NULL;
}
