// SPDX-License-Identifier: Apache-2.0
#include "lib/extensions.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "config.h"

static const struct chaos_extension *const builtin[] = {
#define EXTENSION(id) &id,
#include "lib/extensions.list"
#undef EXTENSION
};

struct extensions {
    pthread_mutex_t lock; /* of everything below */
    char *path;           /* instead of the standard directories, or NULL */
    bool opened;          /* the plug-ins were looked for */
    const struct chaos_extension **modules;
    size_t n_modules;
    struct extension_row *rows; /* sorted; built when first asked for */
    size_t n_rows;
};

typedef const struct chaos_extension *const *(*entry_function)(void);

static void add_module(struct extensions *extensions, const struct chaos_extension *extension)
{
    extensions->modules =
        mem_resize(extensions->modules, (extensions->n_modules + 1) * sizeof(*extensions->modules));
    extensions->modules[extensions->n_modules++] = extension;
}

struct extensions *extensions_new(const char *path)
{
    struct extensions *extensions = mem_zero(1, sizeof(*extensions));

    pthread_mutex_init(&extensions->lock, NULL);
    extensions->path = mem_strdup(path);
    for (size_t i = 0; i < ARRAY_SIZE(builtin); i++)
        add_module(extensions, builtin[i]);
    return extensions;
}

void extensions_free(struct extensions *extensions)
{
    if (!extensions)
        return;
    pthread_mutex_destroy(&extensions->lock);
    free(extensions->path);
    free(extensions->modules);
    free(extensions->rows);
    free(extensions);
}

static const struct chaos_extension *find_module(const struct extensions *extensions,
                                                 const char *module)
{
    for (size_t i = 0; i < extensions->n_modules; i++)
        if (strcmp(extensions->modules[i]->module, module) == 0)
            return extensions->modules[i];
    return NULL;
}

static const struct chaos_function *find_function(const struct chaos_extension *extension,
                                                  const char *name)
{
    for (size_t i = 0; extension && i < extension->n_functions; i++)
        if (strcmp(extension->functions[i].name, name) == 0)
            return &extension->functions[i];
    return NULL;
}

static void add_plugin(struct extensions *extensions, const char *path,
                       const struct chaos_extension *extension)
{
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (extension_check(extension, &err) < 0)
        log_warning("plug-in '%s' is left out: %s", path, chaos_error_text(&err));
    else if (find_module(extensions, extension->module))
        log_warning("plug-in '%s' is left out: there is already a module '%s'", path,
                    extension->module);
    else
        add_module(extensions, extension);
}

static void open_plugin(struct extensions *extensions, const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct chaos_extension *const *entries;
    entry_function entry;

    if (!handle) {
        log_warning("plug-in '%s' is left out: %s", path, dlerror());
        return;
    }
    *(void **)&entry = dlsym(handle, "chaos_extension_entry");
    entries = entry ? entry() : NULL;
    if (!entries || !*entries) {
        log_warning("plug-in '%s' is left out: %s", path,
                    entry ? "chaos_extension_entry() gives no extension"
                          : "it has no function chaos_extension_entry()");
        dlclose(handle);
        return;
    }
    for (; *entries; entries++)
        add_plugin(extensions, path, *entries);
}

/* Regular files only: opening a pipe would wait for a writer. */
static bool is_plugin(const char *directory, const char *name)
{
    AUTO(str) char *path = mem_printf("%s/%s", directory, name);
    struct stat status;

    return str_ends(name, ".so") && stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static void open_directory(struct extensions *extensions, const char *directory, bool wanted)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, alphasort);

    if (count < 0) {
        char text[128];

        if (wanted)
            log_warning("no plug-ins from '%s' ($CHAOS_EXTENSION_PATH): %s", directory,
                        strerror_r(errno, text, sizeof(text)));
        return;
    }
    for (int i = 0; i < count; i++) {
        if (is_plugin(directory, entries[i]->d_name)) {
            /* With a slash, or dlopen() would search elsewhere. */
            AUTO(str) char *path = mem_printf("%s/%s", directory, entries[i]->d_name);

            open_plugin(extensions, path);
        }
        free(entries[i]);
    }
    free(entries);
}

static void open_path(struct extensions *extensions, const char *path)
{
    AUTO(str) char *copy = mem_strdup(path);
    char *rest = copy;
    char *directory;

    while ((directory = strsep(&rest, ":")))
        if (*directory)
            open_directory(extensions, directory, true);
}

