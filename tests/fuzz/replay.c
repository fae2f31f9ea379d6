// SPDX-License-Identifier: Apache-2.0
/* Runs a fuzz target over the files of its corpus, for machines without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_LIMIT ((size_t)16 * 1024 * 1024)

static int replay(const char *folder, const char *name)
{
    AUTO(str) char *path = mem_printf("%s/%s", folder, name);
    AUTO(buffer) struct buffer input = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };
    void *exact;

    if (file_read(path, &input, INPUT_LIMIT, &err) < 0) {
        fprintf(stderr, "%s\n", chaos_error_text(&err));
        return 1;
    }
    exact = mem_dup(buffer_text(&input), input.length); /* no room beyond the input */
    LLVMFuzzerTestOneInput(exact, input.length);
    free(exact);
    return 0;
}

int main(int argc, char **argv)
{
    struct dirent *entry;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    int failed = 0;
    int count = 0;

    if (!folder) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 1;
    }
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.')
            continue;
        failed |= replay(argv[1], entry->d_name);
        count++;
    }
    closedir(folder);
    printf("%d inputs\n", count);
    return failed || !count;
}
