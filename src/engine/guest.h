/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine asks of the guest language (Python) besides activities: controls, event
 * handlers, notification plug-ins. Implemented by providers/python.c, before which
 * lib/native_controls.c stands with the controls in C; the engine works without any (`self` NULL),
 * and then controls are reported as not importable.
 *
 * Control functions receive living documents and may change them. The guest keeps its own copy
 * of each document (same Python objects from call to call) and answers with what changed; the
 * engine patches its own. A document is sent only when the engine changed it since. */
#pragma once

#include "engine/provider.h"

/* A document as a hook sees it. */
struct guest_document {
    const char *name;    /* "experiment", "configuration", "secrets", "settings", "journal" */
    const json_t *value; /* its new content, or NULL: as the guest has it */
    long version;        /* of the content; the guest takes it when it is newer than its own. Two
                          * threads may send at once and arrive in any order. 0: always */
};

/* Where a context or a state lives. */
struct guest_place {
    const char *document; /* name of a document, or NULL: `value` stands alone */
    const char *pointer;  /* RFC 6901 pointer into it: "" or "/method/3" */
    const json_t *value;  /* alone: the value itself, sent along; else NULL */
};

struct guest_hook {
    const char *module;
    const char *function;    /* before_activity_control, configure_control, cleanup_control, … */
    const json_t *arguments; /* keyword arguments, substituted */
    const struct guest_document *documents;
    size_t n_documents;
    const struct guest_place *context; /* NULL: the function gets none */
    const struct guest_place *state;   /* NULL: None */
    const json_t *control; /* the control itself: for validate_control, and where nothing is kept */
    const struct cancel *cancel;
    enum call_place place;
};

/* What a hook or a handler did. */
struct guest_reply {
    enum call_status status; /* CALL_SUCCEEDED also when the module has no such function */
    char *message;           /* the exception's text; owned */
    json_t *changes;         /* name of a document, "context", "state", "control" -> what changed in
                              * it, for value_amend(): other calls may have changed other places
                              * of it meanwhile. NULL or empty when nothing did; owned */
    int handlers;            /* how many event handlers are registered now */
    bool forgotten; /* the guest lacks a document that was never sent: nothing was called */
    bool has_exit_code;
    long exit_code;
};

void guest_reply_clear(struct guest_reply *reply);
AUTO_CLEAR(guest_reply, struct guest_reply)

struct guest {
    void *self;
    /* Import a control module. *ret_hooks: an object from function name to the array of its
     * parameter names ("**" when it takes any); null when the module cannot be imported (the
     * reason is in *ret_reason, owned, may be NULL). */
    int (*import)(void *self, const char *module, json_t **ret_hooks, char **ret_reason,
                  const struct cancel *cancel, struct chaos_error *err);
    void (*hook)(void *self, const struct guest_hook *hook, struct guest_reply *reply);
    /* Tell the registered event handlers. `event` is a method of the reference's
     * RunEventHandler; `arguments` its keyword arguments, of which {"$document": NAME} stands for
     * a document. */
    void (*event)(void *self, const char *event, const json_t *arguments,
                  const struct guest_document *documents, size_t n_documents, enum call_place place,
                  struct guest_reply *reply);
    /* Call a notification plug-in: function(channel, payload). Failures are logged only. */
    void (*notify)(void *self, const char *module, const char *function, const json_t *channel,
                   const json_t *payload);
    /* Whether the functions of this module keep nothing between calls: they get whole documents
     * each time, and what they were sent, or changed, counts as not sent. NULL: none do. */
    bool (*is_stateless)(void *self, const char *module);
};
