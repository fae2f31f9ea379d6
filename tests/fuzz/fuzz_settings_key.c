// SPDX-License-Identifier: Apache-2.0
/* Any key finds a value of the settings, or says in one line that there is none. */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "model/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(str) char *key = mem_strndup(size ? (const char *)data : "", size);
    AUTO(json)
    json_t *settings = json_pack("{s:{s:[i, {s:i}, [i]]}, s:{s:s}, s:s, s:n}", "a", "b", 1, "c", 2,
                                 3, "x.y", "z", "deep", "[0]", "index", "");
    AUTO(settings_place) struct settings_place place = { 0 };
    AUTO(chaos_error) struct chaos_error err = { 0 };

    if (settings_locate(settings, key, &place, &err) == 0) {
        const json_t *again = place.key ? json_object_get(place.parent, place.key)
                                        : json_array_get(place.parent, place.index);

        if (!place.value || again != place.value)
            abort();
    } else if (strchr(key, '\n') == NULL && strchr(chaos_error_text(&err), '\n')) {
        abort();
    }
    return 0;
}
