// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_session_pool.h"

#include <pthread.h>
#include <string.h>

#include "base/context.h"
#include "base/json_walk.h"
#include "base/mem.h"
#include "ext/aws_models.h"

/* More at once than an experiment has background activities. */
#define IDLE_MAX             16
#define ROLE_SESSION_DEFAULT "ChaosToolkit"

struct aws_lease {
    json_t *wishes; /* what the call says of its session; the session borrows its texts */
    const struct cancel *cancel;
    struct aws_session *session;
};

/* A native function has no place of its own in which to keep a connection from one call to the
 * next, so the process keeps them. */
static pthread_mutex_t idle_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct aws_lease *idle[IDLE_MAX];

static void destroy(struct aws_lease *lease)
{
    if (lease->session)
        aws_session_free(lease->session);
    json_decref(lease->wishes);
    free(lease);
}

/* Only texts with something in them count. */
static void wish(json_t *wishes, const json_t *from, const char *key)
{
    const char *text = json_text_of(from, key);

    if (text && *text)
        json_object_set_new(wishes, key, json_string(text));
}

static json_t *wishes_of(const struct chaos_call *call)
{
    static const char *const configured[] = { "aws_region", "aws_profile_name",
                                              "aws_assume_role_arn", "aws_assume_role_session_name",
                                              "aws_endpoint" };
    static const char *const secret[] = { "aws_access_key_id", "aws_secret_access_key",
                                          "aws_session_token" };
    json_t *wishes = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(configured); i++)
        wish(wishes, call->configuration, configured[i]);
    for (size_t i = 0; i < ARRAY_SIZE(secret); i++)
        wish(wishes, call->secrets, secret[i]);
    return wishes;
}

static struct aws_lease *find_idle(const json_t *wishes, const struct cancel *cancel)
{
    struct aws_lease *found = NULL;

    pthread_mutex_lock(&idle_mutex);
    for (size_t i = 0; i < IDLE_MAX && !found; i++) {
        if (!idle[i] || idle[i]->cancel != cancel || !json_equal(idle[i]->wishes, wishes))
            continue;
        found = STEAL(idle[i]);
    }
    pthread_mutex_unlock(&idle_mutex);
    return found;
}

static int open_session(struct aws_lease *lease, struct chaos_error *err)
{
    struct aws_session_options options = {
        .cancel = lease->cancel,
        .profile = json_text_of(lease->wishes, "aws_profile_name"),
        .region = json_text_of(lease->wishes, "aws_region"),
        .endpoint_url = json_text_of(lease->wishes, "aws_endpoint"),
        .access_key = json_text_of(lease->wishes, "aws_access_key_id"),
        .secret_key = json_text_of(lease->wishes, "aws_secret_access_key"),
        .session_token = json_text_of(lease->wishes, "aws_session_token"),
        .role_arn = json_text_of(lease->wishes, "aws_assume_role_arn"),
        .role_session_name = json_text_of(lease->wishes, "aws_assume_role_session_name"),
    };

    if (options.role_arn && !options.role_session_name)
        options.role_session_name = ROLE_SESSION_DEFAULT;
    if (aws_models_shared(&options.models, err) < 0 ||
        aws_session_new(&options, &lease->session, err) < 0)
        return -(int)err->code;
    if (!aws_session_region(lease->session))
        return chaos_error_set(err, CHAOS_E_INVALID, "AWS requires a region to be set!");
    return 0;
}

int aws_lease_take(const struct chaos_call *call, struct aws_lease **ret_lease,
                   struct chaos_error *err)
{
    const struct cancel *cancel = call->context ? call->context->cancel : NULL;
    AUTO(json) json_t *wishes = wishes_of(call);
    struct aws_lease *lease = find_idle(wishes, cancel);

    if (!lease) {
        lease = mem_zero(1, sizeof(*lease));
        lease->wishes = json_incref(wishes);
        lease->cancel = cancel;
        if (open_session(lease, err) < 0) {
            destroy(lease);
            return -(int)err->code;
        }
    }
    *ret_lease = lease;
    return 0;
}

struct aws_session *aws_lease_session(const struct aws_lease *lease)
{
    return lease->session;
}

void aws_lease_free(struct aws_lease *lease)
{
    if (!lease)
        return;
    pthread_mutex_lock(&idle_mutex);
    for (size_t i = 0; i < IDLE_MAX && lease; i++)
        if (!idle[i])
            idle[i] = STEAL(lease);
    pthread_mutex_unlock(&idle_mutex);
    if (lease)
        destroy(lease);
}
