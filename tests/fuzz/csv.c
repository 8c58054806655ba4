/* SPDX-License-Identifier: Apache-2.0
 *
 * A table from bytes. What is accepted has both outcomes, and values within their levels.
 */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "learning/csv.h"

static void table_check(const struct table *table)
{
    size_t positives = 0;
    FUZZ_CHECK(table->column_count > 0 && table->row_count > 1);
    for (size_t row = 0; row < table->row_count; row++) {
        positives += table->positives[row];
        for (size_t i = 0; i < table->column_count; i++) {
            double value = table_row(table, row)[i];
            const struct model_column *column = &table->columns[i];
            FUZZ_CHECK(!isinf(value));
            FUZZ_CHECK(column->kind == MODEL_NUMERIC || isnan(value) ||
                       (value >= 0 && value < (double)column->level_count));
        }
    }
    FUZZ_CHECK(positives > 0 && positives < table->row_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct csv_options options = {"bad", "yes", NULL};
    struct table table;
    struct buf warnings;
    char reason[REASON_MAX + 1] = "";
    char *text = malloc(size + 1); /* parsing writes over it */
    FUZZ_CHECK(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    table_init(&table);
    buf_init(&warnings, 4096);
    enum status status = csv_parse(text, size, &options, &table, &warnings, reason);
    FUZZ_CHECK(status == STATUS_OK || (status == STATUS_INVALID && reason[0] != '\0'));
    if (status == STATUS_OK)
        table_check(&table);
    table_free(&table);
    buf_free(&warnings);
    free(text);
    return 0;
}
