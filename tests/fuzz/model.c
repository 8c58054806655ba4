/* SPDX-License-Identifier: Apache-2.0
 *
 * A model's manifest, and a scorecard, from bytes. What is accepted gives a finite answer for any
 * row, and keeps its files within its folder.
 */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "model/manifest.h"
#include "model/points.h"

static const double rows[][4] = {{0, 0, 0, 0}, {NAN, NAN, NAN, NAN}, {1e300, -1, 2, 0.5}};
enum { ROWS = sizeof rows / sizeof rows[0], ROW_COLUMNS = 4 };

static void manifest_check(const struct manifest *manifest)
{
    FUZZ_CHECK(manifest->column_count > 0 && manifest->part_count > 0);
    for (size_t i = 0; i < manifest->file_count; i++)
        FUZZ_CHECK(strchr(manifest->files[i].name, '/') == NULL &&
                   manifest->files[i].name[0] != '.');
    for (size_t i = 0; i < manifest->part_count; i++) {
        const struct calibration *calibration = &manifest->parts[i].numbers.calibration;
        double before = -INFINITY;
        for (double z = -10; z <= 10; z += 0.5) {
            double now = calibration_apply(calibration, z);
            FUZZ_CHECK(now >= before);
            before = now;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice json = {(const char *)data, size};
    struct manifest manifest;
    struct points points;
    char reason[REASON_MAX + 1] = "";
    if (manifest_read(json, &manifest, reason) == STATUS_OK) {
        manifest_check(&manifest);
        manifest_free(&manifest);
    }
    FUZZ_CHECK(reason[0] != '\0' || size > 0);
    if (points_read(json, &points, reason) == STATUS_OK) {
        for (size_t i = 0; i < ROWS && points.column_count <= ROW_COLUMNS; i++) {
            double probability = points_probability(points_score(&points, rows[i]));
            FUZZ_CHECK(probability >= 0 && probability <= 1);
        }
        points_free(&points);
    }
    return 0;
}
