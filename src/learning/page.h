/* SPDX-License-Identifier: Apache-2.0
 *
 * What a page about a training is written from. Pages are functions of this alone: no clock, so
 * that the same training writes the same pages.
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

/* The columns by importance, the greatest first; returns how many, up to `count`. */
size_t page_important(const struct page_content *content, size_t columns[], size_t count);

const char *page_candidate(enum candidate candidate);

#endif
