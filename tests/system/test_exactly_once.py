# SPDX-License-Identifier: Apache-2.0
"""Every accepted event counts once, whatever is killed and however often it is sent.

100,000 events for 1,000 people, 10 % of them sent twice, while processing workers are killed five
times. On real engines half of them come over HTTP and half are published to the bus by a producer
of its own, and two workers compete. The embedded bus belongs to one process, so there all events
come over HTTP and the whole process is killed; what was under way then is sent again by its
producer, as an honest one does, with the same ids."""
import concurrent.futures
import json
import random
import threading
import time

import pytest
import requests
from harness.client import Client, emotion, now_text
from harness.people import people_added
from harness.poll import until

PEOPLE, EVENTS, BATCH, KILLS = 1000, 100000, 500, 5


def events_of(people, count):
    """Repeatable events of the last 20 days; 10 % of them again, later and elsewhere."""
    chance = random.Random(20260101)
    times = [now_text(hours=chance.uniform(0, 480)) for _ in range(2000)]

    def share():
        return chance.randrange(1000001) / 1000000

    events = [emotion(chance.choice(people).id, event_id=f"event-{number}",
                      timestamp=chance.choice(times), positivity=share(), intensity=share(),
                      stress=share()) for number in range(count)]
    again = chance.sample(events, count // 10)
    return events, again


def in_batches(events):
    return [events[start:start + BATCH] for start in range(0, len(events), BATCH)]


def sent(system, batch):
    """Sends a batch until it is answered 202, as a producer does that must not lose anything."""
    client = Client(system)

    def accepted():
        try:
            answer = client.feel_batch(batch)
        except requests.RequestException:
            return False  # killed under way; some of it may have been stored
        assert answer.status_code in (202, 503), answer.text
        return answer.status_code == 202 and answer.json()["accepted"] == len(batch)

    until("a batch is accepted", accepted, limit_s=60, pause_s=0.2)


def kill_and_start(processes, done, kills):
    """Kills the processes in turn, each time once more has been counted since."""
    chance = random.Random(7)
    while len(kills) < KILLS:
        process = processes[len(kills) % len(processes)]
        counted = 'ecs_events_counted_total{stream="emotions"}'
        try:
            until("it counts", lambda: process.metrics().get(counted, 0) > 0 or done.is_set(),
                  limit_s=60)
        except requests.RequestException:
            continue
        time.sleep(chance.uniform(0.05, 0.6))  # any moment of its work
        process.kill()
        kills.append(process.name)
        process.start()


def check(system, expected):
    database = system.database
    until(f"{expected} events are counted", lambda: database.emotions_in_all() >= expected,
          limit_s=120, pause_s=0.5)
    assert database.emotions_in_all() == expected
    assert database.emotion_keys() == expected
    assert database.emotion_tile_total() == expected
    assert database.tiles_that_differ() == []


def test_embedded(system_of):
    system = system_of("embedded", start=False)
    assert system.command("migrate").returncode == 0
    people = people_added(system, PEOPLE)
    system.start()
    events, again = events_of(people, EVENTS)
    done, kills = threading.Event(), []
    killer = threading.Thread(target=kill_and_start, args=([system.process], done, kills))
    killer.start()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda batch: sent(system, batch), in_batches(events) + in_batches(again)))
    done.set()
    killer.join()
    assert len(kills) == KILLS
    check(system, EVENTS)


def test_real(system_of):
    system = system_of("real")
    second = system.add("emotion-processing-2", "emotion-processing")
    people = people_added(system, PEOPLE)
    events, again = events_of(people, EVENTS)
    half = EVENTS // 2
    over_http, on_bus = events[:half], events[half:]
    # What came over HTTP comes again on the bus, and the other way round.
    again_http = [event for event in again if int(event["eventId"][6:]) >= half]
    again_bus = [event for event in again if int(event["eventId"][6:]) < half]

    def publish(part):
        with system.nats() as nats:
            messages = (("user.emotions.topic", json.dumps(event).encode(), None) for event in part)
            assert nats.publish_all(messages) == len(part)

    done, kills = threading.Event(), []
    killer = threading.Thread(
        target=kill_and_start,
        args=([system.processes["emotion-processing"], second], done, kills))
    killer.start()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        work = [pool.submit(publish, on_bus)]
        work += [pool.submit(sent, system, batch) for batch in in_batches(over_http)]
        for one in work:
            one.result()
        publish(again_bus)
        for batch in in_batches(again_http):
            sent(system, batch)
    done.set()
    killer.join()
    assert len(kills) == KILLS
    check(system, EVENTS)


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_transactions_count_once_too(system_of, kind):
    """The same transactionId from retries and from parallel clients is one transaction."""
    system = system_of(kind)
    client = Client(system)
    person = client.person()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda number: Client(system).spend(
            person, 10, transactionId=f"transaction-{number % 100}").status_code, range(400))
        assert set(answers) == {202}
    client.wait_for_transactions(person, 100)
    assert system.database.rows("SELECT count(*), sum(amount) FROM transactions WHERE user_id = ?",
                                person.id) == [(100, 1000)]
