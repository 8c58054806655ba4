# SPDX-License-Identifier: Apache-2.0
"""The features of a decision, of `ecs features` and of a decision made again are the same bits."""
import csv
import io
import random

import pytest
from harness.client import Client, emotion, now_text
from harness.people import people_added
from harness.poll import until

PEOPLE, ROUNDS = 1000, 5


def send_round(client, people, chance):
    """Feelings and payments of the last month, for everybody; returns how many of each."""
    feelings = [emotion(person.id, positivity=chance.randrange(10**6) / 10**6,
                        stress=chance.randrange(10**6) / 10**6,
                        timestamp=now_text(minutes=chance.randrange(40 * 24 * 60)))
                for person in people for _ in range(4)]
    for start in range(0, len(feelings), 1000):
        assert client.feel_batch(feelings[start:start + 1000]).json()["rejected"] == []
    for person in people:
        assert client.spend(person, chance.randrange(1, 300000) / 100,
                            direction=chance.choice(("in", "out")),
                            occurredAt=now_text(minutes=chance.randrange(100 * 24 * 60))
                            ).status_code == 202
    return len(feelings), len(people)


def counted(system, stream):
    name = f'ecs_events_counted_total{{stream="{stream}"}}'
    return system.worker(stream).metrics().get(name, 0)


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_features_are_the_same_everywhere(kind, system_of):
    """A thousand people in five rounds: while events come in between, each round is as it was."""
    system = system_of(kind, start=kind == "real")
    if kind == "embedded":
        assert system.command("migrate").returncode == 0
    people = people_added(system, PEOPLE)
    if kind == "embedded":
        system.start()
    client, chance, sent = Client(system), random.Random(7), [0, 0]
    seen = {}  # round and hour: decisions by user
    for turn in range(ROUNDS):
        for place, count in enumerate(send_round(client, people, chance)):
            sent[place] += count
        until("all is counted", lambda: [counted(system, "emotions"),
                                         counted(system, "transactions")] == sent)
        for person in people[turn::ROUNDS]:
            decision = client.analyse(person).json()["decision_id"]
            decision = client.get(f"/v1/decisions/{decision}", person.bearer).json()
            seen.setdefault((turn, decision["decided_at"][:13]), {})[person.id] = decision
    if kind == "embedded":
        system.process.terminate()
    compared = 0
    for decisions in seen.values():
        moment = max(decision["decided_at"] for decision in decisions.values())
        done = system.command("features", "--as-of", moment)
        assert done.returncode == 0, done.stderr
        rows = {row["user_id"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
        for user_id, decision in decisions.items():
            for name, value in decision["features"].items():
                assert int(rows[user_id][name]) == in_units(name, value), (name, value)
            compared += 1
    assert compared == PEOPLE
    replayed = system.command("replay")
    assert replayed.returncode == 0 and f"{PEOPLE} decisions made again" in replayed.stdout


def in_units(name, value):
    """A feature of the API as a whole number in the unit of docs/features.md."""
    if any(word in name for word in ("avg_transaction", "largest", "transaction_sum",
                                     "transaction_spread", "money_")):
        return round(value * 100)
    if any(word in name for word in ("count", "events", "days")):
        return value
    return round(value * 1_000_000)


def known(system, moment, user_id):
    done = system.command("features", "--as-of", moment)
    assert done.returncode == 0, done.stderr
    return next(row for row in csv.DictReader(io.StringIO(done.stdout))
                if row["user_id"] == user_id)


def decided(client, person):
    decision = client.analyse(person).json()["decision_id"]
    return client.get(f"/v1/decisions/{decision}", person.bearer).json()


def test_what_was_received_but_not_counted_was_not_known(system_of):
    """A worker stands still: what is accepted meanwhile is in no decision."""
    system = system_of("real")
    client, worker = Client(system), system.worker("emotions")
    person = client.person()
    assert client.feel(emotion(person.id)).status_code == 202
    until("it is counted", lambda: client.features(person)["emotion_count_7d"] == 1)
    worker.pause()
    try:
        assert client.feel(emotion(person.id)).status_code == 202
        between = now_text(seconds=0)
        assert client.spend(person, 20).status_code == 202
        client.wait_for_transactions(person, 1)
        decision = decided(client, person)
    finally:
        worker.resume()
    until("that is counted too", lambda: client.features(person)["emotion_count_7d"] == 2)
    for moment in (between, decision["decided_at"]):
        assert known(system, moment, person.id)["emotion_count_7d"] == "1", moment
    assert decision["features"]["emotion_count_7d"] == 1
    assert known(system, now_text(seconds=0), person.id)["emotion_count_7d"] == "2"


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_what_lay_a_little_ahead_was_known_if_a_decision_saw_it(kind, system_of):
    system = system_of(kind)
    client, people = Client(system), []
    for _ in range(4):
        person = client.person()
        assert client.feel(emotion(person.id, timestamp=now_text(minutes=-4))).status_code == 202
        assert client.spend(person, 20, occurredAt=now_text(minutes=-4)).status_code == 202
        people.append(person)
    until("all is counted", lambda: [counted(system, "emotions"),
                                     counted(system, "transactions")] == [4, 4])
    decisions = [decided(client, person) for person in people]
    if kind == "embedded":
        system.process.terminate()
    for person, decision in zip(people, decisions):
        row = known(system, decision["decided_at"], person.id)
        for name, value in decision["features"].items():
            assert int(row[name]) == in_units(name, value), (name, value)


def test_nobody_was_known_before_they_registered(system_of):
    system = system_of("embedded")
    Client(system).person()
    system.process.terminate()
    done = system.command("features", "--as-of", "2020-01-01T00:00:00Z")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith("user_id,transaction_count_7d,")


def test_a_moment_that_is_none_is_named(system_of):
    system = system_of("embedded", start=False)
    assert system.command("migrate").returncode == 0
    done = system.command("features", "--as-of", "yesterday")
    assert done.returncode == 64 and "--as-of yesterday is no time" in done.stderr