static void open_plugins(struct extensions *extensions)
{
    const char *path = getenv("CHAOS_EXTENSION_PATH");

    if (extensions->opened)
        return;
    extensions->opened = true;
    if (extensions->path) {
        open_path(extensions, extensions->path);
        return;
    }
    if (path)
        open_path(extensions, path);
    open_directory(extensions, FRACAS_PLUGIN_DIR, false);
}

const struct chaos_extension *extensions_module(struct extensions *extensions, const char *module)
{
    const struct chaos_extension *extension;

    pthread_mutex_lock(&extensions->lock);
    extension = find_module(extensions, module);
    if (!extension && !extensions->opened) {
        open_plugins(extensions);
        extension = find_module(extensions, module);
    }
    pthread_mutex_unlock(&extensions->lock);
    return extension;
}

bool extensions_has_plugins(struct extensions *extensions)
{
    bool has_some;

    pthread_mutex_lock(&extensions->lock);
    has_some = extensions->n_modules > ARRAY_SIZE(builtin);
    pthread_mutex_unlock(&extensions->lock);
    return has_some;
}

const struct chaos_function *extensions_lookup(struct extensions *extensions, const char *module,
                                               const char *function)
{
    return find_function(extensions_module(extensions, module), function);
}

/* No lock: modules are only added while opening, which extensions_module() has done. */
static int unknown_module(const struct extensions *extensions, const char *module,
                          struct chaos_error *err)
{
    AUTO(mem) const char **names = mem_zero(extensions->n_modules + 1, sizeof(*names));
    const char *near;

    for (size_t i = 0; i < extensions->n_modules; i++)
        names[i] = extensions->modules[i]->module;
    near = str_suggest(module, names);
    if (near)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                               "there is no native module '%s': did you mean '%s'?", module, near);
    return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                           "there is no native module '%s': plug-ins are looked for in "
                           "$CHAOS_EXTENSION_PATH and '%s'",
                           module, FRACAS_PLUGIN_DIR);
}

static int unknown_function(const struct chaos_extension *extension, const char *function,
                            struct chaos_error *err)
{
    AUTO(mem) const char **names = mem_zero(extension->n_functions + 1, sizeof(*names));
    AUTO(buffer) struct buffer all = { 0 };
    const char *near;

    for (size_t i = 0; i < extension->n_functions; i++) {
        names[i] = extension->functions[i].name;
        buffer_printf(&all, "%s%s", i ? ", " : "", names[i]);
    }
    near = str_suggest(function, names);
    if (near)
        return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                               "the native module '%s' has no function '%s': did you mean '%s'?",
                               extension->module, function, near);
    return chaos_error_set(err, CHAOS_E_NOT_FOUND,
                           "the native module '%s' has no function '%s': it has %s",
                           extension->module, function, buffer_text(&all));
}

int extensions_find(struct extensions *extensions, const char *module, const char *function,
                    const struct chaos_function **ret_function, struct chaos_error *err)
{
    const struct chaos_extension *extension = extensions_module(extensions, module);
    const struct chaos_function *found = find_function(extension, function);

    if (!extension)
        return unknown_module(extensions, module, err);
    if (!found)
        return unknown_function(extension, function, err);
    *ret_function = found;
    return 0;
}

static int compare_rows(const void *a, const void *b)
{
    const struct extension_row *row = a;
    const struct extension_row *other = b;
    int order = strcmp(row->extension->module, other->extension->module);

    return order ? order : strcmp(row->function->name, other->function->name);
}

static void build_rows(struct extensions *extensions)
{
    size_t count = 0;

    for (size_t i = 0; i < extensions->n_modules; i++)
        count += extensions->modules[i]->n_functions;
    extensions->rows = mem_zero(count, sizeof(*extensions->rows));
    for (size_t i = 0; i < extensions->n_modules; i++)
        for (size_t j = 0; j < extensions->modules[i]->n_functions; j++)
            extensions->rows[extensions->n_rows++] = (struct extension_row){
                .extension = extensions->modules[i],
                .function = &extensions->modules[i]->functions[j],
            };
    qsort(extensions->rows, extensions->n_rows, sizeof(*extensions->rows), compare_rows);
}

const struct extension_row *extensions_rows(struct extensions *extensions, size_t *ret_count)
{
    pthread_mutex_lock(&extensions->lock);
    open_plugins(extensions);
    if (!extensions->rows)
        build_rows(extensions);
    pthread_mutex_unlock(&extensions->lock);
    *ret_count = extensions->n_rows;
    return extensions->rows;
}
