/* SPDX-License-Identifier: Apache-2.0 */
/* Talking to a lab's daemon (labd/control.h), and starting one. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

/* The labs of this user that are up: an array of names, a new reference. */
json_t *lab_list(void);

/* Connect to the lab `name`; NULL means the only one there is, or else the one named "lab".
 * -CHAOS_E_NOT_FOUND says how to start it. */
MUST_USE int lab_connect(const char *name, int *ret_fd, struct chaos_error *err);
/* The name that `name` or NULL stands for, owned. */
char *lab_name(const char *name);
/* Send one request, with descriptors 0, 1 and 2 when `with_terminal` is set. */
enum lab_fds {
    LAB_NO_FDS,
    LAB_STANDARD_FDS
};
MUST_USE int lab_send(int fd, const json_t *request, enum lab_fds fds, struct chaos_error *err);
/* The next line of the answer, a new reference, from what is in `rest` or comes on `fd`; NULL
 * (and 0) at its end. {"error": ..} is an error here. */
MUST_USE int lab_receive(int fd, struct buffer *rest, json_t **ret_line, struct chaos_error *err);
/* Connect, send, and receive one line. */
MUST_USE int lab_ask(const char *name, const json_t *request, json_t **ret_line,
                     struct chaos_error *err);

/* Called with each line of an answer; false: that is enough. */
typedef bool (*lab_visit)(void *data, const json_t *line);
/* Connect, send, and visit each line until there are no more. */
MUST_USE int lab_ask_all(const char *name, const json_t *request, lab_visit visit, void *data,
                         struct chaos_error *err);

/* Take the lab down, and return when its first process has ended: the kernel ends that after all
 * others of the lab. */
MUST_USE int lab_end(const char *name, struct chaos_error *err);

struct lab_start {
    const char *name;
    unsigned port;   /* of the API on the loopback of the host; 0: any */
    bool is_watched; /* the daemon keeps our standard error, for what it may say when it breaks */
    const json_t *platform;
};

/* Start a daemon; *ret_endpoint is owned. It lives on when this process ends. */
MUST_USE int lab_start(const struct lab_start *start, char **ret_endpoint, struct chaos_error *err);
