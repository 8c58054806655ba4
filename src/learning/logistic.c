/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learning/measures.h"

enum { STEPS_MAX = 30, SWEEPS_MAX = 200, HALVINGS_MAX = 12 };
static const double tolerance = 1e-7; /* of a weight, in log-odds of a standard deviation */
static const double curvature_min = 1e-9;

struct logistic_work {
    const struct logistic_problem *problem;
    size_t size;      /* weights and the intercept */
    double *hessian;  /* size x size */
    double *gradient; /* size */
    double *step;     /* size */
    double *trial;    /* size */
};

static double row_log_odds(const struct logistic_problem *problem, size_t row,
                           const double weights[])
{
    const double *values = problem->values + row * problem->width;
    double sum = weights[problem->width];
    for (size_t i = 0; i < problem->width; i++)
        sum += weights[i] * values[i];
    return sum;
}

static double objective(const struct logistic_problem *problem, const double weights[])
{
    double loss = 0;
    for (size_t row = 0; row < problem->rows; row++) {
        double value =
            measure_log_loss(row_log_odds(problem, row, weights), problem->positives[row]);
        loss += problem->positives[row] ? problem->positive_weight * value : value;
    }
    for (size_t i = 0; i < problem->width; i++)
        loss += 0.5 * problem->penalty * (double)problem->rows * weights[i] * weights[i];
    return loss;
}

/* Adds a row to the lower triangle of the Hessian. */
static void hessian_add(struct logistic_work *work, const double values[], double curvature)
{
    size_t width = work->problem->width;
    for (size_t i = 0; i < width; i++) {
        double scaled = curvature * values[i];
        double *line = work->hessian + i * work->size;
        if (scaled == 0)
            continue;
        for (size_t k = 0; k <= i; k++)
            line[k] += scaled * values[k];
    }
    double *last = work->hessian + width * work->size;
    for (size_t k = 0; k < width; k++)
        last[k] += curvature * values[k];
    last[width] += curvature;
}

static void derive(struct logistic_work *work, const double weights[])
{
    const struct logistic_problem *problem = work->problem;
    size_t width = problem->width;
    double penalty = problem->penalty * (double)problem->rows;
    memset(work->hessian, 0, work->size * work->size * sizeof *work->hessian);
    memset(work->gradient, 0, work->size * sizeof *work->gradient);
    for (size_t row = 0; row < problem->rows; row++) {
        const double *values = problem->values + row * width;
        double weight = problem->positives[row] ? problem->positive_weight : 1;
        double p = 1 / (1 + exp(-row_log_odds(problem, row, weights)));
        double slope = weight * ((double)problem->positives[row] - p);
        for (size_t i = 0; i < width; i++)
            work->gradient[i] += slope * values[i];
        work->gradient[width] += slope;
        hessian_add(work, values, weight * p * (1 - p));
    }
    for (size_t i = 0; i < width; i++) {
        work->gradient[i] -= penalty * weights[i];
        work->hessian[i * work->size + i] += penalty;
    }
    for (size_t i = 0; i < work->size; i++)
        for (size_t k = 0; k < i; k++)
            work->hessian[k * work->size + i] = work->hessian[i * work->size + k];
}

/* What a weight may become. */
static double held(const struct logistic_problem *problem, size_t i, double weight)
{
    int direction = i < problem->width && problem->directions != NULL ? problem->directions[i] : 0;
    if ((direction > 0 && weight < 0) || (direction < 0 && weight > 0))
        return 0;
    return weight;
}

/* The step that is best for the quadratic that touches the objective here. Leaves in `gradient`
 * what remains of it. */
static void solve(struct logistic_work *work, const double weights[])
{
    memset(work->step, 0, work->size * sizeof *work->step);
    for (int sweep = 0; sweep < SWEEPS_MAX; sweep++) {
        double moved = 0;
        for (size_t i = 0; i < work->size; i++) {
            const double *line = work->hessian + i * work->size;
            double curvature = fmax(line[i], curvature_min);
            double at = weights[i] + work->step[i];
            double move = held(work->problem, i, at + work->gradient[i] / curvature) - at;
            if (move == 0)
                continue;
            work->step[i] += move;
            for (size_t k = 0; k < work->size; k++)
                work->gradient[k] -= move * line[k];
            moved = fmax(moved, fabs(move));
        }
        if (moved < tolerance)
            break;
    }
}

/* Takes the step, or a part of it that lowers the objective. Returns how far weights moved. */
static double advance(struct logistic_work *work, double weights[], double *value)
{
    double scale = 1;
    for (int halving = 0; halving < HALVINGS_MAX; halving++) {
        double moved = 0;
        for (size_t i = 0; i < work->size; i++) {
            work->trial[i] = weights[i] + scale * work->step[i];
            moved = fmax(moved, fabs(scale * work->step[i]));
        }
        double trial = objective(work->problem, work->trial);
        if (trial <= *value) {
            memcpy(weights, work->trial, work->size * sizeof *weights);
            *value = trial;
            return moved;
        }
        scale /= 2;
    }
    return 0;
}

enum status logistic_fit(const struct logistic_problem *problem, double weights[])
{
    struct logistic_work work = {.problem = problem, .size = problem->width + 1};
    work.hessian = calloc(work.size * work.size + 3 * work.size, sizeof *work.hessian);
    if (work.hessian == NULL)
        return STATUS_UNAVAILABLE;
    work.gradient = work.hessian + work.size * work.size;
    work.step = work.gradient + work.size;
    work.trial = work.step + work.size;
    double value = objective(problem, weights);
    for (int step = 0; step < STEPS_MAX; step++) {
        derive(&work, weights);
        solve(&work, weights);
        if (advance(&work, weights, &value) < 100 * tolerance)
            break;
    }
    free(work.hessian);
    return STATUS_OK;
}
