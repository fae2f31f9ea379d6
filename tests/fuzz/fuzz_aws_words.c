// SPDX-License-Identifier: Apache-2.0
/* A parameter of a toy operation, named by the first byte, from words that line ends divide. */
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "lib/aws_names.h"
#include "lib/aws_words.h"

#define WORDS_MAX 16

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static struct aws_models *open_toys(void)
{
    const char *folder = getenv("FRACAS_BUILD_DIR");
    AUTO(str) char *path = mem_printf("%s/tests/support/aws-toy.bin", folder ? folder : ".");
    AUTO(chaos_error) struct chaos_error err = { 0 };
    struct aws_models *models = NULL;

    if (aws_models_open(path, &models, &err) < 0)
        abort();
    return models;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct aws_models *models;
    AUTO(chaos_error) struct chaos_error err = { 0 };
    AUTO(json) json_t *value = NULL;
    AUTO(str) char *text = NULL;
    const char *words[WORDS_MAX];
    struct aws_operation echo;
    struct aws_service service;
    struct aws_member member;
    size_t count = 0;

    if (!models)
        models = open_toys();
    if (!size || aws_service_find(models, "toy-rest-json", &service, &err) < 0 ||
        aws_name_operation(&service, "echo", &echo, &err) < 0)
        return 0;
    member =
        aws_shape_member(&echo.input.shape, data[0] % aws_shape_member_count(&echo.input.shape));
    text = mem_strndup((const char *)data + 1, size - 1);
    for (char *line = text; line && count < WORDS_MAX;) {
        char *end = strchr(line, '\n');

        if (end)
            *end++ = '\0';
        if (strstr(line, "file")) /* no files: their content is the same as words */
            return 0;
        words[count++] = line;
        line = end;
    }
    (void)!aws_words_parse(&member, words, count, &value, &err);
    return 0;
}
