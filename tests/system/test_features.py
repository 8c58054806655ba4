# SPDX-License-Identifier: Apache-2.0
"""The features of a decision, of `ecs features` and of a decision made again are the same bits."""
import csv
import io

import pytest
from harness.client import Client, emotion, now_text
from harness.poll import until

PEOPLE = 12


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_features_are_the_same_everywhere(kind, system_of):
    system = system_of(kind)
    client = Client(system)
    people = [client.person() for _ in range(PEOPLE)]
    for number, person in enumerate(people):
        for i in range(number):
            client.spend(person, 10 + i, direction="in" if i % 3 == 0 else "out",
                         occurredAt=now_text(days=7 * i))
            client.feel(emotion(person.id, stress=0.09 * i, timestamp=now_text(hours=30 * i)))
    for number, person in enumerate(people):
        client.wait_for_transactions(person, min(number, 5))
    seen = {}
    for number, person in enumerate(people):
        wait_for_feelings(client, person, number)
        decision = client.analyse(person).json()["decision_id"]
        seen[person.id] = client.get(f"/v1/decisions/{decision}", person.bearer).json()["features"]
    moment = now_text()
    if kind == "embedded":
        system.process.terminate()
    done = system.command("features", "--as-of", moment)
    assert done.returncode == 0, done.stderr
    rows = {row["user_id"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    for person in people:
        row = rows[person.id]
        for name, value in seen[person.id].items():
            assert int(row[name]) == in_units(name, value), (name, value, row[name])
    assert system.command("replay").returncode == 0


def wait_for_feelings(client, person, count):
    until("feelings are seen", lambda: client.features(person)["emotion_count_30d"] == count)


def in_units(name, value):
    """A feature of the API as a whole number in the unit of docs/features.md."""
    if any(word in name for word in ("avg_transaction", "largest", "transaction_sum",
                                     "transaction_spread", "money_")):
        return round(value * 100)
    if any(word in name for word in ("count", "events", "days")):
        return value
    return round(value * 1_000_000)


def test_nobody_was_known_before_they_registered(system_of):
    system = system_of("embedded")
    Client(system).person()
    system.process.terminate()
    done = system.command("features", "--as-of", "2020-01-01T00:00:00Z")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith("user_id,transaction_count_7d,")


def test_a_moment_that_is_none_is_named(system_of):
    system = system_of("embedded", start=False)
    done = system.command("features", "--as-of", "yesterday")
    assert done.returncode == 64 and "--as-of yesterday is no time" in done.stderr
