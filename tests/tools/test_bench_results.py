# SPDX-License-Identifier: Apache-2.0
"""The benchmark's table says what was measured, and a missed target shows."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

from results import Result, Target, percentile, quantile_us, rows  # noqa: E402


def test_a_target_needs_both_rate_and_latency():
    target = Target(least=100, p99_us=15000)
    assert Result("a", "events/s", [90, 100, 120], p99_us=14999, target=target).verdict() == "yes"
    assert Result("a", "events/s", [90, 99, 120], p99_us=14999, target=target).verdict() == "NO"
    assert Result("a", "events/s", [100], p99_us=15000, target=target).verdict() == "NO"
    assert Result("a", "MB", [80], target=Target(most=80)).verdict() == "NO"
    assert Result("a", "MB", [80]).verdict() == ""


def test_a_row_compares_medians_with_each_bare_limit():
    result = Result("posts", "events/s", [100, 50, 110],
                    {"HTTP": [1000, 900, 1100], "bus": [200, 200, 200]}, 1500, 9000)
    first, second = rows([result])[1:]
    assert first[:6] == ["posts", "events/s", "100 (50–110)", "HTTP", "1,000 (900–1,100)", "0.10"]
    assert first[6:8] == ["1.5", "9"]
    assert second == ["", "", "", "bus", "200 (200–200)", "0.50", "", "", "", ""]


def test_percentiles_are_of_what_was_seen():
    assert percentile(list(range(100)), 0.5) == 50
    assert percentile(list(range(100)), 0.99) == 99
    assert percentile([7], 0.99) == 7


def test_a_quantile_of_buckets_leaves_out_what_was_before():
    name = 'ecs_event_to_feature_seconds_bucket{le="%s"}'
    before = {name % "0.001": 1000, name % "0.01": 1000, name % "+Inf": 1000}
    after = {name % "0.001": 1010, name % "0.01": 1098, name % "+Inf": 1100}
    assert quantile_us(before, after, "event_to_feature", 0.1) == 1000
    assert quantile_us(before, after, "event_to_feature", 0.5) == 10000
    assert quantile_us(before, after, "event_to_feature", 0.99) == float("inf")
