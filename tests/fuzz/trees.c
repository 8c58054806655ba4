/* SPDX-License-Identifier: Apache-2.0
 *
 * A model's trees, in the form in which XGBoost saves them, from bytes. What is accepted keeps to
 * its bounds, and says the same of a row alone as among others, to the last bit.
 */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "model/forest.h"

enum { ROWS = 9 };

static void forest_check(const struct forest *forest)
{
    static const float values[] = {0.25F, NAN, -1e30F, 1e30F, 0.75F};
    size_t width = forest_feature_count(forest);
    float *rows = malloc(ROWS * width * sizeof *rows), together[ROWS], alone;
    float *added_together = malloc(ROWS * width * sizeof *rows);
    float *added_alone = malloc(width * sizeof *rows);
    FUZZ_CHECK(rows != NULL && added_together != NULL && added_alone != NULL);
    FUZZ_CHECK(width > 0 && width <= MODEL_FEATURES_MAX);
    for (size_t i = 0; i < ROWS * width; i++)
        rows[i] = values[(i * 7 + i / width) % (sizeof values / sizeof values[0])];
    FUZZ_CHECK(forest_ask(forest, rows, ROWS, together, added_together) == STATUS_OK);
    for (size_t i = 0; i < ROWS; i++) {
        FUZZ_CHECK(forest_ask(forest, rows + i * width, 1, &alone, added_alone) == STATUS_OK);
        FUZZ_CHECK(memcmp(&alone, &together[i], sizeof alone) == 0);
        FUZZ_CHECK(memcmp(added_alone, added_together + i * width, width * sizeof *rows) == 0);
    }
    free(rows);
    free(added_together);
    free(added_alone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct forest *forest;
    if (forest_build((struct slice){(const char *)data, size}, &forest) == STATUS_OK) {
        forest_check(forest);
        forest_free(forest);
    }
    return 0;
}
