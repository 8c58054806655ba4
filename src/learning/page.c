/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/page.h"

size_t page_important(const struct page_content *content, size_t columns[], size_t count)
{
    const double *importance = content->report->importance;
    size_t kept = 0;
    for (size_t i = 0; i < content->table->column_count; i++) {
        size_t at = kept;
        while (at > 0 && importance[columns[at - 1]] < importance[i])
            at--;
        if (at == count)
            continue;
        kept += kept < count;
        for (size_t k = kept - 1; k > at; k--)
            columns[k] = columns[k - 1];
        columns[at] = i;
    }
    return kept;
}

const char *page_candidate(enum candidate candidate)
{
    static const char *const names[CANDIDATE_COUNT] = {"Model", "Scorecard", "Without emotions"};
    return names[candidate];
}
