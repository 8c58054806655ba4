/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/bus_publication.h"

#include "base/metrics.h"

void publication_count(enum stream stream, enum status status, size_t count)
{
    metric_add(status == STATUS_OK ? METRIC_bus_published : METRIC_bus_publish_failed,
               stream_label(stream), (int64_t)count);
}

void publication_end(const struct publication *publication, enum status status)
{
    publication_count(publication->stream, status, 1);
    publication->done(publication->context, status);
}
