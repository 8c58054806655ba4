# SPDX-License-Identifier: Apache-2.0
"""All attacks at once, and honest callers beside them: they are served, and what they were told is
accepted counts once. `make bench-attack` measures the same at full strength."""
import pytest
from harness.siege import DEFAULT_RATES, Siege

STRENGTH = 0.15
PER_SECOND = {"events": 200, "transactions": 10, "analyses": 10}
SECONDS = 8
DRAIN_LIMIT_S = 60
# What each attacker is told, among other things: so it did attack.
TOLD = {"sends events of nobody": "202", "changes a payment": "409", "takes ever new keys": "202",
        "logs in as nobody": "401", "guesses a password": "401", "holds event streams": "200",
        "speaks no HTTP": "400", "has no right": "401", "invents refresh tokens": "401",
        "asks ever again": "200"}


@pytest.fixture(scope="module")
def siege(system_of_file):
    return Siege(system_of_file("real", DEFAULT_RATES), STRENGTH, PER_SECOND)


def test_under_all_attacks_at_once_honest_callers_are_served_and_counted_once(siege):
    with siege:
        found = siege.honest(SECONDS)
        answers, _ = siege.end()
    assert found["faults"] == []
    assert {name: status for name, status in TOLD.items() if status not in answers[name]} == {}
    siege.drained(DRAIN_LIMIT_S)
    siege.check()
    assert all(siege.accepted.values())
    for process in siege.system.processes.values():
        assert process.readiness()[0] == 200
