// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_models.h"

#include <pthread.h>

/* A mapping of 10 MB and more, that never changes: all sessions of the process share it. */
static pthread_once_t models_once = PTHREAD_ONCE_INIT;
static struct aws_models *models;
static struct chaos_error models_error;

static void open_models(void)
{
    (void)!aws_models_open_own(&models, &models_error);
}

int aws_models_shared(const struct aws_models **ret_models, struct chaos_error *err)
{
    pthread_once(&models_once, open_models);
    if (!models)
        return chaos_error_set(err, models_error.code,
                               "the AWS models: %s ($CHAOS_AWS_MODELS names another file)",
                               chaos_error_text(&models_error));
    *ret_models = models;
    return 0;
}
