/* SPDX-License-Identifier: Apache-2.0
 *
 * Pictures of a training, as SVG: they scale, and a page of text shows them.
 */
#ifndef ECS_LEARNING_PICTURE_H
#define ECS_LEARNING_PICTURE_H

#include "learning/page.h"

/* ROC curves of all candidates. */
page_writer picture_roc;
/* What happened beside what was said: ten groups of equal size, with 95 % intervals. */
page_writer picture_calibration;
/* How probabilities are distributed, for each outcome. */
page_writer picture_scores;
/* The most important columns. */
page_writer picture_importance;

#endif
