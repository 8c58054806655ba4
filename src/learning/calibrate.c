/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/calibrate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "learning/logistic.h"
#include "learning/measures.h"

enum { FOLDS = 5, STEP_ROWS_MIN = 25 };
static const double slope_min = 0.05;
static const double platt_penalty = 1e-4; /* keeps the slope finite where outcomes are parted */
static const double rise_min = 1e-6;      /* between knots, in log-odds */

double calibrate_loss(const struct calibration *calibration, const double log_odds[],
                      const uint8_t positives[], size_t count)
{
    double loss = 0;
    for (size_t i = 0; i < count; i++) {
        double z = calibration_apply(calibration, log_odds[i]);
        loss += measure_log_loss(z, positives[i]);
    }
    return loss / (double)count;
}

enum status calibrate_platt(const double log_odds[], const uint8_t positives[], size_t count,
                            struct calibration *calibration)
{
    static const int8_t rising[] = {1};
    double weights[2] = {1, 0};
    struct logistic_problem problem = {log_odds, positives, count, 1, 1, platt_penalty, rising};
    enum status status = logistic_fit(&problem, weights);
    *calibration = (struct calibration){
        .form = CALIBRATION_PLATT, .slope = fmax(weights[0], slope_min), .intercept = weights[1]};
    return status;
}

/* Neighbours that are taken together: their mean log-odds, and how many are positive. */
struct step {
    double sum;
    double positives;
    double count;
};

/* Sorted rows -> at most CALIBRATION_KNOTS_MAX steps whose shares of positives rise. */
static size_t steps_pool(const struct rated rated[], size_t count,
                         struct step steps[CALIBRATION_KNOTS_MAX + 1])
{
    size_t rows = count / CALIBRATION_KNOTS_MAX + 1;
    size_t made = 0;
    if (rows < STEP_ROWS_MIN)
        rows = STEP_ROWS_MIN;
    for (size_t i = 0; i < count;) {
        struct step step = {0};
        while (i < count && (step.count < (double)rows || rated[i].value == rated[i - 1].value)) {
            step.sum += rated[i].value;
            step.positives += rated[i].positive;
            step.count++;
            i++;
        }
        while (made > 0 &&
               steps[made - 1].positives * step.count >= step.positives * steps[made - 1].count) {
            made--;
            step.sum += steps[made].sum;
            step.positives += steps[made].positives;
            step.count += steps[made].count;
        }
        assert(made < CALIBRATION_KNOTS_MAX);
        steps[made++] = step;
    }
    return made;
}

/* A step's share of positives, drawn a little to what Platt says, so that it is neither 0 nor 1. */
static double step_log_odds(const struct step *step, const struct calibration *platt)
{
    double expected =
        calibration_probability(platt->intercept + platt->slope * step->sum / step->count);
    return calibration_log_odds((step->positives + expected) / (step->count + 1));
}

enum status calibrate_isotonic(const double log_odds[], const uint8_t positives[], size_t count,
                               struct calibration *calibration)
{
    struct step steps[CALIBRATION_KNOTS_MAX + 1];
    struct calibration platt;
    struct rated *rated = rated_sort(log_odds, positives, count);
    if (rated == NULL)
        return STATUS_UNAVAILABLE;
    size_t made = steps_pool(rated, count, steps);
    free(rated);
    enum status status = calibrate_platt(log_odds, positives, count, &platt);
    *calibration = platt;
    size_t knots = 0;
    for (size_t i = 0; i < made; i++) {
        double from = steps[i].sum / steps[i].count;
        double to = step_log_odds(&steps[i], &platt);
        if (knots > 0 && (from - calibration->from[knots - 1] < rise_min ||
                          to - calibration->to[knots - 1] < rise_min))
            continue;
        assert(knots < CALIBRATION_KNOTS_MAX);
        calibration->from[knots] = from;
        calibration->to[knots++] = to;
    }
    if (knots >= 2) {
        calibration->form = CALIBRATION_ISOTONIC;
        calibration->knot_count = knots;
    }
    return status;
}

typedef enum status fitter(const double log_odds[], const uint8_t positives[], size_t count,
                           struct calibration *calibration);

/* The loss of a form on rows that it was not fitted to: every fifth row, five times. */
static enum status form_loss(fitter *fit, const double log_odds[], const uint8_t positives[],
                             size_t count, double *loss)
{
    double *kept = calloc(count, 2 * sizeof *kept);
    uint8_t *kept_positives = calloc(count, 2 * sizeof *kept_positives);
    enum status status = kept == NULL || kept_positives == NULL ? STATUS_UNAVAILABLE : STATUS_OK;
    *loss = 0;
    for (size_t fold = 0; fold < FOLDS && status == STATUS_OK; fold++) {
        struct calibration calibration;
        size_t in = 0;
        size_t out = count;
        for (size_t i = 0; i < count; i++) {
            size_t at = i % FOLDS == fold ? out++ : in++;
            kept[at] = log_odds[i];
            kept_positives[at] = positives[i];
        }
        assert(in + (out - count) == count);
        status = fit(kept, kept_positives, in, &calibration);
        if (status == STATUS_OK && out > count)
            *loss +=
                calibrate_loss(&calibration, kept + count, kept_positives + count, out - count) *
                (double)(out - count);
    }
    free(kept);
    free(kept_positives);
    return status;
}

enum status calibrate(const double log_odds[], const uint8_t positives[], size_t count,
                      struct calibration *calibration)
{
    double platt, isotonic;
    enum status status = form_loss(calibrate_platt, log_odds, positives, count, &platt);
    if (status == STATUS_OK)
        status = form_loss(calibrate_isotonic, log_odds, positives, count, &isotonic);
    if (status != STATUS_OK)
        return status;
    return isotonic < platt ? calibrate_isotonic(log_odds, positives, count, calibration)
                            : calibrate_platt(log_odds, positives, count, calibration);
}
