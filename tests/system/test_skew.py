# SPDX-License-Identifier: Apache-2.0
"""Every process has a clock of its own, up to an hour wrong, and each is set by an hour while events
come in: what is counted, decided and told is exactly what it is with clocks that are right."""
import json
import random
import time

import pytest
from harness.client import Client, emotion, now_text
from harness.clock import HOUR_S, Clock
from harness.events import EventStream
from harness.poll import until

PEOPLE = 4
EVENTS = 60  # of each person
SEED = time.time_ns() % 1_000_000


def counts(system, people):
    """What is kept of each person, by what happened and not by when."""
    database, found = system.database, []
    for person in people:
        own = database.id(person.id)
        found.append({
            "emotions": database.emotions_of(person.id),
            "tiles": database._count("SELECT sum(event_count) FROM emotion_tiles"
                                     " WHERE user_id = ?", own),
            "payments": database.rows("SELECT count(*), sum(amount_cents) FROM transaction_events"
                                      " WHERE user_id = ?", own),
            "tiled": database.rows("SELECT sum(count), sum(sum_cents) FROM transaction_tiles"
                                   " WHERE user_id = ?", own),
            "decisions": database.rows("SELECT approved, count(*) FROM decisions"
                                       " WHERE user_id = ? GROUP BY 1", own),
            "offers": database.rows("SELECT status, count(*) FROM offers WHERE user_id = ?"
                                    " GROUP BY 1", own),
            "told": database.rows("SELECT type, title, message FROM notifications"
                                  " WHERE user_id = ?", own),
        })
    found.append(database.rows("SELECT count(*) FROM outbox"))
    return found


def feel_and_pay(client, people, numbers, batch):
    """Each event twice: it counts once."""
    for number in numbers:
        for person in people:
            event = emotion(person.id, event_id=f"{batch}-{number}",
                            timestamp=now_text(seconds=number * 30),
                            stress=0.9 if number % 3 == 0 else 0.1)
            payment = {"transactionId": f"{batch}-{number}", "occurredAt": now_text(hours=number)}
            for _ in range(2):
                assert client.feel(event).status_code == 202
                answer = client.spend(person, 10 + number, **payment)
                assert answer.status_code == 202, answer.text


def course(system, mid_run):
    """Everything a person meets. `mid_run` is called while the system is at work."""
    client = Client(system)
    people = [client.person() for _ in range(PEOPLE)]
    half = EVENTS // 2
    feel_and_pay(client, people, range(half), "before")
    with EventStream(client, people[0]) as stream:
        mid_run()
        feel_and_pay(client, people, range(half), "after")
        paid = EVENTS + [client.earn(person) for person in people][0]
        # Not by asking for analyses, each of which is a decision.
        until("all is counted", lambda: all(
            system.database.emotions_of(person.id) == EVENTS
            and system.database.transactions_of(person.id) == paid for person in people))
        for person in people:
            assert client.login(person.email).status_code == 200
            refreshed = client.post("/v1/auth/refresh",
                                    json={"refresh_token": person.refresh_token})
            assert refreshed.status_code == 200
            person.token = refreshed.json()["access_token"]
            analysis = client.analyse(person, {"Idempotency-Key": f"key-{person.id}"})
            assert analysis.status_code == 200, analysis.text
            offer = analysis.json()["offer"]
            for _ in range(2):
                assert client.accept(person, offer["offer_id"]).status_code in (202, 409)
            client.active_line(person)
        told = json.loads(stream.next()["data"])
    until("nothing waits to be published",
          lambda: system.database.rows("SELECT count(*) FROM outbox") == [(0,)])
    features = [client.features(person) for person in people]
    return {"rows": counts(system, people), "title": told["title"], "features": features}


@pytest.fixture(scope="module")
def right(system_of_file):
    """The same course on a system whose clocks are right."""
    return course(system_of_file("real"), lambda: None)


def test_clocks_that_are_wrong_and_set_change_nothing(right, system_of_file, tmp_path):
    print(f"clocks of seed {SEED}")
    chance = random.Random(SEED)
    system = system_of_file("real", start=False)
    clocks = {}
    for name, process in system.processes.items():
        clocks[name] = Clock(tmp_path, chance.randint(-HOUR_S, HOUR_S))
        process.environment = {**process.environment, **clocks[name].environment}
    system.start()

    def step_all():
        for name, clock in clocks.items():
            clock.step(chance.choice((-HOUR_S, HOUR_S)))
            print(f"{name}: {clock.ahead_s} s ahead from now on")

    assert course(system, step_all) == right
    assert system.database.tiles_that_differ() == []
    with system.nats() as bus:
        assert bus.stream("dead-letter")["state"]["messages"] == 0
    for name, process in system.processes.items():
        process.alive()

        def told():
            ahead = [value for metric, value in process.metrics().items()
                     if metric.startswith("ecs_clock_ahead_seconds")]
            assert (ahead == []) == (name == "credit-analysis")
            return all(value == pytest.approx(clocks[name].ahead_s, abs=1.5) for value in ahead)

        until(f"{name} tells how wrong its clock is", told)
