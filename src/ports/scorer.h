/* SPDX-License-Identifier: Apache-2.0
 *
 * Port: the risk model. In scorers/: trained (the default), the scorecard of a trained model
 * (points), scorecard, fixed and random in this process; http, a model service; and breaker around
 * any of them. Where it does not answer nothing is decided, and the person is told 503
 * (roles/user_credit.c). Beside the one that decides there may be challengers: further models and
 * policies that see every decision in shadow (reload.h).
 */
#ifndef ECS_PORTS_SCORER_H
#define ECS_PORTS_SCORER_H

#include <assert.h>
#include <stdint.h>

#include "base/status.h"
#include "domain/decision.h"
#include "domain/scoring.h"

struct scorer;

struct scorer_ops {
    enum status (*score)(struct scorer *scorer, const struct question *question,
                         struct score *score);
    const char *(*model)(struct scorer *scorer);
    void (*close)(struct scorer *scorer);
};

struct scorer {
    const struct scorer_ops *ops;
};

/* What every answer that is OK holds to. */
static inline bool scorer_score_sane(const struct score *score)
{
    return score->risk_full >= 0 && score->risk_full <= MILLIONTHS && score->risk_financial >= 0 &&
           score->risk_financial <= MILLIONTHS &&
           score->risk == (score->basis == BASIS_FULL ? score->risk_full : score->risk_financial);
}

/* OK; UNAVAILABLE if the model failed, was too slow or answered nonsense (missing, not a number,
 * outside 0 to 1); INVALID if it refused these features; TOO_MANY_REQUESTS if the breaker is open
 * and the model was not asked. A handle is used by one thread at a time. Blocks 200 ms at most. */
MUST_CHECK static inline enum status
scorer_score(struct scorer *scorer, const struct question *question, struct score *score)
{
    enum status status = scorer->ops->score(scorer, question, score);
    assert(status != STATUS_OK || scorer_score_sane(score));
    return status;
}

/* Name and version of the model that will answer; for a model service, the one that answered
 * last (empty before the first answer). Lives as long as the scorer, or until the next score. */
static inline const char *scorer_model(struct scorer *scorer)
{
    return scorer->ops->model(scorer);
}

static inline void scorer_close(struct scorer *scorer)
{
    scorer->ops->close(scorer);
}

enum { CHALLENGERS_MAX = 8 };

struct challenger {
    char name[CHALLENGER_NAME_MAX + 1];
    struct scorer *model; /* NULL: the risks that were recorded */
    bool has_policy;      /* false: the policy that decides now */
    struct policy policy;
    int64_t seen_us; /* decisions of before are done; 0: none was looked for yet */
};

/* Of a whole process; used by one tick, on one thread. */
struct challengers {
    size_t count;
    struct challenger list[CHALLENGERS_MAX];
};

#endif
