-- SPDX-License-Identifier: Apache-2.0
-- What every load prints when it is over: one line of JSON. Times in microseconds.
function done(summary, latency)
    local errors = summary.errors
    print(string.format(
        '{"requests": %d, "duration_us": %d, "p50_us": %d, "p99_us": %d, "max_us": %d, ' ..
        '"refused": %d, "broken": %d}',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        latency.max, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
