/* SPDX-License-Identifier: Apache-2.0 */
/* How rows of the AWS families are written down. */
#pragma once

#include "chaos/extension.h"

#define REQUIRED(of, kind_of, what)                                                                \
    {                                                                                              \
        .name = (of), .type = (kind_of), .required = true, .doc = (what)                           \
    }
#define OPTIONAL(of, kind_of, what)                                                                \
    {                                                                                              \
        .name = (of), .type = (kind_of), .doc = (what)                                             \
    }
#define DEFAULT(of, kind_of, json, what)                                                           \
    {                                                                                              \
        .name = (of), .type = (kind_of), .default_json = (json), .doc = (what)                     \
    }

/* `of`: the function, named as the row; `from`: its parameters. The rest: .summary and so on. */
#define ROW(of, from, ...)                                                                         \
    {                                                                                              \
        .name = #of, .run = (of), .params = (from), .n_params = sizeof(from) / sizeof((from)[0]),  \
        __VA_ARGS__                                                                                \
    }
#define PROBE(of, from, ...)  ROW(of, from, .kind = CHAOS_PROBE, __VA_ARGS__)
#define ACTION(of, from, ...) ROW(of, from, .kind = CHAOS_ACTION, __VA_ARGS__)

#define AWS_RESPONSE .result = CHAOS_MAPPING, .result_doc = "the answer, as boto3 gives it"

#define AWS_EXTENSION_OF(id, called, what, rows)                                                   \
    extern const struct chaos_extension id;                                                        \
    const struct chaos_extension id = {                                                            \
        .abi = CHAOS_EXTENSION_ABI,                                                                \
        .module = (called),                                                                        \
        .version = "1",                                                                            \
        .summary = (what),                                                                         \
        .functions = (rows),                                                                       \
        .n_functions = sizeof(rows) / sizeof((rows)[0]),                                           \
    }
#define AWS_EXTENSION(id, called, what) AWS_EXTENSION_OF(id, called, what, functions)
