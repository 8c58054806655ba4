/* SPDX-License-Identifier: Apache-2.0
 *
 * What a decision was made from, as the database keeps it, from bytes: features on the first line,
 * the explanation on the rest. What is read can be written, and is the same when it is read again.
 */
#include "fuzz.h"

#include <string.h>

#include "store/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decision decision, again;
    static struct evidence evidence;
    char *text = calloc(1, size + 1);
    FUZZ_CHECK(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    char *line = strchr(text, '\n');
    if (line != NULL) {
        *line = '\0';
        decision = (struct decision){0};
        if (evidence_read(text, line + 1, &decision) == STATUS_OK) {
            FUZZ_CHECK(decision.reasons.count <= REASONS_MAX);
            FUZZ_CHECK(evidence_write(&decision, &evidence) == STATUS_OK);
            again = (struct decision){0};
            FUZZ_CHECK(evidence_read(evidence.features, evidence.explanation, &again) == STATUS_OK);
            FUZZ_CHECK(hash_compare(&decision.evidence, &again.evidence) == 0);
            FUZZ_CHECK(text[0] == '\0' ||
                       memcmp(&decision.features, &again.features, sizeof again.features) == 0);
            FUZZ_CHECK(decision.reasons.count == again.reasons.count);
        }
    }
    free(text);
    return 0;
}
