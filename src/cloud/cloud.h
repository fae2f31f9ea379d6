/* SPDX-License-Identifier: Apache-2.0 */
/* The lab's cloud: EC2, Auto Scaling and STS as a document and the rules by which calls and time
 * change it. It knows AWS' names and no kernel: what an instance is, how an address reaches it and
 * what enforces a rule is the business of struct cloud_host.
 *
 * One thread. Nothing here blocks but the host's functions. */
#pragma once

#include <stdint.h>

#include "aws/model.h"

struct cloud;

/* What the cloud asks of the world. Any function may be NULL: then nothing happens. Records are
 * the cloud's own and borrowed; an instance has its API shape under "Item". */
struct cloud_host {
    /* Boot an instance: addresses, user data ("UserData", base64) and groups are in the record. */
    int (*boot)(void *data, const json_t *record, struct chaos_error *err);
    /* A power cut: when this returns nothing of it runs and nothing of it answers. */
    void (*power_off)(void *data, const char *instance_id);
    /* The power button: the instance ends by itself, and cloud_machine_ended() says when. */
    void (*shut_down)(void *data, const char *instance_id);
    /* The instance will not be booted again: forget what is kept of it. */
    void (*forget)(void *data, const char *instance_id);
    /* From now on `public_ip` is `private_ip`, or, with NULL, nobody's. */
    void (*map_address)(void *data, const char *public_ip, const char *private_ip);
    /* The security groups of this instance, or the rules in them, are other ones now: see
     * cloud_rules(). */
    void (*secure)(void *data, const char *instance_id);
    /* Also after each boot of an instance that has volumes; with a power cut they are unplugged. */
    int (*attach_volume)(void *data, const char *volume_id, int64_t size_gib,
                         const char *instance_id, const char *device, struct chaos_error *err);
    void (*detach_volume)(void *data, const char *volume_id, const char *instance_id,
                          const char *device);
    void (*delete_volume)(void *data, const char *volume_id);
    /* What the instance wrote to its console so far, owned; NULL for nothing. */
    char *(*console)(void *data, const char *instance_id);
    /* Something happened: {"time": .., "event": "instance-running", "resource": "i-..", ..}. */
    void (*event)(void *data, const json_t *event);
    void *data;
};

struct cloud_options {
    const struct aws_models *models;
    const struct cloud_host *host; /* borrowed for the life of the cloud; NULL: a cloud of paper */
    const char *region;            /* NULL: us-east-1 */
    const char *account;           /* NULL: 000000000000 */
    const json_t *pools;           /* CIDR texts that Elastic IPs come from; NULL: 203.0.113.0/24 */
    const json_t *delays;          /* seconds by name, see cloud_delay_names; NULL: the defaults */
    size_t n_zones;                /* 0: three */
};

/* -CHAOS_E_INVALID names the option that cannot be. */
MUST_USE int cloud_new(const struct cloud_options *options, struct cloud **ret_cloud,
                       struct chaos_error *err);
void cloud_free(struct cloud *cloud);
AUTO_FREE(cloud, struct cloud)

/* "pending", "stopping", "shutting-down", "terminated" (how long it is listed), "replace" (between
 * the loss of an instance of a group and its replacement's launch), ..; NULL-terminated. */
extern const char *const cloud_delay_names[];

/* Who calls. */
struct cloud_caller {
    const char *access_key;
    const char *arn;       /* "arn:aws:iam::000000000000:user/lab"; of a role's session otherwise */
    const char *user_id;   /* "AIDA..." or "AROA...:i-..." */
    const char *source_ip; /* of the request; "" when it is none */
};

/* How a call was refused; both texts are owned. */
struct cloud_fault {
    char *code; /* NULL: it was not */
    char *message;
    int status; /* 0: 400 */
};

void cloud_fault_clear(struct cloud_fault *fault);
AUTO_CLEAR(cloud_fault, struct cloud_fault)

/* Make one call; a new reference to its result (perhaps empty), or NULL with *fault set:
 * InvalidAction for an operation that this cloud has not. `params` is an object with boto3's names.
 */
json_t *cloud_call(struct cloud *cloud, const struct cloud_caller *caller,
                   const struct aws_operation *operation, const json_t *params,
                   struct cloud_fault *fault);
/* The same by name, as the lab itself: for platforms and tests. `service` is "ec2", .. */
MUST_USE int cloud_do(struct cloud *cloud, const char *service, const char *operation,
                      const json_t *params, json_t **ret_result, struct chaos_error *err);

/* Do what is due by now (clock_now()); the time of the next due thing, CLOCK_NEVER for none. */
int64_t cloud_tick(struct cloud *cloud, int64_t now);

enum cloud_end {
    CLOUD_END_POWEROFF, /* it shut itself down, or was told to and did */
    CLOUD_END_REBOOT,   /* it asked to be booted again */
    CLOUD_END_CRASH,    /* its first process died */
};

/* The host tells that an instance ended by itself, or after shut_down(). */
void cloud_machine_ended(struct cloud *cloud, const char *instance_id, enum cloud_end end);

/* The whole state, a new reference; and a cloud as it was: what ran then is booted again. */
json_t *cloud_snapshot(const struct cloud *cloud);
MUST_USE int cloud_restore(struct cloud *cloud, const json_t *snapshot, struct chaos_error *err);

/* For what shows and serves a lab. Borrowed; NULL when there is none. */
const json_t *cloud_instance(const struct cloud *cloud, const char *instance_id);
/* Ids to records, in the order of their creation. */
const json_t *cloud_instances(const struct cloud *cloud);
const json_t *cloud_addresses(const struct cloud *cloud);
const json_t *cloud_scaling_groups(const struct cloud *cloud);
const json_t *cloud_subnet(const struct cloud *cloud, const char *subnet_id);
const json_t *cloud_security_groups(const struct cloud *cloud);
/* The tags of an item as {key: value}, a new reference. */
json_t *cloud_tags(const json_t *item);
/* The instance that has this private address, borrowed; NULL for none. */
const json_t *cloud_instance_at(const struct cloud *cloud, const char *private_ip);
/* What may enter and leave an instance, a new reference: [{"Direction": "in" or "out",
 * "Protocol": "tcp" ("-1": all; numbers as text), "FromPort": .., "ToPort": .. (-1: any; ICMP: type
 * and code), "Cidrs": [..], "Addresses": [private addresses of a group's members]}, ..]. */
json_t *cloud_rules(const struct cloud *cloud, const char *instance_id);

/* The secret of an access key that the cloud issued (STS, instance roles), borrowed; NULL for an
 * unknown or expired one, or another token. *ret_caller's members live as long as the key. */
const char *cloud_secret(struct cloud *cloud, const char *access_key, const char *token,
                         struct cloud_caller *ret_caller);
/* Credentials of an instance's role as its metadata service shows them ({"Code": "Success",
 * "AccessKeyId": .., ..}), a new reference; NULL when it has no profile. They are renewed when
 * they are close to their end. */
json_t *cloud_role_credentials(struct cloud *cloud, const char *instance_id);
/* The key of the lab's owner: {"AccessKeyId", "SecretAccessKey", "Arn", "UserId"}, borrowed. */
const json_t *cloud_owner_key(const struct cloud *cloud);
