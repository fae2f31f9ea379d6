// SPDX-License-Identifier: Apache-2.0
#include "providers/python_path.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "config.h"

#define SCRIPT "chaos_worker/__main__.py"

char *python_interpreter(const char *given)
{
    const char *chosen = given && *given ? given : getenv("CHAOS_PYTHON");
    const char *environment = getenv("VIRTUAL_ENV");

    if (chosen && *chosen)
        return mem_strdup(chosen);
    if (environment && *environment) {
        AUTO(str) char *path = mem_printf("%s/bin/python", environment);

        if (access(path, X_OK) == 0)
            return STEAL(path);
    }
    return mem_strdup("python3");
}

/* The script in `folder`, if it is there. */
static char *script_in(const char *folder)
{
    AUTO(str) char *path = mem_printf("%s/%s", folder, SCRIPT);

    return access(path, R_OK) == 0 ? STEAL(path) : NULL;
}

static char *script_beside_program(void)
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    AUTO(str) char *folder = NULL;
    char *slash;

    if (length <= 0)
        return NULL;
    program[length] = '\0';
    slash = strrchr(program, '/');
    if (!slash)
        return NULL;
    *slash = '\0';
    folder = mem_printf("%s/../share/fracas/python", program);
    return script_in(folder);
}

int python_worker_script(const char *given, char **ret_path, struct chaos_error *err)
{
    const char *forced = given && *given ? given : getenv("FRACAS_PYTHON_DIR");

    if (forced && *forced) {
        *ret_path = script_in(forced);
        if (!*ret_path)
            return chaos_error_set(err, CHAOS_E_NOT_FOUND, "there is no '%s' in '%s'", SCRIPT,
                                   forced);
        return 0;
    }
    *ret_path = script_beside_program();
    if (!*ret_path)
        *ret_path = script_in(FRACAS_PYTHON_DIR);
    if (!*ret_path)
        *ret_path = script_in(FRACAS_PYTHON_SOURCE_DIR);
    if (!*ret_path)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                               "the Python part of Fracas is not installed in '%s'; "
                               "FRACAS_PYTHON_DIR can name another folder",
                               FRACAS_PYTHON_DIR);
    return 0;
}
