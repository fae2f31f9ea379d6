// SPDX-License-Identifier: Apache-2.0
// Prints docs/reference/native.md from the rows that are built in.
//
// usage: gen_reference > docs/reference/native.md
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "lib/extensions.h"

static const char *const type_words[] = {
    [CHAOS_ANY] = "any",         [CHAOS_STRING] = "string",   [CHAOS_INTEGER] = "integer",
    [CHAOS_NUMBER] = "number",   [CHAOS_BOOLEAN] = "boolean", [CHAOS_LIST] = "list",
    [CHAOS_MAPPING] = "mapping",
};

static void print_head(void)
{
    puts("<!-- Made by tools/gen_reference from the rows; a test compares. Do not edit. -->\n"
         "# Native probes and actions\n"
         "\n"
         "These functions are part of `chaos` and run without Python. An activity names one by\n"
         "module and function, with a provider of type `native`, or of type `python`: a `python`\n"
         "activity whose module and function are listed here runs natively, too. The arguments\n"
         "are checked when the experiment is validated. To add your own, see\n"
         "[extending.md](../extending.md).\n"
         "\n"
         "```json\n"
         "{\n"
         "  \"type\": \"probe\",\n"
         "  \"name\": \"echo-answers\",\n"
         "  \"tolerance\": true,\n"
         "  \"provider\": {\n"
         "    \"type\": \"native\",\n"
         "    \"module\": \"chaos.net.probes\",\n"
         "    \"func\": \"tcp_echo\",\n"
         "    \"arguments\": { \"host\": \"127.0.0.1\", \"port\": 5566, \"message\": \"hello\" }\n"
         "  }\n"
         "}\n"
         "```");
}

static void print_allowed(const struct chaos_param *param)
{
    for (const char *const *choice = param->choices; choice && *choice; choice++)
        printf("%s`%s`", choice == param->choices ? "; one of " : ", ", *choice);
    if (param->min == 0 && param->max == 0)
        return;
    if (isinf(param->max))
        printf("; at least %.15g", param->min);
    else
        printf("; %.15g to %.15g", param->min, param->max);
}

static void print_param(const struct chaos_param *param)
{
    printf("| `%s` | %s | ", param->name, type_words[param->type]);
    if (param->required)
        printf("required");
    else
        printf("`%s`", param->default_json ? param->default_json : "null");
    printf(" | %s", param->doc);
    print_allowed(param);
    puts(" |");
}

static void print_function(const struct chaos_function *function)
{
    printf("\n### %s\n\n%s: %s.", function->name,
           function->kind == CHAOS_PROBE ? "Probe" : "Action", function->summary);
    if (function->doc)
        printf(" %s", function->doc);
    puts("\n");
    if (function->n_params)
        puts("| argument | type | default | |\n|---|---|---|---|");
    for (size_t i = 0; i < function->n_params; i++)
        print_param(&function->params[i]);
    printf("%sResult: %s", function->n_params ? "\n" : "", type_words[function->result]);
    if (function->result_doc)
        printf(": %s", function->result_doc);
    puts(".");
    if (function->inverse)
        puts("\nIt can be undone.");
    if (function->unavailable)
        printf("\nNot available in this build: %s.\n", function->unavailable);
}

int main(void)
{
    /* No directories: plug-ins have pages of their own. */
    AUTO(extensions) struct extensions *extensions = extensions_new("");
    const struct chaos_extension *before = NULL;
    const struct extension_row *rows;
    size_t count;

    rows = extensions_rows(extensions, &count);
    print_head();
    for (size_t i = 0; i < count; i++) {
        if (rows[i].extension != before)
            printf("\n## %s\n\nVersion %s: %s.\n", rows[i].extension->module,
                   rows[i].extension->version, rows[i].extension->summary);
        before = rows[i].extension;
        print_function(rows[i].function);
    }
    return 0;
}
