// SPDX-License-Identifier: Apache-2.0
#include "cli/run_words.h"

#include "base/json_walk.h"
#include "base/mem.h"
#include "lib/history.h"

void run_words_complete(const struct cli_typing *typing)
{
    AUTO(json) json_t *runs = NULL;

    if (typing->option || typing->word[0] == '-')
        return;
    runs = history_list();
    for (size_t i = json_array_size(runs); i > 0; i--) {
        const json_t *run = json_array_get(runs, i - 1);
        const char *title = json_text_of(run, "title");

        cli_offer(typing->word, json_text_of(run, "run"), title ? title : "");
    }
    cli_offer(typing->word, "last", "the newest run");
}

char *run_words_duration(const json_t *seconds)
{
    double value = json_number_value(seconds);

    if (!json_is_number(seconds))
        return mem_strdup("-");
    if (value < 60)
        return mem_printf("%.2f s", value);
    return mem_printf("%.0f min %.0f s", (double)(long)(value / 60),
                      value - 60 * (double)(long)(value / 60));
}
