/* SPDX-License-Identifier: Apache-2.0 */
/* How `chaos lab` talks to the daemon: one line of JSON, {"do": "status"}, on a socket that the
 * kernel removes with the daemon (unix(7), abstract); lines of JSON back. Only the user who started
 * the lab is heard. */
#pragma once

#include "labd/daemon.h"

struct control;

MUST_USE int control_new(struct daemon *daemon, int listen_fd, struct control **ret_control,
                         struct chaos_error *err);
void control_free(struct control *control);
AUTO_FREE(control, struct control)

/* A connection of which the request has come. */
struct control_call;

typedef void (*control_end)(void *data);

/* What a verb answers with; the connection closes when it is all sent, unless it is kept. */
void control_reply(struct control_call *call, const json_t *line);
void control_reply_text(struct control_call *call, const char *line, size_t length);
void control_fail(struct control_call *call, const char *format, ...) PRINTF(2, 3);
/* Do not close; `end` is called when the other side has closed, or will not read. */
void control_keep(struct control_call *call, control_end end, void *data);
void control_finish(struct control_call *call);
/* The descriptors that came with the request are the caller's now; -1 for missing ones. */
void control_take_fds(struct control_call *call, int fds[3]);

typedef void (*control_verb)(struct daemon *daemon, struct control_call *call,
                             const json_t *request);

/* The verbs; each in a file with its like. */
void control_exec(struct daemon *daemon, struct control_call *call, const json_t *request);
void control_status(struct daemon *daemon, struct control_call *call, const json_t *request);
/* Lines that come later on a connection that is kept: {"signal": 2}. */
typedef void (*control_line)(void *data, const json_t *line);
void control_listen(struct control_call *call, control_line hear);

/* The id of the instance that `text` means: an id, the beginning of one that fits no other, a
 * private address, or a Name tag or State tag that one running instance has. Owned; NULL with `err`
 * set. */
char *control_find_instance(const struct daemon *daemon, const char *text, struct chaos_error *err);
