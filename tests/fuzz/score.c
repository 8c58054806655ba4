/* SPDX-License-Identifier: Apache-2.0
 *
 * What a model service is asked and answers, and features as the cache keeps them, from bytes: all
 * are read as each of these. Risks that are accepted are risks, and features are the same after
 * they have been written and read again.
 */
#include "fuzz.h"

#include <string.h>

#include "wire/features_json.h"
#include "wire/score_json.h"

static bool is_risk(int32_t risk)
{
    return risk >= 0 && risk <= MILLIONTHS;
}

static void question_check(struct slice text)
{
    struct question question, again;
    struct refusal refusal;
    enum status status = score_question_decode(text, &question, &refusal);
    FUZZ_CHECK((status == STATUS_INVALID) == (refusal.errors.count > 0));
    FUZZ_CHECK(status == STATUS_OK || refusal.reason[0] != '\0');
    if (status != STATUS_OK)
        return;
    struct buf json;
    buf_init(&json, 1 << 16);
    score_question_encode(&question, &json);
    FUZZ_CHECK(!json.overflowed);
    FUZZ_CHECK(score_question_decode(buf_slice(&json), &again, &refusal) == STATUS_OK);
    FUZZ_CHECK(memcmp(&question.features, &again.features, sizeof again.features) == 0);
    FUZZ_CHECK(question.approve_to == again.approve_to);
    buf_free(&json);
}

static void tensors_check(struct slice text)
{
    static struct infer_request request;
    struct refusal refusal;
    enum status status = infer_request_decode(text, &request, &refusal);
    FUZZ_CHECK((status == STATUS_INVALID) == (refusal.errors.count > 0));
    FUZZ_CHECK(status != STATUS_OK || (request.count >= 1 && request.count <= INFER_ROWS_MAX));
}

static void answer_check(struct slice text)
{
    struct score score = {0};
    char model[MODEL_NAME_MAX + 1];
    int32_t risks[2];
    bool one_risk;
    if (score_decode(text, &score, &one_risk) == STATUS_OK)
        FUZZ_CHECK(is_risk(score.risk_full) && is_risk(score.risk_financial));
    for (size_t count = 1; count <= 2; count++)
        if (score_tensors_decode(text, risks, count, model) == STATUS_OK)
            FUZZ_CHECK(is_risk(risks[0]) && is_risk(risks[count - 1]));
}

static void snapshot_check(struct slice text)
{
    struct features_snapshot snapshot, again;
    if (features_snapshot_decode(text, &snapshot) != STATUS_OK)
        return;
    struct buf json;
    buf_init(&json, 1 << 16);
    features_snapshot_encode(&snapshot, &json);
    FUZZ_CHECK(features_snapshot_decode(buf_slice(&json), &again) == STATUS_OK);
    FUZZ_CHECK(memcmp(&snapshot.features, &again.features, sizeof again.features) == 0);
    FUZZ_CHECK(snapshot.version == again.version && snapshot.period_us == again.period_us);
    buf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    question_check(text);
    tensors_check(text);
    answer_check(text);
    snapshot_check(text);
    return 0;
}
