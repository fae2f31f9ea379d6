// SPDX-License-Identifier: Apache-2.0
/* What a Python activity costs beside the Python function itself: start of the worker, one call.
 *
 * usage: PYTHONPATH=... worker_call [CALLS]   (module yard of tests/support/python_modules) */
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "providers/python.h"

#define CALLS 2000

static int compare(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a;
    int64_t other = *(const int64_t *)b;

    return one < other ? -1 : one > other;
}

static int64_t call_once(const struct provider *provider, const json_t *activity)
{
    AUTO(json) json_t *none = json_object();
    struct provider_call call = { .activity = activity, .configuration = none, .secrets = none };
    AUTO(call_result) struct call_result result = { 0 };
    int64_t began = clock_now();

    provider->call(provider->self, &call, &result);
    if (result.status != CALL_SUCCEEDED) {
        fprintf(stderr, "%s\n", result.message);
        exit(1);
    }
    return clock_now() - began;
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : CALLS;
    int64_t *times = mem_zero(count, sizeof(*times));
    struct python_options options = { 0 };
    AUTO(python) struct python *python = python_new(&options);
    AUTO(json)
    json_t *activity = json_pack("{s:s, s:{s:s, s:s, s:{s:i}}}", "name", "bench", "provider",
                                 "module", "yard", "func", "add", "arguments", "left", 1);
    AUTO(json)
    json_t *idle = json_pack("{s:s, s:{s:s, s:s}}", "name", "start", "provider", "module", "os",
                             "func", "getpid");
    struct provider provider;

    python_provider(python, &provider);
    printf("start of the worker and first call: %.1f ms\n",
           (double)call_once(&provider, idle) / CLOCK_NS_PER_MS);
    printf("import of the module and first call: %.1f ms\n",
           (double)call_once(&provider, activity) / CLOCK_NS_PER_MS);
    for (size_t i = 0; i < count; i++)
        times[i] = call_once(&provider, activity);
    qsort(times, count, sizeof(*times), compare);
    printf("a call: median %.3f ms, p99 %.3f ms, most %.3f ms of %zu\n",
           (double)times[count / 2] / CLOCK_NS_PER_MS,
           (double)times[count * 99 / 100] / CLOCK_NS_PER_MS,
           (double)times[count - 1] / CLOCK_NS_PER_MS, count);
    free(times);
    return 0;
}
