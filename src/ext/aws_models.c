// SPDX-License-Identifier: Apache-2.0
#include "ext/aws_models.h"

#include <pthread.h>
#include <unistd.h>

#include "config.h"

#define PATH_VARIABLE "FRACAS_AWS_MODELS"

/* A mapping of 10 MB and more, that never changes: all sessions of the process share it. */
static pthread_once_t models_once = PTHREAD_ONCE_INIT;
static struct aws_models *models;
static struct chaos_error models_error;

static void open_models(void)
{
    const char *path = getenv(PATH_VARIABLE);

    if (!path || !*path)
        path = access(FRACAS_AWS_MODELS, R_OK) == 0 ? FRACAS_AWS_MODELS : FRACAS_AWS_MODELS_BUILD;
    (void)!aws_models_open(path, &models, &models_error);
}

int aws_models_shared(const struct aws_models **ret_models, struct chaos_error *err)
{
    pthread_once(&models_once, open_models);
    if (!models)
        return chaos_error_set(err, models_error.code,
                               "the AWS models: %s ($" PATH_VARIABLE " names another file)",
                               chaos_error_text(&models_error));
    *ret_models = models;
    return 0;
}
