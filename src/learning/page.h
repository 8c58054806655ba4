/* SPDX-License-Identifier: Apache-2.0
 *
 * card.md and its pictures: pages about a training, and what they are written from. Pages are
 * functions of that alone: no clock, so that the same training writes the same pages.
 */
#ifndef ECS_LEARNING_PAGE_H
#define ECS_LEARNING_PAGE_H

#include "learning/training.h"

struct page_content {
    const struct table *table;
    const struct training_options *options;
    const struct training_report *report;
};

/* Appends the page; the caller looks at page->overflowed. */
typedef void page_writer(const struct page_content *content, struct buf *page);

/* card.md: what a model is, what it was trained on, how good it is and how it was made. */
page_writer page_card;

/* Pictures, as SVG: they scale, and a page of text shows them. ROC curves of all candidates. */
page_writer page_roc;
/* What happened beside what was said: ten groups of equal size, with 95 % intervals. */
page_writer page_calibration;
/* How probabilities are distributed, for each outcome. */
page_writer page_scores;
/* The most important columns. */
page_writer page_importance;

#endif
