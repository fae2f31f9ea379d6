// SPDX-License-Identifier: Apache-2.0
// What happens later: a sorted list of functions to call, and how long things take.
#include <math.h>
#include <string.h>

#include "cloud/sessions.h"
#include "cloud/state.h"

/* Seconds, by name. The defaults are short, so that a lab is quick; EC2 itself takes some twenty
 * seconds to boot and a minute to stop. */
static const struct {
    const char *name;
    double seconds;
} defaults[] = {
    { "pending", 0.02 },      { "stopping", 0.05 }, { "shutting-down", 0.05 },
    { "terminated", 3600.0 }, { "replace", 1.0 },   { "health-check", 0.5 },
    { "volume", 0.02 },
};

const char *const cloud_delay_names[] = { "pending", "stopping",     "shutting-down", "terminated",
                                          "replace", "health-check", "volume",        NULL };
_Static_assert(ARRAY_SIZE(cloud_delay_names) == ARRAY_SIZE(defaults) + 1, "every delay has a name");

#define DELAY_MAX_S 86400.0

int cloud_delays_check(const struct cloud *cloud, struct chaos_error *err)
{
    const char *name;
    json_t *value;

    json_object_foreach (json_walkable(cloud->delays), name, value) {
        const char *close = str_suggest(name, cloud_delay_names);

        if (!str_in(name, cloud_delay_names))
            return chaos_error_set(err, CHAOS_E_INVALID, "delays: '%s' is not one%s%s%s", name,
                                   close ? ": did you mean '" : "", close ? close : "",
                                   close ? "'?" : "");
        if (!json_is_number(value) || json_number_value(value) < 0 ||
            json_number_value(value) > DELAY_MAX_S)
            return chaos_error_set(err, CHAOS_E_INVALID,
                                   "delays: '%s' must be seconds from 0 to 86400", name);
    }
    return 0;
}

int64_t cloud_delay(const struct cloud *cloud, const char *name)
{
    const json_t *set = json_object_get(cloud->delays, name);

    if (json_is_number(set))
        return (int64_t)(json_number_value(set) * 1e9);
    for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
        if (strcmp(defaults[i].name, name) == 0)
            return (int64_t)(defaults[i].seconds * 1e9);
    }
    return 0;
}

static void remove_timer(struct cloud *cloud, size_t index)
{
    free(cloud->timers[index].id);
    cloud->n_timers--;
    memmove(&cloud->timers[index], &cloud->timers[index + 1],
            (cloud->n_timers - index) * sizeof(*cloud->timers));
}

void cloud_cancel(struct cloud *cloud, cloud_timer_run run, const char *id)
{
    for (size_t i = cloud->n_timers; i-- > 0;) {
        if (cloud->timers[i].run == run && strcmp(cloud->timers[i].id, id) == 0)
            remove_timer(cloud, i);
    }
}

void cloud_after(struct cloud *cloud, int64_t after, cloud_timer_run run, const char *id)
{
    int64_t now = clock_now() > cloud->now ? clock_now() : cloud->now;
    int64_t due = now + after;
    char *copy = mem_strdup(id);
    size_t at;

    cloud_cancel(cloud, run, copy);
    if (cloud->n_timers == cloud->timers_size) {
        cloud->timers_size = cloud->timers_size ? cloud->timers_size * 2 : 16;
        cloud->timers = mem_resize(cloud->timers, cloud->timers_size * sizeof(*cloud->timers));
    }
    for (at = cloud->n_timers; at > 0 && cloud->timers[at - 1].due > due; at--)
        ;
    memmove(&cloud->timers[at + 1], &cloud->timers[at],
            (cloud->n_timers - at) * sizeof(*cloud->timers));
    cloud->timers[at] = (struct cloud_timer){ .due = due, .run = run, .id = copy };
    cloud->n_timers++;
}

int64_t cloud_tick(struct cloud *cloud, int64_t now)
{
    cloud->now = now;
    while (cloud->n_timers && cloud->timers[0].due <= now) {
        AUTO(str) char *id = mem_strdup(cloud->timers[0].id);
        cloud_timer_run run = cloud->timers[0].run;

        remove_timer(cloud, 0);
        run(cloud, id);
    }
    return cloud->n_timers ? cloud->timers[0].due : CLOCK_NEVER;
}
