/* SPDX-License-Identifier: Apache-2.0 */
/* The mapped tables and the checked ways into them; for model.c and node.c alone. */
#pragma once

#include "aws/model.h"
#include "aws/model_layout.h"

struct aws_models {
    const char *strings;
    const uint32_t *words;
    const struct aws_layout_service *services;
    const struct aws_layout_operation *operations;
    const struct aws_layout_shape *shapes;
    const struct aws_layout_member *members;
    uint32_t counts[AWS_LAYOUT_SECTION_COUNT];
    uint32_t root;
    void *map; /* NULL: borrowed memory */
    size_t map_length;
};

/* The text at `offset`; "" outside. */
static inline const char *models_text(const struct aws_models *models, uint32_t offset)
{
    return offset < models->counts[AWS_LAYOUT_STRINGS] ? models->strings + offset : "";
}

/* A word; 0 outside. */
static inline uint32_t models_word(const struct aws_models *models, uint64_t index)
{
    return index < models->counts[AWS_LAYOUT_WORDS] ? models->words[index] : 0;
}
