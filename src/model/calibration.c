/* SPDX-License-Identifier: Apache-2.0 */
#include "model/calibration.h"

#include <math.h>

bool calibration_valid(const struct calibration *calibration)
{
    if (!isfinite(calibration->intercept) || !isfinite(calibration->slope) ||
        calibration->slope <= 0)
        return false;
    if (calibration->form == CALIBRATION_PLATT)
        return true;
    if (calibration->knot_count < 2 || calibration->knot_count > CALIBRATION_KNOTS_MAX)
        return false;
    for (size_t i = 0; i < calibration->knot_count; i++) {
        if (!isfinite(calibration->from[i]) || !isfinite(calibration->to[i]))
            return false;
        if (i > 0 && (calibration->from[i] <= calibration->from[i - 1] ||
                      calibration->to[i] <= calibration->to[i - 1]))
            return false;
    }
    return true;
}

double calibration_apply(const struct calibration *calibration, double log_odds)
{
    const double *from = calibration->from;
    const double *to = calibration->to;
    if (calibration->form == CALIBRATION_PLATT)
        return calibration->intercept + calibration->slope * log_odds;
    size_t last = calibration->knot_count - 1;
    if (log_odds <= from[0])
        return to[0] + calibration->slope * (log_odds - from[0]);
    if (log_odds >= from[last])
        return to[last] + calibration->slope * (log_odds - from[last]);
    size_t low = 0;
    size_t high = last;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (from[middle] <= log_odds)
            low = middle;
        else
            high = middle;
    }
    return to[low] + (to[high] - to[low]) * (log_odds - from[low]) / (from[high] - from[low]);
}

double calibration_probability(double log_odds)
{
    return 1 / (1 + exp(-log_odds));
}

double calibration_log_odds(double probability)
{
    static const double least = 1e-15;
    double clipped = fmin(fmax(probability, least), 1 - least);
    return log(clipped / (1 - clipped));
}
