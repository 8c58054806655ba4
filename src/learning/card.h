/* SPDX-License-Identifier: Apache-2.0
 *
 * card.md: what a model is, what it was trained on, how good it is and how it was made.
 */
#ifndef ECS_LEARNING_CARD_H
#define ECS_LEARNING_CARD_H

#include "learning/page.h"

page_writer card_write;

#endif
