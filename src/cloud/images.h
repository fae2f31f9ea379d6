/* SPDX-License-Identifier: Apache-2.0 */
/* The images that a lab begins with. */
#pragma once

#include "cloud/state.h"

/* The image that every lab has: its id is the same in all of them, so that templates and platforms
 * can name it. */
#define IMAGE_DEFAULT_ID "ami-00000000000000001"

void images_create(struct cloud *cloud);
