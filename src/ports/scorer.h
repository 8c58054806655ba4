/* SPDX-License-Identifier: Apache-2.0
 *
 * Port: the risk model. In scorers/: trained (the default), scorecard, fixed and random in this
 * process; http, a model service; and breaker around any of them.
 */
#ifndef ECS_PORTS_SCORER_H
#define ECS_PORTS_SCORER_H

#include <stdint.h>

#include "base/status.h"
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

/* OK; UNAVAILABLE if the model failed, was too slow or answered nonsense (missing, not a number,
 * outside 0 to 1); INVALID if it refused these features; TOO_MANY_REQUESTS if the breaker is open
 * and the model was not asked. A handle is used by one thread at a time. Blocks 200 ms at most. */
MUST_CHECK static inline enum status
scorer_score(struct scorer *scorer, const struct question *question, struct score *score)
{
    return scorer->ops->score(scorer, question, score);
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

#endif
