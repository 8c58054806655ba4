/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/batch_size.h"

#include <assert.h>

#include "limits.h"

size_t batch_size_next(const struct batch_size *batch, size_t max)
{
    size_t size = batch->size == 0 ? BATCH_FIRST : batch->size;
    assert(max > 0 && size <= BUS_BATCH_MAX);
    return size < max ? size : max;
}

void batch_size_note(struct batch_size *batch, size_t count, bool done, int64_t taken_us)
{
    size_t size = batch_size_next(batch, BUS_BATCH_MAX);
    assert(count > 0);
    if (taken_us >= BATCH_LONG_US)
        batch->size = count > 1 ? count / 2 : 1;
    else if (done && taken_us <= BATCH_SHORT_US && count > size / 2)
        batch->size = size < BUS_BATCH_MAX / 2 ? 2 * size : BUS_BATCH_MAX;
}
