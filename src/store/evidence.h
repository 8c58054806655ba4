/* SPDX-License-Identifier: Apache-2.0
 *
 * What a decision was made from and why, as the database keeps it: two JSON objects, exact, and
 * open to queries.
 *   features     name to integer, in the unit of domain/features.def
 *   explanation  "reasons": [{"feature", "weight"}], "nearest": {"change", "percent", "risk"}
 */
#ifndef ECS_STORE_EVIDENCE_H
#define ECS_STORE_EVIDENCE_H

#include "base/status.h"
#include "domain/decision.h"

enum { EVIDENCE_TEXT_MAX = 8192 };

struct evidence {
    char features[EVIDENCE_TEXT_MAX];
    char explanation[EVIDENCE_TEXT_MAX];
};

/* Sets decision->evidence too. UNAVAILABLE: memory is out; so is what evidence_read answers. */
MUST_CHECK enum status evidence_write(struct decision *decision, struct evidence *evidence);
/* Sets features, reasons, nearest and evidence; of no features (""), reasons and nearest alone. A
 * feature that a decision of an older schema did not have is as of nobody; what it had and nobody
 * knows any more is in the hash all the same. INTERNAL: it is not what evidence_write made. */
MUST_CHECK enum status evidence_read(const char *features, const char *explanation,
                                     struct decision *decision);

#endif
