/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the cloud share: its state, a call in progress, records and timers.
 *
 * The state is one JSON document: for each kind of resource an object of records by id, in the
 * order of creation. A record has the resource in its API shape under "Item" (with its "Tags"), and
 * beside it what the API does not show. */
#pragma once

#include "base/clock.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "base/str.h"
#include "cloud/cloud.h"

/* KIND(enum, name in the state, id prefix, resource type of tags, code of an unknown id) */
enum cloud_kind {
#define KIND(id, table, prefix, type, unknown) CLOUD_##id,
#include "cloud/kinds.list"
#undef KIND
    CLOUD_KIND_COUNT
};

struct cloud_kind_info {
    const char *table;   /* "instances" */
    const char *prefix;  /* "i-"; "" when ids are names */
    const char *type;    /* "instance", as DescribeTags names it */
    const char *unknown; /* "InvalidInstanceID.NotFound" */
};

extern const struct cloud_kind_info cloud_kinds[CLOUD_KIND_COUNT];

typedef void (*cloud_timer_run)(struct cloud *cloud, const char *id);

struct cloud_timer {
    int64_t due;
    cloud_timer_run run;
    char *id;
};

struct cloud {
    const struct aws_models *models;
    struct cloud_host host;
    char *region;
    char *account;
    json_t *pools;
    json_t *delays;
    size_t n_zones;
    json_t *state;                    /* table name -> {id: record} */
    json_t *tables[CLOUD_KIND_COUNT]; /* borrowed from state */
    json_t *owner_key;
    json_t *sessions;  /* access key -> {"SecretAccessKey", "SessionToken", "Expires" (us), "Arn",
                          "UserId"} */
    json_t *role_keys; /* instance id -> access key */
    json_t *tokens;    /* client tokens: "RunInstances/token" -> {"Params": .., "Result": ..} */
    struct cloud_timer *timers; /* sorted by due */
    size_t n_timers;
    size_t timers_size;
    int64_t now; /* of the last tick, which in tests is ahead of the clock */
};

/* A call in progress. */
struct cloud_call {
    struct cloud *cloud;
    const struct cloud_caller *caller;
    const struct aws_operation *operation;
    const json_t *params;
    struct cloud_fault *fault;
};

/* A new reference to the result, or NULL with the fault set. */
typedef json_t *(*cloud_handler)(struct cloud_call *call);

struct cloud_action {
    const char *name;
    cloud_handler handle;
};

/* To add calls: a function and its row in <family>.c; a family: its file, a line in families.list
 * and in meson.build. */
struct cloud_family {
    const char *service;
    const struct cloud_action *actions;
    size_t n_actions;
};

/* Find the tables in the state, and make those that it lacks. */
void cloud_use_tables(struct cloud *cloud);

/* Refuse the call; returns NULL. */
json_t *cloud_refuse(struct cloud_call *call, const char *code, const char *format, ...)
    PRINTF(3, 4);
/* The same for an id that there is not: "The instance ID 'i-1' does not exist". */
json_t *cloud_unknown(struct cloud_call *call, enum cloud_kind kind, const char *id);

/* A parameter's text, NULL when it is not given. */
const char *cloud_text(const struct cloud_call *call, const char *name);
int64_t cloud_number(const struct cloud_call *call, const char *name, int64_t otherwise);
bool cloud_flag(const struct cloud_call *call, const char *name, bool otherwise);
/* A list or structure, NULL when it is not given. */
const json_t *cloud_param(const struct cloud_call *call, const char *name);

/* A new id of that kind: its prefix and 17 hexadecimal digits; owned. */
char *cloud_new_id(enum cloud_kind kind);
/* "Random" text of `length` characters out of `alphabet`; owned. */
char *cloud_random(const char *alphabet, size_t length);
/* Records. add takes `record` and returns it borrowed. */
json_t *cloud_add(struct cloud *cloud, enum cloud_kind kind, const char *id, json_t *record);
json_t *cloud_find(const struct cloud *cloud, enum cloud_kind kind, const char *id);
void cloud_drop(struct cloud *cloud, enum cloud_kind kind, const char *id);
/* record["Item"]. */
json_t *cloud_item(const json_t *record);
/* All records, or those with the ids that the list parameter `ids` names, in that order: a new
 * reference to an array of records; NULL with the fault set for an id that there is not, or that is
 * not of that form. */
json_t *cloud_choose(struct cloud_call *call, enum cloud_kind kind, const char *ids);

/* Now, as results show it; owned. */
char *cloud_iso_now(void);
/* Set members of an item. */
void cloud_set_text(json_t *item, const char *key, const char *value);

/* Tags of TagSpecifications for this kind of resource, or an empty array; a new reference. NULL
 * with the fault set when they break a rule (keys of 1 to 128 characters, values to 256, not
 * "aws:", 50 at most). */
json_t *cloud_tags_specified(struct cloud_call *call, enum cloud_kind kind);
/* Set and take away tags of an item. */
void cloud_tag_set(json_t *item, const char *key, const char *value);
void cloud_tag_remove(json_t *item, const char *key);
const char *cloud_tag(const json_t *item, const char *key);
/* Whether tags may be put on a resource; false with the fault set. */
bool cloud_tags_valid(struct cloud_call *call, const json_t *tags);

/* The delay of that name in nanoseconds. */
int64_t cloud_delay(const struct cloud *cloud, const char *name);
/* Call `run` in `after` ns; a second timer of the same function and id replaces the first. */
void cloud_after(struct cloud *cloud, int64_t after, cloud_timer_run run, const char *id);
void cloud_cancel(struct cloud *cloud, cloud_timer_run run, const char *id);
/* Tell the host: cloud_event(cloud, "instance-running", id, "zone", "us-east-1a", NULL). */
void cloud_event(const struct cloud *cloud, const char *event, const char *resource, ...)
    __attribute__((sentinel));

/* Answer a repeated call with the same client token: *ret_again is the former result (a new
 * reference) or NULL; false with the fault set when the parameters differ. cloud_token_keep() is
 * for the first one. Tokens are those of parameter `name`. */
bool cloud_token_seen(struct cloud_call *call, const char *name, json_t **ret_again);
void cloud_token_keep(struct cloud_call *call, const char *name, const json_t *result);

/* ARNs of this account: cloud_arn(cloud, "autoscaling", "region", "autoScalingGroup:..."); owned.
 */
char *cloud_arn(const struct cloud *cloud, const char *service, const char *rest);
/* The names of the zones: zone 0 is "us-east-1a"; owned. cloud_zone_index() is -1 for no zone. */
char *cloud_zone_name(const struct cloud *cloud, size_t index);
/* "use1-az1", owned. */
char *cloud_zone_id(const struct cloud *cloud, size_t index);
int cloud_zone_index(const struct cloud *cloud, const char *zone);
