/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/scoring.h"

#include <assert.h>
#include <string.h>

static const char *const guard_names[GUARD_COUNT] = {"may_only_help", "full", "off"};
static const char *const basis_names[BASIS_COUNT] = {"full", "financial"};
static const char *const lever_names[LEVER_COUNT] = {"none", "spend_less", "earn_more"};

enum risk_basis emotion_guard_choose(enum emotion_guard guard, bool emotions_known,
                                     int32_t risk_full, int32_t risk_financial)
{
    assert(guard < GUARD_COUNT);
    if (!emotions_known || guard == GUARD_OFF)
        return BASIS_FINANCIAL;
    return guard == GUARD_FULL || risk_full <= risk_financial ? BASIS_FULL : BASIS_FINANCIAL;
}

int32_t scoring_expected_risk(bool emotions_known, int32_t risk_full, int32_t risk_financial)
{
    return emotions_known ? risk_full : risk_financial;
}

static int find(const char *const names[], int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

const char *emotion_guard_name(enum emotion_guard guard)
{
    assert(guard < GUARD_COUNT);
    return guard_names[guard];
}

bool emotion_guard_parse(const char *name, enum emotion_guard *guard)
{
    int found = find(guard_names, GUARD_COUNT, name);
    if (found >= 0)
        *guard = (enum emotion_guard)found;
    return found >= 0;
}

const char *risk_basis_name(enum risk_basis basis)
{
    assert(basis < BASIS_COUNT);
    return basis_names[basis];
}

bool risk_basis_parse(const char *name, enum risk_basis *basis)
{
    int found = find(basis_names, BASIS_COUNT, name);
    if (found >= 0)
        *basis = (enum risk_basis)found;
    return found >= 0;
}

const char *lever_name(enum lever lever)
{
    assert(lever < LEVER_COUNT);
    return lever_names[lever];
}

enum lever lever_parse(const char *name)
{
    int found = find(lever_names, LEVER_COUNT, name);
    return found < 0 ? LEVER_NONE : (enum lever)found;
}

static void scale(int64_t *value, int32_t percent)
{
    *value = *value * percent / 100;
}

static int64_t quotient(int64_t part, int64_t whole)
{
    return whole == 0 ? 0 : (part + whole / 2) / whole;
}

/* Money in and out have changed: what else follows from them. How often money moved stays, and so
 * do the largest transaction and the spread, which may be of either kind. */
static void follow(const struct features *before, struct features *after)
{
    const int64_t *old = before->values;
    int64_t *value = after->values;
    int64_t moved_90d = value[FEATURE_money_in_90d] + value[FEATURE_money_out_90d];
    value[FEATURE_transaction_sum_30d] += value[FEATURE_money_in_30d] +
                                          value[FEATURE_money_out_30d] - old[FEATURE_money_in_30d] -
                                          old[FEATURE_money_out_30d];
    value[FEATURE_avg_transaction_value_30d] =
        quotient(value[FEATURE_transaction_sum_30d], value[FEATURE_transaction_count_30d]);
    value[FEATURE_avg_transaction_value_90d] =
        quotient(moved_90d, value[FEATURE_transaction_count_90d]);
    if (moved_90d > 0)
        value[FEATURE_outgoings_share_90d] =
            (int64_t)((__int128)value[FEATURE_money_out_90d] * MILLIONTHS / moved_90d);
}

struct features lever_pull(enum lever lever, int32_t percent, const struct features *features)
{
    struct features changed = *features;
    assert(percent >= 0 && percent <= 100);
    switch (lever) {
    case LEVER_SPEND_LESS:
        scale(&changed.values[FEATURE_money_out_7d], 100 - percent);
        scale(&changed.values[FEATURE_money_out_30d], 100 - percent);
        scale(&changed.values[FEATURE_money_out_90d], 100 - percent);
        break;
    case LEVER_EARN_MORE:
        scale(&changed.values[FEATURE_money_in_30d], 100 + percent);
        scale(&changed.values[FEATURE_money_in_90d], 100 + percent);
        break;
    default:
        return changed;
    }
    follow(features, &changed);
    return changed;
}

static enum lever candidate_lever(int candidate)
{
    return (enum lever)(1 + candidate % (LEVER_COUNT - 1));
}

static int32_t candidate_percent(int candidate)
{
    return NEAREST_STEP_PERCENT * (1 + candidate / (LEVER_COUNT - 1));
}

void scoring_decide(const struct question *question, struct score *score)
{
    score->basis = emotion_guard_choose(question->guard, question->emotions_known, score->risk_full,
                                        score->risk_financial);
    score->risk = score->basis == BASIS_FULL ? score->risk_full : score->risk_financial;
    assert(score->risk >= 0 && score->risk <= MILLIONTHS);
}

/* Tries every change, from small ones to great ones. */
static enum status nearest_find(const struct risk_model *model, const struct question *question,
                                struct nearest *nearest)
{
    struct features candidates[NEAREST_CANDIDATES];
    int32_t full[NEAREST_CANDIDATES], financial[NEAREST_CANDIDATES];
    for (int i = 0; i < NEAREST_CANDIDATES; i++)
        candidates[i] = lever_pull(candidate_lever(i), candidate_percent(i), &question->features);
    enum status status =
        model->risks(model->self, BASIS_FULL, candidates, NEAREST_CANDIDATES, full);
    if (status == STATUS_OK)
        status =
            model->risks(model->self, BASIS_FINANCIAL, candidates, NEAREST_CANDIDATES, financial);
    for (int i = 0; i < NEAREST_CANDIDATES && status == STATUS_OK; i++) {
        struct score score = {.risk_full = full[i], .risk_financial = financial[i]};
        scoring_decide(question, &score);
        if (score.risk > question->approve_to)
            continue;
        *nearest = (struct nearest){candidate_lever(i), candidate_percent(i), score.risk};
        break;
    }
    return status;
}

enum status scoring_answer(const struct risk_model *model, const struct question *question,
                           struct score *score)
{
    *score = (struct score){0};
    enum status status =
        model->risks(model->self, BASIS_FULL, &question->features, 1, &score->risk_full);
    if (status == STATUS_OK)
        status = model->risks(model->self, BASIS_FINANCIAL, &question->features, 1,
                              &score->risk_financial);
    if (status != STATUS_OK)
        return status;
    scoring_decide(question, score);
    if (question->explain && model->weigh != NULL)
        status = model->weigh(model->self, score->basis, &question->features, score->weights);
    if (status == STATUS_OK && question->approve_to >= 0 && score->risk > question->approve_to)
        status = nearest_find(model, question, &score->nearest);
    return status;
}
